"""What an engine can be asked about: a condition over a state, or over a step by the action that takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import z3

from cwmpcheck.compile.dag import Dag
from cwmpcheck.kernel import DeclarationError, System, Watch

Condition: TypeAlias = z3.BoolRef | Mapping[str, z3.BoolRef] | Watch
"""A z3 truth value over a state; or, by action name, one over the state before the step; or a watch, that is both."""


def as_watch(system: System, name: str, condition: Condition) -> Watch:
    """A condition as a watch of that name.

    Raises DeclarationError when it is no condition, or speaks of an action, a variable or a parameter that the system
    does not have.
    """
    if isinstance(condition, Watch):
        watch = Watch(name, condition.state, condition.step)
    elif isinstance(condition, Mapping):
        watch = Watch(name, None, dict(condition))
    elif z3.is_bool(condition):
        watch = Watch(name, condition)
    else:
        raise DeclarationError(f"{name} is {condition!r}: give a z3 truth value, or one for each action concerned")
    have = {action.name for action in system.actions}
    if unknown := sorted(set(watch.step) - have):
        raise DeclarationError(f"{name} speaks of the action {unknown[0]}, which {system.name} does not have")
    _check_constants(system, watch)
    return watch


def _check_constants(system: System, watch: Watch) -> None:
    dag = Dag()
    dag.add_all([*([] if watch.state is None else [watch.state]), *watch.step.values()])
    have = set(system.index) | {parameter.name for parameter in system.parameters}
    mentioned = {node.name for node in dag.nodes.values() if node.operator == "constant"}
    if unknown := sorted(mentioned - have):
        raise DeclarationError(
            f"{watch.name} mentions {unknown[0]}, which is no variable or parameter of {system.name}"
        )


def about_to_occur(system: System, watch: Watch) -> z3.BoolRef:
    """Over a state, whether a watch occurs at it or can occur on a step out of it."""
    cases = [] if watch.state is None else [watch.state]
    for action in system.actions:
        if action.name in watch.step:
            cases.append(z3.And(*(guard.term for guard in action.guards), watch.step[action.name]))
    return z3.Or(*cases)
