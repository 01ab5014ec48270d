"""Verification: every property asked about, in every scenario asked about, under every reading asked about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from cwmpcheck.api.deciding import BackendChoice, Change, Engine, Question, Tell, decide
from cwmpcheck.api.decision import Decision
from cwmpcheck.api.expected import Expected, expected
from cwmpcheck.api.model_file import change_of
from cwmpcheck.api.readings import default_of, every, parameters_of
from cwmpcheck.api.report import VerifyReport
from cwmpcheck.catalogue import PROPERTIES, FormProperty, Property, find
from cwmpcheck.engines.explore import Limits
from cwmpcheck.protocol import SCENARIOS, Scenario, scenario
from cwmpcheck.vocabulary.errors import UsageError

BOUNDS = ("states", "seconds", "megabytes", "depth")
DEFAULT_DEPTH = 20


def verify(
    scenarios: Sequence[str] | None = None,
    properties: Sequence[str] | None = None,
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
        scenarios: names of scenarios; all of them unless told.
        properties: ids of properties; every behavioural one unless told.
        readings: values of readings by id, such as ``{"A-08": "restarts"}``; defaults for the others.
        bounds: ``states``, ``seconds``, ``megabytes`` of each exploration, ``depth`` in steps of a bounded search.
        engine: ``explore`` every reachable state, ``prove`` by an invariant for every DelaySeconds, or ``bmc`` for runs of
            at most ``depth`` steps.
        backend: who explores: generated C (``native``), ``numpy``, ``python``, or the fastest there is.
        model: a change of the protocol's model: a function of a system, or a Python file that defines ``change``.
        strict: count the known defects of the protocol as broken.
        progress: is told, in a line, how far the work has come.
        all_readings: decide under every combination of readings that agrees with ``readings``.

    Raises:
        UsageError: for a name that does not exist, with the nearest ones.
    """
    decisions = decisions_on(
        scenarios, properties, readings, bounds, engine, backend, model, progress, all_readings=all_readings
    )
    return report_of(decisions, strict=strict)


def decisions_on(
    scenarios: Sequence[str] | None = None,
    properties: Sequence[str] | None = None,
    readings: Mapping[str, str] | None = None,
    bounds: Mapping[str, float] | None = None,
    engine: Engine = "explore",
    backend: BackendChoice = "auto",
    model: str | Path | Change | None = None,
    progress: Tell | None = None,
    *,
    all_readings: bool = False,
) -> Iterator[Decision]:
    """The decisions that ``verify`` reports, one by one as they are made; everything named is looked up first."""
    known = expected()
    chosen: tuple[Scenario, ...] = tuple(scenario(name) for name in scenarios) if scenarios else SCENARIOS
    items = _items(properties)
    parameters_of(readings or {})
    limits, depth = _limits(bounds or {})
    change = change_of(model)
    variants = list(every(readings or {})) if all_readings else [dict(readings or {})]

    def run() -> Iterator[Decision]:
        for each in chosen:
            for variant in variants:
                question = Question(items, variant, limits, depth, engine, backend, change, progress)
                yield from decide(each, question, known)

    return run()


def _items(ids: Sequence[str] | None) -> tuple[Property | FormProperty, ...]:
    if not ids:
        return PROPERTIES
    return tuple({id: find(id) for id in ids}.values())


def _limits(bounds: Mapping[str, float]) -> tuple[Limits, int]:
    for name, value in bounds.items():
        if name not in BOUNDS:
            raise UsageError(f"no bound {name!r}; there are {', '.join(BOUNDS)}")
        if value <= 0:
            raise UsageError(f"the bound {name}={value:g} leaves nothing to look at; give a positive number")
    states = int(bounds["states"]) if "states" in bounds else None
    limits = Limits(states, bounds.get("seconds"), bounds.get("megabytes"))
    return limits, int(bounds.get("depth", DEFAULT_DEPTH))


def report_of(decisions: Iterable[Decision], *, strict: bool = False) -> VerifyReport:
    """The report on some decisions, with remarks on state spaces of an unexpected size."""
    made = tuple(decisions)
    return VerifyReport(made, tuple(drift(made, expected())), strict)


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
