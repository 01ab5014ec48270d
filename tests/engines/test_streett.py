"""Fair lassos against a definition that is checked edge set by edge set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cwmpcheck.engines.graph import Graph
from cwmpcheck.engines.marking import Marking
from cwmpcheck.engines.response import Response

Edge = tuple[int, int, int]
"""Source, target, action."""


@dataclass(frozen=True)
class Case:
    """A small graph of reachable states, where p and q occur, and the assumptions, all by number."""

    count: int
    edges: tuple[Edge, ...]
    p_states: frozenset[int]
    q_states: frozenset[int]
    p_edges: frozenset[int]
    q_edges: frozenset[int]
    weak: tuple[int, ...]
    strong: tuple[frozenset[int], ...]
    ceasing: frozenset[int]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Small graphs with at most nine edges and three actions, cut down to what is reachable from 0."""
    count = draw(st.integers(1, 5))
    state, action = st.integers(0, count - 1), st.integers(0, 2)
    edges = draw(st.lists(st.tuples(state, state, action), max_size=9, unique=True))
    reached = {0}
    for _ in range(count):
        reached |= {t for s, t, _ in edges if s in reached}
    names = {s: i for i, s in enumerate(sorted(reached))}
    kept = tuple((names[s], names[t], a) for s, t, a in edges if s in reached)
    states = st.frozensets(st.integers(0, len(names) - 1), max_size=3)
    some_edges = st.frozensets(st.integers(0, len(kept) - 1), max_size=2) if kept else st.just(frozenset[int]())
    return Case(
        len(names),
        kept,
        draw(states),
        draw(states),
        draw(some_edges),
        draw(some_edges),
        tuple(draw(st.frozensets(action, max_size=2))),
        tuple(draw(st.lists(st.frozensets(action, min_size=1, max_size=2), max_size=2))),
        draw(st.frozensets(action, max_size=1)),
    )


def _flags(count: int, members: frozenset[int]) -> np.ndarray:
    flags = np.zeros(count, dtype=np.bool_)
    flags[sorted(members)] = True
    return flags


def _column(case: Case, place: int) -> np.ndarray:
    return np.array([edge[place] for edge in case.edges], dtype=np.int64)


def _answer(case: Case) -> tuple[list[int], list[int]] | None:
    """What the engine says."""
    states = np.arange(case.count).reshape(-1, 1)
    graph = Graph(states, _column(case, 0), _column(case, 1), _column(case, 2))
    response = Response(
        graph,
        Marking(_flags(case.count, case.p_states), _flags(len(case.edges), case.p_edges)),
        Marking(_flags(case.count, case.q_states), _flags(len(case.edges), case.q_edges)),
    )
    demands = [response.demand(_flags(3, frozenset({a})), strong=False) for a in case.weak]
    demands += [response.demand(_flags(3, actions), strong=True) for actions in case.strong]
    return response.unanswered(tuple(demands), _flags(3, case.ceasing))


def _enabled(case: Case, state: int) -> set[int]:
    return {a for s, _, a in case.edges if s == state}


def _fair(case: Case, loop: Sequence[int]) -> bool:
    """Whether a run that takes exactly these edges infinitely often satisfies the assumptions, by their definition."""
    visited = {case.edges[e][0] for e in loop}
    taken = {case.edges[e][2] for e in loop}
    for action in case.weak:
        if all(action in _enabled(case, s) for s in visited) and action not in taken:
            return False
    for actions in case.strong:
        if any(actions & _enabled(case, s) for s in visited) and not actions & taken:
            return False
    return not taken & case.ceasing


def _dark(case: Case, edge: int) -> bool:
    source, target, _ = case.edges[edge]
    return edge not in case.q_edges and source not in case.q_states and target not in case.q_states


def _due(case: Case) -> dict[int, int]:
    """The states at which the answer can be due, with the fewest steps to get there; plain relaxation."""
    far = 10**6
    plain, due = {0: 0}, dict[int, int]()
    for _ in range(2 * case.count + 2):
        for state, steps in list(plain.items()):
            if state in case.p_states - case.q_states:
                due[state] = min(due.get(state, far), steps)
        for number, (source, target, _) in enumerate(case.edges):
            if source in plain:
                plain[target] = min(plain.get(target, far), plain[source] + 1)
                if number in case.p_edges and number not in case.q_edges and target not in case.q_states:
                    due[target] = min(due.get(target, far), plain[source] + 1)
            if source in due and _dark(case, number):
                due[target] = min(due.get(target, far), due[source] + 1)
    return due


def _strongly_connected(case: Case, loop: Sequence[int]) -> bool:
    visited = {case.edges[e][0] for e in loop}
    for start in visited:
        seen = {start}
        for _ in visited:
            seen |= {case.edges[e][1] for e in loop if case.edges[e][0] in seen}
        if not visited <= seen or not seen <= visited:
            return False
    return True


def _lasting(case: Case) -> Iterator[frozenset[int]]:
    """The states of every set of edges that a fair run may take for ever while the answer is due."""
    dark = [e for e in range(len(case.edges)) if _dark(case, e)]
    for size in range(1, len(dark) + 1):
        for loop in combinations(dark, size):
            if _fair(case, loop) and _strongly_connected(case, loop):
                yield frozenset(case.edges[e][0] for e in loop)


def _shortest_prefix(case: Case) -> int | None:
    """The fewest steps to a state where a run can fairly stay without an answer; None when there is none."""
    due = _due(case)
    ends = {s for s in due if not _enabled(case, s)}
    for states in _lasting(case):
        ends |= states & set(due)
    return min((due[s] for s in ends), default=None)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(cases())
def test_the_engine_agrees_with_the_definition(case: Case) -> None:
    """A lasso is found exactly when some edge set fulfils the definition, and its prefix is a shortest one."""
    expected, found = _shortest_prefix(case), _answer(case)
    if found is None:
        assert expected is None
    else:
        assert len(found[0]) == expected


@settings(max_examples=300, derandomize=True, deadline=None)
@given(cases())
def test_a_lasso_is_a_run_that_satisfies_the_assumptions(case: Case) -> None:
    """Prefix and loop hang together, the answer stays due round the loop, and the loop is fair by definition."""
    found = _answer(case)
    if found is None:
        return
    prefix, loop = found
    here, due = 0, 0 in case.p_states - case.q_states
    entry = None
    for place, edge in enumerate([*prefix, *loop]):
        if place == len(prefix):
            entry = here
            assert due
        source, target, _ = case.edges[edge]
        assert source == here
        due = (due or edge in case.p_edges) and edge not in case.q_edges
        due = (due or target in case.p_states) and target not in case.q_states
        here = target
    assert due
    if loop:
        assert here == entry
        assert _fair(case, loop)
    else:
        assert not _enabled(case, here)


def test_random_cases_are_of_both_kinds() -> None:
    """The random graphs exercise refutations with and without a loop, and proofs with assumptions that matter."""
    kinds: set[str] = set()

    @settings(max_examples=300, derandomize=True, deadline=None, database=None)
    @given(cases())
    def collect(case: Case) -> None:
        found = _answer(case)
        if found is None:
            bare = replace(case, weak=(), strong=(), ceasing=frozenset())
            kinds.add("proved" if _answer(bare) is None else "proved by the assumptions")
        else:
            kinds.add("loop" if found[1] else "end")

    collect()
    assert kinds == {"proved", "proved by the assumptions", "loop", "end"}
