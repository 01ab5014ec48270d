"""A TCP proxy that records what passes, as the CPE sees it, and breaks what it is told to break.

Only the CPE's leg is recorded: what the proxy swallows never reached the CPE and is not in the record. Bytes are recorded
before they are passed on, so that an answer never stands before its question.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import socket
import struct
from collections.abc import Callable

from cwmpcheck.lab.recorder import Address, Kind, Recorder, Side

__all__ = ["Break", "Breakage", "RecordingProxy"]

_BLOCK = 1 << 16
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Breakage(enum.Enum):
    """What the proxy does to a piece of data instead of passing it on."""

    RESET = "reset"
    """Swallow it, and reset the CPE's connection."""
    SWALLOW = "swallow"
    """Let it vanish; the connection stays."""
    TRUNCATE = "truncate"
    """Pass half of it on, and reset the CPE's connection."""


Break = Callable[[Side, bytes], Breakage | float | None]
"""Asked for each piece of data with who sent it: ``None`` passes it on, a number does so after so many seconds."""


class RecordingProxy:
    """One listening port in front of one server.

    Args:
        role: of that server, for the record.
        recorder: where events go.
        breaks: the fault to inject, if any.
    """

    def __init__(self, role: str, recorder: Recorder, breaks: Break | None = None) -> None:
        self.role = role
        self.upstream: Address | None = None
        """Where the server listens, once it does."""
        self._recorder = recorder
        self._breaks = breaks
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        """Listen on a free port of 127.0.0.1, and return it."""
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Close every connection, and listen no more."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # asyncio runs this callback in a task of its own
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends: tuple[Address, Address] = (writer.get_extra_info("peername")[:2], writer.get_extra_info("sockname")[:2])
        leg = _Leg(self._recorder, self._recorder.connection(), self.role, ends)
        leg.note(Kind.OPENED, Side.CLIENT)
        if self.upstream is None:
            leg.reset(writer, Side.SERVER)
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self.upstream)
        except OSError:
            leg.reset(writer, Side.SERVER)
            return
        try:
            await asyncio.gather(
                self._pump(leg, Side.CLIENT, reader, far_writer, writer),
                self._pump(leg, Side.SERVER, far_reader, writer, writer),
            )
        finally:
            far_writer.close()

    async def _pump(
        self,
        leg: _Leg,
        sender: Side,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        near: asyncio.StreamWriter,
    ) -> None:
        while True:
            try:
                data = await source.read(_BLOCK)
            except ConnectionError:
                leg.lost(near, sender)
                return
            if not data:
                break
            breakage = self._breaks(sender, data) if self._breaks is not None else None
            if isinstance(breakage, float):
                await asyncio.sleep(breakage)
            elif breakage is not None:
                if self._broken(leg, sender, data, near, breakage):
                    return
                continue
            leg.note(Kind.DATA, sender, data)
            # A failure to write is the other end's story; the pump that reads there tells it.
            with contextlib.suppress(ConnectionError):
                sink.write(data)
                await sink.drain()
        leg.note(Kind.CLOSED, sender)
        with contextlib.suppress(OSError):
            sink.write_eof()

    def _broken(self, leg: _Leg, sender: Side, data: bytes, near: asyncio.StreamWriter, breakage: Breakage) -> bool:
        """Break as told; whether that was the end of the connection."""
        if breakage is Breakage.SWALLOW:
            if sender is Side.CLIENT:
                leg.note(Kind.DATA, sender, data)  # the CPE did send it
            return False
        if breakage is Breakage.TRUNCATE and sender is Side.SERVER:
            half = data[: len(data) // 2]
            leg.note(Kind.DATA, sender, half)
            near.write(half)
        leg.reset(near, Side.SERVER)
        return True


class _Leg:
    """One connection of the CPE."""

    def __init__(self, recorder: Recorder, number: int, role: str, ends: tuple[Address, Address]) -> None:
        self._recorder = recorder
        self._number = number
        self._role = role
        self._ends = ends
        self._closed: set[Side] = set()
        self.over = False

    def note(self, kind: Kind, side: Side, data: bytes = b"") -> None:
        """Record, unless the connection is over or that side has already said good-bye."""
        if self.over or side in self._closed:
            return
        if kind is Kind.CLOSED:
            self._closed.add(side)
        self._recorder.record(self._number, self._role, self._ends, kind, side, data)

    def reset(self, near: asyncio.StreamWriter, side: Side) -> None:
        """Reset the CPE's connection."""
        self.note(Kind.RESET, side)
        self.over = True
        near.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        near.transport.abort()

    def lost(self, near: asyncio.StreamWriter, side: Side) -> None:
        """One end went away without a good-bye: the other end hears of it the same way."""
        if side is Side.SERVER:
            self.reset(near, side)
        else:
            self.note(Kind.RESET, side)
            self.over = True
