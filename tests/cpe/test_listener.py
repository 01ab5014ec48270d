"""Connection requests over real HTTP: granted once for each proof, and told only after the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp

from cwmpcheck.cpe.digest import Authorizer
from cwmpcheck.cpe.listener import Listener
from cwmpcheck.wire.messages import DeviceId

DEVICE = DeviceId("m", "00AA55", "p", "1")


def listening(talk: Callable[[aiohttp.ClientSession, str, list[str]], Awaitable[None]]) -> None:
    """Let a client talk to a listener that knows ``me`` and ``word``."""

    async def run() -> None:
        calls: list[str] = []
        listener = Listener(DEVICE, lambda: ("me", "word"), lambda: calls.append("called"))
        url = await listener.start()
        try:
            async with aiohttp.ClientSession() as client:
                await talk(client, url, calls)
        finally:
            await listener.stop()

    asyncio.run(run())


async def ask(client: aiohttp.ClientSession, url: str, header: str = "", method: str = "GET") -> tuple[int, str]:
    """One request; its status, and the challenge."""
    async with client.request(method, url, headers={"Authorization": header} if header else {}) as response:
        return response.status, response.headers.get("WWW-Authenticate", "")


def test_a_request_with_the_proof_is_granted_and_every_replay_is_not() -> None:
    """401 with a challenge, then 204 and one call; the same header again: 401 each time, and no call."""

    async def talk(client: aiohttp.ClientSession, url: str, calls: list[str]) -> None:
        status, challenge = await ask(client, url)
        assert (status, calls) == (401, [])
        caller = Authorizer("me", "word", basic=False)
        assert caller.challenged([challenge])
        header = str(caller.header("GET", "/" + url.rpartition("/")[2]))
        assert (await ask(client, url, header))[0] == 204
        await asyncio.sleep(0.05)
        assert calls == ["called"]
        for _ in range(5):
            assert (await ask(client, url, header))[0] == 401
        assert calls == ["called"]

    listening(talk)


def test_other_paths_methods_and_passwords_call_nobody() -> None:
    """404 elsewhere, 405 for another method, 401 for another password or for basic; nobody is called."""

    async def talk(client: aiohttp.ClientSession, url: str, calls: list[str]) -> None:
        assert (await ask(client, url + "x"))[0] == 404
        assert (await ask(client, url, method="POST"))[0] == 405
        _, challenge = await ask(client, url)
        stranger = Authorizer("me", "guess", basic=False)
        assert stranger.challenged([challenge])
        assert (await ask(client, url, str(stranger.header("GET", "/" + url.rpartition("/")[2]))))[0] == 401
        assert (await ask(client, url, "Basic bWU6d29yZA=="))[0] == 401
        assert calls == []

    listening(talk)
