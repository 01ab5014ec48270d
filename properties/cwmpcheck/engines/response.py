"""The part of a graph where an answer is due: between an occurrence of ``p`` and the next one of ``q``.

A state condition occurs at a state, a step condition on a step, and what counts is their order in time: a ``q`` at
the very state or on the very step of ``p`` answers it; a ``q`` at the state before a step ``p`` does not.
"""

from __future__ import annotations

import numpy as np

from cwmpcheck.engines.graph import Graph
from cwmpcheck.engines.lasso import Subgraph, fair_loop
from cwmpcheck.engines.marking import Marking
from cwmpcheck.engines.streett import Arena, Demand, Flags, fair_components


class Response:
    """Whether ``q`` always follows ``p`` on a graph of reachable states.

    Args:
        graph: all reachable states and steps.
        trigger: where ``p`` occurs.
        goal: where ``q`` occurs.
    """

    def __init__(self, graph: Graph, trigger: Marking, goal: Marking) -> None:
        self.count = len(graph.states)
        self.sources = np.asarray(graph.sources, dtype=np.int64)
        self.targets = np.asarray(graph.targets, dtype=np.int64)
        self.actions = np.asarray(graph.actions, dtype=np.int64)
        self.initial = int(graph.initial)
        self.occurs = bool(trigger.states.any() or trigger.edges.any())
        open_states = ~goal.states
        entering = open_states[self.targets] & ~goal.edges
        self.begun: Flags = trigger.states & open_states
        # A step q into a state p comes before it, and is no answer to it.
        self.begins: Flags = (entering & trigger.edges) | self.begun[self.targets]
        self.dark: Flags = entering & open_states[self.sources]
        self.stuck: Flags = np.ones(self.count, dtype=np.bool_)
        self.stuck[self.sources] = False
        self.region = self._region()

    def _region(self) -> Flags:
        """The states that some run visits while the answer is due."""
        begun = self.begun.copy()
        begun[self.targets[self.begins]] = True
        starts, dark = np.flatnonzero(begun), np.flatnonzero(self.dark)
        root = self.count
        graph = Subgraph(
            self.count + 1,
            np.concatenate([np.full(len(starts), root), self.sources[dark]]),
            np.concatenate([starts, self.targets[dark]]),
            np.concatenate([starts, dark]),
        )
        region = np.zeros(self.count + 1, dtype=np.bool_)
        region[graph.reached(root)] = True
        return region[: self.count]

    def demand(self, actions: Flags, *, strong: bool) -> Demand:
        """What fairness towards the flagged actions asks of a run."""
        enabled = np.zeros(self.count, dtype=np.bool_)
        enabled[self.sources[actions[self.actions]]] = True
        return Demand(strong, enabled, actions)

    def unanswered(self, demands: tuple[Demand, ...], ceasing: Flags) -> tuple[list[int], list[int]] | None:
        """A lasso on which the answer never comes, as the edges of its prefix and of its loop; None if there is none.

        Args:
            demands: what fairness asks of the loop.
            ceasing: by action, whether a run takes it only finitely often.

        The prefix is a shortest one of all such lassos. An empty loop means that the run ends where it stands.
        """
        arena = Arena(self.count, self.sources, self.targets, self.actions, self.dark & ~ceasing[self.actions], demands)
        components = fair_components(arena, self.region)
        ends = (components >= 0) | (self.stuck & self.region)
        if not ends.any():
            return None
        prefix, entry = self._prefix(ends)
        if self.stuck[entry]:
            return prefix, []
        return prefix, fair_loop(arena, components == components[entry], entry)

    def _prefix(self, ends: Flags) -> tuple[list[int], int]:
        """A shortest way over an occurrence of ``p`` to one of the ends, without an answer after it.

        Searched on two copies of the graph, before and after the trigger, and a root before both.
        """
        every = np.arange(len(self.sources), dtype=np.int64)
        begins, dark = np.flatnonzero(self.begins), np.flatnonzero(self.dark)
        later, root = self.count, 2 * self.count
        starts = [self.initial, *([self.initial + later] if self.begun[self.initial] else [])]
        graph = Subgraph(
            root + 1,
            np.concatenate(
                [np.full(len(starts), root), self.sources, self.sources[begins], self.sources[dark] + later]
            ),
            np.concatenate([starts, self.targets, self.targets[begins] + later, self.targets[dark] + later]),
            np.concatenate([np.full(len(starts), -1), every, begins, dark]),
        )
        goals = np.concatenate([np.zeros(self.count, dtype=np.bool_), ends, [False]])
        found = graph.way(root, goals)
        if found is None:
            raise AssertionError("a state where the answer is due is reachable: is the graph of reachable states only?")
        way, goal = found
        return way[1:], goal - later
