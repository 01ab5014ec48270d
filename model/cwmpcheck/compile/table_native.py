"""The search by move tables in C, called through ctypes: one small program, whatever the system."""

from __future__ import annotations

import ctypes
import functools
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmpcheck.compile import search as reasons
from cwmpcheck.compile.search import Bounds, Snapshot, Tally
from cwmpcheck.compile.table_search import TableSearch, earliest
from cwmpcheck.compile.tables import Sign, Tables
from cwmpcheck.compile.toolchain import library
from cwmpcheck.kernel import System

Array = NDArray[Any]

_POINTER = ctypes.c_void_p
_OVERFLOW = 6
_STOPPED = {
    2: reasons.STATES,
    3: reasons.MEMORY,
    4: reasons.NO_MEMORY,
    5: reasons.STOP,
    _OVERFLOW: reasons.OVERFLOW,
}


class _Tables(ctypes.Structure):
    _fields_ = [
        *((name, _POINTER) for name in ("strides", "columns", "differences", "parts", "cells", "owners", "joints")),
        *((name, _POINTER) for name in ("groups", "outcomes", "masks", "endings")),
        ("states", ctypes.c_uint64),
        *((f"{name}_count", ctypes.c_uint32) for name in ("owner", "joint")),
        ("state_groups", ctypes.c_uint32),
        *((f"{name}_count", ctypes.c_uint32) for name in ("group", "cell", "sign")),
        ("most_successors", ctypes.c_uint32),
    ]


_CELL = np.dtype([("first", np.uint32), ("count", np.uint16), ("degree", np.uint16)])


class _Flat:
    """The tables in the arrays that the C program reads."""

    def __init__(self, tables: Tables, stop_at: frozenset[str]) -> None:
        self._columns: list[Array] = []
        self._end = 0
        self._parts: list[tuple[int, int]] = []
        self.cells: list[int] = []
        groups = [*tables.at_states, *tables.on_steps]
        self.signs: list[Sign] = [sign for group in groups for sign in group.signs]
        owners, cells, differences = self._owners(tables)
        joints, outcomes = self._joints(tables)
        looking, masks, sign, mask = [], [], 0, 0
        for group in groups:
            looking.append((*self._added(group.labels), mask, sign))
            masks.append(group.masks)
            sign += len(group.signs)
            mask += len(group.masks)
        endings = [_OVERFLOW if s.watch is None else 5 if s.watch in stop_at else 0 for s in self.signs]
        self.arrays = {
            "strides": np.array(tables.strides, dtype=np.uint32),
            "columns": _joined(self._columns, np.uint32),
            "differences": differences,
            "parts": np.array(self._parts, dtype=np.uint32),
            "cells": cells,
            "owners": np.array(owners, dtype=np.uint32),
            "joints": np.array(joints, dtype=np.uint32),
            "groups": np.array(looking, dtype=np.uint32),
            "outcomes": outcomes,
            "masks": _joined(masks, np.uint64),
            "endings": np.array(endings, dtype=np.uint8),
        }
        self.struct = _Tables(
            **{name: array.ctypes.data for name, array in self.arrays.items()},
            states=tables.states,
            owner_count=len(owners),
            joint_count=len(joints),
            state_groups=len(tables.at_states),
            group_count=len(groups),
            cell_count=len(cells),
            sign_count=len(self.signs),
            most_successors=sum(int(o.count.max(initial=0)) for o in tables.owners) + len(tables.joints),
        )

    def _added(self, columns: dict[int, Array]) -> tuple[int, int]:
        """Columns by component: where their parts begin, and how many they are."""
        start = len(self._parts)
        for component, column in columns.items():
            self._parts.append((component, self._end))
            self._columns.append(column.reshape(-1))
            self._end += column.size
        return start, len(columns)

    def _owners(self, tables: Tables) -> tuple[list[tuple[int, int, int, int]], Array, Array]:
        owners, cells, differences, base, first = [], [], [], 0, 0
        for owner in tables.owners:
            rows = np.zeros(len(owner.count), dtype=_CELL)
            rows["first"], rows["count"], rows["degree"] = owner.first + first, owner.count, owner.degree
            owners.append((owner.component, base, *self._added(owner.contexts)))
            cells.append(rows)
            self.cells.append(len(rows))
            differences.append(owner.differences)
            base += len(rows)
            first += len(owner.differences)
        return owners, np.concatenate([np.zeros(0, dtype=_CELL), *cells]), _joined(differences, np.uint32)

    def _joints(self, tables: Tables) -> tuple[list[tuple[int, ...]], Array]:
        joints: list[tuple[int, ...]] = []
        outcomes, at = [], 0
        for joint in tables.joints:
            width = max((moves.shape[1] for moves in joint.moves.values()), default=1)
            wide = {c: np.broadcast_to(moves, (len(moves), width)) for c, moves in joint.moves.items()}
            joints.append((*self._added(joint.labels), at, *self._added(wide), width))
            outcomes.append(joint.outcome)
            at += len(joint.outcome)
        return joints, _joined(outcomes, np.uint16)


def _joined(arrays: list[Array], kind: Any) -> Array:
    return np.concatenate([np.zeros(0, dtype=kind), *(np.asarray(array).astype(kind) for array in arrays)])


@functools.cache
def program(components: int) -> ctypes.CDLL:
    """The program for so many components; raises NoCompiler where there is none."""
    text = Path(__file__).with_name("tables.c").read_text(encoding="utf-8")
    made = library(f"#define COMPONENTS {components}\n{text}")
    made.open_search.restype = _POINTER
    made.open_search.argtypes = [
        *[_POINTER] * 3,
        *[ctypes.c_uint64] * 2,
        _POINTER,
        *[ctypes.c_uint64] * 3,
    ]
    made.advance.argtypes = [_POINTER, ctypes.c_double]
    made.close_search.argtypes = [_POINTER]
    made.report.argtypes = [_POINTER] * 5
    made.levels_of.restype = ctypes.c_uint64
    made.levels_of.argtypes = [_POINTER]
    for name in ("order_of", "parents_of", "ends_of"):
        getattr(made, name).restype = _POINTER
        getattr(made, name).argtypes = [_POINTER]
    return made


class NativeTableSearch(TableSearch):
    """The search by tables in C; fulfils ``search.Search``.

    Raises NoCompiler when there is no C compiler that works.
    """

    def __init__(self, system: System, parameters: tuple[int, ...], bounds: Bounds, tables: Tables) -> None:
        super().__init__(system, parameters, tables)
        self._library = program(max(1, len(tables.sizes)))
        self._flat = _Flat(tables, bounds.stop_at)
        self._bounds = bounds
        order = np.array([tables.initial], dtype=np.uint32)
        self._pointer: int | None = None
        self._open(order, np.zeros(1, dtype=np.uint32), 0, np.ones(1, dtype=np.uint64))

    def _open(self, order: Array, parents: Array, expanded: int, ends: Array) -> None:
        self.close()
        self._pointer = self._library.open_search(
            ctypes.byref(self._flat.struct),
            order.ctypes.data,
            parents.ctypes.data,
            len(order),
            expanded,
            ends.ctypes.data,
            len(ends),
            self._bounds.states or 0,
            self._bounds.bytes or 0,
        )
        if self._pointer is None:
            raise MemoryError("the machine has no memory left for a search")

    def _read(self, name: str, kind: Any, start: int, end: int) -> Array:
        size = np.dtype(kind).itemsize
        address = getattr(self._library, name)(self._pointer) + start * size
        data = ctypes.string_at(address, (end - start) * size) if end > start else b""
        return np.frombuffer(data, dtype=kind)

    def _count(self) -> int:
        return int(self._figures()[0][0])

    def _figures(self) -> tuple[Array, Array, Array, Array]:
        figures = np.zeros(8, dtype=np.int64)
        visits = np.zeros(sum(self._flat.cells) + 1, dtype=np.uint32)
        fired = np.zeros(len(self.tables.joints) + 1, dtype=np.uint64)
        sighted = np.full(len(self._flat.signs) + 1, -1, dtype=np.int64)
        arrays = [array.ctypes.data for array in (figures, visits, fired, sighted)]
        self._library.report(self._pointer, *arrays)
        return figures, visits, fired[:-1], sighted[:-1]

    def found(self, start: int = 0, end: int | None = None) -> Array:
        """The numbers of the states found, in the order of discovery."""
        return self._read("order_of", np.uint32, start, self._count() if end is None else end)

    def parents(self) -> Array:
        """Which of them found each."""
        return self._read("parents_of", np.uint32, 0, self._count())

    def ends(self) -> Array:
        """Where each level ends."""
        return self._read("ends_of", np.uint64, 0, self._library.levels_of(self._pointer))

    def advance(self, seconds: float) -> Tally:
        """Search on for about so long, and report."""
        return self._added(self._tally(self._library.advance(self._pointer, seconds)))

    def _tally(self, status: int) -> Tally:
        figures, visits, fired, sighted = self._figures()
        states, transitions, depth, deadlocks, deadlock, size, *_ = figures.tolist()
        splits = np.cumsum([0, *self._flat.cells])
        cells = [visits[start:end] for start, end in pairwise(splits.tolist())]
        rows = [(sign, at) for sign, at in zip(self._flat.signs, sighted.tolist(), strict=True) if at >= 0]
        depths = np.searchsorted(self.ends(), [at for _, at in rows], side="right").tolist()
        leaving = [(at, sign.action) for sign, at in rows if sign.watch is None and sign.action is not None]
        return Tally(
            fired=self.fired(cells, fired),
            states=states,
            transitions=transitions,
            depth=depth,
            deadlocks=deadlocks,
            deadlock=None if deadlock < 0 else deadlock,
            hits=earliest([(sign, at, level) for (sign, at), level in zip(rows, depths, strict=True)]),
            overflow=self.overflow(*min(leaving)) if status == _OVERFLOW else None,
            over=status != 0,
            stopped=_STOPPED.get(status),
            bytes=size,
            candidates=self.tables.states,
        )

    def snapshot(self) -> Snapshot:
        """What somebody needs to go on from here."""
        return self._snapshot(self._added(self._tally(0)), int(self._figures()[0][6]))

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from there."""
        self._before = snapshot
        order, parents = self.numbers(snapshot.packed).astype(np.uint32), snapshot.parents.astype(np.uint32)
        self._open(order, parents, snapshot.expanded, np.array(snapshot.ends(), dtype=np.uint64))

    def close(self) -> None:
        """Give the memory back."""
        if self._pointer is not None:
            self._library.close_search(self._pointer)
            self._pointer = None

    def __del__(self) -> None:
        if getattr(self, "_pointer", None) is not None:
            self.close()
