"""Near misses: runs that came closest to breaking what holds, so that a pass is explained too.

A watch occurs when all of several conditions hold together. A near miss is a state or a step at which all but one of them
hold: the situation was there, and this one condition is what kept the rule. A condition that never was the only one missing
says that the rule was never put to the test there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import z3

from cwmpcheck.compile.searching import BackendName
from cwmpcheck.engines.explore import Limits, explore
from cwmpcheck.engines.verdicts import Path
from cwmpcheck.engines.wording import Wording
from cwmpcheck.kernel import DeclarationError, System, Value, Watch

MOST_CASES = 8
"""How many ways of breaking one rule on one step are looked at."""


@dataclass(frozen=True)
class NearMiss:
    """A shortest run to where only one condition was missing.

    Attributes:
        path: the run; where a step nearly broke the rule it is the last one.
        action: the name of that step's action, or None where it was the state.
        missing: the condition that did not hold, in the model's names.
    """

    path: Path
    action: str | None
    missing: str


def near_misses(
    system: System,
    names: Iterable[str],
    parameters: Mapping[str, Value] | None = None,
    *,
    most: int = 3,
    limits: Limits | None = None,
    backend: BackendName | None = None,
) -> dict[str, tuple[NearMiss, ...]]:
    """The runs that came closest to each of some watches, by one exploration of all reachable states.

    Args:
        system: a system with these watches.
        names: the watches, such as the ids of properties.
        parameters: chosen values of parameters; the others have their defaults.
        most: how many runs for each; runs that miss different conditions are preferred, then short ones.
        limits: what the exploration must not exceed; what it did not reach is not a near miss.
        backend: who explores; the fastest there is unless told.

    Raises:
        DeclarationError: for a watch that the system does not have.
    """
    watches = {watch.name: watch for watch in system.watches}
    wanted = list(names)
    if unknown := [name for name in wanted if name not in watches]:
        raise DeclarationError(f"system {system.name} has no watch {unknown[0]}")
    probes: dict[str, tuple[str, str | None, z3.BoolRef]] = {}
    looking: list[Watch] = []
    for name in wanted:
        for action, others, missing in _nearly(watches[name]):
            probe = f"near {len(probes)}"
            probes[probe] = (name, action, missing)
            condition = z3.And(*others, z3.Not(missing))
            looking.append(Watch(probe, condition) if action is None else Watch(probe, None, {action: condition}))
    found = explore(replace(system, watches=tuple(looking)), parameters, backend=backend or "auto", limits=limits)
    wording = Wording(system)
    near: dict[str, list[NearMiss]] = {name: [] for name in wanted}
    for probe, path in found.occurrences.items():
        name, action, missing = probes[probe]
        near[name].append(NearMiss(path, action, wording(missing)))
    return {name: tuple(_chosen(misses, most)) for name, misses in near.items()}


def _nearly(watch: Watch) -> Iterator[tuple[str | None, list[z3.BoolRef], z3.BoolRef]]:
    """Every way to come close: the action, if it is a step; all conditions but one; and that one."""
    conditions: list[tuple[str | None, z3.BoolRef]] = [] if watch.state is None else [(None, watch.state)]
    conditions += watch.step.items()
    for action, condition in conditions:
        for case in _cases(condition)[:MOST_CASES]:
            together = _conjuncts(case)
            for place, missing in enumerate(together):
                yield action, together[:place] + together[place + 1 :], missing


def _cases(term: z3.BoolRef) -> list[z3.BoolRef]:
    """The alternatives of a disjunction."""
    if z3.is_or(term):
        return [case for child in term.children() for case in _cases(child)]
    if z3.is_not(term) and z3.is_and(term.arg(0)):
        return [case for child in term.arg(0).children() for case in _cases(z3.Not(child))]
    return [term]


def _conjuncts(term: z3.BoolRef) -> list[z3.BoolRef]:
    """The conditions that hold together when a term does."""
    if z3.is_and(term):
        return [part for child in term.children() for part in _conjuncts(child)]
    if z3.is_not(term):
        inner = term.arg(0)
        if z3.is_not(inner):
            return _conjuncts(inner.arg(0))
        if z3.is_or(inner):
            return [part for child in inner.children() for part in _conjuncts(z3.Not(child))]
        if z3.is_implies(inner):
            return _conjuncts(inner.arg(0)) + _conjuncts(z3.Not(inner.arg(1)))
    return [] if z3.is_true(term) else [term]


def _chosen(misses: list[NearMiss], most: int) -> list[NearMiss]:
    """Short runs, as different as can be: first one for each condition, then for each action, then the rest."""
    chosen: list[NearMiss] = []
    ordered = sorted(misses, key=lambda miss: (len(miss.path), miss.missing))
    for different in _DIFFERENT:
        for miss in ordered:
            if len(chosen) < most and all(different(miss, other) for other in chosen):
                chosen.append(miss)
    return chosen


_DIFFERENT: tuple[Callable[[NearMiss, NearMiss], bool], ...] = (
    lambda a, b: a.missing != b.missing,
    lambda a, b: a.action != b.action,
    lambda a, b: a != b,
)
"""In what two runs may differ, the most telling difference first."""
