"""The state space of a scenario: how large it is, which actions were taken, what was seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from cwmpcheck.api.deciding import BackendChoice, Tell
from cwmpcheck.api.readings import parameters_of
from cwmpcheck.engines.explore import Exploration, Limits
from cwmpcheck.engines.explore import explore as explore_system
from cwmpcheck.protocol import scenario


@dataclass(frozen=True)
class Space:
    """What exploring a scenario found; ``exploration`` holds the figures and the paths."""

    scenario: str
    exploration: Exploration

    def __str__(self) -> str:
        found = self.exploration
        end = "all of them" if found.exhausted else f"cut short: {found.stopped_because}"
        size = f"{found.states:,} states ({end}), {found.transitions:,} transitions, {found.depth} steps deep"
        return f"{self.scenario}: {size}, {found.deadlocks} deadlocks; {found.backend}, {found.seconds:.2f} s"

    def _repr_html_(self) -> str:
        fired = sorted(self.exploration.fired.items(), key=lambda each: (-each[1], each[0]))
        rows = "".join(f"<tr><td>{escape(name)}</td><td>{count:,}</td></tr>" for name, count in fired)
        return f"<p>{escape(str(self))}</p><table><thead><tr><th>Action</th><th>Taken</th></tr></thead>{rows}</table>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": str(self)}


def explore(
    scenario_name: str,
    *,
    readings: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    backend: BackendChoice = "auto",
    progress: Tell | None = None,
) -> Space:
    """Explore every reachable state of a scenario, without any property.

    Args:
        scenario_name: which scenario.
        readings: values of readings by id; defaults for the others.
        limits: what not to exceed.
        backend: who explores.
        progress: is told how far the search has come.
    """
    chosen = scenario(scenario_name)
    parameters = {**parameters_of(readings or {}), **chosen.fixed}
    tell = None if progress is None else (lambda p: progress(f"{chosen.name}: {p.states:,} states"))
    found = explore_system(chosen.system, parameters, backend=backend, limits=limits, progress=tell)
    return Space(chosen.name, found)
