"""Every reachable state, breadth first: what occurs, by which shortest run, and what never does.

The search itself is a back end's (``cwmpcheck.compile``): generated C, else NumPy, else plain Python. They count
alike, so a figure does not depend on the machine. It runs in slices, between which limits are kept, progress is
told and Ctrl-C is heard.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from cwmpcheck.compile import State, valuation
from cwmpcheck.compile.search import Bounds, Hit, Search, Tally
from cwmpcheck.compile.searching import BackendName, open_search
from cwmpcheck.engines.paths import path_through
from cwmpcheck.engines.verdicts import Path
from cwmpcheck.kernel import DeclarationError, DomainOverflow, System, Value

SLICE_SECONDS = 0.1
"""How long the search runs before Python looks up again: short enough that Ctrl-C feels immediate."""

TIME = "the limit on time was reached"


@dataclass(frozen=True)
class Limits:
    """What an exploration must not exceed; None is no limit.

    Attributes:
        states: distinct states.
        seconds: wall-clock time of the search.
        megabytes: memory that the search's own tables take.
    """

    states: int | None = None
    seconds: float | None = None
    megabytes: float | None = None


@dataclass(frozen=True)
class Progress:
    """How far a search has come: distinct states, transitions, steps from the initial state, seconds."""

    states: int
    transitions: int
    depth: int
    seconds: float


@dataclass(frozen=True)
class Exploration:
    """What an exploration found.

    Attributes:
        states: distinct states.
        transitions: enabled actions over all states, self loops too.
        depth: how many steps the farthest state is away.
        seconds: time of the search, without compiling.
        exhausted: whether every reachable state was seen; without that, absence proves nothing.
        stopped_because: why not, or None.
        occurrences: a shortest run to the first sighting of each watch that occurred.
        fired: how often each action was taken, by name.
        deadlocks: states in which no action is enabled.
        deadlock_path: a shortest run to one, or None.
        backend: which back end searched.
        peak_megabytes: memory that the search's tables took.
    """

    states: int
    transitions: int
    depth: int
    seconds: float
    exhausted: bool
    stopped_because: str | None
    occurrences: Mapping[str, Path]
    fired: Mapping[str, int]
    deadlocks: int
    deadlock_path: Path | None
    backend: str
    peak_megabytes: float

    @property
    def never_fired(self) -> list[str]:
        """The actions that were never taken: a scenario that leaves some out proves less than it seems."""
        return [name for name, count in self.fired.items() if not count]


class ReachableOverflow(DomainOverflow):
    """A reachable step would take a variable out of its domain; ``path`` leads to the state before that step."""

    def __init__(self, overflow: DomainOverflow, path: Path) -> None:
        super().__init__(overflow.action, overflow.variable, overflow.value, overflow.low, overflow.high)
        self.path = path


def explore(
    system: System,
    parameters: Mapping[str, Value] | None = None,
    *,
    backend: BackendName | Literal["auto"] = "auto",
    limits: Limits | None = None,
    stop_at: frozenset[str] = frozenset(),
    progress: Callable[[Progress], None] | None = None,
) -> Exploration:
    """Search all reachable states breadth first.

    Args:
        system: what to explore, with its watches.
        parameters: chosen values of parameters; the others have their defaults.
        backend: ``native`` (generated C), ``numpy``, ``python``, or ``auto``: native where there is a compiler.
        limits: what not to exceed.
        stop_at: names of watches; the search is over when one of them occurs.
        progress: called about ten times a second.

    Raises:
        ReachableOverflow: when a reachable step would take a variable out of its domain.
        DeclarationError: for unknown names of parameters or watches.
    """
    limits = limits or Limits()
    unknown = stop_at - {watch.name for watch in system.watches}
    if unknown:
        raise DeclarationError(f"system {system.name} has no watch {', '.join(sorted(unknown))} to stop at")
    room = None if limits.megabytes is None else int(limits.megabytes * 2**20)
    bounds = Bounds(limits.states, room, stop_at)
    name, search = open_search(system, valuation(system, parameters), backend, bounds)
    try:
        started = time.monotonic()
        tally, timed_out = drive(search, limits.seconds, started, progress)
        seconds = time.monotonic() - started
        if tally.overflow is not None:
            source, _, overflow = tally.overflow
            raise ReachableOverflow(overflow, path_through(system, search.run(source), parameters))
        trails = _Trails(system, parameters, search)
        return Exploration(
            states=tally.states,
            transitions=tally.transitions,
            depth=tally.depth,
            seconds=seconds,
            exhausted=tally.over and tally.stopped is None,
            stopped_because=TIME if timed_out else tally.stopped,
            occurrences={watch: trails.to(hit) for watch, hit in tally.hits.items()},
            fired={action.name: int(n) for action, n in zip(system.actions, tally.fired, strict=True)},
            deadlocks=tally.deadlocks,
            deadlock_path=None if tally.deadlock is None else trails.to(Hit(tally.deadlock, None)),
            backend=name,
            peak_megabytes=tally.bytes / 2**20,
        )
    finally:
        search.close()


def drive(
    search: Search, seconds: float | None, started: float, progress: Callable[[Progress], None] | None
) -> tuple[Tally, bool]:
    """Run a search in slices to its end or for so many seconds; also says whether the time was up."""
    while True:
        spent = time.monotonic() - started
        left = SLICE_SECONDS if seconds is None else min(SLICE_SECONDS, max(0.0, seconds - spent))
        tally = search.advance(left)
        spent = time.monotonic() - started
        if progress is not None:
            progress(Progress(tally.states, tally.transitions, tally.depth, spent))
        if tally.over:
            return tally, False
        if seconds is not None and spent >= seconds:
            return tally, True


class _Trails:
    """Paths to sightings; many watches are first seen at one state, and a path is long, so they are shared."""

    def __init__(self, system: System, parameters: Mapping[str, Value] | None, search: Search) -> None:
        self._system = system
        self._parameters = parameters
        self._search = search
        self._known: dict[Hit, Path] = {}

    def to(self, hit: Hit) -> Path:
        """The path to a sighting, with the step on which it occurred."""
        if hit not in self._known:
            self._known[hit] = self._built(hit, self._search.run(hit.state))
        return self._known[hit]

    def _built(self, hit: Hit, states: list[State]) -> Path:
        if hit.action is None:
            return path_through(self._system, states, self._parameters)
        return path_through(self._system, states, self._parameters, last=hit.action)
