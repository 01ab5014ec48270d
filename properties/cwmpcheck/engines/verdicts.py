"""What an engine may say: verdicts that never overclaim, and the paths that back them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

State = tuple[int, ...]


@dataclass(frozen=True)
class PathStep:
    """One step of a path.

    Attributes:
        number: 1 for the first step.
        action: name of the action taken.
        party: who took it.
        message: what it shows, as ``KIND(field=value, ...)``, or None.
        changed: the variables it changed, as ``old -> new``.
        state: the state after the step.
    """

    number: int
    action: str
    party: str
    message: str | None
    changed: Mapping[str, str]
    state: State


@dataclass(frozen=True)
class Path:
    """A run of a system from its initial state; with ``loop_from`` a lasso.

    Attributes:
        initial: the first state.
        steps: in order.
        loop_from: how many steps precede the loop that the remaining steps repeat forever, or None.
    """

    initial: State
    steps: tuple[PathStep, ...]
    loop_from: int | None = None

    def __len__(self) -> int:
        return len(self.steps)


@dataclass(frozen=True)
class Proved:
    """It holds on the whole space without budgets, or by an inductive certificate that was re-checked."""

    how: str
    scope: str


@dataclass(frozen=True)
class HoldsWithin:
    """It holds on everything within a bound, and nothing is said beyond."""

    bound: str


@dataclass(frozen=True)
class Refuted:
    """It does not hold: here is a run that breaks it."""

    path: Path


@dataclass(frozen=True)
class NotApplicable:
    """The question does not arise here."""

    why: str


@dataclass(frozen=True)
class Vacuous:
    """Nothing broke it only because the situation it speaks of never came up."""

    why: str


@dataclass(frozen=True)
class Unknown:
    """The engine stopped before it could tell."""

    why: str


Verdict = Proved | HoldsWithin | Refuted | NotApplicable | Vacuous | Unknown


