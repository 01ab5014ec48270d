"""A system over NumPy arrays: the search without a compiler, many states at a time.

Every term becomes a function of columns, one array for each variable. States stay packed; columns are unpacked only
where a term asks for them. The set of known states is a hash table in an array, probed for a whole batch at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmpcheck.compile.backend import State
from cwmpcheck.compile.dag import Node, once_per_system
from cwmpcheck.compile.layout import Layout, Words
from cwmpcheck.compile.packing import Condition, Move, Packing, Writes, packing_of, watch_order
from cwmpcheck.compile.printing import Language, Printer, binary, joined, pairwise
from cwmpcheck.compile.valuation import valuation
from cwmpcheck.kernel import Boolean, DeclarationError, DomainOverflow, System, Value

NUMPY = Language(
    operators={
        "and": joined("&", "TRUE"),
        "or": joined("|", "FALSE"),
        "not": lambda o: f"(~{o[0]})",
        "implies": lambda o: f"(~{o[0]} | {o[1]})",
        "xor": binary("^"),
        "eq": binary("=="),
        "distinct": pairwise("!=", "&"),
        "lt": binary("<"),
        "le": binary("<="),
        "gt": binary(">"),
        "ge": binary(">="),
        "add": joined("+", "0"),
        "sub": joined("-", "0"),
        "mul": joined("*", "1"),
        "minus": lambda o: f"(-{o[0]})",
        "if": lambda o: f"where({o[0]}, {o[1]}, {o[2]})",
    },
    # Literals are NumPy's: of Python's own, ``~True`` is -2.
    literal=lambda node: ("TRUE" if node.value else "FALSE") if node.boolean else f"whole({node.value})",
    local=lambda name, text, node: f"{name} = {text}",
)

_SCOPE = {"TRUE": np.True_, "FALSE": np.False_, "where": np.where, "whole": np.int64}

Column = NDArray[Any]
Columns = Mapping[int, Column]
_Terms = Callable[["Unpacked", Sequence[Any]], tuple[Any, ...]]


class Unpacked:
    """Columns of packed states, unpacked when they are first asked for."""

    def __init__(self, layout: Layout, booleans: Sequence[bool], rows: Words) -> None:
        self.rows = rows
        self._layout = layout
        self._booleans = booleans
        self._columns: dict[int, Column] = {}

    def __getitem__(self, variable: int) -> Column:
        if variable not in self._columns:
            column = self._layout.column(self.rows, variable)
            self._columns[variable] = column != 0 if self._booleans[variable] else column
        return self._columns[variable]

    def some(self, rows: NDArray[np.intp]) -> Unpacked:
        """The same of some rows only."""
        return Unpacked(self._layout, self._booleans, self.rows[rows])


@dataclass(frozen=True)
class Compiled:
    """One condition over many states: tests on words, then terms over columns."""

    condition: Condition
    terms: _Terms

    def __call__(self, columns: Unpacked, parameters: Sequence[Any]) -> NDArray[np.bool_]:
        holds = np.full(len(columns.rows), not self.condition.never)
        for word, mask, pattern in self.condition.tests:
            holds &= (columns.rows[:, word] & np.uint64(mask)) == np.uint64(pattern)
        if self.condition.others and holds.any():
            for truth in self.terms(columns, parameters):
                holds &= truth
        return holds


@dataclass(frozen=True)
class Step:
    """One action over many states."""

    guard: Compiled
    guards: _Terms
    writes: Writes
    values: _Terms
    watches: tuple[tuple[str, Compiled], ...]


class Program:
    """A system's terms as functions of columns."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.packing: Packing = packing_of(system)
        self.layout = self.packing.layout
        self.booleans = [isinstance(variable.domain, Boolean) for variable in system.variables]
        self._columns = {variable.name: i for i, variable in enumerate(system.variables)}
        self._printer = Printer(self.packing.dag, NUMPY, self._constant)
        self._texts: list[str] = []
        order = watch_order(system)
        sources = [self._step_sources(number) for number in range(len(system.actions))]
        states = {w.name: self._condition([self.packing.dag.add(w.state)]) for w in order if w.state is not None}
        scope: dict[str, Any] = dict(_SCOPE)
        exec(compile("\n".join(self._texts), f"<{system.name} as NumPy>", "exec"), scope)  # noqa: S102  # our own text
        self.states = {name: Compiled(condition, scope[f"f{n}"]) for name, (condition, n) in states.items()}
        self.steps = [
            Step(
                guard=Compiled(guard[0], scope[f"f{guard[1]}"]),
                guards=scope[f"f{guards}"],
                writes=writes,
                values=scope[f"f{values}"],
                watches=tuple((name, Compiled(c, scope[f"f{n}"])) for name, (c, n) in watches),
            )
            for guard, guards, writes, values, watches in sources
        ]

    def _constant(self, node: Node) -> str:
        if node.name in self.packing.parameters:
            return f"p[{self.packing.parameters[node.name]}]"
        if node.name not in self._columns:
            raise DeclarationError(f"a term mentions {node.name}, which is no variable or parameter of the system")
        return f"c[{self._columns[node.name]}]"

    def _function(self, roots: Sequence[int]) -> int:
        statements, texts = self._printer.write(roots)
        body = "".join(f"    {line}\n" for line in statements)
        self._texts.append(f"def f{len(self._texts)}(c, p):\n{body}    return ({''.join(f'{t}, ' for t in texts)})")
        return len(self._texts) - 1

    def _condition(self, roots: Sequence[int]) -> tuple[Condition, int]:
        condition = self.packing.condition(roots)
        return condition, self._function(condition.others)

    def _step_sources(self, number: int) -> tuple[Any, int, Writes, int, list[tuple[str, tuple[Condition, int]]]]:
        action = self.system.actions[number]
        roots = self.packing.dag.add_all(guard.term for guard in action.guards)
        writes = self.packing.writes(action)
        watches = [
            (watch.name, self._condition([self.packing.dag.add(watch.step[action.name])]))
            for watch in self.system.watches
            if action.name in watch.step
        ]
        values = self._function([move.term for move in writes.moves])
        return self._condition(roots), self._function(roots), writes, values, watches

    def unpacked(self, rows: Words) -> Unpacked:
        """Packed states as columns."""
        return Unpacked(self.layout, self.booleans, rows)

    def constants(self, parameters: Sequence[int]) -> list[Any]:
        """The parameters' numbers as the generated functions take them."""
        pairs = zip(parameters, self.system.parameters, strict=True)
        return [np.bool_(n) if isinstance(parameter.domain, Boolean) else np.int64(n) for n, parameter in pairs]

    def successors(self, number: int, columns: Unpacked, parameters: Sequence[Any]) -> tuple[Words, Overflow | None]:
        """The states after an action that is enabled in all rows; and the first write outside its domain."""
        step = self.steps[number]
        rows = columns.rows.copy()
        for word, (mask, pattern) in enumerate(zip(step.writes.masks, step.writes.patterns, strict=True)):
            if mask:
                rows[:, word] = (rows[:, word] & np.uint64(~mask & (2**64 - 1))) | np.uint64(pattern)
        for move, value in zip(step.writes.moves, step.values(columns, parameters), strict=True):
            numbers = np.broadcast_to(np.asarray(value, dtype=np.int64), len(rows))
            if move.ceiling is not None:
                numbers = np.minimum(numbers, move.ceiling)
            wrong = _outside(move, numbers)
            if wrong is not None:
                return rows, Overflow(wrong, number, move.place, int(numbers[wrong]))
            placed = (numbers - move.field.low).astype(np.uint64) << np.uint64(move.field.shift)
            rows[:, move.field.word] |= placed
        return rows, None


@dataclass(frozen=True)
class Overflow:
    """A write outside its domain: in which row, by which action, of which variable, of which value."""

    row: int
    action: int
    variable: int
    value: int

    def error(self, system: System) -> DomainOverflow:
        """As an error that says so."""
        of = system.variables[self.variable]
        return DomainOverflow(system.actions[self.action].name, of.name, self.value, of.domain.low, of.domain.high)


def _outside(move: Move, numbers: NDArray[np.int64]) -> int | None:
    wrong = np.zeros(len(numbers), dtype=np.bool_)
    if move.lowest is not None:
        wrong |= numbers < move.lowest
    if move.highest is not None:
        wrong |= numbers > move.highest
    return int(np.argmax(wrong)) if wrong.any() else None


@once_per_system
def program_of(system: System) -> Program:
    """The program of a system."""
    return Program(system)


class NumpyBackend:
    """A system over NumPy arrays, one state at a time; fulfils ``backend.Backend``."""

    def __init__(self, system: System, parameters: tuple[int, ...]) -> None:
        self.system = system
        self.parameters = parameters
        self._program = program_of(system)
        self._constants = self._program.constants(parameters)

    def _columns(self, state: State) -> Unpacked:
        return self._program.unpacked(np.array([self._program.layout.pack(state)], dtype=np.uint64))

    def initial(self) -> State:
        """The initial state."""
        return self.system.initial

    def enabled(self, state: State) -> list[int]:
        """The actions whose guards all hold, in ascending order."""
        columns = self._columns(state)
        return [n for n, step in enumerate(self._program.steps) if step.guard(columns, self._constants)[0]]

    def successor(self, state: State, action: int) -> State:
        """The state after an enabled action; raises DomainOverflow when a value would leave its domain."""
        rows, overflow = self._program.successors(action, self._columns(state), self._constants)
        if overflow is not None:
            raise overflow.error(self.system)
        return self._program.layout.unpack(rows[0].tolist())

    def guards(self, state: State, action: int) -> tuple[bool, ...]:
        """The truth of each of the action's guards, in order."""
        truths = self._program.steps[action].guards(self._columns(state), self._constants)
        return tuple(bool(np.all(truth)) for truth in truths)

    def holding(self, state: State) -> frozenset[str]:
        """The names of the watches whose state condition holds here."""
        columns = self._columns(state)
        return frozenset(name for name, holds in self._program.states.items() if holds(columns, self._constants)[0])

    def occurring(self, state: State, action: int) -> frozenset[str]:
        """The names of the watches whose step condition holds when the action is taken here."""
        columns = self._columns(state)
        watches = self._program.steps[action].watches
        return frozenset(name for name, holds in watches if holds(columns, self._constants)[0])


def compile_numpy(system: System, parameters: Mapping[str, Value] | None = None) -> NumpyBackend:
    """A system over NumPy arrays."""
    return NumpyBackend(system, valuation(system, parameters))
