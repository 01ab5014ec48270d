"""Guards that alone prevent their action, and guards that never do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.compile.toys import crossing
from tests.engines.toys import ladders

from cwmpcheck.compile import compile_python
from cwmpcheck.engines.coverage import guard_coverage
from cwmpcheck.engines.explore import explore
from cwmpcheck.engines.graph import build_graph
from cwmpcheck.kernel import Guard
from cwmpcheck.kernel.mutate import droppable


@pytest.mark.parametrize("compiler", [None, ""])
def test_the_counts_are_the_oracle_s(monkeypatch: pytest.MonkeyPatch, compiler: str | None) -> None:
    """With and without a compiler, every guard is counted in just the states where it is the only false one."""
    if compiler is not None:
        monkeypatch.setenv("CWMPCHECK_CC", compiler)
    system = crossing()
    oracle = compile_python(system)
    wanted = {(action.name, i): 0 for action in system.actions for i in range(len(action.guards))}
    for state in map(tuple, build_graph(system, backend="python").states.tolist()):
        for number, action in enumerate(system.actions):
            truths = oracle.guards(state, number)
            if truths.count(False) == 1:
                wanted[action.name, truths.index(False)] += 1
    found = guard_coverage(system)
    assert found.alone == wanted
    assert found.exhausted
    assert max(wanted.values()) > 0


def test_a_guard_that_says_a_thing_twice_is_idle() -> None:
    """A doubled guard is never alone, and dropping it indeed changes nothing."""
    system = ladders(2, 3)
    first = system.actions[0]
    doubled = replace(first, guards=(*first.guards, Guard(first.guards[0].term, "said again")))
    system = replace(system, actions=(doubled, *system.actions[1:]))
    assert guard_coverage(system).idle == [(first.name, 0), (first.name, 1)]
    mutable, _ = droppable(system, ["party"])
    assert explore(mutable, {"dropped": 1}).states == explore(system).states == 16
