"""Random small systems: Python, NumPy, C and z3 agree state for state and count for count."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import z3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.compile.coupled import coupled
from tests.compile.toys import systems

from cwmpcheck.compile import Backend, State, compile_python, compiler, relation
from cwmpcheck.compile import tables as table_method
from cwmpcheck.compile.components import NoTables, partition_of
from cwmpcheck.compile.search import Bounds, Search, Tally
from cwmpcheck.compile.searching import BackendName, open_search
from cwmpcheck.kernel import DomainOverflow, System

QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
OTHERS: tuple[BackendName, ...] = ("numpy", "native", "tables") if compiler() else ("numpy", "tables")
MOST_STATES = 4000


def searched(system: System, backend: BackendName, *, edges: bool = True) -> tuple[Search, Tally]:
    """A finished search."""
    bounds = Bounds(states=MOST_STATES, edges=edges)
    _, search = open_search(system, system.defaults, backend, bounds)
    tally = search.advance(30.0)
    assert tally.over
    return search, tally


def lengths(tally: Tally, search: Search) -> dict[str, int]:
    """How long the shortest run to each sighting is."""
    return {name: len(search.run(hit.state)) - (hit.action is None) for name, hit in tally.hits.items()}


def transitions(search: Search) -> set[tuple[State, int, State]]:
    """All transitions by the states themselves."""
    states = [tuple(row) for row in search.states().tolist()]
    rows = zip(*(column.tolist() for column in search.edges()), strict=True)
    return {(states[source], action, states[target]) for source, target, action in rows}


@settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
@given(systems())
def test_searches_agree(system: System) -> None:
    """Distinct states, transitions, depth, counts by action, deadlocks and lengths of shortest runs are the same."""
    for backend in OTHERS:
        if backend == "tables" and not may_have_tables(system):
            continue
        agree(system, backend)


def may_have_tables(system: System) -> bool:
    """Whether no component is wider than a word and none is coupled too tightly."""
    try:
        open_search(system, system.defaults, "tables", Bounds())
    except NoTables:
        return False
    return True


@pytest.mark.parametrize("contexts", [64, 1])
@pytest.mark.parametrize("command", ["cc", ""])
def test_tables_agree(monkeypatch: pytest.MonkeyPatch, contexts: int, command: str) -> None:
    """Loosely coupled modules agree too, in C and NumPy, and however many actions are attached to a component."""
    monkeypatch.setattr(table_method, "MOST_CONTEXTS", contexts)
    if not command:
        monkeypatch.setenv("CWMPCHECK_CC", command)
    components: set[int] = set()

    @settings(max_examples=25, deadline=None, suppress_health_check=QUIET)
    @given(coupled())
    def check(system: System) -> None:
        components.add(len(partition_of(system).members))
        agree(system, "tables")

    check()
    assert components & {2, 3, 4}


def agree(system: System, backend: BackendName) -> None:
    """A back end's search has the oracle's figures, states and transitions."""
    oracle, wanted = searched(system, "python")
    search, tally = searched(system, backend)
    assert tally.stopped == wanted.stopped
    if wanted.overflow is not None:
        assert tally.overflow is not None
        assert len(search.run(tally.overflow[0])) == len(oracle.run(wanted.overflow[0]))
    if wanted.stopped is None:
        assert set(map(tuple, search.states().tolist())) == set(map(tuple, oracle.states().tolist()))
        assert set(map(tuple, search.packed().tolist())) == set(map(tuple, oracle.packed().tolist()))
        assert transitions(search) == transitions(oracle)
        assert (tally.states, tally.transitions, tally.depth) == (wanted.states, wanted.transitions, wanted.depth)
        assert list(tally.fired) == list(wanted.fired)
        assert tally.deadlocks == wanted.deadlocks
        assert (tally.deadlock is None) == (wanted.deadlock is None)
        assert lengths(tally, search) == lengths(wanted, oracle)


@settings(max_examples=40, deadline=None, suppress_health_check=QUIET)
@given(systems(), st.booleans(), st.booleans())
def test_the_relation_has_the_same_steps(system: System, bits: bool, symbolic: bool) -> None:
    """From a concrete state z3 finds the oracle's successor, no other, and none where a value would overflow."""
    backend = compile_python(system)
    search, _ = searched(system, "python")
    steps = relation(system, None if symbolic else {}, bits=bits)
    solver = z3.SolverFor("QF_FD") if bits else z3.Solver()
    solver.add(steps.bounds, steps.bounds_primed)
    for state in search.states().tolist()[:8]:
        for number in range(len(system.actions)):
            solver.push()
            solver.add(steps.actions[number], *at(steps.system, steps.variables, tuple(state), bits))
            if symbolic:
                solver.add(*parameters_at(system, steps.parameters))
            assert successors(solver, steps.primed, steps.read) == expected(backend, tuple(state), number)
            solver.pop()


def at(system: System, constants: list[z3.ExprRef], state: State, bits: bool) -> list[z3.BoolRef]:
    """The condition that the constants have the values of a state."""
    made = []
    for constant, number in zip(constants, state, strict=True):
        made.append(constant == bool(number) if z3.is_bool(constant) else constant == number)
    assert len(made) == len(system.variables)
    assert not bits or not any(z3.is_int(constant) for constant in constants)
    return made


def parameters_at(system: System, constants: list[z3.ExprRef]) -> list[z3.BoolRef]:
    """The condition that open parameters have their defaults."""
    pairs = zip(constants, system.defaults, strict=True)
    return [constant == (bool(number) if z3.is_bool(constant) else number) for constant, number in pairs]


def successors(
    solver: z3.Solver, primed: list[z3.ExprRef], read: Callable[[z3.ModelRef, list[z3.ExprRef]], State]
) -> list[State]:
    """At most two different states after the step that the solver can find."""
    found: list[State] = []
    while len(found) < 2 and solver.check() == z3.sat:
        model = solver.model()
        found.append(read(model, primed))
        solver.add(z3.Or(*(c != model.eval(c, model_completion=True) for c in primed)))
    return found


def expected(oracle: Backend, state: State, number: int) -> list[State]:
    """The oracle's successor in a list, or none."""
    if number not in oracle.enabled(state):
        return []
    try:
        return [oracle.successor(state, number)]
    except DomainOverflow:
        return []
