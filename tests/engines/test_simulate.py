"""Random walks are runs, repeat with their seed, and do not neglect what is rare."""

from __future__ import annotations

import pytest
from tests.engines.toys import jugs, ladders

from cwmpcheck.engines.paths import path_of_actions
from cwmpcheck.engines.simulate import Walk, simulate
from cwmpcheck.kernel import DeclarationError
from cwmpcheck.protocol import scenario


def test_the_same_seed_walks_the_same_way() -> None:
    """And another seed another way."""
    first = simulate(jugs(), seed=7, steps=30)
    assert simulate(jugs(), seed=7, steps=30) == first
    assert simulate(jugs(), seed=8, steps=30).path != first.path
    assert (len(first.path), first.ended) == (30, False)
    assert sum(first.fired.values()) == 30


def test_a_walk_is_a_run() -> None:
    """Its actions, executed by the oracle from the initial state, lead through its states."""
    system = jugs()
    path = simulate(system, seed=1, steps=40).path
    names = [action.name for action in system.actions]
    assert path_of_actions(system, [names.index(step.action) for step in path.steps]) == path


def test_a_walk_ends_where_nothing_can_be_done() -> None:
    """Two ladders of three rungs are climbed in six steps."""
    walked = simulate(ladders(2, 3), seed=0, steps=50)
    assert (len(walked.path), walked.ended) == (6, True)


def test_the_bias_brings_more_different_actions_into_a_walk() -> None:
    """Over many seeds, walks with the bias take more of the protocol's actions than walks without."""
    chosen = scenario("unicast")

    def different(bias: float) -> int:
        return sum(len(simulate(chosen.system, chosen.fixed, seed=s, steps=150, bias=bias).fired) for s in range(12))

    assert different(1.0) > different(0.0)


def test_a_person_may_choose() -> None:
    """A walk offers what can be done, and takes what is chosen; what cannot be done is refused."""
    walk = Walk(ladders(2, 1))
    left, right = walk.choices()
    walk.take(left)
    assert walk.choices() == [right]
    with pytest.raises(DeclarationError, match="cannot be taken now"):
        walk.take(left)
    assert [step.action for step in walk.path().steps] == [left.name]


def test_a_negative_number_of_steps_is_refused() -> None:
    """No steps is a walk; fewer is a mistake."""
    assert len(simulate(jugs(), steps=0).path) == 0
    with pytest.raises(DeclarationError, match="-1 steps"):
        simulate(jugs(), steps=-1)
