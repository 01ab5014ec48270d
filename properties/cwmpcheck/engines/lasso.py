"""Ways through a graph: shortest prefixes, and loops that really satisfy what fairness demands."""

from __future__ import annotations

import numpy as np
from scipy.sparse.csgraph import breadth_first_order

from cwmpcheck.engines.streett import Arena, Demand, Flags, Indices, adjacency


class Subgraph:
    """Some edges of a graph, ready for repeated breadth-first searches.

    Args:
        count: the number of nodes.
        sources: by edge, the node it leaves.
        targets: by edge, the node it enters.
        names: by edge, the number that ways report for it.
    """

    def __init__(self, count: int, sources: Indices, targets: Indices, names: Indices) -> None:
        self.count = count
        self._matrix = adjacency(count, sources, targets)
        keys = sources * count + targets
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]
        self._names = names

    def reached(self, start: int) -> Indices:
        """The nodes that can be reached from ``start``, nearest first."""
        order, _ = breadth_first_order(self._matrix, start, directed=True)
        return np.asarray(order, dtype=np.int64)

    def way(self, start: int, goals: Flags) -> tuple[list[int], int] | None:
        """A shortest way to the nearest goal, as edge names, with that goal; None when no goal can be reached."""
        order, before = breadth_first_order(self._matrix, start, directed=True)
        hits = np.flatnonzero(goals[order])
        if not len(hits):
            return None
        goal = int(order[hits[0]])
        way, node = [], goal
        while node != start:
            way.append(self._edge(int(before[node]), node))
            node = int(before[node])
        return way[::-1], goal

    def _edge(self, source: int, target: int) -> int:
        position = int(np.searchsorted(self._keys, source * self.count + target))
        return int(self._names[self._order[position]])


def _unmet(arena: Arena, edges: list[int], entry: int) -> Demand | None:
    """A demand that a run repeating these edges for ever would not satisfy."""
    taken = np.asarray(edges, dtype=np.int64)
    visited = np.append(arena.sources[taken], [entry, *arena.targets[taken[-1:]]])
    for demand in arena.demands:
        enabled = demand.enabled[visited]
        obliged = enabled.any() if demand.strong else enabled.all()
        if obliged and not arena.taken(demand, taken).any():
            return demand
    return None


def fair_loop(arena: Arena, members: Flags, entry: int) -> list[int]:
    """A loop from ``entry`` back to it, inside one fair component, that satisfies every demand.

    Args:
        arena: the graph and the demands.
        members: by state, whether it belongs to the component.
        entry: a state of the component.

    The loop goes to the nearest thing that a demand not yet met asks for, until none is left, and then home. What
    is taken once stays taken, so this ends after at most one detour for each demand.
    """
    inside = np.flatnonzero(arena.lasting & members[arena.sources] & members[arena.targets])
    states, ends = np.unique(np.concatenate([arena.sources[inside], arena.targets[inside]]), return_inverse=True)
    sources, targets = ends[: len(inside)], ends[len(inside) :]
    graph = Subgraph(len(states), sources, targets, np.arange(len(inside)))
    home = int(np.searchsorted(states, entry))
    loop: list[int] = []
    here = home
    while True:
        demand = _unmet(arena, loop, entry)
        if demand is None and loop and here == home:
            return loop
        wanted = targets == home if demand is None else arena.taken(demand, inside)
        calm = None if demand is None or demand.strong else ~demand.enabled[states]
        steps, here = _detour(graph, here, sources, targets, wanted, calm)
        loop += [int(inside[step]) for step in steps]


def _detour(
    graph: Subgraph, here: int, sources: Indices, targets: Indices, wanted: Flags, calm: Flags | None
) -> tuple[list[int], int]:
    """The way to the nearest wanted edge and over it, or to a calm state when one is no farther; and where it ends."""
    gates = np.zeros(graph.count, dtype=np.bool_)
    gates[sources[wanted]] = True
    found = graph.way(here, gates if calm is None else gates | calm)
    if found is None:
        raise AssertionError("a fair component holds what its demands ask for")
    way, node = found
    if calm is not None and calm[node]:
        return way, node
    gate = int(np.flatnonzero(wanted & (sources == node))[0])
    return [*way, gate], int(targets[gate])
