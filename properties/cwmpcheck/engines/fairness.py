"""Leads-to under named assumptions, decided on the whole graph of reachable states.

``p`` leads to ``q`` when on every maximal run that satisfies the assumptions, each occurrence of ``p`` is followed by
one of ``q``. A run goes on as long as anything is enabled; one that ends counts as standing still for ever, and
satisfies every assumption. Standing still while something is enabled is no run: a model that may idle says so with
an action.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from cwmpcheck.engines.assumptions import Assumption, FinitelyOften, Strong, check_names, described
from cwmpcheck.engines.conditions import Condition, as_watch
from cwmpcheck.engines.graph import Graph, GraphTooLarge, build_graph
from cwmpcheck.engines.marking import mark
from cwmpcheck.engines.paths import path_of_actions
from cwmpcheck.engines.response import Response
from cwmpcheck.engines.verdicts import Path, Proved, Refuted, Unknown, Vacuous, Verdict
from cwmpcheck.kernel import System, Value


@dataclass(frozen=True)
class Necessity:
    """Which assumptions a leads-to property needs.

    Attributes:
        verdict: under all of them.
        without: the verdict when one assumption is dropped and the others are kept.
    """

    verdict: Verdict
    without: Mapping[Assumption, Verdict]

    @property
    def needed(self) -> frozenset[Assumption]:
        """The assumptions without which it does not hold; empty unless it holds under all of them."""
        if not isinstance(self.verdict, Proved):
            return frozenset()
        return frozenset(a for a, verdict in self.without.items() if isinstance(verdict, Refuted))

    @property
    def superfluous(self) -> frozenset[Assumption]:
        """The assumptions that can be dropped, one at a time, and it still holds."""
        return frozenset(a for a, verdict in self.without.items() if isinstance(verdict, Proved))


class LeadsTo:
    """One leads-to question on one graph, to be decided under any assumptions.

    Args:
        system: the system.
        p: what calls for an answer: a state condition, or step conditions by action.
        q: the answer, likewise.
        parameters: chosen values of parameters; the others have their defaults.
        graph: the system's graph at these parameters, built when it is not given.

    Raises:
        DeclarationError: for a condition or parameter that the system does not know.
    """

    def __init__(
        self,
        system: System,
        p: Condition,
        q: Condition,
        *,
        parameters: Mapping[str, Value] | None = None,
        graph: Graph | None = None,
    ) -> None:
        trigger, goal = as_watch(system, "p", p), as_watch(system, "q", q)
        self.system = system
        self.parameters = parameters
        self.graph = build_graph(system, parameters) if graph is None else graph
        self._response = Response(
            self.graph,
            mark(system, self.graph, trigger, parameters),
            mark(system, self.graph, goal, parameters),
        )

    def decide(self, assuming: Iterable[Assumption]) -> Verdict:
        """The verdict under some assumptions; a refutation comes with a lasso that satisfies them all."""
        assumptions = sorted(frozenset(assuming), key=str)
        check_names(self.system, assumptions)
        response = self._response
        if not response.occurs:
            return Vacuous(f"what calls for an answer occurs in none of {response.count} reachable states")
        ceasing = np.zeros(len(self.system.actions), dtype=np.bool_)
        demands = []
        for assumption in assumptions:
            concerned = np.array([action.name in assumption.actions for action in self.system.actions], dtype=np.bool_)
            if isinstance(assumption, FinitelyOften):
                ceasing |= concerned
            else:
                demands.append(response.demand(concerned, strong=isinstance(assumption, Strong)))
        lasso = response.unanswered(tuple(demands), ceasing)
        if lasso is None:
            scope = f"all {response.count} reachable states and {len(response.sources)} steps"
            return Proved(f"strongly connected components, under {described(assumptions)}", scope)
        return Refuted(self._path(*lasso))

    def _path(self, prefix: list[int], loop: list[int]) -> Path:
        actions = [int(action) for action in self.graph.actions[[*prefix, *loop]]] if prefix or loop else []
        return path_of_actions(self.system, actions, self.parameters, loop_from=len(prefix))


def leads_to(
    system: System,
    p: Condition,
    q: Condition,
    *,
    assuming: Iterable[Assumption] = frozenset(),
    parameters: Mapping[str, Value] | None = None,
    graph: Graph | None = None,
) -> Verdict:
    """Whether each ``p`` is followed by a ``q`` on every maximal run that satisfies the assumptions.

    Args:
        system: the system.
        p: what calls for an answer: a state condition, or step conditions by action.
        q: the answer, likewise.
        assuming: the fairness of actions, and the faults that come to an end.
        parameters: chosen values of parameters; the others have their defaults.
        graph: the system's graph at these parameters, built when it is not given.

    Returns:
        Proved on all reachable states; or Refuted with a lasso whose prefix is a shortest one and whose loop
        satisfies the assumptions (an empty loop is a run that ends); or Vacuous when ``p`` never occurs; or Unknown
        when the graph is too large.
    """
    try:
        return LeadsTo(system, p, q, parameters=parameters, graph=graph).decide(assuming)
    except GraphTooLarge as error:
        return Unknown(str(error))


def needed(
    system: System,
    p: Condition,
    q: Condition,
    *,
    assuming: Iterable[Assumption],
    parameters: Mapping[str, Value] | None = None,
    graph: Graph | None = None,
) -> Necessity:
    """Drop each assumption in turn, and say which ones ``leads_to`` really needs; arguments as there."""
    assumptions = frozenset(assuming)
    try:
        question = LeadsTo(system, p, q, parameters=parameters, graph=graph)
    except GraphTooLarge as error:
        return Necessity(Unknown(str(error)), {})
    without = {a: question.decide(assumptions - {a}) for a in sorted(assumptions, key=str)}
    return Necessity(question.decide(assumptions), without)
