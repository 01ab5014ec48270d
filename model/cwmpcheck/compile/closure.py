"""The local states of each component, and how each action moves it.

A component's local closure is every valuation of its variables that it can come to while the others do whatever they
can do locally. That is an over-approximation of what it comes to in the whole system, and it is small: where two
components of a thousand local states each make a million states together, it is two tables of a thousand rows.

What an action asks of several components at once is a relation over the *vectors* of the values of its local parts
(``Split.atoms``): few, though the local states are many. The closure and the vectors feed each other until nothing is
new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cwmpcheck.compile.columns import Columns
from cwmpcheck.compile.components import NoTables, Partition, Split
from cwmpcheck.compile.layout import Field, Layout, layout
from cwmpcheck.compile.packing import packing_of
from cwmpcheck.kernel import Boolean, System

MOST_COMBINATIONS = 1 << 16
"""How many combinations of vectors an action or a watch may have before its components count as too tightly coupled."""

MOST_EFFECTS = 256
"""How many different values an action may write that other components decide."""

Array = NDArray[Any]


class Local:
    """One component: its variables packed into one word, and the local states found."""

    def __init__(self, system: System, members: Sequence[int]) -> None:
        self.members = tuple(members)
        self.layout: Layout = layout([system.variables[place] for place in members])
        if self.layout.words > 1:
            raise NoTables("the table method needs components of at most 63 bits; use --backend native")
        self.fields: Mapping[int, Field] = dict(zip(self.members, self.layout.fields, strict=True))
        initial = tuple(system.variables[place].initial for place in members)
        self.keys: Array = np.array(self.layout.pack(initial), dtype=np.uint64)

    def column(self, keys: Array, place: int) -> Array:
        """The numbers of one variable."""
        field = self.fields[place]
        bits = (keys >> np.uint64(field.shift)) & np.uint64((1 << field.width) - 1)
        return bits.astype(np.int64) + field.low


@dataclass
class Effects:
    """What the vectors of an action's components decide together.

    Attributes:
        outcome: over all combinations of vectors, the number of the effect, or -1 where a guard is false.
        values: for each effect, the numbers of ``Split.foreign`` in order.
    """

    outcome: Array
    values: Array


class Writes(NamedTuple):
    """What an action assigns to one component: the bits that stay, the constants, and the positions and other terms."""

    kept: int
    pattern: int
    moving: tuple[tuple[int, int], ...]


class Relation:
    """A split condition or action, its vectors so far, and what follows from their combinations."""

    def __init__(self, space: Space, split: Split) -> None:
        self._space = space
        self.split = split
        self.components = split.components
        self.codes: dict[int, dict[int, int]] = {c: {} for c in self.components}
        self._weights = {c: space.weights(split.atoms.get(c, [])) for c in self.components}
        self.possible = all(bool(np.all(space.everywhere[root])) for root in split.always)
        self._effects: Effects | None = None
        self._writes: dict[int, Writes] = {}

    def enabled(self, component: int, columns: Columns, count: int) -> Array:
        """Where the component itself allows it."""
        guards = self.split.guards.get(component, ()) if self.possible else ()
        holds: Any = np.bool_(self.possible)
        for root in guards:
            holds = holds & columns[root]
        return holds if np.ndim(holds) else np.full(count, holds)

    def vectors(self, component: int, columns: Columns, rows: Array) -> Array:
        """The number of the vector of each row; those that are new are numbered."""
        known = self.codes[component]
        if not self._weights[component]:
            if len(rows) and not known:
                known[0] = 0
                self._effects = None
            return np.zeros(len(rows), dtype=np.int64)
        code = np.zeros(len(rows), dtype=np.int64)
        for root, low, weight in self._weights[component]:
            column = np.asarray(columns[root])
            code += (column[rows] if column.ndim else column).astype(np.int64) * weight - low * weight
        distinct, which = np.unique(code, return_inverse=True)
        for each in distinct.tolist():
            if each not in known:
                known[each] = len(known)
                self._effects = None
        return np.array([known[each] for each in distinct.tolist()], dtype=np.int64)[which]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many vectors each component has; none as long as it never allows the action."""
        return tuple(len(self.codes[c]) for c in self.components)

    @property
    def effects(self) -> Effects:
        """What the combinations of the vectors decide."""
        if self._effects is None:
            self._effects = self._decided()
        return self._effects

    def _decided(self) -> Effects:
        shape = self.shape
        if int(np.prod(shape, dtype=object)) > MOST_COMBINATIONS:
            raise NoTables("the components are coupled too tightly for the table method; use --backend native")
        known: dict[int, Any] = {}
        for axis, component in enumerate(self.components):
            codes = np.array(list(self.codes[component]), dtype=np.int64)
            lie = [1] * len(shape)
            lie[axis] = len(codes)
            for (root, low, weight), above in zip(
                self._weights[component], self._space.sizes(self.split.atoms.get(component, [])), strict=True
            ):
                values = (codes // weight) % above + low
                column = values != 0 if self._space.dag.nodes[root].boolean else values
                known[root] = column.reshape(lie)
        columns = Columns(self._space.dag, self._space.constant, known)
        holds = np.full(shape, self.possible)
        for root in self.split.cross:
            holds &= columns[root]
        if not self.split.foreign:
            return Effects(np.where(holds, 0, -1), np.zeros((1, 0), dtype=np.int64))
        values = np.stack(
            [np.broadcast_to(columns[root], shape).astype(np.int64).reshape(-1) for _, _, root in self.split.foreign], 1
        )
        rows = np.flatnonzero(holds.reshape(-1))
        distinct, which = np.unique(values[rows], axis=0, return_inverse=True)
        if len(distinct) > MOST_EFFECTS:
            raise NoTables("the components are coupled too tightly for the table method; use --backend native")
        outcome = np.full(holds.size, -1)
        outcome[rows] = which.reshape(-1)
        return Effects(outcome.reshape(shape), distinct)

    def writes(self, component: int) -> Writes:
        """What the action assigns to a component."""
        if component not in self._writes:
            self._writes[component] = self._space.local_writes(self.split, component)
        return self._writes[component]

    def chances(self, component: int, vectors: Array) -> list[tuple[int, Array | None]]:
        """For each effect, in which rows some vectors of the others make it happen; None is all of them."""
        if len(self.components) == 1:
            return [(0, None)]
        effects = self.effects
        axis = self.components.index(component)
        others = tuple(i for i in range(effects.outcome.ndim) if i != axis)
        made: list[tuple[int, Array | None]] = []
        for effect in np.unique(effects.outcome).tolist():
            if effect >= 0:
                made.append((effect, (effects.outcome == effect).any(axis=others)[vectors]))
        return made


class Space:
    """The components of a system under some parameters, with their local closures."""

    def __init__(self, partition: Partition, parameters: Sequence[int], most: int) -> None:
        system = partition.system
        self.partition = partition
        self.system = system
        self.dag = partition.dag
        self.most = most
        self._intervals = packing_of(system).intervals
        self._variables = {variable.name: place for place, variable in enumerate(system.variables)}
        fixed = {p.name: (p.domain, n) for p, n in zip(system.parameters, parameters, strict=True)}
        for place in partition.constants:
            variable = system.variables[place]
            fixed[variable.name] = (variable.domain, variable.initial)
        self._fixed = {n: np.bool_(v) if isinstance(d, Boolean) else np.int64(v) for n, (d, v) in fixed.items()}
        self.everywhere = Columns(self.dag, self.constant)
        self.locals = [Local(system, members) for members in partition.members]
        self.actions = [Relation(self, partition.action(n)) for n in range(len(system.actions))]
        self._close()

    def constant(self, name: str) -> Any:
        """A parameter, or a variable that never changes."""
        return self._fixed[name]

    def columns(self, component: int, keys: Array) -> Columns:
        """The terms of a component over some of its local states."""
        local = self.locals[component]

        def constant(name: str) -> Any:
            if name in self._fixed:
                return self._fixed[name]
            place = self._variables[name]
            column = local.column(keys, place)
            return column != 0 if isinstance(self.system.variables[place].domain, Boolean) else column

        return Columns(self.dag, constant)

    def sizes(self, atoms: Sequence[int]) -> list[int]:
        """How many values each term can have."""
        return [self._intervals[root].high - self._intervals[root].low + 1 for root in atoms]

    def weights(self, atoms: Sequence[int]) -> list[tuple[int, int, int]]:
        """Node, lowest value and weight of each term in the number of their vector."""
        made, weight = [], 1
        for root, size in zip(atoms, self.sizes(atoms), strict=True):
            made.append((root, self._intervals[root].low, weight))
            weight *= size
            if weight >= 1 << 62:
                raise NoTables("a term over several components has too many values for the table method")
        return made

    def moved(
        self, relation: Relation, component: int, columns: Columns, keys: Array, rows: Array, effect: int
    ) -> tuple[Array, Array | None]:
        """The component's states after an action in some rows, and where a value would leave its domain, if anywhere."""
        writes = relation.writes(component)
        after = (keys[rows] & np.uint64(writes.kept)) | np.uint64(writes.pattern)
        outside: Array | None = None
        new = [(place, root, np.asarray(columns[root])) for place, root in writes.moving]
        new = [(place, root, column[rows] if column.ndim else column) for place, root, column in new]
        for index, (home, place, root) in enumerate(relation.split.foreign):
            if home == component:
                new.append((place, root, np.asarray(relation.effects.values[effect, index])))
        for place, root, column in new:
            variable, field = self.system.variables[place], self.locals[component].fields[place]
            low, high = variable.domain.low, variable.domain.high
            numbers = column.astype(np.int64)
            if not self._intervals[root].within(low, high):
                if variable.timer:
                    numbers = np.minimum(numbers, high)
                wrong = (numbers < low) | (numbers > high)
                outside = wrong | (np.zeros(len(rows), dtype=np.bool_) if outside is None else outside)
                numbers = np.clip(numbers, low, high)
            after |= (numbers - low).astype(np.uint64) << np.uint64(field.shift)
        return after, outside

    def local_writes(self, split: Split, component: int) -> Writes:
        """What an action assigns to a component, constants apart."""
        fields = self.locals[component].fields
        kept, pattern, moving = 2**64 - 1, 0, []
        for place, root in split.writes.get(component, ()):
            variable, node = self.system.variables[place], self.dag.nodes[root]
            kept &= ~fields[place].mask
            number = min(node.value, variable.domain.high) if variable.timer else node.value
            if node.operator == "literal" and variable.domain.low <= number <= variable.domain.high:
                pattern |= fields[place].placed(number)
            else:
                moving.append((place, root))
        for home, place, _ in split.foreign:
            if home == component:
                kept &= ~fields[place].mask
        return Writes(kept, pattern, tuple(moving))

    def _close(self) -> None:
        fresh: dict[int, Array] = {c: local.keys for c, local in enumerate(self.locals)}
        stale: set[tuple[int, int]] = set()
        acting = {c: [n for n, r in enumerate(self.actions) if c in r.split.components] for c in fresh}
        while fresh or stale:
            again, stale = stale, set()
            now, fresh = fresh, {}
            for component in sorted({*now, *(c for c, _ in again)}):
                made: list[Array] = []
                if component in now:
                    made += self._expanded(component, now[component], acting[component], stale)
                numbers = [n for c, n in sorted(again) if c == component]
                if numbers:
                    made += self._expanded(component, self.locals[component].keys, numbers, stale)
                new = self._unknown(component, made)
                if len(new):
                    fresh[component] = new

    def _unknown(self, component: int, made: list[Array]) -> Array:
        local = self.locals[component]
        if not made:
            return np.zeros(0, dtype=np.uint64)
        found = np.unique(np.concatenate(made))
        at = np.searchsorted(local.keys, found)
        new = found[local.keys[np.minimum(at, len(local.keys) - 1)] != found]
        if len(new):
            local.keys = np.sort(np.concatenate([local.keys, new]), kind="stable")
        if len(local.keys) > self.most:
            raise NoTables("a component has too many local states for the table method; use --backend native")
        return np.asarray(new)

    def _expanded(
        self, component: int, keys: Array, numbers: Sequence[int], stale: set[tuple[int, int]]
    ) -> list[Array]:
        columns = self.columns(component, keys)
        made = []
        for number in numbers:
            relation = self.actions[number]
            rows = relation.enabled(component, columns, len(keys)).nonzero()[0]
            if not rows.size:
                continue
            before = len(relation.codes[component])
            vectors = relation.vectors(component, columns, rows)
            if len(relation.codes[component]) > before and len(relation.components) > 1:
                stale |= {(c, number) for c in relation.split.written}
            if component in relation.split.written:
                for effect, where in relation.chances(component, vectors):
                    some = rows if where is None else rows[where]
                    after, outside = self.moved(relation, component, columns, keys, some, effect)
                    made.append(after if outside is None else after[~outside])
        return made
