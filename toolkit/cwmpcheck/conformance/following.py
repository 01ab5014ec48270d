"""Following a trace on the model: the set of states that could have shown it, one observation after the other.

Time-abstract: a timer may be due or not. Steps that the trace does not show (the ACS's own, the network's, power, time, and the fetches
where the capture has no file server) are closed over. Sets are determinised lazily and kept, so a fleet of like traces runs at
the speed of a dictionary. Where no state could have shown an observation, the nearest one tells which guard was false; the step
is then forced, so that following goes on behind the divergence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from cwmpcheck.compile.python import PythonBackend, compile_python, evaluator
from cwmpcheck.conformance.findings import Because
from cwmpcheck.conformance.observing import FieldValue, Seen
from cwmpcheck.kernel import DomainOverflow, System, Value, compose
from cwmpcheck.kernel.monitor import constants
from cwmpcheck.protocol import Kind, Upgrade
from cwmpcheck.protocol.observation import FIRST_KEY, INTERNAL, MOST_RETRIES, NO_KEY
from cwmpcheck.protocol.scenarios import PARAMETERS, PARTIES

State = tuple[int, ...]
States = frozenset[State]

VANTAGE = "cpe"
FETCHES = (Kind.FETCH_BEGINS, Kind.FETCH_ENDS)

COMPARED: Mapping[Kind, tuple[str, ...]] = {
    Kind.INFORM: ("transfer_complete", "m_download", "key", "boot", "retry", "updated"),
    Kind.INFORM_RESPONSE: ("hold",),
    Kind.DOWNLOAD: ("delayed", "hold"),
    Kind.ACS_REQUEST: ("hold",),
    Kind.DOWNLOAD_RESPONSE: ("status",),
    Kind.TRANSFER_COMPLETE: ("key", "success"),
    Kind.FETCH_ENDS: ("success",),
}
"""The fields in which an observation and a step of the model must agree; the others the model does not decide."""


@dataclass(frozen=True)
class Diverged:
    """Where no state of the model could have shown an observation.

    Attributes:
        index: number of the observation.
        because: the false guard of the nearest step, or None where the model has no such step at all.
        mend: what would let the trace go on.
    """

    index: int
    because: Because | None
    mend: str


@dataclass(frozen=True)
class Following:
    """How far a trace could be followed.

    Attributes:
        followed: observations that some state could have shown.
        divergences: in order.
        largest: size of the largest set of states.
    """

    followed: int
    divergences: tuple[Diverged, ...]
    largest: int


@cache
def _system() -> System:
    """Every action of the protocol in one system: what a trace may show is not known beforehand."""
    return compose("following", Upgrade, PARTIES, parameters=PARAMETERS)


@dataclass(frozen=True)
class _Showing:
    """One action that shows something at the vantage, with its fields as functions of the state."""

    number: int
    kind: Kind
    fields: Mapping[str, object]


class Follower:
    """A deterministic view of the model for one choice of parameters.

    Args:
        parameters: readings and ``needs_reboot``; the ACS is free to ask what and when it likes.
        fetches_seen: whether the trace shows the transfers of files.
    """

    def __init__(self, parameters: Mapping[str, Value], *, fetches_seen: bool) -> None:
        self._system = _system()
        self._chosen = {**parameters, "free_acs": True}
        self._backend: PythonBackend = compile_python(self._system, self._chosen)
        self._shown: dict[Kind, list[_Showing]] = {}
        self._silent: set[int] = set()
        for number, action in enumerate(self._system.actions):
            shown = action.shown_at(VANTAGE)
            kind = shown.kind if shown is not None else None
            hidden = kind in INTERNAL or (kind in FETCHES and not fetches_seen)
            if shown is None or not isinstance(kind, Kind) or hidden:
                self._silent.add(number)
                continue
            fields = {n: evaluator(self._system, t, self._chosen) for n, t in shown.fields.items() if n in COMPARED.get(kind, ())}
            self._shown.setdefault(kind, []).append(_Showing(number, kind, fields))
        self._closures: dict[States, States] = {}
        self._steps: dict[tuple[States, object], States] = {}

    def start(self) -> States:
        """Where a trace may begin: no session, no transfer, any RetryCount, any event pending."""
        index, initial = self._system.index, list(self._backend.initial())
        states = []
        for retry in range(MOST_RETRIES + 1):
            for boot in (0, 1):
                initial[index["cpe.retry"]], initial[index["cpe.boot_event"]] = retry, boot
                states.append(tuple(initial))
        return self.closed(frozenset(states))

    def closed(self, states: States) -> States:
        """The states, and all that are reached from them by steps that the trace does not show."""
        known = self._closures.get(states)
        if known is not None:
            return known
        found, todo = set(states), list(states)
        while todo:
            state = todo.pop()
            for action in self._backend.enabled(state):
                if action in self._silent:
                    after = self._backend.successor(state, action)
                    if after not in found:
                        found.add(after)
                        todo.append(after)
        closure = frozenset(found)
        self._closures[states] = closure
        return closure

    def step(self, states: States, seen: Seen) -> States:
        """The states after the observation; empty when none of them could have shown it."""
        key = (states, _signature(seen))
        if key not in self._steps:
            after = set()
            for showing in self._shown.get(seen.kind, ()):
                for state in states:
                    if _agrees(showing, state, seen) and all(self._backend.guards(state, showing.number)):
                        after.add(self._backend.successor(state, showing.number))
            self._steps[key] = self.closed(frozenset(after)) if after else frozenset()
        return self._steps[key]

    def nearest(self, states: States, seen: Seen) -> tuple[Because | None, States]:
        """The least that was wrong: the false guard or field of the nearest step, and the states after forcing it."""
        best: tuple[int, Because | None] = (10**6, None)
        forced: set[State] = set()
        for showing in self._shown.get(seen.kind, ()):
            for state in states:
                cost, because = self._distance(showing, state, seen)
                if cost > best[0]:
                    continue
                after = self._forced(state, showing.number)
                if cost < best[0]:
                    forced = set()
                    best = (cost, because)
                forced |= after
        return best[1], self.closed(frozenset(forced)) if forced else frozenset()

    def _forced(self, state: State, action: int) -> set[State]:
        try:
            return {self._backend.successor(state, action)}
        except DomainOverflow:
            return set()

    def _distance(self, showing: _Showing, state: State, seen: Seen) -> tuple[int, Because]:
        action = self._system.actions[showing.number]
        false = [g for g, holds in zip(action.guards, self._backend.guards(state, showing.number), strict=True) if not holds]
        wrong = _disagreements(showing, state, seen)
        if false:
            guard = false[0]
            return len(false) + len(wrong), Because(guard.reason, guard.rule, self._values(constants(guard.term), state))
        name, expected = wrong[0] if wrong else ("", "")
        reason = f"{seen.kind.value} with {name} = {expected}"
        return len(wrong), Because(reason, None, {name: f"{expected} expected, {seen.fields.get(name)} seen"})

    def _values(self, names: Iterable[str], state: State) -> dict[str, str]:
        shown = self._system.show(state)
        return {name: shown[name] for name in sorted(names) if name in shown}


def _signature(seen: Seen) -> object:
    return tuple((n, seen.fields.get(n)) for n in ("kind", *COMPARED.get(seen.kind, ())) if n not in seen.open_ended)


def _same(name: str, shown: int, wanted: FieldValue) -> bool:
    if name == "key":
        # The model's keys are symbols too: which of them stands for the slice's is of no account.
        return (shown != NO_KEY) == (wanted == FIRST_KEY) and wanted in (FIRST_KEY, NO_KEY)
    return shown == int(wanted) if not isinstance(wanted, Kind) else False


def _disagreements(showing: _Showing, state: State, seen: Seen) -> list[tuple[str, str]]:
    wrong = []
    for name, value in showing.fields.items():
        if name in seen.open_ended:
            continue
        shown = value(state)  # type: ignore[operator]  # an evaluator: State -> int
        if not _same(name, shown, seen.fields.get(name, 0)):
            wrong.append((name, str(shown)))
    return wrong


def _agrees(showing: _Showing, state: State, seen: Seen) -> bool:
    return not _disagreements(showing, state, seen)


def follow(observations: Sequence[Seen], followers: Sequence[Follower]) -> Following:
    """Follow a trace on several variants at once: it conforms as long as one of them could have shown it.

    Args:
        observations: as made at the CPE's end.
        followers: one for each variant that is open, such as whether the image needs a reboot.
    """
    sets = [follower.start() for follower in followers]
    divergences: list[Diverged] = []
    followed = largest = 0
    for index, seen in enumerate(observations):
        if seen.kind in INTERNAL:
            continue
        after = [f.step(states, seen) if states else states for f, states in zip(followers, sets, strict=True)]
        if any(after):
            followed += 1
        else:
            near = [f.nearest(states, seen) for f, states in zip(followers, sets, strict=True)]
            because, after = _mended(near, sets)
            divergences.append(Diverged(index, because, _mend(because, seen)))
        sets = after
        largest = max(largest, *(len(states) for states in sets))
    return Following(followed, tuple(divergences), largest)


def _mended(near: Sequence[tuple[Because | None, States]], before: Sequence[States]) -> tuple[Because | None, list[States]]:
    because = next((reason for reason, _ in near if reason is not None), None)
    after = [states for _, states in near]
    # Where the model has no such step at all the observation is passed over.
    return because, after if any(after) else list(before)


def _mend(because: Because | None, seen: Seen) -> str:
    if because is None:
        return f"the model shows no {seen.kind.value} here at all; it was passed over"
    return f"as if it held that {because.guard}"
