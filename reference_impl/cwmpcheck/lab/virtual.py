"""Both cores in one process under a clock of their own: a day of sessions in milliseconds, and every run can be had again.

The same cores as on real sockets. What this replaces is the shells: HTTP is written as bytes for the record, the disks are
objects that only committed changes reach, and a power cut throws away everything else. One thing happens at a time, in the
order of its instant.
"""

from __future__ import annotations

import copy
import hashlib
import heapq
import itertools
import random
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec

from cwmpcheck.acs import AcsCore, Campaign, Operation
from cwmpcheck.acs.beliefs import Device, SaveDevice, SaveOperation
from cwmpcheck.cpe import FIRMWARE, CpeCore, Ledger, Profile, RunningImage, Settings
from cwmpcheck.cpe.effects import Apply, Effect, EndSession, Fetch, Persist, Reboot, Send, Wait
from cwmpcheck.cpe.faults import FetchCause
from cwmpcheck.lab.faults import ON_FETCHES, ON_POSTS, Fault, FaultKind, Schedule
from cwmpcheck.lab.peers import LabError
from cwmpcheck.lab.recorder import Recorder, TcpEvent
from cwmpcheck.lab.scenarios import SCENARIOS
from cwmpcheck.lab.virtual_net import FILE_PORT, Leg, PostRoute, fetch_story
from cwmpcheck.wire import messages
from cwmpcheck.wire.messages import Body

__all__ = ["NEW", "OLD", "MakeCore", "VirtualLab", "VirtualRun", "run_virtual"]

OLD, NEW = "1.0.0", "2.0.0"
_FILE = b"the file of the virtual laboratory " * 20
_START = 1_700_000_000.0
_LONGEST = 14 * 86_400.0
_REPLY_TIMEOUT = 30.0
_BOOT_SECONDS = 5.0
_DARK_SECONDS = 10.0
_PERIODIC = 3600.0
_REQUESTS: dict[FaultKind | None, Body] = {
    FaultKind.ASK_METHODS: messages.GetRPCMethods(),
    FaultKind.ASK_REBOOT: messages.Reboot("virtual-reboot"),
    FaultKind.ASK_REFUSABLE: messages.Download("virtual-refused", FIRMWARE, "ftp://127.0.0.1/file"),
}
"""What the ACS asks besides its campaign, when it is told to."""
_EFFECT_SECONDS = 0.001
"""What each effect takes, so that the record tells their order."""

MakeCore = Callable[[Profile, Settings, Ledger, RunningImage, str, random.Random], CpeCore]
"""Makes the CPE's core: `CpeCore` itself, or one that has something wrong with it."""

_Input = Callable[[float], tuple[Effect, ...]]


class VirtualRun(msgspec.Struct, frozen=True):
    """What a run came to.

    Attributes:
        schedule: that was followed.
        events: the record of both of the CPE's legs.
        operations: what the ACS believes in the end.
        version: that runs in the end.
        boots: how often the CPE was started.
        effects: how many effects of the CPE there were, places for a power cut.
        happened: the faults whose moment came.
        settled: whether both sides came to rest.
        seconds: virtual time that passed.
    """

    schedule: Schedule
    events: tuple[TcpEvent, ...]
    operations: tuple[Operation, ...]
    version: str
    boots: int
    effects: int
    happened: tuple[Fault, ...]
    settled: bool
    seconds: float


def run_virtual(schedule: Schedule, make_core: MakeCore = CpeCore, *, longest: float = _LONGEST) -> VirtualRun:
    """Run one schedule until both sides have settled, and a periodic session after that.

    Args:
        schedule: what to run, and what goes wrong.
        make_core: makes the CPE's core at each boot.
        longest: virtual seconds after which the run is given up.

    Raises:
        LabError: it did not settle.
    """
    run = VirtualLab(schedule, make_core).run(longest)
    if not run.settled:
        raise LabError(f"not settled after {run.seconds:.0f} virtual seconds: {schedule}")
    return run


class VirtualLab:
    """One run; see `run_virtual`."""

    def __init__(self, schedule: Schedule, make_core: MakeCore = CpeCore) -> None:
        scenario = SCENARIOS[schedule.scenario]
        self.now = _START
        self.recorder = Recorder(lambda: self.now)
        self._schedule = schedule
        self._make_core = make_core
        self._settings = msgspec.structs.replace(
            scenario.settings, retry_minimum_wait=5, periodic_interval=_PERIODIC, apply_after=0.0
        )
        url = f"http://127.0.0.1:{FILE_PORT}/file"
        self._campaign: Campaign = msgspec.structs.replace(scenario.campaign(url, NEW, len(_FILE)), own_urls=True)
        self._names = itertools.count(1)
        self._acs_devices: dict[str, Device] = {}
        self._acs_operations: dict[str, Operation] = {}
        self._acs = self._start_acs()
        self._disk = Ledger()
        self._banks = {"a": (OLD, hashlib.sha256(OLD.encode()).hexdigest()), "b": ("", "")}
        self._active = "a"
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._boots = self._posts = self._fetches = self._effects = self._installed = 0
        self._happened: list[Fault] = []
        self._chance = random.Random(schedule.seed)
        self._leg: Leg | None = None
        self._cookie: str | None = None
        self._wake = 0
        self._settled = 0
        self._open_fetches: dict[int, Leg] = {}
        self._core: CpeCore
        self._power_on()

    # Time ----------------------------------------------------------------------------------------------------------

    def run(self, longest: float = _LONGEST) -> VirtualRun:
        """Live until all is settled, or nothing is left to happen, or the time is up."""
        while self._settled < 2 and self._queue and self.now - _START <= longest:
            self.now, _, happen = heapq.heappop(self._queue)
            happen()
        return VirtualRun(
            schedule=self._schedule,
            events=tuple(self.recorder.events),
            operations=tuple(self._acs_operations.values()),
            version=self._core.running.version,
            boots=self._boots,
            effects=self._effects,
            happened=tuple(self._happened),
            settled=self._settled >= 2,
            seconds=self.now - _START,
        )

    def _at(self, instant: float, happen: Callable[[], None], *, of_boot: bool = True) -> None:
        """Have something happen; what is of this boot dies with it."""
        boot = self._boots

        def happen_then() -> None:
            if not of_boot or boot == self._boots:
                happen()

        heapq.heappush(self._queue, (max(instant, self.now), next(self._order), happen_then))

    def _hear(self, delay: float, result: _Input) -> None:
        """Give a result to the core after some seconds."""
        self._at(self.now + delay, lambda: self._perform(result(self.now)))

    # The CPE -------------------------------------------------------------------------------------------------------

    def _power_on(self) -> None:
        self._boots += 1
        version, digest = self._banks[self._active]
        running = RunningImage(self._active, version, digest)
        ledger = copy.deepcopy(self._disk)
        self._core = self._make_core(
            Profile(), self._settings, ledger, running, "http://127.0.0.1/", random.Random(self._chance.random())
        )
        core = self._core
        self._at(self.now, lambda: self._perform(core.start(self.now)))

    def _power_off(self, seconds: float) -> None:
        """Everything but the disks is gone; the connections close as those of a dead process do."""
        self._end_session()
        for leg in self._open_fetches.values():
            leg.close()
        self._open_fetches.clear()
        self._boots += 1  # what is under way belongs to no boot any more
        self._at(self.now + seconds, self._restart, of_boot=False)

    def _restart(self) -> None:
        self._boots -= 1
        self._power_on()

    def _perform(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            self._effects += 1
            self.now += _EFFECT_SECONDS
            if self._strikes((FaultKind.CUT_POWER,), self._effects):
                self._power_off(_DARK_SECONDS)
                return
            if isinstance(effect, Reboot):
                self._power_off(_BOOT_SECONDS)
                return
            self._do(effect)

    def _do(self, effect: Effect) -> None:
        match effect:
            case Persist(changes=changes):
                self._disk.apply(changes)
            case Send(data=data):
                self._send(data)
            case Fetch() as order:
                self._fetch(order)
            case Apply() as order:
                self._hear(0.5, lambda now: self._install(order, now))
            case EndSession(clean=clean):
                self._end_session()
                self._settled = self._settled + 1 if clean and self._quiet() else 0
            case Wait(until=until):
                self._wait(until)
            case _:
                pass  # notes, and what this laboratory has no part in

    def _wait(self, until: float) -> None:
        self._wake += 1
        wake = self._wake
        if until == float("inf"):
            return

        def tick() -> None:
            if wake == self._wake:
                self._perform(self._core.tick(self.now))

        self._at(until, tick)

    def _install(self, order: Apply, now: float) -> tuple[Effect, ...]:
        self._installed += 1
        if self._strikes((FaultKind.FALL_BACK,), self._installed):
            return self._core.applied(order.number, None, now)  # written, and it will not come up
        version = NEW if order.digest == hashlib.sha256(_FILE).hexdigest() else "?"
        self._banks[order.bank] = (version, order.digest)
        self._active = order.bank
        return self._core.applied(order.number, None, now)

    def _quiet(self) -> bool:
        """Whether nothing is left to be told or done on either side."""
        ledger = self._disk
        told = not (ledger.transfers or ledger.events or ledger.facts.get("retry_count"))
        operations = list(self._acs_operations.values())
        wanted = any(self._campaign.lacks(device, operations) for device in self._acs_devices.values())
        return told and not wanted and not any(operation.is_open for operation in operations)

    # The ACS -------------------------------------------------------------------------------------------------------

    def _start_acs(self) -> AcsCore:
        devices, operations = list(self._acs_devices.values()), list(self._acs_operations.values())
        return AcsCore(self._campaign, devices, operations, lambda: f"n{next(self._names)}")

    def _ask_acs(self, cookie: str | None, data: bytes) -> PostRoute:
        reply = self._acs.post(cookie, data, self.now)
        for change in reply.changes:
            if isinstance(change, SaveDevice):
                self._acs_devices[change.device.name] = change.device
            elif isinstance(change, SaveOperation):
                self._acs_operations[change.operation.key] = change.operation
        return PostRoute(reply.status, reply.data, reply.cookie, reply.after)

    # The wire ------------------------------------------------------------------------------------------------------

    def _strikes(self, kinds: tuple[FaultKind, ...], count: int) -> Fault | None:
        for fault in self._schedule.faults:
            if fault.kind in kinds and fault.at == count:
                self._happened.append(fault)
                return fault
        return None

    def cookie_header(self) -> str | None:
        """The cookie that the CPE's HTTP client returns."""
        return self._cookie

    def _send(self, data: bytes) -> None:
        self._posts += 1
        fault = self._strikes(ON_POSTS, self._posts)
        kind = fault.kind if fault is not None else None
        if self._leg is None:
            self._leg = Leg.to_acs(self.recorder)
        leg, cookie, core = self._leg, self.cookie_header(), self._core
        leg.post(data, cookie)
        if kind is FaultKind.ACS_RESTARTS:
            self._acs = self._start_acs()
        for name in self._acs_devices if kind in _REQUESTS else ():
            self._acs.enqueue(name, _REQUESTS[kind])
        if kind is FaultKind.LOSE_REQUEST:
            self._hear(_REPLY_TIMEOUT, lambda now: core.broken("no reply", now))
            return
        route = PostRoute.fault(data, kind) or self._ask_acs(cookie, data)
        if kind is FaultKind.DUPLICATE:
            self._ask_acs(cookie, data)
        delay = 0.02 + route.after + (fault.seconds if fault is not None else 0.0)
        if kind is FaultKind.LOSE_REPLY or delay > _REPLY_TIMEOUT:
            self._hear(_REPLY_TIMEOUT, lambda now: core.broken("no reply", now))
            return
        self._hear(delay, lambda now: self._arrive(leg, route, kind, now))

    def _arrive(self, leg: Leg, route: PostRoute, kind: FaultKind | None, now: float) -> tuple[Effect, ...]:
        if kind in (FaultKind.TRUNCATE, FaultKind.RESET):
            leg.break_off(route, reset=kind is FaultKind.RESET)
            return self._core.broken(str(kind), now)
        leg.reply(route)
        self._cookie = route.cookie or self._cookie
        return self._core.reply(route.status, route.data, now)

    def _end_session(self) -> None:
        if self._leg is not None:
            self._leg.close()
        self._leg, self._cookie = None, None

    def _fetch(self, order: Fetch) -> None:
        self._fetches += 1
        fault = self._strikes(ON_FETCHES, self._fetches)
        kind = fault.kind if fault is not None else None
        leg = Leg.to_file_server(self.recorder, refused=kind is FaultKind.FILE_REFUSED)
        self._open_fetches[order.number] = leg
        if kind is not FaultKind.FILE_REFUSED:
            parts = urlsplit(order.url)
            leg.get(parts.path + (f"?{parts.query}" if parts.query else ""))
        seconds = 0.1 + (fault.seconds if fault is not None else 0.0)
        self._hear(seconds, lambda now: self._fetched(order, leg, kind, now))

    def _fetched(self, order: Fetch, leg: Leg, kind: FaultKind | None, now: float) -> tuple[Effect, ...]:
        self._open_fetches.pop(order.number, None)
        cause: FetchCause | None = fetch_story(leg, _FILE, kind)
        if cause is None and kind is FaultKind.FILE_CORRUPT and order.firmware:
            cause = FetchCause.CORRUPT
        if cause is not None:
            return self._core.fetch_failed(order.number, cause, str(kind), now)
        return self._core.fetched(order.number, hashlib.sha256(_FILE).hexdigest(), now)
