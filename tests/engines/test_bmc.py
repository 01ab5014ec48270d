"""Bounded model checking finds the shortest runs that exploration finds, and claims no more than its bound."""

from __future__ import annotations

import pytest
import z3
from hypothesis import HealthCheck, given, settings
from tests.engines.classics import At, Clock, Counting, Delays, Two, counter, delayed, hour_clock, peterson
from tests.engines.random_systems import systems

from cwmpcheck.compile import compile_python
from cwmpcheck.engines.bmc import bmc
from cwmpcheck.engines.explore import explore
from cwmpcheck.engines.verdicts import HoldsWithin, Proved, Refuted, Unknown, Verdict
from cwmpcheck.kernel import (
    Action,
    DeclarationError,
    DomainOverflow,
    Party,
    Range,
    Record,
    System,
    Term,
    Variable,
    Watch,
    compose,
    state_of,
    var,
)


def length_by_bmc(verdict: Verdict) -> int | None:
    """The length of the refuting run, or None."""
    return len(verdict.path) if isinstance(verdict, Refuted) else None


def both_critical() -> z3.BoolRef:
    """Mutual exclusion is broken."""
    s = state_of(Two)
    return ((s.process[0].at == At.CRITICAL) & (s.process[1].at == At.CRITICAL)).expr


def test_peterson_has_no_bad_run_within_the_bound() -> None:
    """A search that ends without a find says how far it looked, and never that the property is proved."""
    verdict = bmc(peterson(), both_critical(), depth=12)
    assert verdict == HoldsWithin("every run of at most 12 steps")
    assert not isinstance(verdict, Proved)


def test_an_impolite_process_is_found_out_by_a_shortest_run() -> None:
    """Six steps let both processes in when one keeps the turn, as exploration confirms."""
    system = peterson(polite=False).with_watches([Watch("both", both_critical())])
    verdict = bmc(system, both_critical(), depth=20)
    assert isinstance(verdict, Refuted)
    assert len(verdict.path) == len(explore(system, backend="python").occurrences["both"]) == 6
    assert [step.number for step in verdict.path.steps] == [1, 2, 3, 4, 5, 6]


def test_the_initial_state_is_looked_at() -> None:
    """A property that is broken from the start has a run without steps."""
    verdict = bmc(hour_clock(), (state_of(Clock).hour == 1).expr, depth=0)
    assert isinstance(verdict, Refuted)
    assert verdict.path.steps == ()


def test_a_bound_that_is_one_too_small_finds_nothing() -> None:
    """Eleven steps lead to twelve o'clock, ten do not."""
    noon = (state_of(Clock).hour == 12).expr
    assert isinstance(bmc(hour_clock(), noon, depth=10), HoldsWithin)
    assert length_by_bmc(bmc(hour_clock(), noon, depth=11)) == 11


def test_a_step_condition_counts_the_step_on_which_it_occurs() -> None:
    """The step from twelve to one is the twelfth."""
    verdict = bmc(hour_clock(), {"tick_over": (state_of(Clock).hour == 12).expr}, depth=15)
    assert isinstance(verdict, Refuted)
    assert [step.action for step in verdict.path.steps] == ["tick_over"] * 12


@pytest.mark.parametrize("delay", range(4))
def test_parameters_are_chosen(delay: int) -> None:
    """A job is done before its time by a careless worker only where there is a delay at all."""
    early = (state_of(Delays).job[1].early).expr
    verdict = bmc(delayed(careless=True), early, depth=8, parameters={"delay": delay})
    assert length_by_bmc(verdict) == (2 if delay else None)


def test_runs_that_all_end_are_told() -> None:
    """When no run goes on, the bound says so, and it is still a bound."""
    verdict = bmc(delayed(), (state_of(Delays).job[1].early).expr, depth=30)
    assert isinstance(verdict, HoldsWithin)
    assert "none is longer than" in verdict.bound


def test_no_time_is_no_answer() -> None:
    """Without time even the initial state stays undecided."""
    assert isinstance(bmc(peterson(), both_critical(), depth=12, seconds=0.0), Unknown)


def test_a_step_out_of_its_domain_is_an_error_and_not_a_dead_end() -> None:
    """Bits would silently allow no such step; exploration raises, and so does the bounded search."""

    class Small(Record):
        n = var(Range(0, 2), 0)

    party: Party[Small] = Party("party")

    @party.action()
    def up(s: Small) -> None:
        """One more, without a guard."""
        s.n = s.n + 1

    with pytest.raises(DomainOverflow):
        bmc(compose("overflow", Small, [party]), (state_of(Small).n == 9).expr, depth=9)


def test_a_condition_over_unknown_variables_is_refused() -> None:
    """A condition must speak of the system's variables."""
    with pytest.raises(DeclarationError, match="minute"):
        bmc(hour_clock(), z3.Int("minute") == 3, depth=2)


def test_odd_numbers_never_come_up() -> None:
    """The counter counts by twos."""
    count = state_of(Counting).cell.count
    assert isinstance(bmc(counter(), (count == 3).expr, depth=10), HoldsWithin)
    assert length_by_bmc(bmc(counter(), (count == 4).expr, depth=10)) == 2


def test_negative_numbers_keep_their_sign_in_bits() -> None:
    """A domain below zero is compared as signed."""
    x = Variable("x", Range(-3, 1), -3)
    term = x.domain.constant("x")
    up = Action("up", "party", (), {"x": Term(z3.If(term < 1, term + 1, term), x.domain)})
    verdict = bmc(System("signed", (x,), (up,)), term > -1, depth=9)
    assert length_by_bmc(verdict) == 3


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(systems())
def test_shortest_runs_are_as_long_as_by_exploration(system: System) -> None:
    """On random systems the two engines agree whether something occurs, and after how many steps."""
    found = explore(system, backend="python").occurrences
    for watch in system.watches:
        by_search = len(found[watch.name]) if watch.name in found else None
        verdict = bmc(system, watch, depth=8 if by_search is None else by_search)
        assert length_by_bmc(verdict) == by_search
        if isinstance(verdict, Refuted):
            _check_occurs(system, watch, verdict)


def _check_occurs(system: System, watch: Watch, verdict: Refuted) -> None:
    """The watch occurs at the end of the run."""
    backend = compile_python(system)
    states = [verdict.path.initial, *(step.state for step in verdict.path.steps)]
    occurring = backend.holding(states[-1])
    if verdict.path.steps:
        number = [action.name for action in system.actions].index(verdict.path.steps[-1].action)
        occurring |= backend.occurring(states[-2], number)
    assert watch.name in occurring
