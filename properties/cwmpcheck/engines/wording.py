"""z3 conditions over a system's variables, in words that name its values: for certificates that people read."""

from __future__ import annotations

import enum
import operator
from collections.abc import Callable, Mapping

import z3

from cwmpcheck.kernel import Boolean, OneOf, System, Value
from cwmpcheck.kernel.domains import Domain

_COMPARED: Mapping[int, tuple[str, str, Callable[[int, int], bool]]] = {
    z3.Z3_OP_EQ: ("=", "!=", operator.eq),
    z3.Z3_OP_LE: ("<=", ">", operator.le),
    z3.Z3_OP_LT: ("<", ">=", operator.lt),
    z3.Z3_OP_GE: (">=", "<", operator.ge),
    z3.Z3_OP_GT: (">", "<=", operator.gt),
}
"""By operator: its symbol, the symbol of its negation, and what it means."""

_JOINED = {z3.Z3_OP_AND: "and", z3.Z3_OP_OR: "or"}
_ARITHMETIC = {z3.Z3_OP_ADD: " + ", z3.Z3_OP_SUB: " - ", z3.Z3_OP_MUL: " * "}


class Wording:
    """Puts conditions into words.

    Args:
        system: whose variables and parameters they speak of.
    """

    def __init__(self, system: System) -> None:
        self._domains: dict[str, Domain] = {v.name: v.domain for v in system.variables}
        self._domains |= {p.name: p.domain for p in system.parameters}

    def __call__(self, term: z3.ExprRef) -> str:
        """The condition in words; what has no wording of its own is shown as z3 shows it."""
        return self._truth(term, True)

    def _truth(self, term: z3.ExprRef, positive: bool) -> str:
        if not z3.is_app(term):
            return ("" if positive else "not ") + _as_z3_shows(term)
        kind, children = term.decl().kind(), term.children()
        if kind == z3.Z3_OP_NOT:
            return self._truth(children[0], not positive)
        if kind in _JOINED:
            word = _JOINED[kind] if positive else {"and": "or", "or": "and"}[_JOINED[kind]]
            return f" {word} ".join(self._nested(child, positive) for child in children)
        if kind == z3.Z3_OP_IMPLIES and positive:
            return f"{self._nested(children[0], False)} or {self._nested(children[1], True)}"
        if kind in _COMPARED and z3.is_int(children[0]):
            return self._comparison(kind, children, positive)
        text = "yes" if z3.is_true(term) else "no" if z3.is_false(term) else self._number(term)
        if kind == z3.Z3_OP_EQ:
            text = f"({self._truth(children[0], True)}) is ({self._truth(children[1], True)})"
        return text if positive else f"not {text}"

    def _nested(self, term: z3.ExprRef, positive: bool) -> str:
        text = self._truth(term, positive)
        while z3.is_not(term):
            term = term.children()[0]
        return f"({text})" if z3.is_and(term) or z3.is_or(term) or z3.is_implies(term) else text

    def _comparison(self, kind: int, sides: list[z3.ExprRef], positive: bool) -> str:
        symbol, opposite, means = _COMPARED[kind]
        domain = self._enumeration(sides[0])
        if domain is not None and z3.is_int_value(sides[1]):
            bound = sides[1].as_long()
            return f"{self._number(sides[0])} {_membership(domain, lambda n: means(n, bound) == positive)}"
        return f"{self._number(sides[0])} {symbol if positive else opposite} {self._number(sides[1])}"

    def _enumeration(self, term: z3.ExprRef) -> OneOf | None:
        domain = self._domains.get(term.decl().name())
        return domain if isinstance(domain, OneOf) else None

    def _number(self, term: z3.ExprRef) -> str:
        kind = term.decl().kind()
        if kind in _ARITHMETIC:
            return _ARITHMETIC[kind].join(self._number(child) for child in term.children())
        if kind == z3.Z3_OP_UNINTERPRETED or z3.is_int_value(term):
            return str(term.decl().name()) if kind == z3.Z3_OP_UNINTERPRETED else str(term.as_long())
        return _as_z3_shows(term)


def _membership(domain: OneOf, chosen: Callable[[int], bool]) -> str:
    """That a value is one of some members, named by whichever list is shorter: those, or the others."""
    inside = [domain.show(n) for n in range(domain.high + 1) if chosen(n)]
    outside = [domain.show(n) for n in range(domain.high + 1) if not chosen(n)]
    names, negation = (inside, "") if len(inside) <= len(outside) else (outside, "not ")
    if len(names) == 1:
        return f"is {negation}{names[0]}"
    return f"{negation}in {{{', '.join(names)}}}"


def _as_z3_shows(term: z3.ExprRef) -> str:
    return " ".join(term.sexpr().split())


def named_value(domain: Domain, number: int) -> Value:
    """The value of a domain that a number stands for, as a person would choose it for a parameter."""
    if isinstance(domain, Boolean):
        return bool(number)
    if isinstance(domain, OneOf):
        members: list[enum.Enum] = list(domain.members)
        return members[number]
    return number
