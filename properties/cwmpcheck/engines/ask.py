"""Is there a run such that ...? A concrete run with the values of its parameters, or that there is none.

A run is looked for by bounded model checking, with parameters as unknowns of the solver, so the first found is a shortest
one. Where none is found within the depth, the prover is asked whether there is none at all, for every value of what is open.
Whatever is found is executed by the oracle before it is reported.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import z3

from cwmpcheck.compile import evaluator
from cwmpcheck.engines.bmc import BAD, BitUnrolling
from cwmpcheck.engines.conditions import as_watch
from cwmpcheck.engines.constraints import parse_constraint
from cwmpcheck.engines.goals import Goal, goal_of
from cwmpcheck.engines.paths import path_of_actions
from cwmpcheck.engines.prove import prove
from cwmpcheck.engines.verdicts import Path, PathStep, Proved, Refuted
from cwmpcheck.engines.wording import named_value
from cwmpcheck.kernel import System, Value
from cwmpcheck.vocabulary.errors import UsageError

SEARCH_SHARE = 0.6
"""The part of the time that may go into looking for a run; the rest is for showing that there is none."""


@dataclass(frozen=True)
class Found:
    """There is such a run.

    Attributes:
        path: the run, a shortest one unless the prover found it.
        parameters: the value of every parameter on it.
    """

    path: Path
    parameters: Mapping[str, Value]


@dataclass(frozen=True)
class NoneWithin:
    """No such run was found, and none is ruled out beyond the bound.

    Attributes:
        depth: every run of at most so many steps was looked at; -1 for none.
        why: why nothing is said of longer ones.
    """

    depth: int
    why: str


@dataclass(frozen=True)
class NoneAtAll:
    """There is no such run, however long.

    Attributes:
        how: how that is known.
        scope: for which values of parameters.
        certificate: the inductive invariant that rules it out, in the model's names; or None.
    """

    how: str
    scope: str
    certificate: str | None = None


Answer = Found | NoneWithin | NoneAtAll


def ask(
    system: System,
    constraints: Sequence[str],
    *,
    parameters: Mapping[str, Value] | None = None,
    leave_open: Iterable[str] | None = None,
    depth: int = 25,
    seconds: float = 60.0,
) -> Answer:
    """Look for a run that satisfies constraints.

    Args:
        system: whose run it should be.
        constraints: all of them must be satisfied; see ``constraints`` for how they are written.
        parameters: chosen values; the others have their defaults, unless they are open.
        leave_open: the parameters whose values are to be found; those that the constraints mention and those that are
            unbounded, as far as they are not chosen, unless told.
        depth: how many steps a run may have.
        seconds: when to give up.

    Raises:
        UsageError: for a constraint that makes no sense for the system.
        DeclarationError: for a parameter that it does not have.

    >>> from cwmpcheck.kernel import Party, Range, Record, compose, require, var
    >>> class Stairs(Record):
    ...     height = var(Range(0, 9), 0)
    >>> walker = Party("walker")
    >>> @walker.action(by=(2, 3))
    ... def climb(s, by):
    ...     "Take some stairs at once."
    ...     require(s.height + by <= 9, "the stairs go on")
    ...     s.height = s.height + by
    >>> stairs = compose("stairs", Stairs, [walker])
    >>> [step.action for step in ask(stairs, ["height == 3 then height == 5"]).path.steps]
    ['climb(by=3)', 'climb(by=2)']
    >>> type(ask(stairs, ["eventually height == 1"])).__name__
    'NoneAtAll'
    """
    if not constraints:
        raise UsageError("nothing is asked; give a constraint, such as `eventually ...`")
    started = time.monotonic()
    goal = goal_of(system, [parse_constraint(text) for text in constraints])
    chosen = dict(parameters or {})
    if leave_open is None:
        unbounded = {p.name for p in system.parameters if p.unbounded}
        leave_open = (goal.mentioned | unbounded) - set(chosen)
    opened = frozenset(leave_open)
    given = z3.And(goal.chosen, *_fixed(system, chosen, opened))
    found, looked, why = _search(goal, given, depth, started + seconds * SEARCH_SHARE)
    if found is not None:
        return _found(system, goal, *found)
    left = started + seconds - time.monotonic()
    if left <= 0:
        return NoneWithin(looked, why)
    wanted = z3.And(goal.chosen, goal.met)
    result = prove(goal.system, {BAD: wanted}, parameters=chosen, leave_open=opened, seconds=left)[BAD]
    if isinstance(result.verdict, Proved):
        return NoneAtAll(result.verdict.how, result.verdict.scope, result.certificate)
    if isinstance(result.verdict, Refuted):
        whole = _all_values(system, {**chosen, **result.parameters})
        return Found(_own(system, result.verdict.path), whole)
    return NoneWithin(looked, why)


def _fixed(system: System, chosen: Mapping[str, Value], opened: frozenset[str]) -> list[z3.BoolRef]:
    """That every parameter that is not open has its value."""
    numbers = system.valuation(chosen)
    pairs = zip(system.parameters, numbers, strict=True)
    return [(p.term == named_value(p.domain, number)).expr for p, number in pairs if p.name not in opened]


def _search(
    goal: Goal, given: z3.BoolRef, depth: int, deadline: float
) -> tuple[tuple[list[int], dict[str, Value]] | None, int, str]:
    """Actions and parameter values of a shortest run; else how deep every run was looked at, and why no deeper."""
    search = BitUnrolling(goal.system, as_watch(goal.system, BAD, goal.met), None, given)
    for steps in range(depth + 1):
        answer = search.deepen(deadline) if steps else search.look(deadline)
        if answer == z3.sat:
            return (search.actions(), search.opened()), steps, ""
        if answer == z3.unknown:
            return None, steps - 1, "the time was up"
        if search.ended:
            return None, depth, f"none is longer than {steps - 1} steps"
    return None, depth, "longer runs were not looked at"


def _found(system: System, goal: Goal, actions: list[int], values: dict[str, Value]) -> Found:
    path = path_of_actions(goal.system, actions, values)
    last = path.steps[-1].state if path.steps else path.initial
    if not evaluator(goal.system, goal.met, values)(last):
        raise AssertionError("the oracle does not confirm the run that the solver found")
    return Found(_own(system, path), values)


def _own(system: System, path: Path) -> Path:
    """A path without the registers that followed it."""
    size = len(system.variables)

    def step(of: PathStep) -> PathStep:
        changed = {name: text for name, text in of.changed.items() if name in system.index}
        return PathStep(of.number, of.action, of.party, of.message, changed, of.state[:size])

    return Path(path.initial[:size], tuple(map(step, path.steps)))


def _all_values(system: System, chosen: Mapping[str, Value]) -> dict[str, Value]:
    return {p.name: chosen.get(p.name, named_value(p.domain, p.default)) for p in system.parameters}
