"""Which guards ever stood alone between an action and its happening."""

from __future__ import annotations

import numpy as np

from cwmpcheck.compile.native import sole_false
from cwmpcheck.compile.numpy import program_of
from cwmpcheck.compile.search import Numbers
from cwmpcheck.compile.toolchain import NoCompiler
from cwmpcheck.kernel import System

ROWS = 1 << 15


def alone_false(system: System, parameters: tuple[int, ...], packed: Numbers) -> dict[tuple[str, int], int]:
    """In how many packed states each guard was the only false one of its action.

    Args:
        system: whose guards and states they are.
        parameters: the number of each parameter.
        packed: states as rows of words, from ``Search.packed``.

    Returns:
        The count for each guard, by the action's name and the guard's position.
    """
    try:
        counts = sole_false(system, parameters, packed)
    except NoCompiler:
        counts = _counted(system, parameters, packed)
    return {
        (action.name, place): int(counts[number, place])
        for number, action in enumerate(system.actions)
        for place in range(len(action.guards))
    }


def _counted(system: System, parameters: tuple[int, ...], packed: Numbers) -> Numbers:
    program = program_of(system)
    constants = program.constants(parameters)
    most = max((len(action.guards) for action in system.actions), default=0)
    counts = np.zeros((len(system.actions), most + 1), dtype=np.int64)
    for start in range(0, len(packed), ROWS):
        columns = program.unpacked(packed[start : start + ROWS])
        for number, step in enumerate(program.steps):
            wrong = [~np.broadcast_to(truth, len(columns.rows)) for truth in step.guards(columns, constants)]
            alone = sum((row.astype(np.int64) for row in wrong), np.zeros(len(columns.rows), dtype=np.int64)) == 1
            for place, row in enumerate(wrong):
                counts[number, place] += int((row & alone).sum())
    return counts
