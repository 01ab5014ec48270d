"""Dropping guards: one system for all mutants."""

from __future__ import annotations

import pytest
from tests.compile.toys import overflowing
from tests.engines.toys import jugs, ladders

from cwmpcheck.compile import compile_python
from cwmpcheck.kernel import DeclarationError, DomainOverflow
from cwmpcheck.kernel.mutate import droppable


def test_by_default_nothing_is_dropped() -> None:
    """The mutable system behaves just like the one it was made from."""
    system, mutants = droppable(ladders(2, 1), ["party"])
    assert [(m.index, m.action, m.guard_index, m.reason) for m in mutants] == [
        (0, "climb(i=0)", 0, "not at the top"),
        (1, "climb(i=1)", 0, "not at the top"),
    ]
    assert compile_python(system).enabled((1, 0)) == compile_python(ladders(2, 1)).enabled((1, 0)) == [1]


def test_a_dropped_guard_no_longer_hinders() -> None:
    """The chosen guard alone is dropped, and a value that then leaves its domain is seen."""
    system, _ = droppable(ladders(2, 1), ["party"])
    mutant = compile_python(system, {"dropped": 0})
    assert mutant.enabled((1, 1)) == [0]
    with pytest.raises(DomainOverflow):
        mutant.successor((1, 1), 0)


def test_only_the_named_parties_are_mutated() -> None:
    """The environment's guards are not an implementer's to forget."""
    _, mutants = droppable(overflowing(), ["somebody else"])
    assert mutants == ()


def test_a_system_is_mutated_once() -> None:
    """The parameter's name must be free, so mutating a mutable system is refused."""
    once, _ = droppable(jugs(), ["hero"])
    with pytest.raises(DeclarationError, match="already has something called 'dropped'"):
        droppable(once, ["hero"])
