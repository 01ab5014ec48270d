"""One direction of a TCP connection put back in order.

Theory: bytes have an *offset*, counted from the first byte after the SYN (or from the first byte seen, when the
capture begins in the middle). ``next`` is the offset of the first byte not delivered yet. Segments beyond it
wait in ``pending``, sorted and never overlapping.

Policy where segments overlap: **the first copy seen wins**, byte by byte, whether already delivered or still
pending. A later copy that differs is counted as a conflict: two receivers could have read two different texts.
"""

from __future__ import annotations

import bisect
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Chunk", "Gap", "Stream"]

_WRAP = 1 << 32
_HALF = 1 << 31
_MOST_WINDOW = 1 << 30  # the largest window (RFC 7323, 2.3): an acknowledgement further ahead is no true one
_HISTORY = 1 << 14  # delivered bytes kept to compare retransmissions with
_HISTORY_PIECES = 64
_MOST_PIECES = 1 << 14  # pending; more of them would only be made to waste time


class Chunk(NamedTuple):
    """Bytes in order, with the time and the packet number of the segment that brought them."""

    data: bytes
    time: float
    packet: int


class Gap(NamedTuple):
    """Bytes that the capture lacks, and the segment behind them."""

    length: int
    time: float
    packet: int


class _Piece(NamedTuple):
    offset: int
    data: bytes
    time: float
    packet: int


class Stream:
    """Reassembly of one direction; ``accept`` takes segments in any order, ``drain`` gives what is in order.

    Attributes:
        next: offset of the first byte not delivered yet.
        pending_bytes: how much waits behind a missing segment.
        conflicts: segments that differed from an earlier copy of the same bytes.
        known: bytes proven to have been sent, by an acknowledgement or a RST behind them, seen or not.
        end: offset of the FIN, once seen.
    """

    __slots__ = (
        "_base",
        "_history",
        "_kept",
        "_pending",
        "conflicts",
        "end",
        "end_packet",
        "end_time",
        "known",
        "next",
        "pending_bytes",
    )

    def __init__(self, first: int) -> None:
        """``first`` is the sequence number of the byte of offset 0."""
        self._base = first % _WRAP
        self._pending: list[_Piece] = []
        self._history: deque[tuple[int, bytes]] = deque()
        self._kept = 0
        self.next = 0
        self.pending_bytes = 0
        self.conflicts = 0
        self.known = 0
        self.end: int | None = None
        self.end_time = 0.0
        self.end_packet = 0

    def offset(self, seq: int) -> int:
        """The offset meant by a sequence number: the one nearest to ``next``, so that the 32 bits may wrap."""
        return self.next + (seq - self._base - self.next + _HALF) % _WRAP - _HALF

    def accept(self, offset: int, data: bytes, time: float, packet: int) -> None:
        """Take a segment; what is new in it becomes pending."""
        if offset < self.next:
            old = self.next - offset
            if len(data) == 1 and old == 1:
                return  # a keep-alive probe: one byte that means nothing (RFC 9293, 3.8.4)
            self._compare_delivered(offset, data[:old])
            data, offset = data[old:], self.next
        if not data:
            return
        if not self._pending:
            self._pending.append(_Piece(offset, data, time, packet))
            self.pending_bytes = len(data)
            return
        self._insert(offset, data, time, packet)

    def _insert(self, offset: int, data: bytes, time: float, packet: int) -> None:
        at = max(0, bisect.bisect_right(self._pending, offset, key=lambda piece: piece.offset) - 1)
        fresh: list[_Piece] = []
        while data:
            while at < len(self._pending) and self._pending[at].offset + len(self._pending[at].data) <= offset:
                at += 1
            if at == len(self._pending):
                fresh.append(_Piece(offset, data, time, packet))
                break
            held = self._pending[at]
            before = max(0, held.offset - offset)
            if before:
                fresh.append(_Piece(offset, data[:before], time, packet))
                data, offset = data[before:], offset + before
                if not data:
                    break
            inside = offset - held.offset
            shared = held.data[inside : inside + len(data)]
            self.conflicts += shared != data[: len(shared)]
            data, offset = data[len(shared) :], offset + len(shared)
        for piece in fresh:
            bisect.insort(self._pending, piece, key=lambda other: other.offset)
            self.pending_bytes += len(piece.data)

    def _compare_delivered(self, offset: int, data: bytes) -> None:
        for start, kept in self._history:
            low, high = max(start, offset), min(start + len(kept), offset + len(data))
            if low < high and kept[low - start : high - start] != data[low - offset : high - offset]:
                self.conflicts += 1
                return

    def drain(self) -> Iterator[Chunk]:
        """The bytes that are in order now."""
        ready = 0
        for piece in self._pending:
            if piece.offset != self.next:
                break
            ready += 1
            self._remember(piece)
            self.next += len(piece.data)
            self.pending_bytes -= len(piece.data)
        pieces, self._pending[:ready] = self._pending[:ready], []
        for piece in pieces:
            yield Chunk(piece.data, piece.time, piece.packet)

    def _remember(self, piece: _Piece) -> None:
        self._history.append((piece.offset, piece.data))
        self._kept += len(piece.data)
        while (self._kept > _HISTORY and len(self._history) > 1) or len(self._history) > _HISTORY_PIECES:
            self._kept -= len(self._history.popleft()[1])

    def skip(self) -> Gap | None:
        """Give up the missing bytes before the first pending segment; ``None`` if none is pending."""
        if not self._pending:
            return None
        first = self._pending[0]
        gap = Gap(first.offset - self.next, first.time, first.packet)
        self.next = first.offset
        self._history.clear()
        self._kept = 0
        return gap

    def acknowledged(self, seq: int) -> None:
        """The other side has everything before ``seq``; the last number may stand for a FIN that was not captured."""
        offset = self.offset(seq)
        if self.known < offset <= self.next + _MOST_WINDOW:
            self.known = max(self.known, min(offset, self.end) if self.end is not None else offset - 1)

    def finish(self, offset: int, time: float, packet: int) -> None:
        """The sender said FIN at ``offset``; the first one counts."""
        if self.end is None:
            self.end, self.end_time, self.end_packet = offset, time, packet

    def forget(self) -> None:
        """Drop every byte still held; only the position stays."""
        self._pending.clear()
        self._history.clear()
        self._kept = self.pending_bytes = 0

    def overfull(self, most: int) -> bool:
        """Whether more than ``most`` bytes, or a senseless number of pieces, wait behind a missing segment."""
        return self.pending_bytes > most or len(self._pending) > _MOST_PIECES

    @property
    def waiting(self) -> bool:
        """Whether something is known to be missing: before a pending segment, the FIN, or what was acknowledged."""
        return bool(self._pending) or max(self.known, self.end or 0) > self.next

    @property
    def ended(self) -> bool:
        """Whether everything up to the FIN has been delivered."""
        return self.end is not None and self.next >= self.end and not self._pending
