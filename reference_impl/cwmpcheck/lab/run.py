"""One run of the laboratory: two peers and a file server on loopback, recorded, with one fault if the scenario has one."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec

from cwmpcheck.acs import AcsOptions, AcsStore, Operation
from cwmpcheck.cpe import FIRMWARE, REBOOT_EXIT_CODE, CpeOptions, build_image
from cwmpcheck.lab.breaker import PROXY_FAULTS, Breaker
from cwmpcheck.lab.exchanges import write_exchanges
from cwmpcheck.lab.faults import ON_FETCHES, ON_POSTS, Fault, Schedule
from cwmpcheck.lab.pcap import write_pcap
from cwmpcheck.lab.peers import LabError, Note, Peer
from cwmpcheck.lab.proxy import Breakage, RecordingProxy
from cwmpcheck.lab.recorder import Recorder, Side
from cwmpcheck.lab.scenarios import KILL_POINTS, SCENARIOS, Scenario
from cwmpcheck.vocabulary.errors import UsageError

__all__ = ["LabResult", "run_lab"]

_OLD, _NEW = "1.0.0", "2.0.0"
_PAYLOAD = 8192
_DARK_SECONDS = 0.3


class LabResult(msgspec.Struct, frozen=True):
    """What a run came to.

    Attributes:
        folder: where ``capture.pcap``, ``exchanges.jsonl`` and ``lab.json`` lie.
        before: the SoftwareVersion in the first Inform.
        after: that in the last one.
        outcomes: the state of each Download as the ACS believes it, in order.
        boots: how often the CPE was started.
        seconds: how long the run took.
    """

    scenario: str
    folder: Path
    seed: int
    before: str
    after: str
    outcomes: tuple[str, ...]
    boots: int
    seconds: float


def run_lab(
    scenario: str,
    out: Path,
    *,
    seed: int = 0,
    faults: tuple[Fault, ...] = (),
    limit: float = 30.0,
    progress: Callable[[str], None] | None = None,
) -> LabResult:
    """Run one scenario, and write what went over the wire.

    Args:
        scenario: a name of `SCENARIOS`.
        out: folder for the three files; made if missing, older files of these names are replaced.
        seed: of the file's content, the CPE's random waits, and where the power goes.
        faults: what goes wrong besides, of the kinds that a proxy can bring about (`PROXY_FAULTS`).
        limit: seconds after which the run is given up.
        progress: called with a line for each step.

    Raises:
        UsageError: no such scenario, a fault that no proxy can bring about, or ``out`` cannot be a folder.
        LabError: the run did not come to its end in time, or a peer died; what was recorded so far is written.
    """
    if scenario not in SCENARIOS:
        raise UsageError(f"there is no scenario {scenario!r} in the laboratory; choose one of {', '.join(SCENARIOS)}")
    impossible = sorted({str(fault.kind) for fault in faults if fault.kind not in PROXY_FAULTS})
    if impossible:
        possible = ", ".join(PROXY_FAULTS)
        raise UsageError(f"on real sockets no {', '.join(impossible)}; choose among {possible}")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{out} cannot be made a folder ({error.strerror}); name another one") from error
    with tempfile.TemporaryDirectory(prefix="cwmpcheck-lab-") as state:
        chosen = SCENARIOS[scenario]
        return asyncio.run(_run(chosen, out, Path(state), Schedule(scenario, seed, faults), progress, limit))


async def _run(
    scenario: Scenario,
    out: Path,
    state: Path,
    schedule: Schedule,
    progress: Callable[[str], None] | None,
    limit: float,
) -> LabResult:
    return await _Lab(scenario, out, state, schedule, progress).run(limit)


class _Lab:
    def __init__(
        self, scenario: Scenario, out: Path, state: Path, schedule: Schedule, progress: Callable[[str], None] | None
    ) -> None:
        self._scenario = scenario
        self._out = out
        self._state = state
        self._schedule = schedule
        self._seed = seed = schedule.seed
        self._posts = Breaker(schedule, b"POST ", ON_POSTS, self._struck)
        self._gets = Breaker(schedule, b"GET ", ON_FETCHES, self._struck)
        self._progress = progress
        self._recorder = Recorder()
        self._timeline: list[Note] = []
        self._versions: list[str] = []
        self._boots = 0
        self._swallowed = False
        self._kill_at = str(KILL_POINTS[seed % len(KILL_POINTS)]) if scenario.power_loss else ""
        self._killed = False
        self._decided = False
        self._ports: asyncio.Future[tuple[int, int]] = asyncio.get_running_loop().create_future()
        self._done = asyncio.Event()
        self._cpe: Peer | None = None

    async def run(self, limit: float) -> LabResult:
        started = time.time()
        acs_proxy = RecordingProxy("acs", self._recorder, self._breaks)
        file_proxy = RecordingProxy("fileserver", self._recorder, self._gets)
        peers: list[Peer] = []
        try:
            async with asyncio.timeout(limit):
                await self._play(acs_proxy, file_proxy, peers)
        except TimeoutError as error:
            seen = ", ".join(str(note.get("what")) for note in self._timeline[-5:]) or "nothing"
            raise LabError(
                f"{self._scenario.name} did not end within {limit:g} s; last seen: {seen}. Is the machine very busy?"
            ) from error
        finally:
            for peer in reversed(peers):
                await peer.stop()
            await acs_proxy.stop()
            await file_proxy.stop()
            operations = self._operations()
            self._write(started, operations)
        return LabResult(
            scenario=self._scenario.name,
            folder=self._out,
            seed=self._seed,
            before=self._versions[0],
            after=self._versions[-1],
            outcomes=tuple(str(operation.state) for operation in operations),
            boots=self._boots,
            seconds=time.time() - started,
        )

    async def _play(self, acs_proxy: RecordingProxy, file_proxy: RecordingProxy, peers: list[Peer]) -> None:
        acs_port, file_port = await acs_proxy.start(), await file_proxy.start()
        name, content = self._file()
        (self._state / "served").write_bytes(content)
        campaign = self._scenario.campaign(f"http://127.0.0.1:{file_port}/{name}", _NEW, len(content))
        # Where files fail to come there is more than one Download, and the record should tell whose file was fetched.
        campaign = msgspec.structs.replace(campaign, own_urls=bool(self._schedule.faults))
        options = AcsOptions(self._state / "acs.db", files={name: self._state / "served"}, campaign=campaign)
        acs = Peer("acs", options, self._heard)
        peers.append(acs)
        await acs.start()
        acs_proxy.upstream, file_proxy.upstream = await self._upstream(acs)
        cpe_options = CpeOptions(
            acs_url=f"http://127.0.0.1:{acs_port}/",
            state=self._state / "cpe.db",
            settings=self._scenario.settings,
            factory_version=_OLD,
            seed=self._seed,
            re_execute=False,
        )
        watched = asyncio.create_task(self._power(cpe_options, peers))
        finished = asyncio.create_task(self._done.wait())
        try:
            await asyncio.wait((watched, finished), return_when=asyncio.FIRST_COMPLETED)
            if watched.done():
                watched.result()
        finally:
            watched.cancel()
            finished.cancel()
            await asyncio.gather(watched, finished, return_exceptions=True)

    def _file(self) -> tuple[str, bytes]:
        payload = random.Random(self._seed).randbytes(_PAYLOAD)
        if self._scenario.file_type == FIRMWARE:
            return f"reference-{_NEW}.img", build_image(_NEW, payload)
        return "reference.conf", b"# configuration of the laboratory\n" + payload[:256].hex().encode() + b"\n"

    async def _upstream(self, acs: Peer) -> tuple[tuple[str, int], tuple[str, int]]:
        ended = asyncio.create_task(acs.wait())
        await asyncio.wait((self._ports, ended), return_when=asyncio.FIRST_COMPLETED)
        if not self._ports.done():
            raise LabError(f"the ACS did not start: {await acs.complaint()}")
        ended.cancel()
        port, file_port = self._ports.result()
        return ("127.0.0.1", port), ("127.0.0.1", file_port)

    async def _power(self, options: CpeOptions, peers: list[Peer]) -> None:
        """Start the CPE, and again each time it reboots or its power was cut."""
        while True:
            self._cpe = Peer("cpe", options, self._heard)
            peers.append(self._cpe)
            killed = self._killed
            self._boots += 1
            await self._cpe.start()
            code = await self._cpe.wait()
            if self._killed and not killed:
                await asyncio.sleep(_DARK_SECONDS)
            elif code != REBOOT_EXIT_CODE:
                raise LabError(f"the CPE ended with code {code}: {await self._cpe.complaint()}")

    # What is seen, and what is done about it ---------------------------------------------------------------------

    def _heard(self, who: str, note: Note) -> None:
        what = note.get("what")
        if what == "ready":
            self._ports.set_result((note["port"], note["file_port"]))
            return
        self._log(who, note)
        if what == "inform":
            self._versions.append(str(note["version"]))
        elif what == "phase" and note.get("phase") == self._kill_at and not self._killed:
            self._killed = True
            if self._cpe is not None:
                self._cpe.kill()
            self._log("lab", {"t": time.time(), "what": "power cut", "at": self._kill_at})
        elif (what, note.get("result")) == ("outcome", "succeeded") or (
            what == "file" and self._scenario.settings.synchronous_types
        ):
            self._decided = True
        elif what == "session over" and self._decided and note.get("events") == "2 PERIODIC":
            self._done.set()

    def _breaks(self, sender: Side, data: bytes) -> Breakage | float | None:
        if self._scenario.lose_acknowledgement and not self._swallowed and sender is Side.SERVER:
            self._swallowed = b"TransferCompleteResponse" in data
            if self._swallowed:
                self._log("lab", {"t": time.time(), "what": "swallowed", "message": "TransferCompleteResponse"})
                return Breakage.RESET
        return self._posts(sender, data)

    def _struck(self, fault: Fault) -> None:
        self._log("lab", {"t": time.time(), "what": "fault", **msgspec.to_builtins(fault)})

    def _log(self, who: str, note: Note) -> None:
        self._timeline.append({"who": who, **note, "t": round(float(note["t"]), 6)})
        if self._progress is not None:
            rest = " ".join(f"{key}={value}" for key, value in note.items() if key not in ("t", "what"))
            self._progress(f"{who}: {note['what']} {rest}".rstrip())

    # What is written -----------------------------------------------------------------------------------------------

    def _operations(self) -> list[Operation]:
        if not (self._state / "acs.db").exists():
            return []
        store = AcsStore(self._state / "acs.db")
        try:
            return store.load()[1]
        finally:
            store.close()

    def _write(self, started: float, operations: list[Operation]) -> None:
        (self._out / "capture.pcap").write_bytes(write_pcap(self._recorder.events))
        (self._out / "exchanges.jsonl").write_bytes(write_exchanges(self._recorder.events))
        report: dict[str, Any] = {
            "scenario": self._scenario.name,
            "summary": self._scenario.summary,
            "seed": self._seed,
            "cwmpcheck": _own_version(),
            "t_start": started,
            "t_end": time.time(),
            "legs": ["cpe-acs", "cpe-fileserver"],
            "vantage": "cpe",
            "file_type": self._scenario.file_type,
            "settings": msgspec.to_builtins(self._scenario.settings),
            "injected": self._injected(),
            "versions": {"before": self._versions[:1], "after": self._versions[-1:]},
            "boots": self._boots,
            "operations": [
                {"key": operation.key, "state": operation.state, "code": operation.code, "reports": operation.reports}
                for operation in operations
            ],
            "timeline": sorted(self._timeline, key=lambda note: float(note["t"])),
        }
        text = msgspec.json.format(msgspec.json.encode(report), indent=1)
        (self._out / "lab.json").write_bytes(text + b"\n")

    def _injected(self) -> str:
        if self._schedule.faults:
            return str(self._schedule)
        if self._scenario.power_loss:
            return f"the CPE got SIGKILL when its transfer was {self._kill_at}"
        if self._scenario.lose_acknowledgement:
            return "the first TransferCompleteResponse was swallowed and the CPE's connection reset"
        return "nothing"


def _own_version() -> str:
    try:
        return metadata.version("cwmpcheck")
    except metadata.PackageNotFoundError:
        return "not installed"
