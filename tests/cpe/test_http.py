"""The CPE's HTTP client: cookies for one session, redirects within bounds, and no reply taken that has none."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web

from cwmpcheck.cpe.digest import Gate
from cwmpcheck.cpe.http import AcsClient, PostFailed

Seen = list[web.BaseRequest]


def converse(
    handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
    talk: Callable[[AcsClient], Awaitable[None]],
    password: str = "",
) -> Seen:
    """Let a client talk to a server; the requests that came."""
    seen: Seen = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        seen.append(request)
        return await handler(request)

    async def run() -> None:
        runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        client = AcsClient(url, timeout=0.5, max_reply=1000, credentials=lambda: ("me" if password else "", password))
        try:
            await talk(client)
        finally:
            await client.end()
            await runner.cleanup()

    asyncio.run(run())
    return seen


async def greet(request: web.BaseRequest) -> web.StreamResponse:
    """A reply with a cookie."""
    response = web.Response(text="hello")
    response.set_cookie("session", "one")
    return response


def test_a_cookie_lives_as_long_as_its_session() -> None:
    """The cookie goes back in every later request of the session, and in none of the next (P-103)."""

    async def talk(client: AcsClient) -> None:
        assert await client.post(b"<x/>") == (200, b"hello")
        await client.post(b"")
        await client.end()
        await client.post(b"<x/>")

    seen = converse(greet, talk)
    assert [request.cookies.get("session") for request in seen] == [None, "one", None]


def test_only_an_envelope_has_a_content_type_and_an_action() -> None:
    """An empty POST has neither Content-Type nor SOAPAction; an envelope has both, the latter empty (rules.md 1.11)."""

    async def talk(client: AcsClient) -> None:
        await client.post(b"<x/>")
        await client.post(b"")

    envelope, empty = converse(greet, talk)
    assert envelope.headers["Content-Type"].startswith("text/xml")
    assert envelope.headers["SOAPAction"] == ""
    assert "Content-Type" not in empty.headers
    assert "SOAPAction" not in empty.headers
    assert empty.headers["Content-Length"] == "0"


def test_a_redirect_holds_for_the_session() -> None:
    """307 is followed with the same body, and later requests of the session go to the new place."""

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/":
            return web.Response(status=307, headers={"Location": "/there"})
        return web.Response(body=await request.read())

    async def talk(client: AcsClient) -> None:
        assert await client.post(b"<x/>") == (200, b"<x/>")
        await client.post(b"")
        await client.end()
        await client.post(b"<y/>")

    assert [request.path for request in converse(handler, talk)] == ["/", "/there", "/there", "/", "/there"]


async def too_much(request: web.BaseRequest) -> web.StreamResponse:
    """More than the client takes."""
    return web.Response(body=bytes(5000))


async def too_late(request: web.BaseRequest) -> web.StreamResponse:
    """Later than the client waits."""
    await asyncio.sleep(5)
    return web.Response()


async def circle(request: web.BaseRequest) -> web.StreamResponse:
    """A redirect to itself."""
    return web.Response(status=302, headers={"Location": "/"})


async def away(request: web.BaseRequest) -> web.StreamResponse:
    """A redirect to another machine."""
    return web.Response(status=302, headers={"Location": "http://10.0.0.1/"})


async def cut(request: web.BaseRequest) -> web.StreamResponse:
    """A reply that breaks off."""
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b"half")
    assert request.transport is not None
    request.transport.abort()
    return response


@pytest.mark.parametrize("handler", [too_much, too_late, circle, away, cut])
def test_what_is_no_whole_reply_is_a_failure(
    handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
) -> None:
    """A reply too large, too late, in a circle, elsewhere or cut is none."""

    async def talk(client: AcsClient) -> None:
        with pytest.raises(PostFailed):
            await client.post(b"<x/>")

    assert len(converse(handler, talk)) >= 1


def test_nobody_there_is_a_failure() -> None:
    """A refused connection is told as a failure."""

    async def run() -> None:
        client = AcsClient("http://127.0.0.1:1/")
        with pytest.raises(PostFailed):
            await client.post(b"")
        await client.end()

    asyncio.run(run())


def gate_keeper() -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    """A server that wants to know that ``me`` knows ``word``, each time with a count of its own."""
    gate = Gate("acs")

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        header, now = request.headers.get("Authorization", ""), time.time()
        if not gate.admits(header, "POST", request.raw_path, "me", "word", now):
            return web.Response(status=401, headers={"WWW-Authenticate": gate.challenge(now)})
        return web.Response(body=await request.read())

    return handler


def test_a_digest_is_answered_once_and_then_kept() -> None:
    """The first POST is challenged and sent again whole; the later ones of the session carry the proof at once."""

    async def talk(client: AcsClient) -> None:
        for data in (b"<x/>", b"<y/>", b""):
            assert await client.post(data) == (200, data)
        await client.end()
        assert await client.post(b"<z/>") == (200, b"<z/>")

    seen = converse(gate_keeper(), talk, "word")
    assert ["Authorization" in request.headers for request in seen] == [False, True, True, True, False, True]


@pytest.mark.parametrize("password", ["", "guess"])
def test_a_wrong_password_is_an_ordinary_refusal(password: str) -> None:
    """Without credentials, or with wrong ones, the reply is the 401, after one attempt at most."""

    async def talk(client: AcsClient) -> None:
        assert (await client.post(b"<x/>"))[0] == 401

    assert len(converse(gate_keeper(), talk, password)) == (2 if password else 1)


def test_a_password_is_never_given_away_in_the_clear() -> None:
    """Basic over plain HTTP is not answered (rules.md 2.7)."""

    async def basic(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="acs"'})

    async def talk(client: AcsClient) -> None:
        assert (await client.post(b"<x/>"))[0] == 401

    assert ["Authorization" in request.headers for request in converse(basic, talk, "word")] == [False]


def test_a_busy_acs_is_an_ordinary_failure() -> None:
    """503 with Retry-After comes back as it is; the core then waits by its own table."""

    async def busy(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=503, headers={"Retry-After": "0"})

    async def talk(client: AcsClient) -> None:
        assert (await client.post(b"<x/>"))[0] == 503

    assert len(converse(busy, talk)) == 1


def test_a_server_that_is_never_content_does_not_keep_the_device_busy() -> None:
    """Each answer is called stale: after a few the reply is the 401."""
    numbers = itertools.count()

    async def fickle(request: web.BaseRequest) -> web.StreamResponse:
        challenge = f'Digest realm="r", nonce="{next(numbers)}", qop="auth", stale=true'
        return web.Response(status=401, headers={"WWW-Authenticate": challenge})

    async def talk(client: AcsClient) -> None:
        assert (await client.post(b"<x/>"))[0] == 401

    assert len(converse(fickle, talk, "word")) == 4
