"""Changes to a system as data: a guard dropped, an update or a shown field replaced, an action added."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from cwmpcheck.kernel.actions import Action, Guard, Shown
from cwmpcheck.kernel.errors import DeclarationError
from cwmpcheck.kernel.system import System
from cwmpcheck.kernel.terms import Operand, Term, as_term

Change = Callable[[Action, System], Action]


def function_of(action: Action) -> str:
    """The name of the function that declared an action, without its parameters."""
    return action.name.split("(", 1)[0]


def changed(system: System, functions: str | tuple[str, ...], change: Change) -> System:
    """The system with every action of the given functions changed.

    Raises DeclarationError when the system has no such action.
    """
    wanted = (functions,) if isinstance(functions, str) else functions
    missing = set(wanted) - {function_of(action) for action in system.actions}
    if missing:
        raise DeclarationError(f"system {system.name} has no action {', '.join(sorted(missing))} to change")
    actions = (change(a, system) if function_of(a) in wanted else a for a in system.actions)
    return replace(system, actions=tuple(actions))


def dropping(rule: str) -> Change:
    """Drop every guard that rests on the rule."""

    def change(action: Action, system: System) -> Action:
        kept = tuple(guard for guard in action.guards if guard.rule != rule)
        if kept == action.guards:
            raise DeclarationError(f"no guard of {action.name} rests on {rule}")
        return replace(action, guards=kept)

    return change


def assigning(values: Mapping[str, Operand]) -> Change:
    """Replace or add what variables become."""

    def change(action: Action, system: System) -> Action:
        terms: dict[str, Term] = {}
        for name, value in values.items():
            domain = system.variables[system.index[name]].domain
            terms[name] = as_term(value, domain)
        return replace(action, updates={**action.updates, **terms})

    return change


def forgetting(*names: str) -> Change:
    """Leave out the assignments to some variables."""

    def change(action: Action, system: System) -> Action:
        return replace(action, updates={n: t for n, t in action.updates.items() if n not in names})

    return change


def showing(fields: Mapping[str, Operand]) -> Change:
    """Replace some fields of what the action shows."""

    def change(action: Action, system: System) -> Action:
        shown = tuple(_reshown(s, fields) for s in action.shown)
        return replace(action, shown=shown)

    return change


def _reshown(shown: Shown, fields: Mapping[str, Operand]) -> Shown:
    terms = dict(shown.fields)
    for name, value in fields.items():
        terms[name] = as_term(value, terms[name].domain)
    return replace(shown, fields=terms)


def guarded_by(*guards: Guard) -> Change:
    """Put other guards in place of the action's own."""

    def change(action: Action, system: System) -> Action:
        return replace(action, guards=guards)

    return change


def then(*changes: Change) -> Change:
    """Several changes, one after the other."""

    def change(action: Action, system: System) -> Action:
        for one in changes:
            action = one(action, system)
        return action

    return change
