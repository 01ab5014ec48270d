"""Paths to what a search has seen."""

from __future__ import annotations

from collections.abc import Mapping

from cwmpcheck.compile import State, compile_python
from cwmpcheck.compile.search import Hit, Search
from cwmpcheck.compile.symmetry import symmetry_of
from cwmpcheck.engines.paths import path_of_actions, path_through
from cwmpcheck.engines.verdicts import Path
from cwmpcheck.kernel import DeclarationError, System, Value


class Trails:
    """Paths to sightings; many watches are first seen at one state, and a path is long, so they are shared.

    Args:
        system: what was searched.
        parameters: chosen values of parameters.
        search: by whom.
        symmetry: whether its states stand for others too.
    """

    def __init__(
        self, system: System, parameters: Mapping[str, Value] | None, search: Search, symmetry: bool = False
    ) -> None:
        self._system = system
        self._parameters = parameters
        self._search = search
        self._symmetry = symmetry_of(system) if symmetry else None
        self._known: dict[tuple[str, Hit], Path] = {}

    def to(self, watch: str, hit: Hit) -> Path:
        """The path to a sighting of a watch, with the step on which it occurred."""
        key = ("" if self._symmetry is None or hit.action is None else watch, hit)
        if key not in self._known:
            states = self._search.run(hit.state)
            if self._symmetry is None:
                self._known[key] = path_through(self._system, states, self._parameters, last=hit.action)
            else:
                actions = self._unfolded(states, None if hit.action is None else watch)
                self._known[key] = path_of_actions(self._system, actions, self._parameters)
        return self._known[key]

    def _unfolded(self, states: list[State], watch: str | None) -> list[int]:
        """The actions of a run through states for which the given ones stand; the last one shows the watch."""
        assert self._symmetry is not None
        backend = compile_python(self._system, self._parameters)
        state, actions = backend.initial(), []
        for wanted in states[1:]:
            for action in backend.enabled(state):
                after = backend.successor(state, action)
                if self._symmetry.canonical(after) == wanted:
                    break
            else:
                raise DeclarationError(f"no action of {self._system.name} leads on from {state}: no symmetry")
            actions.append(action)
            state = after
        if watch is not None:
            actions.append(next(a for a in backend.enabled(state) if watch in backend.occurring(state, a)))
        return actions
