"""The breadth-first search over NumPy arrays, for machines without a compiler."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from cwmpcheck.compile import search as reasons
from cwmpcheck.compile.backend import State
from cwmpcheck.compile.layout import Words
from cwmpcheck.compile.numpy import Program, program_of
from cwmpcheck.compile.search import Bounds, Hit, Numbers, Snapshot, Tally, lineage
from cwmpcheck.compile.symmetry import symmetry_of
from cwmpcheck.kernel import System

ROWS = 1 << 15
"""How many states are expanded at once: their columns stay in the cache."""

BATCH = 1 << 17
"""How many successors are looked up at once."""

LEAST_SLOTS = 1 << 14

Numbered = NDArray[np.int64]


class Known:
    """The states found so far: rows in the order of discovery, and a hash table of their numbers.

    A batch is looked up in rounds. In each, every row of the batch that stands before an empty slot writes its number
    there; the last to write wins the slot, and the others find out by reading it again. Who meets its own equal is
    done, the rest move on to the next slot.
    """

    def __init__(self, words: int) -> None:
        self.rows: Words = np.empty((LEAST_SLOTS, words), dtype=np.uint64)
        self.count = 0
        self._table = np.full(LEAST_SLOTS, -1, dtype=np.int32)

    @property
    def bytes(self) -> int:
        """The memory of both."""
        return self.rows.nbytes + self._table.nbytes

    def add(self, rows: Words) -> Numbered:
        """The numbers of some states; those not known before are appended, in their order, and numbered."""
        self._make_room(len(rows))
        base, size = self.count, len(rows)
        self.rows[base : base + size] = rows
        found = np.empty(size, dtype=np.int64)
        slots = self._slots(rows)
        waiting = np.arange(size)
        while waiting.size:
            at = slots[waiting]
            there = self._table[at]
            empty = there < 0
            if empty.any():
                self._table[at[empty]] = base + waiting[empty]
                there = self._table[at]
            same = np.ones(waiting.size, dtype=np.bool_)
            for word in range(rows.shape[1]):
                same &= self.rows[there, word] == rows[waiting, word]
            found[waiting[same]] = there[same]
            waiting = waiting[~same]
            slots[waiting] = (slots[waiting] + 1) & (len(self._table) - 1)
        return self._settle(rows, found, slots)

    def fill(self, rows: Words) -> None:
        """Begin with some states that are known to differ."""
        self._make_room(len(rows))
        self.rows[: len(rows)] = rows
        self.count = len(rows)
        for start in range(0, self.count, BATCH):
            self._put(np.arange(start, min(start + BATCH, self.count)))

    def _settle(self, rows: Words, found: Numbered, slots: Numbered) -> Numbered:
        """Close the gaps that the batch's doubles left among the new numbers."""
        base = self.count
        new = np.flatnonzero(found == base + np.arange(len(rows)))
        final = np.empty(len(rows), dtype=np.int64)
        final[new] = base + np.arange(len(new))
        self._table[slots[new]] = final[new]
        self.rows[base : base + len(new)] = rows[new]
        self.count += len(new)
        fresh = found >= base
        found[fresh] = final[found[fresh] - base]
        return found

    def _slots(self, rows: Words) -> Numbered:
        mixed = rows[:, 0].copy()
        for word in range(1, rows.shape[1]):
            mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9) + rows[:, word]
        mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0x9E3779B97F4A7C15)
        return (mixed >> np.uint64(64 - (len(self._table).bit_length() - 1))).astype(np.int64)

    def _make_room(self, more: int) -> None:
        needed = self.count + more
        if needed > len(self.rows):
            larger = np.empty((max(needed, len(self.rows) * 2), self.rows.shape[1]), dtype=np.uint64)
            larger[: self.count] = self.rows[: self.count]
            self.rows = larger
        if needed * 2 > len(self._table):
            slots = len(self._table)
            while needed * 2 > slots:
                slots *= 4 if slots < 1 << 22 else 2
            self._table = np.full(slots, -1, dtype=np.int32)
            for start in range(0, self.count, BATCH):
                self._put(np.arange(start, min(start + BATCH, self.count)))

    def _put(self, numbers: Numbered) -> None:
        """Enter states that are known to differ from all others."""
        slots = self._slots(self.rows[numbers])
        while numbers.size:
            free = self._table[slots] < 0
            self._table[slots[free]] = numbers[free]
            lost = self._table[slots] != numbers
            numbers, slots = numbers[lost], (slots[lost] + 1) & (len(self._table) - 1)


class NumpySearch:
    """The search over NumPy arrays; fulfils ``search.Search``."""

    def __init__(self, system: System, parameters: tuple[int, ...], bounds: Bounds) -> None:
        self._system = system
        self._program: Program = program_of(system)
        self._constants = self._program.constants(parameters)
        self._bounds = bounds
        self._known = Known(self._program.layout.words)
        self._parents = np.zeros(LEAST_SLOTS, dtype=np.uint32)
        self._edges: list[tuple[Numbered, Numbered, int]] = []
        self._hits: dict[str, Hit] = {}
        self._fired = [0] * len(system.actions)
        self._tally = Tally(self._fired, hits=self._hits)
        self._next = 0
        self._level = 0
        self._level_end = 1
        self._symmetry = symmetry_of(system) if bounds.symmetry else None
        first = np.array([self._program.layout.pack(system.initial)], dtype=np.uint64)
        self._insert(first, np.zeros(1, dtype=np.int64), None)

    def advance(self, seconds: float) -> Tally:
        """Search on for about so long, and report."""
        deadline = time.monotonic() + seconds
        tally, known = self._tally, self._known
        while not tally.over:
            if self._next == self._level_end:
                if known.count == self._level_end:
                    tally.over = True
                    break
                self._level_end = known.count
                self._level += 1
            end = min(self._next + ROWS, self._level_end)
            self._expand(self._next, end)
            self._next = end
            if time.monotonic() > deadline:
                break
        tally.states = known.count
        tally.depth = self._level + (known.count > self._level_end)
        tally.bytes = self._bytes()
        return tally

    def _bytes(self) -> int:
        return self._known.bytes + self._parents.nbytes + 20 * sum(len(edges[0]) for edges in self._edges)

    def _expand(self, start: int, end: int) -> None:
        columns = self._program.unpacked(self._known.rows[start:end].copy())
        stuck = np.ones(end - start, dtype=np.bool_)
        made: list[tuple[Words, Numbered, int]] = []
        for number, step in enumerate(self._program.steps):
            enabled = step.guard(columns, self._constants)
            rows = np.flatnonzero(enabled)
            if not rows.size:
                continue
            stuck &= ~enabled
            self._fired[number] += rows.size
            self._tally.transitions += rows.size
            some = columns.some(rows)
            for name, occurs in step.watches:
                if name not in self._hits:
                    seen = np.flatnonzero(occurs(some, self._constants))
                    self._saw(name, Hit(start + int(rows[seen[0]]), number) if seen.size else None)
            after, overflow = self._program.successors(number, some, self._constants)
            if overflow is not None:
                source = start + int(rows[overflow.row])
                self._tally.overflow = (source, number, overflow.error(self._system))
                self._stop(reasons.OVERFLOW)
                return
            made.append((after, start + rows, number))
        if stuck.any():
            self._tally.deadlocks += int(stuck.sum())
            if self._tally.deadlock is None:
                self._tally.deadlock = start + int(np.argmax(stuck))
        self._insert_all(made)

    def _insert_all(self, made: list[tuple[Words, Numbered, int]]) -> None:
        if self._bounds.edges:
            for rows, sources, number in made:
                self._insert(rows, sources, number)
        elif made:
            # Without edges nobody asks which action found a state, so larger batches serve.
            rows = np.concatenate([rows for rows, _, _ in made])
            sources = np.concatenate([sources for _, sources, _ in made])
            for start in range(0, len(rows), BATCH):
                self._insert(rows[start : start + BATCH], sources[start : start + BATCH], None)

    def _insert(self, rows: Words, sources: Numbered, action: int | None) -> None:
        if self._tally.stopped in (reasons.STATES, reasons.MEMORY):
            return
        base = self._known.count
        numbers = self._known.add(rows if self._symmetry is None else self._symmetry.canonical_rows(rows))
        if self._bounds.states is not None and self._known.count > self._bounds.states:
            self._known.count = self._bounds.states
            self._stop(reasons.STATES)
        if self._bounds.bytes is not None and self._bytes() > self._bounds.bytes:
            self._stop(reasons.MEMORY)
        count = self._known.count
        if count > len(self._parents):
            self._parents = np.concatenate([self._parents, np.zeros(count, dtype=np.uint32)])
        # Written backwards, so that of several sources the first one stays.
        fresh = np.flatnonzero((numbers >= base) & (numbers < count))[::-1]
        self._parents[numbers[fresh]] = sources[fresh]
        if self._bounds.edges and action is not None:
            self._edges.append((sources, numbers, action))
        if count > base:
            columns = self._program.unpacked(self._known.rows[base:count].copy())
            for name, occurs in self._program.states.items():
                if name not in self._hits:
                    seen = np.flatnonzero(occurs(columns, self._constants))
                    self._saw(name, Hit(base + int(seen[0]), None) if seen.size else None)

    def _saw(self, name: str, hit: Hit | None) -> None:
        if hit is not None:
            self._hits[name] = hit
            if name in self._bounds.stop_at:
                self._stop(reasons.STOP)

    def _stop(self, why: str) -> None:
        self._tally.over = True
        self._tally.stopped = self._tally.stopped or why

    def run(self, state: int) -> list[State]:
        """The states along a shortest run to a state, both ends included."""
        unpack = self._program.layout.unpack
        return [unpack(self._known.rows[number].tolist()) for number in lineage(state, self._parents)]

    def states(self) -> Numbers:
        """All states found, one row each, one column for each variable."""
        return self._program.layout.unpack_all(self._known.rows[: self._known.count])

    def packed(self) -> Numbers:
        """All states found, one row of words each."""
        return self._known.rows[: self._known.count]

    def edges(self) -> tuple[Numbers, Numbers, Numbers]:
        """Sources, targets and actions of all transitions; only when ``Bounds.edges`` asked for them."""
        empty = np.zeros(0, dtype=np.int64)
        sources = np.concatenate([empty, *(sources for sources, _, _ in self._edges)])
        targets = np.concatenate([empty, *(targets for _, targets, _ in self._edges)])
        actions = np.concatenate([empty, *(np.full(len(s), action) for s, _, action in self._edges)])
        return sources, targets, actions

    def snapshot(self) -> Snapshot:
        """What somebody needs to go on from here."""
        tally, count = self._tally, self._known.count
        figures = (tally.transitions, tally.deadlocks, tally.deadlock, list(self._fired), dict(self._hits))
        return Snapshot(self.packed(), self._parents[:count], self._next, *figures)

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from there."""
        self._known = Known(self._program.layout.words)
        self._known.fill(snapshot.packed)
        self._parents = snapshot.parents.astype(np.uint32)
        ends = snapshot.ends()
        self._next, self._level, self._level_end = snapshot.expanded, len(ends) - 1, ends[-1]
        self._fired[:] = snapshot.fired
        self._hits.update(snapshot.hits)
        self._tally.transitions = snapshot.transitions
        self._tally.deadlocks, self._tally.deadlock = snapshot.deadlocks, snapshot.deadlock

    def close(self) -> None:
        """Give the memory back."""
        self._known = Known(self._program.layout.words)
        self._edges.clear()
