"""Every property kills the mutants that it names, by a run that the plain Python back end repeats."""

from __future__ import annotations

from functools import cache

import pytest

from cwmpcheck.catalogue import PROPERTIES, VANTAGE, Property, applicable, instrumented
from cwmpcheck.compile import compile_python
from cwmpcheck.engines.explore import explore
from cwmpcheck.engines.verdicts import Path
from cwmpcheck.kernel import DeclarationError, System
from cwmpcheck.protocol import SCENARIOS, Scenario, scenario
from cwmpcheck.protocol.mutants import MUTANTS, Mutant, mutant

PAIRS = tuple((item, name) for item in PROPERTIES if item.check is not None for name in item.kills)


def places(item: Property, bug: Mutant) -> list[str]:
    """The scenarios in which the property is decided and the mutant has what it changes."""
    found = []
    for each in SCENARIOS:
        if applicable(item, each.name) is None and each.name in bug.scenarios:
            try:
                bug.apply(each.system)
            except DeclarationError:
                assert bug.name.startswith("drop:"), f"{bug.name} should apply to {each.name}"
            else:
                found.append(each.name)
    return found


@cache
def changed(bug: str, name: str) -> System:
    """The scenario's system with the bug."""
    return mutant(bug).apply(scenario(name).system)


def replay(system: System, path: Path, name: str, of: str) -> None:
    """Assert that the oracle repeats the run, and sees the watch on its last step and on none before."""
    backend = compile_python(system, scenario(of).fixed)
    numbers = {action.name: number for number, action in enumerate(system.actions)}
    state = backend.initial()
    seen = []
    for step in path.steps:
        action = numbers[step.action]
        assert all(backend.guards(state, action))
        seen.append(name in backend.occurring(state, action))
        state = backend.successor(state, action)
        assert state == step.state
    assert seen == [False] * (len(path) - 1) + [True]


@pytest.mark.parametrize(("item", "name"), PAIRS, ids=[f"{item.id}-{name}" for item, name in PAIRS])
def test_killed(item: Property, name: str) -> None:
    """The property is broken by the mutant in some scenario, on a run that the oracle repeats."""
    where = places(item, mutant(name))
    assert where, "no scenario has what the mutant changes and asks the property"
    for of in where:
        system = instrumented(of, [item.id], of=changed(name, of))
        found = explore(system, scenario(of).fixed, stop_at=frozenset({item.id}))
        if item.id in found.occurrences:
            replay(system, found.occurrences[item.id], item.id, of)
            return
    pytest.fail(f"{name} breaks {item.id} in none of {', '.join(where)}")


def text(system: System) -> list[tuple[object, ...]]:
    """What the actions do, in a form that can be compared: terms compare as terms."""
    return [
        (
            action.name,
            [guard.term.sexpr() for guard in action.guards],
            {name: term.expr.sexpr() for name, term in action.updates.items()},
            [(shown.kind, {name: term.expr.sexpr() for name, term in shown.fields.items()}) for shown in action.shown],
        )
        for action in system.actions
    ]


@pytest.mark.parametrize("bug", MUTANTS, ids=lambda bug: bug.name)
def test_applies_where_it_says(bug: Mutant) -> None:
    """A named mutant changes the scenarios that it names; elsewhere it cannot be made or is not noticed."""
    killers = [item.id for item in PROPERTIES if bug.name in item.kills]
    assert killers, "no property says that it kills this mutant"
    for each in SCENARIOS:
        if each.name in bug.scenarios:
            assert text(bug.apply(each.system)) != text(each.system)
        else:
            assert elsewhere(bug, each, killers) == set()


def elsewhere(bug: Mutant, of: Scenario, killers: list[str]) -> set[str]:
    """Which of the properties a mutant breaks in a scenario that it does not name."""
    try:
        system = bug.apply(of.system)
    except DeclarationError:
        return set()
    watched = instrumented(of.name, killers, of=system)
    return set(killers) & set(explore(watched, of.fixed).occurrences)


def test_the_vantage_is_the_cpe() -> None:
    """Counterexamples tell what is seen at the CPE's end."""
    assert VANTAGE == "cpe"
