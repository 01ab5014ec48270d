"""Both cores and the real store in one world without sockets, where the power goes, or a message is lost, at any step."""

from __future__ import annotations

import itertools
import random
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwmpcheck.acs import AcsCore, Campaign, OperationState
from cwmpcheck.cpe import CpeCore, CpeStore, Profile, RunningImage, Settings
from cwmpcheck.cpe.effects import Apply, DropTransfer, Effect, EndSession, Fetch, Persist, Reboot, Send, Wait
from cwmpcheck.wire import messages, read_envelope

DIGEST = "cd" * 32
URL = "http://127.0.0.1/"
STEPS = 2000


class World:
    """One CPE that forgets all but its disk at a cut, and one ACS.

    ``cuts`` and ``losses`` are numbers of effects: after a cut the power is gone; at a loss the ACS hears, and its
    reply is lost.
    """

    def __init__(self, disk: Path, cuts: set[int], losses: set[int]) -> None:
        self.disk = disk
        self.cuts = cuts
        self.losses = losses
        self.now = 1_700_000_000.0
        self.performed = 0
        count = itertools.count(1)
        campaign = Campaign("fw", "http://127.0.0.1/f", "2.0", delay_seconds=3, max_attempts=20)
        self.acs = AcsCore(campaign, [], [], lambda: f"t{next(count)}")
        self.cookie: str | None = None
        self.banks = {"a": ("1.0", "ab" * 32), "b": ("", "")}
        self.active = "a"
        self.reports: dict[str, set[messages.TransferComplete]] = {}
        self.acknowledged: set[str] = set()
        self.inbox: deque[Callable[[float], tuple[Effect, ...]]] = deque()
        self.until = self.now
        self.store = CpeStore(disk)
        self.core = self.power_on()

    def power_on(self) -> CpeCore:
        """Boot from the disk and the active bank."""
        self.store.close()
        self.store = CpeStore(self.disk)
        version, digest = self.banks[self.active]
        running = RunningImage(self.active, version, digest)
        choice = Settings(periodic_interval=1800.0)
        core = CpeCore(Profile(), choice, self.store.load(), running, URL, random.Random(1))
        self.inbox.clear()
        self.inbox.append(core.start)
        self.cookie = None
        return core

    @property
    def settled(self) -> bool:
        """The upgrade is over on both sides, and nothing waits to be told."""
        ledger = self.core.ledger
        done = any(operation.state is OperationState.SUCCEEDED for operation in self.acs.operations.values())
        quiet = not (ledger.transfers or ledger.events or ledger.facts.get("retry_count"))
        return done and quiet and not self.inbox

    def run(self) -> None:
        """Live until all is settled."""
        for _ in range(STEPS):
            if self.settled:
                return
            if not self.inbox:
                self.now = max(self.now, self.until)
                self.inbox.append(self.core.tick)
            self.now += 0.01
            for effect in self.inbox.popleft()(self.now):
                if isinstance(effect, Reboot):
                    self.core = self.power_on()
                    break
                self.perform(effect)
                self.performed += 1
                if self.performed in self.cuts:
                    self.core = self.power_on()
                    break
        raise AssertionError(f"not settled after {STEPS} steps: {self.acs.operations}, {self.core.ledger}")

    def perform(self, effect: Effect) -> None:
        """What the shell would do."""
        core = self.core
        match effect:
            case Persist(changes=changes):
                gone = [change.number for change in changes if isinstance(change, DropTransfer)]
                before = self.store.load().transfers
                self.acknowledged |= {before[number].command_key for number in gone}
                self.store.commit(changes)
            case Send(data=data):
                self.send(data)
            case Fetch(number=number):
                self.inbox.append(lambda now: core.fetched(number, DIGEST, now))
            case Apply(number=number, bank=bank):
                self.banks[bank] = ("2.0", DIGEST)
                self.active = bank
                self.inbox.append(lambda now: core.applied(number, None, now))
            case EndSession():
                self.cookie = None
            case Wait(until=until):
                self.until = until

    def send(self, data: bytes) -> None:
        """One POST; what the CPE says is watched here."""
        core = self.core
        body = read_envelope(data).body if data else None
        if isinstance(body, messages.TransferComplete):
            assert body.command_key not in self.acknowledged, "not again after its acknowledgement was committed (P-47)"
            self.reports.setdefault(body.command_key, set()).add(body)
        reply = self.acs.post(self.cookie, data, self.now)
        self.cookie = reply.cookie or self.cookie
        if self.performed + 1 in self.losses:
            self.inbox.append(lambda now: core.broken("lost", now))
        else:
            self.inbox.append(lambda now: core.reply(reply.status, reply.data, now))

    def check(self) -> None:
        """What must be true of the whole run."""
        for key, said in self.reports.items():
            assert len(said) == 1, f"the report for {key} changed between two sendings (P-46)"
        for operation in self.acs.operations.values():
            if operation.state is OperationState.ACCEPTED:
                raise AssertionError(f"{operation.key} was accepted and never reported (P-81)")
        assert self.banks[self.active][0] == "2.0"
        assert self.core.ledger == self.store.load()


def live(disk: Path, cuts: set[int], losses: set[int]) -> World:
    """One whole life, checked."""
    world = World(disk, cuts, losses)
    try:
        world.run()
        world.check()
    finally:
        world.store.close()
    return world


def effects_of_an_undisturbed_upgrade(folder: Path) -> int:
    """How many steps there are to disturb."""
    return live(folder / "undisturbed.db", set(), set()).performed


def test_an_upgrade_survives_a_power_cut_after_every_single_effect(tmp_path: Path) -> None:
    """Wherever the power goes, the upgrade ends, and no report is lost, altered or sent after its acknowledgement."""
    total = effects_of_an_undisturbed_upgrade(tmp_path)
    assert total > 30
    for cut in range(1, total + 1):
        live(tmp_path / f"cut-{cut}.db", {cut}, set())


def test_an_upgrade_survives_the_loss_of_every_single_reply(tmp_path: Path) -> None:
    """Whichever reply is lost, the upgrade ends, and the same holds."""
    total = effects_of_an_undisturbed_upgrade(tmp_path)
    repeated = 0
    for loss in range(1, total + 1):
        world = live(tmp_path / f"loss-{loss}.db", set(), {loss})
        repeated += sum(operation.reports > 1 for operation in world.acs.operations.values())
    assert repeated == 1, "exactly the loss of the TransferCompleteResponse makes a duplicate"


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(cuts=st.sets(st.integers(1, 120), max_size=5), losses=st.sets(st.integers(1, 120), max_size=5))
def test_an_upgrade_survives_any_few_disturbances(
    tmp_path_factory: pytest.TempPathFactory, cuts: set[int], losses: set[int]
) -> None:
    """Several cuts and losses together change nothing of that."""
    live(tmp_path_factory.mktemp("life") / "cpe.db", cuts, losses)
