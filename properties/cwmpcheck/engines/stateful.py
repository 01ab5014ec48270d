"""A hypothesis state machine made from the actions of a system: random runs that shrink to short ones.

Hypothesis chooses what happens next, on the plain Python back end; what must never occur is asserted on every step.
Each action is a rule, enabled by its guards. In a large system few actions are enabled at a time, and hypothesis
likes to switch whole rules off for a run, so a rule ``advance`` stands beside them that takes one of the enabled
actions, the least often taken in this run first. Runs that took many different actions are aimed at.
"""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings, target
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from cwmpcheck.compile import Backend, State, compile_python
from cwmpcheck.engines.paths import path_of_actions
from cwmpcheck.engines.verdicts import HoldsWithin, Path, Refuted, Unknown, Verdict
from cwmpcheck.kernel import DeclarationError, System, Value


class WatchOccurred(AssertionError):
    """Something that must never occur has occurred on a run of a generated state machine.

    Attributes:
        watches: the names of the watches.
        taken: the actions of the run, by number.
    """

    def __init__(self, watches: frozenset[str], machine: ModelMachine) -> None:
        self.watches = watches
        self.taken = list(machine.taken)
        self._machine = type(machine)
        actions = [machine.system.actions[number] for number in self.taken]
        lines = [f"{place}. {action.party}: {action.name}" for place, action in enumerate(actions, 1)]
        super().__init__("\n".join([f"{', '.join(sorted(watches))} occurred after {len(lines)} steps", *lines]))

    @cached_property
    def path(self) -> Path:
        """The run; built only when asked for, since hypothesis raises this many times while it shrinks."""
        return path_of_actions(self._machine.system, self.taken, self._machine.chosen)


class ModelMachine(RuleBasedStateMachine):
    """A system that hypothesis runs; its rules are added by ``state_machine``.

    Attributes:
        system: what is run.
        chosen: the chosen values of parameters.
        forbidden: names of the watches that must not occur.
        fired: how often each action was taken, over all runs of this class.
        backend: the compiled system.
        taken: the actions of this run, by number.
        state: where this run stands.
    """

    system: ClassVar[System]
    chosen: ClassVar[Mapping[str, Value]]
    forbidden: ClassVar[frozenset[str]]
    fired: ClassVar[Counter[str]]
    backend: ClassVar[Backend]

    def __init__(self) -> None:
        super().__init__()
        self.state: State = self.backend.initial()
        self.taken: list[int] = []
        self._enabled = self.backend.enabled(self.state)
        self._judge(self.backend.holding(self.state))

    def can(self, action: int) -> bool:
        """Whether the action of that number is enabled."""
        return action in self._enabled

    def take(self, action: int) -> None:
        """Take an enabled action; raises WatchOccurred when it shows what must not occur."""
        occurring = self.backend.occurring(self.state, action)
        self.state = self.backend.successor(self.state, action)
        self._enabled = self.backend.enabled(self.state)
        self.taken.append(action)
        type(self).fired[self.system.actions[action].name] += 1
        self._judge(occurring | self.backend.holding(self.state))

    def _judge(self, occurring: frozenset[str]) -> None:
        if wrong := occurring & self.forbidden:
            raise WatchOccurred(wrong, self)

    @precondition(lambda self: bool(self._enabled))
    @rule(choice=st.integers(0, 2**16 - 1))
    def advance(self, choice: int) -> None:
        """Take one of the enabled actions; 0 is the one least often taken in this run."""
        counts = Counter(self.taken)
        ranked = sorted(self._enabled, key=lambda action: (counts[action], action))
        self.take(ranked[choice % len(ranked)])

    @precondition(lambda self: not self._enabled)
    @rule()
    def rest(self) -> None:
        """Nothing is enabled: the run has ended."""

    def teardown(self) -> None:
        """Tell hypothesis how many different actions the run took."""
        if self.taken:
            target(float(len(set(self.taken))), label="different actions taken")


def _identifiers(system: System) -> list[str]:
    """A Python name for each action, unique and not one that the machine uses itself."""
    used: set[str] = set()
    names = []
    for action in system.actions:
        name = re.sub(r"\W+", "_", action.name).strip("_") or "action"
        if name[0].isdigit():
            name = f"action_{name}"
        while name in used or keyword.iskeyword(name) or hasattr(ModelMachine, name):
            name += "_"
        used.add(name)
        names.append(name)
    return names


def _rule_of(number: int, name: str, summary: str) -> Callable[..., Any]:
    def taken(self: ModelMachine) -> None:
        self.take(number)

    taken.__name__ = taken.__qualname__ = name
    taken.__doc__ = summary
    return precondition(lambda self: self.can(number))(rule()(taken))


def state_machine(
    system: System, parameters: Mapping[str, Value] | None = None, forbidden: Iterable[str] = ()
) -> type[ModelMachine]:
    """A hypothesis state machine with one rule for each action, enabled when all its guards hold.

    Args:
        system: what to run, with its watches.
        parameters: chosen values of parameters; the others have their defaults.
        forbidden: names of the watches that must not occur.

    Returns:
        A class of its own, whose ``TestCase`` any test runner runs. A failing run shrinks, and prints as Python
        text that repeats it.

    Raises:
        DeclarationError: for names that the system does not have.
    """
    names = frozenset(forbidden)
    if unknown := sorted(names - {watch.name for watch in system.watches}):
        raise DeclarationError(f"system {system.name} has no watch {', '.join(unknown)} to forbid")
    rules = {
        name: _rule_of(number, name, action.summary)
        for number, (name, action) in enumerate(zip(_identifiers(system), system.actions, strict=True))
    }
    backend = compile_python(system, parameters)
    chosen = dict(parameters or {})
    body = {"system": system, "chosen": chosen, "forbidden": names, "fired": Counter(), "backend": backend}
    return type("Machine", (ModelMachine,), {**body, **rules, "__doc__": f"Random runs of {system.name}."})


def stateful_check(
    system: System,
    forbidden: Iterable[str],
    *,
    parameters: Mapping[str, Value] | None = None,
    max_examples: int = 100,
    steps: int = 50,
    seed: int | None = None,
) -> Verdict:
    """Run a system at random, and look out for what must not occur.

    Args:
        system: what to run, with its watches.
        forbidden: names of the watches that must not occur.
        parameters: chosen values of parameters; the others have their defaults.
        max_examples: how many runs.
        steps: how long a run may be.
        seed: of the random choices; None takes them from the system alone, so that a check repeats.

    Returns:
        Refuted with a shrunk run, or HoldsWithin the runs that were made; or Unknown when none got anywhere.

    Raises:
        DomainOverflow: when a run takes a variable out of its domain.
    """
    machine = state_machine(system, parameters, forbidden)
    if seed is not None:
        machine = _seeded(machine, seed)
    chosen = settings(
        max_examples=max_examples,
        stateful_step_count=steps,
        derandomize=seed is None,
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.target, Phase.shrink),
    )
    try:
        run_state_machine_as_test(machine, settings=chosen)
    except WatchOccurred as found:
        return Refuted(_shortened(machine, found).path)
    if not machine.fired:
        return Unknown("no run took a step: nothing is enabled in the initial state")
    missed = len(system.actions) - len(machine.fired)
    scope = f"{len(machine.fired)} of {len(system.actions)} actions taken" if missed else "every action taken"
    return HoldsWithin(f"{max_examples} random runs of at most {steps} steps; {scope}")


def _shortened(machine: type[ModelMachine], found: WatchOccurred) -> WatchOccurred:
    """The failure without any step that can be left out: hypothesis stops shrinking a little before that."""
    place = 0
    while place < len(found.taken):
        shorter = _failure(machine, found.taken[:place] + found.taken[place + 1 :])
        if shorter is None:
            place += 1
        else:
            found, place = shorter, 0
    return found


def _failure(machine: type[ModelMachine], actions: Sequence[int]) -> WatchOccurred | None:
    try:
        run = machine()
        for action in actions:
            if not run.can(action):
                return None
            run.take(action)
    except WatchOccurred as found:
        return found
    return None


def _seeded(machine: type[ModelMachine], number: int) -> type[ModelMachine]:
    seeded: type[ModelMachine] = seed(number)(machine)
    return seeded
