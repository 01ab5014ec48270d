"""What a breadth-first search reports, whichever back end runs it; and the search in plain Python.

All back ends count alike: states are distinct states, transitions are enabled actions summed over all states (self
loops too), the depth is the length of the longest of the shortest runs to each state. State conditions are
looked for as soon as a state is found and step conditions when its actions are taken, so the first sighting of
either is by a shortest run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from cwmpcheck.compile.backend import State
from cwmpcheck.compile.layout import layout_of
from cwmpcheck.compile.python import PythonBackend
from cwmpcheck.compile.symmetry import symmetry_of
from cwmpcheck.kernel import DomainOverflow, System

STATES = "the limit on states was reached"
MEMORY = "the limit on memory was reached"
NO_MEMORY = "the machine has no more memory"
STOP = "it was to stop at a watch that occurred"
OVERFLOW = "a value would have left its domain"

Numbers = NDArray[Any]


class Hit(NamedTuple):
    """Where a watch occurred first: at a state, or on an action taken there (None: at the state itself)."""

    state: int
    action: int | None


@dataclass(frozen=True)
class Bounds:
    """What a search must not exceed.

    Attributes:
        states: how many distinct states, or None.
        bytes: how much memory its tables may take, or None.
        stop_at: names of watches at whose occurrence it is over.
        edges: whether every transition is kept, for ``Search.edges``.
        symmetry: whether states that differ only in the order of interchangeable parts count as one.
    """

    states: int | None = None
    bytes: int | None = None
    stop_at: frozenset[str] = frozenset()
    edges: bool = False
    symmetry: bool = False


@dataclass
class Tally:
    """What a search has seen so far; states are known by the order in which they were found, from 0.

    Attributes:
        states: distinct states found.
        transitions: enabled actions of the states expanded so far, self loops too.
        depth: how many steps the farthest state found is away.
        fired: how often each action was taken.
        deadlocks: expanded states in which no action is enabled.
        deadlock: the first of them, or None.
        hits: the first sighting of each watch that occurred.
        overflow: the state, and what was to be stored there, that ended the search; or None.
        over: whether there is nothing left to do.
        stopped: why it ended before everything was seen, or None.
        bytes: memory that its tables take.
        candidates: how many states the tables' over-approximation has, where the search is by tables.
    """

    fired: Sequence[int]
    states: int = 1
    transitions: int = 0
    depth: int = 0
    deadlocks: int = 0
    deadlock: int | None = None
    hits: Mapping[str, Hit] = field(default_factory=dict)
    overflow: tuple[int, int, DomainOverflow] | None = None
    over: bool = False
    stopped: str | None = None
    bytes: int = 0
    candidates: int | None = None


@dataclass
class Snapshot:
    """A search between two slices: all that is needed to go on, by any back end.

    Attributes:
        packed: the states found, in the order of discovery, one row of words each.
        parents: which of them found each.
        expanded: how many of them are expanded.
        transitions, deadlocks, deadlock, fired, hits: as in ``Tally``.
    """

    packed: Numbers
    parents: Numbers
    expanded: int
    transitions: int
    deadlocks: int
    deadlock: int | None
    fired: Sequence[int]
    hits: Mapping[str, Hit]

    def ends(self) -> list[int]:
        """Where the levels end, up to the level of the last state expanded; a level is complete or being expanded."""
        ends = [1]
        # Within a stretch of a level parents may come in any order, but never after those of a later level.
        rising = np.maximum.accumulate(self.parents)
        while ends[-1] < self.expanded:
            ends.append(max(int(np.searchsorted(rising, ends[-1], side="left")), ends[-1] + 1))
        return ends


class Search(Protocol):
    """A breadth-first search that runs in slices, so that somebody can watch it and interrupt it."""

    def advance(self, seconds: float) -> Tally:
        """Search on for about so long, and report."""

    def run(self, state: int) -> list[State]:
        """The states along a shortest run to a state, both ends included."""

    def states(self) -> Numbers:
        """All states found, one row each, one column for each variable."""

    def packed(self) -> Numbers:
        """All states found, one row of words each."""

    def edges(self) -> tuple[Numbers, Numbers, Numbers]:
        """Sources, targets and actions of all transitions; only when ``Bounds.edges`` asked for them."""

    def snapshot(self) -> Snapshot:
        """What somebody needs to go on from here; not for a search that stopped at a limit or a watch."""

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from there; only before anything was searched."""

    def close(self) -> None:
        """Give the memory back."""


class PythonSearch:
    """The search in plain Python, over any back end's single steps."""

    def __init__(self, backend: PythonBackend, bounds: Bounds) -> None:
        self._backend = backend
        self._bounds = bounds
        self._hits: dict[str, Hit] = {}
        self._fired = [0] * len(backend.system.actions)
        self._tally = Tally(self._fired, hits=self._hits)
        self._order: list[State] = []
        self._number: dict[State, int] = {}
        self._parent: list[int] = []
        self._edges: list[tuple[int, int, int]] = []
        self._next = 0
        self._level = 0
        self._level_end = 1
        self._symmetry = symmetry_of(backend.system) if bounds.symmetry else None
        self._watching_states = any(watch.state is not None for watch in backend.system.watches)
        self._stepping = {n for n, a in enumerate(backend.system.actions) if _is_watched(backend.system, a.name)}
        self._found(backend.initial(), 0)

    def advance(self, seconds: float) -> Tally:
        """Search on for about so long, and report."""
        deadline = time.monotonic() + seconds
        tally = self._tally
        while not tally.over:
            if self._next == self._level_end:
                if self._level_end == len(self._order):
                    tally.over = True
                    break
                self._level_end = len(self._order)
                self._level += 1
            self._expand(self._next)
            self._next += 1
            if self._next % 64 == 0 and time.monotonic() > deadline:
                break
        tally.bytes = self._bytes()
        return tally

    def _expand(self, source: int) -> None:
        state, backend, tally = self._order[source], self._backend, self._tally
        enabled = backend.enabled(state)
        if not enabled:
            tally.deadlocks += 1
            tally.deadlock = source if tally.deadlock is None else tally.deadlock
        for action in enabled:
            self._fired[action] += 1
            tally.transitions += 1
            if action in self._stepping:
                self._saw(backend.occurring(state, action), Hit(source, action))
            try:
                after = backend.successor(state, action)
            except DomainOverflow as overflow:
                tally.overflow = (source, action, overflow)
                self._stop(OVERFLOW)
                return
            target = self._found(after, source)
            if self._bounds.edges and target is not None:
                self._edges.append((source, target, action))

    def _found(self, state: State, parent: int) -> int | None:
        if self._symmetry is not None:
            state = self._symmetry.canonical(state)
        known = self._number.get(state)
        if known is not None:
            return known
        number = len(self._order)
        if self._bounds.states is not None and number >= self._bounds.states:
            self._stop(STATES)
            return None
        if number % 4096 == 4095 and self._bounds.bytes is not None and self._bytes() > self._bounds.bytes:
            self._stop(MEMORY)
        self._number[state] = number
        self._order.append(state)
        self._parent.append(parent)
        self._tally.states = number + 1
        self._tally.depth = self._level + 1 if number else 0
        if self._watching_states:
            self._saw(self._backend.holding(state), Hit(number, None))
        return number

    def _saw(self, names: frozenset[str], hit: Hit) -> None:
        for name in names - self._hits.keys():
            self._hits[name] = hit
            if name in self._bounds.stop_at:
                self._stop(STOP)

    def _stop(self, why: str) -> None:
        self._tally.over = True
        self._tally.stopped = self._tally.stopped or why

    def _bytes(self) -> int:
        each = sys.getsizeof(self._order[0]) + 28 if self._order else 0
        return sys.getsizeof(self._number) + sys.getsizeof(self._order) * 2 + each * len(self._order)

    def run(self, state: int) -> list[State]:
        """The states along a shortest run to a state, both ends included."""
        return [self._order[number] for number in lineage(state, self._parent)]

    def states(self) -> Numbers:
        """All states found, one row each, one column for each variable."""
        return np.array(self._order, dtype=np.int64).reshape(len(self._order), len(self._backend.system.variables))

    def packed(self) -> Numbers:
        """All states found, one row of words each."""
        pack = layout_of(self._backend.system).pack
        return np.array([pack(state) for state in self._order], dtype=np.uint64)

    def edges(self) -> tuple[Numbers, Numbers, Numbers]:
        """Sources, targets and actions of all transitions; only when ``Bounds.edges`` asked for them."""
        rows = np.array(self._edges, dtype=np.int64).reshape(len(self._edges), 3)
        return rows[:, 0], rows[:, 1], rows[:, 2]

    def snapshot(self) -> Snapshot:
        """What somebody needs to go on from here."""
        tally, parents = self._tally, np.array(self._parent, dtype=np.uint32)
        figures = (tally.transitions, tally.deadlocks, tally.deadlock, list(self._fired), dict(self._hits))
        return Snapshot(self.packed(), parents, self._next, *figures)

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from there."""
        unpack, tally = layout_of(self._backend.system).unpack, self._tally
        self._order = [unpack(words) for words in snapshot.packed.tolist()]
        self._number = {state: number for number, state in enumerate(self._order)}
        self._parent = snapshot.parents.tolist()
        ends = snapshot.ends()
        self._next, self._level, self._level_end = snapshot.expanded, len(ends) - 1, ends[-1]
        self._fired[:] = snapshot.fired
        self._hits.update(snapshot.hits)
        tally.transitions, tally.deadlocks, tally.deadlock = (
            snapshot.transitions,
            snapshot.deadlocks,
            snapshot.deadlock,
        )
        tally.states = len(self._order)
        tally.depth = self._level + (tally.states > self._level_end)

    def close(self) -> None:
        """Give the memory back."""
        self._number.clear()


def _is_watched(system: System, action: str) -> bool:
    return any(action in watch.step for watch in system.watches)


def lineage(state: int, parents: Sequence[int] | Numbers) -> list[int]:
    """The numbers of the states along the run that found ``state``, from the initial one on."""
    numbers = [state]
    while numbers[-1]:
        numbers.append(int(parents[numbers[-1]]))
    return numbers[::-1]
