"""Runs of the model: asked for, walked at random, repeated from what somebody wrote down."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as File

from cwmpcheck.api.model_file import Change, change_of
from cwmpcheck.api.readings import parameters_of
from cwmpcheck.catalogue import instrumented
from cwmpcheck.engines.ask import Answer, Found
from cwmpcheck.engines.ask import ask as ask_system
from cwmpcheck.engines.itf import from_itf, is_itf, to_itf
from cwmpcheck.engines.recorded import Recorded, from_rows, parse_script, script
from cwmpcheck.engines.replay import parameters_in, sightings
from cwmpcheck.engines.replay import replay as replay_on
from cwmpcheck.engines.simulate import Walk
from cwmpcheck.engines.simulate import simulate as walk_system
from cwmpcheck.engines.verdicts import Path
from cwmpcheck.kernel import System, Value
from cwmpcheck.protocol import Scenario, scenario
from cwmpcheck.vocabulary.errors import UnreadableInput, UsageError

DEFAULT_SCENARIO = "unicast"


@dataclass(frozen=True)
class Run:
    """A run of a scenario.

    Attributes:
        scenario: its name.
        system: whose run it is.
        parameters: chosen values of parameters.
        path: the run.
        broken: by property, the step that breaks it; only of the properties that were asked about.
    """

    scenario: str
    system: System
    parameters: Mapping[str, Value]
    path: Path
    broken: Mapping[str, int] = field(default_factory=dict)

    def to_script(self) -> str:
        """As text that ``replay`` reads."""
        return script(self.system, self.path, self.parameters)

    def to_itf(self) -> dict[str, object]:
        """In the Informal Trace Format."""
        return to_itf(self.system, self.path, self.parameters)

    def to_row(self) -> dict[str, object]:
        """As JSON, its steps in the form of ``verify --format json``."""
        names = {p.name: p.domain for p in self.system.parameters}
        return {
            "scenario": self.scenario,
            "parameters": {
                n: names[n].show(names[n].number(v)) if _plain(v) else v for n, v in self.parameters.items()
            },
            "broken": dict(self.broken),
            "loop_from": self.path.loop_from,
            "path": [
                {
                    "step": s.number,
                    "party": s.party,
                    "action": s.action,
                    "message": s.message,
                    "changed": dict(s.changed),
                }
                for s in self.path.steps
            ],
        }

    def __str__(self) -> str:
        return self.to_script()


def _plain(value: Value) -> bool:
    """Whether a value is shown by its domain; an unbounded number may lie outside it."""
    return isinstance(value, bool) or not isinstance(value, int)


def _parameters(chosen: Scenario, readings: Mapping[str, str] | None) -> dict[str, Value]:
    return {**parameters_of(readings or {}), **chosen.fixed}


def ask(
    constraints: Sequence[str],
    scenario_name: str = DEFAULT_SCENARIO,
    *,
    readings: Mapping[str, str] | None = None,
    depth: int = 25,
    seconds: float = 60.0,
) -> tuple[Answer, Run | None]:
    """Look for a run of a scenario that satisfies constraints, with the values of its parameters.

    Args:
        constraints: such as ``DelaySeconds > 1`` and ``eventually acs.belief == FAILURE``.
        scenario_name: which scenario.
        readings: values of readings by id; a reading that a constraint speaks of is looked for too.
        depth: how many steps a run may have.
        seconds: when to give up.

    Returns:
        The answer, and the run when there is one.
    """
    chosen = scenario(scenario_name)
    answer = ask_system(
        chosen.system, constraints, parameters=_parameters(chosen, readings), depth=depth, seconds=seconds
    )
    if isinstance(answer, Found):
        return answer, Run(chosen.name, chosen.system, answer.parameters, answer.path)
    return answer, None


def simulate(
    scenario_name: str = DEFAULT_SCENARIO, *, seed: int = 0, steps: int = 50, readings: Mapping[str, str] | None = None
) -> Run:
    """Walk a scenario at random; the same seed walks the same way."""
    chosen = scenario(scenario_name)
    parameters = _parameters(chosen, readings)
    return Run(
        chosen.name, chosen.system, parameters, walk_system(chosen.system, parameters, seed=seed, steps=steps).path
    )


def walk(scenario_name: str = DEFAULT_SCENARIO, *, readings: Mapping[str, str] | None = None) -> Walk:
    """A walk on which somebody else chooses."""
    chosen = scenario(scenario_name)
    return Walk(chosen.system, _parameters(chosen, readings))


def run_of(scenario_name: str, walked: Walk) -> Run:
    """A walk as a run."""
    return Run(scenario_name, walked.system, walked.parameters, walked.path())


@dataclass(frozen=True)
class _Written:
    scenario: str
    recorded: Recorded | None
    document: object
    readings: Mapping[str, str]
    property: str | None


def replay(
    text: str,
    *,
    scenario_name: str | None = None,
    properties: Sequence[str] = (),
    readings: Mapping[str, str] | None = None,
    model: str | File | Change | None = None,
) -> list[Run]:
    """Repeat what somebody wrote down: a script, a trace in ITF, or the document of ``verify --format json``.

    Args:
        text: the text of the file. Of a document of ``verify`` every counterexample is repeated.
        scenario_name: whose run it is, where the text does not say.
        properties: ids of properties to judge the run by; a counterexample of ``verify`` is judged by its own.
        readings: values of readings, before those that the text tells.
        model: a change of the model, as for ``verify``.

    Raises:
        UnreadableInput: when it is none of the three.
        ReplayError: when it is no run; it names the step, the action, and the guard that was false.
        UsageError: for a name that does not exist, or when no scenario is named.
    """
    change = change_of(model)
    runs = []
    for written in _read(text, scenario_name):
        chosen = scenario(written.scenario)
        system = change(chosen.system) if change else chosen.system
        recorded = written.recorded or from_itf(system, written.document)
        told = {**parameters_in(system, recorded), **parameters_of({**written.readings, **(readings or {})})}
        parameters = {**told, **chosen.fixed}
        path = replay_on(system, recorded, parameters)
        ids = list(properties) or ([written.property] if written.property else [])
        broken = _broken(chosen, system, ids, path, parameters) if ids else {}
        runs.append(Run(chosen.name, system, parameters, path, broken))
    return runs


def _broken(
    chosen: Scenario, system: System, ids: Sequence[str], path: Path, parameters: Mapping[str, Value]
) -> dict[str, int]:
    watching = instrumented(chosen.name, ids, of=system)
    whole = replay_on(watching, [step.action for step in path.steps], parameters)
    seen = sightings(watching, whole, parameters)
    return {id: seen[id] for id in ids if id in seen}


def _read(text: str, scenario_name: str | None) -> list[_Written]:
    if not text.lstrip().startswith(("{", "[")):
        recorded = parse_script(text)
        return [_Written(_named(scenario_name or recorded.system), recorded, None, {}, None)]
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableInput(f"this begins like JSON and is none: {error}") from error
    if is_itf(data):
        meta = data.get("#meta")
        told = meta.get("system") if isinstance(meta, Mapping) else None
        return [_Written(_named(scenario_name or (str(told) if told else None)), None, data, {}, None)]
    rows = data.get("results", [data]) if isinstance(data, Mapping) else data
    rows = rows if isinstance(rows, list) else []
    found = [_written(row, scenario_name) for row in rows if isinstance(row, Mapping) and row.get("path")]
    if not found:
        raise UnreadableInput("there is no run in this: no ITF trace, and no result of verify with a path")
    return found


def _written(row: Mapping[str, object], scenario_name: str | None) -> _Written:
    path, told, property = row["path"], row.get("reading"), row.get("property")
    if not isinstance(path, Sequence) or isinstance(path, str):
        raise UnreadableInput("the path of a result is a list of steps")
    readings = {str(id): str(value) for id, value in told.items()} if isinstance(told, Mapping) else {}
    given = row.get("parameters")
    parameters = {str(n): str(v) for n, v in given.items()} if isinstance(given, Mapping) else {}
    name = scenario_name or (str(row["scenario"]) if "scenario" in row else None)
    recorded = from_rows(path, system=name, parameters=parameters)
    return _Written(_named(name), recorded, None, readings, str(property) if property else None)


def _named(name: str | None) -> str:
    if name is None:
        raise UsageError("the file does not say whose run it is; give --scenario NAME")
    return name
