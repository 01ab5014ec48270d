"""What the laboratory writes is a well-formed capture, and both files tell the same story."""

from __future__ import annotations

import io
import itertools
import json
import socket
from typing import Any

import dpkt
from hypothesis import given
from hypothesis import strategies as st

from cwmpcheck.lab.exchanges import write_exchanges
from cwmpcheck.lab.pcap import SEGMENT, write_pcap
from cwmpcheck.lab.recorder import Kind, Recorder, Side

CLIENT, SERVER = ("127.0.0.1", 40_000), ("127.0.0.1", 80)


def record(*story: tuple[Kind, Side, bytes]) -> Recorder:
    """One connection with this story."""
    recorder = Recorder()
    number = recorder.connection()
    recorder.record(number, "acs", (CLIENT, SERVER), Kind.OPENED, Side.CLIENT)
    for kind, side, data in story:
        recorder.record(number, "acs", (CLIENT, SERVER), kind, side, data)
    return recorder


def lines(recorder: Recorder) -> list[dict[str, Any]]:
    """The exchanges."""
    return [json.loads(line) for line in write_exchanges(recorder.events).splitlines()]


@given(
    pieces=st.lists(st.tuples(st.sampled_from(Side), st.binary(min_size=1, max_size=4000)), max_size=8),
    reset=st.booleans(),
)
def test_a_capture_holds_exactly_the_bytes(pieces: list[tuple[Side, bytes]], reset: bool) -> None:
    """An independent reader finds right checksums, gapless sequence numbers, and the very bytes of each direction."""
    ends = [(Kind.RESET, Side.SERVER, b"")] if reset else [(Kind.CLOSED, side, b"") for side in Side]
    recorder = record(*((Kind.DATA, side, data) for side, data in pieces), *ends)
    streams = {CLIENT[1]: b"", SERVER[1]: b""}
    expected: dict[int, int] = {}
    for _, packet in dpkt.pcap.Reader(io.BytesIO(write_pcap(recorder.events))):
        ip = dpkt.ethernet.Ethernet(packet).data
        sums = ip.sum, ip.data.sum
        ip.sum = ip.data.sum = 0
        again = dpkt.ip.IP(bytes(ip))
        assert (again.sum, again.data.sum) == sums
        tcp = ip.data
        assert socket.inet_ntoa(ip.src) == "127.0.0.1"
        assert tcp.seq == expected.get(tcp.sport, tcp.seq)
        assert len(tcp.data) <= SEGMENT
        streams[tcp.sport] += tcp.data
        expected[tcp.sport] = tcp.seq + len(tcp.data) + bool(tcp.flags & (dpkt.tcp.TH_SYN | dpkt.tcp.TH_FIN))
    assert streams[CLIENT[1]] == b"".join(data for side, data in pieces if side is Side.CLIENT)
    assert streams[SERVER[1]] == b"".join(data for side, data in pieces if side is Side.SERVER)


@given(cuts=st.lists(st.integers(1, 120), max_size=5))
def test_messages_are_found_however_they_were_cut(cuts: list[int]) -> None:
    """Two exchanges on one connection, in pieces of any size, are the same four lines."""
    ask = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\xff\xfe\xfd\xfc"
    nothing = b"HTTP/1.1 204 No Content\r\n\r\n"

    def piecewise(side: Side, data: bytes) -> list[tuple[Kind, Side, bytes]]:
        edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
        return [(Kind.DATA, side, data[start:end]) for start, end in itertools.pairwise(edges)]

    recorder = record(
        *piecewise(Side.CLIENT, ask),
        *piecewise(Side.SERVER, answer),
        *piecewise(Side.CLIENT, ask),
        *piecewise(Side.SERVER, nothing),
        (Kind.CLOSED, Side.CLIENT, b""),
    )
    found = lines(recorder)
    assert [line["dir"] for line in found] == ["request", "response", "request", "response", "tcp"]
    assert found[0]["body"] == "hello"
    assert (found[1]["status"], found[1]["body_b64"], found[1]["body_len"]) == (200, "//79/A==", 4)
    assert (found[3]["status"], found[3]["body"]) == (204, "")
    assert (found[4]["event"], found[4]["by"]) == ("closed", "client")


def test_a_reset_in_the_middle_of_a_reply_is_said() -> None:
    """A reply that breaks off is a truncated line, and the reset is a line of its own."""
    recorder = record(
        (Kind.DATA, Side.CLIENT, b"GET /f HTTP/1.1\r\nHost: a\r\n\r\n"),
        (Kind.DATA, Side.SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst"),
        (Kind.RESET, Side.SERVER, b""),
    )
    request, reply, reset = lines(recorder)
    assert request["path"] == "/f"
    assert reply["truncated"] is True
    assert reply["body"] == "first"
    assert (reset["event"], reset["by"]) == ("reset", "server")


def test_bytes_that_are_no_http_do_not_stop_the_rest() -> None:
    """Noise on a connection gives no message, and the end of the connection is still told."""
    recorder = record((Kind.DATA, Side.CLIENT, b"\x00noise\r\n\r\n"), (Kind.CLOSED, Side.CLIENT, b""))
    assert [line["dir"] for line in lines(recorder)] == ["tcp"]
