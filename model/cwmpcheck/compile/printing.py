"""One visitor that writes terms in any language, given a table of its operators.

A term is a graph: a part that is used more than once is written once, as a named local value, and so is a part
that lies deeper than parsers like to nest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cwmpcheck.compile.dag import Dag, Node

DEEPEST = 30
"""How deep an expression may nest before a part of it gets a name: CPython's parser gives up at 100 to 200."""

Writer = Callable[[list[str]], str]


def joined(symbol: str, neutral: str) -> Writer:
    """Writes any number of operands with a symbol between them."""
    return lambda operands: f"({f' {symbol} '.join(operands)})" if operands else neutral


def binary(symbol: str) -> Writer:
    """Writes two operands with a symbol between them."""
    return lambda operands: f"({operands[0]} {symbol} {operands[1]})"


def pairwise(symbol: str, conjunction: str) -> Writer:
    """Writes that every two of the operands are related."""

    def write(operands: list[str]) -> str:
        pairs = [f"{a} {symbol} {b}" for i, a in enumerate(operands) for b in operands[i + 1 :]]
        return "(" + f" {conjunction} ".join(f"({pair})" for pair in pairs) + ")"

    return write


@dataclass(frozen=True)
class Language:
    """How one language writes terms.

    Attributes:
        operators: a writer for each operator of ``dag.OPERATORS``.
        literal: writes a literal node.
        local: writes the statement that names a value, from the name, the expression and its node.
    """

    operators: Mapping[str, Writer]
    literal: Callable[[Node], str]
    local: Callable[[str, str, Node], str]


class Printer:
    """Writes terms of one ``Dag`` in one language.

    Args:
        dag: where the terms were read into.
        language: the table of operators.
        constant: writes a variable or a parameter.
    """

    def __init__(self, dag: Dag, language: Language, constant: Callable[[Node], str]) -> None:
        self.dag = dag
        self.language = language
        self.constant = constant

    def write(self, roots: Sequence[int], prefix: str = "t") -> tuple[list[str], list[str]]:
        """The statements that name the shared parts, and the expression of each root."""
        statements: list[str] = []
        texts: dict[int, str] = {}
        depths: dict[int, int] = {}
        for key, uses in self.dag.reached(roots).items():
            node = self.dag.nodes[key]
            if node.operator == "literal":
                texts[key], depths[key] = self.language.literal(node), 0
            elif node.operator == "constant":
                texts[key], depths[key] = self.constant(node), 0
            else:
                text = self.language.operators[node.operator]([texts[child] for child in node.children])
                depth = 1 + max((depths[child] for child in node.children), default=0)
                if uses > 1 or depth > DEEPEST:
                    name = f"{prefix}{len(statements)}"
                    statements.append(self.language.local(name, text, node))
                    text, depth = name, 0
                texts[key], depths[key] = text, depth
        return statements, [texts[root] for root in roots]
