"""pcap and pcapng files: every variant is read alike, every kind of damage is told."""

from __future__ import annotations

import contextlib
import gzip
import io
import random
import struct
import tempfile
import time
from pathlib import Path

import dpkt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.traces.wires import Frame, Talk, block, pcap, pcapng, section, session, texts

from cwmpcheck.traces import Limits, Request, Response, Trouble, load_trace, outline, read_events
from cwmpcheck.traces.pcap import Packet, read_pcap
from cwmpcheck.traces.pcapng import read_pcapng
from cwmpcheck.vocabulary.errors import UnreadableInput

TALK = session(Talk(time=1_700_000_000.25).open()).close()


def packets(data: bytes) -> tuple[list[Packet], list[str]]:
    """What the reader of the file's format gives and complains of."""
    told: list[str] = []
    read = read_pcapng if data[:4] == b"\x0a\x0d\x0d\x0a" else read_pcap
    found = list(read(io.BytesIO(data), lambda what, _packet, _hard: told.append(what), most=1 << 20))
    return found, told


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nano", [False, True])
@pytest.mark.parametrize("write", [pcap, pcapng])
def test_byte_order_and_resolution(write: object, nano: bool, order: str) -> None:
    """Both byte orders and both resolutions give the same packets at the same times."""
    assert callable(write)
    found, told = packets(write(TALK.frames, order=order, nano=nano))
    assert told == []
    assert [(data, length) for _n, _t, _link, data, length in found] == [(f.data, len(f.data)) for f in TALK.frames]
    assert [when for _n, when, *_rest in found] == pytest.approx([frame.time for frame in TALK.frames], abs=1e-6)
    assert [number for number, *_rest in found] == list(range(1, len(found) + 1))


@pytest.mark.parametrize("link", [1, 0, 108, 101, 113, 276])
@pytest.mark.parametrize("ends", [("10.0.0.2:40000", "10.0.0.1:7547"), ("[fd00::2]:40000", "[fd00::1]:7547")])
def test_link_types(tmp_path: Path, link: int, ends: tuple[str, str]) -> None:
    """Every link type, with IPv4 and with IPv6, gives the same dialogue."""
    talk = session(Talk(*ends, link=link).open()).close()
    (tmp_path / "a.pcap").write_bytes(pcap(talk.frames, link=link))
    trace = load_trace(tmp_path / "a.pcap")
    assert trace.troubles == ()
    assert [s.outcome for d in trace.devices for s in d.sessions] == ["completed"]
    events = read_events(tmp_path / "a.pcap").events
    assert {(e.client, e.server) for e in events if isinstance(e, Request)} == {ends}


def test_tagged_and_tunnelled_frames(tmp_path: Path) -> None:
    """VLAN tags (also two) and PPPoE, as on a CPE's uplink, are looked through."""
    frames = []
    for n, (when, data) in enumerate(TALK.frames):
        packet = data[14:]
        heads = (
            b"\x81\x00\x00\x07\x08\x00",
            b"\x88\xa8\x00\x07\x81\x00\x00\x08\x08\x00",
            b"\x88\x64\x11\x00\x00\x01" + struct.pack(">H", len(packet) + 2) + b"\x00\x21",
        )
        frames.append(Frame(when, bytes(12) + heads[n % 3] + packet))
    (tmp_path / "a.pcap").write_bytes(pcap(frames))
    assert [s.outcome for d in load_trace(tmp_path / "a.pcap").devices for s in d.sessions] == ["completed"]


def test_unknown_link_type_is_told(tmp_path: Path) -> None:
    """Frames of a link type that is not understood are counted, and make the trace inconclusive."""
    (tmp_path / "a.pcap").write_bytes(pcap(TALK.frames, link=147))
    trace = load_trace(tmp_path / "a.pcap")
    assert f"{len(TALK.frames)} packets of link type 147" in texts(trace.troubles)
    assert any(trouble.inconclusive for trouble in trace.troubles)


def test_snaplen_is_noticed(tmp_path: Path) -> None:
    """Packets cut by the snapshot length are counted, and the messages in them are marked, not trusted."""
    (tmp_path / "a.pcap").write_bytes(pcap(TALK.frames, snaplen=300))
    events = read_events(tmp_path / "a.pcap").events
    inform = next(event for event in events if isinstance(event, Request))
    assert inform.truncated
    assert inform.lost > 0
    troubles = [event for event in events if isinstance(event, Trouble)]
    assert "cut by the snapshot length" in texts(troubles)
    assert all(trouble.inconclusive for trouble in troubles)
    assert sum(isinstance(event, Request) for event in events) == 2, "the next message is in step again"


def test_pcapng_simple_and_obsolete_blocks_and_sections() -> None:
    """Simple and obsolete packet blocks, unknown blocks and a second section of the other byte order are read."""
    data = section("<") + block(0x0BAD, b"whatever")
    data += block(3, struct.pack("<I", 4) + b"abcd")
    data += section(">", resolution=0x80 | 10)
    data += block(2, struct.pack(">HHIIII", 0, 9, 0, 1024, 3, 3) + b"xyz", ">")
    found, told = packets(data)
    assert told == []
    assert [(p[3], p[1]) for p in found] == [(b"abcd", 0.0), (b"xyz", 1.0)]


DAMAGES = {
    "a packet of 3 GB": struct.pack("<IIII", 1_700_000_001, 0, 3_000_000_000, 3_000_000_000),
    "more captured than sent": struct.pack("<IIII", 1_700_000_001, 0, 60, 10),
    "a second of two million microseconds": struct.pack("<IIII", 1_700_000_001, 2_000_000, 60, 60),
    "zeros, as a crash leaves them": bytes(64),
    "a leap of forty years": struct.pack("<IIII", 300_000_000, 0, 60, 60),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damage_is_never_silent(damage: bytes) -> None:
    """A damaged record gives every packet before it and one report (dpkt stops in silence on some of these)."""
    good, bad = pcap(TALK.frames[:5]), pcap(TALK.frames[5:])[24:]
    found, told = packets(good + damage + bad)
    assert len(found) == 5
    assert len(told) == 1
    assert "damaged at packet 6" in told[0]


def test_pcapng_damage_is_never_silent() -> None:
    """A block whose two lengths differ, or that is longer than any packet, ends the reading with a report."""
    data = bytearray(pcapng(TALK.frames))
    data[-4:] = b"\x00\x00\x01\x00"
    found, told = packets(bytes(data))
    assert len(found) == len(TALK.frames) - 1
    assert "at its start" in told[0]
    found, told = packets(section() + struct.pack("<II", 6, 0x7FFFFFF0) + bytes(100))
    assert (found, len(told)) == ([], 1)


def prefix_or_trouble(path: Path, data: bytes, whole: list[str], step: int) -> int:
    """Check every ``step``-th cut; returns how many cuts left a readable capture."""
    readable = 0
    for cut in range(1, len(data), step):
        path.write_bytes(data[:cut])
        try:
            trace = load_trace(path)
        except UnreadableInput:
            assert cut < 24, "with its header whole, a capture is at least an empty one"
            continue
        readable += 1
        lines = list(outline(trace))
        if not any(trouble.inconclusive for trouble in trace.troubles):
            known = [line for line in lines if "capture_ends" not in line]
            assert known == whole[: len(known)]
            assert len(lines) - len(known) <= 1
    return readable


@pytest.mark.parametrize("write", [pcap, pcapng])
def test_every_truncation_point(tmp_path: Path, write: object) -> None:
    """A capture cut anywhere gives the beginning of the same dialogue, or a Trouble, and never a crash."""
    assert callable(write)
    data = write(TALK.frames)
    (tmp_path / "whole.pcap").write_bytes(data)
    whole = list(outline(load_trace(tmp_path / "whole.pcap")))
    assert prefix_or_trouble(tmp_path / "cut.pcap", data, whole, 7) > len(data) // 8


def test_truncation_of_a_real_capture(tmp_path: Path, shared_dir: Path) -> None:
    """The same on a real capture with two legs and broken sessions, at a hundred places."""
    data = (shared_dir / "traces/genieacs__cpe-labs-arris__tcr_lost/capture.pcap").read_bytes()
    for n in range(100):
        (tmp_path / "cut.pcap").write_bytes(data[: 24 + (len(data) - 24) * n // 100])
        trace = load_trace(tmp_path / "cut.pcap")
        at_boundary = not any("cut off" in trouble.what for trouble in trace.troubles)
        if at_boundary:
            assert packets(data[: 24 + (len(data) - 24) * n // 100])[1] == []


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_flipped_bytes_never_crash(data: st.DataObject) -> None:
    """Any bytes of a capture changed: a trace or UnreadableInput, nothing else."""
    raw = bytearray(data.draw(st.sampled_from([pcap(TALK.frames), pcapng(TALK.frames)])))
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=8)):
        raw[at] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "flipped.pcap")
        path.write_bytes(bytes(raw))
        with contextlib.suppress(UnreadableInput):
            assert load_trace(path).sources == ("flipped.pcap",)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_noise_in_blocks_never_crashes(noise: bytes) -> None:
    """Noise behind a good header gives packets or a report."""
    for head in (pcap([]), section()):
        found, told = packets(head + noise)
        assert found or told or not noise


def test_packets_agree_with_dpkt(shared_dir: Path) -> None:
    """dpkt reads the same packets, at the same times, from every real capture."""
    for path in sorted(shared_dir.glob("traces/*/capture.pcap")):
        data = path.read_bytes()
        found, told = packets(data)
        assert told == []
        theirs = [(when, bytes(buffer)) for when, buffer in dpkt.pcap.Reader(io.BytesIO(data))]
        assert [(pytest.approx(when, abs=1e-6), raw) for _n, when, _link, raw, _length in found] == theirs


def test_gzip(tmp_path: Path) -> None:
    """A gzipped capture, whatever its name, gives the same; a cut one gives what it holds and a Trouble."""
    data = pcap(TALK.frames)
    packed = gzip.compress(data)
    (tmp_path / "a").write_bytes(packed)
    (tmp_path / "b").write_bytes(data)
    (tmp_path / "c").write_bytes(packed[:-40])
    (tmp_path / "d").write_bytes(gzip.compress(data[:100]) + gzip.compress(data[100:]))
    a, b, c, d = (load_trace(tmp_path / name) for name in "abcd")
    assert list(outline(a)) == list(outline(b)) == list(outline(d))
    assert "gzip stream is cut off" in texts(c.troubles)
    assert c.devices[0].name == "00AA00-Box-S1"


def test_gzip_bomb_is_bounded(tmp_path: Path) -> None:
    """A file that would grow to 1 GB is given up in under two seconds, and the trace says so."""
    record = struct.pack("<IIII", 1_700_000_001, 0, 65536, 65536) + bytes(65536)
    bomb = gzip.compress(pcap(TALK.frames) + record * 256, 9)
    more = gzip.compress(record * 256, 9)
    (tmp_path / "bomb.gz").write_bytes(bomb + more * 60)
    limits = Limits(inflate_free=16 << 20)
    begin = time.perf_counter()
    trace = load_trace(tmp_path / "bomb.gz", limits=limits)
    assert time.perf_counter() - begin < 2
    assert "grows more than 200 times" in texts(trace.troubles)
    assert trace.devices[0].name == "00AA00-Box-S1"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"hello\n", "neither"),
        (b"[" * 200_000, "neither"),
        (b'{"a": 1}\n', "neither"),
        (b"\x1f\x8b", "neither"),
    ],
)
def test_what_is_no_capture(tmp_path: Path, content: bytes, says: str) -> None:
    """Each thing that is no capture is refused in one line that says what it is."""
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(UnreadableInput) as caught:
        load_trace(tmp_path / "x")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_and_empty_folder(tmp_path: Path) -> None:
    """A missing file and a folder without a capture are refused by name."""
    for path in (tmp_path / "absent.pcap", tmp_path):
        with pytest.raises(UnreadableInput, match=path.name):
            load_trace(path)


def test_a_device_is_no_capture() -> None:
    """An endless device is refused at once."""
    with pytest.raises(UnreadableInput, match="regular file"):
        load_trace("/dev/zero")


def test_a_megabyte_of_noise(tmp_path: Path) -> None:
    """A megabyte of noise is refused in well under a second, with lines or without."""
    rng = random.Random(7)
    for name, noise in (
        ("noise", rng.randbytes(1 << 20)),
        ("lines", b"\n".join(rng.randbytes(50).hex().encode() for _ in range(10_000))),
    ):
        (tmp_path / name).write_bytes(noise)
        begin = time.perf_counter()
        with pytest.raises(UnreadableInput):
            load_trace(tmp_path / name)
        assert time.perf_counter() - begin < 0.5


def test_capture_without_cwmp_is_inconclusive(tmp_path: Path) -> None:
    """A good capture with no CWMP in it is no pass: the trace says that nothing was found."""
    talk = (
        Talk().open().ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    )
    (tmp_path / "a.pcap").write_bytes(pcap(talk.close().frames))
    trace = load_trace(tmp_path / "a.pcap")
    assert trace.devices == ()
    assert any("no CWMP session" in trouble.what and trouble.inconclusive for trouble in trace.troubles)


def test_response_kinds_seen(tmp_path: Path) -> None:
    """Messages carry the packet number of their first byte."""
    (tmp_path / "a.pcap").write_bytes(pcap(TALK.frames))
    events = read_events(tmp_path / "a.pcap").events
    first = next(event for event in events if isinstance(event, Request))
    answer = next(event for event in events if isinstance(event, Response))
    assert first.where.packet == 4
    assert answer.where.packet is not None
    assert TALK.frames[answer.where.packet - 1].data.find(b"HTTP/1.1 200") > 0
