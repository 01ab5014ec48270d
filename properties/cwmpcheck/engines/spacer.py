"""Spacer, z3's engine for constrained Horn clauses, asked for an inductive invariant of a system.

The whole transition relation is ONE rule: a rule for each action was measured to be 5 to 20 times slower.
(A. Komuravelli, A. Gurfinkel, S. Chaki, "SMT-based model checking for recursive programs", CAV 2014.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import z3

from cwmpcheck.compile import Relation
from cwmpcheck.engines.certificate import assumptions, holds, seconds_left

STEP = "step"


@dataclass(frozen=True)
class SpacerAnswer:
    """What Spacer said, unchecked.

    Attributes:
        invariant: what it claims to be inductive and safe, over the relation's variables; None when it has none.
        depth: after how many steps it claims to have reached what is bad; None when it has not.
        why: the reason when it has neither.
    """

    invariant: z3.BoolRef | None = None
    depth: int | None = None
    why: str = ""


def ask_spacer(relation: Relation, bad: z3.BoolRef, lemmas: Sequence[z3.BoolRef], deadline: float) -> SpacerAnswer:
    """Ask for an invariant that, together with the lemmas, rules out what is bad.

    Args:
        relation: the transition relation, over integers.
        bad: over ``relation.variables``, what must not be reached.
        lemmas: conditions that are inductive as a whole; they are used, and checked again with the certificate.
        deadline: a moment of ``time.monotonic``.
    """
    milliseconds = int(seconds_left(deadline) * 1000)
    if milliseconds <= 0:
        return SpacerAnswer(why="no time was left")
    known = z3.And(*assumptions(relation), *lemmas)
    # Simplified away before it starts, such a question comes back with quantifiers that nobody can read.
    if holds(z3.Implies(known, z3.Not(bad)), deadline):
        return SpacerAnswer(invariant=z3.BoolVal(True))
    before = [*relation.variables, *relation.parameters]
    after = [*relation.primed, *relation.parameters]
    reached = z3.Function("Reached", *(constant.sort() for constant in before), z3.BoolSort())
    solver = z3.Fixedpoint()
    solver.set(engine="spacer", timeout=milliseconds)
    solver.register_relation(reached)
    for constant in [*before, *relation.primed]:
        solver.declare_var(constant)
    solver.rule(reached(*before), z3.And(known, relation.initial), "start")
    kept = [relation.after(lemma) for lemma in lemmas]
    solver.rule(reached(*after), z3.And(reached(*before), known, z3.Or(*relation.actions), *kept), STEP)
    try:
        answer = solver.query(z3.Exists(before, z3.And(reached(*before), known, bad)))
    except z3.Z3Exception as error:
        # A timeout comes as an exception whose text is "canceled"; anything else is a mistake of ours.
        if "canceled" not in str(error):
            raise
        return SpacerAnswer(why="Spacer ran out of time")
    if answer == z3.unsat:
        return SpacerAnswer(invariant=_invariant(solver.get_answer(), reached, before))
    if answer == z3.sat:
        return SpacerAnswer(depth=sum(str(name) == STEP for name in solver.get_rule_names_along_trace()))
    return SpacerAnswer(why=f"Spacer gave up: {solver.reason_unknown()}")


def _invariant(answer: z3.ExprRef, reached: z3.FuncDeclRef, constants: list[z3.ExprRef]) -> z3.BoolRef:
    """The definition of the relation in Spacer's answer, over the constants in place of its bound variables.

    True when the answer defines nothing, as when the lemmas alone suffice: the certificate is checked anyhow.
    """
    if not z3.is_quantifier(answer):
        return z3.BoolVal(True)
    definition = answer.body()
    head, body = definition.children()
    if not z3.eq(head.decl(), reached):
        return z3.BoolVal(True)
    # Bound variables are numbered from the innermost, so the places are read off the head.
    replacements = list(constants)
    for argument, constant in zip(head.children(), constants, strict=True):
        replacements[z3.get_var_index(argument)] = constant
    return z3.substitute_vars(body, *replacements)
