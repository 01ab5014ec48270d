"""k-induction: no run of k steps ends badly, and neither does any run of k good states go on to a bad one.

(M. Sheeran, S. Singh, G. Stålmarck, "Checking safety properties using induction and a SAT-solver", FMCAD 2000.)
States of a run are taken to differ from one another, since a bad state is reached by a run without repetition if at all.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

import z3

from cwmpcheck.engines.certificate import assumptions, seconds_left, told
from cwmpcheck.engines.claims import Problem, ProofResult
from cwmpcheck.engines.conditions import Condition
from cwmpcheck.engines.unrolling import Unrolling, find_run
from cwmpcheck.engines.verdicts import Proved, Refuted, Unknown
from cwmpcheck.kernel import System, Value


def k_induction(
    system: System,
    bad: Mapping[str, Condition],
    *,
    parameters: Mapping[str, Value] | None = None,
    leave_open: Iterable[str] = (),
    seconds: float = 60.0,
    most: int = 20,
) -> Mapping[str, ProofResult]:
    """Prove by induction over runs that conditions never occur, for every value of what is left open.

    Args:
        system: the system; its auxiliary claims are used as far as they are proved.
        bad: by name, what must never occur: a state condition, or step conditions by action.
        parameters: None leaves every parameter open; a mapping fixes them all, to their defaults unless named.
        leave_open: names of parameters that stay open all the same.
        seconds: when to give up, for all together.
        most: the largest k to try.

    Returns:
        For each name Proved, with what was used as the certificate; Refuted with a run; or Unknown. A property that
        is proved serves as a lemma for those after it.

    Raises:
        DeclarationError: for a condition or parameter that the system does not know.
    """
    problem = Problem(system, bad, parameters, leave_open, seconds)
    results = {}
    lemmas = list(problem.lemmas)
    for number, name in enumerate(bad):
        share = seconds_left(problem.deadline) / (len(bad) - number)
        results[name] = _induct(problem, name, lemmas, time.monotonic() + share, most)
        if isinstance(results[name].verdict, Proved):
            lemmas.append(z3.Not(problem.bad[name]))
    return results


class _Induction:
    """Base and step of one property, unrolled together."""

    def __init__(self, problem: Problem, bad: z3.BoolRef, lemmas: list[z3.BoolRef]) -> None:
        self.run = Unrolling(problem.relation)
        self.good = z3.Not(bad)
        self.lemmas = lemmas
        self.base, self.step = z3.Solver(), z3.Solver()
        for solver in (self.base, self.step):
            solver.add(*assumptions(problem.relation))
        self.base.add(self.run.at(problem.relation.initial, 0))

    def base_breaks(self, k: int, deadline: float) -> z3.CheckSatResult:
        """Whether some run of exactly ``k`` steps from the initial state ends badly."""
        if k:
            self.base.add(self.run.step(k - 1))
        return self._breaks(self.base, k, deadline)

    def step_breaks(self, k: int, deadline: float) -> z3.CheckSatResult:
        """Whether some run over ``k`` good states goes on to a bad one."""
        if k:
            self.step.add(self.run.at(self.good, k - 1), self.run.step(k - 1))
            self.step.add(*(self.run.different(earlier, k) for earlier in range(k)))
        self.step.add(*(self.run.at(lemma, k) for lemma in self.lemmas))
        return self._breaks(self.step, k, deadline)

    def _breaks(self, solver: z3.Solver, k: int, deadline: float) -> z3.CheckSatResult:
        milliseconds = int(seconds_left(deadline) * 1000)
        if milliseconds <= 0:
            return z3.unknown
        solver.set("timeout", milliseconds)
        solver.push()
        solver.add(z3.Not(self.run.at(self.good, k)))
        answer = solver.check()
        solver.pop()
        return answer


def _induct(problem: Problem, name: str, lemmas: list[z3.BoolRef], deadline: float, most: int) -> ProofResult:
    started = time.monotonic()

    def result(verdict: Proved | Unknown, certificate: str | None = None) -> ProofResult:
        return ProofResult(verdict, certificate, time.monotonic() - started)

    induction = _Induction(problem, problem.bad[name], lemmas)
    for k in range(most + 1):
        base = induction.base_breaks(k, deadline)
        if base == z3.sat:
            run = find_run(problem.relation, problem.watches[name], k, problem.fixed, deadline)
            if run is None:
                return result(Unknown(f"a run of {k} steps ends badly, but was not worked out in time"))
            return ProofResult(Refuted(run[0]), None, time.monotonic() - started, run[1])
        step = induction.step_breaks(k, deadline) if base == z3.unsat else z3.unknown
        if step == z3.unsat:
            used = f"k = {k}\n{told(problem.relation, lemmas)}".strip()
            return result(Proved(f"k-induction with k = {k}", problem.scope()), used)
        if step == z3.unknown:
            return result(Unknown(f"the time was up at k = {k}"))
    return result(Unknown(f"not inductive up to k = {most}"))
