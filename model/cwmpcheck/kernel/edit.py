"""Changes to a system as data: a guard dropped, an update or a shown field replaced, an action added."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from cwmpcheck.kernel.actions import Action, Guard, Shown
from cwmpcheck.kernel.errors import DeclarationError, NotInSystem
from cwmpcheck.kernel.system import System
from cwmpcheck.kernel.terms import Operand, Term, as_term

Change = Callable[[Action, System], Action]


def _nearest(name: str, known: Iterable[str]) -> str:
    have = sorted(set(known))
    near = difflib.get_close_matches(name, have, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(have) or 'none'}"


def function_of(action: Action) -> str:
    """The name of the function that declared an action, without its parameters."""
    return action.name.split("(", 1)[0]


def changed(system: System, functions: str | tuple[str, ...], change: Change) -> System:
    """The system with every action of the given functions changed.

    Raises NotInSystem when the system has no such action, and DeclarationError for what is no change.
    """
    _must_be_changes(change)
    wanted = (functions,) if isinstance(functions, str) else functions
    missing = set(wanted) - {function_of(action) for action in system.actions}
    if missing:
        raise NotInSystem(f"system {system.name} has no action {', '.join(sorted(missing))} to change")
    actions = (change(a, system) if function_of(a) in wanted else a for a in system.actions)
    return replace(system, actions=tuple(actions))


def _must_be_changes(*changes: object) -> None:
    for change in changes:
        if not callable(change):
            what = (
                f"{change!r} is no change of an action; give dropping(...), assigning(...), showing(...) or a function"
            )
            raise DeclarationError(f"{what} of an action and its system")


def dropping(rule: str) -> Change:
    """Drop every guard that rests on the rule."""

    def change(action: Action, system: System) -> Action:
        kept = tuple(guard for guard in action.guards if guard.rule != rule)
        if kept == action.guards:
            raise NotInSystem(f"no guard of {action.name} rests on {rule}")
        return replace(action, guards=kept)

    return change


def assigning(values: Mapping[str, Operand]) -> Change:
    """Replace or add what variables become; raises NotInSystem for what is no variable of the system."""

    def change(action: Action, system: System) -> Action:
        terms: dict[str, Term] = {}
        for name, value in values.items():
            if name not in system.index:
                near = _nearest(name, system.index)
                raise NotInSystem(f"system {system.name} has no variable {name} to assign; {near}", action=action.name)
            domain = system.variables[system.index[name]].domain
            terms[name] = as_term(value, domain)
        return replace(action, updates={**action.updates, **terms})

    return change


def forgetting(*names: str) -> Change:
    """Leave out the assignments to some variables; raises NotInSystem for a variable that the action does not assign."""

    def change(action: Action, system: System) -> Action:
        for name in names:
            if name not in action.updates:
                near = _nearest(name, action.updates)
                raise NotInSystem(f"it does not assign {name}, which is to be forgotten; {near}", action=action.name)
        return replace(action, updates={n: t for n, t in action.updates.items() if n not in names})

    return change


def showing(fields: Mapping[str, Operand]) -> Change:
    """Replace some fields of what the action shows; raises NotInSystem for a field that it does not show."""

    def change(action: Action, system: System) -> Action:
        for name in fields:
            shown_now = [field for shown in action.shown for field in shown.fields]
            if name not in shown_now:
                raise NotInSystem(f"it shows no field {name}; {_nearest(name, shown_now)}", action=action.name)
        shown = tuple(_reshown(s, fields) for s in action.shown)
        return replace(action, shown=shown)

    return change


def _reshown(shown: Shown, fields: Mapping[str, Operand]) -> Shown:
    terms = dict(shown.fields)
    for name, value in fields.items():
        if name in terms:
            terms[name] = as_term(value, terms[name].domain)
    return replace(shown, fields=terms)


def guarded_by(*guards: Guard) -> Change:
    """Put other guards in place of the action's own; raises DeclarationError for what is no Guard."""
    for guard in guards:
        if not isinstance(guard, Guard):
            raise DeclarationError(f"{guard!r} is no guard; write Guard(term, reason, rule)")

    def change(action: Action, system: System) -> Action:
        return replace(action, guards=guards)

    return change


def then(*changes: Change) -> Change:
    """Several changes, one after the other."""
    _must_be_changes(*changes)

    def change(action: Action, system: System) -> Action:
        for one in changes:
            action = one(action, system)
        return action

    return change
