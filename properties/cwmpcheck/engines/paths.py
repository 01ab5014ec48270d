"""Paths for people, built from the bare states or actions that an engine found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from cwmpcheck.compile import Backend, State, compile_python, evaluator
from cwmpcheck.engines.verdicts import Path, PathStep
from cwmpcheck.kernel import Action, DeclarationError, System, Value


def shown_message(
    system: System, action: Action, before: State, parameters: Mapping[str, Value] | None = None
) -> str | None:
    """What an action shows when it is taken in a state, as ``KIND(field=value, ...)``, or None.

    It is told as seen at the acting party's own end, else at the first vantage that sees anything.
    """
    shown = action.shown_at(action.party) or next(iter(action.shown), None)
    if shown is None:
        return None
    values = {
        name: term.domain.show(evaluator(system, term, parameters)(before)) for name, term in shown.fields.items()
    }
    fields = ", ".join(f"{name}={value}" for name, value in values.items())
    return f"{getattr(shown.kind, 'name', shown.kind)}({fields})"


def path_of_actions(
    system: System,
    actions: Sequence[int],
    parameters: Mapping[str, Value] | None = None,
    *,
    loop_from: int | None = None,
) -> Path:
    """The path of taking actions, by their numbers, from the initial state.

    Every step is executed by the oracle, so a path is a run of the system, however it was found.

    Args:
        system: whose actions they are.
        actions: positions in ``system.actions``, in order.
        parameters: chosen values of parameters.
        loop_from: for a lasso, how many steps precede the loop.

    Raises:
        DeclarationError: when an action is not enabled where it should be taken: the path is no run.
    """
    backend = compile_python(system, parameters)
    state = backend.initial()
    steps = []
    for number, place in enumerate(actions, 1):
        action = system.actions[place]
        _check(backend, state, place)
        after = backend.successor(state, place)
        message = shown_message(system, action, state, parameters)
        steps.append(PathStep(number, action.name, action.party, message, system.changed(state, after), after))
        state = after
    return Path(backend.initial(), tuple(steps), loop_from)


def _check(backend: Backend, state: State, place: int) -> None:
    action = backend.system.actions[place]
    for guard, holds in zip(action.guards, backend.guards(state, place), strict=True):
        if not holds:
            raise DeclarationError(f"cannot be taken here: {guard.reason} does not hold", action=action.name)


def path_through(
    system: System,
    states: Sequence[State],
    parameters: Mapping[str, Value] | None = None,
    *,
    last: int | None = None,
    loop_from: int | None = None,
) -> Path:
    """The path through given states, the first one initial, by whichever actions lead from each to the next.

    Args:
        system: whose states they are.
        states: in order, the initial one first.
        parameters: chosen values of parameters.
        last: an action to take in the last state, as one step more.
        loop_from: for a lasso, how many steps precede the loop.

    Raises:
        DeclarationError: when no action leads from a state to the next.
    """
    backend = compile_python(system, parameters)
    actions = [_between(backend, before, after) for before, after in pairwise(states)]
    if last is not None:
        actions.append(last)
    return path_of_actions(system, actions, parameters, loop_from=loop_from)


def _between(backend: Backend, before: State, after: State) -> int:
    for action in backend.enabled(before):
        if backend.successor(before, action) == after:
            return action
    raise DeclarationError(f"no action of {backend.system.name} leads from {before} to {after}")
