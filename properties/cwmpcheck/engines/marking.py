"""Where a condition holds on an explicit graph: by state, and by edge."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from cwmpcheck.compile import evaluator
from cwmpcheck.engines.graph import Graph
from cwmpcheck.engines.streett import Flags
from cwmpcheck.kernel import System, Value, Watch


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
    states = np.zeros(len(graph.states), dtype=np.bool_)
    edges = np.zeros(len(graph.sources), dtype=np.bool_)
    if watch.state is not None:
        holds = evaluator(system, watch.state, parameters)
        states[:] = [holds(tuple(state)) for state in graph.states.tolist()]
    for number, action in enumerate(system.actions):
        if action.name in watch.step:
            holds = evaluator(system, watch.step[action.name], parameters)
            mine = np.flatnonzero(graph.actions == number)
            edges[mine] = [holds(tuple(state)) for state in graph.states[graph.sources[mine]].tolist()]
    return Marking(states, edges)
