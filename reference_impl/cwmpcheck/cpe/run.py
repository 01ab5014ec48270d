"""The CPE as a process: performs what the core asks for, one effect after the other, and gives back what comes of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec

from cwmpcheck.cpe.banks import Banks
from cwmpcheck.cpe.core import CpeCore
from cwmpcheck.cpe.effects import Apply, Effect, EndSession, Fetch, Note, Persist, Reboot, Send, Wait
from cwmpcheck.cpe.fetch import FetchFailed, fetch_file
from cwmpcheck.cpe.files import FileStore
from cwmpcheck.cpe.http import AcsClient, PostFailed
from cwmpcheck.cpe.image import BadImage, build_image
from cwmpcheck.cpe.settings import Profile, Settings
from cwmpcheck.cpe.store import CpeStore

__all__ = ["REBOOT_EXIT_CODE", "CpeOptions", "run_cpe"]

REBOOT_EXIT_CODE = 86
"""How a CPE that is watched by somebody says: start me again."""

_Input = Callable[[float], tuple[Effect, ...]]


class CpeOptions(msgspec.Struct, frozen=True):
    """How one CPE process is started.

    Attributes:
        acs_url: the ACS.
        state: the SQLite file; banks and fetched files lie beside it, in ``<state>.banks`` and ``<state>.files``.
        settings: how it behaves.
        profile: who it is.
        factory_version: version of the image in bank a, if no bank holds one yet.
        seed: of the random waits; ``None`` for no seed.
        reply_timeout: seconds to wait for the ACS.
        re_execute: replace this process upon a reboot, instead of ending with `REBOOT_EXIT_CODE`.
    """

    acs_url: str
    state: Path
    settings: Settings = Settings()
    profile: Profile = Profile()
    factory_version: str = "1.0.0"
    seed: int | None = None
    reply_timeout: float = 30.0
    re_execute: bool = True


def run_cpe(options: CpeOptions) -> int:
    """Run one CPE until it is told to stop (SIGTERM, SIGINT) or reboots.

    Log lines go to standard output, one JSON object each.

    Returns:
        0 when stopped, `REBOOT_EXIT_CODE` for a reboot with ``re_execute`` off; with it on, a reboot does not return.

    Raises:
        StoreUnreadable: the state file is not one.
        BadImage: no bank holds an image that can boot.
    """
    store = CpeStore(options.state)
    banks = Banks(options.state.with_name(options.state.name + ".banks"))
    banks.factory(build_image(options.factory_version, b"factory"))
    try:
        rebooting = asyncio.run(_Shell(options, store, banks).run())
    finally:
        store.close()
    if not rebooting:
        return 0
    if options.re_execute:
        sys.stdout.flush()
        # the same interpreter with the same arguments: a new program in a new start of the same device
        os.execv(sys.executable, sys.orig_argv)
    return REBOOT_EXIT_CODE


class _Shell:
    def __init__(self, options: CpeOptions, store: CpeStore, banks: Banks) -> None:
        self._store = store
        self._banks = banks
        self._files = FileStore(options.state.with_name(options.state.name + ".files"))
        self._client = AcsClient(options.acs_url, timeout=options.reply_timeout)
        ledger = store.load()
        self._files.sweep(ledger.digests)
        chance = random.Random(options.seed)
        self._core = CpeCore(options.profile, options.settings, ledger, banks.boot(), options.acs_url, chance)
        self._inputs: asyncio.Queue[_Input | None] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._until = float("inf")
        self._rebooting = False
        self._broken: BaseException | None = None

    async def run(self) -> bool:
        """Whether a reboot, not a signal, ended it."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._inputs.put_nowait, None)
        try:
            await self._perform(self._core.start(time.time()))
            while not self._rebooting:
                step = await self._next()
                if self._broken is not None:
                    raise self._broken
                if step is None:
                    return False
                await self._perform(step(time.time()))
            return True
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._client.end()

    async def _next(self) -> _Input | None:
        timeout = None if self._until == float("inf") else max(0.0, self._until - time.time())
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(self._inputs.get(), timeout)
        return self._core.tick

    async def _perform(self, effects: tuple[Effect, ...]) -> None:
        self._until = float("inf")  # the core says anew what it waits for, or that a result alone can wake it
        for effect in effects:
            match effect:
                case Persist(changes=changes):
                    self._store.commit(changes)
                case Send(data=data):
                    self._spawn(self._send(data))
                case EndSession():
                    await self._client.end()
                case Fetch():
                    self._spawn(self._fetch(effect))
                case Apply():
                    self._spawn(self._apply(effect))
                case Wait(until=until):
                    self._until = until
                case Reboot():
                    self._rebooting = True
                case Note(what=what, details=details):
                    line = {"t": round(time.time(), 6), "what": what, **details}
                    print(msgspec.json.encode(line).decode(), flush=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            # A result that never comes would leave the core waiting for ever: better to end, and boot again.
            self._broken = task.exception()
            self._inputs.put_nowait(None)

    async def _send(self, data: bytes) -> None:
        try:
            status, body = await self._client.post(data)
        except PostFailed as error:
            reason = str(error)
            await self._inputs.put(lambda now: self._core.broken(reason, now))
            return
        await self._inputs.put(lambda now: self._core.reply(status, body, now))

    async def _fetch(self, order: Fetch) -> None:
        try:
            digest = await fetch_file(order, self._files)
        except FetchFailed as error:
            cause, text = error.cause, str(error)
            await self._inputs.put(lambda now: self._core.fetch_failed(order.number, cause, text, now))
            return
        await self._inputs.put(lambda now: self._core.fetched(order.number, digest, now))

    async def _apply(self, order: Apply) -> None:
        fault: str | None = None
        try:
            await asyncio.to_thread(self._banks.install, self._files.path(order.digest), order.bank)
        except (BadImage, OSError) as error:
            fault = f"the image could not be written: {error}"
        await self._inputs.put(lambda now: self._core.applied(order.number, fault, now))
