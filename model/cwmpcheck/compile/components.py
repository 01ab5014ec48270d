"""Which variables of a system form components: parts that mostly move without touching each other.

Nothing but the actions is asked: two groups of variables belong together when more than half of the actions that
touch the one touch the other as well. What two components share, a budget or a counter, is touched by as many actions
of the one as of the other, so it stays a component of its own, and the actions that touch several synchronise them.
A variable that no action writes is a constant and couples nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import z3

from cwmpcheck.compile.dag import Dag, once_per_system
from cwmpcheck.compile.packing import packing_of
from cwmpcheck.kernel import System
from cwmpcheck.vocabulary.errors import CwmpcheckError

TOGETHER = 0.5
"""Groups are joined when more than this part of the one's actions touches the other."""


class NoTables(CwmpcheckError):
    """The table method does not apply: the components are too large, or coupled too tightly. Others do."""

    exit_code = 2


@dataclass
class Split:
    """A conjunction, and perhaps the writes of an action, taken apart by component.

    Attributes:
        always: conjuncts that mention no variable.
        guards: conjuncts that one component decides alone.
        cross: conjuncts over several components.
        writes: for each component, its variables' positions and new values that it decides alone.
        foreign: component, position and new value of variables that look into other components.
        atoms: for each component, the largest parts of ``cross`` and ``foreign`` that it decides alone.
    """

    always: list[int] = field(default_factory=list)
    guards: dict[int, list[int]] = field(default_factory=dict)
    cross: list[int] = field(default_factory=list)
    writes: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    foreign: list[tuple[int, int, int]] = field(default_factory=list)
    atoms: dict[int, list[int]] = field(default_factory=dict)

    @property
    def components(self) -> list[int]:
        """The components that take part, in order."""
        return sorted({*self.guards, *self.writes, *self.atoms, *(c for c, _, _ in self.foreign)})

    @property
    def written(self) -> set[int]:
        """The components that may move."""
        return {*self.writes, *(c for c, _, _ in self.foreign)}


class Partition:
    """The components of a system.

    Attributes:
        members: for each component, the positions of its variables.
        constants: the positions of the variables that no action writes.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        packing = packing_of(system)
        self.dag: Dag = packing.dag
        written = {name for action in system.actions for name in action.updates}
        self.constants = [i for i, v in enumerate(system.variables) if v.name not in written]
        self._place = {v.name: i for i, v in enumerate(system.variables) if v.name in written}
        self._masks: dict[int, int] = {}
        self._conjuncts = [list(conjuncts(self.dag, (g.term for g in a.guards))) for a in system.actions]
        self._updates = [
            [(self._place[name], self.dag.add(term.expr)) for name, term in action.updates.items()]
            for action in system.actions
        ]
        self.members = clusters(list(self._place.values()), [self._touched(n) for n in range(len(system.actions))])
        self._component = {place: c for c, members in enumerate(self.members) for place in members}
        self._within = [sum(1 << place for place in members) for members in self.members]

    def mask(self, root: int) -> int:
        """The variables that a term mentions, as bits."""
        if root not in self._masks:
            for key in self.dag.reached([root]):
                if key not in self._masks:
                    node = self.dag.nodes[key]
                    own = 1 << self._place[node.name] if node.name in self._place else 0
                    for child in node.children:
                        own |= self._masks[child]
                    self._masks[key] = own
        return self._masks[root]

    def _touched(self, number: int) -> int:
        found = 0
        for root in self._conjuncts[number]:
            found |= self.mask(root)
        for place, root in self._updates[number]:
            found |= 1 << place | self.mask(root)
        return found

    def _home(self, root: int) -> list[int]:
        mask = self.mask(root)
        return [c for c, within in enumerate(self._within) if mask & within]

    def condition(self, roots: Sequence[int]) -> Split:
        """A conjunction of terms."""
        split = Split()
        for root in roots:
            home = self._home(root)
            if not home:
                split.always.append(root)
            elif len(home) == 1:
                split.guards.setdefault(home[0], []).append(root)
            else:
                split.cross.append(root)
                self._atoms(split, root)
        return split

    def action(self, number: int) -> Split:
        """The guards and writes of an action."""
        split = self.condition(self._conjuncts[number])
        for place, root in self._updates[number]:
            component = self._component[place]
            if set(self._home(root)) <= {component}:
                split.writes.setdefault(component, []).append((place, root))
            else:
                split.foreign.append((component, place, root))
                self._atoms(split, root)
        return split

    def step(self, number: int, condition: int) -> Split:
        """The conjunction of an action's guards and a condition."""
        return self.condition([*self._conjuncts[number], *_flat(self.dag, condition)])

    def _atoms(self, split: Split, root: int) -> None:
        seen: set[int] = set()
        stack = [root]
        while stack:
            key = stack.pop()
            home = self._home(key)
            if key in seen or not home:
                continue
            seen.add(key)
            if len(home) > 1:
                stack.extend(self.dag.nodes[key].children)
            elif key not in split.atoms.setdefault(home[0], []):
                split.atoms[home[0]].append(key)

    @property
    def local_share(self) -> float:
        """The part of the actions that touch one component only."""
        touched = [self._touched(n) for n in range(len(self.system.actions))]
        local = sum(any(mask & ~within == 0 for within in self._within) for mask in touched)
        return local / max(1, len(touched))


def conjuncts(dag: Dag, terms: Iterable[z3.ExprRef]) -> Iterator[int]:
    """The conjuncts of some terms, nested conjunctions taken apart."""
    for root in dag.add_all(terms):
        yield from _flat(dag, root)


def _flat(dag: Dag, root: int) -> Iterator[int]:
    stack = [root]
    while stack:
        key = stack.pop()
        if dag.nodes[key].operator == "and":
            stack.extend(reversed(dag.nodes[key].children))
        else:
            yield key


def clusters(variables: Sequence[int], touched: Sequence[int]) -> list[list[int]]:
    """Groups of variables, joined pair by pair, the closest pair first.

    Args:
        variables: their positions.
        touched: for each action, the variables that it touches, as bits.

    >>> clusters([0, 1, 2, 3, 4], [0b00011, 0b00001, 0b00101, 0b11000, 0b10000, 0b10100])
    [[0, 1], [2], [3, 4]]
    """
    groups = {v: [v] for v in variables}
    actions = {v: sum(1 << a for a, mask in enumerate(touched) if mask >> v & 1) for v in variables}

    def closeness(a: int, b: int) -> float:
        least = min(actions[a].bit_count(), actions[b].bit_count())
        return (actions[a] & actions[b]).bit_count() / least if least else 0.0

    pairs = {(a, b): closeness(a, b) for i, a in enumerate(variables) for b in variables[i + 1 :]}
    while pairs:
        (a, b), closest = max(pairs.items(), key=lambda pair: (pair[1], -pair[0][0], -pair[0][1]))
        if closest <= TOGETHER:
            break
        groups[a] += groups.pop(b)
        actions[a] |= actions[b]
        pairs = {pair: value for pair, value in pairs.items() if b not in pair}
        pairs |= {pair: closeness(*pair) for pair in pairs if a in pair}
    return sorted(sorted(group) for group in groups.values())


@once_per_system
def partition_of(system: System) -> Partition:
    """The components of a system."""
    return Partition(system)
