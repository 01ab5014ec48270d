"""Terms over many valuations at once: a walk over the nodes with NumPy, for terms that are not worth generating code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np

from cwmpcheck.compile.dag import Dag

_WALK: Mapping[str, Callable[[list[Any]], Any]] = {
    "and": lambda o: reduce(np.bitwise_and, o, np.True_),
    "or": lambda o: reduce(np.bitwise_or, o, np.False_),
    "not": lambda o: ~o[0],
    "implies": lambda o: ~o[0] | o[1],
    "xor": lambda o: o[0] ^ o[1],
    "eq": lambda o: o[0] == o[1],
    "distinct": lambda o: reduce(np.bitwise_and, (a != b for i, a in enumerate(o) for b in o[i + 1 :]), np.True_),
    "lt": lambda o: o[0] < o[1],
    "le": lambda o: o[0] <= o[1],
    "gt": lambda o: o[0] > o[1],
    "ge": lambda o: o[0] >= o[1],
    "add": lambda o: reduce(np.add, o, np.int64(0)),
    "sub": lambda o: reduce(np.subtract, o),
    "mul": lambda o: reduce(np.multiply, o, np.int64(1)),
    "minus": lambda o: -o[0],
    "if": lambda o: np.where(o[0], o[1], o[2]),
}


class Columns:
    """The values of terms, each computed once.

    Args:
        dag: where the terms are.
        constants: the column, or the one number, of each variable and parameter by name, of the type of its domain.
        known: columns of terms that are known already, by node.
    """

    def __init__(
        self, dag: Dag, constants: Mapping[str, Any] | Callable[[str], Any], known: Mapping[int, Any] | None = None
    ) -> None:
        self._dag = dag
        self._constant = constants if callable(constants) else constants.__getitem__
        self._known: dict[int, Any] = dict(known or {})

    def __getitem__(self, root: int) -> Any:
        """The column of a term, or one number where it is everywhere the same."""
        known, nodes = self._known, self._dag.nodes
        stack = [root]
        while stack:
            key = stack[-1]
            if key in known:
                stack.pop()
                continue
            node = nodes[key]
            missing = [child for child in node.children if child not in known]
            if missing:
                stack += missing
                continue
            stack.pop()
            if node.operator == "constant":
                known[key] = self._constant(node.name)
            elif node.operator == "literal":
                known[key] = np.bool_(node.value) if node.boolean else np.int64(node.value)
            else:
                known[key] = _WALK[node.operator]([known[child] for child in node.children])
        return known[root]
