"""Near misses: the runs on which only one condition kept a rule from being broken."""

from __future__ import annotations

import pytest
from tests.engines.toys import Jugs, jugs

from cwmpcheck.catalogue.registry import instrumented
from cwmpcheck.compile import compile_python, evaluator
from cwmpcheck.engines.explore import Limits
from cwmpcheck.engines.samples import near_misses
from cwmpcheck.kernel import DeclarationError, System, Watch, both, either, state_of
from cwmpcheck.protocol import scenario

S = state_of(Jugs)


def watching(*watches: Watch) -> System:
    """The jugs with watches of one's own."""
    return jugs().with_watches(watches)


def test_a_state_that_lacks_one_condition_is_a_near_miss() -> None:
    """Both jugs full of four and two never comes up; four and something else does, and two and something else."""
    system = watching(Watch("four and one", both(S.big == 4, S.small == 1).expr))
    near = near_misses(system, ["four and one"])["four and one"]
    assert {miss.missing for miss in near} == {"big = 4", "small = 1"}
    for miss in near:
        state = miss.path.steps[-1].state if miss.path.steps else miss.path.initial
        assert (state[1] == 4) != (state[0] == 1)
    assert min(len(miss.path) for miss in near) == 4


def test_a_step_that_lacks_one_condition_is_a_near_miss_on_that_step() -> None:
    """The run ends with the action concerned."""
    system = watching(Watch("waste", None, {"empty_big": both(S.big == 5, S.small == 2).expr}))
    near = near_misses(system, ["waste"])["waste"]
    assert {miss.action for miss in near} == {"empty_big"}
    assert {miss.path.steps[-1].action for miss in near} == {"empty_big"}
    assert {miss.missing for miss in near} == {"big = 5", "small = 2"}


def test_alternatives_are_looked_at_one_by_one() -> None:
    """A rule with two ways of being broken has near misses of both."""
    system = watching(Watch("either", either(both(S.big == 4, S.small == 1), both(S.big == 3, S.small == 2)).expr))
    near = near_misses(system, ["either"], most=9)["either"]
    assert {miss.missing for miss in near} == {"big = 4", "small = 1", "big = 3", "small = 2"}


def test_no_more_runs_than_are_wanted_and_the_shortest_of_them() -> None:
    """Three unless told."""
    system = watching(Watch("far", both(S.big == 4, S.small == 1, S.big > 3, S.big < 5).expr))
    assert len(near_misses(system, ["far"])["far"]) <= 3
    assert len(near_misses(system, ["far"], most=1)["far"]) == 1


def test_what_a_limit_cut_off_is_no_near_miss() -> None:
    """Nothing is invented beyond what was explored."""
    system = watching(Watch("four and one", both(S.big == 4, S.small == 1).expr))
    assert near_misses(system, ["four and one"], limits=Limits(states=2))["four and one"] == ()


def test_an_unknown_watch_is_refused() -> None:
    """A misspelt id would quietly show nothing."""
    with pytest.raises(DeclarationError, match="no watch P-99"):
        near_misses(jugs(), ["P-99"])


def test_a_property_of_the_protocol_has_near_misses_that_do_not_break_it() -> None:
    """On each run the property's watch does not occur, and the action it ends with is one that could break it."""
    chosen = scenario("status0")
    system = instrumented("status0", ["P-20"])
    near = near_misses(system, ["P-20"], chosen.fixed)["P-20"]
    assert 1 <= len(near) <= 3
    backend = compile_python(system, chosen.fixed)
    places = {action.name: place for place, action in enumerate(system.actions)}
    (watch,) = (w for w in system.watches if w.name == "P-20")
    for miss in near:
        assert miss.action is not None
        before = miss.path.steps[-2].state if len(miss.path) > 1 else miss.path.initial
        assert "P-20" not in backend.occurring(before, places[miss.action])
        assert not evaluator(system, watch.step[miss.action], chosen.fixed)(before)
