"""The file server and the door in front of both servers, on real sockets."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from cwmpcheck.acs import AcsCore, AcsStore, Doorkeeper
from cwmpcheck.acs.guard import GuardedServer
from cwmpcheck.acs.http import acs_server, file_server
from cwmpcheck.wire import messages, write_envelope

CONTENT = bytes(range(200))
Answer = tuple[int, Mapping[str, str], bytes]


def ask(
    make: Callable[[], GuardedServer], *requests: tuple[str, dict[str, str]], body: bytes = b"", digest: bool = False
) -> list[Answer]:
    """Make a server, and ask it each of the requests, with digest credentials if told."""

    async def run() -> list[Answer]:
        runner = web.ServerRunner(make(), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        middlewares = (aiohttp.DigestAuthMiddleware("box", "secret"),) if digest else ()
        answers: list[Answer] = []
        try:
            base = f"http://127.0.0.1:{runner.addresses[0][1]}"
            async with aiohttp.ClientSession(
                middlewares=middlewares, cookie_jar=aiohttp.CookieJar(unsafe=True)
            ) as client:
                for method, headers in requests:
                    async with client.request(method, f"{base}/file", headers=headers, data=body or None) as response:
                        answers.append((response.status, dict(response.headers), await response.read()))
        finally:
            await runner.cleanup()
        return answers

    return asyncio.run(run())


@pytest.fixture
def served(tmp_path: Path) -> dict[str, Path]:
    """One file."""
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return {"file": path}


def test_a_file_has_ranges_and_a_digest(served: dict[str, Path]) -> None:
    """A part is served as such, one outside is refused, and every answer tells the SHA-256 of the whole."""

    def server() -> GuardedServer:
        return file_server(served, lambda note: None)

    answers = ask(
        server, *(("GET", {"Range": part}) for part in ("bytes=10-19", "bytes=190-", "bytes=-5", "bytes=200-"))
    )
    assert [(status, body) for status, _, body in answers[:3]] == [
        (206, CONTENT[10:20]),
        (206, CONTENT[190:]),
        (206, CONTENT[-5:]),
    ]
    assert answers[0][1]["Content-Range"] == "bytes 10-19/200"
    assert (answers[3][0], answers[3][1]["Content-Range"]) == (416, "bytes */200")
    digest = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()
    assert all(headers["Repr-Digest"] == f"sha-256=:{digest}:" for _, headers, _ in answers[:3])


def test_a_part_of_another_file_is_never_mixed_in(served: dict[str, Path]) -> None:
    """With If-Range of a file that has changed since, the whole new file is served."""

    def server() -> GuardedServer:
        return file_server(served, lambda note: None)

    tag = f'"{hashlib.sha256(CONTENT).hexdigest()}"'
    ranged = {"Range": "bytes=10-19"}
    same, other = ask(server, ("GET", ranged | {"If-Range": tag}), ("GET", ranged | {"If-Range": '"old"'}))
    assert (same[0], other[0], other[2]) == (206, 200, CONTENT)


def test_a_file_behind_a_door_needs_the_password(served: dict[str, Path]) -> None:
    """Without credentials 401 and no byte of the file; with digest, by a client that is not ours, the file."""
    tokens = iter(map(str, range(100)))
    door = Doorkeeper({"box": "secret"}, lambda: next(tokens))

    def server() -> GuardedServer:
        return file_server(served, lambda note: None, doorkeeper=door)

    (status, headers, body), *_ = ask(server, ("GET", {}))
    assert (status, CONTENT in body) == (401, False)
    assert headers["WWW-Authenticate"].startswith("Digest ")
    assert [(status, body) for status, _, body in ask(server, ("GET", {}), ("GET", {}), digest=True)] == [
        (200, CONTENT)
    ] * 2


@pytest.mark.parametrize("known", [True, False])
def test_a_session_begins_behind_the_door(tmp_path: Path, known: bool) -> None:
    """An Inform needs credentials; the session's cookie stands for them afterwards; without, nothing is believed."""
    inform = write_envelope(
        messages.Inform(
            messages.DeviceId("maker", "0C0FFE", "Box", "7"),
            (messages.Event("1 BOOT"),),
            current_time="2024-01-01T00:00:00Z",
            parameters=(messages.Parameter("Device.DeviceInfo.SoftwareVersion", "1.0"),),
        ),
        id="1",
    )
    store = AcsStore(tmp_path / "acs.db")
    tokens = iter(map(str, range(100)))
    core = AcsCore(None, [], [], lambda: next(tokens))
    door = Doorkeeper({"box": "secret" if known else "another"}, lambda: next(tokens))
    answers = ask(
        lambda: acs_server(core, store, lambda note: None, doorkeeper=door), ("POST", {}), body=inform, digest=True
    )
    assert [status for status, _, _ in answers] == [200 if known else 401]
    assert len(store.load()[0]) == int(known)
    store.close()
