"""Symmetry over identical parts: of the states that differ only in which part is which, one stands for all.

The part's variables are sorted, so that equal parts come in one order. That is sound for what holds in states and on
steps if exchanging two parts changes neither the actions nor the watches, which is checked here and not believed. It is
not sound for what happens in the long run: a cycle of representatives may be no cycle of states.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmpcheck.compile.backend import State
from cwmpcheck.compile.dag import Dag, dag_of, once_per_system
from cwmpcheck.compile.layout import layout_of
from cwmpcheck.kernel import DeclarationError, System

_FLAT = {"and", "or", "add"}
_UNORDERED = _FLAT | {"eq", "distinct", "xor", "mul"}


def equal_parts(system: System, name: str) -> tuple[tuple[str, ...], ...]:
    """The family of the records ``name[0]``, ``name[1]``, ...: the names of the variables of each, in one order."""
    found: dict[str, list[str]] = {}
    for variable in system.variables:
        head, bracket, rest = variable.name.partition("[")
        if head == name and bracket:
            found.setdefault(rest.partition("]")[0], []).append(variable.name)
    return tuple(tuple(names) for names in found.values())


@dataclass(frozen=True)
class Segment:
    """Bits of the parts of one family that lie alike.

    Attributes:
        places: word and lowest bit in each part.
        width: how many bits.
        members: which of the part's variables they are, the one in the lowest bits first.
    """

    places: tuple[tuple[int, int], ...]
    width: int
    members: tuple[int, ...]

    @property
    def mask(self) -> int:
        """As many ones as bits."""
        return (1 << self.width) - 1


class Symmetry:
    """How the states of a system are brought into their canonical form.

    Raises DeclarationError when the system declares no interchangeable parts, or parts that are not.
    """

    def __init__(self, system: System) -> None:
        if not system.interchangeable:
            raise DeclarationError(f"system {system.name} declares no interchangeable parts, so it has no symmetry")
        _check(system)
        index = system.index
        self._places = [[[index[name] for name in part] for part in family] for family in system.interchangeable]
        self.families: list[list[Segment]] = [self._segments(system, family) for family in self._places]

    @staticmethod
    def _segments(system: System, family: Sequence[Sequence[int]]) -> list[Segment]:
        fields = layout_of(system).fields
        made: list[Segment] = []
        for number, members in enumerate(zip(*family, strict=True)):
            places = tuple((fields[m].word, fields[m].shift) for m in members)
            width = fields[members[0]].width
            before = made[-1] if made else None
            if before and all(
                (w, s + before.width) == place for (w, s), place in zip(before.places, places, strict=True)
            ):
                made[-1] = Segment(before.places, before.width + width, (*before.members, number))
            elif width:
                made.append(Segment(places, width, (number,)))
        return made

    def canonical(self, state: State) -> State:
        """The state that stands for this one and all that differ from it in the order of parts."""
        numbers = list(state)
        for family, segments in zip(self._places, self.families, strict=True):
            # In the order of the packed words, so that all back ends choose the same state.
            weights = [member for segment in segments for member in reversed(segment.members)]
            parts = [[numbers[place] for place in part] for part in family]
            parts.sort(key=lambda part: [part[member] for member in weights])
            for part, values in zip(family, parts, strict=True):
                for place, value in zip(part, values, strict=True):
                    numbers[place] = value
        return tuple(numbers)

    def canonical_rows(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Packed states in their canonical form: of each family every two parts that are in the wrong order change."""
        rows = rows.copy()
        for segments in self.families:
            count = len(segments[0].places) if segments else 0
            keys = [
                [(rows[:, word] >> np.uint64(shift)) & np.uint64(s.mask) for word, shift in s.places] for s in segments
            ]
            for last in range(count - 1, 0, -1):
                for i in range(last):
                    _order(keys, i, i + 1)
            for segment, columns in zip(segments, keys, strict=True):
                for (word, shift), column in zip(segment.places, columns, strict=True):
                    mask = np.uint64(~(segment.mask << shift) & (2**64 - 1))
                    rows[:, word] = (rows[:, word] & mask) | (column << np.uint64(shift))
        return rows

    def c_text(self) -> str:
        """The body of a C function that brings the words ``w`` into their canonical form."""
        lines: list[str] = []
        for segments in self.families:
            if not segments:
                continue
            count, size = len(segments[0].places), len(segments)
            lines.append(f"{{ u64 k[{count}][{size}];")
            for s, segment in enumerate(segments):
                for i, (word, shift) in enumerate(segment.places):
                    lines.append(f"k[{i}][{s}] = (w[{word}] >> {shift}) & {segment.mask}ULL;")
            lines.append(f"for (int i = 1; i < {count}; i++) for (int j = i; j; j--) {{")
            lines.append(f"int s = 0; while (s < {size - 1} && k[j][s] == k[j - 1][s]) s++;")
            lines.append("if (k[j][s] >= k[j - 1][s]) break;")
            lines.append(
                f"for (s = 0; s < {size}; s++) {{ u64 t = k[j][s]; k[j][s] = k[j - 1][s]; k[j - 1][s] = t; }} }}"
            )
            for s, segment in enumerate(segments):
                for i, (word, shift) in enumerate(segment.places):
                    kept = ~(segment.mask << shift) & (2**64 - 1)
                    lines.append(f"w[{word}] = (w[{word}] & {kept}ULL) | (k[{i}][{s}] << {shift});")
            lines.append("}")
        return " ".join(lines)


def _order(keys: list[list[NDArray[Any]]], i: int, j: int) -> None:
    """Exchange two parts in the rows where the second is the smaller one."""
    smaller = np.zeros(len(keys[0][0]), dtype=np.bool_)
    equal = ~smaller
    for columns in keys:
        smaller |= equal & (columns[j] < columns[i])
        equal &= columns[j] == columns[i]
    for columns in keys:
        columns[i], columns[j] = np.where(smaller, columns[j], columns[i]), np.where(smaller, columns[i], columns[j])


class _Forms:
    """Numbers of terms up to renaming and the order of operands that have none."""

    def __init__(self, dag: Dag) -> None:
        self._dag = dag
        self._numbers: dict[Hashable, int] = {}

    def of(self, roots: Sequence[int], renaming: Mapping[str, str]) -> list[int]:
        """The number of each root's form."""
        nodes = self._dag.nodes
        forms: dict[int, int] = {}
        flat: dict[int, list[int]] = {}
        for key in self._dag.reached(roots):
            node = nodes[key]
            operands: list[int] = []
            for child in node.children:
                same = node.operator in _FLAT and nodes[child].operator == node.operator
                operands += flat[child] if same else [forms[child]]
            if node.operator in _UNORDERED:
                operands.sort()
            if node.operator in _FLAT:
                flat[key] = operands
            form = (node.operator, tuple(operands), node.value, renaming.get(node.name, node.name))
            forms[key] = self._numbers.setdefault(form, len(self._numbers))
        return [forms[root] for root in roots]


def _check(system: System) -> None:
    dag = dag_of(system)
    forms = _Forms(dag)
    by_name = {variable.name: variable for variable in system.variables}
    as_is = _meanings(system, dag, forms, {})
    for family in system.interchangeable:
        for one, other in pairwise(family):
            for a, b in zip(one, other, strict=True):
                if a not in by_name or b not in by_name:
                    raise DeclarationError(f"interchangeable parts name {a} and {b}, which are no two variables")
                x, y = by_name[a], by_name[b]
                if (x.domain, x.initial, x.timer) != (y.domain, y.initial, y.timer):
                    raise DeclarationError(f"{a} and {b} cannot change places: domain or initial value differ")
            exchanged = dict(zip(one, other, strict=True)) | dict(zip(other, one, strict=True))
            for what, meaning in _meanings(system, dag, forms, exchanged).items():
                if meaning != as_is[what]:
                    raise DeclarationError(f"exchanging {one[0]} ... with {other[0]} ... changes {what}: no symmetry")


def _meanings(system: System, dag: Dag, forms: _Forms, renaming: Mapping[str, str]) -> dict[str, Hashable]:
    """What the actions and each watch mean when variables are renamed; actions have no names here."""

    def form(term: object) -> int:
        return forms.of([dag.add(term)], renaming)[0]

    acting: dict[str, Hashable] = {}
    for action in system.actions:
        guards = frozenset(form(guard.term) for guard in action.guards)
        writes = frozenset((renaming.get(name, name), form(term.expr)) for name, term in action.updates.items())
        acting[action.name] = (guards, writes)
    meanings: dict[str, Hashable] = {"what can happen": frozenset(Counter(acting.values()).items())}
    for watch in system.watches:
        steps = Counter((acting[name], form(term)) for name, term in watch.step.items())
        state = None if watch.state is None else form(watch.state)
        meanings[f"the watch {watch.name!r}"] = (state, frozenset(steps.items()))
    return meanings


@once_per_system
def symmetry_of(system: System) -> Symmetry:
    """The symmetry of a system."""
    return Symmetry(system)
