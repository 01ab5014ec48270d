"""TCP reassembly: whatever order segments come in, the bytes come out whole, or the loss is told."""

from __future__ import annotations

import io
import itertools
import time
from collections import defaultdict
from pathlib import Path
from typing import Literal

import dpkt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwmpcheck.traces import Limits
from cwmpcheck.traces.link import ACK, FIN, RST, SYN, Segment, decode
from cwmpcheck.traces.pcap import read_pcap
from cwmpcheck.traces.stream import Chunk, Gap, Stream
from cwmpcheck.traces.tcp import Connection, End, Listener, Side, Table

CLIENT, SERVER = b"\x0a\0\0\x02\x9c\x40", b"\x0a\0\0\x01\x1d\x7b"


class Ear(Listener):
    """Writes down what a connection tells."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.told: list[tuple[object, ...]] = []
        self.bytes: dict[Side, bytes] = {"client": b"", "server": b""}
        self.troubles: list[str] = []

    def opened(self, time: float, packet: int) -> None:
        self.told.append(("opened", packet))

    def data(self, side: Side, chunk: Chunk) -> None:
        self.bytes[side] += chunk.data

    def gap(self, side: Side, gap: Gap) -> None:
        self.told.append(("gap", side, gap.length))
        self.bytes[side] += b"?" * gap.length

    def ended(self, side: Side, time: float, packet: int) -> None:
        self.told.append(("ended", side))

    def fact(self, what: Literal["refused", "unanswered", "reset"], by: Side, time: float, packet: int) -> None:
        self.told.append((what, by))

    def over(self, how: End, time: float, packet: int) -> None:
        self.told.append(("over", how))

    def trouble(self, what: str, time: float, packet: int, inconclusive: bool) -> None:
        assert inconclusive
        self.troubles.append(what)


def listen(segments: list[Segment], limits: Limits | None = None, spacing: float = 0.01) -> tuple[list[Ear], Table]:
    """Feed segments to a table, then close it."""
    ears: list[Ear] = []

    def hear(connection: Connection) -> Ear:
        ears.append(Ear(connection))
        return ears[-1]

    table = Table(hear, limits or Limits())
    for number, segment in enumerate(segments, 1):
        table.feed(segment, number * spacing, number)
    table.close(len(segments) * spacing, len(segments))
    return ears, table


def seg(side: int, seq: int, flags: int = ACK, data: bytes = b"", ack: int = 0) -> Segment:
    """A segment of the client (0) or the server (1)."""
    ends = (CLIENT, SERVER) if side == 0 else (SERVER, CLIENT)
    return Segment(*ends, seq % 2**32, ack % 2**32, flags, data, len(data))


def opening(isn: int = 100, answer: int = 900) -> list[Segment]:
    """The handshake."""
    return [seg(0, isn, SYN), seg(1, answer, SYN | ACK, ack=isn + 1), seg(0, isn + 1, ACK, ack=answer + 1)]


@st.composite
def shuffled(draw: st.DrawFn) -> tuple[bytes, int, list[Segment]]:
    """A text cut in segments that overlap, repeat and come in any order, and the first sequence number."""
    text = draw(st.binary(min_size=1, max_size=400))
    isn = draw(st.sampled_from([0, 5, 2**31 - 3, 2**32 - 1, 2**32 - 60, 2**32 - 399]))
    cuts = sorted(draw(st.sets(st.integers(1, len(text)), max_size=12)) | {0, len(text)})
    pieces = list(itertools.pairwise(cuts))
    extra = draw(st.lists(st.tuples(st.integers(0, len(text) - 1), st.integers(1, 60)), max_size=6))
    pieces += [(start, min(len(text), start + length)) for start, length in extra]
    order = draw(st.permutations(pieces))
    segments = [seg(0, isn + 1 + start, ACK, text[start:end]) for start, end in order]
    at = draw(st.integers(0, len(segments)))
    segments.insert(at, seg(0, isn + 1 + len(text), FIN | ACK))
    return text, isn, segments


@settings(max_examples=300, deadline=None)
@given(shuffled())
def test_any_order_gives_the_text(case: tuple[bytes, int, list[Segment]]) -> None:
    """Segments reordered, repeated, overlapping, with sequence numbers that wrap: every byte once, no trouble."""
    text, isn, segments = case
    (ear,), _table = listen([*opening(isn), *segments])
    assert ear.bytes["client"] == text
    assert ear.troubles == []
    assert ("ended", "client") in ear.told
    assert not any(what[0] == "gap" for what in ear.told)


@settings(max_examples=200, deadline=None)
@given(shuffled(), st.data())
def test_a_lost_segment_is_a_gap_of_its_length(case: tuple[bytes, int, list[Segment]], data: st.DataObject) -> None:
    """Bytes in no segment are told as gaps; all others still come, in their place."""
    text, isn, segments = case
    lost = data.draw(st.integers(0, len(text) - 1))
    kept = []
    for segment in segments:
        start = (segment.seq - isn - 1) % 2**32
        if not start <= lost < start + segment.length:
            kept.append(segment)
    (ear,), _table = listen([*opening(isn), *kept])
    seen = ear.bytes["client"]
    assert len(seen) == len(text)
    covered = {n for s in kept for n in range((s.seq - isn - 1) % 2**32, (s.seq - isn - 1) % 2**32 + s.length)}
    assert all(seen[n] == (text[n] if n in covered else ord("?")) for n in range(len(text)))
    assert sum(int(str(what[2])) for what in ear.told if what[0] == "gap") == len(text) - len(covered)


def test_first_copy_wins_and_a_conflict_is_told() -> None:
    """Of overlapping segments that differ the first copy stands, delivered or pending; that is told once."""
    delivered = [seg(0, 101, ACK, b"POST /good"), seg(0, 101, ACK, b"POST /evil")]
    pending = [seg(0, 106, ACK, b"/good"), seg(0, 101, ACK, b"POST /evil"), seg(0, 103, ACK, b"xxxx")]
    for segments in (delivered, pending):
        (ear,), _table = listen([*opening(), *segments])
        assert ear.bytes["client"] == b"POST /good"
        assert len(ear.troubles) == 1
        assert "first copy" in ear.troubles[0]


def test_equal_retransmissions_are_no_conflict() -> None:
    """Retransmissions, also cut otherwise, and keep-alive probes are silent."""
    segments = [seg(0, 101, ACK, b"abc"), seg(0, 104, ACK, b"def"), seg(0, 102, ACK, b"bcde"), seg(0, 106, ACK, b"\0")]
    (ear,), _table = listen([*opening(), *segments, seg(0, 107, ACK, b"g")])
    assert ear.bytes["client"] == b"abcdefg"
    assert ear.troubles == []


def test_endings() -> None:
    """FIN, RST, refusal, silence and the end of the capture are told apart, with who did it."""
    data = seg(0, 101, ACK, b"hello")
    fins = [seg(0, 106, FIN | ACK), seg(1, 901, FIN | ACK), seg(0, 107, ACK)]
    cases = {
        "fin": [*opening(), data, *fins],
        "reset": [*opening(), data, seg(1, 901, RST)],
        "refused": [seg(0, 100, SYN), seg(1, 0, RST | ACK)],
        "unanswered": [seg(0, 100, SYN), seg(0, 100, SYN), seg(0, 100, SYN)],
        "ends": [*opening(), data],
    }
    told = {name: listen(segments)[0][0].told for name, segments in cases.items()}
    assert told["fin"] == [("opened", 2), ("ended", "client"), ("ended", "server"), ("over", "fin")]
    assert told["reset"] == [("opened", 2), ("reset", "server"), ("over", "reset")]
    assert told["refused"] == [("refused", "server"), ("over", "reset")]
    assert told["unanswered"] == [("unanswered", "server"), ("over", "capture_ends")]
    assert told["ends"] == [("opened", 2), ("over", "capture_ends")]


def test_a_syn_at_the_very_end_is_not_called_unanswered() -> None:
    """A SYN just before the capture ends proves nothing."""
    (ear,), _table = listen([seg(0, 100, SYN)])
    assert ear.told == [("over", "capture_ends")]


def test_data_captured_after_a_reset_still_counts() -> None:
    """Segments sent before the RST but captured behind it are taken: the RST's sequence number tells that they miss."""
    segments = [seg(1, 911, RST), seg(1, 901, ACK, b"0123456789")]
    (ear,), _table = listen([*opening(), *segments])
    assert ear.bytes["server"] == b"0123456789"
    assert ear.told[-2:] == [("reset", "server"), ("over", "reset")]


def test_an_acknowledgement_proves_a_loss() -> None:
    """What the other side acknowledges was sent: if the capture lacks it to the end, that is a gap, of RST too."""
    for last in (seg(1, 901, ACK, b"answer", ack=121), seg(1, 901, RST | ACK, ack=121)):
        (ear,), _table = listen([*opening(), seg(0, 101, ACK, b"0123456789"), last])
        assert any(what[:2] == ("gap", "client") for what in ear.told)
    for harmless in (seg(1, 901, ACK, ack=112), seg(1, 901, ACK, ack=111 + 2**31 - 1), seg(1, 901, RST, ack=999)):
        (ear,), _table = listen([*opening(), seg(0, 101, ACK, b"0123456789"), harmless])
        assert not any(what[0] == "gap" for what in ear.told), "a FIN unseen, an impossible number, no ACK flag"


def test_a_port_used_again_is_a_new_connection() -> None:
    """A SYN with another sequence number starts a new connection, whether the old one ended or just fell silent."""
    fins = [seg(0, 106, FIN | ACK), seg(1, 901, FIN | ACK)]
    ears, _table = listen([*opening(), seg(0, 101, ACK, b"first"), *opening(5000, 7000), seg(0, 5001, ACK, b"second")])
    assert [ear.bytes["client"] for ear in ears] == [b"first", b"second"]
    assert ears[0].told[-1] == ("over", "replaced")
    ears, _table = listen([*opening(), seg(0, 101, ACK, b"first"), *fins, *opening(5000, 7000)])
    assert [ear.connection.number for ear in ears] == [0, 1]


def test_strays_make_no_new_connection() -> None:
    """Late segments of a connection that is over are no new connection; new bytes among them are counted."""
    fins = [seg(0, 101, FIN | ACK), seg(1, 901, FIN | ACK)]
    late = [seg(0, 102, ACK), seg(0, 101, FIN | ACK), seg(1, 902, RST), seg(1, 902, ACK, b"late")]
    ears, table = listen([*opening(), *fins, *late])
    assert len(ears) == 1
    assert table.strays == 1


def test_who_is_the_client_without_a_syn() -> None:
    """In the middle of a connection, the one that says HTTP/1.x is the server; the answer to a SYN tells it too."""
    (ear,), _table = listen([seg(1, 901, ACK, b"HTTP/1.1 200 OK\r\n")])
    assert ear.connection.client == CLIENT
    (ear,), _table = listen([seg(1, 900, SYN | ACK, ack=101), seg(0, 105, ACK, b"beginning is missing")])
    assert ear.connection.client == CLIENT
    assert ("gap", "client", 4) in ear.told


def test_caps() -> None:
    """A flow may hold back so much, all flows so much, and only so many flows are followed."""
    far = [seg(0, 200 + 10 * n, ACK, b"0123456789") for n in range(5)]
    (ear,), _table = listen([*opening(), *far], Limits(pending_bytes=30))
    assert ear.told[1] == ("gap", "client", 99), "given up when the fourth segment did not fit"
    many = []
    for n in range(5):
        client = CLIENT[:4] + bytes([0x90, n])
        many += [s._replace(source=client) for s in (seg(0, 100, SYN), seg(0, 200, ACK, b"0123456789"))]
    ears, _table = listen(many, Limits(pending_total=25))
    assert ("gap", "client", 99) in ears[0].told
    assert ears[0].told[0][0] == "gap", "before the end of the capture"
    ears, table = listen(many, Limits(flows=2))
    assert [ear.told[-1] for ear in ears] == [("over", "evicted")] * 3 + [("over", "capture_ends")] * 2
    assert table.evicted == 3


def test_tiny_pieces_cost_no_time() -> None:
    """A flood of single bytes out of order, all of them pending, is bounded like any other."""
    flood = [seg(0, 200 + 2 * n, ACK, b"x") for n in range(40_000)]
    begin = time.perf_counter()
    (ear,), _table = listen([*opening(), *flood, *flood[:5000]])
    assert time.perf_counter() - begin < 5
    assert ear.told[1] == ("gap", "client", 99)
    assert sum(ear.bytes["client"]) == 40_000 * ord("x") + (40_000 - 1 + 99) * ord("?")


def test_the_least_recently_used_flow_goes() -> None:
    """Not the oldest connection is closed but the one that was silent longest."""
    ends = [CLIENT[:4] + bytes([0x90, n]) for n in range(3)]
    syns = [seg(0, 100, SYN)._replace(source=end) for end in ends]
    again = seg(0, 101, ACK, b"x")._replace(source=ends[0])
    ears, _table = listen([syns[0], syns[1], again, syns[2]], Limits(flows=2))
    assert [ear.told[-1] for ear in ears] == [("over", "capture_ends"), ("over", "evicted"), ("over", "capture_ends")]


def test_pending_is_counted_once() -> None:
    """A stream's held bytes are exactly those not yet delivered, however they overlap."""
    stream = Stream(0)
    for offset, data in ((10, b"klmno"), (12, b"mnopqr"), (8, b"ijklm"), (30, b"end")):
        stream.accept(offset, data, 0.0, 1)
    assert stream.pending_bytes == 10 + 3
    assert stream.conflicts == 0
    assert list(stream.drain()) == []
    assert stream.skip() == Gap(8, 0.0, 1)
    assert b"".join(chunk.data for chunk in stream.drain()) == b"ijklmnopqr"
    assert stream.pending_bytes == 3


def dpkt_streams(data: bytes) -> dict[tuple[bytes, int, int], bytes]:
    """Payloads by sender and ports as dpkt decodes them, put in order by sequence number alone."""
    parts: defaultdict[tuple[bytes, int, int], dict[int, bytes]] = defaultdict(dict)
    first: dict[tuple[bytes, int, int], int] = {}
    for _time, raw in dpkt.pcap.Reader(io.BytesIO(data)):
        packet = dpkt.ethernet.Ethernet(raw).data
        tcp = packet.data
        key = (packet.src, tcp.sport, tcp.dport)
        if tcp.flags & dpkt.tcp.TH_SYN:
            first[key] = tcp.seq + 1
        elif tcp.data:
            parts[key].setdefault((tcp.seq - first[key]) % 2**32, bytes(tcp.data))
    return {key: b"".join(pieces[at] for at in sorted(pieces)) for key, pieces in parts.items()}


@pytest.mark.parametrize(
    "name", ["cpe-labs-tr181__acs_killed_on_tc", "anlix-sim__slow_file", "catawampus2014-fakecpe__tcr_lost"]
)
def test_payload_agrees_with_dpkt(shared_dir: Path, name: str) -> None:
    """On real captures every byte of every connection is what dpkt's decoder shows."""
    data = (shared_dir / f"traces/genieacs__{name}/capture.pcap").read_bytes()
    segments = [
        decode(link, raw) for _n, _t, link, raw, _l in read_pcap(io.BytesIO(data), lambda *_: None, most=1 << 20)
    ]
    ears, table = listen([segment for segment in segments if isinstance(segment, Segment)])
    ours = {}
    for ear in ears:
        for side, end, peer in (
            ("client", ear.connection.client, ear.connection.server),
            ("server", ear.connection.server, ear.connection.client),
        ):
            key = (end[:-2], int.from_bytes(end[-2:], "big"), int.from_bytes(peer[-2:], "big"))
            if text := ear.bytes["client" if side == "client" else "server"]:
                ours[key] = text
    assert ours == dpkt_streams(data)
    assert table.strays == table.evicted == 0
