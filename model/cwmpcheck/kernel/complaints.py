"""What a validator can find wrong with a system, as data: what, in which action, where, and whether it is grave."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from cwmpcheck.kernel.errors import DeclarationError


class Problem(enum.Enum):
    """What a validator can find; the value says it in general."""

    NAME_TWICE = "two things have one name"
    UNDECLARED = "a term mentions a name that the system does not declare"
    WRONG_SORT = "a variable is given a value of another sort"
    INITIAL = "something starts outside its domain, or a claim does not hold at the start"
    OUTSIDE = "a value may leave its domain"
    UNDECIDED = "the solver did not decide in time"
    NO_KIND = "a message is of a kind that the observation does not have"
    NO_FIELD = "a message has a field that the observation does not have, or of another sort"
    FIELD_MISSING = "a message lacks a field that its kind needs"
    NO_RULE = "a rule id that the rule book does not have"
    NO_WORDS = "something that people will read has no words"
    IDLE = "an action that changes nothing and shows nothing"
    DEAD = "an action whose guards exclude each other"
    NOT_INDUCTIVE = "a claim that does not follow from itself in one step"


WARNINGS = frozenset({Problem.DEAD, Problem.NOT_INDUCTIVE})


@dataclass(frozen=True)
class Complaint:
    """One thing that is wrong with a system.

    Attributes:
        problem: which sort of thing.
        what: what is wrong and what to do about it.
        action: name of the action concerned, if any.
        place: ``file:line`` of its declaration, if known.
    """

    problem: Problem
    what: str
    action: str | None = None
    place: str | None = None

    @property
    def warning(self) -> bool:
        """Whether the system can be used all the same."""
        return self.problem in WARNINGS

    @property
    def error(self) -> DeclarationError:
        """The complaint as an error."""
        return DeclarationError(self.what, action=self.action, place=self.place)

    def __str__(self) -> str:
        return str(self.error)
