"""Each cause of a failed fetch is told by its own fault code, and only loopback is ever asked (P-66)."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import ResolveResult

from cwmpcheck.cpe import build_image, verify_image
from cwmpcheck.cpe.digest import Gate
from cwmpcheck.cpe.effects import Fetch
from cwmpcheck.cpe.faults import transfer_fault
from cwmpcheck.cpe.fetch import FetchFailed, LoopbackResolver, fetch_file
from cwmpcheck.cpe.files import FileStore

IMAGE = build_image("2.0", b"payload" * 1000)


GATE = Gate("files")


def guarded(request: web.BaseRequest) -> web.Response:
    """The file for whoever proves that he is ``me`` with ``word``."""
    header = request.headers.get("Authorization", "")
    if GATE.admits(header, "GET", request.raw_path, "me", "word", time.time()):
        return web.Response(body=IMAGE)
    return web.Response(status=401, headers={"WWW-Authenticate": GATE.challenge(time.time())})


async def answer(request: web.BaseRequest) -> web.StreamResponse:
    """A file server with one file for each way to fail."""
    match request.path:
        case "/good":
            return web.Response(body=IMAGE)
        case "/corrupt":
            return web.Response(body=IMAGE[:-1] + b"x")
        case "/login":
            if request.headers.get("Authorization"):
                return web.Response(body=IMAGE)
            return web.Response(status=401, headers={"WWW-Authenticate": "Basic"})
        case "/digest":
            return guarded(request)
        case "/digest-away":
            return web.Response(status=302, headers={"Location": f"http://localhost:{request.url.port}/login"})
        case "/signed":
            return web.Response(body=build_image("2.0", b"payload", key=b"maker"))
        case "/unsigned":
            return web.Response(body=build_image("2.0", b"payload"))
        case "/cut":
            response = web.StreamResponse(headers={"Content-Length": str(len(IMAGE))})
            await response.prepare(request)
            await response.write(IMAGE[:100])
            assert request.transport is not None
            request.transport.abort()
            return response
        case "/outside":
            return web.Response(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data"})
        case "/mapped":
            return web.Response(status=302, headers={"Location": "http://[::ffff:127.0.0.1]/good"})
        case "/ftp":
            return web.Response(status=302, headers={"Location": "ftp://127.0.0.1/good"})
        case "/moved":
            return web.Response(status=302, headers={"Location": "/good"})
        case "/circle":
            return web.Response(status=302, headers={"Location": "/circle"})
        case "/forbidden":
            return web.Response(status=403)
        case "/broken":
            return web.Response(status=500)
    return web.Response(status=404)


def fetch(
    tmp_path: Path,
    name: str,
    *,
    user: str = "",
    password: str = "word",
    room: int = 1 << 20,
    port: int | None = None,
    key: bytes = b"",
) -> int:
    """Fetch one file; the fault code, 0 if it came."""

    async def run(order: Callable[[int], Fetch]) -> None:
        runner = web.ServerRunner(web.Server(answer))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            store = FileStore(tmp_path / "files", room)
            digest = await fetch_file(
                order(runner.addresses[0][1] if port is None else port), store, timeout=5, key=key
            )
            assert verify_image(store.path(digest)).version == "2.0"
        finally:
            await runner.cleanup()

    def order(listening: int) -> Fetch:
        return Fetch(1, f"http://127.0.0.1:{listening}/{name}", user, password if user else "", True)

    try:
        asyncio.run(run(order))
    except FetchFailed as error:
        return transfer_fault(error.cause)
    return 0


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("good", 0),
        ("moved", 0),
        ("login", 9012),
        ("missing", 9016),
        ("forbidden", 9016),
        ("cut", 9017),
        ("corrupt", 9018),
        ("broken", 9010),
        ("outside", 9010),
        ("mapped", 9010),
        ("ftp", 9010),
        ("circle", 9010),
    ],
)
def test_the_code_says_the_cause(tmp_path: Path, name: str, code: int) -> None:
    """Authentication, access, a cut, corruption and the rest each have the code of the standard; nothing else is left."""
    assert fetch(tmp_path, name) == code
    assert len(list((tmp_path / "files").iterdir())) == (1 if code == 0 else 0)


def test_nobody_there_is_no_contact(tmp_path: Path) -> None:
    """A port on which nobody listens is 9015."""
    assert fetch(tmp_path, "good", port=free_port()) == 9015


def test_credentials_are_given_where_they_are_asked_for(tmp_path: Path) -> None:
    """With a user name, a file behind basic authentication comes."""
    assert fetch(tmp_path, "login", user="me") == 0


def test_digest_is_answered_and_a_wrong_password_is_9012(tmp_path: Path) -> None:
    """A file behind a digest comes with the right password; with a wrong one, or none, the fault is 9012."""
    assert fetch(tmp_path, "digest?part=1", user="me") == 0
    assert fetch(tmp_path, "digest", user="me", password="guess") == 9012
    assert fetch(tmp_path, "digest") == 9012


def test_credentials_do_not_follow_a_redirect_to_another_server(tmp_path: Path) -> None:
    """The name and password of a Download are for the server in its URL, not for where that sends the CPE."""
    assert fetch(tmp_path, "digest-away", user="me") == 9012


def test_a_signature_matters_if_there_is_a_key(tmp_path: Path) -> None:
    """Signed with the device's key: taken; with another one or not at all: 9019; without a key nobody asks."""
    assert fetch(tmp_path, "signed", key=b"maker") == 0
    assert fetch(tmp_path, "signed", key=b"somebody else") == 9019
    assert fetch(tmp_path, "unsigned", key=b"maker") == 9019
    assert fetch(tmp_path, "unsigned") == 0
    assert fetch(tmp_path, "corrupt", key=b"maker") == 9018


def test_a_file_without_room_is_a_plain_failure(tmp_path: Path) -> None:
    """No space in the middle of a fetch is 9010 (A-12), and leaves nothing behind."""
    assert fetch(tmp_path, "good", room=100) == 9010


def test_a_name_is_checked_again_after_it_is_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads away from this machine is refused, however it is spelled."""

    async def resolve(*_: object) -> list[ResolveResult]:
        return [ResolveResult(hostname="localhost", host="10.0.0.1", port=80, family=2, proto=6, flags=0)]

    async def run() -> None:
        resolver = LoopbackResolver()
        monkeypatch.setattr(resolver._resolver, "resolve", resolve)
        resolving: Awaitable[list[ResolveResult]] = resolver.resolve("localhost", 80)
        with pytest.raises(OSError, match="not an allowed host"):
            await resolving

    asyncio.run(run())


@pytest.mark.parametrize("digest", ["../../etc/passwd", "", "AB" * 32, "ab" * 31, "/etc/passwd"])
def test_no_name_from_outside_becomes_a_path(tmp_path: Path, digest: str) -> None:
    """The store of files takes digests alone."""
    with pytest.raises(ValueError, match="no SHA-256"):
        FileStore(tmp_path / "files").path(digest)
