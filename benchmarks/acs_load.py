"""How many CPEs one ACS process holds: all of them upgrade at once, over the loopback.

    python benchmarks/acs_load.py [--cpes 1000] [--seconds 120]

The ACS, its SQLite file (synchronous FULL) and its file server run in this process, and so do the CPEs, which are scripts:
first contact, Download, the file, then the report with the new version. One line of JSON says what was measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import secrets
import sys
import tempfile
import time
from pathlib import Path

from aiohttp import web

from cwmpcheck.acs import AcsCore, AcsStore, Campaign, campaign_progress
from cwmpcheck.acs.guard import GuardedServer
from cwmpcheck.acs.http import acs_server, file_server
from cwmpcheck.wire import messages, read_envelope, write_envelope

_IMAGE = bytes(64 * 1024)
_BACKLOG = 4096


class Box:
    """One CPE: a script of posts over one connection for each session."""

    def __init__(self, number: int, acs: int, waits: list[float]) -> None:
        self.device = messages.DeviceId("cwmpcheck", "0C0FFE", "Load", f"{number:06}")
        self._acs = acs
        self._waits = waits

    async def upgrade(self) -> None:
        """The whole life; a reply that is not as it should be ends it with an error."""
        session = await Session.open(self._acs, self._waits)
        await session.post(self._inform("1.0", "0 BOOTSTRAP", "1 BOOT"))
        asked = read_envelope(await session.post(b""))
        assert isinstance(asked.body, messages.Download), asked.body
        answer = messages.DownloadResponse(1)
        await session.post(write_envelope(answer, id=asked.header.id or ""))
        session.close()
        await self._fetch(asked.body.url)
        session = await Session.open(self._acs, self._waits)
        key = asked.body.command_key
        await session.post(self._inform("2.0", "1 BOOT", "7 TRANSFER COMPLETE", "M Download", key=key))
        done = read_envelope(await session.post(write_envelope(messages.TransferComplete(key), id="2")))
        assert isinstance(done.body, messages.TransferCompleteResponse), done.body
        await session.post(b"")
        session.close()

    async def _fetch(self, url: str) -> None:
        port = int(url.split(":")[2].split("/")[0])
        session = await Session.open(port, self._waits)
        assert len(await session.ask(f"GET /image HTTP/1.1\r\nHost: f:{port}\r\n\r\n".encode())) == len(_IMAGE)
        session.close()

    def _inform(self, version: str, *codes: str, key: str = "") -> bytes:
        events = tuple(messages.Event(code, key if code == "M Download" else "") for code in codes)
        parameters = (messages.Parameter("Device.DeviceInfo.SoftwareVersion", version),)
        now = "2024-01-01T00:00:00Z"
        return write_envelope(messages.Inform(self.device, events, current_time=now, parameters=parameters), id="1")


class Session:
    """One connection and the cookie that goes with it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, waits: list[float]) -> None:
        self._reader, self._writer, self._waits = reader, writer, waits
        self._cookie = b""

    @classmethod
    async def open(cls, port: int, waits: list[float]) -> Session:
        """Connect to a port of the loopback."""
        return cls(*await asyncio.open_connection("127.0.0.1", port), waits)

    async def post(self, data: bytes) -> bytes:
        """POST, and the body of the reply."""
        head = b"POST / HTTP/1.1\r\nHost: acs\r\nCookie: %s\r\nContent-Length: %d\r\n\r\n" % (self._cookie, len(data))
        return await self.ask(head + data)

    async def ask(self, request: bytes) -> bytes:
        """Send a request; the body of a reply that is a success."""
        started = time.perf_counter()
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b": ")
            if name.lower() == b"content-length":
                length = int(value)
            elif name.lower() == b"set-cookie":
                self._cookie = value.split(b";")[0]
        body = await self._reader.readexactly(length)
        self._waits.append(time.perf_counter() - started)
        assert head.split()[1] in (b"200", b"204"), head
        return body

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def _listen(server: GuardedServer) -> tuple[web.ServerRunner, int]:
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=_BACKLOG).start()
    port: int = runner.addresses[0][1]
    return runner, port


async def measure(cpes: int, seconds: float, folder: Path) -> dict[str, float | int | dict[str, int]]:
    """Let so many CPEs upgrade at once, for so many seconds at most."""
    (folder / "image").write_bytes(_IMAGE)
    files, file_port = await _listen(file_server({"image": folder / "image"}, lambda note: None))
    campaign = Campaign("load", f"http://127.0.0.1:{file_port}/image", "2.0")
    store = AcsStore(folder / "acs.db")
    core = AcsCore(campaign, *store.load(), token=lambda: secrets.token_hex(8))
    acs, port = await _listen(acs_server(core, store, lambda note: None))
    waits: list[float] = []
    started = time.perf_counter()
    async with asyncio.timeout(seconds):
        await asyncio.gather(*(Box(number, port, waits).upgrade() for number in range(cpes)))
    passed = time.perf_counter() - started
    await acs.cleanup()
    await files.cleanup()
    progress = campaign_progress(campaign, *store.load())
    store.close()
    waits.sort()
    return {
        "cpes": cpes,
        "outcomes": progress.counts,
        "seconds": round(passed, 2),
        "sessions_per_second": round(2 * cpes / passed, 1),
        "requests_per_second": round(len(waits) / passed, 1),
        "p50_ms": round(1000 * waits[len(waits) // 2], 1),
        "p99_ms": round(1000 * waits[len(waits) * 99 // 100], 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


def main() -> int:
    """Measure, print one line of JSON; 0, or 4 when the time was up first."""
    parser = argparse.ArgumentParser(description="1,000 CPEs upgrading at once on one ACS process, over the loopback.")
    parser.add_argument("--cpes", type=int, default=1000, help="how many (two files are opened for each)")
    parser.add_argument("--seconds", type=float, default=120.0, help="give up after so long")
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * options.cpes + 200
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))
    with tempfile.TemporaryDirectory(prefix="cwmpcheck-load-") as folder:
        try:
            found = asyncio.run(measure(options.cpes, options.seconds, Path(folder)))
        except TimeoutError:
            print(f"not done after {options.seconds:g} s; give it more with --seconds", file=sys.stderr)
            return 4
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
