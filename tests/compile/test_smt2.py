"""The exported SMT-LIB2 texts: a plain solver reads them from the text alone, and says what we say."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest
import z3
from hypothesis import HealthCheck, given, settings
from tests.compile.toys import crossing, systems
from tests.engines.toys import jugs, ladders

from cwmpcheck.catalogue.registry import instrumented, watched
from cwmpcheck.compile.python import compile_python
from cwmpcheck.compile.smt2 import horn, unrolled
from cwmpcheck.engines.explore import ReachableOverflow, explore
from cwmpcheck.kernel import DeclarationError, System, Value
from cwmpcheck.protocol import scenario


def answers(text: str) -> list[str]:
    """What z3 prints when it runs a text, in a context of its own."""
    context = z3.Context()
    return [line for line in z3.Z3_eval_smtlib2_string(context.ref(), text).split("\n") if line]


def first_bad(
    system: System, depth: int, never: Collection[str], parameters: Mapping[str, Value] | None = None
) -> int | None:
    """After how many steps something bad occurs first, by the unrolled text."""
    found = answers(unrolled(system, depth, {} if parameters is None else parameters, never=never))
    assert len(found) == depth + 1
    assert set(found) <= {"sat", "unsat"}
    return found.index("sat") if "sat" in found else None


def test_the_water_jugs_are_solved_at_the_right_length() -> None:
    """Four gallons after six steps; the start holds at once; nine gallons never."""
    assert first_bad(jugs(), 7, ["four"]) == 6
    assert first_bad(jugs(), 1, ["start"]) == 0
    assert first_bad(jugs(), 7, ["never"]) is None
    assert first_bad(jugs(), 7, ["pour four away"]) == 6  # and the step that pours is the seventh


@pytest.mark.parametrize(("watch", "answer"), [("four", "unsat"), ("never", "sat"), ("pour four away", "unsat")])
def test_horn_clauses_say_whether_a_watch_ever_occurs(watch: str, answer: str) -> None:
    """``unsat`` where it occurs, ``sat`` where an inductive invariant rules it out."""
    assert answers(horn(jugs(), {}, never=[watch])) == [answer]


def test_horn_clauses_leave_parameters_open() -> None:
    """With the parameter open some value lets the watch occur; with it fixed, none of the others does."""
    system = crossing()
    assert answers(horn(system, None, never=["late change"])) == ["unsat"]
    assert answers(horn(system, {"strict": True}, never=["late change"])) == ["unsat"]  # tick, while pressed
    strict_change = system.watches[1]
    only = [type(strict_change)("early", None, {"change": strict_change.step["change"]})]
    bare = type(system)(system.name, system.variables, system.actions, system.parameters, {}, tuple(only))
    assert answers(horn(bare, None)) == ["unsat"]
    assert answers(horn(bare, {"strict": True})) == ["sat"]


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(systems())
def test_random_systems_go_bad_after_as_many_steps(system: System) -> None:
    """Each watch occurs first after as many steps as the oracle finds, level by level."""
    try:
        explore(system, backend="python")
    except ReachableOverflow:
        return
    backend = compile_python(system)
    level, known = {backend.initial()}, {backend.initial()}
    expected: dict[str, int] = {}
    for depth in range(5):
        for state in level:
            enabled = backend.enabled(state)
            for name in backend.holding(state).union(*(backend.occurring(state, action) for action in enabled)):
                expected.setdefault(name, depth)
        level = {backend.successor(state, action) for state in level for action in backend.enabled(state)} - known
        known |= level
    for watch in system.watches:
        assert first_bad(system, 4, [watch.name]) == expected.get(watch.name)


def test_an_instrumented_scenario_is_read() -> None:
    """A scenario with a check and its registers is read by a plain solver; nothing bad occurs in its first steps."""
    check = watched("status0")[0].id
    assert first_bad(instrumented("status0", [check]), 3, [check], scenario("status0").fixed) is None


def test_a_system_without_watches_has_no_question() -> None:
    """Nothing to ask about is refused, not answered with ``sat``."""
    with pytest.raises(DeclarationError, match="no watch to ask about"):
        horn(ladders(1, 1), {}, never=[])
    with pytest.raises(DeclarationError, match="-1 steps"):
        unrolled(jugs(), -1)
