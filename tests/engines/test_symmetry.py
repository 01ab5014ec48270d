"""Symmetry over identical parts: counted by an oracle in plain Python, runs that are runs, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import z3
from tests.engines.toys import ladders

from cwmpcheck.compile import compile_python, compiler
from cwmpcheck.compile.components import NoTables
from cwmpcheck.compile.searching import BackendName
from cwmpcheck.compile.symmetry import equal_parts, symmetry_of
from cwmpcheck.engines.explore import explore
from cwmpcheck.engines.graph import build_graph
from cwmpcheck.kernel import (
    DeclarationError,
    Party,
    Range,
    Record,
    System,
    Watch,
    choose,
    compose,
    flag,
    parts,
    require,
    var,
)
from fwup import SIZES, fwup

BACKENDS: list[BackendName] = ["python", "numpy", *(["native"] if compiler() else [])]  # type: ignore[list-item]  # a name


def symmetric(system: System, name: str) -> System:
    """The system with the records of a name declared interchangeable."""
    return replace(system, interchangeable=(equal_parts(system, name),))


class Clerk(Record):
    """Somebody with a number so wide that two do not fit into one word, and a flag that lies elsewhere."""

    wide = var(Range(0, 2**33), 0)
    busy = flag()
    steps = var(Range(0, 2), 0)


class Office(Record):
    """Three of them, and how many pens are left."""

    pens = var(Range(0, 2), 2)
    clerk = parts(Clerk, 3)


def office() -> System:
    """Three clerks with two pens, their variables spread over several words."""
    party: Party[Office] = Party("party")

    @party.action(i=range(3))
    def take(s: Office, i: int) -> None:
        """Take a pen."""
        require(~s.clerk[i].busy, "idle")
        require(s.pens > 0, "there is a pen")
        s.clerk[i].busy = True
        s.pens = s.pens - 1

    @party.action(i=range(3))
    def write(s: Office, i: int) -> None:
        """Write, and put the pen back after the second time."""
        require(s.clerk[i].busy, "busy")
        require(s.clerk[i].steps < 2, "not yet done")
        s.clerk[i].steps = s.clerk[i].steps + 1
        s.clerk[i].wide = choose(s.clerk[i].wide == 0, 2**33, 0)

    @party.action(i=range(3))
    def give(s: Office, i: int) -> None:
        """Put the pen back."""
        require(s.clerk[i].busy, "busy")
        s.clerk[i].busy = False
        s.pens = s.pens + 1

    return compose("office", Office, [party])


def orbits(system: System, sort: Callable[[tuple[int, ...]], Any]) -> tuple[int, int, int]:
    """Classes of reachable states, transitions of one state of each, and depth, by plain Python on whole states."""
    backend = compile_python(system)
    level, seen, transitions, depth = [backend.initial()], {sort(backend.initial())}, 0, -1
    while level:
        depth += 1
        later = []
        for state in level:
            for action in backend.enabled(state):
                transitions += 1
                after = backend.successor(state, action)
                if sort(after) not in seen:
                    seen.add(sort(after))
                    later.append(after)
        level = later
    return len(seen), transitions, depth


def sorted_parts(before: int, size: int) -> Callable[[tuple[int, ...]], Any]:
    """States up to the order of parts of ``size`` variables each, after ``before`` other variables."""
    return lambda s: (s[:before], tuple(sorted(s[i : i + size] for i in range(before, len(s), size))))


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_office(backend: BackendName) -> None:
    """Parts spread over several words are sorted right: as many classes as the oracle finds, and fewer than states."""
    system = symmetric(office(), "clerk")
    assert len(symmetry_of(system).families[0]) > 1
    found = explore(system, backend=backend, symmetry=True)
    assert (found.states, found.transitions, found.depth) == orbits(system, sorted_parts(1, 3))
    assert found.states * 2 < explore(system, backend=backend).states


@pytest.mark.parametrize("backend", BACKENDS)
def test_ladders_that_are_alike(backend: BackendName) -> None:
    """Five ladders of height 3 have as many classes as there are multisets: 8 over 3; the top is as deep as ever."""
    found = explore(symmetric(ladders(5, 3), "ladder"), backend=backend, symmetry=True)
    assert (found.states, found.depth) == (56, 15)
    assert found.deadlocks == 1
    assert len(found.occurrences["top"]) == 15


def test_the_benchmark_s_cpes() -> None:
    """Two CPEs without losses and reboots have the classes, transitions and depth that the oracle counts."""
    system = symmetric(fwup(replace(SIZES["S"], losses=0)), "cpe")
    found = explore(system, symmetry=True)
    assert (found.states, found.transitions, found.depth) == orbits(system, sorted_parts(1, 15))
    assert found.occurrences == {}


def test_a_run_is_a_run_of_states() -> None:
    """What is found by representatives is told as a run of the system itself, on a state and on a step alike."""
    system = office()
    high = z3.Or(*(z3.Int(f"clerk[{i}].steps") == 2 for i in range(3)))
    steps = {f"give(i={i})": z3.Int(f"clerk[{i}].steps") == 2 for i in range(3)}
    system = symmetric(system.with_watches([Watch("high", high), Watch("given", None, steps)]), "clerk")
    found = explore(system, symmetry=True)
    plain = explore(system)
    assert {n: len(p) for n, p in found.occurrences.items()} == {n: len(p) for n, p in plain.occurrences.items()}
    assert {n: len(p) for n, p in found.occurrences.items()} == {"high": 3, "given": 4}
    assert found.occurrences["given"].steps[-1].action.startswith("give")


def test_parts_that_differ_are_refused() -> None:
    """An action that only one part has, or a watch that looks at one part only, is said to break the symmetry."""
    system = symmetric(office(), "clerk")
    with pytest.raises(DeclarationError, match="changes what can happen"):
        explore(replace(system, actions=system.actions[:-1]), symmetry=True)
    one = system.with_watches([Watch("first", z3.Bool("clerk[0].busy"))])
    with pytest.raises(DeclarationError, match="changes the watch 'first'"):
        explore(one, symmetry=True)
    variables = tuple(replace(v, initial=1) if v.name == "clerk[1].busy" else v for v in system.variables)
    with pytest.raises(DeclarationError, match="initial value differ"):
        explore(replace(system, variables=variables), symmetry=True)
    with pytest.raises(DeclarationError, match="declares no interchangeable parts"):
        explore(office(), symmetry=True)


def test_liveness_with_symmetry_is_refused() -> None:
    """A graph of representatives would have cycles that are none, so it is refused, with the reason."""
    with pytest.raises(DeclarationError, match="safety only"):
        build_graph(symmetric(office(), "clerk"), symmetry=True)


def test_tables_know_no_symmetry() -> None:
    """The table method says so when asked for both."""
    with pytest.raises(NoTables, match="no symmetry"):
        explore(symmetric(office(), "clerk"), backend="tables", symmetry=True)
