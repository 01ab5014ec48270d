"""Deciding liveness properties: under the assumptions that each names, and which kinds of them it needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from cwmpcheck.api.decision import Effort
from cwmpcheck.catalogue import Assumed, Property
from cwmpcheck.catalogue import LeadsTo as Demand
from cwmpcheck.engines.assumptions import Assumption, FinitelyOften, Strong, Weak
from cwmpcheck.engines.explore import Limits
from cwmpcheck.engines.fairness import LeadsTo
from cwmpcheck.engines.graph import Graph, GraphTooLarge, build_graph
from cwmpcheck.engines.verdicts import Proved, Refuted, Unknown, Verdict
from cwmpcheck.kernel import System, Value, state_of
from cwmpcheck.protocol import Upgrade

WEAK = "weak fairness: nobody is lazy"
STRONG = "strong delivery: each kind of message gets through"

Tell = Callable[[str], None]
Outcome = tuple[Verdict, Effort, System | None]


def translated(system: System, demand: Demand) -> dict[Assumed, frozenset[Assumption]]:
    """Each thing that a demand assumes, as fairness of the system's actions; empty where it has none of them."""
    return {assumed: _of(system, assumed) for assumed in demand.assuming}


def _of(system: System, assumed: Assumed) -> frozenset[Assumption]:
    found: set[Assumption] = {Weak(action.name) for action in system.actions if action.party in assumed.weak}
    if names := _named(system, assumed.strong):
        found.add(Strong(names))
    if names := _named(system, assumed.finitely_often):
        found.add(FinitelyOften(names))
    return frozenset(found)


def assumptions_of(system: System, demand: Demand) -> dict[str, frozenset[Assumption]]:
    """What a demand assumes, kind by kind, by a name for people: fairness, delivery, and each trouble that ends."""
    found: dict[str, frozenset[Assumption]] = {}
    for assumed, fairness in translated(system, demand).items():
        if fairness:
            title = WEAK if assumed.weak else STRONG if assumed.strong else assumed.title
            found[title] = found.get(title, frozenset()) | fairness
    return found


def _named(system: System, functions: Sequence[str]) -> frozenset[str]:
    """The actions of those names; a name without parameters stands for all of them."""
    names = [action.name for action in system.actions]
    return frozenset(name for name in names if name in functions or name.split("(")[0] in functions)


def decide_liveness(
    system: System,
    items: Sequence[Property],
    parameters: Mapping[str, Value],
    limits: Limits,
    backend: str,
    tell: Tell | None,
) -> dict[str, Outcome]:
    """The verdicts on liveness properties of one system, by id; each proof says which assumptions it needs."""
    if tell:
        tell(f"building the graph of all states for {len(items)} properties of progress")
    try:
        graph = build_graph(system, parameters, backend=backend, limits=limits)  # type: ignore[arg-type]  # a name of a back end
    except GraphTooLarge as error:
        return {item.id: (Unknown(str(error)), Effort(), None) for item in items}
    found: dict[str, Outcome] = {}
    for item in items:
        if tell:
            tell(f"{item.id} on {len(graph.states):,} states")
        started = time.monotonic()
        verdict = _decided(system, item, parameters, graph, tell)
        effort = Effort(len(graph.states), len(graph.sources), None, time.monotonic() - started)
        found[item.id] = (verdict, effort, system)
    return found


def _decided(
    system: System, item: Property, parameters: Mapping[str, Value], graph: Graph, tell: Tell | None
) -> Verdict:
    demand = item.leads_to
    assert demand is not None
    state = state_of(Upgrade)
    trigger, goal = demand.trigger(state).expr, demand.goal(state).expr
    question = LeadsTo(system, trigger, goal, parameters=parameters, graph=graph)
    assumed = assumptions_of(system, demand)
    verdict = question.decide(frozenset().union(*assumed.values()))
    if not isinstance(verdict, Proved):
        return verdict
    needed = []
    for name in assumed:
        if tell:
            tell(f"{item.id} holds; looking whether it needs {name}")
        if isinstance(question.decide(_all_but(assumed, name)), Refuted):
            needed.append(name)
    under = "; ".join(assumed) or "no assumption"
    without = "; ".join(needed) or "none of them alone"
    return Proved(f"no fair cycle avoids it, under {under} (fails without: {without})", verdict.scope)


def _all_but(assumed: Mapping[str, frozenset[Assumption]], dropped: str) -> frozenset[Assumption]:
    return frozenset().union(*(each for name, each in assumed.items() if name != dropped))
