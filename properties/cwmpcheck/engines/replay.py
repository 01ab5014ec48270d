"""Repeat a run that somebody wrote down, step by step on the oracle, or say at which step and why it is none."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from cwmpcheck.compile import Backend, State, compile_python
from cwmpcheck.engines.paths import path_of_actions
from cwmpcheck.engines.recorded import Recorded, RecordedStep
from cwmpcheck.engines.values import number_of
from cwmpcheck.engines.verdicts import Path
from cwmpcheck.engines.wording import named_value
from cwmpcheck.kernel import DomainOverflow, System, Value
from cwmpcheck.kernel.actions import Guard
from cwmpcheck.kernel.monitor import constants
from cwmpcheck.vocabulary.errors import CwmpcheckError, UsageError


class ReplayError(CwmpcheckError):
    """What was written down is no run of the system.

    Attributes:
        step: the number of the step, from 1.
        action: the name of its action, or None when only states were written down.
        guard: the first guard that was false, or None when it was something else.
        values: the variables and parameters that the guard speaks of, as they were.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        step: int,
        action: str | None = None,
        guard: Guard | None = None,
        values: Mapping[str, str] | None = None,
    ) -> None:
        self.step = step
        self.action = action
        self.guard = guard
        self.values = dict(values or {})
        super().__init__(f"step {step}{f', {action}' if action else ''}: {what}")


def parameters_in(system: System, run: Recorded) -> dict[str, Value]:
    """The values that a run chooses for a system's parameters.

    Raises UsageError for a parameter that the system does not have, or a value that it cannot have.
    """
    known = {p.name: p for p in system.parameters}
    chosen: dict[str, Value] = {}
    for name, text in run.parameters.items():
        if name not in known:
            raise UsageError(f"system {system.name} has no parameter {name}; it has {', '.join(known) or 'none'}")
        try:
            number = number_of(known[name].domain, text, above=known[name].unbounded)
        except UsageError as error:
            raise UsageError(f"{name}: {error}") from error
        chosen[name] = named_value(known[name].domain, number)
    return chosen


def replay(system: System, run: Recorded | Sequence[str], parameters: Mapping[str, Value] | None = None) -> Path:
    """Repeat a run.

    Args:
        system: whose run it is said to be.
        run: what was written down, or just the names of the actions.
        parameters: values of parameters; they go before those that the run itself tells.

    Returns:
        The path, every step of which was executed.

    Raises:
        ReplayError: naming the step, the action, and the guard that was false with its values; or what came out otherwise
            than it was written down.
        UsageError: for an action or a parameter that the system does not have.
    """
    recorded = run if isinstance(run, Recorded) else Recorded(tuple(RecordedStep(name, "") for name in run))
    chosen = {**parameters_in(system, recorded), **(parameters or {})}
    backend = compile_python(system, chosen)
    state = backend.initial()
    if recorded.initial is not None and recorded.initial != state:
        raise ReplayError(
            f"the run does not begin in the initial state: {_difference(system, state, recorded.initial)}", 0
        )
    actions, states = [], [state]
    places = {_squeezed(action.name): place for place, action in enumerate(system.actions)}
    for number, step in enumerate(recorded.steps, 1):
        if step.action is None:
            place = _leading_to(backend, state, step, number)
        else:
            place = _place(system, places, step)
            _check_guards(backend, state, place, number)
        state = _taken(backend, state, place, number)
        _check_outcome(system, step, state, number, system.actions[place].name)
        actions.append(place)
        states.append(state)
    if recorded.loop_from is not None and (
        recorded.loop_from >= len(actions) or states[recorded.loop_from] != states[-1]
    ):
        difference = _difference(system, state, states[min(recorded.loop_from, len(actions))]) or "it has no step"
        raise ReplayError(f"the loop does not close: {difference}", len(actions))
    return path_of_actions(system, actions, chosen, loop_from=recorded.loop_from)


def sightings(system: System, path: Path, parameters: Mapping[str, Value] | None = None) -> dict[str, int]:
    """When each watch of a system occurs first on a path.

    Returns:
        By name, the number of the step on which, or at the state after which, it occurs; 0 for the initial state.
    """
    backend = compile_python(system, parameters)
    places = {action.name: place for place, action in enumerate(system.actions)}
    seen = dict.fromkeys(backend.holding(path.initial), 0)
    state = path.initial
    for step in path.steps:
        for name in backend.occurring(state, places[step.action]) | backend.holding(step.state):
            seen.setdefault(name, step.number)
        state = step.state
    return seen


def _squeezed(name: str) -> str:
    return "".join(name.split())


def _place(system: System, places: Mapping[str, int], step: RecordedStep) -> int:
    name = _squeezed(step.action or "")
    if name not in places:
        near = difflib.get_close_matches(name, places, n=3, cutoff=0.5)
        hint = f"; did you mean {' or '.join(system.actions[places[n]].name for n in near)}?" if near else ""
        where = f"{step.where}: " if step.where else ""
        raise UsageError(f"{where}system {system.name} has no action {step.action}{hint}")
    return places[name]


def values_in(backend: Backend, guard: Guard, state: State) -> dict[str, str]:
    """The variables and parameters that a guard speaks of, with their values in a state, as people read them."""
    system, names = backend.system, constants(guard.term)
    shown = {v.name: v.domain.show(n) for v, n in zip(system.variables, state, strict=True) if v.name in names}
    pairs = zip(system.parameters, backend.parameters, strict=True)
    return shown | {p.name: p.domain.show(n) for p, n in pairs if p.name in names}


def _check_guards(backend: Backend, state: State, place: int, number: int) -> None:
    action = backend.system.actions[place]
    for guard, holds in zip(action.guards, backend.guards(state, place), strict=True):
        if not holds:
            values = values_in(backend, guard, state)
            told = ", ".join(f"{name} = {value}" for name, value in values.items())
            rule = f" ({guard.rule})" if guard.rule else ""
            what = f"cannot be taken, since {guard.reason!r}{rule} does not hold: {told}"
            raise ReplayError(what, number, action.name, guard, values)


def _taken(backend: Backend, state: State, place: int, number: int) -> State:
    try:
        return backend.successor(state, place)
    except DomainOverflow as error:
        raise ReplayError(str(error), number, backend.system.actions[place].name) from error


def _check_outcome(system: System, step: RecordedStep, state: State, number: int, action: str) -> None:
    if step.state is not None and step.state != state:
        raise ReplayError(f"it came out otherwise: {_difference(system, state, step.state)}", number, action)
    for name, text in step.changed.items():
        place = system.index.get(name)
        # What a plain system does not have is a register of some check.
        if place is not None and (is_now := system.variables[place].domain.show(state[place])) != text:
            raise ReplayError(f"it came out otherwise: {name} is {is_now}, and {text} was written down", number, action)


def _leading_to(backend: Backend, state: State, step: RecordedStep, number: int) -> int:
    """The action that leads from a state to the next one written down."""
    system, target = backend.system, step.state
    assert target is not None
    outcomes = {place: _taken(backend, state, place, number) for place in backend.enabled(state)}
    for place, after in outcomes.items():
        if after == target:
            return place
    if not outcomes:
        raise ReplayError("nothing can be done any more", number)
    nearest = min(outcomes, key=lambda place: sum(a != b for a, b in zip(outcomes[place], target, strict=True)))
    difference = _difference(system, outcomes[nearest], target)
    raise ReplayError(
        f"no action leads to {step.where}; {system.actions[nearest].name} comes nearest, but {difference}", number
    )


def _difference(system: System, state: State, told: State) -> str:
    rows = [
        f"{v.name} is {v.domain.show(have)}, and {v.domain.show(want)} was written down"
        for v, have, want in zip(system.variables, state, told, strict=True)
        if have != want
    ]
    more = f" (and {len(rows) - 3} more)" if len(rows) > 3 else ""
    return "; ".join(rows[:3]) + more
