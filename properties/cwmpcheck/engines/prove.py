"""Proofs for every value: Spacer finds an inductive invariant, and a plain solver checks it.

Timers have no upper bound here, nor do parameters flagged ``unbounded``, and faults are not counted. What comes out is
Proved only with a certificate that was checked again (``certificate.Certificate``); when the time is up it is Unknown.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from itertools import chain, count

import z3

from cwmpcheck.engines.certificate import Certificate, seconds_left, split
from cwmpcheck.engines.claims import Problem, ProofResult
from cwmpcheck.engines.conditions import Condition
from cwmpcheck.engines.spacer import ask_spacer
from cwmpcheck.engines.unrolling import find_run
from cwmpcheck.engines.verdicts import Proved, Refuted, Unknown, Verdict
from cwmpcheck.kernel import System, Value

FOUND = "inductive invariant found by Spacer, checked again by a plain solver"
CLAIMED = "inductive invariant of bounds and auxiliary claims, checked again by a plain solver"
TOGETHER_SHARE = 0.6
"""The part of the remaining time in which all properties are tried at once."""


def prove(
    system: System,
    bad: Mapping[str, Condition],
    *,
    parameters: Mapping[str, Value] | None = None,
    leave_open: Iterable[str] = (),
    seconds: float = 60.0,
) -> Mapping[str, ProofResult]:
    """Prove that conditions never occur, for every value of what is left open.

    All are tried together first, since one invariant often serves many; each on its own when that fails.

    Args:
        system: the system; its auxiliary claims are used as far as they are proved.
        bad: by name, what must never occur: a state condition, or step conditions by action.
        parameters: None leaves every parameter open; a mapping fixes them all, to their defaults unless named.
        leave_open: names of parameters that stay open all the same.
        seconds: when to give up, for all together.

    Returns:
        For each name Proved with a certificate, Refuted with a run, or Unknown.

    Raises:
        DeclarationError: for a condition or parameter that the system does not know.
    """
    problem = Problem(system, bad, parameters, leave_open, seconds)
    results: dict[str, ProofResult] = {}
    if len(bad) > 1:
        share = seconds_left(problem.deadline) * TOGETHER_SHARE
        together = _by_spacer(problem, list(bad), time.monotonic() + share)
        if isinstance(together.verdict, Proved):
            return dict.fromkeys(bad, together)
    for number, name in enumerate(bad):
        share = seconds_left(problem.deadline) / (len(bad) - number)
        results[name] = _by_spacer(problem, [name], time.monotonic() + share)
    return results


def _by_spacer(problem: Problem, names: list[str], deadline: float) -> ProofResult:
    started = time.monotonic()
    bad = z3.Or(*(problem.bad[name] for name in names))
    answer = ask_spacer(problem.relation, bad, problem.lemmas, deadline)

    def result(verdict: Verdict, certificate: str | None = None) -> ProofResult:
        return ProofResult(verdict, certificate, time.monotonic() - started)

    if answer.invariant is not None:
        certificate = Certificate(problem.relation, (*problem.lemmas, *split(answer.invariant)))
        # The check gets at least as long as Spacer took: an invariant at the last moment is not thrown away.
        flaw = certificate.recheck(bad, max(deadline, 2 * time.monotonic() - started + 1.0))
        if flaw is not None:
            return result(Unknown(f"Spacer's invariant was not confirmed: {flaw}"))
        how = CLAIMED if z3.is_true(answer.invariant) else FOUND
        return result(Proved(how, problem.scope()), certificate.text())
    if answer.depth is None:
        return result(Unknown(answer.why))
    if len(names) > 1:
        return result(Unknown("not all of them hold"))
    # The depth of Spacer's derivation is that of the run, unless it has simplified the rules.
    for depth in chain([answer.depth], count()):
        run = find_run(problem.relation, problem.watches[names[0]], depth, problem.fixed, deadline)
        if run is not None:
            return ProofResult(Refuted(run[0]), None, time.monotonic() - started, run[1])
        if not seconds_left(deadline):
            break
    return result(Unknown(f"Spacer claims a run of about {answer.depth} steps, which was not worked out in time"))
