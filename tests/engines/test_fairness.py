"""Leads-to on systems whose answers are known."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import z3
from tests.engines.classics import (
    AlternatingBit,
    At,
    Clock,
    Delays,
    Guarded,
    Job,
    Post,
    Two,
    alternating_bit,
    delayed,
    hour_clock,
    lossy_channel,
    peterson,
    semaphore,
)

from cwmpcheck.compile import compile_python
from cwmpcheck.engines.assumptions import Assumption, FinitelyOften, Strong, Weak, finitely_often, strong, weak
from cwmpcheck.engines.fairness import leads_to, needed
from cwmpcheck.engines.verdicts import Path, Proved, Refuted, Vacuous, Verdict
from cwmpcheck.kernel import DeclarationError, System, Term, state_of


def expr(term: Term) -> z3.BoolRef:
    """The z3 expression of a term over a state."""
    return term.expr


def everyone(system: System, without: Iterable[str] = ()) -> frozenset[Assumption]:
    """Weak fairness of every action but some."""
    return frozenset(weak(action.name) for action in system.actions if action.name not in set(without))


def loop_of(system: System, verdict: Verdict) -> tuple[Path, list[str], list[frozenset[str]]]:
    """The path of a refutation, the actions of its loop, and what is enabled at the states of its loop."""
    assert isinstance(verdict, Refuted)
    path = verdict.path
    assert path.loop_from is not None
    states = [path.initial, *(step.state for step in path.steps)]
    assert states[path.loop_from] == states[-1]
    backend = compile_python(system)
    names = [action.name for action in system.actions]
    enabled = [frozenset(names[i] for i in backend.enabled(state)) for state in states[path.loop_from :]]
    return path, [step.action for step in path.steps[path.loop_from :]], enabled


def check_fair(system: System, verdict: Verdict, assuming: Iterable[Assumption]) -> Path:
    """Assert that the loop of a refutation satisfies the assumptions by their definition."""
    path, taken, enabled = loop_of(system, verdict)
    for assumption in assuming:
        if isinstance(assumption, Weak):
            assert assumption.action in taken or any(assumption.action not in here for here in enabled)
        elif isinstance(assumption, Strong):
            assert assumption.actions & set(taken) or not any(assumption.actions & here for here in enabled)
        else:
            assert isinstance(assumption, FinitelyOften)
            assert not assumption.actions & set(taken)
    return path


def test_an_hour_clock_that_cannot_stand_still_reaches_every_hour() -> None:
    """Runs are maximal, so without an idle step twelve follows one under no assumption at all."""
    hour = state_of(Clock).hour
    verdict = leads_to(hour_clock(), expr(hour == 1), expr(hour == 12))
    assert isinstance(verdict, Proved)
    assert "12 reachable states" in verdict.scope


def test_an_hour_clock_that_may_idle_needs_weak_fairness() -> None:
    """Specifying Systems, section 8.4: the next hour comes only when the tick is weakly fair."""
    system, hour = hour_clock(may_idle=True), state_of(Clock).hour
    question = expr(hour == 3), expr(hour == 4)
    refuted = leads_to(system, *question)
    path, taken, _ = loop_of(system, refuted)
    assert (path.loop_from, taken) == (2, ["idle"])
    result = needed(system, *question, assuming={weak("tick_over"), weak("idle")})
    assert isinstance(result.verdict, Proved)
    assert result.needed == {weak("tick_over")}
    assert result.superfluous == {weak("idle")}


def test_the_alternating_bit_needs_strongly_fair_channels() -> None:
    """Under weak fairness every message may be lost; with both channels strongly fair each bit gets through."""
    system, s = alternating_bit(), state_of(AlternatingBit)
    question = expr(~s.sending), expr(s.sending)
    alone = everyone(system)
    check_fair(system, leads_to(system, *question, assuming=alone), alone)
    fair: frozenset[Assumption] = frozenset({weak("send"), strong("receive"), strong("acknowledged")})
    result = needed(system, *question, assuming=fair)
    assert isinstance(result.verdict, Proved)
    assert result.needed == {strong("receive"), strong("acknowledged")}


def test_every_loop_shown_of_the_alternating_bit_is_fair() -> None:
    """With one channel strongly fair and the rest weakly, the loop shown loses only in the other direction."""
    system, s = alternating_bit(), state_of(AlternatingBit)
    for good, bad in (("receive", "lose_answer"), ("acknowledged", "lose_data")):
        assuming = everyone(system) | {strong(good)}
        verdict = leads_to(system, expr(~s.sending), expr(s.sending), assuming=assuming)
        path = check_fair(system, verdict, assuming)
        assert bad in {step.action for step in path.steps[path.loop_from :]}


def test_finitely_many_losses_do_as_well_as_strong_fairness() -> None:
    """When losses come to an end, weak fairness of what the parties do is enough."""
    system, s = alternating_bit(), state_of(AlternatingBit)
    losses = finitely_often({"lose_data", "lose_answer"})
    result = needed(system, expr(~s.sending), expr(s.sending), assuming={losses})
    assert isinstance(result.verdict, Proved)
    assert result.needed == {losses}


@pytest.mark.parametrize("me", [0, 1])
def test_peterson_lets_everybody_in_under_weak_fairness(me: int) -> None:
    """Starvation freedom of Peterson's algorithm holds under weak fairness of all steps but the wish to enter."""
    system, s = peterson(may_idle=True), state_of(Two)
    wishes = {"want(i=0)", "want(i=1)", "idle"}
    question = expr(s.process[me].at == At.FLAGGED), expr(s.process[me].at == At.CRITICAL)
    assuming = everyone(system, without=wishes)
    result = needed(system, *question, assuming=assuming)
    assert isinstance(result.verdict, Proved)
    assert result.superfluous == {weak(f"leave(i={me})")}


def test_a_semaphore_needs_strong_fairness() -> None:
    """A process may find the semaphore taken whenever it looks: weak fairness does not help, strong does."""
    system, s = semaphore(may_idle=True), state_of(Guarded)
    question = expr(s.process[0].at == At.WAITING), expr(s.process[0].at == At.CRITICAL)
    weakly = everyone(system)
    path = check_fair(system, leads_to(system, *question, assuming=weakly), weakly)
    assert {"enter(i=1)", "leave(i=1)"} <= {step.action for step in path.steps[path.loop_from :]}
    result = needed(system, *question, assuming={strong("enter(i=0)"), weak("leave(i=1)")})
    assert isinstance(result.verdict, Proved)
    assert result.needed == {strong("enter(i=0)"), weak("leave(i=1)")}


def test_strong_fairness_of_a_set_is_met_by_any_of_its_actions() -> None:
    """Strong fairness of entering, taken together, lets one process starve the other."""
    system, s = semaphore(may_idle=True), state_of(Guarded)
    question = expr(s.process[0].at == At.WAITING), expr(s.process[0].at == At.CRITICAL)
    assuming = everyone(system) | {strong({"enter(i=0)", "enter(i=1)"})}
    check_fair(system, leads_to(system, *question, assuming=assuming), assuming)


def test_a_step_may_call_for_an_answer_and_be_one() -> None:
    """Step conditions by action: sending leads to the delivery under strong fairness and not under weak."""
    system = lossy_channel()
    question = {"send": z3.BoolVal(True)}, {"deliver": z3.BoolVal(True)}
    weakly = everyone(system)
    path = check_fair(system, leads_to(system, *question, assuming=weakly), weakly)
    assert [step.action for step in path.steps] == ["send", "lose", "send"]
    assert path.loop_from == 1
    assert isinstance(leads_to(system, *question, assuming={strong("deliver")}), Proved)
    assert isinstance(leads_to(system, *question, assuming={finitely_often("lose")}), Proved)


def test_a_run_that_ends_stands_still_for_ever() -> None:
    """After the delivery nothing is enabled, so nothing else follows it, whatever is assumed."""
    system, s = lossy_channel(), state_of(Post)
    verdict = leads_to(system, expr(s.arrived), expr(s.sent), assuming=everyone(system))
    assert isinstance(verdict, Refuted)
    assert [step.action for step in verdict.path.steps] == ["send", "deliver"]
    assert verdict.path.loop_from == 2


def test_a_question_that_never_arises_is_vacuous() -> None:
    """When what calls for an answer never occurs, nothing is proved."""
    s = state_of(Post)
    verdict = leads_to(lossy_channel(), expr(s.sent & s.arrived), expr(s.arrived))
    assert isinstance(verdict, Vacuous)


def test_parameters_are_chosen_for_the_graph() -> None:
    """Started jobs get done at every delay, because time passes as long as nothing else is enabled."""
    system, s = delayed(), state_of(Delays)
    question = expr(s.job[1].phase == Job.WAITING), expr(s.job[1].phase == Job.DONE)
    for delay in range(4):
        assert isinstance(leads_to(system, *question, parameters={"delay": delay}), Proved)


def test_an_assumption_about_an_unknown_action_is_refused() -> None:
    """A name that the system does not have would silently assume nothing."""
    s = state_of(Post)
    for assumption in (weak("delivr"), strong({"deliver", "delivr"}), finitely_often("delivr")):
        with pytest.raises(DeclarationError, match="delivr"):
            leads_to(lossy_channel(), expr(s.sent), expr(s.arrived), assuming={assumption})
    with pytest.raises(DeclarationError, match="names no action"):
        leads_to(lossy_channel(), expr(s.sent), expr(s.arrived), assuming={strong(())})


def test_a_condition_on_an_unknown_action_is_refused() -> None:
    """A step condition for an action that does not exist would never occur."""
    with pytest.raises(DeclarationError, match="sent_off"):
        leads_to(lossy_channel(), {"sent_off": z3.BoolVal(True)}, {"deliver": z3.BoolVal(True)})
