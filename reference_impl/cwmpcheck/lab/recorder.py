"""What went over the proxied connections, in the order in which it happened."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable

import msgspec

__all__ = ["Address", "Kind", "Recorder", "Side", "TcpEvent"]

Address = tuple[str, int]


class Side(enum.StrEnum):
    """Who did it: the one that opened the connection, or the one that listens."""

    CLIENT = "client"
    SERVER = "server"

    @property
    def other(self) -> Side:
        """The one at the other end."""
        return Side.SERVER if self is Side.CLIENT else Side.CLIENT


class Kind(enum.StrEnum):
    """What happened."""

    OPENED = "opened"
    REFUSED = "refused"
    DATA = "data"
    CLOSED = "closed"
    """One side will send no more (FIN)."""
    RESET = "reset"


class TcpEvent(msgspec.Struct, frozen=True):
    """One thing that happened on one connection.

    Attributes:
        time: seconds since 1970.
        connection: number of the connection, from 0.
        role: of its server: ``"acs"`` or ``"fileserver"``.
        side: who did it.
        data: the bytes, for `Kind.DATA`.
    """

    time: float
    connection: int
    role: str
    client: Address
    server: Address
    kind: Kind
    side: Side
    data: bytes = b""


class Recorder:
    """Collects events; times never go backwards, whatever the clock does.

    Args:
        clock: gives the time, in seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.events: list[TcpEvent] = []
        self._connections = 0

    def connection(self) -> int:
        """A number for a new connection."""
        self._connections += 1
        return self._connections - 1

    def record(
        self,
        connection: int,
        role: str,
        ends: tuple[Address, Address],
        kind: Kind,
        side: Side,
        data: bytes = b"",
    ) -> None:
        """Note one event, now.

        Args:
            connection: its number.
            role: of the server.
            ends: addresses of client and server.
            kind: what happened.
            side: who did it.
            data: the bytes, if any.
        """
        now = max(self._clock(), self.events[-1].time if self.events else 0.0)
        self.events.append(TcpEvent(now, connection, role, ends[0], ends[1], kind, side, data))
