"""Raw events: what was seen on the wire, before anything is known about CWMP.

Every importer (pcap, pcapng, exchanges.jsonl) gives these and nothing else. Times are seconds since the epoch.
Header names are lower case, in the order sent. ``repr`` shows neither bodies nor header values, because both
may hold credentials.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from cwmpcheck.traces.redaction import redacted

__all__ = ["Headers", "Limits", "Request", "Response", "TcpFact", "TraceEvent", "Trouble", "Where", "header"]

Headers: TypeAlias = tuple[tuple[str, str], ...]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a hostile or huge input is taken in; reaching one is always reported as a :class:`Trouble`.

    Attributes:
        packet_bytes: the longest packet record that is believed.
        pending_bytes: data held back per flow and direction while an earlier segment is missing.
        pending_total: the same, over all flows.
        flows: connections followed at once; beyond it the least recently used one is closed.
        head_bytes: the longest HTTP head.
        soap_bytes: kept of a body that looks like text (SOAP).
        other_bytes: kept of any other body, such as a firmware file.
        bodies_total: kept of all bodies together.
        inflate_ratio: how many times its size a compressed input may grow (beyond ``inflate_free``).
        inflate_free: bytes that any compressed input may grow to, whatever the ratio.
        line_bytes: the longest line of a text log.
    """

    packet_bytes: int = 1 << 20
    pending_bytes: int = 4 << 20
    pending_total: int = 64 << 20
    flows: int = 4096
    head_bytes: int = 64 << 10
    soap_bytes: int = 4 << 20
    other_bytes: int = 4 << 10
    bodies_total: int = 512 << 20
    inflate_ratio: int = 200
    inflate_free: int = 64 << 20
    line_bytes: int = 16 << 20


class Where(msgspec.Struct, frozen=True):
    """A place in the evidence: the file, and the 1-based packet (of the first byte) or line in it."""

    source: str
    packet: int | None = None
    line: int | None = None

    def __str__(self) -> str:
        """The place in words.

        >>> print(Where("capture.pcap", packet=12))
        capture.pcap, packet 12
        """
        place = f", packet {self.packet}" if self.packet is not None else ""
        return self.source + (f", line {self.line}" if self.line is not None else place)


class Request(msgspec.Struct, frozen=True, tag="request", tag_field="event", kw_only=True):
    """One HTTP request.

    Attributes:
        time, end: when its first byte and its last byte were captured.
        connection: number of the TCP connection in this source.
        client, server: ``host:port`` of the two ends, IPv6 hosts in brackets.
        body: the content, decoded (chunks joined, gzip or deflate undone), at most what :class:`Limits` allows.
        body_length: bytes of content as transferred, before any content coding was undone.
        truncated: the message is not whole in the capture, for whatever reason.
        lost: bytes of it that the capture itself lacks (0 when the peers really stopped there).
        capped: ``body`` holds only the beginning of the content.
    """

    time: float
    end: float
    connection: int
    client: str
    server: str
    method: str
    path: str
    headers: Headers
    body: bytes
    body_length: int
    truncated: bool
    where: Where
    lost: int = 0
    capped: bool = False

    def __repr__(self) -> str:
        return f"Request({self.method} at {self.time:.6f}, {self.body_length} bytes, {redacted(self.headers)})"


class Response(msgspec.Struct, frozen=True, tag="response", tag_field="event", kw_only=True):
    """One HTTP response (no 1xx); the fields are those of :class:`Request`, with the status in place of the method."""

    time: float
    end: float
    connection: int
    client: str
    server: str
    status: int
    reason: str
    headers: Headers
    body: bytes
    body_length: int
    truncated: bool
    where: Where
    lost: int = 0
    capped: bool = False

    def __repr__(self) -> str:
        return f"Response({self.status} at {self.time:.6f}, {self.body_length} bytes, {redacted(self.headers)})"


class TcpFact(msgspec.Struct, frozen=True, tag="tcp", tag_field="event", kw_only=True):
    """What happened to a connection itself.

    ``refused``: a SYN answered by RST; ``unanswered``: a SYN answered by nothing; ``reset``: RST later on;
    ``closed``: the first FIN, ``by`` the side that sent it.
    """

    time: float
    connection: int
    client: str
    server: str
    what: Literal["opened", "refused", "unanswered", "reset", "closed"]
    by: Literal["client", "server"]
    where: Where


class Trouble(msgspec.Struct, frozen=True, tag="trouble", tag_field="event", kw_only=True):
    """Something that could not be read, or only under a stated policy; ``inconclusive`` if it may change a verdict."""

    time: float
    what: str
    where: Where
    inconclusive: bool


TraceEvent: TypeAlias = Request | Response | TcpFact | Trouble


def header(headers: Headers, name: str) -> str | None:
    """The first value of the header ``name`` (lower case), or ``None``.

    >>> header((("content-length", "12"),), "content-length")
    '12'
    """
    for key, value in headers:
        if key == name:
            return value
    return None
