"""Guards and writes seen as operations on packed words, for the back ends that work on them.

Most guards compare a variable with a constant and most writes assign one. Over packed words all such guards
of an action are one masked comparison for each word, and all such writes one mask and one pattern.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cwmpcheck.compile.dag import Dag, Node, dag_of, once_per_system
from cwmpcheck.compile.intervals import Interval, domains, intervals
from cwmpcheck.compile.layout import Field, Layout, layout_of
from cwmpcheck.kernel import Action, System, Variable, Watch

ENDLESS = 2**62
"""As large as anybody may choose an unbounded parameter."""


class BitTest(NamedTuple):
    """The condition that some bits of a word show a pattern."""

    word: int
    mask: int
    pattern: int


@dataclass(frozen=True)
class Condition:
    """A conjunction: nothing of it holds when ``never``, else all tests and all other terms must."""

    tests: tuple[BitTest, ...]
    others: tuple[int, ...]
    never: bool = False


@dataclass(frozen=True)
class Move:
    """A write whose value is known only at run time.

    Attributes:
        place: position of the variable.
        field: where it lies.
        term: the node of the value.
        ceiling: the bound at which a timer saturates, where the value can come to lie above it.
        lowest: the domain's lower bound, where the value can come to lie below it.
        highest: the upper bound, where it can come to lie above.
    """

    place: int
    field: Field
    term: int
    ceiling: int | None
    lowest: int | None
    highest: int | None


@dataclass(frozen=True)
class Writes:
    """What an action does to the words of a state.

    Attributes:
        masks: for each word, the bits of the variables that are written.
        patterns: for each word, the constants among what is written.
        moves: the other writes.
    """

    masks: tuple[int, ...]
    patterns: tuple[int, ...]
    moves: tuple[Move, ...]


class Packing:
    """The guards and writes of one system over its packed words."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.layout: Layout = layout_of(system)
        self.dag: Dag = dag_of(system)
        self.intervals = _runtime_intervals(system, self.dag)
        self.places: Mapping[str, Field] = {
            v.name: f for v, f in zip(system.variables, self.layout.fields, strict=True)
        }
        self.parameters = {parameter.name: i for i, parameter in enumerate(system.parameters)}

    def condition(self, roots: Sequence[int]) -> Condition:
        """The conjunction of some terms."""
        masks = [0] * self.layout.words
        patterns = [0] * self.layout.words
        others: list[int] = []
        stack = list(reversed(roots))
        while stack:
            root = stack.pop()
            node = self.dag.nodes[root]
            fixed = self._fixed(node)
            if node.operator == "and":
                stack.extend(reversed(node.children))
            elif fixed is None:
                others.append(root)
            else:
                field, number = fixed
                pattern = field.placed(number)
                if masks[field.word] & field.mask and patterns[field.word] & field.mask != pattern:
                    return Condition((), (), never=True)
                masks[field.word] |= field.mask
                patterns[field.word] |= pattern
        tests = (BitTest(i, m, p) for i, (m, p) in enumerate(zip(masks, patterns, strict=True)) if m)
        return Condition(tuple(tests), tuple(others))

    def guard(self, action: Action) -> Condition:
        """The conjunction of an action's guards."""
        return self.condition(self.dag.add_all(guard.term for guard in action.guards))

    def _fixed(self, node: Node) -> tuple[Field, int] | None:
        """The variable and its number, when the node says no more than that the one has the other."""
        if node.operator == "constant" and node.name in self.places:
            variable, number = node, 1
        elif node.operator == "not":
            variable, number = self.dag.nodes[node.children[0]], 0
        elif node.operator == "eq":
            sides = sorted((self.dag.nodes[child] for child in node.children), key=lambda n: n.operator == "literal")
            variable, number = sides[0], sides[1].value
            if sides[1].operator != "literal":
                return None
        else:
            return None
        field = self.places.get(variable.name) if variable.operator == "constant" else None
        if field is None or not field.width or not field.low <= number < field.low + (1 << field.width):
            return None
        return field, number

    def writes(self, action: Action) -> Writes:
        """What an action does to the words."""
        masks = [0] * self.layout.words
        patterns = [0] * self.layout.words
        moves = []
        for place, variable in enumerate(self.system.variables):
            if variable.name not in action.updates:
                continue
            field = self.layout.fields[place]
            term = self.dag.add(action.updates[variable.name].expr)
            masks[field.word] |= field.mask
            value = self._known_value(variable, term)
            if value is None:
                moves.append(self._move(place, variable, field, term))
            else:
                patterns[field.word] |= field.placed(value)
        return Writes(tuple(masks), tuple(patterns), tuple(moves))

    def _known_value(self, variable: Variable, term: int) -> int | None:
        node = self.dag.nodes[term]
        if node.operator != "literal":
            return None
        value = min(node.value, variable.domain.high) if variable.timer else node.value
        return value if variable.domain.low <= value <= variable.domain.high else None

    def _move(self, place: int, variable: Variable, field: Field, term: int) -> Move:
        low, high = variable.domain.low, variable.domain.high
        found = self.intervals[term]
        above = high if found.high > high else None
        return Move(
            place=place,
            field=field,
            term=term,
            ceiling=above if variable.timer else None,
            lowest=low if found.low < low else None,
            highest=None if variable.timer else above,
        )


def _runtime_intervals(system: System, dag: Dag) -> dict[int, Interval]:
    known = domains(system)
    known |= {p.name: known[p.name]._replace(high=ENDLESS) for p in system.parameters if p.unbounded}
    return intervals(dag, known)


@once_per_system
def packing_of(system: System) -> Packing:
    """The packing of a system."""
    return Packing(system)


def watch_order(system: System) -> list[Watch]:
    """The watches in the order of their numbers in a search: those with a state condition first."""
    return sorted(system.watches, key=lambda watch: watch.state is None)
