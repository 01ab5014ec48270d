"""Terms read once from z3 into plain nodes, which every printer then walks without asking z3 again.

Each question to z3 costs microseconds, a term is asked many, and a system is printed several times (Python, C,
NumPy). A ``Dag`` holds the z3 terms that it was given, since a node is known by z3's id of it, and z3 gives the id
of a dead term to another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import NamedTuple, TypeVar

import z3

from cwmpcheck.kernel import DeclarationError, System

OPERATORS = {
    z3.Z3_OP_AND: "and",
    z3.Z3_OP_OR: "or",
    z3.Z3_OP_NOT: "not",
    z3.Z3_OP_IMPLIES: "implies",
    z3.Z3_OP_XOR: "xor",
    z3.Z3_OP_IFF: "eq",
    z3.Z3_OP_EQ: "eq",
    z3.Z3_OP_DISTINCT: "distinct",
    z3.Z3_OP_LT: "lt",
    z3.Z3_OP_LE: "le",
    z3.Z3_OP_GT: "gt",
    z3.Z3_OP_GE: "ge",
    z3.Z3_OP_ADD: "add",
    z3.Z3_OP_SUB: "sub",
    z3.Z3_OP_MUL: "mul",
    z3.Z3_OP_UMINUS: "minus",
    z3.Z3_OP_ITE: "if",
}
"""The names of the operators that terms may use. Literals are ``literal``, variables and parameters ``constant``."""


class Node(NamedTuple):
    """One node of a term.

    Attributes:
        operator: a name of ``OPERATORS``, or ``literal``, or ``constant``.
        children: the ids of its operands.
        boolean: whether it is a truth value.
        value: the number of a literal, a truth value being 0 or 1.
        name: the name of a constant.
    """

    operator: str
    children: tuple[int, ...]
    boolean: bool
    value: int = 0
    name: str = ""


class Dag:
    """Nodes by id, children always before their parents in ``nodes``.

    >>> dag = Dag()
    >>> root = dag.add(z3.Int("due") > 0)
    >>> dag.nodes[root].operator
    'gt'
    """

    def __init__(self) -> None:
        self.nodes: dict[int, Node] = {}
        self._held: list[z3.ExprRef] = []

    def add(self, term: z3.ExprRef) -> int:
        """The id of a term, read in with all that it is made of.

        Raises DeclarationError for an operator that the term language does not have.
        """
        root: int = term.get_id()
        if root in self.nodes:
            return root
        self._held.append(term)
        stack: list[tuple[z3.ExprRef, int, list[z3.ExprRef] | None]] = [(term, root, None)]
        while stack:
            node, key, children = stack.pop()
            if key in self.nodes:
                continue
            if children is None:
                children = node.children()
                stack.append((node, key, children))
                stack.extend((child, child.get_id(), None) for child in children)
            else:
                self.nodes[key] = _node(node, tuple(child.get_id() for child in children))
        return root

    def add_all(self, terms: Iterable[z3.ExprRef]) -> list[int]:
        """The ids of several terms."""
        return [self.add(term) for term in terms]

    def reached(self, roots: Sequence[int]) -> dict[int, int]:
        """How often each node is used by the terms ``roots`` (a root counts as a use), children first."""
        uses: dict[int, int] = {}
        order: dict[int, int] = {}
        stack = [(root, False) for root in reversed(roots)]
        for root in roots:
            uses[root] = uses.get(root, 0) + 1
        while stack:
            key, done = stack.pop()
            if done:
                order.setdefault(key, 0)
            elif key not in order:
                stack.append((key, True))
                stack.extend((child, False) for child in self.nodes[key].children if child not in order)
        for key in order:
            for child in self.nodes[key].children:
                uses[child] = uses.get(child, 0) + 1
        return {key: uses[key] for key in order}


def _node(term: z3.ExprRef, children: tuple[int, ...]) -> Node:
    kind = term.decl().kind()
    boolean = bool(z3.is_bool(term))
    operator = OPERATORS.get(kind)
    if operator is not None:
        return Node(operator, children, boolean)
    if kind in (z3.Z3_OP_TRUE, z3.Z3_OP_FALSE):
        return Node("literal", (), True, value=int(kind == z3.Z3_OP_TRUE))
    if z3.is_int_value(term):
        return Node("literal", (), False, value=term.as_long())
    if kind == z3.Z3_OP_UNINTERPRETED and not children and (boolean or z3.is_int(term)):
        return Node("constant", (), boolean, name=term.decl().name())
    raise DeclarationError(
        f"the term {term} uses {term.decl().name()!r}, which no back end can execute: "
        "use truth values, integers, comparisons, + - *, and choose()"
    )


T = TypeVar("T")


def once_per_system(build: Callable[[System], T]) -> Callable[[System], T]:
    """Remember what ``build`` made of a system for as long as that system lives.

    It is kept with the system itself, beside its cached properties: a system holds dictionaries, so it cannot be a
    key, and what is made of it often refers to it, so a table elsewhere would keep both alive for ever.
    """
    place = f"_made_by_{build.__module__}.{build.__qualname__}"

    @wraps(build)
    def remembered(system: System) -> T:
        if place not in vars(system):
            vars(system)[place] = build(system)
        made: T = vars(system)[place]
        return made

    return remembered


@once_per_system
def dag_of(system: System) -> Dag:
    """The nodes of every guard, update and watch of a system."""
    dag = Dag()
    for action in system.actions:
        dag.add_all(guard.term for guard in action.guards)
        dag.add_all(update.expr for update in action.updates.values())
    for watch in system.watches:
        dag.add_all([] if watch.state is None else [watch.state])
        dag.add_all(watch.step.values())
    return dag
