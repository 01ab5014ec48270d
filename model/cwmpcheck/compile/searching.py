"""Which back end searches."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

from cwmpcheck.compile.components import NoTables, partition_of
from cwmpcheck.compile.native import NativeSearch
from cwmpcheck.compile.numpy_search import NumpySearch
from cwmpcheck.compile.python import PythonBackend
from cwmpcheck.compile.search import Bounds, PythonSearch, Search
from cwmpcheck.compile.table_native import NativeTableSearch, program
from cwmpcheck.compile.table_search import NumpyTableSearch, tables_of
from cwmpcheck.compile.tables import Tables
from cwmpcheck.compile.toolchain import NoCompiler, compiler
from cwmpcheck.kernel import DeclarationError, System

BackendName = Literal["python", "numpy", "native", "tables"]

MOST_LOCAL = 1 << 15
"""Unless told to, tables are not tried on components with more local states: building them would not pay."""

MOST_STATES = 1 << 31
"""Nor on more combinations of them: the bits of the unreachable ones have to be cleared too."""

LEAST_LOCAL = 0.75
"""Nor where fewer of the actions touch one component only."""


def open_search(
    system: System, parameters: tuple[int, ...], backend: BackendName | Literal["auto"], bounds: Bounds
) -> tuple[BackendName, Search]:
    """A search that stands at the initial state, and the name of the back end that runs it.

    Args:
        system: what to search.
        parameters: the number of each parameter.
        backend: which one; ``auto`` is tables where the system has loosely coupled components, else native where a
            C compiler works, else NumPy.
        bounds: what not to exceed.

    Raises:
        NoCompiler: when ``native`` is asked for and there is no C compiler that works.
        NoTables: when ``tables`` is asked for and the components are too large or coupled too tightly, or with symmetry.
        DeclarationError: for symmetry that the system has not, or together with edges.
    """
    if bounds.symmetry and bounds.edges:
        raise DeclarationError(
            "symmetry is for safety only: a cycle of representatives may be no cycle of states, so leave it out for "
            "leads_to and for graphs"
        )
    if backend == "python":
        return "python", PythonSearch(PythonBackend(system, parameters), bounds)
    if backend == "tables":
        if bounds.symmetry:
            raise NoTables("move tables know no symmetry; use --backend native, or leave the symmetry out")
        with _compiling(len(partition_of(system).members)):
            tables = tables_of(system, parameters)
        return "tables", _by_tables(system, parameters, bounds, tables)
    if backend == "auto":
        found = _worthwhile(system, parameters, bounds)
        if found is not None:
            return "tables", _by_tables(system, parameters, bounds, found)
    if backend == "native" or (backend == "auto" and compiler() is not None):
        try:
            return "native", NativeSearch(system, parameters, bounds)
        except NoCompiler:
            if backend == "native":
                raise
    return "numpy", NumpySearch(system, parameters, bounds)


def _by_tables(system: System, parameters: tuple[int, ...], bounds: Bounds, tables: Tables) -> Search:
    try:
        return NativeTableSearch(system, parameters, bounds, tables)
    except NoCompiler:
        return NumpyTableSearch(system, parameters, bounds, tables)


@contextmanager
def _compiling(components: int) -> Iterator[None]:
    """Have the program for so many components compiled meanwhile, on the other core; who needs it hears of failures."""

    def compiled() -> None:
        with suppress(NoCompiler):
            program(components)

    thread = threading.Thread(target=compiled)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _worthwhile(system: System, parameters: tuple[int, ...], bounds: Bounds) -> Tables | None:
    """The tables of a system for which they pay, or None."""
    if bounds.edges or bounds.symmetry:
        return None
    partition = partition_of(system)
    if len(partition.members) < 2 or partition.local_share < LEAST_LOCAL:
        return None
    try:
        with _compiling(len(partition.members)):
            tables = tables_of(system, parameters, MOST_LOCAL)
    except NoTables:
        return None
    room = min(MOST_STATES, MOST_STATES if bounds.bytes is None else bounds.bytes * 4)
    return tables if tables.states <= room else None
