"""The reachable states and transitions of a system as arrays, for engines that reason about cycles."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from cwmpcheck.compile import valuation
from cwmpcheck.compile.search import Bounds
from cwmpcheck.compile.searching import BackendName, open_search
from cwmpcheck.engines.explore import TIME, Limits, ReachableOverflow, drive
from cwmpcheck.engines.paths import path_through
from cwmpcheck.kernel import System, Value
from cwmpcheck.vocabulary.errors import CwmpcheckError


class GraphTooLarge(CwmpcheckError):
    """The graph of all reachable states does not fit into the limits, and a part of it would prove nothing."""

    exit_code = 4


@dataclass(frozen=True)
class Graph:
    """All reachable states and transitions; a state is known by its row, an action by its position.

    Attributes:
        states: one row of numbers each, of shape (states, variables).
        sources: of each transition, the row of the state before it.
        targets: the row of the state after it.
        actions: the action taken.
        initial: the row of the initial state.
    """

    states: NDArray[Any]
    sources: NDArray[Any]
    targets: NDArray[Any]
    actions: NDArray[Any]
    initial: int = 0


def build_graph(
    system: System,
    parameters: Mapping[str, Value] | None = None,
    *,
    backend: BackendName | Literal["auto"] = "auto",
    limits: Limits | None = None,
    symmetry: bool = False,
) -> Graph:
    """The graph of a system's reachable states, states in breadth-first order.

    Raises:
        DeclarationError: for symmetry, which is for safety only.
        GraphTooLarge: when a limit was reached before all of it was seen.
        ReachableOverflow: when a reachable step would take a variable out of its domain.
    """
    limits = limits or Limits()
    room = None if limits.megabytes is None else int(limits.megabytes * 2**20)
    bounds = Bounds(limits.states, room, edges=True, symmetry=symmetry)
    _, search = open_search(system, valuation(system, parameters), backend, bounds)
    try:
        tally, timed_out = drive(search, limits.seconds, time.monotonic(), None)
        if tally.overflow is not None:
            source, _, overflow = tally.overflow
            raise ReachableOverflow(overflow, path_through(system, search.run(source), parameters))
        if not tally.over or tally.stopped:
            why = TIME if timed_out else tally.stopped
            raise GraphTooLarge(f"{system.name}: {why} after {tally.states} states; raise the limit or the abstraction")
        sources, targets, actions = search.edges()
        return Graph(search.states(), sources, targets, actions)
    finally:
        search.close()
