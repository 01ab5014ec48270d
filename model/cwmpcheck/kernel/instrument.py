"""A system and a suite of checks as one system: registers become variables, violated checks become watches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import z3

from cwmpcheck.kernel.actions import Action
from cwmpcheck.kernel.domains import Boolean
from cwmpcheck.kernel.errors import DeclarationError
from cwmpcheck.kernel.monitor import PRIMED, SEEN, L, O, Register, S, Suite, constants, observed
from cwmpcheck.kernel.system import System, Watch
from cwmpcheck.kernel.terms import Term

Substitution = dict[str, tuple[z3.ExprRef, z3.ExprRef]]
"""By name of a constant: the constant, and what it is at one action."""


def instrument(
    system: System,
    suite: Suite[O, L, S],
    *,
    vantage: str,
    checks: Iterable[str],
    witnesses: Mapping[str, z3.BoolRef] | None = None,
) -> System:
    """The system with the registers that the checks need, and one watch for each check and witness.

    A check's watch, named as the check, occurs where the check is false; a witness's watch, named ``witness
    NAME``, occurs where its condition holds.

    Args:
        system: the system to watch.
        suite: where the checks are declared.
        vantage: the party at whose end the observations are made.
        checks: names of the suite's checks.
        witnesses: conditions of the same form that must be seen to occur.
    """
    wanted = {name: z3.Not(_declared(suite, name)) for name in checks}
    wanted |= {f"witness {name}": term for name, term in (witnesses or {}).items()}
    registers = suite.registers(*wanted.values())
    known = set(system.index) | {r.variable.name for r in registers} | {p.name for p in system.parameters}
    mentioned = {name: constants(term) for name, term in wanted.items()}
    updated = [(register, constants(register.update)) for register in registers]
    actions: list[Action] = []
    steps: dict[str, dict[str, z3.BoolRef]] = {name: {} for name in wanted}
    for action in system.actions:
        substitution = _substitution(system, suite, action, vantage)
        actions.append(replace(action, updates={**action.updates, **_updates(updated, substitution)}))
        for name, term in wanted.items():
            at = _at(term, mentioned[name], substitution)
            if not z3.is_false(at):
                steps[name][action.name] = at
    strangers = suite.cone(*wanted.values()) - known
    for stranger in strangers:
        if not stranger.startswith(f"{SEEN}.") and stranger.removesuffix(PRIMED) not in known:
            raise DeclarationError(f"a check mentions {stranger}, which system {system.name} does not have")
    return replace(
        system,
        variables=system.variables + tuple(r.variable for r in registers),
        actions=tuple(actions),
        watches=system.watches + tuple(Watch(name, step=by_action) for name, by_action in steps.items()),
    )


def _declared(suite: Suite[O, L, S], name: str) -> z3.BoolRef:
    if name not in suite.checks:
        raise DeclarationError(f"the suite has no check {name}")
    return suite.checks[name].holds


def _substitution(system: System, suite: Suite[O, L, S], action: Action, vantage: str) -> Substitution:
    """What the observation and the state after the step are, for one action, over the state before."""
    shown = action.shown_at(vantage)
    fields = observed(suite.observation, {**shown.fields, "kind": shown.kind} if shown else {})
    domains = {v.name: v.domain for v in suite.observation.variables()}
    pairs = [(domains[n].constant(f"{SEEN}.{n}"), term.expr) for n, term in fields.items()]
    for variable in system.variables:
        before = variable.domain.constant(variable.name)
        written = action.updates.get(variable.name)
        pairs.append((variable.domain.constant(variable.name + PRIMED), written.expr if written is not None else before))
    return {constant.decl().name(): (constant, value) for constant, value in pairs}


def _at(term: z3.ExprRef, mentioned: frozenset[str], substitution: Substitution) -> z3.ExprRef:
    """A term at one action; only what it mentions is handed to z3, which takes its time over every pair."""
    pairs = [substitution[name] for name in sorted(mentioned) if name in substitution]
    return z3.simplify(z3.substitute(term, *pairs))


def _updates(registers: Iterable[tuple[Register, frozenset[str]]], substitution: Substitution) -> dict[str, Term]:
    """The registers that an action changes; each is given with the names that its update mentions."""
    updates: dict[str, Term] = {}
    for register, mentioned in registers:
        variable = register.variable
        value = _at(register.update, mentioned, substitution)
        if not value.eq(variable.domain.constant(variable.name)):
            updates[variable.name] = Term(value, variable.domain)
    return updates


def state_watch(name: str, condition: Term) -> Watch:
    """A watch that occurs at every state where the condition holds."""
    if not isinstance(condition.domain, Boolean):
        raise DeclarationError(f"the condition of {name} is no truth value")
    return Watch(name, state=condition.expr)
