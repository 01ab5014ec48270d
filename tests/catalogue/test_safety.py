"""Safety: every property is decided somewhere, its situation comes up, and every back end counts the same."""

from __future__ import annotations

import pytest
from tests.catalogue.shared_runs import explored, watched_system

from cwmpcheck.catalogue import PROPERTIES, Property, applicable, find, watched
from cwmpcheck.engines.explore import explore
from cwmpcheck.protocol import SCENARIOS, scenario
from cwmpcheck.vocabulary.errors import UsageError

NAMES = tuple(each.name for each in SCENARIOS)
CHECKED = tuple(item for item in PROPERTIES if item.check is not None)
STATUS0 = 191_176


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_broken_and_everything_comes_up(name: str) -> None:
    """Over all reachable states no check is broken, and the situation that each one speaks of is reached."""
    found = explored(name)
    items = watched(name)
    assert found.exhausted
    assert {item.id for item in items} & set(found.occurrences) == set()
    unseen = [item.id for item in items if item.witness is not None and f"witness {item.id}" not in found.occurrences]
    assert unseen == []


@pytest.mark.parametrize("item", CHECKED, ids=lambda item: item.id)
def test_decided_somewhere(item: Property) -> None:
    """A check is decided in some scenario, together with a witness; where in none, it says why for each."""
    where = [name for name in NAMES if applicable(item, name) is None]
    if where:
        assert item.witness is not None
        assert all(item in watched(name) for name in where)
    else:
        assert all(applicable(item, name) for name in NAMES)
        assert item.on_traces is not None, "neither the model nor a capture decides it"


@pytest.mark.parametrize("item", CHECKED, ids=lambda item: item.id)
def test_who_decides_on_the_model_names_a_mutant(item: Property) -> None:
    """A check that the model decides names a mutant that it kills; one that only captures decide cannot."""
    decided = any(applicable(item, name) is None for name in NAMES)
    assert bool(item.kills) == decided


def test_back_ends_count_alike() -> None:
    """Plain Python, NumPy and generated C find the same states, transitions and depth, everything watched."""
    system, fixed = watched_system("status0"), scenario("status0").fixed
    fast = explored("status0")
    vectors = explore(system, fixed, backend="numpy")
    assert fast.states == vectors.states == STATUS0
    assert (fast.transitions, fast.depth) == (vectors.transitions, vectors.depth)
    assert fast.fired == vectors.fired
    assert {name: len(path) for name, path in fast.occurrences.items()} == {
        name: len(path) for name, path in vectors.occurrences.items()
    }


@pytest.mark.slow
def test_the_oracle_counts_alike() -> None:
    """The plain Python back end agrees with the others, with everything watched."""
    slow = explore(watched_system("status0"), scenario("status0").fixed, backend="python")
    fast = explored("status0")
    assert (slow.states, slow.transitions, slow.depth) == (STATUS0, fast.transitions, fast.depth)
    assert slow.fired == fast.fired
    assert {name: len(path) for name, path in slow.occurrences.items()} == {
        name: len(path) for name, path in fast.occurrences.items()
    }


def test_unknown_property_is_refused_with_what_is_near() -> None:
    """Asking for a property that is not there names those with a similar id."""
    with pytest.raises(UsageError, match="did you mean H-1"):
        find("h1")
    with pytest.raises(UsageError, match="no property XX"):
        watched("unicast", ["XX"])
