"""Terms: z3 expressions that know their domain, and refuse to be mistaken for Python truth values.

A ``Term`` is no expression tree of its own, only a z3 expression with its domain beside it. The wrapper exists for
two traps of bare z3 terms: ``bool(a == b)`` answers silently with structural equality, so ``if``, ``and`` and ``in``
on terms are wrong without a word; and an enumeration member compared with a variable of another enumeration is a
mistake that the solver cannot see, since both are integers.
"""

from __future__ import annotations

import enum
from typing import NoReturn

import z3

from cwmpcheck.kernel.domains import BOOLEAN, Boolean, Domain, OneOf, Range, Value
from cwmpcheck.kernel.errors import DeclarationError


class Term:
    """A z3 expression with the domain its value lies in.

    >>> from cwmpcheck.kernel.domains import Range
    >>> due = Term(z3.Int("due"), Range(0, 9))
    >>> (due == 0).expr
    due == 0
    """

    __slots__ = ("domain", "expr")

    def __init__(self, expr: z3.ExprRef, domain: Domain) -> None:
        self.expr = expr
        self.domain = domain

    def __bool__(self) -> NoReturn:
        raise DeclarationError(
            f"the term {self.expr} has no truth value while a model is declared: "
            "use & | ~, either(), both() or choose() instead of and, or, not, if and in"
        )

    def __hash__(self) -> int:
        return int(self.expr.get_id())

    def __repr__(self) -> str:
        return f"Term({self.expr})"

    def _operand(self, other: Operand) -> z3.ExprRef:
        if isinstance(other, Term):
            mine, theirs = self.domain, other.domain
            if isinstance(mine, OneOf) != isinstance(theirs, OneOf) or isinstance(mine, Boolean) != isinstance(
                theirs, Boolean
            ):
                raise DeclarationError(f"{self.expr} and {other.expr} are of different sorts and cannot be compared")
            if isinstance(mine, OneOf) and mine != theirs:
                raise DeclarationError(f"{self.expr} and {other.expr} are of different enumerations")
            return other.expr
        if isinstance(self.domain, Range) and isinstance(other, int) and not isinstance(other, (bool, enum.Enum)):
            return z3.IntVal(other)
        return self.domain.literal(other)

    def __eq__(self, other: Operand) -> Term:  # type: ignore[override]  # a comparison of terms is itself a term
        # Called by name: Python would try the literal's reflected operator first and turn the comparison round.
        return Term(self.expr.__eq__(self._operand(other)), BOOLEAN)

    def __ne__(self, other: Operand) -> Term:  # type: ignore[override]  # as above
        return Term(z3.Not(self.expr.__eq__(self._operand(other))), BOOLEAN)

    def _number(self) -> z3.ArithRef:
        if not isinstance(self.domain, Range):
            raise DeclarationError(f"{self.expr} is not a number: only ranges and timers can be counted with")
        return self.expr

    def __lt__(self, other: Operand) -> Term:
        return Term(self._number().__lt__(self._operand(other)), BOOLEAN)

    def __le__(self, other: Operand) -> Term:
        return Term(self._number().__le__(self._operand(other)), BOOLEAN)

    def __gt__(self, other: Operand) -> Term:
        return Term(self._number().__gt__(self._operand(other)), BOOLEAN)

    def __ge__(self, other: Operand) -> Term:
        return Term(self._number().__ge__(self._operand(other)), BOOLEAN)

    def __add__(self, other: Operand) -> Term:
        low, high = _bounds(self, other)
        return Term(self._number().__add__(self._operand(other)), Range(self.domain.low + low, self.domain.high + high))

    def __sub__(self, other: Operand) -> Term:
        low, high = _bounds(self, other)
        return Term(self._number().__sub__(self._operand(other)), Range(self.domain.low - high, self.domain.high - low))

    def _truth(self) -> z3.BoolRef:
        if not isinstance(self.domain, Boolean):
            raise DeclarationError(f"{self.expr} is not a truth value: compare it with something first")
        return self.expr

    def __and__(self, other: Operand) -> Term:
        return Term(z3.And(self._truth(), truth(other)), BOOLEAN)

    def __or__(self, other: Operand) -> Term:
        return Term(z3.Or(self._truth(), truth(other)), BOOLEAN)

    def __invert__(self) -> Term:
        return Term(z3.Not(self._truth()), BOOLEAN)

    __rand__ = __and__
    __ror__ = __or__

    def implies(self, other: Operand) -> Term:
        """The term that holds unless this one holds and ``other`` does not."""
        return Term(z3.Implies(self._truth(), truth(other)), BOOLEAN)

    def among(self, *values: Value) -> Term:
        """The term that holds when this one equals one of ``values``."""
        return either(*(self == value for value in values))


Operand = Term | Value


def _bounds(term: Term, other: Operand) -> tuple[int, int]:
    if isinstance(other, Term):
        return other.domain.low, other.domain.high
    if isinstance(other, int):
        return int(other), int(other)
    raise DeclarationError(f"{other!r} cannot be added to {term.expr}")


def truth(operand: Operand) -> z3.BoolRef:
    """The z3 expression of a truth value; raises DeclarationError for anything else."""
    if isinstance(operand, Term):
        return operand._truth()
    return BOOLEAN.literal(operand)


def as_term(operand: Operand, domain: Domain) -> Term:
    """``operand`` as a term of ``domain``: terms pass, values become literals.

    Raises DeclarationError when the operand cannot be of that domain.
    """
    if isinstance(operand, Term):
        probe = Term(domain.constant("probe"), domain)
        probe._operand(operand)
        return operand
    return Term(domain.literal(operand), domain)


def both(*operands: Operand) -> Term:
    """The conjunction of any number of truth values."""
    return Term(z3.And(*(truth(o) for o in operands)), BOOLEAN) if operands else Term(z3.BoolVal(True), BOOLEAN)


def either(*operands: Operand) -> Term:
    """The disjunction of any number of truth values."""
    return Term(z3.Or(*(truth(o) for o in operands)), BOOLEAN) if operands else Term(z3.BoolVal(False), BOOLEAN)


def choose(condition: Operand, then: Operand, otherwise: Operand) -> Term:
    """``then`` where the condition holds, ``otherwise`` where it does not.

    One of the two must be a term, or an enumeration member or truth value that tells the domain.
    """
    domain = _domain_of(then) or _domain_of(otherwise)
    if domain is None:
        raise DeclarationError(f"choose({then!r}, {otherwise!r}): neither tells its domain; make one of them a term")
    first, second = _branch(then, domain), _branch(otherwise, domain)
    if isinstance(first.domain, Range) and isinstance(second.domain, Range):
        domain = Range(min(first.domain.low, second.domain.low), max(first.domain.high, second.domain.high))
    return Term(z3.If(truth(condition), first.expr, second.expr), domain)


def _branch(operand: Operand, domain: Domain) -> Term:
    if isinstance(domain, Range) and isinstance(operand, int) and not isinstance(operand, (bool, enum.Enum)):
        return Term(z3.IntVal(operand), Range(operand, operand))
    return as_term(operand, domain)


def _domain_of(operand: Operand) -> Domain | None:
    if isinstance(operand, Term):
        return operand.domain
    if isinstance(operand, bool):
        return BOOLEAN
    if isinstance(operand, enum.Enum):
        return OneOf(type(operand))
    return Range(operand, operand)
