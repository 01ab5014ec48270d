"""Where a condition holds on an explicit graph: by state, and by edge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import z3

from cwmpcheck.compile import valuation
from cwmpcheck.compile.dag import Dag, Node
from cwmpcheck.compile.numpy import NUMPY
from cwmpcheck.compile.printing import Printer
from cwmpcheck.engines.graph import Graph
from cwmpcheck.engines.streett import Flags
from cwmpcheck.kernel import Boolean, DeclarationError, System, Value, Watch

_SCOPE = {"TRUE": np.True_, "FALSE": np.False_, "where": np.where, "whole": np.int64}
_ROWS = 1 << 18
"""How many states are judged at a time, which bounds the memory that the parts of a term take."""


class Marking(NamedTuple):
    """Where a watch occurs.

    Attributes:
        states: by state, whether its state condition holds.
        edges: by edge, whether its step condition holds.
    """

    states: Flags
    edges: Flags


def mark(system: System, graph: Graph, watch: Watch, parameters: Mapping[str, Value] | None) -> Marking:
    """Where a watch occurs on the graph of a system at the given parameters."""
    numbers = valuation(system, parameters)
    states = np.zeros(len(graph.states), dtype=np.bool_)
    edges = np.zeros(len(graph.sources), dtype=np.bool_)
    if watch.state is not None:
        states[:] = _holding(system, watch.state, graph.states, numbers)
    for number, action in enumerate(system.actions):
        if action.name in watch.step:
            mine = np.flatnonzero(graph.actions == number)
            before = graph.states[graph.sources[mine]]
            edges[mine] = _holding(system, watch.step[action.name], before, numbers)
    return Marking(states, edges)


def _holding(system: System, term: z3.BoolRef, rows: npt.NDArray[Any], numbers: tuple[int, ...]) -> Flags:
    """By row, whether a condition holds in that state."""
    holds = _compiled(system, term)
    truth = np.zeros(len(rows), dtype=np.bool_)
    for first in range(0, len(rows), _ROWS):
        some = rows[first : first + _ROWS]
        columns = [
            some[:, i] != 0 if isinstance(variable.domain, Boolean) else some[:, i].astype(np.int64)
            for i, variable in enumerate(system.variables)
        ]
        truth[first : first + _ROWS] = holds(columns, numbers)
    return truth


def _compiled(system: System, term: z3.BoolRef) -> Callable[[list[npt.NDArray[Any]], tuple[int, ...]], Any]:
    """A condition as a function of columns, one for each variable, and the parameters' numbers."""
    places = {variable.name: f"c[{i}]" for i, variable in enumerate(system.variables)}
    for i, parameter in enumerate(system.parameters):
        boolean = isinstance(parameter.domain, Boolean)
        places[parameter.name] = f"truth(p[{i}])" if boolean else f"whole(p[{i}])"

    def constant(node: Node) -> str:
        if node.name not in places:
            raise DeclarationError(f"a condition mentions {node.name}, which {system.name} does not have")
        return places[node.name]

    dag = Dag()
    root = dag.add(term)
    statements, (text,) = Printer(dag, NUMPY, constant).write([root])
    body = "\n".join(f"    {line}" for line in [*statements, f"return {text}"])
    scope: dict[str, Any] = {**_SCOPE, "truth": np.bool_}
    exec(compile(f"def holds(c, p):\n{body}", "<condition as NumPy>", "exec"), scope)  # noqa: S102  # our own text
    holds: Callable[[list[npt.NDArray[Any]], tuple[int, ...]], Any] = scope["holds"]
    return holds
