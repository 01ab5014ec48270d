"""Runs in the Informal Trace Format, the JSON in which Apalache and Quint write theirs.

(Apalache ADR-015, https://apalache.informal.systems/docs/adr/015adr-trace.html.) An enumeration is a string, any other
value what it is in JSON; an integer beyond 53 bits is a ``#bigint``. Names are those of the model; on the way in those of an
exported TLA+ module are understood too, and enumerations as numbers. The ``#meta`` of a state names the action that led to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cwmpcheck.compile import valuation
from cwmpcheck.compile.tla import names_in_tla
from cwmpcheck.engines.recorded import Recorded, RecordedStep
from cwmpcheck.engines.values import number_of
from cwmpcheck.engines.verdicts import Path, State
from cwmpcheck.kernel import Boolean, OneOf, System, Value
from cwmpcheck.kernel.domains import Domain
from cwmpcheck.vocabulary.errors import UnreadableInput, UsageError

META = "#meta"
BIG = "#bigint"
SAFE = 2**53
"""Integers below it survive in every reader of JSON."""


def to_itf(system: System, path: Path, parameters: Mapping[str, Value] | None = None) -> dict[str, object]:
    """A path as an object to be written as JSON.

    Args:
        system: whose path it is.
        path: the path. The last state of a lasso is that at which its loop begins, so the format's ``loop`` names the one
            after it.
        parameters: chosen values of parameters.
    """
    numbers = valuation(system, parameters)
    chosen = {p.name: _value(p.domain, n) for p, n in zip(system.parameters, numbers, strict=True)}
    states = [path.initial, *(step.state for step in path.steps)]
    actions = [None, *(step.action for step in path.steps)]
    document: dict[str, object] = {
        META: {"format": "ITF", "description": f"a run of {system.name}, written by cwmpcheck", "system": system.name},
        "params": list(chosen),
        "vars": [v.name for v in system.variables],
        "states": [
            {META: {"index": i} | ({"action": action} if action else {}), **chosen, **_values(system, state)}
            for i, (state, action) in enumerate(zip(states, actions, strict=True))
        ],
    }
    if path.loop_from is not None:
        document["loop"] = path.loop_from + 1
    return document


def _values(system: System, state: State) -> dict[str, object]:
    return {v.name: _value(v.domain, n) for v, n in zip(system.variables, state, strict=True)}


def _value(domain: Domain, number: int) -> object:
    if isinstance(domain, Boolean):
        return bool(number)
    if isinstance(domain, OneOf):
        return domain.show(number)
    return number if abs(number) < SAFE else {BIG: str(number)}


def is_itf(data: object) -> bool:
    """Whether some JSON looks like a trace in this format."""
    return isinstance(data, Mapping) and "states" in data and "vars" in data


def from_itf(system: System, data: object) -> Recorded:
    """The run that a trace tells of, with all its states.

    Args:
        system: whose run it is said to be.
        data: what JSON made of the trace.

    Raises:
        UnreadableInput: when it is no trace of this format, or a state lacks a variable or has a value that is none.
    """
    if not is_itf(data):
        raise UnreadableInput("this is no ITF trace: it has no vars and states")
    assert isinstance(data, Mapping)
    rows = data["states"]
    if not isinstance(rows, Sequence) or not rows or not all(isinstance(row, Mapping) for row in rows):
        raise UnreadableInput("an ITF trace has a list of states, the initial one at least")
    states = [_state(system, row, number) for number, row in enumerate(rows)]
    steps = [
        RecordedStep(_action(row), f"state {number}", {}, state)
        for number, (row, state) in enumerate(zip(rows, states, strict=True))
    ][1:]
    loop_from = _loop(data.get("loop"), states, steps)
    told = data.get(META)
    name = told.get("system") if isinstance(told, Mapping) else None
    return Recorded(tuple(steps), str(name) if name else None, _parameters(system, rows[0]), states[0], loop_from)


def _loop(told: object, states: Sequence[State], steps: list[RecordedStep]) -> int | None:
    """How many steps precede the loop; adds the step that closes it when the trace leaves that to its reader."""
    if told is None:
        return None
    if not isinstance(told, int) or isinstance(told, bool) or not 0 <= told < len(states):
        raise UnreadableInput(
            f"the loop of an ITF trace is the number of a state, 0 to {len(states) - 1}; not {told!r}"
        )
    if told > 0 and states[told - 1] == states[-1]:
        return told - 1
    steps.append(RecordedStep(None, f"the step back to state {told}", {}, states[told]))
    return told


def _action(row: Mapping[str, object]) -> str | None:
    meta = row.get(META)
    action = meta.get("action") if isinstance(meta, Mapping) else None
    return action if isinstance(action, str) else None


def _state(system: System, row: Mapping[str, object], number: int) -> State:
    names = names_in_tla(system)
    found = []
    for variable in system.variables:
        raw = row.get(variable.name, row.get(names[variable.name]))
        if raw is None:
            raise UnreadableInput(f"state {number} has no {variable.name}; is it a trace of {system.name}?")
        try:
            found.append(number_of(variable.domain, _text(raw)))
        except UsageError as error:
            raise UnreadableInput(f"state {number}: {variable.name}: {error}") from error
    return tuple(found)


def _text(raw: object) -> str:
    if isinstance(raw, Mapping) and set(raw) == {BIG}:
        return str(raw[BIG])
    return str(raw)


def _parameters(system: System, row: Mapping[str, object]) -> dict[str, str]:
    names = names_in_tla(system)
    found = {p.name: row.get(p.name, row.get(names[p.name])) for p in system.parameters}
    return {name: _text(raw) for name, raw in found.items() if raw is not None}
