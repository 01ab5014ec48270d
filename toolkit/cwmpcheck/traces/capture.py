"""A packet capture, of whichever format, as raw events."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from cwmpcheck.traces.bytesource import open_bytes
from cwmpcheck.traces.events import Limits, Response, TraceEvent, Trouble, Where
from cwmpcheck.traces.flow import Flow, Tally
from cwmpcheck.traces.link import LINKS, Skipped, decode, endpoint
from cwmpcheck.traces.pcap import MAGICS, read_pcap
from cwmpcheck.traces.pcapng import SECTION_MAGIC, read_pcapng
from cwmpcheck.traces.tcp import Connection, Table
from cwmpcheck.vocabulary.errors import UnreadableInput

__all__ = ["CaptureReader", "is_capture", "read_capture"]


def is_capture(magic: bytes) -> bool:
    """Whether a file that begins with these four bytes is a packet capture.

    >>> is_capture(bytes.fromhex("d4c3b2a1")), is_capture(b"{\\"t\\"")
    (True, False)
    """
    return magic[:4] in MAGICS or magic[:4] == SECTION_MAGIC


class CaptureReader:
    """Reads one capture once.

    Attributes:
        events: what was found, in the order of its first bytes.
        packets: how many packet records were read.
        start, end: times of the earliest and the latest packet.
    """

    def __init__(self, source: str, limits: Limits) -> None:
        self._source, self._limits = source, limits
        self._tally = Tally(limits)
        self._skipped: dict[str, tuple[int, int]] = {}
        self._links: dict[int, int] = {}
        self._cut = (0, 0)
        self.events: list[TraceEvent] = []
        self.packets = 0
        self.start = self.end = 0.0

    def report(self, what: str, packet: int, inconclusive: bool) -> None:
        """Record a trouble at a packet number (0: the file as a whole)."""
        where = Where(self._source, packet=packet or None)
        self.events.append(Trouble(time=self.end, what=what, where=where, inconclusive=inconclusive))

    def read(self, stream: IO[bytes], magic: bytes) -> None:
        """Read the whole stream, of which ``magic`` is the beginning (not consumed)."""
        table = Table(self._flow, self._limits)
        reader = read_pcapng if magic[:4] == SECTION_MAGIC else read_pcap
        number, time, feed = 0, 0.0, table.feed
        for number, time, link, data, _length in reader(stream, self.report, most=self._limits.packet_bytes):
            if number == 1:
                self.start = time
            self.start, self.end = min(self.start, time), max(self.end, time)
            segment = decode(link, data)
            if segment is None:
                if link not in LINKS:
                    self._links[link] = self._links.get(link, 0) + 1
                continue
            if isinstance(segment, Skipped):
                count, first = self._skipped.get(segment.why, (0, number))
                self._skipped[segment.why] = (count + 1, first)
                continue
            if len(segment.payload) < segment.length:
                self._cut = (self._cut[0] + 1, self._cut[1] or number)
            feed(segment, time, number)
        self.packets = number
        table.close(self.end, number)
        self._sum_up(table)
        self.events.sort(key=lambda event: (event.time, isinstance(event, Response)))

    def _flow(self, connection: Connection) -> Flow:
        return Flow(
            connection.number, endpoint(connection.client), endpoint(connection.server), connection.syn_seen,
            self._source, self._tally, self.events.append,
        )  # fmt: skip

    def _sum_up(self, table: Table) -> None:
        if self._cut[0]:
            self.report(
                f"{self._cut[0]} packets are cut by the snapshot length; capture again with -s 0", self._cut[1], True
            )
        for why, (count, first) in self._skipped.items():
            self.report(f"{count} packets could not be used: {why}", first, True)
        for link, count in self._links.items():
            self.report(f"{count} packets of link type {link}, which is not understood", 0, True)
        if self._tally.tls:
            self.report(f"{self._tally.tls} connections are encrypted (TLS) and cannot be looked into", 0, False)
        if self._tally.foreign:
            self.report(f"{self._tally.foreign} connections carry something else than HTTP", 0, False)
        if self._tally.middle:
            self.report(f"{self._tally.middle} connections were under way when the capture began", 0, False)
        if table.evicted:
            self.report(
                f"more than {self._limits.flows} connections at once: {table.evicted} were closed early", 0, True
            )
        if table.strays:
            self.report(f"on {table.strays} connections data came after they were over: ignored", 0, False)


def read_capture(path: Path, limits: Limits | None = None) -> CaptureReader:
    """Read a pcap or pcapng file, plain or gzipped.

    Raises:
        UnreadableInput: no such file, empty, no capture at all, or nothing in it could be read.
    """
    limits = limits or Limits()
    reader = CaptureReader(path.name, limits)
    with open_bytes(path, limits, lambda what: reader.report(what, 0, True)) as stream:
        magic = stream.peek(4)[:4]
        if not is_capture(magic):
            raise UnreadableInput(
                f"{path}: not a packet capture (it begins with {magic.hex(' ')}); pcap and pcapng are read"
            )
        reader.read(stream, magic)
    return reader
