"""Verification: every property asked about, in every scenario asked about, under every reading asked about."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from cwmpcheck.api.deciding import BackendChoice, Change, Engine, Question, Tell, decide
from cwmpcheck.api.decision import Decision
from cwmpcheck.api.expected import Expected, expected
from cwmpcheck.api.model_file import change_of
from cwmpcheck.api.readings import default_of, every, parameters_of
from cwmpcheck.api.report import VerifyReport
from cwmpcheck.catalogue import PROPERTIES, FormProperty, Property, applicable, find
from cwmpcheck.engines.explore import Limits
from cwmpcheck.kernel import System
from cwmpcheck.kernel.errors import NotInSystem
from cwmpcheck.protocol import SCENARIOS, Scenario, scenario
from cwmpcheck.vocabulary.errors import UsageError

BOUNDS = ("states", "seconds", "megabytes", "depth")
DEFAULT_DEPTH = 20


def verify(
    scenarios: str | Sequence[str] | None = None,
    properties: str | Sequence[str] | None = None,
    readings: Mapping[str, str] | None = None,
    bounds: Mapping[str, float] | None = None,
    engine: Engine = "explore",
    backend: BackendChoice = "auto",
    model: str | Path | Change | None = None,
    strict: bool = False,
    progress: Tell | None = None,
    *,
    all_readings: bool = False,
) -> VerifyReport:
    """Decide properties of the protocol.

    Args:
        scenarios: names of scenarios, or the name of one; all of them unless told.
        properties: ids of properties, or the id of one; every behavioural one unless told.
        readings: values of readings by id, such as ``{"A-08": "restarts"}``; defaults for the others.
        bounds: ``states``, ``seconds``, ``megabytes`` of each exploration, ``depth`` in steps of a bounded search.
        engine: ``explore`` every reachable state, ``prove`` by an invariant for every DelaySeconds, or ``bmc`` for runs of
            at most ``depth`` steps.
        backend: who explores: generated C (``native``), ``numpy``, ``python``, or the fastest there is.
        model: a change of the protocol's model: a function of a system, or a Python file that defines ``change``. It is
            decided in the scenarios that it fits; a note says which it does not fit.
        strict: count the known defects of the protocol as broken.
        progress: is told, in a line, how far the work has come.
        all_readings: decide under every combination of readings that agrees with ``readings``.

    Raises:
        UsageError: for a name that does not exist, with the nearest ones; for a change that fits no scenario.
    """
    remarks: list[str] = []
    decisions = decisions_on(
        scenarios,
        properties,
        readings,
        bounds,
        engine,
        backend,
        model,
        progress,
        all_readings=all_readings,
        remark=remarks.append,
    )
    return report_of(decisions, strict=strict, remarks=remarks)


def decisions_on(
    scenarios: str | Sequence[str] | None = None,
    properties: str | Sequence[str] | None = None,
    readings: Mapping[str, str] | None = None,
    bounds: Mapping[str, float] | None = None,
    engine: Engine = "explore",
    backend: BackendChoice = "auto",
    model: str | Path | Change | None = None,
    progress: Tell | None = None,
    *,
    all_readings: bool = False,
    remark: Tell | None = None,
) -> Iterator[Decision]:
    """The decisions that ``verify`` reports, one by one as they are made; everything named is looked up first.

    ``remark`` is told what belongs in the report's notes.
    """
    known = expected()
    remark = remark or (lambda _: None)
    names = [scenarios] if isinstance(scenarios, str) else list(scenarios or ())
    asked: tuple[Scenario, ...] = tuple(scenario(name) for name in dict.fromkeys(names)) if names else SCENARIOS
    items = _items([properties] if isinstance(properties, str) else properties)
    parameters_of(readings or {})
    limits, depth = _limits(bounds or {}, engine)
    systems = _fitted(asked, change_of(model), remark)
    chosen = [each for each in asked if each.name in systems]
    _explored_all_the_same(chosen, items, engine, remark)
    variants = list(every(readings or {})) if all_readings else [dict(readings or {})]

    def run() -> Iterator[Decision]:
        for each in chosen:
            system = systems[each.name]
            for variant in variants:
                question = Question(items, variant, limits, depth, engine, backend, partial(_given, system), progress)
                yield from decide(each, question, known)

    return run()


def _given(system: System, _: System) -> System:
    return system


def _fitted(asked: Sequence[Scenario], change: Change | None, remark: Tell) -> dict[str, System]:
    """The system of each scenario, changed; those that a change speaks past are left out, with a remark that says why."""
    if change is None:
        return {each.name: each.system for each in asked}
    fitted: dict[str, System] = {}
    unfit: dict[str, NotInSystem] = {}
    for each in asked:
        try:
            fitted[each.name] = change(each.system)
        except NotInSystem as error:
            unfit[each.name] = error
    if not fitted:
        if len(unfit) == 1:
            raise next(iter(unfit.values()))
        whys = "; ".join(f"{name}: {error}" for name, error in unfit.items())
        raise UsageError(f"the change fits no scenario asked about: {whys}")
    for name, why in unfit.items():
        remark(f"{name} is left out, since the change does not fit it: {why}")
    return fitted


def _explored_all_the_same(
    chosen: Sequence[Scenario], items: Sequence[Property | FormProperty], engine: Engine, remark: Tell
) -> None:
    """Say which properties another engine than the one asked for decides."""
    ids = [
        item.id
        for item in items
        if isinstance(item, Property)
        and item.leads_to is not None
        and any(applicable(item, each.name) is None for each in chosen)
    ]
    if engine != "explore" and ids:
        what = "is a promise of progress" if len(ids) == 1 else "are promises of progress"
        remark(f"{', '.join(ids)} {what}: decided by exploring every state, since engine {engine} decides safety only")


def _items(ids: Sequence[str] | None) -> tuple[Property | FormProperty, ...]:
    if not ids:
        return PROPERTIES
    return tuple({id: find(id) for id in ids}.values())


def _limits(bounds: Mapping[str, float], engine: Engine) -> tuple[Limits, int]:
    for name, value in bounds.items():
        if name not in BOUNDS:
            raise UsageError(f"no bound {name!r}; there are {', '.join(BOUNDS)}")
        if value <= 0:
            raise UsageError(f"the bound {name}={value:g} leaves nothing to look at; give a positive number")
        if not math.isfinite(value):
            raise UsageError(f"the bound {name}={value:g} is none; give a number, or leave it out")
    if "depth" in bounds and engine != "bmc":
        raise UsageError(f"the bound depth is one of engine bmc, and {engine} has none; bound states or seconds")
    states = int(bounds["states"]) if "states" in bounds else None
    limits = Limits(states, bounds.get("seconds"), bounds.get("megabytes"))
    return limits, int(bounds.get("depth", DEFAULT_DEPTH))


def report_of(
    decisions: Iterable[Decision], *, strict: bool = False, remarks: Sequence[str] = (), interrupted: bool = False
) -> VerifyReport:
    """The report on some decisions, with remarks, such as on state spaces of an unexpected size."""
    made = tuple(decisions)
    return VerifyReport(made, (*remarks, *drift(made, expected())), strict, interrupted)


def drift(decisions: Sequence[Decision], known: Expected) -> Iterator[str]:
    """Where all safety properties were watched at once under the default reading, and the space has another size."""
    watched = {item.id for item in PROPERTIES if item.check is not None and item.nature == "safety"}
    for name, size in known.spaces.items():
        here = [each for each in decisions if each.scenario == name and _is_default(each.reading)]
        efforts = {each.effort for each in here if each.item.id in watched and each.effort.depth is not None}
        if len(efforts) == 1 and watched <= {each.item.id for each in here} and all(each.settled for each in here):
            (effort,) = efforts
            found = (effort.states, effort.transitions, effort.depth)
            if found != (size.states, size.transitions, size.depth):
                yield (
                    f"{name} has {found[0]} states, {found[1]} transitions, depth {found[2]}; "
                    f"expected.toml says {size.states}, {size.transitions}, {size.depth}"
                )


def _is_default(reading: Mapping[str, str]) -> bool:
    return all(default_of(id) == value for id, value in reading.items())
