"""Constraints on runs put beside a system: registers that follow a run, and a condition that says it has done all.

A register counts how far a run has come along ``a then b then c``. A state satisfies formulas of its own at once; a step
satisfies one formula that mentions what is shown or done. All of it is kept like any other variable, so every engine that
finds a state finds a run.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import z3

from cwmpcheck.engines.constraints import MIRRORED, Atom, Comparison, Constraint, Formula, Junction, Not
from cwmpcheck.engines.values import number_of
from cwmpcheck.engines.wording import named_value
from cwmpcheck.kernel import BOOLEAN, Action, Boolean, DeclarationError, OneOf, Range, Shown, System, Term, Variable
from cwmpcheck.kernel.domains import Domain
from cwmpcheck.kernel.edit import function_of
from cwmpcheck.kernel.monitor import constants
from cwmpcheck.vocabulary.errors import UsageError

REGISTER = "ask"

_COMPARE: Mapping[str, Callable[[Term, Term | int], Term]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True)
class Goal:
    """A system that follows constraints, and when they are met.

    Attributes:
        system: the system with registers after its own variables.
        chosen: what the parameters must satisfy.
        met: over a state of ``system``, that the run up to it satisfies everything else.
        mentioned: the parameters that the constraints speak of.
    """

    system: System
    chosen: z3.BoolRef
    met: z3.BoolRef
    mentioned: frozenset[str]


def goal_of(system: System, constraints: Sequence[Constraint]) -> Goal:
    """Put constraints beside a system.

    Raises UsageError for a name, a value or a comparison that makes no sense for the system.
    """
    reader = _Reader(system)
    chosen: list[z3.BoolRef] = []
    met: list[z3.BoolRef] = []
    registers: list[Variable] = []
    updates: dict[str, dict[str, Term]] = {action.name: {} for action in system.actions}
    for number, constraint in enumerate(constraints):
        formulas = constraint.parts
        if constraint.kind == "plain" and len(formulas) == 1 and reader.about_parameters(formulas[0]):
            chosen.append(reader.at_state(formulas[0], constraint))
            continue
        if constraint.kind == "plain" and len(formulas) == 1 and not reader.has_step(formulas[0]):
            raise UsageError(
                f"{constraint.text!r} speaks of a state; say when, as in `eventually {constraint.text}` or `always {constraint.text}`"
            )
        register = Variable(f"{REGISTER}[{number}]", Range(0, max(1, len(formulas))), 0)
        registers.append(register)
        follow = _Always if constraint.kind in ("always", "never") else _Ordered
        follower = follow(reader, constraint, z3.Int(register.name))
        met.append(follower.met())
        for action in system.actions:
            updates[action.name][register.name] = Term(follower.after(action), register.domain)
    actions = tuple(replace(a, updates={**a.updates, **updates[a.name]}) for a in system.actions)
    watched = replace(system, variables=system.variables + tuple(registers), actions=actions)
    return Goal(watched, z3.And(*chosen), z3.And(*met), frozenset(reader.mentioned))


class _Ordered:
    """Formulas that come true one after the other; the register counts those that have."""

    def __init__(self, reader: _Reader, constraint: Constraint, register: z3.ArithRef) -> None:
        self.reader = reader
        self.constraint = constraint
        self.register = register
        self.stepwise = [reader.has_step(formula) for formula in constraint.parts]

    def settled(self) -> z3.ArithRef:
        """The register once the state has satisfied what it can."""
        value = self.register
        for place, formula in enumerate(self.constraint.parts):
            if not self.stepwise[place]:
                holds = self.reader.at_state(formula, self.constraint)
                value = z3.If(z3.And(value == place, holds), z3.IntVal(place + 1), value)
        return value

    def after(self, action: Action) -> z3.ArithRef:
        value = self.settled()
        advances = [
            z3.And(value == place, holds)
            for place, formula in enumerate(self.constraint.parts)
            if self.stepwise[place] and not z3.is_false(holds := self.reader.on_step(formula, action, self.constraint))
        ]
        return z3.If(z3.Or(*advances), value + 1, value) if advances else value

    def met(self) -> z3.BoolRef:
        return self.settled() == len(self.constraint.parts)


class _Always:
    """A formula that holds all the time, or never; the register is 1 once it is broken."""

    def __init__(self, reader: _Reader, constraint: Constraint, register: z3.ArithRef) -> None:
        self.reader = reader
        self.constraint = constraint
        self.register = register

    def broken(self, action: Action | None) -> z3.BoolRef:
        (formula,) = self.constraint.parts
        if action is None and self.reader.has_step(formula):
            return z3.BoolVal(False)
        holds = (
            self.reader.at_state(formula, self.constraint)
            if action is None
            else self.reader.on_step(formula, action, self.constraint)
        )
        return holds if self.constraint.kind == "never" else z3.Not(holds)

    def after(self, action: Action) -> z3.ArithRef:
        return z3.If(self.broken(action), z3.IntVal(1), self.register)

    def met(self) -> z3.BoolRef:
        return z3.And(self.register == 0, z3.Not(self.broken(None)))


class _Reader:
    """Formulas as z3 conditions over the variables and parameters of one system."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.terms = {v.name: Term(v.domain.constant(v.name), v.domain) for v in system.variables}
        self.parameters = {p.name: p.term for p in system.parameters}
        self.terms |= self.parameters
        self.functions = {function_of(action) for action in system.actions}
        self.shown = [shown for action in system.actions for shown in action.shown]
        self.mentioned: set[str] = set()

    def has_step(self, formula: Formula) -> bool:
        """Whether a formula mentions a message or an action."""
        if isinstance(formula, Not):
            return self.has_step(formula.inner)
        if isinstance(formula, Junction):
            return any(self.has_step(part) for part in formula.parts)
        return isinstance(formula, Atom) and formula.name not in self.terms

    def about_parameters(self, formula: Formula) -> bool:
        """Whether a formula mentions parameters only."""
        if self.has_step(formula):
            return False
        names = constants(self._read(formula, None))
        return bool(names) and names <= set(self.parameters)

    def at_state(self, formula: Formula, constraint: Constraint) -> z3.BoolRef:
        """A formula over a state."""
        return self._told(formula, None, constraint)

    def on_step(self, formula: Formula, action: Action, constraint: Constraint) -> z3.BoolRef:
        """A formula over the state before an action, when the action is taken."""
        return self._told(formula, action, constraint)

    def _told(self, formula: Formula, action: Action | None, constraint: Constraint) -> z3.BoolRef:
        try:
            return self._read(formula, action)
        except DeclarationError as error:
            raise UsageError(f"{constraint.text!r}: {error.what}") from error

    def _read(self, formula: Formula, action: Action | None) -> z3.BoolRef:
        if isinstance(formula, Not):
            inner = self._read(formula.inner, action)
            return z3.Not(inner)
        if isinstance(formula, Junction):
            parts = [self._read(part, action) for part in formula.parts]
            if formula.word == "and":
                return z3.BoolVal(False) if any(z3.is_false(part) for part in parts) else z3.And(*parts)
            return z3.Or(*parts)
        if isinstance(formula, Comparison):
            return self._compared(formula, self.terms)
        if formula.name in self.terms:
            self._note(formula.name)
            return self.terms[formula.name]._truth()
        self._known(formula)
        return z3.BoolVal(False) if action is None else self._stepped(formula, action)

    def _note(self, name: str) -> None:
        if name in self.parameters:
            self.mentioned.add(name)

    def _compared(self, comparison: Comparison, terms: Mapping[str, Term]) -> z3.BoolRef:
        left, sign, right = comparison.left, comparison.operator, comparison.right
        if left not in terms and right in terms:
            left, sign, right = right, MIRRORED[sign], left
        if left not in terms:
            raise UsageError(f"there is no {left}{self._near(left, terms)}")
        self._note(left)
        term = terms[left]
        if right in terms:
            self._note(right)
            return _COMPARE[sign](term, terms[right]).expr
        return _COMPARE[sign](term, _literal(term.domain, right, left)).expr

    def _known(self, atom: Atom) -> None:
        """Refuse a name that nothing has, and fields that no such message has."""
        kinds = [shown for shown in self.shown if _is_kind(shown, atom.name)]
        if not kinds and atom.name not in self.functions:
            names = [text for shown in self.shown for text in _names_of(shown)]
            raise UsageError(f"there is no {atom.name}{self._near(atom.name, [*names, *self.terms, *self.functions])}")
        if atom.vantage is not None and not any(shown.vantage == atom.vantage for shown in kinds):
            ends = ", ".join(sorted({shown.vantage for shown in kinds})) or "nobody"
            raise UsageError(f"{atom.name} is not shown at {atom.vantage}; it is at {ends}")
        if kinds:
            have = sorted({name for shown in kinds for name in shown.fields})
            for argument in atom.arguments:
                if argument.left not in have:
                    raise UsageError(f"{atom.name} has no {argument.left}; it has {', '.join(have) or 'no fields'}")

    def _near(self, name: str, known: Mapping[str, Term] | Sequence[str]) -> str:
        lowered = {each.lower(): each for each in reversed(list(known))}
        near = [lowered[each] for each in difflib.get_close_matches(name.lower(), lowered, n=3, cutoff=0.5)]
        return f"; did you mean {' or '.join(near)}?" if near else ""

    def _stepped(self, atom: Atom, action: Action) -> z3.BoolRef:
        if atom.name == function_of(action):
            return z3.BoolVal(_given(action, atom.arguments))
        cases = [
            z3.And(*(self._compared(argument, shown.fields) for argument in atom.arguments))
            for shown in action.shown
            if _is_kind(shown, atom.name)
            and atom.vantage in (None, shown.vantage)
            and all(argument.left in shown.fields for argument in atom.arguments)
        ]
        return z3.Or(*cases) if cases else z3.BoolVal(False)


def _names_of(shown: Shown) -> tuple[str, str]:
    """A kind's name and its value, the one as in a path, the other as in the standard."""
    return str(getattr(shown.kind, "name", shown.kind)), str(getattr(shown.kind, "value", shown.kind))


def _is_kind(shown: Shown, name: str) -> bool:
    return name.lower() in (each.lower() for each in _names_of(shown))


def _given(action: Action, arguments: Sequence[Comparison]) -> bool:
    """Whether an action has the parameter values that are demanded."""
    have = dict(re.findall(r"(\w+)=([^,)]*)", action.name))
    for argument in arguments:
        if argument.left not in have:
            raise UsageError(f"{action.name} has no {argument.left}")
        same = have[argument.left].lower() == argument.right.lower()
        if argument.operator not in ("==", "!="):
            raise UsageError(f"values of an action are compared by = and !=, not by {argument.operator}")
        if same != (argument.operator == "=="):
            return False
    return True


def _literal(domain: Domain, text: str, name: str) -> Term | int:
    """A value beside a term of a domain; any integer may be compared with a number."""
    if isinstance(domain, Range):
        try:
            return int(text)
        except ValueError:
            raise UsageError(f"{name} is a number of {domain.low}..{domain.high}, and {text!r} is none") from None
    try:
        number = number_of(domain, text)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from error
    if isinstance(domain, Boolean):
        return Term(z3.BoolVal(bool(number)), BOOLEAN)
    assert isinstance(domain, OneOf)
    return Term(domain.literal(named_value(domain, number)), domain)
