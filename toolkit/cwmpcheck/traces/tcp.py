"""TCP connections out of segments: who opened them, what each side sent in order, how they ended.

The table hands each connection's bytes to a listener as soon as they are in order. Bounds: so many connections
(beyond them the least recently used one is closed), so much data waiting behind a missing segment, per
direction and in all (beyond it the missing bytes are given up as a gap). A connection that is over stays in
the table as a stub, so that stray retransmissions do not look like a new one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Literal, Protocol

from cwmpcheck.traces.events import Limits
from cwmpcheck.traces.link import ACK, FIN, RST, SYN, Segment
from cwmpcheck.traces.stream import Chunk, Gap, Stream

__all__ = ["Connection", "End", "Listener", "Side", "Table"]

Side = Literal["client", "server"]
End = Literal["fin", "reset", "replaced", "evicted", "capture_ends"]


class Listener(Protocol):
    """What a connection tells; the calls for one direction come in stream order."""

    def opened(self, time: float, packet: int) -> None:
        """The other side answered the SYN."""

    def data(self, side: Side, chunk: Chunk) -> None:
        """Bytes that ``side`` sent."""

    def gap(self, side: Side, gap: Gap) -> None:
        """Bytes that ``side`` sent and the capture lacks."""

    def ended(self, side: Side, time: float, packet: int) -> None:
        """``side`` said FIN, and everything before it has been handed over."""

    def fact(self, what: Literal["refused", "unanswered", "reset"], by: Side, time: float, packet: int) -> None:
        """The connection was refused, never answered, or reset."""

    def over(self, how: End, time: float, packet: int) -> None:
        """Nothing more comes."""

    def trouble(self, what: str, time: float, packet: int, inconclusive: bool) -> None:
        """Something about the segments is doubtful."""


class Connection:
    """One connection; ``client`` is the packed end that opened it (or, unseen, the one that spoke first)."""

    __slots__ = (
        "answered", "client", "conflict_told", "first_time", "heard", "isn", "last_packet", "last_time", "listener", "number",
        "over", "reset", "server", "stray_told", "streams", "syn_seen", "syns",
    )  # fmt: skip

    def __init__(
        self, number: int, client: bytes, server: bytes, syn_seen: bool, isn: int, time: float, packet: int
    ) -> None:
        self.number = number
        self.client, self.server = client, server
        self.syn_seen, self.isn, self.syns = syn_seen, isn, 0
        self.answered = not syn_seen
        self.first_time = self.last_time = time
        self.last_packet = packet
        self.streams: dict[Side, Stream] = {}
        self.heard: set[Side] = set()
        self.reset: tuple[Side, float, int] | None = None
        self.over = False
        self.conflict_told = self.stray_told = False
        self.listener: Listener = _UNHEARD


class _Unheard:
    """The listener of a connection that is over: hears nothing."""

    def opened(self, time: float, packet: int) -> None: ...
    def data(self, side: Side, chunk: Chunk) -> None: ...
    def gap(self, side: Side, gap: Gap) -> None: ...
    def ended(self, side: Side, time: float, packet: int) -> None: ...
    def fact(self, what: Literal["refused", "unanswered", "reset"], by: Side, time: float, packet: int) -> None: ...
    def over(self, how: End, time: float, packet: int) -> None: ...
    def trouble(self, what: str, time: float, packet: int, inconclusive: bool) -> None: ...


_UNHEARD: Listener = _Unheard()


class Table:
    """All connections of one capture; feed segments in file order, then call :meth:`close`.

    Args:
        hear: makes the listener of a new connection.
        limits: the bounds.

    Attributes:
        evicted: connections closed because there were too many.
        strays: connections on which new bytes came after they were over (those bytes are ignored).
    """

    def __init__(self, hear: Callable[[Connection], Listener], limits: Limits) -> None:
        self._hear = hear
        self._limits = limits
        self._open: OrderedDict[bytes, Connection] = OrderedDict()
        self._count = 0
        self._pending = 0
        self.evicted = 0
        self.strays = 0

    def feed(self, segment: Segment, time: float, packet: int) -> None:
        """Take one segment, captured at ``time`` as packet number ``packet``."""
        key = segment.source + segment.target if segment.source < segment.target else segment.target + segment.source
        connection = self._open.get(key)
        opening = segment.flags & (SYN | ACK | RST) == SYN
        if connection is not None and opening and self._is_another(connection, segment):
            self._finish(connection, "replaced", time, packet)
            connection = None
        if connection is None:
            if not (segment.flags & SYN or segment.length) or segment.flags & RST:
                return  # the tail of a connection that began before the capture: nothing to learn from it
            connection = self._begin(key, segment, opening, time, packet)
        else:
            self._open.move_to_end(key)
        if connection.over:
            self._stray(connection, segment)
            return
        connection.last_time, connection.last_packet = time, packet
        self._take(connection, segment, time, packet)

    @staticmethod
    def _is_another(connection: Connection, segment: Segment) -> bool:
        return not (connection.syn_seen and connection.isn == segment.seq and connection.client == segment.source)

    def _begin(self, key: bytes, segment: Segment, opening: bool, time: float, packet: int) -> Connection:
        answers = segment.flags & (SYN | ACK) == SYN | ACK
        client, server = (segment.target, segment.source) if answers else (segment.source, segment.target)
        if not segment.flags & SYN and segment.payload[:5] == b"HTTP/":
            client, server = server, client  # mid-stream, only a server speaks like this
        connection = Connection(self._count, client, server, opening, segment.seq, time, packet)
        connection.listener = self._hear(connection)
        self._count += 1
        self._open[key] = connection
        if len(self._open) > self._limits.flows:
            _key, oldest = self._open.popitem(last=False)
            self.evicted += not oldest.over
            self._finish(oldest, "evicted", time, packet)
        return connection

    def _take(self, connection: Connection, segment: Segment, time: float, packet: int) -> None:
        side: Side = "client" if segment.source == connection.client else "server"
        other: Side = "server" if side == "client" else "client"
        stream = connection.streams.get(side)
        connection.heard.add(side)
        data_seq = (segment.seq + 1) % (1 << 32) if segment.flags & SYN else segment.seq
        if segment.flags & SYN:
            connection.syns += side == "client"
            if stream is None:
                stream = connection.streams[side] = Stream(data_seq)
        if segment.flags & ACK and (heard := connection.streams.get(other)) is not None:
            heard.acknowledged(segment.ack)
        if segment.flags & RST:
            self._reset(connection, segment, side, time, packet)
            return
        if side == "server" and not connection.answered:
            connection.answered = True
            connection.listener.opened(time, packet)
        if segment.flags & ACK and other not in connection.streams and segment.flags & SYN and side == "server":
            connection.streams[other] = Stream(segment.ack)  # only the answer to the SYN was captured
        if stream is None:
            if not segment.length and not segment.flags & FIN:
                return
            stream = connection.streams[side] = Stream(data_seq)
        if segment.length or segment.flags & FIN:
            self._payload(connection, side, stream, segment, stream.offset(data_seq), time, packet)

    def _payload(
        self,
        connection: Connection,
        side: Side,
        stream: Stream,
        segment: Segment,
        offset: int,
        time: float,
        packet: int,
    ) -> None:
        held = stream.pending_bytes
        if segment.payload:
            stream.accept(offset, segment.payload, time, packet)
        if segment.flags & FIN:
            stream.finish(offset + segment.length, time, packet)
        self._hand_over(connection, side, stream)
        if stream.overfull(self._limits.pending_bytes):
            self._give_up(connection, side, stream)
        self._pending += stream.pending_bytes - held
        if self._pending > self._limits.pending_total:
            self._relieve()
        if stream.conflicts and not connection.conflict_told:
            connection.conflict_told = True
            connection.listener.trouble(
                "overlapping TCP segments differ: the first copy was taken, another receiver may have read the other",
                time, packet, True,
            )  # fmt: skip
        self._settle(connection, time, packet)

    def _hand_over(self, connection: Connection, side: Side, stream: Stream) -> None:
        for chunk in stream.drain():
            connection.listener.data(side, chunk)

    def _give_up(self, connection: Connection, side: Side, stream: Stream) -> None:
        """Declare the missing bytes before the pending segments lost, one hole after the other."""
        while gap := stream.skip():
            if gap.length:
                connection.listener.gap(side, gap)
            self._hand_over(connection, side, stream)
        if stream.waiting:
            behind = max(stream.known, stream.end or 0)
            connection.listener.gap(side, Gap(behind - stream.next, connection.last_time, connection.last_packet))
            stream.next = behind

    def _relieve(self) -> None:
        """Too much is waiting in all: give up the holes of the connections used longest ago."""
        for connection in self._open.values():
            for side, stream in connection.streams.items():
                if stream.pending_bytes:
                    self._pending -= stream.pending_bytes
                    self._give_up(connection, side, stream)
            if self._pending <= self._limits.pending_total // 2:
                return

    def _settle(self, connection: Connection, time: float, packet: int) -> None:
        """See whether a FIN has been reached, or a RST before which segments were missing."""
        for side, stream in connection.streams.items():
            if stream.ended and stream.end_packet:
                connection.listener.ended(side, stream.end_time, stream.end_packet)
                stream.end_packet = 0  # told
        if connection.reset is not None:
            # What was sent before the RST may have been captured after it: wait while something is missing.
            if not any(stream.waiting for stream in connection.streams.values()):
                self._finish(connection, "reset", connection.reset[1], connection.reset[2])
        elif len(connection.streams) == 2 and all(stream.ended for stream in connection.streams.values()):
            self._finish(connection, "fin", time, packet)

    def _reset(self, connection: Connection, segment: Segment, side: Side, time: float, packet: int) -> None:
        if connection.syn_seen and not connection.answered and side == "server":
            connection.listener.fact("refused", "server", time, packet)
            self._finish(connection, "reset", time, packet)
            return
        stream = connection.streams.get(side)
        if stream is not None and stream.offset(segment.seq) - stream.next <= self._limits.pending_bytes:
            stream.acknowledged(segment.seq)  # a RST too says how much its sender had sent
        if connection.reset is None:
            connection.reset = (side, time, packet)
            connection.listener.fact("reset", side, time, packet)
        self._settle(connection, time, packet)

    def _finish(self, connection: Connection, how: End, time: float, packet: int) -> None:
        if connection.over:
            return
        connection.over = True
        spoke = [side for side, stream in connection.streams.items() if stream.next or stream.pending_bytes]
        for side, stream in connection.streams.items():
            self._pending -= stream.pending_bytes
            self._give_up(connection, side, stream)
            if stream.ended and stream.end_packet:
                connection.listener.ended(side, stream.end_time, stream.end_packet)
            stream.forget()
        # One second is the first retransmission time-out of a SYN (RFC 6298): later than that, nobody answered.
        silent = how not in ("fin", "reset") and (connection.syns > 1 or time - connection.first_time > 1.0)
        if spoke and len(connection.heard) == 1 and time - connection.first_time > 1.0:
            # A peer that never even acknowledges is not silent: its packets are not in the capture.
            text = "only one side of this connection was captured"
            connection.listener.trouble(text, connection.last_time, connection.last_packet, True)
        elif connection.syn_seen and not (connection.answered or spoke) and silent:
            connection.listener.fact("unanswered", "server", connection.last_time, connection.last_packet)
        if connection.reset is not None:
            how, time, packet = "reset", connection.reset[1], connection.reset[2]
        connection.listener.over(how, time, packet)
        connection.listener = _UNHEARD

    def _stray(self, connection: Connection, segment: Segment) -> None:
        """A segment for a connection that is over: counted once if it brings bytes never seen."""
        side: Side = "client" if segment.source == connection.client else "server"
        stream = connection.streams.get(side)
        if stream is None or connection.stray_told or not segment.payload:
            return
        if stream.offset(segment.seq) + len(segment.payload) > stream.next:
            connection.stray_told = True
            self.strays += 1

    def close(self, time: float, packet: int) -> None:
        """The capture is over: tell every connection that is still open."""
        for connection in list(self._open.values()):
            self._finish(connection, "capture_ends", time, packet)
        self._open.clear()
