"""Charts and diagrams as Mermaid text, every character that Mermaid might read as its own written as a code."""

from __future__ import annotations

import re

from cwmpcheck.render.chart import Chart, Row
from cwmpcheck.render.diagram import Diagram
from cwmpcheck.render.palette import COLOURS
from cwmpcheck.render.plain_text import label

_SPECIAL = re.compile(r"[^A-Za-z0-9 .,()=+/_'?-]")


def mermaid_text(text: str) -> str:
    """A label with every special character as ``#code;``.

    >>> mermaid_text("a;b <c>")
    'a#59;b #60;c#62;'
    """
    return _SPECIAL.sub(lambda match: f"#{ord(match[0])};", label(text))


def chart_mermaid(chart: Chart) -> str:
    """The chart as a Mermaid sequence diagram."""
    lines = ["sequenceDiagram", "  participant cpe as CPE", "  participant acs as ACS"]
    lines.extend(f"  {_row(row)}" for row in chart.rows)
    lines.extend(f"  Note over cpe,acs: {mermaid_text(remark)}" for remark in chart.remarks)
    return "\n".join(lines) + "\n"


def _row(row: Row) -> str:
    number = "" if row.number is None else f"{row.number} "
    text = mermaid_text(number + row.text)
    if row.source is not None and row.target is not None:
        return f"{row.source}->>{row.target}: {text}"
    if row.source is not None:
        return f"Note {'left' if row.source == 'cpe' else 'right'} of {row.source}: {text}"
    return f"Note over cpe,acs: {text}"


def diagram_mermaid(diagram: Diagram) -> str:
    """The diagram as a Mermaid flowchart, edges in the colours of their nature."""
    lines = ["flowchart TD"]
    for node in diagram.nodes:
        text = "<br/>".join(mermaid_text(line) for line in node.lines)
        left, right = ("([", "])") if node.initial else ("[", "]")
        lines.append(f'  {node.id}{left}"{text}"{right}')
    for edge in diagram.edges:
        text = "<br/>".join(mermaid_text(line) for line in edge.labels)
        lines.append(f'  {edge.source} -->|"{text}"| {edge.target}')
    for number, edge in enumerate(diagram.edges):
        lines.append(f"  linkStyle {number} stroke:{COLOURS[edge.nature]},color:{COLOURS[edge.nature]}")
    return "\n".join(lines) + "\n"
