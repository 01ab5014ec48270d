"""The ACS's server against clients that do not behave: an error each, a line in the log, and the others served."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from aiohttp import web

from cwmpcheck.acs import AcsCore, AcsStore
from cwmpcheck.acs.http import acs_server, file_server
from cwmpcheck.wire import messages, write_envelope

Note = Mapping[str, str | int | bool]
LIMIT = 20_000
INFORM = write_envelope(
    messages.Inform(
        messages.DeviceId("maker", "0C0FFE", "Box", "7"),
        (messages.Event("1 BOOT"),),
        current_time="2024-01-01T00:00:00Z",
        parameters=(messages.Parameter("Device.DeviceInfo.SoftwareVersion", "1.0"),),
    ),
    id="1",
)


def post(body: bytes, *headers: str) -> bytes:
    """A whole POST."""
    lines = ["POST / HTTP/1.1", "Host: acs", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def raw(port: int, data: bytes, wait: float = 5.0) -> bytes:
    """Send bytes, and read until the server closes or is silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    await writer.drain()
    got = b""
    try:
        async with asyncio.timeout(wait):
            while block := await reader.read(65536):
                got += block
                if b"\r\n\r\n" in got and got.split(b"\r\n", 1)[0].endswith((b"200 OK", b"204 No Content")):
                    break
    finally:
        writer.close()
    return got


def serve(tmp_path: Path, talk: Callable[[int], Awaitable[None]], log: list[Note]) -> None:
    """Run an ACS with short timeouts while ``talk`` talks to it."""

    async def run() -> None:
        store = AcsStore(tmp_path / "acs.db")
        core = AcsCore(None, *store.load(), token=iter(map(str, range(10_000))).__next__)
        server = acs_server(core, store, log.append, max_body=LIMIT, body_timeout=0.4, idle_timeout=0.4)
        runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
        try:
            await talk(runner.addresses[0][1])
        finally:
            await runner.cleanup()
            store.close()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (post(b"<oops"), 400),
        (post(b'<!DOCTYPE x [<!ENTITY a "a">]><x>&a;</x>'), 400),
        (post(b"x" * (LIMIT + 1)), 413),
        (post(gzip.compress(bytes(50 * LIMIT)), "Content-Encoding: gzip"), 415),
        (post(b"no gzip", "Content-Encoding: gzip"), 415),
        (post(b"<a>", "Content-Length: 9"), 400),
        (post(b"", "Transfer-Encoding: chunked"), 400),
        (post(b"", "Transfer-Encoding: xchunked"), 400),
        (post(b"").replace(b"Content-Length: 0", b"Content-Length: +0"), 400),
        (post(b"").replace(b"Content-Length", b"Content-Length "), 400),
        (b"GET / HTTP/1.1\r\nHost: acs\r\n\r\n", 405),
        (b"noise\r\n\r\n", 400),
        (post(b"").replace(b"Host: acs", b"Host: acs\r\nX: " + b"x" * 20_000), 400),
        (b"POST / HTTP/1.1\r\nHost: acs\r\nContent-Length: 50\r\n\r\n<half", 408),
    ],
    ids=[
        "xml",
        "doctype",
        "large",
        "bomb",
        "gzip",
        "lengths",
        "smuggling",
        "coding",
        "sign",
        "space",
        "get",
        "noise",
        "header",
        "half",
    ],
)
def test_bad_input_gets_an_http_error_and_nothing_is_lost(tmp_path: Path, data: bytes, status: int) -> None:
    """Each kind of bad input gets its status and a line in the log; a session that another device has open is untouched."""
    log: list[Note] = []

    async def talk(port: int) -> None:
        opened = await raw(port, post(INFORM))
        cookie = opened.split(b"Set-Cookie: ")[1].split(b";")[0].decode()
        answer = await raw(port, data)
        assert answer.startswith((f"HTTP/1.1 {status} ".encode(), f"HTTP/1.0 {status} ".encode()))
        assert (await raw(port, post(b"", f"Cookie: {cookie}"))).startswith(b"HTTP/1.1 204")

    serve(tmp_path, talk, log)
    assert [note["what"] for note in log] == ["inform", "refused", "session over"]


def test_unfinished_headers_are_closed_and_stop_nobody(tmp_path: Path) -> None:
    """A thousand connections with half a header: a real request is answered at once, and they are closed in time."""

    async def talk(port: int) -> None:
        half = [await asyncio.open_connection("127.0.0.1", port) for _ in range(1000)]
        for _, writer in half:
            writer.write(b"POST / HTTP/1.1\r\nHost: a")
        started = time.monotonic()
        assert (await raw(port, post(INFORM))).startswith(b"HTTP/1.1 200")
        assert time.monotonic() - started < 1.0
        async with asyncio.timeout(10.0):
            for reader, writer in half:
                # Closed, or reset where the half header had not been read yet: gone either way, and nothing was said.
                with contextlib.suppress(ConnectionResetError):
                    assert await reader.read() == b""
                writer.close()

    serve(tmp_path, talk, [])


def test_an_idle_connection_is_closed_after_its_reply(tmp_path: Path) -> None:
    """After a reply the client has a bounded time for its next header."""

    async def talk(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(post(INFORM))
        async with asyncio.timeout(5.0):
            assert (await reader.read()).startswith(b"HTTP/1.1 200")
        writer.close()

    serve(tmp_path, talk, [])


@pytest.mark.parametrize(
    "path", ["/../secret", "/%2e%2e/secret", "/secret", "//secret", "/file/../../secret", "/", "/file%00"]
)
def test_the_file_server_gives_what_it_has_by_name_alone(tmp_path: Path, path: str) -> None:
    """Only the names it was given are served; no path is ever made from a request."""
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "file").write_text("public")

    async def run() -> None:
        runner = web.ServerRunner(file_server({"file": tmp_path / "file"}, lambda note: None))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            port = runner.addresses[0][1]
            got = await raw(port, f"GET {path} HTTP/1.1\r\nHost: f\r\nConnection: close\r\n\r\n".encode())
            assert got.split()[1] in (b"404", b"400")
            assert (await raw(port, b"GET /file HTTP/1.1\r\nHost: f\r\nConnection: close\r\n\r\n")).endswith(b"public")
        finally:
            await runner.cleanup()

    asyncio.run(run())
