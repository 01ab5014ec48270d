"""Following a trace on the model: the set of states that could have shown it, one observation after the other.

Time-abstract: a timer may be due or not. Steps that the trace does not show (the ACS's own, the network's, power, time, and the
fetches where the capture has no file server) are closed over. Sets are determinised lazily and kept, so a fleet of
like traces runs at the speed of a dictionary.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import z3

from cwmpcheck.compile.python import PythonBackend, compile_python, evaluator
from cwmpcheck.conformance.findings import Because
from cwmpcheck.conformance.letters import FieldValue, Letter
from cwmpcheck.conformance.reasons import differing
from cwmpcheck.conformance.vantages import Vantage
from cwmpcheck.kernel import Action, DomainOverflow, Shown, System, Value, compose
from cwmpcheck.kernel.monitor import constants
from cwmpcheck.protocol import Kind, Upgrade
from cwmpcheck.protocol.observation import CPE_POSTS, FIRST_KEY, INTERNAL, MOST_RETRIES, NO_KEY
from cwmpcheck.protocol.scenarios import PARAMETERS, PARTIES
from cwmpcheck.protocol.state import Phase

State = tuple[int, ...]
States = frozenset[State]
Reasons = tuple[Because, ...]

FETCHES = (Kind.FETCH_BEGINS, Kind.FETCH_ENDS)
LOSES_POST = "lose_post"
BETWEEN_SESSIONS = {"cpe.retry": range(MOST_RETRIES + 1), "cpe.boot_event": (0, 1), "cpe.updated": (0, 1)}
"""What may be so, before a trace begins, of a CPE that has no transfer and no session."""

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


@cache
def _system() -> System:
    """Every action of the protocol in one system: what a trace may show is not known beforehand."""
    return compose("following", Upgrade, PARTIES, parameters=PARAMETERS)


@dataclass(frozen=True)
class Showing:
    """One action that shows something at the vantage, with its fields as functions of the state."""

    number: int
    kind: Kind
    fields: Mapping[str, Callable[[State], int]]


class Node:
    """A set of states that could have shown what was seen so far, closed over steps that are not seen.

    Attributes:
        states: the set.
        moves: by letter, the set afterwards; empty when no state could have shown the letter.
        near: by letter, the least that was wrong and the set after forcing it.
        unseen: the sets after one more step that should have been seen, by its kind.
        ways: by the letters that lie ahead, the cheapest alignment where the first of them cannot be followed.
    """

    __slots__ = ("moves", "near", "states", "unseen", "ways")

    def __init__(self, states: States) -> None:
        self.states = states
        self.moves: dict[Letter, Node] = {}
        self.near: dict[Letter, tuple[Reasons, Node]] = {}
        self.unseen: Mapping[Kind, Node] | None = None
        self.ways: dict[tuple[Letter, ...], object] = {}


class Follower:
    """A deterministic view of the model for one choice of parameters.

    Args:
        parameters: readings and ``needs_reboot``; the ACS is free to ask what and when it likes.
        fetches_seen: whether the trace shows the transfers of files.
        vantage: at which end the trace was taken.
    """

    def __init__(self, parameters: Mapping[str, Value], *, fetches_seen: bool, vantage: Vantage = "cpe") -> None:
        self._system = _system()
        self._chosen = {**parameters, "free_acs": True}
        self._backend: PythonBackend = compile_python(self._system, self._chosen)
        self._shown: dict[Kind, list[Showing]] = {}
        self._silent: set[int] = set()
        self._posts: set[int] = set()
        """At the ACS's end: posts, which are not seen when they are lost."""
        self._lose_post = next(n for n, action in enumerate(self._system.actions) if action.name == LOSES_POST)
        for number, action in enumerate(self._system.actions):
            self._sort(number, action, fetches_seen, vantage)
        self._nodes: dict[States, Node] = {}
        self._closures: dict[States, Node] = {}
        self.empty = self._node(frozenset())

    def _sort(self, number: int, action: Action, fetches_seen: bool, vantage: Vantage) -> None:
        shown = action.shown_at(vantage)
        at_cpe = action.shown_at("cpe")
        if vantage == "acs" and at_cpe is not None and at_cpe.kind in (*CPE_POSTS, *FETCHES):
            shown = at_cpe
            if at_cpe.kind in CPE_POSTS:
                self._posts.add(number)
        kind = shown.kind if shown is not None else None
        if shown is None or not isinstance(kind, Kind) or kind in INTERNAL or (kind in FETCHES and not fetches_seen):
            # Seen from the ACS, a post that is lost was never seen: the loss belongs to the post.
            if not (vantage == "acs" and number == self._lose_post):
                self._silent.add(number)
            return
        if _leaves_no_get(kind, shown):
            self._silent.add(number)
        compared = COMPARED.get(kind, ())
        fields = {n: evaluator(self._system, t, self._chosen) for n, t in shown.fields.items() if n in compared}
        self._shown.setdefault(kind, []).append(Showing(number, kind, fields))

    def _node(self, states: States) -> Node:
        node = self._nodes.get(states)
        if node is None:
            node = self._nodes[states] = Node(states)
        return node

    def _states(self, **values: Iterable[int]) -> Node:
        index, initial = self._system.index, list(self._backend.initial())
        states = []
        for chosen in itertools.product(*values.values()):
            for name, number in zip(values, chosen, strict=True):
                initial[index[name]] = number
            states.append(tuple(initial))
        return self.closed(states)

    @cached_property
    def start(self) -> Node:
        """Where a trace may begin: no session, no transfer, any RetryCount, any event pending, either image running."""
        return self._states(**BETWEEN_SESSIONS)

    @cached_property
    def midway(self) -> Node:
        """Where a trace may begin that missed the beginning: the same, with the transfer in any phase."""
        phases = [number for number, phase in enumerate(Phase) if phase is not Phase.NONE]
        begun = {"transfer.phase": phases, "transfer.key": (FIRST_KEY,), "transfer.accepted": (1,)}
        return self.closed({*self.start.states, *self._states(**BETWEEN_SESSIONS, **begun).states})

    def closed(self, states: Iterable[State]) -> Node:
        """The states, and all that are reached from them by steps that the trace does not show."""
        given = frozenset(states)
        known = self._closures.get(given)
        if known is not None:
            return known
        found, todo = set(given), list(given)
        while todo:
            for after in self._unseen_steps(todo.pop()):
                if after not in found:
                    found.add(after)
                    todo.append(after)
        self._closures[given] = self._node(frozenset(found))
        return self._closures[given]

    def _unseen_steps(self, state: State) -> Iterator[State]:
        for action in self._backend.enabled(state):
            if action in self._silent:
                yield self._backend.successor(state, action)
            elif action in self._posts:
                yield self._backend.successor(self._backend.successor(state, action), self._lose_post)

    def after(self, node: Node, letter: Letter) -> Node:
        """The states after the observation; empty when none of them could have shown it."""
        after = node.moves.get(letter)
        if after is None:
            after = node.moves[letter] = self._step(node, letter)
        return after

    def _step(self, node: Node, letter: Letter) -> Node:
        after: set[State] = set()
        for showing in self._shown.get(letter.kind, ()):
            for state in node.states:
                if not disagreements(showing, state, letter) and all(self._backend.guards(state, showing.number)):
                    after.add(self._backend.successor(state, showing.number))
        return self.closed(after) if after else self.empty

    def nearest(self, node: Node, letter: Letter) -> tuple[Reasons, Node]:
        """The least that was wrong: the false guards and fields of the nearest step, and the states after forcing it."""
        if letter not in node.near:
            node.near[letter] = self._nearest(node, letter)
        return node.near[letter]

    def _nearest(self, node: Node, letter: Letter) -> tuple[Reasons, Node]:
        least, nearest = 10**6, None
        forced: set[State] = set()
        for showing in self._shown.get(letter.kind, ()):
            for state in node.states:
                distance = self._distance(showing, state, letter)
                if distance > least:
                    continue
                after = self._forced(state, showing.number)
                if distance < least:
                    least, nearest, forced = distance, (showing, state), set()
                forced |= after
        because = self._because(*nearest, letter) if nearest is not None else ()
        return because, self.closed(forced) if forced else self.empty

    def unseen(self, node: Node) -> Mapping[Kind, Node]:
        """By kind of what was not seen and should have been, the states after it."""
        if node.unseen is None:
            node.unseen = dict(self._unseen(node))
        return node.unseen

    def _unseen(self, node: Node) -> Iterator[tuple[Kind, Node]]:
        for kind, showings in self._shown.items():
            numbers = {showing.number for showing in showings}
            after = {
                self._backend.successor(state, action)
                for state in node.states
                for action in self._backend.enabled(state)
                if action in numbers
            }
            if after:
                yield kind, self.closed(after)

    def _forced(self, state: State, action: int) -> set[State]:
        try:
            return {self._backend.successor(state, action)}
        except DomainOverflow:
            return set()

    def _distance(self, showing: Showing, state: State, letter: Letter) -> int:
        false = sum(not holds for holds in self._backend.guards(state, showing.number))
        return false + len(disagreements(showing, state, letter))

    def _because(self, showing: Showing, state: State, letter: Letter) -> Reasons:
        action = self._system.actions[showing.number]
        holding = self._backend.guards(state, showing.number)
        false = (guard for guard, holds in zip(action.guards, holding, strict=True) if not holds)
        guards = tuple(Because(g.reason, g.rule, self._values(constants(g.term), state)) for g in false)
        wrong = disagreements(showing, state, letter)
        fields = tuple(differing(name, shown, letter.fields.get(name, 0)) for name, shown in wrong)
        return guards + fields

    def _values(self, names: Iterable[str], state: State) -> dict[str, str]:
        shown = self._system.show(state)
        return {name: shown[name] for name in sorted(names) if name in shown}


def _same(name: str, shown: int, wanted: FieldValue) -> bool:
    if name == "key":
        # The model's keys are symbols too: which of them stands for the slice's is of no account.
        return (shown != NO_KEY) == (wanted == FIRST_KEY) and wanted in (FIRST_KEY, NO_KEY)
    return shown == int(wanted) if not isinstance(wanted, Kind) else False


def _leaves_no_get(kind: Kind, shown: Shown) -> bool:
    """Whether the step can also go unseen: a fetch that never reaches a file server begins and fails without a GET."""
    fails = "success" in shown.fields and z3.is_false(shown.fields["success"].expr)
    return kind is Kind.FETCH_BEGINS or (kind is Kind.FETCH_ENDS and fails)


def disagreements(showing: Showing, state: State, letter: Letter) -> list[tuple[str, int]]:
    """The fields in which a step would show something else, with what it would show."""
    wrong = []
    for name, value in showing.fields.items():
        if name not in letter.open_ended:
            shown = value(state)
            if not _same(name, shown, letter.fields.get(name, 0)):
                wrong.append((name, shown))
    return wrong
