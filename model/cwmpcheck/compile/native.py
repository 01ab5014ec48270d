"""A system as machine code: the C text of ``ccode``, compiled once and called through ctypes."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

import numpy as np

from cwmpcheck.compile import search as reasons
from cwmpcheck.compile.backend import State
from cwmpcheck.compile.ccode import guards_source, search_source
from cwmpcheck.compile.dag import once_per_system
from cwmpcheck.compile.layout import Layout, layout_of
from cwmpcheck.compile.packing import watch_order
from cwmpcheck.compile.search import Bounds, Hit, Numbers, Snapshot, Tally, lineage
from cwmpcheck.compile.toolchain import library
from cwmpcheck.compile.valuation import valuation
from cwmpcheck.kernel import DomainOverflow, System, Value

_DONE, _OVERFLOW = 1, 6
_STOPPED = {
    2: reasons.STATES,
    3: reasons.MEMORY,
    4: reasons.NO_MEMORY,
    5: reasons.STOP,
    _OVERFLOW: reasons.OVERFLOW,
}

_POINTER = ctypes.c_void_p


@once_per_system
def _search_library(system: System) -> ctypes.CDLL:
    return _declared(library(search_source(system)))


@once_per_system
def _symmetric_library(system: System) -> ctypes.CDLL:
    return _declared(library(search_source(system, symmetry=True)))


def _declared(made: ctypes.CDLL) -> ctypes.CDLL:
    made.open_search.restype = _POINTER
    made.open_search.argtypes = [_POINTER, _POINTER, _POINTER, ctypes.c_uint64, ctypes.c_uint64, ctypes.c_int]
    made.advance.argtypes = [_POINTER, ctypes.c_double]
    made.close_search.argtypes = [_POINTER]
    made.report.argtypes = [_POINTER, _POINTER]
    made.settle.argtypes = [_POINTER]
    made.restore.argtypes = [*[_POINTER] * 3, *[ctypes.c_uint64] * 4, *[_POINTER] * 4]
    made.sightings.argtypes = [_POINTER, _POINTER, _POINTER]
    made.expand_once.argtypes = [_POINTER] * 6
    for name in ("fired_of", "states_of", "parents_of", "sources_of", "targets_of", "taken_of"):
        getattr(made, name).restype = _POINTER
        getattr(made, name).argtypes = [_POINTER]
    return made


@once_per_system
def _guards_library(system: System) -> ctypes.CDLL:
    made = library(guards_source(system))
    made.guards_of.argtypes = [_POINTER] * 3
    made.sole_false.argtypes = [_POINTER, _POINTER, ctypes.c_uint64, _POINTER]
    return made


def _words(layout: Layout, state: State) -> Numbers:
    return np.array(layout.pack(state), dtype=np.uint64)


class _Handle:
    """A search in C, and the memory it owns."""

    def __init__(self, system: System, parameters: tuple[int, ...], bounds: Bounds) -> None:
        self.library = _symmetric_library(system) if bounds.symmetry else _search_library(system)
        stops = np.array([watch.name in bounds.stop_at for watch in watch_order(system)], dtype=np.uint8)
        numbers = np.array(parameters, dtype=np.int64)
        first = _words(layout_of(system), system.initial)
        self.pointer: int | None = self.library.open_search(
            numbers.ctypes.data,
            first.ctypes.data,
            stops.ctypes.data,
            bounds.states or 0,
            bounds.bytes or 0,
            bounds.edges,
        )
        if self.pointer is None:
            raise MemoryError("the machine has no memory left for a search")

    def array(self, name: str, count: int, kind: Any) -> Numbers:
        """A copy of an array of the search: it moves when it grows and dies with the search."""
        size = count * np.dtype(kind).itemsize
        address = getattr(self.library, name)(self.pointer)
        return np.frombuffer(ctypes.string_at(address, size) if size else b"", dtype=kind)

    def close(self) -> None:
        """Give the memory back."""
        if self.pointer is not None:
            self.library.close_search(self.pointer)
            self.pointer = None

    def __del__(self) -> None:
        if getattr(self, "pointer", None) is not None:
            self.close()


class NativeSearch:
    """The search in C; fulfils ``search.Search``."""

    def __init__(self, system: System, parameters: tuple[int, ...], bounds: Bounds) -> None:
        self._system = system
        self._layout = layout_of(system)
        self._handle = _Handle(system, parameters, bounds)
        self._watches = [watch.name for watch in watch_order(system)]
        self._parents: Numbers | None = None

    def advance(self, seconds: float) -> Tally:
        """Search on for about so long, and report."""
        handle = self._handle
        status = handle.library.advance(handle.pointer, seconds)
        figures = np.zeros(11, dtype=np.int64)
        handle.library.report(handle.pointer, figures.ctypes.data)
        states, transitions, depth, deadlocks, deadlock, size, at, *_ = figures.tolist()
        return Tally(
            fired=handle.array("fired_of", len(self._system.actions), np.uint64).tolist(),
            states=states,
            transitions=transitions,
            depth=depth,
            deadlocks=deadlocks,
            deadlock=None if deadlock < 0 else deadlock,
            hits=self._hits(),
            overflow=(at, int(figures[7]), self._overflow(figures)) if status == _OVERFLOW else None,
            over=status != 0,
            stopped=_STOPPED.get(status),
            bytes=size,
        )

    def _hits(self) -> dict[str, Hit]:
        rows = np.zeros((2, len(self._watches) + 1), dtype=np.int64)
        self._handle.library.sightings(self._handle.pointer, rows[0].ctypes.data, rows[1].ctypes.data)
        pairs = zip(self._watches, rows[0].tolist(), rows[1].tolist(), strict=False)
        return {name: Hit(state, None if action < 0 else action) for name, state, action in pairs if state >= 0}

    def _overflow(self, figures: Numbers) -> DomainOverflow:
        return _overflow(self._system, int(figures[7]), int(figures[8]), int(figures[9]))

    def _count(self, place: int) -> int:
        figures = np.zeros(11, dtype=np.int64)
        self._handle.library.report(self._handle.pointer, figures.ctypes.data)
        return int(figures[place])

    def packed(self) -> Numbers:
        """All states found, one row of words each."""
        words = self._layout.words
        return self._handle.array("states_of", self._count(0) * words, np.uint64).reshape(-1, words)

    def run(self, state: int) -> list[State]:
        """The states along a shortest run to a state, both ends included."""
        count = self._count(0)
        if self._parents is None or len(self._parents) != count:
            self._parents = self._handle.array("parents_of", count, np.uint32)
        address = self._handle.library.states_of(self._handle.pointer)
        size = self._layout.words * 8
        rows = [ctypes.string_at(address + number * size, size) for number in lineage(state, self._parents)]
        return [self._layout.unpack(np.frombuffer(row, dtype=np.uint64).tolist()) for row in rows]

    def states(self) -> Numbers:
        """All states found, one row each, one column for each variable."""
        return self._layout.unpack_all(self.packed())

    def edges(self) -> tuple[Numbers, Numbers, Numbers]:
        """Sources, targets and actions of all transitions; only when ``Bounds.edges`` asked for them."""
        count = self._count(10)
        return (
            self._handle.array("sources_of", count, np.uint32).astype(np.int64),
            self._handle.array("targets_of", count, np.uint32).astype(np.int64),
            self._handle.array("taken_of", count, np.uint32).astype(np.int64),
        )

    def snapshot(self) -> Snapshot:
        """What somebody needs to go on from here."""
        handle = self._handle
        handle.library.settle(handle.pointer)
        figures = np.zeros(11, dtype=np.int64)
        handle.library.report(handle.pointer, figures.ctypes.data)
        states, transitions, _, deadlocks, deadlock, _, last, *_ = figures.tolist()
        parents = handle.array("parents_of", states, np.uint32)
        fired = handle.array("fired_of", len(self._system.actions), np.uint64).tolist()
        stuck = None if deadlock < 0 else deadlock
        return Snapshot(self.packed(), parents, last + 1, transitions, deadlocks, stuck, fired, self._hits())

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from there."""
        ends, none = snapshot.ends(), Hit(-1, -1)
        hits = [snapshot.hits.get(name, none) for name in self._watches]
        stuck = -1 if snapshot.deadlock is None else snapshot.deadlock
        arrays = [
            np.array([snapshot.transitions, snapshot.deadlocks, stuck], dtype=np.int64),
            np.array([*snapshot.fired, 0], dtype=np.uint64),
            np.array([*(hit.state for hit in hits), 0], dtype=np.int64),
            np.array([*(-1 if hit.action is None else hit.action for hit in hits), 0], dtype=np.int64),
        ]
        states = np.ascontiguousarray(snapshot.packed, dtype=np.uint64)
        parents = np.ascontiguousarray(snapshot.parents, dtype=np.uint32)
        places = (len(states), snapshot.expanded, ends[-1], len(ends) - 1)
        data = [array.ctypes.data for array in arrays]
        pointer = self._handle.pointer
        if not self._handle.library.restore(pointer, states.ctypes.data, parents.ctypes.data, *places, *data):
            raise MemoryError("no memory, or none allowed, for the exploration that was saved")

    def close(self) -> None:
        """Give the memory back."""
        self._handle.close()


def _overflow(system: System, action: int, variable: int, value: int) -> DomainOverflow:
    of = system.variables[variable]
    return DomainOverflow(system.actions[action].name, of.name, value, of.domain.low, of.domain.high)


class NativeBackend:
    """A system in C, one step at a time; fulfils ``backend.Backend``."""

    def __init__(self, system: System, parameters: tuple[int, ...]) -> None:
        self.system = system
        self.parameters = parameters
        self._layout = layout_of(system)
        self._handle = _Handle(system, parameters, Bounds())
        self._watches = [watch.name for watch in watch_order(system)]

    def _expanded(self, state: State) -> tuple[dict[int, State], Numbers, Numbers]:
        actions = len(self.system.actions)
        words = _words(self._layout, state)
        rows = np.zeros((actions + 1, self._layout.words), dtype=np.uint64)
        taken = np.zeros(actions + 1, dtype=np.int64)
        log = np.zeros((actions + 1, len(self._watches) + 1), dtype=np.uint8)
        left = np.full((actions + 1, 2), -1, dtype=np.int64)
        arrays = [array.ctypes.data for array in (words, rows, taken, log, left)]
        count = self._handle.library.expand_once(self._handle.pointer, *arrays)
        after = {int(taken[i]): self._layout.unpack(rows[i].tolist()) for i in range(count)}
        return after, log, left

    def initial(self) -> State:
        """The initial state."""
        return self.system.initial

    def enabled(self, state: State) -> list[int]:
        """The actions whose guards all hold, in ascending order."""
        after, _, left = self._expanded(state)
        return sorted({*after, *np.flatnonzero(left[:, 0] >= 0).tolist()})

    def successor(self, state: State, action: int) -> State:
        """The state after an enabled action; raises DomainOverflow when a value would leave its domain."""
        after, _, left = self._expanded(state)
        if action in after:
            return after[action]
        variable, value = left[action].tolist()
        if variable < 0:
            raise ValueError(f"{self.system.actions[action].name} is not enabled in {state}")
        raise _overflow(self.system, action, variable, value)

    def guards(self, state: State, action: int) -> tuple[bool, ...]:
        """The truth of each of the action's guards, in order."""
        most = _most_guards(self.system)
        truths = np.zeros((len(self.system.actions), most), dtype=np.uint8)
        numbers, words = np.array(self.parameters, dtype=np.int64), _words(self._layout, state)
        _guards_library(self.system).guards_of(numbers.ctypes.data, words.ctypes.data, truths.ctypes.data)
        return tuple(bool(truth) for truth in truths[action, : len(self.system.actions[action].guards)])

    def holding(self, state: State) -> frozenset[str]:
        """The names of the watches whose state condition holds here."""
        return self._logged(state, 0)

    def occurring(self, state: State, action: int) -> frozenset[str]:
        """The names of the watches whose step condition holds when the action is taken here."""
        return self._logged(state, action + 1)

    def _logged(self, state: State, row: int) -> frozenset[str]:
        _, log, _ = self._expanded(state)
        return frozenset(name for name, seen in zip(self._watches, log[row], strict=False) if seen)


def _most_guards(system: System) -> int:
    return 1 + max((len(action.guards) for action in system.actions), default=0)


def sole_false(system: System, parameters: tuple[int, ...], packed: Numbers) -> Numbers:
    """In how many packed states each guard was its action's only false one, as a table of action by position.

    Raises NoCompiler when there is no C compiler.
    """
    counts = np.zeros((len(system.actions), _most_guards(system)), dtype=np.uint64)
    numbers, rows = np.array(parameters, dtype=np.int64), np.ascontiguousarray(packed)
    _guards_library(system).sole_false(numbers.ctypes.data, rows.ctypes.data, len(rows), counts.ctypes.data)
    return counts


def compile_native(system: System, parameters: Mapping[str, Value] | None = None) -> NativeBackend:
    """A system in C; raises NoCompiler when there is no C compiler."""
    return NativeBackend(system, valuation(system, parameters))
