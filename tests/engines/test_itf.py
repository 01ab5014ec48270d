"""The Informal Trace Format: runs go out and come back, and foreign or damaged traces are understood or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.compile.toys import crossing
from tests.engines.toys import jugs

from cwmpcheck.engines.explore import explore
from cwmpcheck.engines.itf import from_itf, is_itf, to_itf
from cwmpcheck.engines.replay import ReplayError, parameters_in, replay
from cwmpcheck.engines.simulate import simulate
from cwmpcheck.engines.verdicts import Path
from cwmpcheck.kernel import System
from cwmpcheck.protocol import SCENARIOS, Scenario
from cwmpcheck.vocabulary.errors import UnreadableInput


def solution() -> Path:
    """The shortest way to four gallons."""
    return explore(jugs(), backend="python").occurrences["four"]


def written(system: System, path: Path, **parameters: Any) -> Any:
    """A path out to JSON text and back."""
    return json.loads(json.dumps(to_itf(system, path, parameters)))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.name)
def test_runs_of_every_scenario_go_out_and_come_back(scenario: Scenario) -> None:
    """States, actions and parameters survive, and the run replays."""
    path = simulate(scenario.system, scenario.fixed, seed=3, steps=60).path
    run = from_itf(scenario.system, written(scenario.system, path, **scenario.fixed))
    assert [step.state for step in run.steps] == [step.state for step in path.steps]
    assert run.initial == path.initial
    assert run.system == scenario.name
    assert parameters_in(scenario.system, run)["needs_reboot"] == scenario.fixed["needs_reboot"]
    assert replay(scenario.system, run) == path


def test_values_are_written_as_the_format_has_them() -> None:
    """Truth values, strings for enumerations, big integers in an object of their own, names of what was done."""
    system = crossing()
    path = replay(system, ["pay(by=1)", "pay(by=1)", "pay(by=1)", "pay(by=1)", "swap"])
    document = written(system, path, patience=2)
    assert document["params"] == ["patience", "strict"]
    assert document["states"][0] | {"#meta": 0} == {
        "#meta": 0,
        "patience": 2,
        "strict": True,
        "light": "RED",
        "pressed": False,
        "always_five": 5,
        "balance": 0,
        "wait": 0,
        "wide": 7,
        "wider": -7,
    }
    assert document["states"][5]["#meta"] == {"index": 5, "action": "swap"}


def test_integers_beyond_53_bits_are_written_and_read_as_bigint() -> None:
    """JSON's readers would round them."""
    from cwmpcheck.kernel import Range, Variable

    system = System("wide", (Variable("n", Range(0, 2**60), 2**60 - 1),), ())
    document = written(system, Path((2**60 - 1,), ()))
    assert document["states"][0]["n"] == {"#bigint": str(2**60 - 1)}
    assert from_itf(system, document).initial == (2**60 - 1,)


def test_a_lasso_goes_out_and_comes_back() -> None:
    """The loop of the format goes back to a state; ours begins after a number of steps."""
    path = Path(solution().initial, replay(jugs(), ["fill_big", "fill_small", "empty_small"]).steps, 1)
    document = written(jugs(), path)
    assert document["loop"] == 2
    assert replay(jugs(), from_itf(jugs(), document)) == path


def test_a_foreign_lasso_whose_last_step_is_left_to_the_reader_is_closed() -> None:
    """Apalache and TLC say to which state the last one goes back, and do not repeat that state."""
    document = {
        "vars": ["small", "big"],
        "states": [{"small": 0, "big": 0}, {"small": 0, "big": 5}, {"small": 3, "big": 5}],
        "loop": 1,
    }
    path = replay(jugs(), from_itf(jugs(), document))
    assert [step.action for step in path.steps] == ["fill_big", "fill_small", "empty_small"]
    assert path.loop_from == 1


def test_a_trace_of_the_exported_tla_module_is_understood() -> None:
    """Names as in the module, enumerations as numbers, every integer a bigint, no action named."""
    system = SCENARIOS[0].system
    path = simulate(system, SCENARIOS[0].fixed, seed=1, steps=12).path
    states = [path.initial, *(step.state for step in path.steps)]
    rows = [
        {
            v.name.replace(".", "_"): bool(n) if v.domain.__class__.__name__ == "Boolean" else {"#bigint": str(n)}
            for v, n in zip(system.variables, state, strict=True)
        }
        for state in states
    ]
    run = from_itf(system, {"vars": list(rows[0]), "states": rows})
    assert [step.state for step in replay(system, run, SCENARIOS[0].fixed).steps] == states[1:]


def damaged(**changes: Any) -> Any:
    """The solution of the jugs with something replaced."""
    return written(jugs(), solution()) | changes


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ([], "no ITF trace"),
        ({"vars": []}, "no ITF trace"),
        (damaged(states=[]), "a list of states"),
        (damaged(states=[1]), "a list of states"),
        (damaged(states="x"), "a list of states"),
        (damaged(states=[{"small": 0}]), "state 0 has no big; is it a trace of jugs"),
        (damaged(states=[{"small": 9, "big": 0}]), "state 0: small: '9' is no integer of 0..3"),
        (damaged(states=[{"small": [], "big": 0}]), "state 0: small"),
        (damaged(states=[{"small": True, "big": 0}]), "state 0: small: 'True' is no integer"),
        (damaged(loop=99), "number of a state, 0 to 6; not 99"),
        (damaged(loop="1"), "number of a state"),
    ],
)
def test_damaged_traces_are_refused(document: Any, why: str) -> None:
    """What cannot be read is told, with the state and the variable."""
    with pytest.raises(UnreadableInput, match=why):
        from_itf(jugs(), document)


def test_a_trace_that_is_no_run_is_refused_with_the_action_that_comes_nearest() -> None:
    """States alone are believed only when some action leads from each to the next."""
    rows = [{"small": 0, "big": 0}, {"small": 2, "big": 0}]
    with pytest.raises(ReplayError, match="step 1: no action leads to state 1; .* comes nearest, but small is"):
        replay(jugs(), from_itf(jugs(), {"vars": ["small", "big"], "states": rows}))
    with pytest.raises(ReplayError, match="does not begin in the initial state: small is 0, and 2 was"):
        replay(jugs(), from_itf(jugs(), {"vars": ["small", "big"], "states": rows[1:]}))


def test_other_json_is_no_trace() -> None:
    """A report of verify is told apart from a trace."""
    assert not is_itf({"results": [], "exit": 0})
    assert is_itf(to_itf(jugs(), solution()))
