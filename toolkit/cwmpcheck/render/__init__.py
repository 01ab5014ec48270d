"""Diagrams, sequence charts, exchanges and tables; no decision is made here.

Theory of operation. Two kinds of data are drawn, both plain and ordered: a `chart.Chart` (who says what to whom, from a run of
the model or from a captured session) and a `diagram.Diagram` (states or parties with arrows between them, computed from the
model). Each language has a module of its own. Whatever may quote a capture passes through `plain` first, and no
picture holds a script, a link or an image.
"""

from cwmpcheck.render.chart import Chart, Row, chart_of_path
from cwmpcheck.render.chart_svg import chart_svg
from cwmpcheck.render.diagram import VIEWS, Diagram, View, parties_and_variables, project
from cwmpcheck.render.dot import diagram_dot
from cwmpcheck.render.drawing import Drawing
from cwmpcheck.render.exchange import exchange
from cwmpcheck.render.graphml import diagram_graphml
from cwmpcheck.render.layout import LayoutFailed, diagram_png, diagram_svg
from cwmpcheck.render.mermaid import chart_mermaid, diagram_mermaid
from cwmpcheck.render.plain import label, plain
from cwmpcheck.render.session_chart import chart_of_session

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
