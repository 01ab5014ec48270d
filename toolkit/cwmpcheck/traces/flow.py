"""One TCP connection as raw events: requests, responses, and what happened to the connection itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal

from cwmpcheck.traces.events import Limits, Request, Response, TcpFact, TraceEvent, Trouble, Where
from cwmpcheck.traces.http import Head, MessageReader, start_of
from cwmpcheck.traces.stream import Chunk, Gap
from cwmpcheck.traces.tcp import End, Side

__all__ = ["Flow", "Tally"]

_SNIFF = 64  # bytes of a direction after which it must look like HTTP
_HELD = 1 << 20  # bytes of answers held back until their request is known


class Tally:
    """What the flows of one capture count together.

    Attributes:
        room: bytes of bodies that may still be kept.
        tls, foreign: connections that carry TLS, or something else that is no HTTP.
        middle: connections that were under way when the capture began.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.room = limits.bodies_total
        self.tls = self.foreign = self.middle = 0


class Flow:
    """Listener of one connection; appends to ``events``.

    Args:
        number: of the connection.
        client, server: ``host:port``; swapped if a connection caught in the middle turns out to be the other way round.
        whole: the SYN was seen, so who is the client is certain.
    """

    def __init__(
        self,
        number: int,
        client: str,
        server: str,
        whole: bool,
        source: str,
        tally: Tally,
        emit: Callable[[TraceEvent], None],
    ) -> None:
        self._number, self._client, self._server = number, client, server
        self._certain, self._whole = whole, whole
        self._source, self._tally, self._emit = source, tally, emit
        self._swapped = False
        self._closed = False
        self._foreign = False
        self._sniffed: dict[Side, bytes] = {}
        self._requests = self._reader("request")
        self._responses = self._reader("response")
        self._requests.asked = self._asked
        self._responses.ready = self._may_answer
        self._held: deque[Chunk | Gap] = deque()
        self._held_bytes = 0
        self._server_done = False
        self._patient = whole  # answers wait for their requests
        self._asked_at: deque[float] = deque()
        tally.middle += not whole

    def _reader(self, side: Literal["request", "response"]) -> MessageReader:
        reader = MessageReader(side, self._tally.limits, self._told, self._complain, lambda: self._tally.room)
        reader.lost = not self._whole
        return reader

    # --- what the connection tells -------------------------------------------------------------------------

    def opened(self, time: float, packet: int) -> None:
        """The other side answered the SYN."""
        self._fact("opened", "server", time, packet)

    def data(self, side: Side, chunk: Chunk) -> None:
        """Bytes that ``side`` sent, in order."""
        if self._foreign:
            return
        if (not self._certain or side not in self._sniffed) and not self._recognise(side, chunk):
            return
        self._pass_on(side, Chunk(self._take_sniffed(side, chunk.data), chunk.time, chunk.packet))

    def _take_sniffed(self, side: Side, data: bytes) -> bytes:
        before, self._sniffed[side] = self._sniffed.get(side, b""), b""
        return before + data if before else data

    def _recognise(self, side: Side, chunk: Chunk) -> bool:
        """Look at the first bytes of a direction; False: hold them, more is needed, or it is no HTTP."""
        seen = self._sniffed.get(side, b"") + chunk.data[:_SNIFF]
        kind = start_of(seen)
        if kind == "unknown" and len(seen) < _SNIFF:
            self._sniffed[side] = self._sniffed.get(side, b"") + chunk.data
            return False
        if not self._certain:
            if kind in ("request", "response"):
                self._certain = True
                self._swapped = (kind == "request") != (side == "client")
            # Else it begins in the middle of a message: the reader waits for the next beginning.
            return True
        if kind != ("request" if self._inner(side) == "client" else "response") and self._whole:
            self._foreign = True
            self._tally.tls += seen[:1] == b"\x16"
            self._tally.foreign += seen[:1] != b"\x16"
            return False
        return True

    def _inner(self, side: Side) -> Side:
        if not self._swapped:
            return side
        return "server" if side == "client" else "client"

    def _pass_on(self, side: Side, item: Chunk | Gap) -> None:
        if self._inner(side) == "client":
            self._feed(self._requests, item)
        else:
            self._held.append(item)
            self._held_bytes += len(item.data) if isinstance(item, Chunk) else 0
            self._patient = self._patient and self._held_bytes <= _HELD
        self._release()

    def _may_answer(self) -> bool:
        """An answer whose request is not known yet waits: the method tells how the answer is framed."""
        return not self._patient or bool(self._responses.methods)

    def _asked(self, head: Head) -> None:
        self._responses.methods.append(head.method)
        self._asked_at.append(head.start)

    def _release(self) -> None:
        reader = self._responses
        while self._held and (reader.busy or self._may_answer()):
            item = self._held.popleft()
            rest = self._feed(reader, item)
            if isinstance(item, Chunk):
                self._held_bytes -= len(item.data) - len(rest)
                if rest:
                    self._held.appendleft(item._replace(data=rest))
        if self._server_done and not self._held:
            self._server_done = False
            reader.close(True)

    @staticmethod
    def _feed(reader: MessageReader, item: Chunk | Gap) -> bytes:
        if isinstance(item, Chunk):
            return reader.feed(item.data, item.time, item.packet)
        reader.gap(item.length, item.time, item.packet)
        return b""

    def gap(self, side: Side, gap: Gap) -> None:
        """Bytes of ``side`` that the capture lacks."""
        if self._foreign:
            return
        self._complain(
            f"{gap.length} bytes sent by the {self._inner(side)} are missing from the capture",
            gap.time,
            gap.packet,
            True,
        )
        self._sniffed.setdefault(side, b"")
        self._pass_on(side, gap)

    def ended(self, side: Side, time: float, packet: int) -> None:
        """``side`` said FIN."""
        if not self._closed:
            self._closed = True
            self._fact("closed", self._inner(side), time, packet)
        if self._foreign:
            return
        if self._inner(side) == "client":
            self._requests.close(True)
            self._patient = False
            self._release()
        else:
            self._server_done = True
            self._release()

    def fact(self, what: Literal["refused", "unanswered", "reset"], by: Side, time: float, packet: int) -> None:
        """The connection was refused, never answered, or reset."""
        self._fact(what, self._inner(by), time, packet)

    def _fact(
        self, what: Literal["opened", "refused", "unanswered", "reset", "closed"], by: Side, time: float, packet: int
    ) -> None:
        client, server = self._ends()
        where = Where(self._source, packet=packet)
        self._emit(
            TcpFact(time=time, connection=self._number, client=client, server=server, what=what, by=by, where=where)
        )

    def over(self, how: End, time: float, packet: int) -> None:
        """Nothing more comes: tell what is incomplete."""
        if self._foreign:
            return
        self._patient = False
        self._release()
        busy = self._requests.busy or self._responses.busy
        self._requests.close(False)
        self._responses.close(False)
        if busy and how == "capture_ends":
            self._complain("the capture ends in the middle of a message", time, packet, True)
        elif busy and how == "evicted":
            self._complain(
                "too many connections at once: this one was given up in the middle of a message", time, packet, True
            )

    def trouble(self, what: str, time: float, packet: int, inconclusive: bool) -> None:
        """Something about the segments is doubtful."""
        if not self._foreign:
            self._complain(what, time, packet, inconclusive)

    # --- what the readers tell -----------------------------------------------------------------------------

    def _ends(self) -> tuple[str, str]:
        return (self._server, self._client) if self._swapped else (self._client, self._server)

    def _complain(self, what: str, time: float, packet: int, inconclusive: bool) -> None:
        client, server = self._ends()
        text = f"{what} (connection {self._number}, {client} to {server})"
        self._emit(Trouble(time=time, what=text, where=Where(self._source, packet=packet), inconclusive=inconclusive))

    def _told(self, head: Head, whole: bool) -> None:
        client, server = self._ends()
        content = head.content
        body = content.kept
        self._tally.room -= len(body)
        where = Where(self._source, packet=head.first)
        if head.status:
            # Captures swap packets that are close together: an answer is never earlier than its question.
            asked = self._asked_at.popleft() if self._asked_at else head.start
            head.start, head.end = max(head.start, asked), max(head.end, asked)
            self._emit(
                Response(
                    time=head.start, end=head.end, connection=self._number, client=client, server=server,
                    status=head.status, reason=head.reason, headers=head.headers, body=body,
                    body_length=content.length, truncated=not whole, where=where, lost=head.lost, capped=content.capped,
                )
            )  # fmt: skip
        else:
            self._emit(
                Request(
                    time=head.start, end=head.end, connection=self._number, client=client, server=server,
                    method=head.method, path=head.path, headers=head.headers, body=body,
                    body_length=content.length, truncated=not whole, where=where, lost=head.lost, capped=content.capped,
                )
            )  # fmt: skip
