"""The breadth-first search by move tables: what both of its engines, NumPy and C, share; and the one over NumPy.

Whether a state is known is one look at a place that its number gives, so no state is packed, hashed or compared, and
what is kept of a state is its number and its parent's. How often each attached action was taken follows from how often
each cell was visited. State conditions are looked at when a state is expanded, which finds the same first
sightings, since states are expanded in the order in which they are found.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmpcheck.compile import search as reasons
from cwmpcheck.compile.backend import State
from cwmpcheck.compile.closure import Space
from cwmpcheck.compile.components import NoTables, partition_of
from cwmpcheck.compile.layout import OCCUPIED, layout_of
from cwmpcheck.compile.python import PythonBackend
from cwmpcheck.compile.search import Bounds, Hit, Numbers, Snapshot, Tally, lineage
from cwmpcheck.compile.tables import Joint, Owner, Sign, Signs, Tables, total
from cwmpcheck.kernel import DomainOverflow, System

ROWS = 1 << 16
"""How many states NumPy expands at once."""

MOST_LOCAL = 1 << 17
"""How many local states a component may have."""

WHOLE_IN_NUMPY = 1 << 30
"""NumPy needs four bytes for each number of a state, not a bit."""

Array = NDArray[Any]


def tables_of(system: System, parameters: tuple[int, ...], most: int = MOST_LOCAL) -> Tables:
    """The tables of a system; raises NoTables where the method does not apply."""
    return Tables(Space(partition_of(system), parameters, most))


class TableSearch:
    """What both engines share: the numbers of states, and what they stand for."""

    def __init__(self, system: System, parameters: tuple[int, ...], tables: Tables) -> None:
        self.system = system
        self.tables = tables
        self.layout = layout_of(system)
        self._oracle = PythonBackend(system, parameters)
        self._before: Snapshot | None = None

    def found(self, start: int = 0, end: int | None = None) -> Array:
        """The numbers of the states found, in the order of discovery."""
        raise NotImplementedError

    def parents(self) -> Array:
        """Which of them found each."""
        raise NotImplementedError

    def apart(self, numbers: Array) -> list[Array]:
        """The local states of each component."""
        rest = numbers.astype(np.int64)
        parts = []
        for stride in self.tables.strides:
            local, rest = np.divmod(rest, stride)
            parts.append(local)
        return parts

    def unpacked(self, numbers: Array) -> Array:
        """States as one row each, one column for each variable."""
        space = self.tables.space
        table = np.empty((len(numbers), len(self.system.variables)), dtype=np.int64)
        for place in space.partition.constants:
            table[:, place] = self.system.variables[place].initial
        for local, rows in zip(space.locals, self.apart(numbers), strict=True):
            for place in local.members:
                table[:, place] = local.column(local.keys, place)[rows]
        return table

    def states(self) -> Numbers:
        """All states found, one row each, one column for each variable."""
        return self.unpacked(self.found())

    def packed(self) -> Numbers:
        """All states found, one row of words each."""
        numbers, space = self.found(), self.tables.space
        rows = np.zeros((len(numbers), self.layout.words), dtype=np.uint64)
        rows[:, 0] = np.uint64(OCCUPIED)
        for place in space.partition.constants:
            field = self.layout.fields[place]
            rows[:, field.word] |= np.uint64(field.placed(self.system.variables[place].initial))
        for local, at in zip(space.locals, self.apart(numbers), strict=True):
            words = np.zeros((len(local.keys), self.layout.words), dtype=np.uint64)
            for place in local.members:
                field = self.layout.fields[place]
                bits = (local.column(local.keys, place) - field.low).astype(np.uint64)
                words[:, field.word] |= bits << np.uint64(field.shift)
            rows |= words[at]
        return rows

    def numbers(self, packed: Numbers) -> Array:
        """The numbers of packed states."""
        numbers = np.zeros(len(packed), dtype=np.int64)
        for local, stride in zip(self.tables.space.locals, self.tables.strides, strict=True):
            keys = np.full(len(packed), OCCUPIED, dtype=np.uint64)
            for place in local.members:
                field = local.fields[place]
                bits = (self.layout.column(packed, place) - field.low).astype(np.uint64)
                keys |= bits << np.uint64(field.shift)
            numbers += np.searchsorted(local.keys, keys) * stride
        return numbers

    def run(self, state: int) -> list[State]:
        """The states along a shortest run to a state, both ends included."""
        found = self.found()
        way = found[np.array(lineage(state, self.parents()))]
        return [tuple(row) for row in self.unpacked(way).tolist()]

    def edges(self) -> tuple[Numbers, Numbers, Numbers]:
        """Sources, targets and actions of all transitions between the states found."""
        found = self.found()
        order = np.argsort(found, kind="stable")
        ranked = found[order]
        rows: list[tuple[Array, Array, Array]] = []
        for start in range(0, len(found), ROWS):
            parts = dict(enumerate(self.apart(found[start : start + ROWS])))
            for number, acting in enumerate(self.tables.acting):
                effects = np.broadcast_to(acting.effects(parts), len(parts[0]) if parts else 1)
                enabled = np.flatnonzero(effects >= 0)
                if enabled.size:
                    at = {c: part[enabled] for c, part in parts.items()}
                    moved = total(acting.looked_up(acting.moves, at, effects[enabled]))
                    after = (found[start + enabled] + moved).astype(np.uint32)
                    targets = order[np.searchsorted(ranked, after)]
                    rows.append((start + enabled, targets, np.full(enabled.size, number)))
        empty = np.zeros(0, dtype=np.int64)
        sources, targets, actions = (np.concatenate([empty, *(row[i] for row in rows)]) for i in range(3))
        return sources, targets, actions

    def _added(self, tally: Tally) -> Tally:
        """The figures with those of the search that this one goes on with."""
        before = self._before
        if before is None:
            return tally
        return replace(
            tally,
            fired=[now + then for now, then in zip(tally.fired, before.fired, strict=True)],
            transitions=tally.transitions + before.transitions,
            deadlocks=tally.deadlocks + before.deadlocks,
            deadlock=tally.deadlock if before.deadlock is None else before.deadlock,
            hits={**tally.hits, **before.hits},
        )

    def _snapshot(self, tally: Tally, expanded: int) -> Snapshot:
        figures = (tally.transitions, tally.deadlocks, tally.deadlock, list(tally.fired), dict(tally.hits))
        return Snapshot(self.packed(), self.parents(), expanded, *figures)

    def overflow(self, source: int, action: int) -> tuple[int, int, DomainOverflow]:
        """What the oracle says of an action that leaves a domain."""
        state = tuple(self.unpacked(self.found(source, source + 1))[0].tolist())
        try:
            self._oracle.successor(state, action)
        except DomainOverflow as overflow:
            return source, action, overflow
        raise NoTables(f"{self.system.actions[action].name} was to leave a domain in {state}, and does not")

    def fired(self, visits: list[Array], joint: Array) -> list[int]:
        """How often each action was taken, from the visits to the cells of each owner."""
        fired = [0] * len(self.system.actions)
        for owner, seen in zip(self.tables.owners, visits, strict=True):
            for number, cells in owner.enabled.items():
                fired[number] = int(seen[cells].sum(dtype=np.int64))
        for each, count in zip(self.tables.joints, joint.tolist(), strict=True):
            fired[each.number] = int(count)
        return fired


def earliest(sightings: list[tuple[Sign, int, int]]) -> dict[str, Hit]:
    """Of each watch the sighting by the shortest run, from signs, states and the states' depths."""
    best: dict[str, tuple[int, Hit]] = {}
    for sign, state, depth in sightings:
        if sign.watch is not None:
            length = depth + (sign.action is not None)
            if sign.watch not in best or length < best[sign.watch][0]:
                best[sign.watch] = length, Hit(state, sign.action)
    return {watch: hit for watch, (_, hit) in best.items()}


class NumpyTableSearch(TableSearch):
    """The search by tables over NumPy arrays; fulfils ``search.Search``."""

    def __init__(self, system: System, parameters: tuple[int, ...], bounds: Bounds, tables: Tables) -> None:
        if tables.states > WHOLE_IN_NUMPY:
            raise NoTables("without a C compiler the components' local states have too many combinations")
        super().__init__(system, parameters, tables)
        self._bounds = bounds
        self._tags = np.zeros(tables.states, dtype=np.uint32)
        self._tag = 1
        self._order = np.array([tables.initial], dtype=np.uint32)
        self._parents = np.zeros(1, dtype=np.uint32)
        self._tags[tables.initial] = 1
        self._count = 1
        self._next = 0
        self._ends = [1]
        self._visits = [np.zeros(len(owner.count), dtype=np.int64) for owner in tables.owners]
        self._joint = np.zeros(len(tables.joints), dtype=np.int64)
        self._tally = Tally([], candidates=tables.states)
        self._pending = {id(s): (1 << len(s.signs)) - 1 for s in [*tables.at_states, *tables.on_steps]}
        self._seen: list[tuple[Sign, int, int]] = []

    def found(self, start: int = 0, end: int | None = None) -> Array:
        """The numbers of the states found, in the order of discovery."""
        return self._order[start : self._count if end is None else end]

    def parents(self) -> Array:
        """Which of them found each."""
        return self._parents[: self._count]

    def advance(self, seconds: float) -> Tally:
        """Search on for about so long, and report."""
        deadline = time.monotonic() + seconds
        tally = self._tally
        while not tally.over:
            if self._next == self._ends[-1]:
                if self._count == self._ends[-1]:
                    tally.over = True
                    break
                self._ends.append(self._count)
            end = min(self._next + ROWS, self._ends[-1])
            self._expand(self._next, end)
            self._next = end
            if time.monotonic() > deadline:
                break
        if tally.over and tally.stopped:
            self._look(self.tables.at_states, self._next, self._count)
        tally.states = self._count
        tally.depth = len(self._ends) - 1 + (self._count > self._ends[-1])
        tally.bytes = self._tags.nbytes + self._order.nbytes + self._parents.nbytes
        tally.fired = self.fired(self._visits, self._joint)
        tally.hits = earliest(self._seen)
        return self._added(tally)

    def _expand(self, start: int, end: int) -> None:
        numbers = self._order[start:end]
        parts = self.apart(numbers)
        self._look(self.tables.at_states, start, end, parts)
        self._look(self.tables.on_steps, start, end, parts)
        degrees = np.zeros(end - start, dtype=np.int64)
        targets: list[Array] = []
        sources: list[Array] = []
        for owner, visits in zip(self.tables.owners, self._visits, strict=True):
            rows, after = self._attached(owner, visits, numbers, parts, degrees)
            sources.append(rows)
            targets.append(after)
        for place, joint in enumerate(self.tables.joints):
            rows, after = self._looked_up(joint, numbers, parts)
            self._joint[place] += len(rows)
            degrees[rows] += 1
            sources.append(rows)
            targets.append(after)
        self._tally.transitions += int(degrees.sum())
        stuck = np.flatnonzero(degrees == 0)
        if stuck.size:
            self._tally.deadlocks += stuck.size
            if self._tally.deadlock is None:
                self._tally.deadlock = start + int(stuck[0])
        if targets:
            self._enter(np.concatenate(targets), np.concatenate(sources) + start)

    @staticmethod
    def _attached(
        owner: Owner, visits: Array, numbers: Array, parts: list[Array], degrees: Array
    ) -> tuple[Array, Array]:
        cells = parts[owner.component]
        for c, classes in owner.contexts.items():
            cells = cells + classes[parts[c]]
        visits += np.bincount(cells, minlength=len(visits))
        degrees += owner.degree[cells]
        counts = owner.count[cells]
        ends = np.cumsum(counts)
        within = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - counts, counts)
        at = np.repeat(owner.first[cells], counts) + within
        rows = np.repeat(np.arange(len(numbers)), counts)
        return rows, numbers[rows] + owner.differences[at]

    @staticmethod
    def _looked_up(joint: Joint, numbers: Array, parts: list[Array]) -> tuple[Array, Array]:
        at = np.zeros(len(numbers), dtype=np.int64)
        for c, labels in joint.labels.items():
            at += labels[parts[c]]
        outcomes = joint.outcome[at]
        rows = np.flatnonzero(outcomes)
        effects = outcomes[rows].astype(np.int64) - 1
        moved = [moves[parts[c][rows], effects if moves.shape[1] > 1 else 0] for c, moves in joint.moves.items()]
        return rows, numbers[rows] + total(moved)

    def _enter(self, targets: Array, sources: Array) -> None:
        unknown = self._tags[targets] == 0
        targets, sources = targets[unknown], sources[unknown]
        if self._tag + len(targets) >= 1 << 32:
            self._tags[self._tags > 0] = 1
            self._tag = 1
        # Each writes its own tag at its place; of several at one place the last one's stays, and only that one is new.
        tags = np.arange(self._tag + 1, self._tag + 1 + len(targets), dtype=np.uint32)
        self._tag += len(targets)
        self._tags[targets] = tags
        first = self._tags[targets] == tags
        self._append(targets[first], sources[first])

    def _append(self, new: Array, sources: Array) -> None:
        count = self._count + len(new)
        if self._bounds.states is not None and count > self._bounds.states:
            count = self._bounds.states
            self._stop(reasons.STATES)
        if count > len(self._order):
            self._order = np.resize(self._order, max(count, len(self._order) * 2))
            self._parents = np.resize(self._parents, len(self._order))
        more = count - self._count
        self._order[self._count : count] = new[:more]
        self._parents[self._count : count] = sources[:more]
        self._count = count
        size = self._tags.nbytes + self._order.nbytes + self._parents.nbytes
        if self._bounds.bytes is not None and size > self._bounds.bytes:
            self._stop(reasons.MEMORY)

    def _look(self, groups: list[Signs], start: int, end: int, parts: list[Array] | None = None) -> None:
        for group in groups:
            pending = self._pending[id(group)]
            if not pending:
                continue
            parts = self.apart(self._order[start:end]) if parts is None else parts
            at = np.zeros(end - start, dtype=np.int64)
            for c, labels in group.labels.items():
                at += labels[parts[c]]
            masks = group.masks[at]
            for bit, sign in enumerate(group.signs):
                where = np.flatnonzero(masks >> np.uint64(bit) & np.uint64(1)) if pending >> bit & 1 else np.zeros(0)
                if where.size:
                    self._pending[id(group)] &= ~(1 << bit)
                    self._sighted(sign, start + int(where[0]))

    def _sighted(self, sign: Sign, state: int) -> None:
        self._seen.append((sign, state, int(np.searchsorted(self._ends, state, side="right"))))
        if sign.watch is None and sign.action is not None:
            if self._tally.overflow is None:
                self._tally.overflow = self.overflow(state, sign.action)
            self._stop(reasons.OVERFLOW)
        elif sign.watch in self._bounds.stop_at:
            self._stop(reasons.STOP)

    def _stop(self, why: str) -> None:
        self._tally.over = True
        self._tally.stopped = self._tally.stopped or why

    def snapshot(self) -> Snapshot:
        """What somebody needs to go on from here."""
        tally = replace(self._tally, fired=self.fired(self._visits, self._joint), hits=earliest(self._seen))
        return self._snapshot(self._added(tally), self._next)

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from there."""
        self._before = snapshot
        self._order = self.numbers(snapshot.packed).astype(np.uint32)
        self._parents = snapshot.parents.astype(np.uint32)
        self._tags[self._order] = 1
        self._count, self._next, self._ends = len(self._order), snapshot.expanded, snapshot.ends()

    def close(self) -> None:
        """Give the memory back."""
        self._tags = np.zeros(0, dtype=np.uint32)
