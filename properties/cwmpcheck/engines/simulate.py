"""Random walks: what a system may do, chosen by dice that prefer what was rarely done."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from cwmpcheck.compile import State, compile_python
from cwmpcheck.engines.paths import path_of_actions
from cwmpcheck.engines.verdicts import Path
from cwmpcheck.kernel import Action, DeclarationError, System, Value


class Walk:
    """A run under way.

    Args:
        system: what runs.
        parameters: chosen values of parameters; the others have their defaults.
    """

    def __init__(self, system: System, parameters: Mapping[str, Value] | None = None) -> None:
        self.system = system
        self.parameters = dict(parameters or {})
        self._backend = compile_python(system, parameters)
        self.state: State = self._backend.initial()
        self.taken: list[int] = []
        self.counts: Counter[str] = Counter()

    def choices(self) -> list[Action]:
        """The actions that can be taken now."""
        return [self.system.actions[place] for place in self._backend.enabled(self.state)]

    def take(self, action: Action) -> None:
        """Take an action; raises DeclarationError when it cannot be taken now."""
        place = self.system.actions.index(action)
        if place not in self._backend.enabled(self.state):
            raise DeclarationError("cannot be taken now", action=action.name)
        self.state = self._backend.successor(self.state, place)
        self.taken.append(place)
        self.counts[action.name] += 1

    def path(self) -> Path:
        """The run so far."""
        return path_of_actions(self.system, self.taken, self.parameters)


@dataclass(frozen=True)
class Simulation:
    """A walk that has ended.

    Attributes:
        path: where it went.
        seed: repeats it.
        fired: how often each action was taken.
        ended: whether it ended early, because nothing could be done any more.
    """

    path: Path
    seed: int
    fired: Mapping[str, int]
    ended: bool


def simulate(
    system: System,
    parameters: Mapping[str, Value] | None = None,
    *,
    seed: int = 0,
    steps: int = 50,
    bias: float = 1.0,
) -> Simulation:
    """Walk at random.

    An action that was taken n times in this walk is chosen with weight 1 / (1 + n) ** bias, so that no two actions undo
    each other for ever while the rest waits.

    Args:
        system: what runs.
        parameters: chosen values of parameters; the others have their defaults.
        seed: of the dice; the same seed walks the same way.
        steps: when to stop, 0 or more.
        bias: how much what was rarely done is preferred; 0 is not at all.

    Raises:
        DeclarationError: for a negative number of steps or an unknown parameter.
        DomainOverflow: when a step takes a variable out of its domain.
    """
    if steps < 0:
        raise DeclarationError(f"a walk of {steps} steps is none; give 0 or more")
    dice = random.Random(seed)  # a walk, no secret
    walk = Walk(system, parameters)
    ended = False
    for _ in range(steps):
        choices = walk.choices()
        if not choices:
            ended = True
            break
        weights = [(1 + walk.counts[action.name]) ** -bias for action in choices]
        walk.take(dice.choices(choices, weights)[0])
    return Simulation(walk.path(), seed, dict(walk.counts), ended)
