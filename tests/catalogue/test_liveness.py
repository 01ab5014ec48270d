"""Progress: proved under the assumptions that each property names, and refuted without any one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import pytest
from tests.catalogue.shared_runs import graph_of

from cwmpcheck.api.fair import assumptions_of, translated
from cwmpcheck.catalogue import Assumed, Property, find
from cwmpcheck.catalogue.liveness import DELIVERY, LIVENESS, RESETS_END
from cwmpcheck.compile import compile_python
from cwmpcheck.engines.assumptions import Assumption, FinitelyOften, Strong, Weak
from cwmpcheck.engines.fairness import LeadsTo
from cwmpcheck.engines.verdicts import Proved, Refuted, Verdict
from cwmpcheck.kernel import Value, state_of
from cwmpcheck.protocol import SCENARIOS, Upgrade, scenario
from cwmpcheck.protocol import reading as protocol_reading

S = state_of(Upgrade)
NAMES = tuple(each.name for each in SCENARIOS)
ASKED = tuple((item, name) for item in LIVENESS for name in NAMES if name not in item.not_in)
ASSUMING = tuple(item for item in LIVENESS if item.leads_to is not None and item.leads_to.assuming)


@cache
def question(id: str, name: str) -> LeadsTo:
    """The property as a question on the scenario's graph."""
    item = find(id)
    assert isinstance(item, Property)
    assert item.leads_to is not None
    trigger, goal = item.leads_to.trigger(S).expr, item.leads_to.goal(S).expr
    of = scenario(name)
    return LeadsTo(of.system, trigger, goal, parameters=of.fixed, graph=graph_of(name))


def assumed(id: str, name: str, without: Iterable[Assumed] = ()) -> frozenset[Assumption]:
    """What the property assumes in the scenario, but for some of it."""
    item = find(id)
    assert isinstance(item, Property)
    assert item.leads_to is not None
    left_out = set(without)
    found = translated(scenario(name).system, item.leads_to)
    return frozenset().union(*(fairness for each, fairness in found.items() if each not in left_out))


def check_lasso(
    verdict: Verdict, name: str, assuming: Iterable[Assumption], parameters: Mapping[str, Value] | None = None
) -> None:
    """Assert that a refutation is a run of the system whose loop satisfies the assumptions, by their definition."""
    assert isinstance(verdict, Refuted)
    path, system = verdict.path, scenario(name).system
    states = [path.initial, *(step.state for step in path.steps)]
    assert path.loop_from is not None
    assert path.loop_from < len(path), "it ends, and so satisfies every assumption"
    assert states[path.loop_from] == states[-1]
    backend = compile_python(system, parameters or scenario(name).fixed)
    taken = {step.action for step in path.steps[path.loop_from :]}
    enabled = [{system.actions[i].name for i in backend.enabled(s)} for s in states[path.loop_from :]]
    for each in assuming:
        if isinstance(each, FinitelyOften):
            assert not taken & each.actions, each
        else:
            always = [bool(names & each.actions) for names in enabled]
            obliged = any(always) if isinstance(each, Strong) else all(always)
            assert not obliged or taken & each.actions, each


@pytest.mark.parametrize(("item", "name"), ASKED, ids=[f"{item.id}-{name}" for item, name in ASKED])
def test_proved(item: Property, name: str) -> None:
    """The property holds under what it assumes, on all reachable states."""
    assert isinstance(question(item.id, name).decide(assumed(item.id, name)), Proved)


def test_an_outcome_may_stay_unheard_under_weak_fairness_alone() -> None:
    """Nobody is lazy, and still an accepted Download's outcome never reaches the ACS, since messages may be lost."""
    everybody = frozenset(Weak(a.name) for a in scenario("unicast").system.actions if a.party != "network")
    verdict = question("H-2", "unicast").decide(everybody)
    check_lasso(verdict, "unicast", everybody)


@pytest.mark.parametrize("without", ["strong delivery", "finitely many resets"])
def test_an_outcome_reaches_the_acs(without: str) -> None:
    """An outcome reaches the ACS under strong delivery and finitely many resets, and need not without either."""
    dropped = DELIVERY.values() if without == "strong delivery" else [RESETS_END]
    left = assumed("H-2", "unicast", dropped)
    assert left < assumed("H-2", "unicast")
    check_lasso(question("H-2", "unicast").decide(left), "unicast", left)


@pytest.mark.parametrize("item", ASSUMING, ids=lambda item: item.id)
def test_no_kind_of_assumption_is_idle(item: Property) -> None:
    """Without fairness, without delivery, and without the end of any trouble, the property fails somewhere."""
    assert item.leads_to is not None
    names = [name for name in NAMES if name not in item.not_in]
    for title in assumptions_of(scenario("unicast").system, item.leads_to):
        verdicts = []
        for name in names:
            kinds = assumptions_of(scenario(name).system, item.leads_to)
            left = frozenset().union(*(fairness for each, fairness in kinds.items() if each != title))
            verdicts.append(question(item.id, name).decide(left))
            if isinstance(verdicts[-1], Refuted):
                check_lasso(verdicts[-1], name, left)
                break
        assert isinstance(verdicts[-1], Refuted), f"{item.id} holds without: {title}"


@pytest.mark.parametrize(
    ("id", "name", "reading", "value"),
    [("H-2", "unicast", "A-02", "delivered"), ("P-89", "status0", "A-26", "keeps")],
    ids=["a Fault counts as delivery", "an empty reply keeps the hold"],
)
def test_readings_that_defeat_progress(id: str, name: str, reading: str, value: str) -> None:
    """An outcome answered by a Fault is dropped unheard; under a hold that nothing ends, a session goes on for ever."""
    of, option = scenario(name), protocol_reading(reading)
    chosen = {**of.fixed, option.parameter.name: option.choose(value)}
    item = find(id)
    assert isinstance(item, Property)
    assert item.leads_to is not None
    trigger, goal = item.leads_to.trigger(S).expr, item.leads_to.goal(S).expr
    verdict = LeadsTo(of.system, trigger, goal, parameters=chosen).decide(assumed(id, name))
    check_lasso(verdict, name, assumed(id, name), chosen)


EACH = tuple((item, each) for item in ASSUMING for each in (item.leads_to.assuming if item.leads_to else ()))


@pytest.mark.slow
@pytest.mark.parametrize(("item", "each"), EACH, ids=[f"{item.id}-{each.title}" for item, each in EACH])
def test_every_assumption_is_needed(item: Property, each: Assumed) -> None:
    """Without this one assumption, all others kept, the property fails in some scenario."""
    for name in (name for name in NAMES if name not in item.not_in):
        left = assumed(item.id, name, [each])
        verdict = question(item.id, name).decide(left)
        if isinstance(verdict, Refuted):
            check_lasso(verdict, name, left)
            return
    pytest.fail(f"{item.id} holds without: {each.title}")
