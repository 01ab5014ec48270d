"""Proofs come with certificates that were checked again; what is not proved is refuted by a run, or unknown."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
import z3
from hypothesis import HealthCheck, given, settings
from tests.engines.classics import At, Counting, Delays, Job, Two, counter, delayed, peterson
from tests.engines.random_systems import systems

from cwmpcheck.compile import compile_python, evaluator, relation
from cwmpcheck.engines.certificate import Certificate
from cwmpcheck.engines.claims import ProofResult
from cwmpcheck.engines.conditions import about_to_occur
from cwmpcheck.engines.explore import explore
from cwmpcheck.engines.graph import build_graph
from cwmpcheck.engines.induction import k_induction
from cwmpcheck.engines.lemmas import proved_lemmas
from cwmpcheck.engines.prove import prove
from cwmpcheck.engines.spacer import ask_spacer
from cwmpcheck.engines.verdicts import Proved, Refuted, Unknown
from cwmpcheck.kernel import Action, DeclarationError, Guard, Parameter, Range, System, Term, Variable, state_of

Prover = Callable[..., Mapping[str, ProofResult]]
ENGINES = pytest.mark.parametrize("engine", [prove, k_induction])


def both_critical() -> z3.BoolRef:
    """Mutual exclusion is broken."""
    s = state_of(Two)
    return ((s.process[0].at == At.CRITICAL) & (s.process[1].at == At.CRITICAL)).expr


def early(job: int) -> z3.BoolRef:
    """A job was done before its delay was over."""
    return state_of(Delays).job[job].early.expr


@ENGINES
def test_mutual_exclusion_is_proved(engine: Prover) -> None:
    """Peterson's algorithm keeps the two apart, and the certificate speaks in its own names."""
    result = engine(peterson(), {"apart": both_critical()}, seconds=30)["apart"]
    assert isinstance(result.verdict, Proved)
    assert result.certificate is not None
    assert "every variable lies in its domain" in result.certificate


def test_a_certificate_names_variables_and_values() -> None:
    """Somebody who reads the invariant sees the model's variables and the members of its enumerations."""
    certificate = prove(peterson(), {"apart": both_critical()}, seconds=30)["apart"].certificate
    assert certificate is not None
    assert "process[0].at" in certificate
    assert "IDLE" in certificate
    assert "Reached" not in certificate


@ENGINES
def test_a_broken_algorithm_is_refuted_by_a_shortest_run(engine: Prover) -> None:
    """Six steps, as exploration and the bounded search say."""
    result = engine(peterson(polite=False), {"apart": both_critical()}, seconds=30)["apart"]
    assert isinstance(result.verdict, Refuted)
    assert len(result.verdict.path) == 6
    assert result.certificate is None


@ENGINES
def test_a_delay_is_proved_for_every_value(engine: Prover) -> None:
    """No job is early, whatever the delay: explicit engines try four values, a prover all of them."""
    results = engine(delayed(), {"first": early(0), "second": early(1)}, seconds=30)
    for result in results.values():
        assert isinstance(result.verdict, Proved)
        assert result.verdict.scope == "every reachable state; any delay from 0 up; timers of any length"


@ENGINES
def test_what_fails_does_not_take_down_what_holds(engine: Prover) -> None:
    """Where the conjunction fails each property is decided on its own, the broken one with the delay that breaks it."""
    results = engine(delayed(careless=True), {"first": early(0), "second": early(1)}, seconds=30)
    assert isinstance(results["first"].verdict, Proved)
    second = results["second"]
    assert isinstance(second.verdict, Refuted)
    assert [step.action for step in second.verdict.path.steps] == ["start(i=1)", "finish(i=1)"]
    assert second.parameters["delay"] in (1, 2, 3)


def test_without_a_delay_not_even_the_careless_are_early() -> None:
    """A parameter that is fixed keeps its value, and the scope of the proof says so."""
    bad = {"second": early(1)}
    result = prove(delayed(careless=True), bad, parameters={"delay": 0}, seconds=30)["second"]
    assert isinstance(result.verdict, Proved)
    assert result.verdict.scope == "every reachable state; delay = 0; timers of any length"


def test_what_is_not_inductive_for_any_k_is_unknown() -> None:
    """A timer may start anywhere in an induction step, so the same property is no matter for k-induction."""
    bad = {"second": early(1)}
    result = k_induction(delayed(careless=True), bad, parameters={"delay": 0}, seconds=30, most=6)["second"]
    assert result.verdict == Unknown("not inductive up to k = 6")


@ENGINES
def test_a_fixed_parameter_is_kept_on_a_run(engine: Prover) -> None:
    """With a delay of two the careless worker is early, and no parameter was left open."""
    bad = {"second": early(1)}
    some = engine(delayed(careless=True), bad, parameters={"delay": 2}, seconds=30)["second"]
    assert isinstance(some.verdict, Refuted)
    assert some.parameters == {}


@ENGINES
def test_one_parameter_may_stay_open_among_fixed_ones(engine: Prover) -> None:
    """A chosen parameter is fixed, one left open is not, and a run tells the value of the open one only."""
    second = Parameter("unused", Range(0, 5), 3)
    system = replace(delayed(careless=True), parameters=(*delayed(careless=True).parameters, second))
    results = engine(
        system, {"first": early(0), "second": early(1)}, parameters={"unused": 4}, leave_open=["delay"], seconds=30
    )
    assert isinstance(results["first"].verdict, Proved)
    assert (
        results["first"].verdict.scope == "every reachable state; any delay from 0 up; unused = 4; timers of any length"
    )
    assert isinstance(results["second"].verdict, Refuted)
    assert set(results["second"].parameters) == {"delay"}
    with pytest.raises(DeclarationError, match="dealy"):
        engine(system, {"first": early(0)}, parameters={}, leave_open=["dealy"], seconds=30)


@ENGINES
def test_a_run_may_need_a_value_beyond_every_explicit_domain(engine: Prover) -> None:
    """Timers of the explicit engines stop at 3; the prover finds the run on which more than 7 ticks are left."""
    due = state_of(Delays).job[1].due
    result = engine(delayed(), {"long": (due > 7).expr}, seconds=30)["long"]
    assert isinstance(result.verdict, Refuted)
    assert int(str(result.parameters["delay"])) > 7
    assert result.verdict.path.steps[-1].changed["job[1].due"] == f"0 -> {result.parameters['delay']}"


@ENGINES
def test_a_step_condition_is_bad_where_its_action_is_enabled(engine: Prover) -> None:
    """Finishing before time is a step; with the guard it is proved away, without it shown as the last step."""
    bad = {"hasty": {"finish(i=1)": (state_of(Delays).job[1].due > 0).expr}}
    assert isinstance(engine(delayed(), bad, seconds=30)["hasty"].verdict, Proved)
    refuted = engine(delayed(careless=True), bad, seconds=30)["hasty"].verdict
    assert isinstance(refuted, Refuted)
    assert [step.action for step in refuted.path.steps] == ["start(i=1)", "finish(i=1)"]
    assert refuted.path.steps[-1].changed["job[1].phase"] == "WAITING -> DONE"


@ENGINES
def test_no_time_is_no_answer(engine: Prover) -> None:
    """Without time nothing is proved, and nothing raises."""
    result = engine(peterson(), {"apart": both_critical(), "never": z3.BoolVal(False)}, seconds=0.0)
    assert all(isinstance(one.verdict, Unknown) for one in result.values())


def test_running_out_of_time_is_unknown() -> None:
    """A property beyond the time allowed is neither proved nor an error, and the time is kept."""
    many = hard_counting()
    started = time.monotonic()
    result = prove(many[0], {"hard": many[1]}, seconds=1.0)["hard"]
    assert isinstance(result.verdict, Unknown)
    assert time.monotonic() - started < 10


def hard_counting() -> tuple[System, z3.BoolRef]:
    """Timers multiplied with one another: a question that Spacer does not settle in a second."""
    names = [f"n{i}" for i in range(4)]
    variables = tuple(Variable(name, Range(0, 10**6), 1, timer=True) for name in names)
    a, b, c, d = (z3.Int(name) for name in names)
    wide = Range(0, 10**6)
    step = Action(
        "mix",
        "party",
        (Guard(a >= 0, "always"),),
        {"n0": Term(a + b, wide), "n1": Term(b + c, wide), "n2": Term(c * d + a, wide), "n3": Term(d + 1, wide)},
    )
    return System("hard", variables, (step,)), a * c == b * d * d + 123457


def test_auxiliary_claims_are_not_believed() -> None:
    """A false claim would prove anything; it is dropped, and the property refuted all the same."""
    count = state_of(Counting).cell.count
    lying = replace(counter(), auxiliary={"always zero": (count == 0).expr})
    for engine in (prove, k_induction):
        assert isinstance(engine(lying, {"four": (count == 4).expr}, seconds=30)["four"].verdict, Refuted)


def test_a_true_auxiliary_claim_is_proved_and_used() -> None:
    """The claim that jobs which have not started have no time left is inductive, so it becomes a lemma."""
    s = state_of(Delays)
    claim = ((s.job[0].phase == Job.IDLE) & (s.job[0].due > 0)).expr
    system = replace(delayed(), auxiliary={"idle jobs have no time left": z3.Not(claim)})
    lemmas = proved_lemmas(relation(system, None, unbounded=True), time.monotonic() + 30)
    assert any(z3.eq(lemma, z3.Not(claim)) for lemma in lemmas)


def test_a_proof_says_where_its_invariant_comes_from() -> None:
    """Where bounds and claims suffice nothing was left for Spacer to find, and it gets no credit."""
    count = state_of(Counting).cell.count
    beyond = prove(counter(), {"seven": (count > 6).expr}, seconds=30)["seven"]
    odd = prove(counter(), {"five": (count == 5).expr}, seconds=30)["five"]
    assert isinstance(beyond.verdict, Proved)
    assert isinstance(odd.verdict, Proved)
    assert "bounds and auxiliary claims" in beyond.verdict.how
    assert "found by Spacer" in odd.verdict.how


def test_a_claim_that_is_true_but_not_inductive_is_no_lemma() -> None:
    """That the counter never shows 3 does not follow from itself (2 steps lead from 1 to 3), so it is not used."""
    count = state_of(Counting).cell.count
    system = replace(counter(), auxiliary={"not three": (count != 3).expr})
    lemmas = proved_lemmas(relation(system, None, unbounded=True), time.monotonic() + 30)
    assert not any("3" in str(lemma) for lemma in lemmas)


@pytest.mark.parametrize(
    ("clause", "flaw"),
    [
        (lambda count: count > 0, "initiation"),
        (lambda count: count <= 2, "consecution"),
        (lambda count: count >= 0, "safety"),
    ],
)
def test_a_wrong_certificate_is_found_out(clause: Callable[[Term], Term], flaw: str) -> None:
    """Each of the three checks catches the certificate that fails it."""
    count = state_of(Counting).cell.count
    certificate = Certificate(relation(counter(), None, unbounded=True), (clause(count).expr,))
    found = certificate.recheck((count == 5).expr, time.monotonic() + 10)
    assert found is not None
    assert flaw in found


def test_a_condition_over_unknown_variables_is_refused() -> None:
    """A misspelt variable would be a fresh constant for z3, and the property about nothing."""
    with pytest.raises(DeclarationError, match="cell.cuont"):
        prove(counter(), {"odd": z3.Int("cell.cuont") == 3}, seconds=5)


@settings(max_examples=40, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(systems())
def test_proofs_and_refutations_agree_with_exploration(system: System) -> None:
    """On random systems, with the parameter fixed, what occurs is refuted and what does not is proved."""
    found = explore(system, backend="python").occurrences
    bad = {watch.name: watch for watch in system.watches}
    for name, result in prove(system, bad, parameters={}, seconds=30).items():
        assert isinstance(result.verdict, Refuted if name in found else Proved)
    for name, result in k_induction(system, bad, parameters={}, seconds=20, most=40).items():
        if name in found:
            assert isinstance(result.verdict, Refuted)
            assert len(result.verdict.path) == len(found[name])
        else:
            assert isinstance(result.verdict, Proved)


@settings(max_examples=20, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(systems())
def test_an_open_parameter_means_every_value(system: System) -> None:
    """A property is proved for an open parameter exactly when no value of it makes the property occur."""
    bad = {watch.name: watch for watch in system.watches}
    occurring: set[str] = set()
    for level in range(4):
        occurring |= set(explore(system, {"level": level}, backend="python").occurrences)
    for name, result in prove(system, bad, seconds=30).items():
        assert isinstance(result.verdict, Refuted if name in occurring else Proved)
        if isinstance(result.verdict, Refuted):
            assert name in explore(system, result.parameters, backend="python").occurrences


@settings(max_examples=20, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(systems())
def test_an_invariant_holds_at_every_reachable_state(system: System) -> None:
    """Spacer's invariant, executed on each explored state, holds there and excludes what is bad."""
    of = relation(system, {}, unbounded=True)
    deadline = time.monotonic() + 30
    watch = system.watches[0]
    bad = of.translate(about_to_occur(system, watch))
    answer = ask_spacer(of, bad, proved_lemmas(of, deadline), deadline)
    if answer.invariant is None:
        return
    invariant = evaluator(system, answer.invariant)
    backend = compile_python(system)
    for state in build_graph(system, backend="python").states.tolist():
        assert invariant(tuple(state))
        assert watch.name not in backend.holding(tuple(state))
