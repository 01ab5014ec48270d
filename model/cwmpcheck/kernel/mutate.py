"""Mutants by dropped guards: what a careless implementer forgets, one condition at a time.

All mutants of a system are one system with a parameter ``dropped``, so one compile serves them all, and the
original is the default. A dropped guard may let a value leave its domain; engines check that at run time, and such a
mutant counts as refused.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import z3

from cwmpcheck.kernel.actions import Action, Guard
from cwmpcheck.kernel.domains import Range
from cwmpcheck.kernel.errors import DeclarationError
from cwmpcheck.kernel.system import Parameter, System, parameter

DROPPED = "dropped"
"""The name of the parameter that says which guard is dropped."""

NONE_DROPPED = -1
"""Its default: the system as declared."""


@dataclass(frozen=True)
class DroppedGuard:
    """One mutant.

    Attributes:
        index: the value of the parameter ``dropped`` that selects it.
        action: name of the action that loses a guard.
        guard_index: position of the guard among the action's.
        reason: the condition in the reader's words.
        rule: id of the rule behind it, or None.
    """

    index: int
    action: str
    guard_index: int
    reason: str
    rule: str | None


def droppable(system: System, parties: Collection[str]) -> tuple[System, tuple[DroppedGuard, ...]]:
    """A system in which any one guard of some parties can be dropped at run time, and the list of those guards.

    Args:
        system: the system to mutate; with the default of ``dropped`` the result behaves just like it.
        parties: whose guards, such as ``("cpe", "acs")``; the environment's are not an implementer's.

    Raises:
        DeclarationError: when the system has a parameter or variable of that name already.
    """
    taken = {p.name for p in system.parameters} | {v.name for v in system.variables}
    if DROPPED in taken:
        raise DeclarationError(f"system {system.name} already has something called {DROPPED!r}; it is needed here")
    count = sum(len(action.guards) for action in system.actions if action.party in parties)
    selector = parameter(DROPPED, Range(NONE_DROPPED, max(count - 1, 0)), NONE_DROPPED)
    mutants: list[DroppedGuard] = []
    actions = tuple(_loosened(a, selector, mutants) if a.party in parties else a for a in system.actions)
    return replace(system, actions=actions, parameters=(*system.parameters, selector)), tuple(mutants)


def _loosened(action: Action, selector: Parameter, mutants: list[DroppedGuard]) -> Action:
    guards = []
    for place, guard in enumerate(action.guards):
        index = len(mutants)
        mutants.append(DroppedGuard(index, action.name, place, guard.reason, guard.rule))
        dropped = selector.term.expr == z3.IntVal(index)
        guards.append(Guard(z3.Or(dropped, guard.term), guard.reason, guard.rule))
    return replace(action, guards=tuple(guards))
