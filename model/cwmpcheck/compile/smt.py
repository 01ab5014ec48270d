"""A system as a transition relation for z3, over integers or over bits.

``relation`` gives the initial condition and, for every action, one formula over constants for the state before
and the state after the step. The engines decide how to unroll or to generalise it.

A step that would take a variable out of its domain has no state after it inside ``bounds_primed``; that no such
step exists is for the validator or an explicit engine to show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import z3

from cwmpcheck.compile import bits as finite
from cwmpcheck.compile.backend import State
from cwmpcheck.compile.dag import dag_of
from cwmpcheck.compile.intervals import domains, intervals
from cwmpcheck.compile.valuation import valuation
from cwmpcheck.kernel import Action, Boolean, Domain, Parameter, System, Value, Variable

PRIME = "'"
"""What the name of a constant for the state after the step ends in."""


@dataclass(frozen=True)
class Relation:
    """The transition relation of a system.

    Attributes:
        system: whose it is.
        variables: the constants of the state before the step, in the order of ``system.variables``.
        primed: the constants of the state after it, in the same order.
        parameters: the constants of parameters that were left open; empty when their values were given.
        initial: holds at the initial state only (over ``variables``).
        actions: one formula for each of ``system.actions``: its guards, updates and frame.
        bounds: every variable and open parameter lies within its domain.
        bounds_primed: the same for the state after the step.
        translate: turns a term over the system's variables and parameters (a guard, a watch) into these sorts.
    """

    system: System
    variables: list[z3.ExprRef]
    primed: list[z3.ExprRef]
    parameters: list[z3.ExprRef]
    initial: z3.BoolRef
    actions: list[z3.BoolRef]
    bounds: z3.BoolRef
    bounds_primed: z3.BoolRef
    translate: Callable[[z3.ExprRef], z3.ExprRef]

    def after(self, formula: z3.ExprRef) -> z3.ExprRef:
        """A formula over ``variables`` as one over ``primed``."""
        return z3.substitute(formula, list(zip(self.variables, self.primed, strict=True)))

    def read(self, model: z3.ModelRef, constants: list[z3.ExprRef] | None = None) -> State:
        """The state that a model gives to ``constants`` (``variables`` unless told), as numbers of the domains."""
        pairs = zip(self.variables if constants is None else constants, self.system.variables, strict=True)
        return tuple(_number(model.eval(constant, model_completion=True), v.domain) for constant, v in pairs)


def _number(value: z3.ExprRef, domain: Domain) -> int:
    if isinstance(domain, Boolean) or z3.is_bv(value):
        return finite.number(value, domain)
    return int(value.as_long())


def relation(
    system: System,
    parameters: Mapping[str, Value] | None = None,
    *,
    unbounded: bool = False,
    bits: bool = False,
) -> Relation:
    """The transition relation of a system.

    Args:
        system: what to translate.
        parameters: None leaves every parameter an open constant; a mapping fixes them all, those it does not
            name to their defaults.
        unbounded: drop the upper bounds of timers and of parameters flagged unbounded; timers then do not saturate.
        bits: Booleans and bit vectors instead of Booleans and integers, for ``SolverFor("QF_FD")``.

    Raises:
        ValueError: when both ``unbounded`` and ``bits`` are asked for: bits are finite.
        DeclarationError: for an unknown parameter or a value outside its domain.
    """
    if unbounded and bits:
        raise ValueError("bits are finite: unbounded timers and parameters need integers")
    open_parameters = system.parameters if parameters is None else ()
    fixed = [] if parameters is None else _fixed(system, parameters)
    make = _Bits(system) if bits else _Integers()

    def translate(term: z3.ExprRef) -> z3.ExprRef:
        return make.term(z3.substitute(term, fixed) if fixed else term)

    saturating = set() if unbounded else _saturating(system)
    before = [make.constant(v.name, v.domain) for v in system.variables]
    primed = [make.constant(v.name + PRIME, v.domain) for v in system.variables]
    opened = [make.constant(p.name, p.domain) for p in open_parameters]

    def step(action: Action) -> z3.BoolRef:
        parts = [translate(guard.term) for guard in action.guards]
        for variable, old, new in zip(system.variables, before, primed, strict=True):
            if variable.name not in action.updates:
                parts.append(new == old)
                continue
            term = action.updates[variable.name].expr
            if (action.name, variable.name) in saturating:
                term = z3.If(term > variable.domain.high, z3.IntVal(variable.domain.high), term)
            parts.append(make.equal(new, variable.domain, z3.substitute(term, fixed) if fixed else term))
        return z3.And(*parts)

    inside_parameters = [
        c for p, term in zip(open_parameters, opened, strict=True) for c in make.inside(term, p, unbounded)
    ]

    def inside(constants: list[z3.ExprRef]) -> z3.BoolRef:
        pairs = zip(system.variables, constants, strict=True)
        return z3.And(*(c for v, term in pairs for c in make.inside(term, v, unbounded)), *inside_parameters)

    start = [make.equal(c, v.domain, _literal(v)) for v, c in zip(system.variables, before, strict=True)]
    return Relation(
        system=system,
        variables=before,
        primed=primed,
        parameters=opened,
        initial=z3.And(*start),
        actions=[step(action) for action in system.actions],
        bounds=inside(before),
        bounds_primed=inside(primed),
        translate=translate,
    )


def _literal(variable: Variable) -> z3.ExprRef:
    if isinstance(variable.domain, Boolean):
        return z3.BoolVal(bool(variable.initial))
    return z3.IntVal(variable.initial)


def _fixed(system: System, parameters: Mapping[str, Value]) -> list[tuple[z3.ExprRef, z3.ExprRef]]:
    numbers = valuation(system, parameters)
    return [
        (p.term.expr, z3.BoolVal(bool(n)) if isinstance(p.domain, Boolean) else z3.IntVal(n))
        for p, n in zip(system.parameters, numbers, strict=True)
    ]


def _saturating(system: System) -> set[tuple[str, str]]:
    """The writes (action, timer) whose value can come to lie above the timer's bound."""
    dag = dag_of(system)
    known = domains(system)
    known |= {p.name: known[p.name]._replace(high=2**62) for p in system.parameters if p.unbounded}
    found = intervals(dag, known)
    highs = {variable.name: variable.domain.high for variable in system.variables if variable.timer}
    return {
        (action.name, name)
        for action in system.actions
        for name, update in action.updates.items()
        if name in highs and found[dag.add(update.expr)].high > highs[name]
    }


class _Integers:
    """Constants and formulas over Booleans and integers."""

    def constant(self, name: str, domain: Domain) -> z3.ExprRef:
        return domain.constant(name)

    def term(self, term: z3.ExprRef) -> z3.ExprRef:
        return term

    def equal(self, constant: z3.ExprRef, domain: Domain, term: z3.ExprRef) -> z3.BoolRef:
        return constant == term

    def inside(self, constant: z3.ExprRef, of: Variable | Parameter, unbounded: bool) -> list[z3.BoolRef]:
        if isinstance(of.domain, Boolean):
            return []
        lower = constant >= of.domain.low
        endless = of.timer if isinstance(of, Variable) else of.unbounded
        return [lower] if unbounded and endless else [lower, constant <= of.domain.high]


class _Bits:
    """Constants and formulas over Booleans and bit vectors."""

    def __init__(self, system: System) -> None:
        named: dict[str, Domain] = {v.name: v.domain for v in system.variables}
        named |= {p.name: p.domain for p in system.parameters}
        self._translator = finite.BitTranslator(named)

    def constant(self, name: str, domain: Domain) -> z3.ExprRef:
        return finite.constant(name, domain)

    def term(self, term: z3.ExprRef) -> z3.ExprRef:
        return self._translator(term)

    def equal(self, constant: z3.ExprRef, domain: Domain, term: z3.ExprRef) -> z3.BoolRef:
        return self._translator.equal(constant, domain, term)

    def inside(self, constant: z3.ExprRef, of: Variable | Parameter, unbounded: bool) -> list[z3.BoolRef]:
        return finite.inside(constant, of.domain)
