"""Every reachable state, breadth first: what occurs, by which shortest run, and what never does.

The search itself is a back end's (``cwmpcheck.compile``): move tables, generated C, NumPy, plain Python. They count
alike, so a figure does not depend on the machine. It runs in slices, between which limits are kept, progress is
told and Ctrl-C is heard.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Literal

import z3

from cwmpcheck.compile import valuation
from cwmpcheck.compile.dag import once_per_system
from cwmpcheck.compile.saving import fingerprint, load
from cwmpcheck.compile.saving import save as put_aside
from cwmpcheck.compile.search import Bounds, Hit, Search, Tally
from cwmpcheck.compile.searching import BackendName, open_search
from cwmpcheck.engines.interrupts import deferred_interrupt
from cwmpcheck.engines.trails import Trails
from cwmpcheck.engines.verdicts import Path
from cwmpcheck.kernel import DeclarationError, DomainOverflow, System, Value, Watch

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
        broken_claims: a shortest run to a state that refutes each auxiliary claim of the system that is false.
        candidates: how many states the tables' over-approximation has, where the search was by tables.
        saved: the file in which the search was put aside, or None.
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
    broken_claims: Mapping[str, Path] = field(default_factory=dict)
    candidates: int | None = None
    saved: FilePath | None = None

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
    symmetry: bool = False,
    progress: Callable[[Progress], None] | None = None,
    save: FilePath | None = None,
    resume: FilePath | None = None,
) -> Exploration:
    """Search all reachable states breadth first; the system's auxiliary claims are checked on the way.

    Args:
        system: what to explore, with its watches.
        parameters: chosen values of parameters; the others have their defaults.
        backend: ``tables`` (move tables and a bitmap), ``native`` (generated C), ``numpy``, ``python``, or ``auto``:
            tables where the system has loosely coupled components, else native where there is a compiler.
        limits: what not to exceed.
        stop_at: names of watches; the search is over when one of them occurs.
        symmetry: whether states that differ only in the order of the system's interchangeable parts count as one.
        progress: called about ten times a second.
        save: where to put the search aside when the time is up or Ctrl-C is pressed.
        resume: a search that was put aside, of the same system, to go on with; by any back end.

    Raises:
        ReachableOverflow: when a reachable step would take a variable out of its domain.
        DeclarationError: for unknown names of parameters or watches, and for parts that are not interchangeable.
        NotResumable: when the file to resume from is none, or one of another system.
    """
    limits = limits or Limits()
    unknown = stop_at - {watch.name for watch in system.watches}
    if unknown:
        raise DeclarationError(f"system {system.name} has no watch {', '.join(sorted(unknown))} to stop at")
    room = None if limits.megabytes is None else int(limits.megabytes * 2**20)
    bounds = Bounds(limits.states, room, stop_at, symmetry=symmetry)
    watching, numbers = with_claims(system), valuation(system, parameters)
    mark = fingerprint(watching, numbers, symmetry=symmetry) if save or resume else ""
    before = None if resume is None else load(resume, mark)
    name, search = open_search(watching, numbers, backend, bounds)
    try:
        if before is not None:
            search.restore(before)
        started = time.monotonic()
        with deferred_interrupt(wanted=save is not None) as interrupted:
            tally, timed_out = drive(search, limits.seconds, started, progress, interrupted)
            seconds = time.monotonic() - started
            if save is not None and not tally.over:
                put_aside(save, search.snapshot(), mark)
        if tally.overflow is not None:
            source, _, overflow = tally.overflow
            raise ReachableOverflow(overflow, Trails(watching, parameters, search, symmetry).to("", Hit(source, None)))
        trails = Trails(watching, parameters, search, symmetry)
        seen = {watch: trails.to(watch, hit) for watch, hit in tally.hits.items()}
        return Exploration(
            states=tally.states,
            transitions=tally.transitions,
            depth=tally.depth,
            seconds=seconds,
            exhausted=tally.over and tally.stopped is None,
            stopped_because=TIME if timed_out else tally.stopped,
            occurrences={watch: path for watch, path in seen.items() if not watch.startswith(CLAIM)},
            fired={action.name: int(n) for action, n in zip(system.actions, tally.fired, strict=True)},
            deadlocks=tally.deadlocks,
            deadlock_path=None if tally.deadlock is None else trails.to("", Hit(tally.deadlock, None)),
            backend=name,
            peak_megabytes=tally.bytes / 2**20,
            broken_claims={watch.removeprefix(CLAIM): path for watch, path in seen.items() if watch.startswith(CLAIM)},
            candidates=tally.candidates,
            saved=save if not tally.over else None,
        )
    finally:
        search.close()


CLAIM = "not the claim "
"""How the watch on the negation of an auxiliary claim is called."""


def with_claims(system: System) -> System:
    """The system looking out for the negation of each of its auxiliary claims as well."""
    # Without claims it is the same object, with all that was already made of it.
    return _watching_claims(system) if system.auxiliary else system


@once_per_system
def _watching_claims(system: System) -> System:
    return system.with_watches(Watch(CLAIM + name, state=z3.Not(claim)) for name, claim in system.auxiliary.items())


def drive(
    search: Search,
    seconds: float | None,
    started: float,
    progress: Callable[[Progress], None] | None,
    interrupted: Callable[[], bool] = lambda: False,
) -> tuple[Tally, bool]:
    """Run a search in slices to its end, for so many seconds, or to an interrupt; also says whether the time was up."""
    while True:
        spent = time.monotonic() - started
        left = SLICE_SECONDS if seconds is None else min(SLICE_SECONDS, max(0.0, seconds - spent))
        tally = search.advance(left)
        spent = time.monotonic() - started
        if progress is not None:
            progress(Progress(tally.states, tally.transitions, tally.depth, spent))
        if tally.over or interrupted():
            return tally, False
        if seconds is not None and spent >= seconds:
            return tally, True
