"""Which back end searches."""

from __future__ import annotations

from typing import Literal

from cwmpcheck.compile.native import NativeSearch
from cwmpcheck.compile.numpy_search import NumpySearch
from cwmpcheck.compile.python import PythonBackend
from cwmpcheck.compile.search import Bounds, PythonSearch, Search
from cwmpcheck.compile.toolchain import NoCompiler, compiler
from cwmpcheck.kernel import System

BackendName = Literal["python", "numpy", "native"]


def open_search(
    system: System, parameters: tuple[int, ...], backend: BackendName | Literal["auto"], bounds: Bounds
) -> tuple[BackendName, Search]:
    """A search that stands at the initial state, and the name of the back end that runs it.

    Args:
        system: what to search.
        parameters: the number of each parameter.
        backend: which one; ``auto`` is native where a C compiler works, else NumPy.
        bounds: what not to exceed.

    Raises:
        NoCompiler: when ``native`` is asked for and there is no C compiler that works.
    """
    if backend == "python":
        return "python", PythonSearch(PythonBackend(system, parameters), bounds)
    if backend == "native" or (backend == "auto" and compiler() is not None):
        try:
            return "native", NativeSearch(system, parameters, bounds)
        except NoCompiler:
            if backend == "native":
                raise
    return "numpy", NumpySearch(system, parameters, bounds)
