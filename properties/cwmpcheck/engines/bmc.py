"""Bounded model checking: is there a run of at most so many steps that ends badly?

The finite-domain solver of z3 gets the system as bits, one more step at a time, so the first run found is a shortest
one. A selector says which action each step takes. Runs are replayed on the plain Python back end before they are
reported, so a mistranslation cannot invent one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import z3

from cwmpcheck.compile import Relation, relation
from cwmpcheck.compile import bits as finite
from cwmpcheck.compile.dag import Dag
from cwmpcheck.compile.intervals import domains, intervals
from cwmpcheck.engines.certificate import assumptions
from cwmpcheck.engines.conditions import Condition, as_watch
from cwmpcheck.engines.paths import path_of_actions
from cwmpcheck.engines.verdicts import HoldsWithin, Refuted, Unknown, Verdict
from cwmpcheck.engines.wording import named_value
from cwmpcheck.kernel import Action, System, Value, Watch

BAD = "bad"


def bmc(
    system: System,
    bad: Condition,
    *,
    depth: int,
    parameters: Mapping[str, Value] | None = None,
    seconds: float | None = None,
) -> Verdict:
    """Search all runs of at most ``depth`` steps for one on which ``bad`` occurs.

    Args:
        system: the system.
        bad: what must never occur: a state condition, or step conditions by action.
        depth: the number of steps, 0 or more; the step on which a step condition occurs counts.
        parameters: chosen values of parameters; the others have their defaults.
        seconds: when to give up, or None.

    Returns:
        Refuted with a shortest run; HoldsWithin the depth that was searched to its end; or Unknown when the time
        was up before the initial state had been looked at.

    Raises:
        DomainOverflow: when a step within the depth takes a variable out of its domain, as in explicit engines.
    """
    search = BitUnrolling(system, as_watch(system, BAD, bad), dict(parameters or {}))
    deadline = None if seconds is None else time.monotonic() + seconds
    for steps in range(depth + 1):
        answer = search.deepen(deadline) if steps else search.look(deadline)
        if answer == z3.sat:
            return Refuted(path_of_actions(system, search.actions(), parameters))
        if answer == z3.unknown:
            done = f"every run of at most {steps - 1} steps; stopped after {seconds} s"
            return HoldsWithin(done) if steps else Unknown(f"the initial state was not decided within {seconds} s")
        if search.ended:
            return HoldsWithin(f"every run of at most {depth} steps; none is longer than {steps - 1}")
    return HoldsWithin(f"every run of at most {depth} steps")


class BitUnrolling:
    """A system unrolled so many steps from its initial state, in a finite-domain solver.

    Args:
        system: the system.
        watch: what is looked for.
        parameters: chosen values; None leaves every parameter open, within its domain.
        given: what open parameters satisfy besides, over the system's own terms.
    """

    def __init__(
        self, system: System, watch: Watch, parameters: Mapping[str, Value] | None, given: z3.BoolRef | None = None
    ) -> None:
        self.system = system
        self.relation: Relation = relation(system, parameters, bits=True)
        self.solver = z3.SolverFor("QF_FD")
        self.states = [[_at(constant, 0) for constant in self.relation.variables]]
        self.selectors: list[z3.BitVecRef] = []
        self.ended = False
        self._width = max(1, (len(system.actions) - 1).bit_length())
        translate, closed = self.relation.translate, z3.BoolVal(False)
        self._bad_state = closed if watch.state is None else translate(watch.state)
        overflows = leaving(system)
        steps = {name: [term] for name, term in watch.step.items()}
        for name, term in overflows.items():
            steps.setdefault(name, []).append(term)
        self._bad_steps = {name: translate(z3.Or(*terms)) for name, terms in steps.items()}
        self._model: z3.ModelRef | None = None
        self.solver.add(self._placed(self.relation.initial, 0), *assumptions(self.relation))
        if given is not None:
            self.solver.add(translate(given))

    def _placed(self, formula: z3.ExprRef, step: int) -> z3.ExprRef:
        """A formula over the state before and after a step, moved to the step of that number."""
        pairs = list(zip(self.relation.variables, self.states[step], strict=True))
        if step + 1 < len(self.states):
            pairs += zip(self.relation.primed, self.states[step + 1], strict=True)
        return z3.substitute(formula, *pairs)

    def look(self, deadline: float | None) -> z3.CheckSatResult:
        """Whether something bad occurs at the last state, or on the step into it."""
        last = len(self.selectors)
        cases = [self._placed(self._bad_state, last)]
        for number, action in enumerate(self.system.actions):
            if last and action.name in self._bad_steps:
                chosen = self.selectors[-1] == number
                cases.append(z3.And(chosen, self._placed(self._bad_steps[action.name], last - 1)))
        flag = z3.Bool(f"{BAD}@{last}")
        self.solver.add(z3.Implies(flag, z3.Or(*cases)))
        answer = self._check(deadline, flag)
        if answer == z3.sat:
            self._model = self.solver.model()
        elif answer == z3.unsat:
            self.solver.add(z3.Not(flag))
        return answer

    def deepen(self, deadline: float | None) -> z3.CheckSatResult:
        """Add one step, and look again; notes when no run goes on."""
        number = len(self.selectors)
        self.states.append([_at(constant, number + 1) for constant in self.relation.variables])
        selector = z3.BitVec(f"action@{number}", self._width)
        self.selectors.append(selector)
        self.solver.add(z3.ULE(selector, len(self.system.actions) - 1))
        for action, formula in enumerate(self.relation.actions):
            self.solver.add(z3.Implies(selector == action, self._placed(formula, number)))
        answer = self.look(deadline)
        if answer == z3.unsat:
            self.ended = self._check(deadline) == z3.unsat
        return answer

    def _check(self, deadline: float | None, *flags: z3.BoolRef) -> z3.CheckSatResult:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                return z3.unknown
            self.solver.set("timeout", max(1, int(left * 1000)))
        return self.solver.check(*flags)

    def opened(self) -> dict[str, Value]:
        """The values of the open parameters on the run that was found."""
        model = self._found()
        pairs = zip(self.relation.parameters, self.system.parameters, strict=False)
        return {
            p.name: named_value(p.domain, finite.number(model.eval(constant, model_completion=True), p.domain))
            for constant, p in pairs
        }

    def _found(self) -> z3.ModelRef:
        if self._model is None:
            raise AssertionError("no run was found")
        return self._model

    def actions(self) -> list[int]:
        """The actions of the run that was found."""
        model = self._found()
        return [model.eval(selector, model_completion=True).as_long() for selector in self.selectors]


def _at(constant: z3.ExprRef, step: int) -> z3.ExprRef:
    return z3.Const(f"{constant.decl().name()}@{step}", constant.sort())


def leaving(system: System) -> dict[str, z3.BoolRef]:
    """By action, when a write of it would leave its variable's domain; only writes that look as if they could."""
    dag = Dag()
    numbers = {a.name: {name: dag.add(term.expr) for name, term in a.updates.items()} for a in system.actions}
    found = intervals(dag, domains(system))
    highs = {v.name: (v.domain.low, v.domain.high, v.timer) for v in system.variables}

    def cases(action: Action) -> list[z3.BoolRef]:
        conditions = []
        for name, term in action.updates.items():
            low, high, timer = highs[name]
            interval = found[numbers[action.name][name]]
            if interval.low < low:
                conditions.append(term.expr < low)
            if interval.high > high and not timer:
                conditions.append(term.expr > high)
        return conditions

    return {action.name: z3.Or(*conditions) for action in system.actions if (conditions := cases(action))}
