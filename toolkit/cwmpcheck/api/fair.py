"""Deciding liveness properties: under the assumptions that each names, and which kinds of them it needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from cwmpcheck.api.decision import Effort
from cwmpcheck.catalogue import LeadsTo as Demand
from cwmpcheck.catalogue import Property
from cwmpcheck.engines.assumptions import Assumption, FinitelyOften, Strong, Weak
from cwmpcheck.engines.explore import Limits
from cwmpcheck.engines.fairness import LeadsTo
from cwmpcheck.engines.graph import Graph, GraphTooLarge, build_graph
from cwmpcheck.engines.verdicts import Proved, Refuted, Unknown, Verdict
from cwmpcheck.kernel import TIME, System, Value, state_of
from cwmpcheck.protocol import Upgrade

FAIR_PARTIES = ("cpe", "acs", "fileserver", TIME)


Outcome = tuple[Verdict, Effort, System | None]


def assumptions_of(system: System, demand: Demand) -> dict[str, frozenset[Assumption]]:
    """What a liveness demand assumes, as far as the system has the actions of which it speaks, by a name for people."""
    found: dict[str, frozenset[Assumption]] = {}
    if demand.weak:
        parties = [action.name for action in system.actions if action.party in FAIR_PARTIES]
        found["weak fairness of CPE, ACS, file server and time"] = frozenset(map(Weak, parties))
    groups = [names for group in demand.strong if (names := _named(system, group))]
    if groups:
        found["strong fairness of delivery"] = frozenset(map(Strong, groups))
    for function in demand.finitely_often:
        if names := _named(system, (function,)):
            found[f"finitely many {function}"] = frozenset({FinitelyOften(names)})
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
    tell: Callable[[str], None] | None,
) -> dict[str, Outcome]:
    """The verdicts on liveness properties of one system, by id; each proof says which assumptions it needs."""
    if tell:
        tell(f"preparing {len(items)} properties of progress")
    try:
        graph = build_graph(system, parameters, backend=backend, limits=limits)  # type: ignore[arg-type]  # a name of a back end
    except GraphTooLarge as error:
        return {item.id: (Unknown(str(error)), Effort(), None) for item in items}
    found: dict[str, Outcome] = {}
    for item in items:
        if tell:
            tell(f"{item.id} on {len(graph.states):,} states")
        started = time.monotonic()
        verdict = _decided(system, item, parameters, graph)
        effort = Effort(len(graph.states), len(graph.sources), None, time.monotonic() - started)
        found[item.id] = (verdict, effort, system)
    return found


def _decided(system: System, item: Property, parameters: Mapping[str, Value], graph: Graph) -> Verdict:
    demand = item.leads_to
    assert demand is not None
    state = state_of(Upgrade)
    trigger, goal = demand.trigger(state).expr, demand.goal(state).expr
    question = LeadsTo(system, trigger, goal, parameters=parameters, graph=graph)
    assumed = assumptions_of(system, demand)
    verdict = question.decide(frozenset().union(*assumed.values()))
    if not isinstance(verdict, Proved):
        return verdict
    needed = [name for name in assumed if isinstance(question.decide(_all_but(assumed, name)), Refuted)]
    under = "; ".join(assumed) or "no assumption"
    without = "; ".join(needed) or "none of them alone"
    return Proved(f"no fair cycle avoids it, under {under} (fails without: {without})", verdict.scope)


def _all_but(assumed: Mapping[str, frozenset[Assumption]], dropped: str) -> frozenset[Assumption]:
    return frozenset().union(*(each for name, each in assumed.items() if name != dropped))
