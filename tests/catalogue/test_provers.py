"""What is proved for every DelaySeconds and every reading, what a bounded search finds, what random runs find."""

from __future__ import annotations

from functools import cache

from cwmpcheck.catalogue import hinted, instrumented
from cwmpcheck.catalogue.hints import HINTS
from cwmpcheck.engines.bmc import bmc
from cwmpcheck.engines.explore import explore
from cwmpcheck.engines.prove import prove
from cwmpcheck.engines.stateful import state_machine, stateful_check
from cwmpcheck.engines.verdicts import Proved, Refuted
from cwmpcheck.kernel import System, Watch, state_of
from cwmpcheck.protocol import Upgrade, scenario
from cwmpcheck.protocol.mutants import mutant
from cwmpcheck.protocol.state import Belief

S = state_of(Upgrade)
BELIEVED_WRONGLY = ((S.acs.belief == Belief.SUCCESS) & ~S.cpe.updated).expr
"""H-1 as what must never be so: the ACS has concluded success, and the CPE does not run the image."""

FIXED = scenario("unicast").fixed


@cache
def reporting() -> System:
    """The unicast system with the watcher's books that P-41 needs, and the hints."""
    return hinted(instrumented("unicast", ["P-41"]))


def watch(system: System, name: str) -> Watch:
    """The watch of that name."""
    return next(each for each in system.watches if each.name == name)


def test_success_is_believed_truly_for_every_delay() -> None:
    """H-1 is proved for every DelaySeconds, every reading, losses and resets without limit."""
    found = prove(scenario("unicast").system, {"H-1": BELIEVED_WRONGLY}, seconds=60)["H-1"]
    assert isinstance(found.verdict, Proved), found.verdict
    assert "any DelaySeconds from 1 up" in found.verdict.scope
    assert found.certificate is not None
    assert "cpe.updated" in found.certificate
    assert "SUCCE" in found.certificate


def test_success_is_reported_after_the_fetch_for_every_delay() -> None:
    """P-41 is proved for every DelaySeconds and every reading, with the hints that were themselves proved first."""
    system = reporting()
    found = prove(system, {"P-41": watch(system, "P-41")}, seconds=60)["P-41"]
    assert isinstance(found.verdict, Proved), found.verdict
    assert "any DelaySeconds from 1 up" in found.verdict.scope
    assert found.certificate is not None
    assert "ledger.fetched" in found.certificate


def test_a_bug_is_not_proved_away() -> None:
    """H-1 is not proved where success is recorded before the image runs."""
    bad = mutant("success-before-apply").apply(scenario("unicast").system)
    found = prove(bad, {"H-1": BELIEVED_WRONGLY}, parameters=FIXED, seconds=5)["H-1"]
    assert not isinstance(found.verdict, Proved)


def test_hints_hold() -> None:
    """Every hint is true in all reachable states of the unicast scenario, so a prover that drops one lost only time."""
    system = hinted(instrumented("unicast", ["P-41"]))
    assert set(system.auxiliary) >= set(HINTS)
    broken = tuple(Watch(name, state=~claim) for name, claim in system.auxiliary.items())
    found = explore(system.with_watches(broken), FIXED)
    assert found.exhausted
    assert {each.name for each in broken} & set(found.occurrences) == set()


def test_a_bounded_search_finds_a_shortest_run() -> None:
    """The finite-domain solver finds the bug by a run as long as the one of the exhaustive search."""
    bad = mutant("success-before-apply").apply(scenario("unicast").system)
    wrong = Watch("H-1", state=BELIEVED_WRONGLY)
    shortest = explore(bad.with_watches([wrong]), FIXED, stop_at=frozenset({"H-1"})).occurrences["H-1"]
    found = bmc(bad, wrong, depth=len(shortest), parameters=FIXED, seconds=300)
    assert isinstance(found, Refuted), found
    assert len(found.path) == len(shortest)


def test_random_runs_find_a_seeded_bug() -> None:
    """Hypothesis finds an Inform with RetryCount 0 after a failed session, and shrinks the run to the shortest."""
    bad = instrumented("unicast", ["P-34"], of=mutant("retry-count-forgotten").apply(scenario("unicast").system))
    shortest = explore(bad, FIXED, stop_at=frozenset({"P-34"})).occurrences["P-34"]
    found = stateful_check(bad, ["P-34"], parameters=FIXED, max_examples=30, steps=60)
    assert isinstance(found, Refuted), found
    assert len(found.path) >= len(shortest)
    assert found.path.steps[-1].action == "open_session"


TestUnicast = state_machine(
    instrumented("unicast", ["H-1", "P-41"]), FIXED, forbidden=["H-1", "P-41"]
).TestCase
"""A rule-based state machine made from the actions of the unicast scenario, run like any other test."""
