"""Runs of a fixed length as one formula over integers, for paths beyond finite domains and for k-induction."""

from __future__ import annotations

from collections.abc import Mapping

import z3

from cwmpcheck.compile import Relation, State, relation
from cwmpcheck.engines.certificate import assumptions, seconds_left
from cwmpcheck.engines.paths import path_of_actions, shown_message
from cwmpcheck.engines.verdicts import Path, PathStep
from cwmpcheck.engines.wording import named_value
from cwmpcheck.kernel import DomainOverflow, Value, Watch


class Unrolling:
    """Constants for the states of a run, and formulas placed at its steps.

    Args:
        of: the transition relation.
    """

    def __init__(self, of: Relation) -> None:
        self.relation = of
        self.states: list[list[z3.ExprRef]] = []

    def at(self, formula: z3.BoolRef, step: int) -> z3.BoolRef:
        """A formula over the state before and after a step, moved to the states of those numbers."""
        self._reach(step + 1)
        before = zip(self.relation.variables, self.states[step], strict=True)
        after = zip(self.relation.primed, self.states[step + 1], strict=True)
        return z3.substitute(formula, *before, *after)

    def step(self, number: int) -> z3.BoolRef:
        """That some action leads from a state to the next."""
        return self.at(z3.Or(*self.relation.actions), number)

    def different(self, first: int, second: int) -> z3.BoolRef:
        """That two states of the run differ."""
        self._reach(max(first, second))
        pairs = zip(self.states[first], self.states[second], strict=True)
        return z3.Or(*(a != b for a, b in pairs))

    def _reach(self, last: int) -> None:
        for number in range(len(self.states), last + 1):
            constants = self.relation.variables
            self.states.append([z3.Const(f"{c.decl().name()}@{number}", c.sort()) for c in constants])


def find_run(
    of: Relation, watch: Watch, depth: int, fixed: Mapping[str, Value], deadline: float
) -> tuple[Path, dict[str, Value]] | None:
    """A run that ends badly, with the values of its open parameters; None when none was found in time.

    Values inside the domains of explicit engines are preferred, since everybody can follow such a run.

    Args:
        of: the transition relation.
        watch: what is bad, at the state after ``depth`` steps or on the step out of it.
        depth: how many steps lead there.
        fixed: the values of the parameters that are not open.
        deadline: a moment of ``time.monotonic``.
    """
    run = Unrolling(of)
    endings = _endings(of, watch)
    solver = z3.Solver()
    solver.add(*assumptions(of), run.at(of.initial, 0), run.at(z3.Or(*endings.values()), depth))
    solver.add(*(run.step(number) for number in range(depth)))
    finite = relation(of.system, None).bounds
    for narrow in (True, False):
        milliseconds = int(seconds_left(deadline) * 1000)
        if milliseconds <= 0:
            return None
        solver.set("timeout", milliseconds)
        solver.push()
        if narrow:
            solver.add(*(run.at(finite, number) for number in range(depth + 1)))
        if solver.check() == z3.sat:
            return _read(run, endings, depth, fixed, solver.model())
        solver.pop()
    return None


def _endings(of: Relation, watch: Watch) -> dict[int | None, z3.BoolRef]:
    """How a bad run can end: at a state (None), or on a step by the action of a number."""
    endings: dict[int | None, z3.BoolRef] = {}
    if watch.state is not None:
        endings[None] = of.translate(watch.state)
    for number, action in enumerate(of.system.actions):
        if action.name in watch.step:
            endings[number] = z3.And(of.actions[number], of.translate(watch.step[action.name]))
    return endings


def _read(
    run: Unrolling,
    endings: Mapping[int | None, z3.BoolRef],
    depth: int,
    fixed: Mapping[str, Value],
    model: z3.ModelRef,
) -> tuple[Path, dict[str, Value]]:
    of = run.relation

    def true(formula: z3.BoolRef, step: int) -> bool:
        return bool(z3.is_true(model.eval(run.at(formula, step), model_completion=True)))

    actions = [next(i for i, f in enumerate(of.actions) if true(f, number)) for number in range(depth)]
    ending = next(number for number, formula in endings.items() if true(formula, depth))
    if ending is not None:
        actions.append(ending)
    states = [of.read(model, run.states[number]) for number in range(len(actions) + 1)]
    opened = _opened(of, model)
    return _path(of, states, actions, {**fixed, **opened}), opened


def _opened(of: Relation, model: z3.ModelRef) -> dict[str, Value]:
    values = {c.decl().name(): model.eval(c, model_completion=True) for c in of.parameters}
    numbers = {name: int(z3.is_true(value)) if z3.is_bool(value) else value.as_long() for name, value in values.items()}
    return {p.name: named_value(p.domain, numbers[p.name]) for p in of.system.parameters if p.name in numbers}


def _path(of: Relation, states: list[State], actions: list[int], chosen: Mapping[str, Value]) -> Path:
    """The path of a model; replayed by the oracle where no timer lies above what explicit engines hold."""
    system = of.system
    try:
        path = path_of_actions(system, actions, chosen)
        if [step.state for step in path.steps] == states[1:]:
            return path
    except DomainOverflow:
        pass  # explicit engines cannot follow this run; the prover's own states are the path
    steps = []
    for number, place in enumerate(actions, 1):
        action, before, after = system.actions[place], states[number - 1], states[number]
        message = shown_message(system, action, before, chosen)
        steps.append(PathStep(number, action.name, action.party, message, system.changed(before, after), after))
    return Path(states[0], tuple(steps))
