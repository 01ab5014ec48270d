"""Inductive certificates: a condition that holds at the start, is kept by every step, and rules out what is bad.

Who found the condition does not matter. A plain solver checks the three claims again, on the transition relation
itself, before anything is called proved.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import z3

from cwmpcheck.compile import Relation
from cwmpcheck.engines.wording import Wording


def seconds_left(deadline: float) -> float:
    """How many seconds there are until a moment of ``time.monotonic``."""
    return max(0.0, deadline - time.monotonic())


def holds(claim: z3.BoolRef, deadline: float) -> bool | None:
    """Whether a claim is valid, by one call of a plain solver; None when it could not tell in time."""
    solver = z3.Solver()
    milliseconds = int(seconds_left(deadline) * 1000)
    if milliseconds <= 0:
        return None
    solver.set("timeout", milliseconds)
    solver.add(z3.Not(claim))
    answer = solver.check()
    return None if answer == z3.unknown else bool(answer == z3.unsat)


def split(condition: z3.BoolRef) -> Iterable[z3.BoolRef]:
    """The members of a conjunction, of those that are conjunctions too."""
    if z3.is_and(condition):
        for part in condition.children():
            yield from split(part)
    elif not z3.is_true(condition):
        yield condition


def assumptions(relation: Relation) -> list[z3.BoolRef]:
    """What is known of open parameters: they lie in their domains, or above the lower end if flagged unbounded."""
    own = {constant.get_id() for constant in relation.parameters}
    return [part for part in split(relation.bounds) if any(child.get_id() in own for child in part.children())]


def domain_bounds(relation: Relation) -> list[z3.BoolRef]:
    """That each variable lies in its domain, a condition for each end; no upper end for timers without bounds."""
    known = {part.get_id() for part in assumptions(relation)}
    return [part for part in split(relation.bounds) if part.get_id() not in known]


def told(relation: Relation, clauses: Iterable[z3.BoolRef]) -> str:
    """Clauses in the model's own names, one a line; that all variables keep to their domains is said in one."""
    wording, clauses = Wording(relation.system), list(clauses)
    bounds = {part.get_id() for part in domain_bounds(relation)}
    if not bounds <= {clause.get_id() for clause in clauses}:
        return "\n".join(wording(clause) for clause in clauses)
    lines = [wording(clause) for clause in clauses if clause.get_id() not in bounds]
    timers = " (timers: from 0 up)" if any(variable.timer for variable in relation.system.variables) else ""
    return "\n".join([f"every variable lies in its domain{timers}"] * bool(bounds) + lines)


@dataclass(frozen=True)
class Certificate:
    """A condition, as clauses over ``relation.variables`` and open parameters, claimed to be inductive.

    Attributes:
        relation: the transition relation that it speaks of.
        clauses: all of them hold together.
    """

    relation: Relation
    clauses: tuple[z3.BoolRef, ...]

    def recheck(self, bad: z3.BoolRef, deadline: float) -> str | None:
        """None when all three claims are valid; else which one is not, or was not decided in time."""
        relation, invariant = self.relation, z3.And(*self.clauses)
        known = z3.And(*assumptions(relation))
        claims = {
            "initiation": z3.Implies(z3.And(known, relation.initial), invariant),
            "consecution": z3.Implies(z3.And(known, invariant, z3.Or(*relation.actions)), relation.after(invariant)),
            "safety": z3.Implies(z3.And(known, invariant), z3.Not(bad)),
        }
        for name, claim in claims.items():
            answer = holds(claim, deadline)
            if answer is not True:
                return f"its {name} {'was not decided in time' if answer is None else 'does not hold'}"
        return None

    def text(self) -> str:
        """One line for each clause, in the model's own names."""
        return told(self.relation, self.clauses)
