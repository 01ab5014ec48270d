"""Questions as people write them, read into plain data: a small language of its own, and nothing in it is executed.

A constraint is a formula, or several in the order of time::

    DelaySeconds > 1                                   of parameters: the run is one with such values
    eventually acs.belief == FAILURE                   of a state that the run comes to
    eventually TransferComplete(success=no)            of a message that is shown on a step
    Download then lose_power then TransferComplete     one after the other: messages, actions, states
    always not cpe.updated                             of every state of the run; never is always not

A formula compares variables, parameters and fields of messages with ``== != < <= > >=`` and joins what it says by ``and``,
``or``, ``not`` and parentheses. ``Download@acs`` is the message as one party sees it; ``answer_inform(hold=True)`` an action.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from cwmpcheck.vocabulary.errors import UsageError

LONGEST, DEEPEST = 2000, 40
"""How long a constraint may be, in characters, and how deep it may nest."""

MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""Each comparison seen from its other side."""

Kind = Literal["plain", "eventually", "always", "never"]


@dataclass(frozen=True)
class Comparison:
    """Two sides, each a name or a literal as it was written, and how they compare."""

    left: str
    operator: str
    right: str


@dataclass(frozen=True)
class Atom:
    """A name by itself: a truth value, a message or an action.

    Attributes:
        name: as it was written.
        arguments: what is demanded of the fields of the message or the parameters of the action.
        vantage: the party at whose end a message is seen, or None for any.
    """

    name: str
    arguments: tuple[Comparison, ...] = ()
    vantage: str | None = None


@dataclass(frozen=True)
class Not:
    """A negation."""

    inner: Formula


@dataclass(frozen=True)
class Junction:
    """Formulas joined by ``and`` or ``or``."""

    word: Literal["and", "or"]
    parts: tuple[Formula, ...]


Formula = Comparison | Atom | Not | Junction


@dataclass(frozen=True)
class Constraint:
    """One constraint on a run.

    Attributes:
        text: as it was written.
        kind: what its first word says; ``plain`` without one.
        parts: the formulas, in the order of time.
    """

    text: str
    kind: Kind
    parts: tuple[Formula, ...]


_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Z]-\d+[a-z]?\b|[A-Za-z_]\w*(?:\[\d+\])?(?:\.[A-Za-z_]\w*(?:\[\d+\])?)*)"
    r"|(?P<literal>-?\d+|'[^']*'|\"[^\"]*\")|(?P<sign>==|!=|<=|>=|[<>=(),@]))"
)
_KINDS: Mapping[str, Kind] = {"eventually": "eventually", "always": "always", "never": "never"}
_WORDS = frozenset({"and", "or", "not", "then", *_KINDS})


def parse_constraint(text: str) -> Constraint:
    """Read one constraint.

    Raises UsageError, quoting the place, for what is none.

    >>> parse_constraint("eventually cpe.retry >= 2").parts
    (Comparison(left='cpe.retry', operator='>=', right='2'),)
    """
    if len(text) > LONGEST:
        raise UsageError(f"a constraint of {len(text)} characters is too long; the most is {LONGEST}")
    return _Parser(text).constraint()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        self.next = 0
        self.depth = 0
        place = 0
        while place < len(text.rstrip()):
            match = _TOKEN.match(text, place)
            if match is None:
                raise self.error(f"{text[place:].strip()[:12]!r} is not understood")
            kind = str(match.lastgroup)
            word = match.group(kind)
            self.tokens.append(("word" if word in _WORDS else kind, word, match.start(kind)))
            place = match.end()

    def error(self, what: str) -> UsageError:
        return UsageError(f"{self.text!r}: {what} (`cwmpcheck ask --help` shows how to write constraints)")

    def peek(self) -> str:
        return self.tokens[self.next][1] if self.next < len(self.tokens) else ""

    def accept(self, *words: str) -> str | None:
        if self.next < len(self.tokens) and self.tokens[self.next][0] != "literal" and self.peek() in words:
            self.next += 1
            return self.tokens[self.next - 1][1]
        return None

    def expect(self, word: str) -> None:
        if not self.accept(word):
            raise self.error(f"{word!r} is missing before {self.rest()}")

    def rest(self) -> str:
        return repr(self.text[self.tokens[self.next][2] :]) if self.next < len(self.tokens) else "the end"

    def constraint(self) -> Constraint:
        word = self.accept(*_KINDS)
        kind = _KINDS[word] if word else "plain"
        parts = [self.disjunction()]
        while self.accept("then"):
            parts.append(self.disjunction())
        if self.next < len(self.tokens):
            raise self.error(f"it should end before {self.rest()}")
        if len(parts) > 1 and kind in ("always", "never"):
            raise self.error(f"`then` orders what happens; it does not go with `{kind}`")
        return Constraint(self.text.strip(), kind, tuple(parts))

    def disjunction(self) -> Formula:
        return self.junction("or")

    def junction(self, word: Literal["and", "or"]) -> Formula:
        parts = [self.junction("and") if word == "or" else self.negation()]
        while self.accept(word):
            parts.append(self.junction("and") if word == "or" else self.negation())
        return parts[0] if len(parts) == 1 else Junction(word, tuple(parts))

    def negation(self) -> Formula:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.error(f"it nests deeper than {DEEPEST}")
        try:
            if self.accept("not"):
                return Not(self.negation())
            if self.accept("("):
                inner = self.disjunction()
                self.expect(")")
                return inner
            return self.comparison()
        finally:
            self.depth -= 1

    def operand(self) -> tuple[str, str]:
        if self.next >= len(self.tokens) or self.tokens[self.next][0] not in ("name", "literal"):
            raise self.error(f"a name or a value is missing before {self.rest()}")
        kind, word, _ = self.tokens[self.next]
        self.next += 1
        return kind, word.strip("'\"") if kind == "literal" else word

    def comparison(self) -> Formula:
        kind, left = self.operand()
        sign = self.sign()
        if sign is not None:
            return Comparison(left, sign, self.operand()[1])
        if kind == "literal":
            raise self.error(f"{left!r} says nothing by itself; compare it with something")
        arguments: list[Comparison] = []
        if self.accept("("):
            while not self.accept(")"):
                arguments.append(self.argument())
                if not self.accept(","):
                    self.expect(")")
                    break
        vantage = self.operand()[1] if self.accept("@") else None
        return Atom(left, tuple(arguments), vantage)

    def argument(self) -> Comparison:
        name = self.operand()[1]
        sign = self.sign()
        if sign is None:
            raise self.error(f"say what {name} should be, as in {name}=1")
        return Comparison(name, sign, self.operand()[1])

    def sign(self) -> str | None:
        found = self.accept("==", "!=", "<=", ">=", "<", ">", "=")
        return "==" if found == "=" else found
