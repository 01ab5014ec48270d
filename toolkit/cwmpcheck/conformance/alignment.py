"""The cheapest alignment: what would have to be otherwise for the model to go on behind a divergence.

A 0-1 breadth-first search over (position in the trace, set of states). Steps that the model can take cost nothing; a step taken
although a guard was false, an observation passed over, and a message put in that was not seen cost 1 each. The search ends
when it is some observations further, or at the end of the trace; it is bounded in work, and then says so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cwmpcheck.conformance.following import Follower, Node
from cwmpcheck.conformance.letters import Letter

HORIZON = 8
"""How many observations behind the divergence an alignment has to get."""
MOST_COST = 3
MOST_WORK = 60
"""How many places may be left at a cost."""


@dataclass(frozen=True)
class Edit:
    """One thing that would have to be otherwise, so many letters behind the divergence."""

    offset: int
    words: str


@dataclass(frozen=True)
class Alignment:
    """A way on from a divergence.

    Attributes:
        edits: what would have to be otherwise, in order.
        after: the states behind the letter that could not be followed.
        whole: it was found within the bounds; else it is the nearest step, and what follows was not looked at.
    """

    edits: tuple[Edit, ...]
    after: Node
    whole: bool = True

    @property
    def cost(self) -> int:
        """The number of edits."""
        return len(self.edits)


Window = tuple[Letter, ...]
Place = tuple[int, Node]


@dataclass(frozen=True)
class _Way:
    """How a place was reached: from where, and by which edit, if any."""

    place: Place
    cost: int
    before: _Way | None
    edit: Edit | None


def window(word: Sequence[Letter], at: int) -> Window:
    """The letters that an alignment looks at: the one that could not be followed, and those behind it."""
    return tuple(word[at : at + 1 + HORIZON])


def align(follower: Follower, node: Node, letters: Window, *, search: bool = True) -> Alignment:
    """The cheapest way on from a divergence.

    Args:
        follower: the model.
        node: the states that could not show the first letter.
        letters: that letter and those behind it.
        search: look for the cheapest way, and do not just take the nearest step.
    """
    if not search:
        return _nearest(follower, node, letters)
    found = node.ways.get(letters)
    if not isinstance(found, Alignment):
        found = node.ways[letters] = _search(follower, node, letters) or _nearest(follower, node, letters)
    return found


def _search(follower: Follower, node: Node, letters: Window) -> Alignment | None:
    todo = deque([_Way((0, node), 0, None, None)])
    settled: set[Place] = set()
    work = 0
    while todo and work < MOST_WORK:
        way = todo.popleft()
        position, here = way.place
        if way.place in settled:
            continue
        settled.add(way.place)
        if position == len(letters):
            return _told(way)
        after = follower.after(here, letters[position])
        if after.states:
            todo.appendleft(_Way((position + 1, after), way.cost, way, None))
        if way.cost < MOST_COST:
            work += 1
            for edit, place in _edits(follower, letters[position], position, here, step_fails=not after.states):
                todo.append(_Way(place, way.cost + 1, way, edit))
    return None


def _edits(
    follower: Follower, letter: Letter, position: int, node: Node, *, step_fails: bool
) -> Iterator[tuple[Edit, Place]]:
    if step_fails:
        reasons, forced = follower.nearest(node, letter)
        if forced.states and reasons:
            yield Edit(position, f"as if it held that {reasons[0].guard}"), (position + 1, forced)
    for kind, after in follower.unseen(node).items():
        yield Edit(position, f"with {kind.value} before it, which was not seen"), (position, after)
    yield Edit(position, f"without {letter.kind.value}"), (position + 1, node)


def _nearest(follower: Follower, node: Node, letters: Window) -> Alignment:
    reasons, forced = follower.nearest(node, letters[0])
    if not reasons or not forced.states:
        edit = Edit(0, f"without {letters[0].kind.value}, of which the model has none here")
        return Alignment((edit,), node, whole=False)
    return Alignment((Edit(0, f"as if it held that {reasons[0].guard}"),), forced, whole=False)


def _told(last: _Way) -> Alignment:
    ways: list[_Way] = []
    way: _Way | None = last
    while way is not None:
        ways.append(way)
        way = way.before
    ways.reverse()
    after = next(way.place[1] for way in ways if way.place[0] > 0)
    return Alignment(tuple(way.edit for way in ways if way.edit is not None), after)
