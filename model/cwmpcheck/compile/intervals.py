"""Which integers a term can come to, from the domains of what it mentions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from cwmpcheck.compile.dag import Dag, Node
from cwmpcheck.kernel import System


class Interval(NamedTuple):
    """The integers from ``low`` to ``high``, both included."""

    low: int
    high: int

    def within(self, low: int, high: int) -> bool:
        """Whether all of it lies between two numbers."""
        return low <= self.low and self.high <= high


TRUTH = Interval(0, 1)


def _product(a: Interval, b: Interval) -> Interval:
    corners = [x * y for x in a for y in b]
    return Interval(min(corners), max(corners))


def _folded(step: Callable[[Interval, Interval], Interval], operands: list[Interval]) -> Interval:
    result = operands[0]
    for operand in operands[1:]:
        result = step(result, operand)
    return result


_ARITHMETIC: Mapping[str, Callable[[list[Interval]], Interval]] = {
    "add": lambda o: _folded(lambda a, b: Interval(a.low + b.low, a.high + b.high), o),
    "sub": lambda o: _folded(lambda a, b: Interval(a.low - b.high, a.high - b.low), o),
    "mul": lambda o: _folded(_product, o),
    "minus": lambda o: Interval(-o[0].high, -o[0].low),
    "if": lambda o: Interval(min(o[1].low, o[2].low), max(o[1].high, o[2].high)),
}


def domains(system: System) -> dict[str, Interval]:
    """The domain of each variable and parameter of a system, by name.

    Explicit engines may be given an unbounded parameter above its domain; see ``intervals``.
    """
    named = {v.name: v.domain for v in system.variables} | {p.name: p.domain for p in system.parameters}
    return {name: Interval(domain.low, domain.high) for name, domain in named.items()}


def intervals(dag: Dag, known: Mapping[str, Interval]) -> dict[int, Interval]:
    """The interval of every node of a ``Dag``; a truth value lies in 0..1.

    Branches of a choice are not narrowed by its condition, so ``choose(n > 0, n - 1, 0)`` reaches down to -1.

    Args:
        dag: the terms.
        known: the interval of each constant by name.
    """
    found: dict[int, Interval] = {}
    for key, node in dag.nodes.items():
        found[key] = _interval(node, [found[child] for child in node.children], known)
    return found


def _interval(node: Node, operands: list[Interval], known: Mapping[str, Interval]) -> Interval:
    if node.operator == "literal":
        return Interval(node.value, node.value)
    if node.operator == "constant":
        return known[node.name]
    return TRUTH if node.boolean else _ARITHMETIC[node.operator](operands)
