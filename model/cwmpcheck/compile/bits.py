"""Terms over finite domains as Booleans and bit vectors, for z3's finite-domain solver, which refuses integers.

Every integer node gets just the width that its interval needs, so nothing wraps: unsigned where it cannot be
negative, two's complement where it can. Comparisons extend both sides to one width and one signedness first,
because z3's ``<`` on bit vectors is signed and silently wrong for unsigned ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import z3

from cwmpcheck.compile.dag import Dag, Node
from cwmpcheck.compile.intervals import Interval, intervals
from cwmpcheck.kernel import DeclarationError
from cwmpcheck.kernel.domains import Boolean, Domain


def width(interval: Interval) -> int:
    """How many bits the numbers of an interval need, one at least.

    >>> width(Interval(0, 8)), width(Interval(-1, 3))
    (4, 3)
    """
    if interval.low >= 0:
        return max(1, interval.high.bit_length())
    return 1 + max((-interval.low - 1).bit_length(), max(interval.high, 0).bit_length())


def constant(name: str, domain: Domain) -> z3.ExprRef:
    """The Boolean or bit vector that stands for a variable or parameter."""
    if isinstance(domain, Boolean):
        return z3.Bool(name)
    return z3.BitVec(name, width(Interval(domain.low, domain.high)))


def inside(vector: z3.ExprRef, domain: Domain) -> list[z3.BoolRef]:
    """The conditions that keep a constant within its domain; none where the bits allow nothing else."""
    if isinstance(domain, Boolean):
        return []
    low, high, bits = domain.low, domain.high, vector.size()
    if low >= 0:
        above = [z3.UGE(vector, low)] if low > 0 else []
        return above + ([z3.ULE(vector, high)] if high < 2**bits - 1 else [])
    above = [vector >= low] if low > -(2 ** (bits - 1)) else []
    return above + ([vector <= high] if high < 2 ** (bits - 1) - 1 else [])


def number(value: z3.ExprRef, domain: Domain) -> int:
    """The number that a value of a model stands for."""
    if isinstance(domain, Boolean):
        return int(z3.is_true(value))
    return int(value.as_signed_long() if domain.low < 0 else value.as_long())


@dataclass(frozen=True)
class _Vector:
    bits: z3.ExprRef
    signed: bool

    def extended(self, size: int) -> z3.ExprRef:
        """The same number in more bits."""
        more = size - self.bits.size()
        if more == 0:
            return self.bits
        return z3.SignExt(more, self.bits) if self.signed else z3.ZeroExt(more, self.bits)


_LOGIC: Mapping[str, Callable[[list[z3.BoolRef]], z3.BoolRef]] = {
    "and": lambda o: z3.And(*o),
    "or": lambda o: z3.Or(*o),
    "not": lambda o: z3.Not(o[0]),
    "implies": lambda o: z3.Implies(o[0], o[1]),
    "xor": lambda o: z3.Xor(o[0], o[1]),
    "eq": lambda o: o[0] == o[1],
    "distinct": lambda o: z3.Distinct(*o),
    "if": lambda o: z3.If(o[0], o[1], o[2]),
}
_UNSIGNED = {"eq": lambda a, b: a == b, "lt": z3.ULT, "le": z3.ULE, "gt": z3.UGT, "ge": z3.UGE}
_SIGNED = {
    "eq": lambda a, b: a == b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}
_FOLDED: Mapping[str, Callable[[z3.ExprRef, z3.ExprRef], z3.ExprRef]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
}


class BitTranslator:
    """Translates terms, sharing what they share.

    Args:
        domains: of every variable (plain and primed) and parameter that a term may mention, by name.
    """

    def __init__(self, domains: Mapping[str, Domain]) -> None:
        self._domains = domains
        self._dag = Dag()
        self._known = {name: Interval(domain.low, domain.high) for name, domain in domains.items()}
        self._intervals: dict[int, Interval] = {}
        self._done: dict[int, z3.BoolRef | _Vector] = {}

    def __call__(self, term: z3.ExprRef) -> z3.ExprRef:
        """The term over Booleans and bit vectors; an integer comes out in the width of its own interval."""
        result = self._translated(self._dag.add(term))
        return result.bits if isinstance(result, _Vector) else result

    def equal(self, vector: z3.ExprRef, domain: Domain, term: z3.ExprRef) -> z3.BoolRef:
        """The condition that a constant of a domain has the value of a term."""
        value = self._translated(self._dag.add(term))
        if not isinstance(value, _Vector):
            return vector == value
        return _compared("eq", [_Vector(vector, domain.low < 0), value])

    def _translated(self, root: int) -> z3.BoolRef | _Vector:
        if len(self._intervals) < len(self._dag.nodes):
            missing = {node.name for node in self._dag.nodes.values() if node.operator == "constant"} - set(self._known)
            if missing:
                raise DeclarationError(f"a term mentions {', '.join(sorted(missing))}, whose domain is not known")
            self._intervals = intervals(self._dag, self._known)
        for key in self._dag.reached([root]):
            if key not in self._done:
                self._done[key] = self._node(self._dag.nodes[key], self._intervals[key])
        return self._done[root]

    def _node(self, node: Node, interval: Interval) -> z3.BoolRef | _Vector:
        signed = interval.low < 0
        if node.operator == "literal":
            if node.boolean:
                return z3.BoolVal(bool(node.value))
            return _Vector(z3.BitVecVal(node.value, width(interval)), signed)
        if node.operator == "constant":
            made = constant(node.name, self._domains[node.name])
            return made if node.boolean else _Vector(made, signed)
        operands = [self._done[child] for child in node.children]
        vectors = [operand for operand in operands if isinstance(operand, _Vector)]
        if not vectors:
            return _LOGIC[node.operator](operands)
        if node.boolean:
            return _compared(node.operator, vectors)
        return _Vector(_computed(node.operator, operands, width(interval)), signed)


def _compared(operator: str, vectors: list[_Vector]) -> z3.BoolRef:
    signed = any(vector.signed for vector in vectors)
    # An unsigned operand among signed ones needs a zero above its highest bit.
    size = max(vector.bits.size() + (signed and not vector.signed) for vector in vectors)
    bits = [vector.extended(size) for vector in vectors]
    if operator == "distinct":
        return z3.Distinct(*bits)
    return (_SIGNED if signed else _UNSIGNED)[operator](bits[0], bits[1])


def _computed(operator: str, operands: list[z3.BoolRef | _Vector], size: int) -> z3.ExprRef:
    # Arithmetic modulo 2**n is right as soon as the result fits, so operands that are wider may be cut.
    def fitted(vector: _Vector) -> z3.ExprRef:
        return vector.extended(size) if vector.bits.size() <= size else z3.Extract(size - 1, 0, vector.bits)

    vectors = [fitted(operand) for operand in operands if isinstance(operand, _Vector)]
    if operator == "if":
        return z3.If(operands[0], vectors[0], vectors[1])
    if operator == "minus":
        return -vectors[0]
    result = vectors[0]
    for vector in vectors[1:]:
        result = _FOLDED[operator](result, vector)
    return result
