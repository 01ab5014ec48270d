"""Fair components: where an infinite run may stay for ever and still satisfy every fairness assumption.

A run that stays visits, from some point on, exactly the states and edges of one strongly connected subgraph. Weak
fairness is a generalised Büchi condition on it and strong fairness a Streett condition. Both are decided together, as
in E. A. Emerson and C.-L. Lei, "Modalities for model checking: branching time logic strikes back", Science of Computer
Programming 8 (1987): decompose, discard what cannot be fair, remove the states that a demand forbids, decompose again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Flags = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Demand:
    """What one fairness assumption asks of the part of the graph where a run stays.

    Attributes:
        strong: whether an enabled state anywhere in it obliges (Streett), or only one enabled throughout (Büchi).
        enabled: by state, whether an action concerned is enabled there.
        actions: by action, whether it is concerned.
    """

    strong: bool
    enabled: Flags
    actions: Flags


@dataclass(frozen=True)
class Arena:
    """A graph, with the edges that a run may use for ever.

    Attributes:
        count: the number of states.
        sources: by edge, the state it leaves.
        targets: by edge, the state it enters.
        actions: by edge, the action it takes.
        lasting: by edge, whether a run may take it infinitely often.
        demands: one for each fairness assumption.
    """

    count: int
    sources: Indices
    targets: Indices
    actions: Indices
    lasting: Flags
    demands: tuple[Demand, ...]

    def taken(self, demand: Demand, edges: Indices) -> Flags:
        """For each of some edges, whether it takes an action that a demand concerns."""
        return demand.actions[self.actions[edges]]


def adjacency(count: int, sources: Indices, targets: Indices) -> csr_array:
    """The sparse matrix of a graph; parallel edges count once (bool: their number cannot wrap to 0)."""
    entries = np.ones(len(sources), dtype=np.bool_)
    return csr_array((entries, (sources, targets)), shape=(count, count))


def _holding(count: int, labels: Indices) -> Flags:
    """By component, whether it is named in ``labels``."""
    found = np.zeros(count, dtype=np.bool_)
    found[labels] = True
    return found


def fair_components(arena: Arena, within: Flags) -> Indices:
    """By state, the number of the fair component that it lies in, or -1.

    Args:
        arena: the graph and the demands.
        within: by state, whether a run may stay there.

    Each component is strongly connected by lasting edges, has at least one of them, and satisfies all demands when
    a run visits all of it for ever. Every fair lasso within the region winds round a part of one of them.
    """
    found = np.full(arena.count, -1, dtype=np.int64)
    alive = within.copy()
    edges = np.flatnonzero(arena.lasting)
    number = 0
    while alive.any():
        edges = edges[alive[arena.sources[edges]] & alive[arena.targets[edges]]]
        if not len(edges):
            break
        graph = adjacency(arena.count, arena.sources[edges], arena.targets[edges])
        components, numbers = connected_components(graph, directed=True, connection="strong")
        labels = numbers.astype(np.int64)
        inner = edges[labels[arena.sources[edges]] == labels[arena.targets[edges]]]
        alive &= _holding(components, labels[arena.sources[inner]])[labels]
        removed, spoilt = _remove(arena, alive, inner, labels, components)
        fair = alive & ~spoilt[labels]
        if fair.any():
            found[fair] = labels[fair] + number
            number += components
        alive &= ~removed & ~fair
    return found


def _remove(arena: Arena, alive: Flags, inner: Indices, labels: Indices, components: int) -> tuple[Flags, Flags]:
    """The states that no fair run may stay in, and by component whether it lost any."""
    removed = np.zeros(arena.count, dtype=np.bool_)
    for demand in arena.demands:
        met = _holding(components, labels[arena.sources[inner[arena.taken(demand, inner)]]])
        if demand.strong:
            removed |= alive & demand.enabled & ~met[labels]
        else:
            met |= _holding(components, labels[alive & ~demand.enabled])
            removed |= alive & ~met[labels]
    return removed, _holding(components, labels[removed])
