"""What a liveness property may assume of a run: fairness towards actions, and faults that come to an end.

All three speak of infinite runs; a run that ends because nothing is enabled any more satisfies each of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cwmpcheck.kernel import DeclarationError, System


@dataclass(frozen=True)
class Weak:
    """An action that is enabled from some point on without a break is taken again and again."""

    action: str

    @property
    def actions(self) -> frozenset[str]:
        """The actions concerned."""
        return frozenset({self.action})

    def __str__(self) -> str:
        return f"weak fairness of {self.action}"


@dataclass(frozen=True)
class Strong:
    """If some action of a set is enabled again and again, some action of that set is taken again and again."""

    actions: frozenset[str]

    def __str__(self) -> str:
        return f"strong fairness of {' or '.join(sorted(self.actions))}"


@dataclass(frozen=True)
class FinitelyOften:
    """From some point on, no action of a set is taken any more: what kind of faults come to an end."""

    actions: frozenset[str]

    def __str__(self) -> str:
        return f"only finitely many {', '.join(sorted(self.actions))}"


Assumption = Weak | Strong | FinitelyOften


def _names(actions: Iterable[str] | str) -> frozenset[str]:
    return frozenset({actions}) if isinstance(actions, str) else frozenset(actions)


def weak(action: str) -> Weak:
    """Weak fairness of one action."""
    return Weak(action)


def strong(actions: Iterable[str] | str) -> Strong:
    """Strong fairness of a set of actions taken together, such as every way to deliver one kind of message.

    >>> str(strong({"deliver", "deliver_late"}))
    'strong fairness of deliver or deliver_late'
    """
    return Strong(_names(actions))


def finitely_often(actions: Iterable[str] | str) -> FinitelyOften:
    """None of these actions happens infinitely often."""
    return FinitelyOften(_names(actions))


def described(assuming: Iterable[Assumption]) -> str:
    """Assumptions in words, all weak ones together.

    >>> described([weak("send"), weak("reply"), finitely_often("lose")])
    'weak fairness of reply, send; only finitely many lose'
    """
    assumptions = frozenset(assuming)
    weakly = sorted(a.action for a in assumptions if isinstance(a, Weak))
    others = sorted(
        (a for a in assumptions if not isinstance(a, Weak)), key=lambda a: (isinstance(a, FinitelyOften), str(a))
    )
    parts = [f"weak fairness of {', '.join(weakly)}"] * bool(weakly) + [str(other) for other in others]
    return "; ".join(parts) or "no assumption"


def check_names(system: System, assuming: Iterable[Assumption]) -> None:
    """Raise DeclarationError when an assumption names an action that the system does not have, or none at all."""
    have = {action.name for action in system.actions}
    for assumption in assuming:
        if not assumption.actions:
            raise DeclarationError(f"a {type(assumption).__name__} assumption names no action; leave it out")
        if missing := sorted(assumption.actions - have):
            raise DeclarationError(f"the assumption {assumption} names {missing[0]}, which {system.name} does not have")
