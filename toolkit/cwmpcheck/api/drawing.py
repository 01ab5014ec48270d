"""Diagrams of the model itself, obtained from its explored states and its actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, get_args

from cwmpcheck.engines.graph import Graph, build_graph
from cwmpcheck.protocol import Scenario, scenario
from cwmpcheck.render.diagram import VIEWS, Diagram, parties_and_variables, project
from cwmpcheck.render.dot import diagram_dot
from cwmpcheck.render.graphml import diagram_graphml
from cwmpcheck.render.layout import diagram_png, diagram_svg
from cwmpcheck.render.mermaid import diagram_mermaid
from cwmpcheck.vocabulary.errors import UsageError

ViewName = Literal["session", "transfer", "acs", "events", "system"]
Format = Literal["svg", "dot", "mermaid", "graphml", "png"]

DEFAULT_SCENARIO = "unicast"


@dataclass(frozen=True)
class Picture:
    """A diagram of the model in every language; a notebook shows its SVG."""

    diagram: Diagram

    @cached_property
    def svg(self) -> str:
        """As one inert SVG element."""
        return diagram_svg(self.diagram)

    def to(self, format: Format) -> str | bytes:
        """The diagram in a language; bytes for ``png``, text for the others."""
        match format:
            case "svg":
                return self.svg + "\n"
            case "png":
                return diagram_png(self.diagram)
            case "mermaid":
                return diagram_mermaid(self.diagram)
            case "graphml":
                return diagram_graphml(self.diagram)
            case "dot":
                return diagram_dot(self.diagram)
        raise UsageError(f"no format {format!r}; there are {', '.join(get_args(Format))}")

    def __str__(self) -> str:
        return diagram_dot(self.diagram)

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": str(self)}


def graph(
    view: ViewName = "session", *, scenario_name: str = DEFAULT_SCENARIO, progress: Callable[[str], None] | None = None
) -> Picture:
    """A diagram of the model.

    Args:
        view: ``session``, ``transfer``, ``acs`` and ``events`` show the reachable states, taken together where the view sees
            no difference; ``system`` shows who writes and reads what.
        scenario_name: which scenario.
        progress: is told what takes time.

    Raises:
        UsageError: for a view or a scenario that does not exist.
    """
    chosen = scenario(scenario_name)
    if view == "system":
        return Picture(parties_and_variables(chosen.system))
    for each in VIEWS:
        if each.name == view:
            if progress:
                progress(f"exploring {chosen.name}")
            return Picture(project(chosen.system, _states(chosen.name), each))
    raise UsageError(f"no view {view!r}; there are {', '.join(get_args(ViewName))}")


@lru_cache(maxsize=4)
def _states(name: str) -> Graph:
    chosen: Scenario = scenario(name)
    return build_graph(chosen.system, chosen.fixed)
