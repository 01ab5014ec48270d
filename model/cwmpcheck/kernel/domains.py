"""Finite domains: what a variable may hold, and how its values are numbered and shown.

Inside every engine a value is an ``int``: a Boolean is 0 or 1, a member of an enumeration is its position in
the class, a bounded integer is itself. A domain translates between that number and what a person reads.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

import z3

from cwmpcheck.kernel.errors import DeclarationError

Value = bool | int | enum.Enum


@dataclass(frozen=True)
class Boolean:
    """The two truth values."""

    low: int = 0
    high: int = 1

    def constant(self, name: str) -> z3.ExprRef:
        """The z3 constant of this sort with the given name."""
        return z3.Bool(name)

    def literal(self, value: Value) -> z3.ExprRef:
        """The z3 literal for ``value``; raises DeclarationError when it is not a truth value."""
        return z3.BoolVal(bool(self.number(value)))

    def number(self, value: Value) -> int:
        """The number an engine stores for ``value``."""
        # The members of an IntEnum are integers to Python, and a mistake here.
        if not isinstance(value, enum.Enum) and isinstance(value, int) and value in (0, 1):
            return int(value)
        raise DeclarationError(f"{value!r} is not a truth value; write True or False")

    def show(self, number: int) -> str:
        """The value as a person reads it."""
        return "yes" if number else "no"


@dataclass(frozen=True)
class Range:
    """The integers from ``low`` to ``high``, both included.

    >>> Range(0, 3).show(2)
    '2'
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise DeclarationError(f"Range({self.low}, {self.high}) is empty; give the lower bound first")

    def constant(self, name: str) -> z3.ExprRef:
        """The z3 constant of this sort with the given name."""
        return z3.Int(name)

    def literal(self, value: Value) -> z3.ExprRef:
        """The z3 literal for ``value``; raises DeclarationError when it lies outside."""
        return z3.IntVal(self.number(value))

    def number(self, value: Value) -> int:
        """The number an engine stores for ``value``."""
        if isinstance(value, (bool, enum.Enum)) or not isinstance(value, int):
            raise DeclarationError(f"{value!r} is not an integer of {self.low}..{self.high}")
        if not self.low <= value <= self.high:
            raise DeclarationError(f"{value} lies outside {self.low}..{self.high}; widen the domain or check the value")
        return value

    def show(self, number: int) -> str:
        """The value as a person reads it."""
        return str(number)


@dataclass(frozen=True)
class OneOf:
    """The members of an enumeration class, numbered in the order of their definition."""

    members: type[enum.Enum]

    @property
    def low(self) -> int:
        """The lowest number, always 0."""
        return 0

    @property
    def high(self) -> int:
        """The highest number in use."""
        return len(self.members) - 1

    def constant(self, name: str) -> z3.ExprRef:
        """The z3 constant of this sort with the given name (an Int with bounds: see DESIGN.md 1.1)."""
        return z3.Int(name)

    def literal(self, value: Value) -> z3.ExprRef:
        """The z3 literal for ``value``; raises DeclarationError when it is of another enumeration."""
        return z3.IntVal(self.number(value))

    def number(self, value: Value) -> int:
        """The number an engine stores for ``value``."""
        if isinstance(value, self.members):
            return list(self.members).index(value)
        raise DeclarationError(f"{value!r} is not a member of {self.members.__name__}")

    def show(self, number: int) -> str:
        """The member's name."""
        members: list[Any] = list(self.members)
        return str(members[number].name) if 0 <= number < len(members) else f"?{number}"


Domain = Boolean | Range | OneOf

BOOLEAN = Boolean()
