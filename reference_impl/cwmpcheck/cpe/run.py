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
from cwmpcheck.cpe.effects import (
    Activate,
    Apply,
    CancelFetch,
    Effect,
    EndSession,
    Fetch,
    Note,
    Persist,
    Reboot,
    Send,
    SetAvailable,
    SetFact,
    Wait,
)
from cwmpcheck.cpe.fetch import FetchFailed, fetch_file
from cwmpcheck.cpe.files import FileStore
from cwmpcheck.cpe.http import AcsClient, PostFailed
from cwmpcheck.cpe.image import BadImage, build_image
from cwmpcheck.cpe.listener import Listener
from cwmpcheck.cpe.settings import Access, Profile, Settings
from cwmpcheck.cpe.store import CpeStore
from cwmpcheck.cpe.tls import trust
from cwmpcheck.cpe.transfers import RunningImage
from cwmpcheck.vocabulary.errors import UsageError
from cwmpcheck.wire.messages import RequestDownload

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
        access: names and passwords out of the box.
        ca_file: certificates to believe over HTTPS, in PEM; ``None``: those of this machine.
        signature_key: with which images must be signed; empty: signatures do not matter.
        listen: port on the loopback for connection requests, 0 for a free one; ``None``: none are heard.
        request_download: a FileType to ask the ACS for, once.
        fetch_url: a firmware image to fetch of the CPE's own accord, once.
        re_execute: replace this process upon a reboot, instead of ending with `REBOOT_EXIT_CODE`.
    """

    acs_url: str
    state: Path
    settings: Settings = Settings()
    profile: Profile = Profile()
    factory_version: str = "1.0.0"
    seed: int | None = None
    reply_timeout: float = 30.0
    access: Access = Access()
    ca_file: Path | None = None
    signature_key: str = ""
    listen: int | None = None
    request_download: str = ""
    fetch_url: str = ""
    re_execute: bool = True


def run_cpe(options: CpeOptions) -> int:
    """Run one CPE until it is told to stop (SIGTERM, SIGINT) or reboots.

    Log lines go to standard output, one JSON object each.

    Returns:
        0 when stopped, `REBOOT_EXIT_CODE` for a reboot with ``re_execute`` off; with it on, a reboot does not return.

    Raises:
        StoreUnreadable: the state file is not one.
        BadImage: no bank holds an image that can boot.
        UnreadableInput: the CA file holds no certificates.
    """
    store = CpeStore(options.state)
    banks = Banks(options.state.with_name(options.state.name + ".banks"))
    banks.factory(build_image(options.factory_version, b"factory"))
    try:
        running = banks.boot()
        # Software that does not come up resets the device; the boot loader counts that.
        rebooting = not banks.comes_up(running.bank) or asyncio.run(_Shell(options, store, banks, running).run())
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
    def __init__(self, options: CpeOptions, store: CpeStore, banks: Banks, running: RunningImage) -> None:
        self._options = options
        self._running = running
        self._store = store
        self._banks = banks
        self._files = FileStore(options.state.with_name(options.state.name + ".files"))
        self._tls = trust(options.ca_file)
        self._client = AcsClient(
            options.acs_url,
            timeout=options.reply_timeout,
            credentials=lambda: self._core.device.credentials(),
            tls=self._tls,
        )
        self._ledger = store.load()
        self._files.sweep(self._ledger.digests)
        self._core = self._new_core("")
        self._fetches: dict[int, asyncio.Task[None]] = {}
        self._inputs: asyncio.Queue[_Input | None] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._until = float("inf")
        self._rebooting = False
        self._broken: BaseException | None = None

    def _new_core(self, connection_request_url: str) -> CpeCore:
        options, profile = self._options, self._options.profile
        if connection_request_url:
            profile = msgspec.structs.replace(profile, connection_request_url=connection_request_url)
        return CpeCore(
            profile,
            options.settings,
            self._ledger,
            self._running,
            options.acs_url,
            random.Random(options.seed),
            self._banks.survey(),
            options.access,
        )

    async def run(self) -> bool:
        """Whether a reboot, not a signal, ended it."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._inputs.put_nowait, None)
        listener = await self._listen()
        try:
            await self._perform(self._core.start(time.time()))
            self._banks.confirm(self._running.bank)
            await self._own_ideas()
            while not self._rebooting:
                step = await self._next()
                if self._broken is not None:
                    raise self._broken
                if step is None:
                    return False
                await self._perform(step(time.time()))
            return True
        finally:
            if listener is not None:
                await listener.stop()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._client.end()

    async def _listen(self) -> Listener | None:
        port = self._options.listen
        if port is None:
            return None
        listener = Listener(
            self._options.profile.device,
            lambda: self._core.device.credentials("ConnectionRequest"),
            lambda: self._inputs.put_nowait(lambda now: self._core.connection_requested(now)),
        )
        try:
            url = await listener.start(port)
        except OSError as error:
            raise UsageError(f"port {port} cannot be listened on ({error.strerror}); choose another one") from error
        self._core = self._new_core(url)
        return listener

    async def _own_ideas(self) -> None:
        """What the options ask for once in the life of the state file: after a cut in between, it is asked for again."""
        options, core = self._options, self._core
        for name, wanted in (("asked_for", options.request_download), ("fetched_itself", options.fetch_url)):
            if not wanted or self._ledger.facts.get(name) == wanted:
                continue
            if name == "asked_for":
                await self._perform(core.request_download(RequestDownload(wanted), time.time()))
            else:
                await self._perform(core.fetch_autonomously(wanted, time.time()))
            change = SetFact(name, wanted)
            self._ledger.apply((change,))
            self._store.commit((change,))

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
                case Fetch(number=number):
                    self._fetches[number] = self._spawn(self._fetch(effect))
                case CancelFetch(number=number):
                    self._fetches.pop(number).cancel()
                case Activate(bank=bank):
                    self._banks.activate(bank)
                case SetAvailable(bank=bank, available=available):
                    self._banks.set_available(bank, available)
                case Apply():
                    self._spawn(self._apply(effect))
                case Wait(until=until):
                    self._until = until
                case Reboot():
                    self._rebooting = True
                case Note(what=what, details=details):
                    line = {"t": round(time.time(), 6), "what": what, **details}
                    print(msgspec.json.encode(line).decode(), flush=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

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
        own = asyncio.current_task()

        def result(step: _Input) -> _Input:
            # A fetch may be broken off, and another one begun for the same transfer, while this result waits its turn.
            return lambda now: (step if self._fetches.get(order.number) is own else self._core.tick)(now)

        try:
            digest = await fetch_file(
                order,
                self._files,
                hosts=self._options.settings.allowed_hosts,
                tls=self._tls,
                key=self._options.signature_key.encode(),
            )
        except FetchFailed as error:
            cause, text = error.cause, str(error)
            await self._inputs.put(result(lambda now: self._core.fetch_failed(order.number, cause, text, now)))
            return
        await self._inputs.put(result(lambda now: self._core.fetched(order.number, digest, now)))

    async def _apply(self, order: Apply) -> None:
        fault: str | None = None
        try:
            image = self._files.path(order.digest)
            await asyncio.to_thread(self._banks.install, image, order.bank, activate=order.activate)
        except (BadImage, OSError) as error:
            fault = f"the image could not be written: {error}"
        slots = await asyncio.to_thread(self._banks.survey)
        await self._inputs.put(lambda now: self._core.applied(order.number, fault, now, slots))
