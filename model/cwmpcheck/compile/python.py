"""A system as plain Python: the oracle against which the other back ends are held.

Clear before fast: each action becomes functions of the state, every write is checked against its domain, and
nothing is packed. The source is generated once for a system; parameters are values at run time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import z3

from cwmpcheck.compile.backend import State
from cwmpcheck.compile.dag import Dag, Node, dag_of, once_per_system
from cwmpcheck.compile.printing import Language, Printer, binary, joined, pairwise
from cwmpcheck.compile.valuation import valuation
from cwmpcheck.kernel import Action, DeclarationError, DomainOverflow, System, Term, Value, Variable

PYTHON = Language(
    operators={
        "and": joined("and", "True"),
        "or": joined("or", "False"),
        "not": lambda o: f"(not {o[0]})",
        "implies": lambda o: f"(not {o[0]} or {o[1]})",
        "xor": binary("!="),
        "eq": binary("=="),
        "distinct": pairwise("!=", "and"),
        "lt": binary("<"),
        "le": binary("<="),
        "gt": binary(">"),
        "ge": binary(">="),
        "add": joined("+", "0"),
        "sub": joined("-", "0"),
        "mul": joined("*", "1"),
        "minus": lambda o: f"(-{o[0]})",
        "if": lambda o: f"({o[1]} if {o[0]} else {o[2]})",
    },
    literal=lambda node: str(bool(node.value)) if node.boolean else f"({node.value})",
    local=lambda name, text, node: f"{name} = {text}",
)


def _namer(variables: Sequence[Variable], parameters: Sequence[str] = ()) -> Callable[[Node], str]:
    places = {name: f"p[{i}]" for i, name in enumerate(parameters)}
    places |= {variable.name: f"s[{i}]" for i, variable in enumerate(variables)}

    def name(node: Node) -> str:
        if node.name not in places:
            raise DeclarationError(f"a term mentions {node.name}, which is no variable or parameter of the system")
        return places[node.name]

    return name


class _Source:
    """The text of the generated module."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.dag = dag_of(system)
        self.printer = Printer(self.dag, PYTHON, _namer(system.variables, [p.name for p in system.parameters]))
        self.lines: list[str] = []

    def function(self, name: str, body: Sequence[str]) -> None:
        self.lines.append(f"def {name}(s, p):")
        self.lines.extend(f"    {line}" for line in body)

    def written(self, terms: Sequence[z3.ExprRef], prefix: str = "t") -> tuple[list[str], list[str]]:
        return self.printer.write(self.dag.add_all(terms), prefix)

    def enabled(self) -> None:
        body = ["found = []"]
        for number, action in enumerate(self.system.actions):
            statements, texts = self.written([guard.term for guard in action.guards])
            body += [*statements, f"if {' and '.join(texts) or 'True'}:", f"    found.append({number})"]
        self.function("enabled", [*body, "return found"])

    def guards(self, number: int, action: Action) -> None:
        statements, texts = self.written([guard.term for guard in action.guards])
        row = "".join(f"bool({text}), " for text in texts)
        self.function(f"guards_{number}", [*statements, f"return ({row})"])

    def successor(self, number: int, action: Action) -> None:
        written = [v for v in self.system.variables if v.name in action.updates]
        statements, texts = self.written([action.updates[v.name].expr for v in written])
        body = list(statements)
        places = {v.name: f"s[{i}]" for i, v in enumerate(self.system.variables)}
        for i, (variable, text) in enumerate(zip(written, texts, strict=True)):
            low, high = variable.domain.low, variable.domain.high
            value = places[variable.name] = f"u{i}"
            body.append(f"{value} = int({text})")
            if variable.timer:
                body.append(f"if {value} > {high}: {value} = {high}")
            body.append(f"if not {low} <= {value} <= {high}: raise overflow({number}, {variable.name!r}, {value})")
        self.function(f"successor_{number}", [*body, f"return ({''.join(f'{place}, ' for place in places.values())})"])

    def watches(self) -> None:
        states = [watch for watch in self.system.watches if watch.state is not None]
        statements, texts = self.written([watch.state for watch in states])
        row = "".join(f"({watch.name!r}, {text}), " for watch, text in zip(states, texts, strict=True))
        self.function("holding", [*statements, f"return frozenset([name for name, holds in ({row}) if holds])"])
        for number, action in enumerate(self.system.actions):
            steps = [watch for watch in self.system.watches if action.name in watch.step]
            statements, texts = self.written([watch.step[action.name] for watch in steps])
            row = "".join(f"({watch.name!r}, {text}), " for watch, text in zip(steps, texts, strict=True))
            body = [*statements, f"return frozenset([name for name, holds in ({row}) if holds])"]
            self.function(f"occurring_{number}", body)

    def text(self) -> str:
        self.enabled()
        for number, action in enumerate(self.system.actions):
            self.guards(number, action)
            self.successor(number, action)
        self.watches()
        return "\n".join(self.lines)


_Step = Callable[[State, tuple[int, ...]], Any]


@dataclass(frozen=True)
class _Program:
    enabled: _Step
    holding: _Step
    guards: tuple[_Step, ...]
    successors: tuple[_Step, ...]
    occurring: tuple[_Step, ...]


@once_per_system
def _program(system: System) -> _Program:
    names = [action.name for action in system.actions]
    domains = {variable.name: variable.domain for variable in system.variables}

    def overflow(number: int, variable: str, value: int) -> DomainOverflow:
        return DomainOverflow(names[number], variable, value, domains[variable].low, domains[variable].high)

    scope: dict[str, Any] = {"overflow": overflow}
    exec(compile(_Source(system).text(), f"<{system.name} as Python>", "exec"), scope)  # noqa: S102  # our own text
    numbers = range(len(names))
    return _Program(
        scope["enabled"],
        scope["holding"],
        tuple(scope[f"guards_{i}"] for i in numbers),
        tuple(scope[f"successor_{i}"] for i in numbers),
        tuple(scope[f"occurring_{i}"] for i in numbers),
    )


class PythonBackend:
    """A system in plain Python; fulfils ``backend.Backend``."""

    def __init__(self, system: System, parameters: tuple[int, ...]) -> None:
        self.system = system
        self.parameters = parameters
        self._program = _program(system)

    def initial(self) -> State:
        """The initial state."""
        return self.system.initial

    def enabled(self, state: State) -> list[int]:
        """The actions whose guards all hold, in ascending order."""
        found: list[int] = self._program.enabled(state, self.parameters)
        return found

    def successor(self, state: State, action: int) -> State:
        """The state after an enabled action; raises DomainOverflow when a value would leave its domain."""
        after: State = self._program.successors[action](state, self.parameters)
        return after

    def guards(self, state: State, action: int) -> tuple[bool, ...]:
        """The truth of each of the action's guards, in order."""
        truths: tuple[bool, ...] = self._program.guards[action](state, self.parameters)
        return truths

    def holding(self, state: State) -> frozenset[str]:
        """The names of the watches whose state condition holds here."""
        names: frozenset[str] = self._program.holding(state, self.parameters)
        return names

    def occurring(self, state: State, action: int) -> frozenset[str]:
        """The names of the watches whose step condition holds when the action is taken here."""
        names: frozenset[str] = self._program.occurring[action](state, self.parameters)
        return names


def compile_python(system: System, parameters: Mapping[str, Value] | None = None) -> PythonBackend:
    """A system in plain Python.

    Args:
        system: what to execute.
        parameters: chosen values of parameters; the others have their defaults.

    Raises:
        DeclarationError: for an unknown parameter, a value outside its domain, or a term no back end can execute.
    """
    return PythonBackend(system, valuation(system, parameters))


def compile_term(term: Term | z3.ExprRef, variables: Sequence[Variable]) -> Callable[[State], int]:
    """A term over the variables as a function of a state; a truth value is 0 or 1.

    >>> from cwmpcheck.kernel import Range, var, Record, state_of
    >>> class Lamp(Record):
    ...     level = var(Range(0, 3), 0)
    >>> bright = compile_term(state_of(Lamp).level > 1, tuple(Lamp.variables()))
    >>> bright((2,)), bright((1,))
    (1, 0)
    """
    function = _function(term, _namer(variables))
    return lambda state: function(state, ())


def evaluator(
    system: System, term: Term | z3.ExprRef, parameters: Mapping[str, Value] | None = None
) -> Callable[[State], int]:
    """A term over a system's variables and parameters as a function of a state; a truth value is 0 or 1."""
    numbers = valuation(system, parameters)
    function = _function(term, _namer(system.variables, [p.name for p in system.parameters]))
    return lambda state: function(state, numbers)


def _function(term: Term | z3.ExprRef, namer: Callable[[Node], str]) -> Callable[[State, tuple[int, ...]], int]:
    dag = Dag()
    root = dag.add(term.expr if isinstance(term, Term) else term)
    statements, (text,) = Printer(dag, PYTHON, namer).write([root])
    body = "\n".join(f"    {line}" for line in [*statements, f"return int({text})"])
    scope: dict[str, Any] = {}
    exec(compile(f"def value(s, p):\n{body}", "<term as Python>", "exec"), scope)  # noqa: S102  # as above
    value: Callable[[State, tuple[int, ...]], int] = scope["value"]
    return value
