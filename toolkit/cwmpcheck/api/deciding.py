"""Deciding the properties of one scenario under one reading: one exploration for all safety, one graph for all liveness."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from cwmpcheck.api.decision import Decision, Effort
from cwmpcheck.api.expected import Expected
from cwmpcheck.api.fair import decide_liveness
from cwmpcheck.api.readings import parameters_of, whole
from cwmpcheck.catalogue import FormProperty, Property, applicable, hinted, instrumented
from cwmpcheck.engines.bmc import bmc
from cwmpcheck.engines.conditions import Condition
from cwmpcheck.engines.explore import Exploration, Limits, Progress, explore
from cwmpcheck.engines.prove import prove
from cwmpcheck.engines.verdicts import HoldsWithin, NotApplicable, Proved, Refuted, Vacuous, Verdict
from cwmpcheck.kernel import System, Value
from cwmpcheck.protocol import Scenario

Engine = Literal["explore", "prove", "bmc"]
BackendChoice = Literal["auto", "python", "numpy", "native", "tables"]
Change = Callable[[System], System]
Tell = Callable[[str], None]

PROOF_SECONDS = 120.0
"""How long all proofs of a scenario together may take, unless ``--bounds seconds=`` says otherwise."""

EVERY_STATE = "every reachable state, breadth first"


@dataclass(frozen=True)
class Question:
    """What is asked of the model.

    Attributes:
        items: the properties.
        readings: chosen readings.
        limits: what an exploration must not exceed.
        depth: how far a bounded search goes.
        engine: who decides safety: every reachable state, an invariant, or runs up to a depth.
        backend: who runs an exploration.
        change: what is done to the scenario's system first, or None.
        tell: is told how far the work has come.
    """

    items: Sequence[Property | FormProperty]
    readings: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    depth: int = 20
    engine: Engine = "explore"
    backend: BackendChoice = "auto"
    change: Change | None = None
    tell: Tell | None = None


_watching: dict[tuple[str, tuple[str, ...], int], tuple[System, System]] = {}
MOST_KEPT = 8


def _instrumented(scenario: str, ids: tuple[str, ...], of: System) -> System:
    # Substituting every check into every action takes seconds; readings are switches, so they share one system. A
    # system is known by its identity, so it is kept beside what was made of it.
    key = (scenario, ids, id(of))
    if key not in _watching:
        while len(_watching) >= MOST_KEPT:
            del _watching[next(iter(_watching))]
        _watching[key] = (of, instrumented(scenario, ids, of=of))
    return _watching[key][1]


def decide(scenario: Scenario, question: Question, known: Expected) -> Iterator[Decision]:
    """The decisions on all properties asked about, in their order, for one scenario under one reading."""
    parameters = {**parameters_of(question.readings), **scenario.fixed}
    system = scenario.system if question.change is None else question.change(scenario.system)
    found: dict[str, tuple[Verdict, Effort, System | None]] = {}
    asked: dict[str, Property] = {}
    for item in question.items:
        why = _not_asked(item, scenario.name, parameters)
        if why is not None:
            found[item.id] = (NotApplicable(why), Effort(), None)
        elif isinstance(item, Property):
            asked[item.id] = item
    safety = [item for item in asked.values() if item.check is not None]
    if safety:
        found |= _safety(scenario, system, safety, parameters, question)
    liveness = [item for item in asked.values() if item.leads_to is not None]
    if liveness:
        tell = _telling(question.tell, scenario.name)
        found |= decide_liveness(system, liveness, parameters, question.limits, question.backend, tell)
    reading = whole(question.readings)
    for item in question.items:
        verdict, effort, ran = found[item.id]
        defect = known.defect_of(item.id, scenario.name, reading)
        yield Decision(scenario.name, reading, item, verdict, effort, defect, ran)


def _not_asked(item: Property | FormProperty, scenario: str, parameters: Mapping[str, Value]) -> str | None:
    why = applicable(item, scenario)
    if why is None and isinstance(item, Property):
        unmet = [f"{name} = {value}" for name, value in item.requires.items() if parameters.get(name, value) != value]
        why = f"it says something only with {', '.join(unmet)}" if unmet else None
    return why


def _safety(
    scenario: Scenario,
    system: System,
    items: Sequence[Property],
    parameters: Mapping[str, Value],
    question: Question,
) -> dict[str, tuple[Verdict, Effort, System | None]]:
    tell = question.tell
    if tell:
        tell(f"{scenario.name}: preparing {len(items)} safety properties")
    watching = _instrumented(scenario.name, tuple(item.id for item in items), system)
    if question.engine == "bmc":
        return dict(_bounded(watching, items, parameters, question))
    if question.engine == "prove":
        return _proved(watching, items, parameters, question)
    progress = (lambda p: tell(_progress(scenario.name, p))) if tell else None
    result = explore(watching, parameters, backend=question.backend, limits=question.limits, progress=progress)
    effort = Effort(result.states, result.transitions, result.depth, result.seconds)
    return {item.id: (explored(result, item), effort, watching) for item in items}


def explored(result: Exploration, item: Property) -> Verdict:
    """What an exploration says of one safety property: never more than was seen."""
    path = result.occurrences.get(item.id)
    if path is not None:
        return Refuted(path)
    if not result.exhausted:
        return HoldsWithin(f"the first {result.states} states, up to {result.depth} steps; {result.stopped_because}")
    if item.witness is not None and f"witness {item.id}" not in result.occurrences:
        return Vacuous("the situation that it speaks of is never reached")
    return Proved(EVERY_STATE, f"all {result.states} states; losses and resets without limit")


def _bounded(
    system: System, items: Iterable[Property], parameters: Mapping[str, Value], question: Question
) -> Iterator[tuple[str, tuple[Verdict, Effort, System | None]]]:
    watches = {watch.name: watch for watch in system.watches}
    for item in items:
        if question.tell:
            question.tell(f"{system.name}: {item.id} to {question.depth} steps")
        started = time.monotonic()
        verdict = bmc(
            system, watches[item.id], depth=question.depth, parameters=parameters, seconds=question.limits.seconds
        )
        yield item.id, (verdict, Effort(depth=question.depth, seconds=time.monotonic() - started), system)


def _proved(
    system: System, items: Iterable[Property], parameters: Mapping[str, Value], question: Question
) -> dict[str, tuple[Verdict, Effort, System | None]]:
    """By inductive invariants, for every value of what explicit engines have to bound, such as DelaySeconds."""
    watches = {watch.name: watch for watch in system.watches}
    bad: dict[str, Condition] = {item.id: watches[item.id] for item in items}
    unbounded = [parameter.name for parameter in system.parameters if parameter.unbounded]
    if question.tell:
        question.tell(f"{system.name}: looking for invariants of {len(bad)} properties")
    results = prove(
        hinted(system),
        bad,
        parameters=parameters,
        leave_open=unbounded,
        seconds=question.limits.seconds or PROOF_SECONDS,
    )
    return {id: (result.verdict, Effort(seconds=result.seconds), system) for id, result in results.items()}


def _telling(tell: Tell | None, scenario: str) -> Tell | None:
    return (lambda text: tell(f"{scenario}: {text}")) if tell else None


def _progress(scenario: str, progress: Progress) -> str:
    return f"{scenario}: {progress.states:,} states, {progress.depth} steps deep, {progress.seconds:.0f} s"
