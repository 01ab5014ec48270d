"""Diagrams, sequence charts, exchanges and tables; no decision is made here.

Theory of operation. Two kinds of data are drawn, both plain and ordered: a `chart.Chart` (who says what to whom, from a run of
the model or from a captured session) and a `diagram.Diagram` (states or parties with arrows between them, computed from the
model). Each language has a module of its own. Whatever may quote a capture passes through `plain_text` first, and no
picture holds a script, a link or an image.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cwmpcheck.render.chart import Chart, Row, chart_of_path
    from cwmpcheck.render.chart_picture import chart_svg
    from cwmpcheck.render.diagram import VIEWS, Diagram, View, parties_and_variables, project
    from cwmpcheck.render.dot import diagram_dot
    from cwmpcheck.render.drawing import Drawing
    from cwmpcheck.render.exchange_text import exchange
    from cwmpcheck.render.graphml import diagram_graphml
    from cwmpcheck.render.layout import LayoutFailed, diagram_png, diagram_svg
    from cwmpcheck.render.mermaid import chart_mermaid, diagram_mermaid
    from cwmpcheck.render.plain_text import label, plain
    from cwmpcheck.render.session_chart import chart_of_session

_LATER = {
    **dict.fromkeys(("Chart", "Row", "chart_of_path"), "cwmpcheck.render.chart"),
    **dict.fromkeys(("chart_svg",), "cwmpcheck.render.chart_picture"),
    **dict.fromkeys(("VIEWS", "Diagram", "View", "parties_and_variables", "project"), "cwmpcheck.render.diagram"),
    **dict.fromkeys(("diagram_dot",), "cwmpcheck.render.dot"),
    **dict.fromkeys(("Drawing",), "cwmpcheck.render.drawing"),
    **dict.fromkeys(("exchange",), "cwmpcheck.render.exchange_text"),
    **dict.fromkeys(("diagram_graphml",), "cwmpcheck.render.graphml"),
    **dict.fromkeys(("LayoutFailed", "diagram_png", "diagram_svg"), "cwmpcheck.render.layout"),
    **dict.fromkeys(("chart_mermaid", "diagram_mermaid"), "cwmpcheck.render.mermaid"),
    **dict.fromkeys(("label", "plain"), "cwmpcheck.render.plain_text"),
    **dict.fromkeys(("chart_of_session",), "cwmpcheck.render.session_chart"),
}
"""The module of each name, which is loaded when the name is first asked for: a command starts with what it needs."""


def __getattr__(name: str) -> Any:
    """Load the module that a name belongs to."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)


__all__ = [
    "VIEWS",
    "Chart",
    "Diagram",
    "Drawing",
    "LayoutFailed",
    "Row",
    "View",
    "chart_mermaid",
    "chart_of_path",
    "chart_of_session",
    "chart_svg",
    "diagram_dot",
    "diagram_graphml",
    "diagram_mermaid",
    "diagram_png",
    "diagram_svg",
    "exchange",
    "label",
    "parties_and_variables",
    "plain",
    "project",
]
