"""The transition relation: what is open, what is bounded, and what is read from a model."""

from __future__ import annotations

import pytest
import z3
from tests.compile.toys import Crossing, crossing

from cwmpcheck.compile import compile_python, relation
from cwmpcheck.kernel import state_of


@pytest.mark.parametrize("bits", [False, True])
def test_the_initial_state_is_the_only_initial_one(bits: bool) -> None:
    """Exactly one state satisfies the initial condition, and it is read back in the numbers of the domains."""
    system = crossing()
    start = relation(system, {}, bits=bits)
    solver = z3.SolverFor("QF_FD") if bits else z3.Solver()
    solver.add(start.initial, start.bounds)
    assert solver.check() == z3.sat
    assert start.read(solver.model()) == system.initial
    model = solver.model()
    solver.add(z3.Or(*(c != model.eval(c, model_completion=True) for c in start.variables)))
    assert solver.check() == z3.unsat


def wait_after_press(value: int, *, unbounded: bool) -> bool:
    """Whether the first press can set the timer to a value."""
    steps = relation(crossing(), None, unbounded=unbounded)
    solver = z3.Solver()
    solver.add(steps.initial, steps.bounds, steps.bounds_primed, steps.actions[0], steps.primed[4] == value)
    return bool(solver.check() == z3.sat)


def test_unbounded_timers_take_any_value() -> None:
    """A bounded timer saturates; without bounds it takes whatever the parameter is, which then has no bound either."""
    assert [wait_after_press(n, unbounded=False) for n in (0, 2, 3)] == [True, True, False]
    assert [wait_after_press(n, unbounded=True) for n in (0, 2, 3, 10**9)] == [True, True, True, True]
    assert not wait_after_press(-1, unbounded=True)


def test_fixed_parameters_leave_no_constant_open() -> None:
    """With values given, no parameter is left in any formula."""
    assert relation(crossing(), {"patience": 1}).parameters == []
    assert [str(p) for p in relation(crossing(), None).parameters] == ["patience", "strict"]


@pytest.mark.parametrize("bits", [False, True])
def test_terms_are_translated_into_the_same_sorts(bits: bool) -> None:
    """A condition over the system's variables can be asked together with the relation, before or after the step."""
    system, s = crossing(), state_of(Crossing)
    steps = relation(system, {}, bits=bits)
    broke = steps.translate((s.balance < 0).expr)
    solver = z3.SolverFor("QF_FD") if bits else z3.Solver()
    solver.add(steps.initial, steps.bounds, steps.bounds_primed, z3.Or(*steps.actions))
    assert solver.check(broke) == z3.unsat
    assert solver.check(steps.after(broke)) == z3.sat
    solver.add(steps.after(broke))
    solver.check()
    after = steps.read(solver.model(), steps.primed)
    assert after == compile_python(system).successor(system.initial, 1)


def test_bits_are_never_unbounded() -> None:
    """Bits are finite, so asking for both is a mistake of the caller."""
    with pytest.raises(ValueError, match="bits are finite"):
        relation(crossing(), None, unbounded=True, bits=True)
