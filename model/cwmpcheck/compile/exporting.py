"""What every exported model has in common: its terms read once, its names made fit for another language.

An exported model counts as this project's explicit engines do: timers saturate at their bound, and a watch occurs
at a state, or on a step that an enabled action takes there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import z3

from cwmpcheck.compile.dag import Dag
from cwmpcheck.compile.intervals import domains, intervals
from cwmpcheck.kernel import Action, DeclarationError, OneOf, System, Variable, Watch
from cwmpcheck.kernel.domains import Domain

ENDLESS = 2**62
"""As large as anybody may choose an unbounded parameter."""


@dataclass(frozen=True)
class Write:
    """One assignment of an action.

    Attributes:
        variable: what is assigned.
        term: the node of its new value.
        leaves: whether the value looks as if it could lie outside the variable's domain.
    """

    variable: Variable
    term: int
    leaves: bool


@dataclass(frozen=True)
class Step:
    """An action as nodes.

    Attributes:
        action: which one.
        guards: the node of each of its guards.
        writes: in the order of the variables.
        occurrences: by watch, the node of the condition under which it occurs on this step.
    """

    action: Action
    guards: tuple[int, ...]
    writes: tuple[Write, ...]
    occurrences: Mapping[str, int]


class Export:
    """A system as nodes of one ``Dag``, ready to be printed in any language.

    Args:
        system: what is exported.
        never: names of the watches that must not occur; all of them unless told.
        saturating: whether timers stop at their bounds.

    Raises:
        DeclarationError: for a watch that the system does not have, or a term that no other language can say.
    """

    def __init__(self, system: System, never: Collection[str] | None = None, *, saturating: bool = True) -> None:
        have = [watch.name for watch in system.watches]
        if unknown := sorted(set(never or ()) - set(have)):
            raise DeclarationError(f"system {system.name} has no watch {unknown[0]} to export")
        self.system = system
        self.watches: tuple[Watch, ...] = tuple(w for w in system.watches if never is None or w.name in never)
        self.dag = Dag()
        self._saturating = saturating
        known = domains(system)
        known |= {p.name: known[p.name]._replace(high=ENDLESS) for p in system.parameters if p.unbounded}
        self._known = known
        self.states = {w.name: self.dag.add(w.state) for w in self.watches if w.state is not None}
        self.steps = tuple(self._step(action) for action in system.actions)

    def _step(self, action: Action) -> Step:
        writes = [
            self._write(v, action.updates[v.name].expr) for v in self.system.variables if v.name in action.updates
        ]
        occurrences = {w.name: self.dag.add(w.step[action.name]) for w in self.watches if action.name in w.step}
        guards = self.dag.add_all(guard.term for guard in action.guards)
        return Step(action, tuple(guards), tuple(writes), occurrences)

    def _write(self, variable: Variable, value: z3.ExprRef) -> Write:
        low, high = variable.domain.low, variable.domain.high
        own = Dag()
        root = own.add(value)
        found = intervals(own, self._known)[root]
        if variable.timer and self._saturating and found.high > high:
            value = z3.If(value > high, z3.IntVal(high), value)
        above = found.high > high and not variable.timer
        return Write(variable, self.dag.add(value), found.low < low or above)

    def reads(self, roots: Iterable[int]) -> frozenset[str]:
        """The names of the variables and parameters that some nodes depend on."""
        reached = self.dag.reached(list(roots))
        return frozenset(self.dag.nodes[key].name for key in reached if self.dag.nodes[key].operator == "constant")


def identifiers(names: Iterable[str], reserved: Collection[str] = ()) -> dict[str, str]:
    """A word of letters, digits and underscores for each name, no two alike and none of them reserved.

    >>> identifiers(["slot[0].due", "boot(now=True)", "A-08"])
    {'slot[0].due': 'slot_0_due', 'boot(now=True)': 'boot_now_True', 'A-08': 'A_08'}
    """
    taken = set(reserved)
    chosen: dict[str, str] = {}
    for name in names:
        if name in chosen:
            continue
        word = re.sub(r"[^0-9A-Za-z]+", "_", name).strip("_") or "x"
        word = f"x_{word}" if word[0].isdigit() else word
        while word in taken:
            word += "_"
        taken.add(word)
        chosen[name] = word
    return chosen


def legend(name: str, domain: Domain) -> str | None:
    """What the numbers of an enumeration mean, in a line; None for other domains."""
    if not isinstance(domain, OneOf):
        return None
    return f"{name}: " + ", ".join(f"{number} {domain.show(number)}" for number in range(domain.high + 1))


def credits(action: Action) -> str:
    """Who takes an action, what it does and by which rules, in a line."""
    rules = f" ({', '.join(action.cites)})" if action.cites else ""
    return f"{action.party}: {action.summary or action.name}{rules}"
