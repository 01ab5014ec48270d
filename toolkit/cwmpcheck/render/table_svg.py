"""A diagram as a table of its edges: what is left when no layout comes to an end in time."""

from __future__ import annotations

from cwmpcheck.render.diagram import Diagram
from cwmpcheck.render.palette import COLOURS, INK
from cwmpcheck.render.plain_text import for_xml, shortened

LINE = 18
COLUMNS = ((20, 44), (330, 40), (610, 44))
WIDTH = 920


def table_svg(diagram: Diagram) -> str:
    """The diagram as one SVG element with a row for each edge: from, by what, to."""
    names = {node.id: ", ".join(node.lines) for node in diagram.nodes}
    cells = [_cells(40, (diagram.title, "", ""), INK), _cells(40 + LINE, ("from", "by", "to"), INK)]
    y = 40 + 2 * LINE
    for edge in diagram.edges:
        row = (names[edge.source], ", ".join(edge.labels), names[edge.target])
        cells.append(_cells(y, row, COLOURS[edge.nature]))
        y += LINE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" role="img" '
        f'font-family="sans-serif" font-size="12"><title>{for_xml(diagram.title)}</title>'
        f'<rect width="{WIDTH}" height="{y}" fill="#ffffff"/>{"".join(cells)}</svg>'
    )


def _cells(y: int, texts: tuple[str, str, str], colour: str) -> str:
    return "".join(
        f'<text x="{x}" y="{y}" fill="{colour}">{for_xml(shortened(text, most))}</text>'
        for (x, most), text in zip(COLUMNS, texts, strict=True)
    )
