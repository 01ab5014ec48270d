"""The CPE as a process, against a small ACS on real sockets: killed with SIGKILL, called, and given images that do not boot."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from cwmpcheck.cpe import Access, CpeOptions, CpeStore, Settings, build_image
from cwmpcheck.cpe.digest import Authorizer, Gate
from cwmpcheck.wire import messages, read_envelope, write_envelope
from cwmpcheck.wire.messages import Body

KEY = "maker's key"
Note = dict[str, Any]


class SmallAcs:
    """An ACS and file server in one, behind a digest, that asks each thing of a script until it is answered."""

    def __init__(self, image: bytes, *script: Callable[[str], Body]) -> None:
        self.image = image
        self.script = deque(script)
        self.informs: list[messages.Inform] = []
        self.reports: list[messages.TransferComplete] = []
        self.answers: list[Body] = []
        self.url = ""
        self._gate = Gate("acs")
        self._asked = False
        self._ids = itertools.count(1)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """On the loopback, on a free port."""
        runner = web.ServerRunner(web.Server(self._answer), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        try:
            yield
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        header, now = request.headers.get("Authorization", ""), time.time()
        if not self._gate.admits(header, request.method, request.raw_path, "me", "word", now):
            return web.Response(status=401, headers={"WWW-Authenticate": self._gate.challenge(now)})
        if request.method == "GET":
            return web.Response(body=self.image)
        data = await request.read()
        envelope = read_envelope(data) if data else None
        assert envelope is None or envelope.departures == ()
        answer = self._hear(None if envelope is None else envelope.body)
        if answer is None:
            return web.Response(status=204)
        own = not messages.rpc_name(answer).endswith("Response")
        message_id = f"acs-{next(self._ids)}" if own or envelope is None else envelope.header.id or ""
        return web.Response(body=write_envelope(answer, id=message_id), content_type="text/xml")

    def _hear(self, body: Body | None) -> Body | None:
        match body:
            case messages.Inform():
                self.informs.append(body)
                self._asked = False
                return messages.InformResponse()
            case messages.TransferComplete():
                self.reports.append(body)
                return messages.TransferCompleteResponse()
            case None:
                pass
            case answer if self._asked:
                self.answers.append(answer)
                self.script.popleft()
        self._asked = bool(self.script)
        return self.script[0](self.url) if self.script else None


class Device:
    """A CPE as a process, started again whenever it reboots, or is killed at a line of its log."""

    def __init__(self, state: Path, acs: SmallAcs, kill_at: Callable[[Note], bool] = lambda note: False) -> None:
        quick = Settings(retry_minimum_wait=1, retry_multiplier=1000, periodic_interval=60.0)
        access = Access("me", "word", "caller", "call word")
        self.options = CpeOptions(
            acs.url, state, quick, access=access, signature_key=KEY, listen=0, re_execute=False, seed=1
        )
        self.notes: list[Note] = []
        self.kills = 0
        self._kill_at = kill_at

    @property
    def transfers(self) -> set[int]:
        """The numbers of those that it accepted."""
        return {note["transfer"] for note in self.notes if note["what"] == "phase"}

    def all_told(self) -> bool:
        """Whether every transfer, of which there is one, has been acknowledged."""
        told = {note["transfer"] for note in self.notes if note["what"] == "acknowledged"}
        return bool(told) and told == self.transfers

    async def live(self, enough: Callable[[], bool]) -> None:
        """Until there has been enough of it."""
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}
        options = msgspec.json.encode(self.options, enc_hook=str).decode()
        while not enough():
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "cwmpcheck.cpe", options, stdout=asyncio.subprocess.PIPE, env=environment
            )
            try:
                await self._watch(process, enough)
            finally:
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        process.terminate()
                    await process.wait()

    async def _watch(self, process: asyncio.subprocess.Process, enough: Callable[[], bool]) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            note = msgspec.json.decode(line, type=Note)
            self.notes.append(note)
            if not self.kills and self._kill_at(note):
                self.kills += 1
                process.kill()
                await process.wait()
                return
            if enough():
                return


def upgrade(url: str) -> Body:
    """The request for the image, behind the same digest."""
    return messages.Download("up", "1 Firmware Upgrade Image", url + "image", "me", "word")


def play(tmp_path: Path, acs: SmallAcs, kill_at: Callable[[Note], bool] = lambda note: False) -> Device:
    """One whole upgrade."""

    async def run() -> Device:
        async with acs.serving():
            device = Device(tmp_path / "cpe.db", acs, kill_at)
            await asyncio.wait_for(device.live(device.all_told), 60)
            return device

    return asyncio.run(run())


@pytest.mark.parametrize("phase", ["queued", "fetching", "fetched", "applying", "reportable"])
def test_sigkill_in_any_phase_loses_no_report(tmp_path: Path, phase: str) -> None:
    """Killed for real as soon as a phase is committed: each transfer is reported truly, and the same each time.

    Killed before its answer was heard it is asked again, and has two transfers with one key (A-10).
    """
    acs = SmallAcs(build_image("2.0.0", b"new", key=KEY.encode()), upgrade)
    device = play(tmp_path, acs, lambda note: note["what"] == "phase" and note["phase"] == phase)
    assert device.kills == 1
    assert len(set(acs.reports)) == len(device.transfers)
    assert len(device.transfers) == 1 or phase in ("queued", "fetching")
    version = acs.informs[-1].value_of("DeviceInfo.SoftwareVersion")
    # Applying follows fetching at once. Killed while the bank was being written, either image may be the one that runs;
    # the report says which.
    outcomes = {(report.fault_code, version) for report in acs.reports}
    assert outcomes == {(0, "2.0.0")} or (phase in ("fetched", "applying") and outcomes == {(9002, "1.0.0")})
    store = CpeStore(tmp_path / "cpe.db")
    assert store.load().transfers == {}
    store.close()


def test_an_image_that_does_not_boot_is_reported_as_such(tmp_path: Path) -> None:
    """Three starts of the new image fail, the old one comes up, and the report says 9002 with the old version."""
    acs = SmallAcs(build_image("2.0.0", b"new", boots=False, key=KEY.encode()), upgrade)
    play(tmp_path, acs)
    assert [report.fault_code for report in acs.reports] == [9002]
    assert acs.informs[-1].value_of("DeviceInfo.SoftwareVersion") == "1.0.0"


def test_an_unsigned_image_is_refused_with_9019(tmp_path: Path) -> None:
    """An image without the maker's signature never reaches a bank."""
    acs = SmallAcs(build_image("2.0.0", b"new"), upgrade)
    play(tmp_path, acs)
    assert [report.fault_code for report in acs.reports] == [9019]


def test_the_acs_calls_and_the_device_answers_with_a_session(tmp_path: Path) -> None:
    """The URL in the Inform takes a connection request with the right proof, and an Inform with event 6 follows."""
    acs = SmallAcs(b"")

    async def call(url: str) -> int:
        caller = Authorizer("caller", "call word", basic=False)
        async with aiohttp.ClientSession() as client:
            async with client.get(url) as response:
                assert response.status == 401
                assert caller.challenged(response.headers.getall("WWW-Authenticate"))
            header = str(caller.header("GET", "/" + url.rpartition("/")[2]))
            async with client.get(url, headers={"Authorization": header}) as response:
                return response.status

    async def run() -> None:
        async with acs.serving():
            device = Device(tmp_path / "cpe.db", acs)
            living = asyncio.create_task(device.live(lambda: len(acs.informs) > 1))
            while not any(note["what"] == "session ended" for note in device.notes):
                await asyncio.sleep(0.05)
            url = acs.informs[0].value_of("ManagementServer.ConnectionRequestURL")
            assert url is not None
            assert await call(url) == 204
            await asyncio.wait_for(living, 30)

    asyncio.run(run())
    assert [event.code for event in acs.informs[1].events] == ["6 CONNECTION REQUEST"]
