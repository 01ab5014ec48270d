"""A life full of transfers, and the power goes before or after any single commit: nothing is lost, altered or told twice."""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest

from cwmpcheck.cpe import CpeCore, CpeStore, Ledger, Profile, RunningImage, Settings, Slot, Slots
from cwmpcheck.cpe import effects as done
from cwmpcheck.wire import messages, read_envelope, write_envelope
from cwmpcheck.wire.messages import Body, Parameter, TimeWindow

URL = "http://127.0.0.1/"
FILE = "http://127.0.0.1/file"
POLICY = "Device.ManagementServer.AutonomousTransferCompletePolicy."
FIRMWARE, CONFIGURATION, STORED = "1 Firmware Upgrade Image", "3 Vendor Configuration File", "6 Stored Firmware Image"
STEPS = 3000

SCRIPT: list[Body] = [
    messages.SetParameterValues(
        (Parameter(POLICY + "Enable", "1", "xsd:boolean"), Parameter(POLICY + "FileTypeFilter", CONFIGURATION)), "pk"
    ),
    messages.Download("twice", CONFIGURATION, FILE),
    messages.Download("twice", CONFIGURATION, FILE, delay_seconds=4),
    messages.Download("stored", STORED, FILE, delay_seconds=2),
    messages.ScheduleDownload("window", FIRMWARE, FILE, windows=(TimeWindow(20, 4000),)),
    messages.Reboot("again"),
]
Report = messages.TransferComplete | messages.AutonomousTransferComplete


class Life:
    """One device, its disk, its banks, and an ACS that asks each thing until it is answered.

    Args:
        folder: of the disk.
        cut: the commit at which the power goes; 0 for none.
        written: whether that commit is on the disk by then.
    """

    def __init__(self, folder: Path, cut: int, *, written: bool) -> None:
        self.path = folder / "cpe.db"
        self.cut, self.written = cut, written
        self.now = 1_700_000_000.0
        self.commits = 0
        self.script = deque(SCRIPT)
        self.outstanding: tuple[str, Body] | None = None
        self.ids = (f"acs-{number}" for number in itertools.count(1))
        self.banks = {"a": Slot("1.0", "aa" * 32, True), "b": Slot()}
        self.active = "a"
        self.accepted: set[int] = set()
        self.reports: dict[int, set[Report]] = {}
        self.gone: set[int] = set()
        self.inbox: deque[Callable[[float], tuple[done.Effect, ...]]] = deque()
        self.until = self.now
        self.taken = False
        self.store = CpeStore(self.path)
        self.core = self.power_on()

    def power_on(self) -> CpeCore:
        """Boot from the disk and the active bank."""
        self.store.close()
        self.store = CpeStore(self.path)
        # The power is only said to go: what a real disk keeps is for test_store and the processes of the laboratory.
        self.store._connection.execute("PRAGMA synchronous=OFF")
        slot = self.banks[self.active]
        running = RunningImage(self.active, slot.version, slot.digest)
        ledger, choice = self.store.load(), Settings(periodic_interval=3600.0)
        core = CpeCore(Profile(), choice, ledger, running, URL, random.Random(1), Slots(self.active, dict(self.banks)))
        self.outstanding = None
        self.inbox.clear()
        self.inbox.append(core.start)
        return core

    @property
    def settled(self) -> bool:
        """All is asked, done and told."""
        ledger = self.core.ledger
        quiet = not (ledger.transfers or ledger.events or ledger.requests or ledger.facts.get("retry_count"))
        return quiet and self.taken and not (self.script or self.inbox or ledger.reboot_keys)

    def run(self) -> None:
        """Live until all is settled."""
        for _ in range(STEPS):
            if self.settled:
                return
            if not self.inbox:
                self.now = max(self.now, self.until)
                self.inbox.append(self.core.tick)
            self.now += 0.01
            if not self.script and not self.taken:
                self.own_ideas(self.core)
            for effect in self.inbox.popleft()(self.now):
                if isinstance(effect, done.Reboot) or not self.perform(effect):
                    self.core = self.power_on()
                    break
        raise AssertionError(f"not settled after {STEPS} steps: {self.core.ledger}")

    def own_ideas(self, core: CpeCore) -> None:
        """What the device does of its own accord, once the ACS has asked all."""
        self.taken = True
        self.inbox.append(lambda now: core.fetch_autonomously(FILE, now, file_type=CONFIGURATION))
        self.inbox.append(lambda now: core.request_download(messages.RequestDownload(FIRMWARE), now))

    def perform(self, effect: done.Effect) -> bool:
        """What the shell would do; whether there is still power."""
        core = self.core
        match effect:
            case done.Persist(changes=changes):
                return self.commit(changes)
            case done.Send(data=data):
                self.send(data)
            case done.Fetch(number=number):
                self.inbox.append(lambda now: core.fetched(number, f"{number:064x}", now))
            case done.Apply(number=number, digest=digest, bank=bank, activate=activate):
                self.banks[bank] = Slot("2.0" if activate else "1.9", digest, True)
                self.active = bank if activate else self.active
                slots = Slots(self.active, dict(self.banks))
                self.inbox.append(lambda now: core.applied(number, None, now, slots))
            case done.Wait(until=until):
                self.until = until
        return True

    def commit(self, changes: tuple[done.Change, ...]) -> bool:
        """One commit; whether there is still power."""
        self.commits += 1
        if self.commits == self.cut and not self.written:
            return False
        self.store.commit(changes)
        self.accepted |= {change.transfer.number for change in changes if isinstance(change, done.SaveTransfer)}
        self.gone |= {change.number for change in changes if isinstance(change, done.DropTransfer)}
        return self.commits != self.cut

    def send(self, data: bytes) -> None:
        """One POST, and the ACS's reply."""
        core, status, answer = self.core, 200, b""
        body = read_envelope(data).body if data else None
        assert not data or read_envelope(data).departures == ()
        session = core._session
        assert session is not None
        request = session.outstanding
        if isinstance(body, Report) and request is not None and request.transfer is not None:
            assert request.transfer not in self.gone, "not again after its acknowledgement was committed (P-47)"
            self.reports.setdefault(request.transfer, set()).add(body)
        if request is not None and request.data == data:
            named = getattr(messages, messages.rpc_name(request.body) + "Response")
            answer = write_envelope(named(), id=request.id)
        else:
            if body is not None and self.outstanding is not None:
                assert messages.rpc_name(body) == messages.rpc_name(self.outstanding[1]) + "Response", body
                self.script.popleft()
            self.outstanding = None
            if self.script:
                self.outstanding = (next(self.ids), self.script[0])
                answer = write_envelope(self.script[0], id=self.outstanding[0])
            else:
                status = 204
        self.inbox.append(lambda now: core.reply(status, answer, now))

    def check(self) -> None:
        """What must be true of the whole life."""
        assert self.accepted == self.gone == set(self.reports), "each transfer was reported, and forgotten (P-81)"
        for number, said in self.reports.items():
            assert len(said) == 1, f"the report for transfer {number} changed between two sendings (P-46)"
        for report in itertools.chain(*self.reports.values()):
            # A cut between the decision to apply and the new bank leaves the old image, and that is what is told (T-20).
            scheduled = isinstance(report, messages.TransferComplete) and report.command_key == "window"
            runs_new = self.banks[self.active].version == "2.0"
            assert report.fault_code == (0 if runs_new or not scheduled else 9002)
        assert self.core.ledger == self.store.load()


def live(folder: Path, cut: int = 0, *, written: bool = True) -> Life:
    """One whole life, checked."""
    folder.mkdir()
    life = Life(folder, cut, written=written)
    try:
        life.run()
        life.check()
    finally:
        life.store.close()
    return life


def test_an_undisturbed_life(tmp_path: Path) -> None:
    """Five transfers of four kinds, each reported once; equal keys are two transfers."""
    life = live(tmp_path / "life")
    keys = [
        report.command_key
        for said in life.reports.values()
        for report in said
        if isinstance(report, messages.TransferComplete)
    ]
    assert sorted(keys) == ["stored", "twice", "twice", "window"]
    assert len(life.reports) == 5
    assert life.commits > 40


@pytest.mark.parametrize("written", [False, True], ids=["before", "after"])
def test_the_power_may_go_at_every_commit(tmp_path: Path, written: bool) -> None:
    """Right before or right after any commit: each accepted transfer is reported, unchanged, and not once its
    acknowledgement is on the disk."""
    total = live(tmp_path / "undisturbed").commits
    for cut in range(1, total + 1):
        live(tmp_path / f"cut-{cut}", cut, written=written)


def test_a_ledger_that_forgets_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check can fail: a device that drops its reports on a restart does not pass."""
    load = CpeStore.load

    def forgetful(store: CpeStore) -> Ledger:
        ledger = load(store)
        ledger.transfers = {key: one for key, one in ledger.transfers.items() if one.phase != "reportable"}
        return ledger

    monkeypatch.setattr(CpeStore, "load", forgetful)
    total, failures = 60, 0
    for cut in range(1, total, 4):
        try:
            live(tmp_path / f"cut-{cut}", cut)
        except AssertionError:
            failures += 1
    assert failures > 0
