"""The CPE's connection request listener: one path on the loopback, behind a digest."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from aiohttp import web

from cwmpcheck.cpe.digest import Gate
from cwmpcheck.wire.messages import DeviceId

__all__ = ["Listener"]

_HOST = "127.0.0.1"


class Listener:
    """Hears connection requests.

    Args:
        device: whose requests; the path follows from it.
        credentials: gives the user name and the password that are in force.
        called: told of each request that was granted, after it was answered (E-62).
    """

    def __init__(
        self, device: DeviceId, credentials: Callable[[], tuple[str, str]], called: Callable[[], None]
    ) -> None:
        name = f"{device.oui}-{device.product_class}-{device.serial_number}"
        self.path = "/" + hashlib.sha256(name.encode()).hexdigest()[:16]
        self._gate = Gate("cwmpcheck-cpe")
        self._credentials = credentials
        self._called = called
        self._runner = web.ServerRunner(web.Server(self._hear, keepalive_timeout=5.0), shutdown_timeout=0.1)

    async def start(self, port: int = 0) -> str:
        """Listen on the loopback; the URL to ask at.

        Raises:
            OSError: the port is taken.
        """
        await self._runner.setup()
        await web.TCPSite(self._runner, _HOST, port).start()
        return f"http://{_HOST}:{self._runner.addresses[0][1]}{self.path}"

    async def stop(self) -> None:
        """Hear no more."""
        await self._runner.cleanup()

    async def _hear(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path != self.path:
            return web.Response(status=404)
        if request.method != "GET":
            return web.Response(status=405, headers={"Allow": "GET"})
        now, header = time.time(), request.headers.get("Authorization", "")
        if not self._gate.admits(header, "GET", request.raw_path, *self._credentials(), now):
            return web.Response(status=401, headers={"WWW-Authenticate": self._gate.challenge(now)})
        response = web.Response(status=204)
        await response.prepare(request)
        await response.write_eof()
        self._called()
        return response
