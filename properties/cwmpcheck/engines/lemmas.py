"""Lemmas for the prover: bounds of variables and a system's auxiliary invariants, as far as they are proved first.

Those that hold at the start are thrown together, and each that some step breaks is dropped until what is left is
kept by every step (C. Flanagan and K. R. M. Leino, "Houdini, an annotation assistant for ESC/Java", FME 2001). What is
left is inductive as a whole, so nothing is assumed that is not proved.
"""

from __future__ import annotations

import z3

from cwmpcheck.compile import Relation
from cwmpcheck.engines.certificate import assumptions, domain_bounds, seconds_left


def candidates(relation: Relation) -> list[z3.BoolRef]:
    """What may be invariant: every variable lies in its domain (timers have no upper bound), and auxiliary claims."""
    claims = [relation.translate(claim) for claim in relation.system.auxiliary.values()]
    return domain_bounds(relation) + claims


def proved_lemmas(relation: Relation, deadline: float) -> tuple[z3.BoolRef, ...]:
    """The largest set of candidates that is inductive as a whole; empty when there is no time to find out."""
    claims = candidates(relation)
    known = assumptions(relation)
    for at_start in (True, False):
        solver = z3.Solver()
        solver.add(*known)
        solver.add(relation.initial if at_start else z3.Or(*relation.actions))
        while claims:
            after = claims if at_start else [relation.after(claim) for claim in claims]
            solver.push()
            if not at_start:
                solver.add(*claims)
            solver.add(z3.Not(z3.And(*after)))
            milliseconds = int(seconds_left(deadline) * 1000)
            if milliseconds <= 0:
                return ()
            solver.set("timeout", milliseconds)
            answer = solver.check()
            if answer == z3.unknown:
                return ()
            if answer == z3.unsat:
                break
            model = solver.model()
            claims = [c for c, a in zip(claims, after, strict=True) if z3.is_true(model.eval(a, model_completion=True))]
            solver.pop()
    return tuple(claims)
