"""A trace followed on several variants of the model at once, with what was wrong wherever none of them could."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cwmpcheck.conformance.alignment import Alignment, Window, align, window
from cwmpcheck.conformance.findings import Because
from cwmpcheck.conformance.following import Follower, Node
from cwmpcheck.conformance.letters import Letter

MOST_ALIGNED = 12
"""How many divergences of one transfer are aligned; behind the others the nearest step is forced."""


@dataclass(frozen=True)
class Diverged:
    """Where no state of the model could have shown an observation.

    Attributes:
        index: number of the observation.
        reasons: the false guards and fields of the nearest step; none where the model has no such step at all.
        mend: what would let the trace go on.
        searched: the mend is the cheapest there is; else it is the nearest step.
    """

    index: int
    reasons: tuple[Because, ...]
    mend: str
    searched: bool

    @property
    def because(self) -> Because | None:
        """The first of them."""
        return self.reasons[0] if self.reasons else None


@dataclass(frozen=True)
class Following:
    """How far a trace could be followed.

    Attributes:
        followed: observations that some state could have shown.
        divergences: in order.
    """

    followed: int
    divergences: tuple[Diverged, ...]


class Row:
    """One set of states for each variant.

    Attributes:
        nodes: the sets, in the order of the followers.
        moves: by letter, the row afterwards.
        alive: some set is not empty.
    """

    __slots__ = ("alive", "moves", "nodes")

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self.nodes = nodes
        self.moves: dict[Letter, Row] = {}
        self.alive = any(node.states for node in nodes)


class Team:
    """The variants of the model that are open, followed together.

    Args:
        followers: one for each variant, such as whether the image needs a reboot.
    """

    def __init__(self, followers: Sequence[Follower]) -> None:
        self.followers = tuple(followers)
        self._rows: dict[tuple[Node, ...], Row] = {}

    def start(self, *, midway: bool = False) -> Row:
        """Where a trace begins: in the middle of things, or not."""
        return self.row(tuple(f.midway if midway else f.start for f in self.followers))

    def row(self, nodes: tuple[Node, ...]) -> Row:
        """The one row of these sets."""
        row = self._rows.get(nodes)
        if row is None:
            row = self._rows[nodes] = Row(nodes)
        return row

    def step(self, row: Row, letter: Letter) -> Row:
        """The sets after a letter; kept with the row."""
        after = tuple(f.after(node, letter) for f, node in zip(self.followers, row.nodes, strict=True))
        row.moves[letter] = self.row(after)
        return row.moves[letter]

    def run(self, row: Row, word: Sequence[Letter], position: int) -> tuple[int, Row]:
        """Follow from a position on: to the first letter that no variant could show, or to the end; and the row there."""
        for index in range(position, len(word)):
            letter = word[index]
            after = row.moves.get(letter) or self.step(row, letter)
            if not after.alive:
                return index, row
            row = after
        return len(word), row

    @property
    def met(self) -> tuple[int, int]:
        """How many different sets were met so far, and the size of the largest."""
        nodes = {node for row in self._rows for node in row}
        return len(nodes), max((len(node.states) for node in nodes), default=0)


def admits(word: Sequence[Letter], team: Team, *, midway: bool = False) -> bool:
    """Whether one of the variants could have shown the whole trace."""
    position, _ = team.run(team.start(midway=midway), word, 0)
    return position == len(word)


def follow(word: Sequence[Letter], team: Team, *, midway: bool = False) -> Following:
    """Follow a trace: it conforms as long as one variant could have shown it.

    Args:
        word: the letters to be followed, as seen at the followers' vantage.
        team: the variants.
        midway: the trace begins in the middle of things.
    """
    row = team.start(midway=midway)
    divergences: list[Diverged] = []
    position = 0
    while True:
        position, row = team.run(row, word, position)
        if position == len(word):
            return Following(len(word) - len(divergences), tuple(divergences))
        diverged, row = _mended(team, row, word, position, search=len(divergences) < MOST_ALIGNED)
        divergences.append(diverged)
        position += 1


def _mended(team: Team, row: Row, word: Sequence[Letter], at: int, *, search: bool) -> tuple[Diverged, Row]:
    pairs = list(zip(team.followers, row.nodes, strict=True))
    near = (follower.nearest(node, word[at])[0] for follower, node in pairs if node.states)
    reasons: tuple[Because, ...] = next((each for each in near if each), ())
    letters = window(word, at)
    ways = [align(follower, node, letters, search=search) if node.states else None for follower, node in pairs]
    best = min(_rank(way) for way in ways if way is not None)
    kept = [way if way is not None and _rank(way) == best else None for way in ways]
    first = next(way for way in kept if way is not None)
    after = [follower.empty if way is None else way.after for (follower, _), way in zip(pairs, kept, strict=True)]
    return Diverged(at, reasons, _words(first, letters), first.whole), team.row(tuple(after))


def _rank(way: Alignment) -> tuple[bool, int]:
    return not way.whole, way.cost


def _words(way: Alignment, letters: Window) -> str:
    return ", and ".join(
        edit.words + (f" (at {letters[edit.offset].kind.value}, {edit.offset} further on)" if edit.offset else "")
        for edit in way.edits
    )
