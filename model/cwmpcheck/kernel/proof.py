"""What z3 can show of one action: that its guards can hold together, and that what it stores stays inside a domain.

The proofs use the guards, the declared domains and the auxiliary invariants, and nothing else. Timers and parameters flagged
unbounded are taken for any number from their lower bound up, because the provers and a person's own valuation
are allowed to go above the bound that explicit engines try.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import z3

from cwmpcheck.kernel.actions import Action
from cwmpcheck.kernel.domains import Boolean, Domain
from cwmpcheck.kernel.monitor import constants
from cwmpcheck.kernel.shape import Variable
from cwmpcheck.kernel.system import System


class Answer(enum.Enum):
    """What the solver says of a claim."""

    SHOWN = "it holds"
    REFUTED = "it does not hold"
    OPEN = "the solver did not decide in time"


@dataclass(frozen=True)
class Finding:
    """An answer, with the values that refute the claim or the guards that exclude each other.

    Attributes:
        answer: what the solver says.
        example: values of variables and parameters under which the claim is false, for people; empty otherwise.
        guards: positions of guards that cannot hold together; empty unless that was asked and is so.
    """

    answer: Answer
    example: str = ""
    guards: tuple[int, ...] = ()


class Proof:
    """A solver that knows a system's domains and auxiliary invariants.

    Args:
        system: whose they are.
        milliseconds: how long one question may take.
    """

    def __init__(self, system: System, milliseconds: int) -> None:
        self._domains: dict[str, Domain] = {v.name: v.domain for v in system.variables}
        self._domains |= {p.name: p.domain for p in system.parameters}
        endless = {v.name for v in system.variables if v.timer} | {p.name for p in system.parameters if p.unbounded}
        self._bounds = {
            name: (domain.low, None if name in endless else domain.high) for name, domain in self._domains.items()
        }
        self._solver = z3.Solver()
        self._solver.set("timeout", milliseconds)
        for name, domain in self._domains.items():
            self._solver.add(*outside(domain.constant(name), *self._bounds[name], negated=True))
        self._solver.add(*system.auxiliary.values())
        self._marks: list[z3.BoolRef] = []

    @contextmanager
    def taking(self, action: Action) -> Iterator[Finding]:
        """Ask further questions about the states in which an action's guards hold; yields whether there are any.

        The finding is ``SHOWN`` when some state satisfies all guards.
        """
        self._marks = [z3.FreshBool("guard") for _ in action.guards]
        self._solver.push()
        try:
            for mark, guard in zip(self._marks, action.guards, strict=True):
                self._solver.add(z3.Implies(mark, guard.term))
            result = self._solver.check(*self._marks)
            if result == z3.unsat:
                core = {mark.get_id() for mark in self._solver.unsat_core()}
                clash = tuple(i for i, mark in enumerate(self._marks) if mark.get_id() in core)
                yield Finding(Answer.REFUTED, guards=clash)
            else:
                yield Finding(Answer.SHOWN if result == z3.sat else Answer.OPEN)
        finally:
            self._solver.pop()
            self._marks = []

    def inside(self, value: z3.ExprRef, low: int, high: int | None) -> Finding:
        """Whether a value always lies from ``low`` to ``high``; None is no upper bound."""
        if z3.is_bool(value) or self._plainly_inside(value, low, high):
            return Finding(Answer.SHOWN)
        return self.never(z3.Or(*outside(value, low, high)), value)

    def never(self, condition: z3.BoolRef, *mentioned: z3.ExprRef) -> Finding:
        """Whether a condition can never hold; an example tells the values of what ``mentioned`` terms mention."""
        self._solver.push()
        try:
            self._solver.add(condition)
            result = self._solver.check(*self._marks)
            if result == z3.unsat:
                return Finding(Answer.SHOWN)
            if result == z3.unknown:
                return Finding(Answer.OPEN)
            return Finding(Answer.REFUTED, self._example(self._solver.model(), mentioned))
        finally:
            self._solver.pop()

    def _plainly_inside(self, value: z3.ExprRef, low: int, high: int | None) -> bool:
        """Whether every branch of a choice is a literal or a variable that fits: most writes are, and need no solver."""
        if z3.is_int_value(value):
            return low <= value.as_long() and (high is None or value.as_long() <= high)
        if z3.is_app_of(value, z3.Z3_OP_ITE):
            return all(self._plainly_inside(branch, low, high) for branch in value.children()[1:])
        if z3.is_const(value):
            least, most = self._bounds[value.decl().name()]
            return low <= least and (high is None or (most is not None and most <= high))
        return False

    def _example(self, model: z3.ModelRef, mentioned: tuple[z3.ExprRef, ...]) -> str:
        shown = []
        for name in sorted(frozenset[str]().union(*(constants(term) for term in mentioned))):
            domain = self._domains[name]
            value = model.eval(domain.constant(name), model_completion=True)
            number = int(z3.is_true(value)) if isinstance(domain, Boolean) else value.as_long()
            shown.append(f"{name} = {domain.show(number)}")
        return ", ".join(shown)


def outside(value: z3.ExprRef, low: int, high: int | None, *, negated: bool = False) -> list[z3.BoolRef]:
    """The ways in which a number can lie outside; ``negated``, what keeps it inside. Truth values have none."""
    if z3.is_bool(value):
        return []
    ways = [value < low] if high is None else [value < low, value > high]
    return [z3.Not(way) for way in ways] if negated else ways


def at_start(term: z3.ExprRef, variables: Sequence[Variable]) -> z3.ExprRef:
    """A term with the initial value in place of each variable; parameters stay."""
    literals = [
        z3.BoolVal(bool(v.initial)) if isinstance(v.domain, Boolean) else z3.IntVal(v.initial) for v in variables
    ]
    return z3.substitute(term, *((v.domain.constant(v.name), it) for v, it in zip(variables, literals, strict=True)))
