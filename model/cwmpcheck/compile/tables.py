"""Move tables: what each action does to the number of a whole state, looked up by the numbers of the local states.

A state of the system is one number, mixed from the numbers of its components' local states. An action adds a
difference to it. Most actions move one component and read a little of others (is a slot free, is the budget spent): they
are *attached* to that component, and all their differences are found in one *cell*, by its local state and by the
classes of the others' local states. What moves several large components at once, such as a tick, is a
*joint* action and looks up one difference in each. Watches are looked up by classes as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cwmpcheck.compile.closure import Array, Relation, Space
from cwmpcheck.compile.components import NoTables

MOST_CONTEXTS = 64
"""How many combinations of the others' classes an attached action may tell apart."""

MOST_CELLS = 1 << 19
MOST_TOGETHER = 1 << 12
"""How large the common table of several watches may be: it is looked up in every state, so it must stay in the cache."""

WATCHES_TOGETHER = 64
WHOLE = 1 << 32
"""How many numbers of states there may be: they are kept in 32 bits."""


@dataclass
class Acting:
    """A relation over whole local closures.

    Attributes:
        components: those that take part.
        vectors: for each, the number of its vector in each local state, or -1 where it forbids.
        outcome: for each combination of vectors the number of the effect, or -1.
        moves: for each, local state by effect (or one column), the difference in the number of the state.
        outside: the same shape, where a value would leave its domain; only where there are any.
    """

    components: list[int]
    vectors: dict[int, Array]
    outcome: Array
    moves: dict[int, Array] = field(default_factory=dict)
    outside: dict[int, Array] = field(default_factory=dict)

    def labels(self, component: int) -> Array:
        """Local states with one label behave alike in this relation."""
        columns = [self.vectors[component].astype(np.int64)]
        for table in (self.moves, self.outside):
            if component in table:
                columns += [column.astype(np.int64) for column in table[component].T]
        return _classes(columns)

    def effects(self, at: Mapping[int, Array]) -> Array:
        """The effect, or -1, at some local states of each component; the arrays are broadcast together."""
        vectors = [self.vectors[c][at[c]] for c in self.components]
        effect = self.outcome[tuple(np.maximum(vector, 0) for vector in vectors)]
        for vector in vectors:
            effect = np.where(vector < 0, -1, effect)
        return np.asarray(effect)

    def looked_up(self, table: Mapping[int, Array], at: Mapping[int, Array], effects: Array) -> list[Array]:
        """The entries of ``moves`` or ``outside`` for each component that has any."""
        chosen = np.maximum(effects, 0)
        return [rows[at[c], chosen if rows.shape[1] > 1 else 0] for c, rows in table.items()]


@dataclass
class Owner:
    """The actions attached to one component.

    Attributes:
        contexts: for each other component that they read, the class of each local state, already multiplied so
            that classes and local state add up to the number of the cell.
        first, count, degree: for each cell, where its differences are, how many, and how many actions are enabled.
        differences: of all cells, one after another; an action that changes nothing has none.
        enabled: for each attached action, the cells in which it is enabled.
    """

    component: int
    contexts: dict[int, Array]
    first: Array
    count: Array
    degree: Array
    differences: Array
    enabled: dict[int, Array]


@dataclass
class Joint:
    """An action looked up by itself: labels add up to an index into ``outcome``, 0 for disabled, else effect + 1."""

    number: int
    labels: dict[int, Array]
    outcome: Array
    moves: dict[int, Array]


@dataclass
class Sign:
    """What is looked out for: a watch, at a state or on an action; or no watch: the action leaves a domain."""

    watch: str | None
    action: int | None


@dataclass
class Signs:
    """Several things to look out for in one table of bits, by labels that add up."""

    signs: list[Sign]
    labels: dict[int, Array]
    masks: Array


class Tables:
    """All tables of a system under some parameters.

    Attributes:
        sizes: how many local states each component has.
        strides: by how much its local state counts in the number of a state.
        states: how many numbers there are: the size of the over-approximation.
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self.sizes = [len(local.keys) for local in space.locals]
        self.states = int(np.prod(self.sizes, dtype=object))
        if self.states > WHOLE:
            raise NoTables("the components' local states have too many combinations for a bitmap; use --backend native")
        self.strides = [int(np.prod(self.sizes[c + 1 :], dtype=object)) for c in range(len(self.sizes))]
        self.initial = sum(stride * self._initial(c) for c, stride in enumerate(self.strides))
        self._columns = [space.columns(c, local.keys) for c, local in enumerate(space.locals)]
        self.acting = [self._tabulated(relation) for relation in space.actions]
        self.owners, self.joints = self._placed()
        found = [*self._watches(), *self._overflows()]
        self.at_states = _together([each for each in found if each[0].action is None], self.sizes)
        self.on_steps = _together([each for each in found if each[0].action is not None], self.sizes)

    def _initial(self, component: int) -> int:
        local, variables = self.space.locals[component], self.space.system.variables
        word = local.layout.pack(tuple(variables[place].initial for place in local.members))[0]
        return int(np.searchsorted(local.keys, np.uint64(word)))

    def _tabulated(self, relation: Relation) -> Acting:
        space = self.space
        acting = Acting(relation.components, {}, np.zeros(()))
        for c in relation.components:
            enabled = relation.enabled(c, self._columns[c], self.sizes[c])
            rows = np.flatnonzero(enabled)
            acting.vectors[c] = np.full(self.sizes[c], -1, dtype=np.int32)
            acting.vectors[c][rows] = relation.vectors(c, self._columns[c], rows)
        acting.outcome = relation.effects.outcome
        if not acting.outcome.size:  # a component never allows it
            acting.outcome = np.full([max(1, size) for size in relation.shape], -1)
        foreign = {c for c, _, _ in relation.split.foreign}
        for c in relation.split.written:
            keys, rows = space.locals[c].keys, np.flatnonzero(acting.vectors[c] >= 0)
            effects = range(len(relation.effects.values)) if c in foreign else range(1)
            moves = np.zeros((self.sizes[c], len(effects)), dtype=np.uint32)
            outside = np.zeros(moves.shape, dtype=np.bool_)
            for effect in effects:
                after, left = space.moved(relation, c, self._columns[c], keys, rows, effect)
                at = np.minimum(np.searchsorted(keys, after), len(keys) - 1)
                # Where the closure knows no such state, the vectors of the others never let it happen.
                known = keys[at] == after
                if left is not None:
                    known &= ~left
                    outside[rows, effect] = left
                moves[rows[known], effect] = ((at[known] - rows[known]) * self.strides[c]).astype(np.uint32)
            acting.moves[c] = moves
            if outside.any():
                acting.outside[c] = outside
        return acting

    def _placed(self) -> tuple[list[Owner], list[Joint]]:
        attached: dict[int, list[int]] = {}
        contexts: dict[int, dict[int, Array]] = {}
        joints: list[Joint] = []
        for number, acting in sorted(enumerate(self.acting), key=lambda each: len(each[1].components)):
            if not (acting.outcome >= 0).any():
                continue
            moving = [c for c in acting.components if c in acting.moves and acting.moves[c].any()]
            home = max(moving or acting.components, key=lambda c: self.sizes[c], default=None)
            wider = None if home is None else self._wider(acting, home, contexts.get(home, {}))
            if home is None or wider is None:
                joints.append(self._joint(number, acting))
            else:
                contexts[home] = wider
                attached.setdefault(home, []).append(number)
        return [self._owner(home, contexts[home], numbers) for home, numbers in sorted(attached.items())], joints

    def _wider(self, acting: Acting, home: int, contexts: Mapping[int, Array]) -> dict[int, Array] | None:
        """The contexts of a component with those that one more action needs, or None when they are too many."""
        wider = dict(contexts)
        for c in acting.components:
            if c != home:
                labels = acting.labels(c)
                wider[c] = _classes([wider[c], labels]) if c in wider else labels
        combinations = int(np.prod([int(classes.max()) + 1 for classes in wider.values()], dtype=object))
        if combinations > MOST_CONTEXTS or combinations * self.sizes[home] > MOST_CELLS:
            return None
        return wider

    def _owner(self, home: int, contexts: Mapping[int, Array], numbers: Sequence[int]) -> Owner:
        at, weights, cells = _representatives(contexts, self.sizes[home])
        at[home] = np.arange(self.sizes[home])
        enabled: dict[int, Array] = {}
        differences = []
        for number in numbers:
            acting = self.acting[number]
            effects = acting.effects(at)
            moved = total(acting.looked_up(acting.moves, at, effects))
            whole = np.broadcast_shapes(effects.shape, *(rows.shape for rows in at.values()))
            enabled[number] = np.flatnonzero(np.broadcast_to(effects >= 0, whole))
            differences.append(np.broadcast_to(moved, whole).reshape(-1)[enabled[number]])
        flat = np.concatenate([np.zeros(0, dtype=np.int64), *enabled.values()])
        deltas = np.concatenate([np.zeros(0, dtype=np.uint32), *differences])
        degree = np.bincount(flat, minlength=cells)
        moving = np.flatnonzero(deltas)
        order = moving[np.argsort(flat[moving], kind="stable")]
        count = np.bincount(flat[order], minlength=cells)
        first = np.concatenate([[0], np.cumsum(count)[:-1]])
        classes = {c: contexts[c] * weights[c] for c in contexts}
        return Owner(home, classes, first, count, degree, deltas[order].astype(np.uint32), enabled)

    def _joint(self, number: int, acting: Acting) -> Joint:
        labels = {c: acting.vectors[c].astype(np.int64) + 1 for c in acting.components}
        outcome = np.zeros([size + 1 for size in acting.outcome.shape], dtype=np.uint16)
        outcome[(slice(1, None),) * outcome.ndim] = acting.outcome + 1
        weighted, weight = {}, 1
        for c, size in zip(reversed(acting.components), reversed(outcome.shape), strict=True):
            weighted[c] = labels[c] * weight
            weight *= size
        moves = {c: rows for c, rows in acting.moves.items() if rows.any()}
        return Joint(number, weighted, outcome.reshape(-1), moves)

    def _watches(self) -> Iterable[tuple[Sign, Acting]]:
        partition, system = self.space.partition, self.space.system
        for watch in system.watches:
            if watch.state is not None:
                split = partition.condition([partition.dag.add(watch.state)])
                yield Sign(watch.name, None), self._tabulated(Relation(self.space, split))
            for number, action in enumerate(system.actions):
                if action.name in watch.step:
                    split = partition.step(number, partition.dag.add(watch.step[action.name]))
                    yield Sign(watch.name, number), self._tabulated(Relation(self.space, split))

    def _overflows(self) -> Iterable[tuple[Sign, Acting]]:
        for number, acting in enumerate(self.acting):
            if acting.outside:
                yield Sign(None, number), _leaving(acting, self.sizes)


def _classes(columns: Sequence[Array]) -> Array:
    """Equal rows get equal numbers, from 0 without gaps."""
    found = columns[0].astype(np.int64)
    for column in columns:
        _, ranks = np.unique(column, return_inverse=True)
        _, found = np.unique(found * (int(ranks.max(initial=0)) + 1) + ranks, return_inverse=True)
    return np.asarray(found, dtype=np.int64)


def _representatives(classes: Mapping[int, Array], last: int) -> tuple[dict[int, Array], dict[int, int], int]:
    """A local state of each class along an axis of its own, the weight of each axis, and how many cells there are.

    ``last`` is the length of one more axis, the last.
    """
    at: dict[int, Array] = {}
    weights: dict[int, int] = {}
    cells = last
    for axis, (c, rows) in enumerate(classes.items()):
        _, first = np.unique(rows, return_index=True)
        lie = [1] * (len(classes) + 1)
        lie[len(classes) - 1 - axis] = len(first)
        at[c] = first.reshape(lie)
        weights[c] = cells
        cells *= len(first)
    return at, weights, cells


def _leaving(acting: Acting, sizes: Sequence[int]) -> Acting:
    """The condition that an action is enabled and would take a variable out of its domain."""
    classes = {c: acting.labels(c) for c in acting.components}
    at, _, cells = _representatives(classes, 1)
    if cells > MOST_CELLS:
        raise NoTables("an action that may leave its domain couples too much for the table method")
    effects = acting.effects(at)
    outside = [np.asarray(each) for each in acting.looked_up(acting.outside, at, effects)]
    leaves = np.logical_or.reduce(np.broadcast_arrays(*outside, effects < -1)) & (effects >= 0)
    # The axes of the representatives come in reverse order, with one of length 1 at the end.
    outcome = np.where(leaves, 0, -1)[..., 0].transpose() if leaves.ndim else np.where(leaves, 0, -1)
    return Acting(acting.components, {c: rows.astype(np.int32) for c, rows in classes.items()}, outcome)


def _together(found: Sequence[tuple[Sign, Acting]], sizes: Sequence[int]) -> list[Signs]:
    """As few tables as stay small; what no combination of local states shows needs none."""
    groups: list[tuple[dict[int, Array], list[tuple[Sign, Acting]]]] = []
    for sign, acting in found:
        if not (acting.outcome >= 0).any() or not all((acting.vectors[c] >= 0).any() for c in acting.components):
            continue
        labels = {c: acting.labels(c) for c in acting.components}
        if groups and len(groups[-1][1]) < WATCHES_TOGETHER:
            wider = dict(groups[-1][0])
            for c, rows in labels.items():
                wider[c] = _classes([wider[c], rows]) if c in wider else rows
            if int(np.prod([int(rows.max()) + 1 for rows in wider.values()], dtype=object)) <= MOST_TOGETHER:
                groups[-1] = (wider, [*groups[-1][1], (sign, acting)])
                continue
        groups.append((labels, [(sign, acting)]))
    made = [_signs(classes, each) for classes, each in groups]
    return [signs for signs in made if signs.masks.any()]


def _signs(classes: Mapping[int, Array], members: Sequence[tuple[Sign, Acting]]) -> Signs:
    at, weights, _ = _representatives(classes, 1)
    masks = np.zeros([1] * (len(classes) + 1), dtype=np.uint64)
    for bit, (_, acting) in enumerate(members):
        holds = acting.effects(at) >= 0
        masks = masks | (holds.astype(np.uint64) << np.uint64(bit))
    shape = np.broadcast_shapes(masks.shape, *(rows.shape for rows in at.values()))
    whole = np.broadcast_to(masks, shape).reshape(-1)
    return Signs([sign for sign, _ in members], {c: classes[c] * weights[c] for c in classes}, whole.copy())


def total(differences: Sequence[Array]) -> Array:
    """The sum of differences, modulo 2**32."""
    whole = np.zeros((), dtype=np.uint64)
    for each in differences:
        whole = whole + np.asarray(each).astype(np.uint64)
    return np.asarray(whole).astype(np.uint32)
