"""The exported TLA+ module is well formed, and is the same system.

TLC itself is not run here; a reader of the language, written for these tests, reads every module to its last word
and counts its states.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from tests.compile.tla_reader import Reader, Run
from tests.compile.toys import crossing, overflowing, systems

from cwmpcheck.compile.tla import tla
from cwmpcheck.engines.explore import ReachableOverflow, explore
from cwmpcheck.kernel import BOOLEAN, DeclarationError, System
from cwmpcheck.protocol import SCENARIOS, scenario


def _agrees(system: System) -> None:
    """The module has our states, our transitions, and breaks the invariants of the watches that occur."""
    exported = tla(system)
    run = Run(exported.module, exported.config)
    states, transitions, broken = run.explore()
    ours = explore(system, backend="python")
    assert (len(states), transitions) == (ours.states, ours.transitions)
    # Invariants are listed in the order of the watches, after TypeOK.
    names = dict(zip(run.invariants[1:], (watch.name for watch in system.watches), strict=True))
    assert {names[name] for name in broken} == set(ours.occurrences)


def test_a_system_of_every_kind_of_variable_is_the_same_system_in_tla() -> None:
    """States, transitions and what occurs agree on the crossing, whose timer saturates."""
    _agrees(crossing())


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(systems())
def test_random_systems_are_the_same_in_tla(system: System) -> None:
    """States, transitions and what occurs agree on random systems; where ours overflows, TypeOK is broken."""
    try:
        explore(system, backend="python")
    except ReachableOverflow as error:
        run = Run(tla(system).module, tla(system).config)
        last = error.path.steps[-1].state if error.path.steps else system.initial
        assert any("TypeOK" in run.broken(after) for _, after in run.successors(_typed(system, last)))
    else:
        _agrees(system)


def _typed(system: System, state: tuple[int, ...]) -> tuple[bool | int, ...]:
    """A state with truth values where TLA+ has them."""
    return tuple(bool(n) if v.domain == BOOLEAN else n for v, n in zip(system.variables, state, strict=True))


def test_a_value_outside_its_domain_breaks_the_type_invariant() -> None:
    """TLA+ integers have no bounds, so an overflow shows as a broken TypeOK."""
    exported = tla(overflowing())
    run = Run(exported.module, exported.config)
    assert "TypeOK" in run.broken((3,))
    assert "TypeOK" not in run.broken((2,))


@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS])
def test_scenarios_are_read_to_the_last_word(name: str) -> None:
    """The module of every scenario is well formed, has all variables and actions, and starts where ours does."""
    chosen = scenario(name)
    exported = tla(chosen.system, chosen.fixed)
    run = Run(exported.module, exported.config)
    assert len(run.reader.variables) == len(chosen.system.variables)
    assert len(run.actions) == len(chosen.system.actions)
    assert tuple(map(int, run.initial())) == chosen.system.initial


@pytest.mark.slow
def test_a_whole_scenario_is_the_same_in_tla() -> None:
    """Every state and transition of status0 is in its module, and none else."""
    exported = tla(scenario("status0").system, scenario("status0").fixed)
    states, transitions, broken = Run(exported.module, exported.config).explore()
    assert (len(states), transitions, broken) == (11525, 33158, set())


def test_parameters_are_constants_of_the_configuration() -> None:
    """A chosen value stands in the configuration; a negative one, which has no words there, in a definition."""
    exported = tla(crossing(), {"patience": 3})
    assert "CONSTANT patience = 3" in exported.config
    assert "CONSTANT strict = TRUE" in exported.config
    assert "ASSUME patience \\in Int /\\ patience >= 0" in exported.module


def test_only_the_named_watches_are_invariants() -> None:
    """``never`` chooses; an unknown name is refused."""
    exported = tla(crossing(), never=["late change"])
    assert [line for line in exported.config.splitlines() if "Never" in line] == ["INVARIANT Never_late_change"]
    with pytest.raises(DeclarationError, match="no watch lost"):
        tla(crossing(), never=["lost"])


def test_the_reader_refuses_what_is_no_module() -> None:
    """The reader of these tests does fail on damaged text."""
    text = tla(crossing()).module
    for old, new in [
        ("Init ==", "Init ="),
        (" THEN ", " THAN "),
        ("UNCHANGED <<", "UNCHANGED <"),
        ("EXTENDS", "EXTEND"),
    ]:
        with pytest.raises((AssertionError, KeyError)):
            Reader(text.replace(old, new, 1))
