"""HTTP out of reassembled bytes: every framing, every ending, and bounded content."""

from __future__ import annotations

import gzip
import itertools
import tempfile
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.traces.wires import ACK, FIN, PSH, RST, SYN, Frame, Talk, link_frame, pcap, post, reply, segment, texts

from cwmpcheck.traces import Limits, Request, Response, TcpFact, TraceEvent, Trouble, header, read_events


def events_of(frames: list[Frame], limits: Limits | None = None) -> list[TraceEvent]:
    """The raw events of a made-up capture."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "made.pcap")
        path.write_bytes(pcap(frames))
        return read_events(path, limits).events


def requests(events: list[TraceEvent]) -> list[Request]:
    """The requests among them."""
    return [event for event in events if isinstance(event, Request)]


def responses(events: list[TraceEvent]) -> list[Response]:
    """The responses among them."""
    return [event for event in events if isinstance(event, Response)]


def both(events: list[TraceEvent]) -> list[Request | Response]:
    """Requests and responses among them."""
    return [event for event in events if isinstance(event, Request | Response)]


def troubles(events: list[TraceEvent]) -> list[Trouble]:
    """The troubles among them."""
    return [event for event in events if isinstance(event, Trouble)]


@dataclass(frozen=True)
class Text:
    """A message: its bytes on the wire and its content."""

    wire: bytes
    body: bytes


@st.composite
def messages(draw: st.DrawFn, start: str) -> Text:
    """A request or response with a drawn content, coding and framing."""
    body = draw(
        st.one_of(st.just(b""), st.binary(max_size=300), st.text(max_size=200).map(lambda t: f"<x>{t}</x>".encode()))
    )
    coding = draw(st.sampled_from(["", "gzip", "deflate", "raw"]))
    packers: dict[str, Callable[[bytes], bytes]] = {
        "": bytes,
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "raw": lambda b: zlib.compress(b)[2:-4],
    }
    packed = packers[coding](body) if body else b""
    head = start + "\r\nHost: x\r\n"
    if coding and body:
        head += f"Content-Encoding: {'deflate' if coding == 'raw' else coding}\r\n"
    if draw(st.booleans()):
        cuts = sorted(draw(st.sets(st.integers(1, max(1, len(packed))), max_size=4)) | {len(packed)})
        chunks = b"".join(
            f"{len(packed[a:b]):x};note=1\r\n".encode() + packed[a:b] + b"\r\n"
            for a, b in itertools.pairwise([0, *cuts])
            if packed[a:b]
        )
        return Text((head + "Transfer-Encoding: chunked\r\n\r\n").encode() + chunks + b"0\r\n\r\n", body)
    return Text((head + f"Content-Length: {len(packed)}\r\n\r\n").encode() + packed, body)


@st.composite
def dialogues(draw: st.DrawFn) -> tuple[list[Text], list[Text], list[Frame]]:
    """Requests, responses, and the frames that carry them: cut anywhere, shuffled, repeated, pipelined."""
    count = draw(st.integers(1, 4))
    asked = [draw(messages("POST / HTTP/1.1")) for _ in range(count)]
    answers = [draw(messages("HTTP/1.1 200 OK")) for _ in range(count)]
    interim = b"HTTP/1.1 100 Continue\r\n\r\n" if draw(st.booleans()) else b""
    sides = (b"".join(t.wire for t in asked), b"".join(interim + t.wire for t in answers))
    isn = (draw(st.sampled_from([7, 2**32 - 30])), 2**31 - 9)
    talk = Talk(seqs=list(isn)).open()
    ends = ((talk.client, talk.server), (talk.server, talk.client))
    pieces: list[bytes] = []
    for side, text in enumerate(sides):
        cuts = sorted(draw(st.sets(st.integers(1, len(text)), max_size=10)) | {0, len(text)})
        spans = list(itertools.pairwise(cuts))
        for a, b in draw(st.lists(st.sampled_from(spans), max_size=3)) + spans:
            pieces.append(segment(*ends[side], isn[side] + 1 + a, isn[1 - side] + 1, ACK | PSH, text[a:b]))
    order = draw(st.permutations(pieces))
    frames = talk.frames + [Frame(2e6 + 0.001 * n, link_frame(1, packet)) for n, packet in enumerate(order)]
    talk.time, talk.seqs = 2e6 + 1, [isn[n] + 1 + len(sides[n]) for n in (0, 1)]
    first = len(talk.frames)
    talk.close()
    return asked, answers, frames + talk.frames[first:]


@settings(max_examples=250, deadline=None)
@given(dialogues())
def test_a_dialogue_comes_back_whole(case: tuple[list[Text], list[Text], list[Frame]]) -> None:
    """Cut, shuffled, repeated, chunked, compressed, pipelined: every message comes back, once, in order, no trouble."""
    asked, answers, frames = case
    events = events_of(frames)
    assert [r.body for r in requests(events)] == [t.body for t in asked]
    assert [(r.status, r.body) for r in responses(events)] == [(200, t.body) for t in answers]
    assert not any(m.truncated or m.capped for m in both(events))
    assert troubles(events) == []
    for question, answer in zip(requests(events), responses(events), strict=True):
        assert question.time <= answer.time


@settings(max_examples=150, deadline=None)
@given(dialogues(), st.data())
def test_a_lost_segment_is_told(case: tuple[list[Text], list[Text], list[Frame]], data: st.DataObject) -> None:
    """With a segment lost for good no false message appears: each is as sent, or marked, or absent with a Trouble."""
    asked, answers, frames = case
    lost = data.draw(st.integers(3, len(frames) - 4))
    kept = [frame for frame in frames if frame.data != frames[lost].data]
    events = events_of(kept)
    whole = [m for m in both(events) if not m.truncated]
    assert all(m.body in {t.body for t in (*asked, *answers)} for m in whole)
    complete = len(whole) == len(asked) + len(answers)
    assert complete or any(t.inconclusive for t in troubles(events))


def test_times_and_places() -> None:
    """A message begins with the segment of its first byte, also in the middle of one, and ends with its last."""
    talk = Talk(time=100.0).open()
    both = post(b"<a/>") + post(b"<b>" + bytes(300) + b"</b>")
    cut = len(post(b"<a/>")) + 20
    pieces = -(-len(both) // cut)
    talk.ask(both, cut).answer(reply(b"<c/>") + reply(b"<d/>"))
    first, second = requests(events_of(talk.frames))
    assert [first.time, second.time] == pytest.approx([100.03, 100.03])
    assert (first.where.packet, second.where.packet) == (4, 4)
    assert second.end == pytest.approx(100.02 + 0.01 * pieces)
    assert [r.where.packet for r in responses(events_of(talk.frames))] == [4 + pieces] * 2


def test_response_without_length() -> None:
    """A response without a length is whole when the server closes, cut when it resets or the capture ends."""
    text = b"HTTP/1.1 200 OK\r\n\r\n<half"
    closed = Talk().open().ask(post()).answer(text).close(1)
    reset = Talk().open().ask(post()).answer(text).put(1, RST)
    ends = Talk().open().ask(post()).answer(text)
    found = [responses(events_of(talk.frames))[0] for talk in (closed, reset, ends)]
    assert [r.truncated for r in found] == [False, True, True]
    assert {r.body for r in found} == {b"<half"}
    assert troubles(events_of(closed.frames)) == troubles(events_of(reset.frames)) == []
    assert "ends in the middle" in texts(troubles(events_of(ends.frames)))


def test_cut_in_the_middle_by_the_peers() -> None:
    """A message with a length that the peer never finished is truncated, though nothing is missing from the capture."""
    talk = Talk().open().ask(post()).answer(reply(b"<abcdef/>")[:-4]).close(1)
    answer = responses(events_of(talk.frames))[0]
    assert (answer.truncated, answer.lost, answer.body, answer.body_length) == (True, 0, b"<abcd", 5)
    talk = Talk().open().ask(post(b"<abcdef/>")[:-4]).put(1, RST)
    assert requests(events_of(talk.frames))[0].truncated


def test_no_body_by_method_and_status() -> None:
    """The answer to HEAD, 204 and 304 have no body, whatever length they announce."""
    talk = (
        Talk()
        .open()
        .ask(b"HEAD /fw HTTP/1.1\r\nHost: x\r\n\r\n")
        .answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    )
    talk.ask(post()).answer(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n").ask(post()).answer(
        reply(b"<x/>")
    )
    events = events_of(talk.close().frames)
    assert [(r.status, r.body) for r in responses(events)] == [(200, b""), (304, b""), (200, b"<x/>")]
    assert troubles(events) == []


def test_lenient_where_a_bystander_can_be() -> None:
    """No Host header, bare line feeds and empty lines between messages are read; the headers are as sent."""
    talk = (
        Talk()
        .open()
        .ask(b"POST / HTTP/1.1\nContent-Length: 4\n\n<a/>\r\n\r\n")
        .answer(b"HTTP/1.0 200 OK\nContent-Length: 0\n\n")
    )
    events = events_of(talk.ask(post(b"<b/>")).close().frames)
    assert [r.body for r in requests(events)] == [b"<a/>", b"<b/>"]
    assert requests(events)[0].headers == (("content-length", "4"),)
    assert troubles(events) == []


def test_gap_inside_a_body_keeps_step() -> None:
    """A segment missing inside a body of known length: that message is marked with the count, the next one is whole."""
    talk = Talk().open().ask(post()).answer(reply(bytes(5000)), cut=1000).ask(post()).answer(reply(b"<next/>")).close()
    del talk.frames[6]
    first, second = responses(events_of(talk.frames))
    assert (first.truncated, first.lost, first.body_length) == (True, 1000, 5000)
    assert (second.truncated, second.body) == (False, b"<next/>")
    assert "1000 bytes sent by the server are missing" in texts(troubles(events_of(talk.frames)))


def test_gap_elsewhere_finds_the_next_message() -> None:
    """A head lost: that message is gone with a Trouble, the next that begins with a segment is read."""
    talk = Talk().open().ask(post(b"<a/>")).answer(reply(b"<b/>")).ask(post(b"<c/>")).answer(reply(b"<d/>")).close()
    del talk.frames[4]
    events = events_of(talk.frames)
    assert [r.body for r in requests(events)] == [b"<a/>", b"<c/>"]
    assert [r.body for r in responses(events)] == [b"<d/>"]
    assert any(trouble.inconclusive for trouble in troubles(events))


def test_capture_that_begins_in_the_middle() -> None:
    """Without the handshake, the roles are told by content, and reading begins with the next whole message."""
    talk = Talk().open().ask(post(b"<a/>")).answer(reply(bytes(3000))).ask(post(b"<c/>")).answer(reply(b"<d/>")).close()
    events = events_of(talk.frames[5:])
    assert [(r.body, r.client) for r in requests(events)] == [(b"<c/>", talk.client)]
    assert [r.body for r in responses(events)] == [b"<d/>"]
    assert "under way when the capture began" in texts(troubles(events))
    assert {event.by for event in events if isinstance(event, TcpFact)} == {"client"}


def test_other_protocols_are_counted_not_read() -> None:
    """TLS and anything else that is no HTTP is no trouble for a verdict, but is told."""
    tls = Talk().open().ask(b"\x16\x03\x01\x02\x00\x01" + bytes(200)).close()
    ssh = Talk(client="10.0.0.3:5").open().answer(b"SSH-2.0-OpenSSH_9\r\n").close()
    found = troubles(events_of(tls.frames + ssh.frames))
    assert "1 connections are encrypted (TLS)" in texts(found)
    assert "1 connections carry something else than HTTP" in texts(found)
    assert not any(trouble.inconclusive for trouble in found)


def test_broken_http_is_a_trouble() -> None:
    """Two different lengths, a broken chunk, or an endless head: a Trouble, and the next message is found."""
    broken = [
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n<a/>",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<a/>",
        b"POST / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 70_000,
    ]
    for text in broken:
        events = events_of(Talk().open().ask(text).ask(post(b"<next/>")).close().frames)
        assert any(trouble.inconclusive for trouble in troubles(events))
        assert requests(events)[-1].body == b"<next/>"


def test_smuggling_is_a_trouble() -> None:
    """Content-Length beside Transfer-Encoding: chunked is read by the standard's rule, and told."""
    text = (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<a/>\r\n0\r\n\r\n"
    )
    events = events_of(Talk().open().ask(text).close().frames)
    assert requests(events)[0].body == b"<a/>"
    assert "both Content-Length and Transfer-Encoding" in texts(troubles(events))


def test_tunnels_and_upgrades_end_the_reading() -> None:
    """After CONNECT or 101 the bytes are no HTTP any more."""
    upgrade = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    talk = (
        Talk()
        .open()
        .ask(upgrade)
        .answer(b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n\x81\x05")
    )
    tunnel = (
        Talk(client="10.0.0.3:5")
        .open()
        .ask(b"CONNECT acs:443 HTTP/1.1\r\nHost: acs:443\r\n\r\n")
        .answer(b"HTTP/1.1 200 OK\r\n\r\n\x16\x03")
    )
    events = events_of(talk.close().frames + tunnel.ask(b"\x16\x03").close().frames)
    assert [r.method for r in requests(events)] == ["GET", "CONNECT"]
    assert not any(t.inconclusive for t in troubles(events))


def test_content_bomb_is_bounded() -> None:
    """A gzipped body of 1 GB of spaces costs neither time nor memory, and is told; the dialogue goes on."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = packer.compress(b"<") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * (1 << 22)) + packer.flush(zlib.Z_FULL_FLUSH)
    bomb = start + block * 256  # after a full flush each block stands alone, so that it can be repeated
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    talk = Talk(tick=1e-4).open().ask(post()).answer(head + bomb, cut=60_000).ask(post(b"<next/>")).close()
    begin = time.perf_counter()
    events = events_of(talk.frames)
    assert time.perf_counter() - begin < 1
    assert "a text too long to be read whole" in texts(troubles(events))
    assert "grows more than" in texts(troubles(events_of(talk.frames, Limits(soap_bytes=1 << 30))))
    assert len(responses(events)[0].body) <= Limits().soap_bytes
    assert responses(events)[0].body_length == len(bomb)
    assert requests(events)[-1].body == b"<next/>"


def test_bodies_are_capped() -> None:
    """Of a file only the beginning is kept, of SOAP much more; the length is always the whole one."""
    talk = (
        Talk()
        .open()
        .ask(post())
        .answer(reply(bytes([7]) * 50_000))
        .ask(post())
        .answer(reply(b"<x>" + b"y" * 50_000 + b"</x>"))
    )
    file, soap = responses(events_of(talk.close().frames))
    assert (len(file.body), file.body_length, file.capped, file.truncated) == (4096, 50_000, True, False)
    assert (len(soap.body), soap.capped) == (50_007, False)
    tight = responses(events_of(talk.frames, Limits(bodies_total=5000)))
    assert sum(len(r.body) for r in tight) <= 5000


def test_damaged_compression_is_a_trouble() -> None:
    """Content that says gzip and is not, or is cut, or has an unknown coding, is told."""
    packed = gzip.compress(b"<a>" + bytes(range(256)) * 4 + b"</a>")
    for data, coding in ((b"<no gzip/>", "gzip"), (packed[:-30], "gzip"), (b"<x/>", "br")):
        events = events_of(Talk().open().ask(post(data, Content_Encoding=coding)).close().frames)
        assert any(trouble.inconclusive for trouble in troubles(events)), coding


def test_half_close_is_no_break() -> None:
    """A client that sends FIN after its request still gets its answer; the first FIN is the fact told."""
    talk = Talk().open().ask(post(b"<a/>")).put(0, FIN | ACK).answer(reply(b"<b/>")).put(1, FIN | ACK)
    events = events_of(talk.frames)
    assert [(event.what, event.by) for event in events if isinstance(event, TcpFact)] == [
        ("opened", "server"),
        ("closed", "client"),
    ]
    assert responses(events)[0].body == b"<b/>"
    assert not responses(events)[0].truncated


def test_refused_is_a_fact() -> None:
    """A SYN answered by RST is a refusal by the server."""
    events = events_of(Talk().put(0, SYN).put(1, RST | ACK).frames)
    assert [(e.what, e.by) for e in events if isinstance(e, TcpFact)] == [("refused", "server")]


def test_repr_of_events_shows_no_secret() -> None:
    """The text of a raw event shows neither credentials nor bodies."""
    talk = Talk().open().ask(post(b"<Password>s3cret</Password>", Authorization="Basic s3cret", Cookie="id=s3cret"))
    event = requests(events_of(talk.close().frames))[0]
    assert header(event.headers, "cookie") == "id=s3cret"
    assert "s3cret" not in repr(event)
    assert "Basic <redacted>" in repr(event)
