"""An HTTP server that does not wait for ever: a connection that sends nothing, or half a header, is closed.

aiohttp bounds the idle time of a connection it has served, but leaves unfinished headers open. Here one timer runs
whenever no request is being handled; the first complete header stops it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

__all__ = ["BodyEncoded", "BodyTooLarge", "BodyTooSlow", "GuardedServer", "read_body"]


class BodyEncoded(Exception):
    """The body is compressed."""


class BodyTooLarge(Exception):
    """More bytes than are taken."""


class BodyTooSlow(Exception):
    """The body did not arrive in time."""


class _GuardedConnection(RequestHandler):
    idle_timeout = 30.0
    refused: Callable[[int, str], None] = staticmethod(lambda status, why: None)
    """Called with each HTTP error that is answered below the handler: what is no HTTP never reaches it."""
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.idle()

    def connection_lost(self, exc: BaseException | None) -> None:
        self.busy()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what could not be read as HTTP, or what the handler failed at."""
        # The class of error alone: its text may quote what was sent.
        self.refused(status, type(exc).__name__ if exc is not None else "no HTTP")
        return super().handle_error(request, status, exc, message)

    def idle(self) -> None:
        """Nothing is being handled: the client must complete a header in time."""
        self.busy()
        self._timer = asyncio.get_running_loop().call_later(self.idle_timeout, self.force_close)

    def busy(self) -> None:
        """A request is being handled."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class GuardedServer(web.Server):
    """aiohttp's low-level server with a bound on the time between requests, unfinished headers included.

    Args:
        handler: answers one request.
        idle_timeout: seconds for a complete header to arrive, on a new connection and after each reply.
        refused: called with status and reason of each error that is answered before the handler is asked.
    """

    def __init__(
        self, handler: Any, *, idle_timeout: float, refused: Callable[[int, str], None] = lambda status, why: None
    ) -> None:
        self._handle = handler
        self._refused = refused
        self._idle_timeout = idle_timeout
        super().__init__(self._guarded)

    def __call__(self) -> RequestHandler:
        """The protocol of one new connection."""
        connection = _GuardedConnection(self, loop=asyncio.get_running_loop(), auto_decompress=False)
        connection.idle_timeout = self._idle_timeout
        connection.refused = self._refused
        return connection

    async def _guarded(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = cast(_GuardedConnection, request.protocol)
        connection.busy()
        try:
            return cast(web.StreamResponse, await self._handle(request))
        finally:
            connection.idle()


async def read_body(request: web.BaseRequest, limit: int, timeout: float) -> bytes:
    """The body of a request, within bounds of size and time (seconds).

    Raises:
        BodyEncoded: compressed; no CPE needs that, and a small body could become a large one.
        BodyTooLarge: beyond ``limit`` bytes; what follows is not read.
        BodyTooSlow: not whole in time.
    """
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise BodyEncoded("a body is taken as it is, without Content-Encoding")
    if (request.content_length or 0) > limit:
        raise BodyTooLarge(f"{request.content_length} bytes announced, {limit} are taken")
    body = bytearray()
    try:
        async with asyncio.timeout(timeout):
            async for block in request.content.iter_any():
                body += block
                if len(body) > limit:
                    raise BodyTooLarge(f"more than {limit} bytes")
    except TimeoutError as error:
        raise BodyTooSlow(f"the body is not whole after {timeout:g} s") from error
    return bytes(body)
