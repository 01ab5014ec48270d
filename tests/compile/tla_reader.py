"""A reader of the part of TLA+ that modules are exported in, written against the language and not against the printer.

It refuses whatever it does not know, so a module that it reads through is well formed, and it runs the module, so
that states can be counted. It takes the place of TLC, which cannot be presumed where tests run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

TOKEN = re.compile(
    r"\s+|\\\*[^\n]*|\(\*.*?\*\)|(?P<word>[A-Za-z_0-9]*[A-Za-z_][A-Za-z_0-9]*'?)|(?P<number>\d+)"
    r"|(?P<symbol>==|<<|>>|<=|>=|=>|\.\.|/\\|\\/|\\in|\[\]|[-+*=#<>~(),\[\]_])",
    re.DOTALL,
)
KEYWORDS = {
    "LET",
    "IN",
    "IF",
    "THEN",
    "ELSE",
    "TRUE",
    "FALSE",
    "UNCHANGED",
    "CONSTANT",
    "ASSUME",
    "VARIABLES",
    "EXTENDS",
}
LEVELS: list[dict[str, Callable[[Any, Any], Any]]] = [
    {"=>": lambda a, b: (not a) or b},
    {"\\/": lambda a, b: a or b},
    {"/\\": lambda a, b: a and b},
    {
        "=": lambda a, b: a == b,
        "#": lambda a, b: a != b,
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
        "\\in": lambda a, b: a in b,
    },
    {"..": lambda a, b: range(a, b + 1)},
    {"+": lambda a, b: a + b, "-": lambda a, b: a - b},
    {"*": lambda a, b: a * b},
]
"""Binary operators by how tightly they bind, the loosest first."""

Scope = dict[str, Any]
Expression = Callable[[Scope], Any]


class Reader:
    """Reads one module.

    Attributes:
        definitions: by name, each operator without arguments.
        variables: their names in order.
        constants: their names.
        assumptions: what is assumed of the constants.
    """

    def __init__(self, text: str) -> None:
        head, body, foot = re.fullmatch(r"(-{4,} MODULE \w+ -{4,})\n(.*)\n(={4,})\n", text, re.DOTALL).groups()  # type: ignore[union-attr]  # a module that is not framed so must fail
        assert head
        assert foot
        self.tokens = list(_tokens(body))
        self.place = 0
        self.definitions: dict[str, Expression] = {}
        self.variables: list[str] = []
        self.constants: list[str] = []
        self.assumptions: list[Expression] = []
        while self.place < len(self.tokens):
            self._unit()

    def _peek(self, ahead: int = 0) -> str:
        return self.tokens[self.place + ahead] if self.place + ahead < len(self.tokens) else ""

    def _take(self, *wanted: str) -> str:
        token = self._peek()
        assert not wanted or token in wanted, (
            f"{token!r} stands where {wanted} should: {self.tokens[self.place - 9 : self.place + 9]}"
        )
        self.place += 1
        return token

    def _unit(self) -> None:
        word = self._take()
        if word == "EXTENDS":
            self._take("Integers")
        elif word == "CONSTANT":
            self.constants.append(self._take())
        elif word == "ASSUME":
            self.assumptions.append(self._expression())
        elif word == "VARIABLES":
            self.variables = list(self._names())
        else:
            assert word not in KEYWORDS
            assert word not in self.definitions, f"{word} is defined twice"
            self._take("==")
            self.definitions[word] = self._tuple() if self._peek() == "<<" else self._definition(word)

    def _names(self) -> Iterator[str]:
        yield self._take()
        while self._peek() == ",":
            self._take()
            yield self._take()

    def _tuple(self) -> Expression:
        self._take("<<")
        names = list(self._names())
        self._take(">>")
        return lambda scope: tuple(scope[name] for name in names)

    def _definition(self, word: str) -> Expression:
        if word != "Spec":
            return self._expression()
        for token in ["Init", "/\\", "[]", "[", "Next", "]", "_", "vars"]:
            # `]_vars` is read as `]` and the word `_vars`.
            if token == "_":
                continue
            self._take(token, f"_{token}")
        return lambda scope: None

    def _expression(self, level: int = 0) -> Expression:
        if level == len(LEVELS):
            return self._operand()
        operators = LEVELS[level]
        if self._peek() in ("/\\", "\\/") and self._peek() in operators:
            self._take()  # a bullet of a list
        left = self._expression(level + 1)
        while self._peek() in operators:
            left = _applied(operators[self._take()], left, self._expression(level + 1))
        return left

    def _operand(self) -> Expression:
        token = self._take()
        if token == "(":
            inner = self._expression()
            self._take(")")
            return inner
        if token == "~":
            negated = self._operand()
            return lambda scope: not negated(scope)
        if token == "-":
            positive = self._operand()
            return lambda scope: -positive(scope)
        if token == "IF":
            return self._choice()
        if token == "LET":
            return self._let()
        if token == "UNCHANGED":
            self._take("<<")
            names = list(self._names())
            self._take(">>")
            return lambda scope: all(_becomes(scope, name, scope[name]) for name in names)
        if token.isdigit():
            return lambda scope: int(token)
        if token in ("TRUE", "FALSE"):
            return lambda scope: token == "TRUE"
        assert re.fullmatch(r"\w+'?", token), f"{token!r} is no operand"
        assert token not in KEYWORDS, f"{token} is no operand"
        if token.endswith("'"):
            self._take("=")
            value = self._expression(4)
            return lambda scope: _becomes(scope, token[:-1], value(scope))
        return lambda scope: self._value(token, scope)

    def _value(self, name: str, scope: Scope) -> Any:
        value = scope[name] if name in scope else self.definitions[name]
        return value(scope) if callable(value) else value

    def _choice(self) -> Expression:
        condition = self._expression()
        self._take("THEN")
        first = self._expression()
        self._take("ELSE")
        second = self._expression()
        return lambda scope: first(scope) if condition(scope) else second(scope)

    def _let(self) -> Expression:
        local: dict[str, Expression] = {}
        while self._peek() != "IN":
            name = self._take()
            assert name not in self.variables + self.constants + list(local), f"{name} hides another"
            self._take("==")
            local[name] = self._expression()
        self._take("IN")
        body = self._expression()

        def value(scope: Scope) -> Any:
            inner = {**scope, **local, "after": scope.get("after")}
            return body(inner)

        return value


def _tokens(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        match = TOKEN.match(text, place)
        assert match, f"no TLA+ begins with {text[place : place + 20]!r}"
        if match.lastgroup:
            yield match.group(match.lastgroup)
        place = match.end()


def _applied(operator: Callable[[Any, Any], Any], left: Expression, right: Expression) -> Expression:
    return lambda scope: operator(left(scope), right(scope))


def _becomes(scope: Scope, name: str, value: Any) -> bool:
    assert name not in scope["after"], f"{name}' is given twice"
    scope["after"][name] = value
    return True


State = tuple[Any, ...]


class Run:
    """A module run by its own definitions: ``Init``, the disjuncts of ``Next``, and invariants.

    Args:
        module: the text of the module.
        config: the text of its configuration.
    """

    def __init__(self, module: str, config: str) -> None:
        self.reader = Reader(module)
        self.scope: Scope = {"BOOLEAN": (False, True), "Int": range(-(2**70), 2**70)}
        self.invariants: list[str] = []
        for line in config.splitlines():
            word, *rest = line.split()
            if word == "CONSTANT":
                name, how, value = rest
                values = {"TRUE": True, "FALSE": False}
                number = values[value] if value in values else None if how == "<-" else int(value)
                self.scope[name] = self.reader.definitions[value] if number is None else number
            elif word == "INVARIANT":
                self.invariants += rest
            else:
                assert line in ("SPECIFICATION Spec", "CHECK_DEADLOCK FALSE"), line
        assert set(self.scope) >= set(self.reader.constants)
        assert all(assumption({**self.scope}) for assumption in self.reader.assumptions)
        self.actions = re.findall(r"^    \\/ (\w+)$", module.split("\nNext ==\n")[1].split("\n\n")[0], re.MULTILINE)

    def initial(self) -> State:
        """The state that ``Init`` describes."""
        text = self.reader.definitions["Init"]
        found: dict[str, Any] = {}

        class Unknown(dict[str, Any]):
            """Hands out a variable that takes whatever value it is first compared with."""

            def __missing__(self, name: str) -> Any:
                return Hole(name)

            def __contains__(self, name: object) -> bool:
                return True

        class Hole:
            def __init__(self, name: str) -> None:
                self.name = name

            def __eq__(self, other: object) -> bool:
                found[self.name] = other
                return True

            __hash__ = None  # type: ignore[assignment]  # it equals everything

        assert text(Unknown(self.scope))
        return tuple(found[name] for name in self.reader.variables)

    def successors(self, state: State) -> list[tuple[str, State]]:
        """What each action that can be taken leads to."""
        made = []
        for action in self.actions:
            after: dict[str, Any] = {}
            scope = {**self.scope, **dict(zip(self.reader.variables, state, strict=True)), "after": after}
            if self.reader.definitions[action](scope):
                assert set(after) == set(self.reader.variables), (
                    f"{action} leaves {set(self.reader.variables) - set(after)} open"
                )
                made.append((action, tuple(after[name] for name in self.reader.variables)))
        return made

    def broken(self, state: State) -> set[str]:
        """The invariants that do not hold at a state."""
        scope = {**self.scope, **dict(zip(self.reader.variables, state, strict=True)), "after": {}}
        return {name for name in self.invariants if not self.reader.definitions[name](scope)}

    def explore(self) -> tuple[set[State], int, set[str]]:
        """All states, the number of transitions, and the invariants that are broken somewhere."""
        start = self.initial()
        seen, todo, broken, transitions = {start}, [start], self.broken(start), 0
        while todo:
            for _, after in self.successors(todo.pop()):
                transitions += 1
                if after not in seen:
                    seen.add(after)
                    todo.append(after)
                    broken |= self.broken(after)
        return seen, transitions, broken
