"""What a system's guards are good for: a guard that never alone prevents its action may as well be dropped."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from cwmpcheck.compile import valuation
from cwmpcheck.compile.coverage import alone_false
from cwmpcheck.compile.search import Bounds
from cwmpcheck.compile.searching import BackendName, open_search
from cwmpcheck.engines.explore import Limits, ReachableOverflow, drive
from cwmpcheck.engines.paths import path_through
from cwmpcheck.kernel import System, Value


@dataclass(frozen=True)
class GuardCoverage:
    """How often each guard alone stood in the way.

    Attributes:
        alone: in how many states each guard was the only false one of its action, by the action's name and the
            guard's position.
        states: how many states were looked at.
        exhausted: whether these were all reachable states.
    """

    alone: Mapping[tuple[str, int], int]
    states: int
    exhausted: bool

    @property
    def idle(self) -> list[tuple[str, int]]:
        """The guards that never were; over all reachable states, dropping one changes nothing that can happen."""
        return [guard for guard, count in self.alone.items() if not count]


def guard_coverage(
    system: System,
    parameters: Mapping[str, Value] | None = None,
    *,
    backend: BackendName | Literal["auto"] = "auto",
    limits: Limits | None = None,
) -> GuardCoverage:
    """In how many reachable states each guard was the only false one of its action.

    Raises ReachableOverflow when a reachable step would take a variable out of its domain.
    """
    limits = limits or Limits()
    room = None if limits.megabytes is None else int(limits.megabytes * 2**20)
    numbers = valuation(system, parameters)
    _, search = open_search(system, numbers, backend, Bounds(limits.states, room))
    try:
        tally, _ = drive(search, limits.seconds, time.monotonic(), None)
        if tally.overflow is not None:
            source, _, overflow = tally.overflow
            raise ReachableOverflow(overflow, path_through(system, search.run(source), parameters))
        alone = alone_false(system, numbers, search.packed())
        return GuardCoverage(alone, tally.states, tally.over and tally.stopped is None)
    finally:
        search.close()
