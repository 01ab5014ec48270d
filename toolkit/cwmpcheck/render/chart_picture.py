"""A chart as an SVG drawing of our own: shapes and text, nothing that runs, loads or leads anywhere."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from cwmpcheck.render.chart import Chart, Row
from cwmpcheck.render.palette import BROKEN, COLOURS, FAINT, INK
from cwmpcheck.render.plain_text import for_xml, plain, shortened

WIDTH = 780
CPE, ACS = 70, 710
TOP = 84
ROW, LINE = 30, 15
TEXT_COLUMNS, DETAIL_COLUMNS = 84, 96


def chart_svg(chart: Chart, *, details: bool = False) -> str:
    """The chart as one SVG element, ready to be embedded.

    Args:
        chart: what happens.
        details: whether to write the changed variables below each step.
    """
    body: list[str] = []
    y = TOP
    for row in chart.rows:
        below = textwrap.wrap(plain("; ".join(row.details)), DETAIL_COLUMNS) if details else []
        body.extend(_row(row, y, below))
        y += ROW + LINE * len(below)
    end = y
    for remark in chart.remarks:
        for line in textwrap.wrap(plain(remark), TEXT_COLUMNS + 10):
            y += LINE + 3
            body.append(_text(20, y, line, INK, anchor="start"))
    lines = "".join(
        f'<line x1="{x}" y1="{TOP - 22}" x2="{x}" y2="{end}" stroke="{FAINT}" stroke-width="1"/>'
        f'<rect x="{x - 30}" y="{TOP - 46}" width="60" height="24" rx="4" fill="#f6f5f4" stroke="{INK}"/>'
        + _text(x, TOP - 29, name, INK)
        for x, name in ((CPE, "CPE"), (ACS, "ACS"))
    )
    title = _text(20, 22, shortened(plain(chart.title), 100), INK, anchor="start", weight="bold")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 20}" width="{WIDTH}" height="{y + 20}" '
        f'role="img" font-family="sans-serif" font-size="13"><title>{for_xml(chart.title)}</title>'
        f'<rect width="{WIDTH}" height="{y + 20}" fill="#ffffff"/>{title}{lines}{"".join(body)}</svg>'
    )


def _row(row: Row, y: int, below: list[str]) -> Iterator[str]:
    colour = BROKEN if row.broken else COLOURS[row.nature]
    if row.number is not None:
        yield _text(14, y + 4, str(row.number), colour if row.broken else FAINT)
    text = shortened(plain(row.text), TEXT_COLUMNS)
    if row.source is not None and row.target is not None:
        yield from _arrow(text, y, colour, rightward=row.source == "cpe")
    elif row.source is not None:
        x, anchor, shift = (CPE, "start", 12) if row.source == "cpe" else (ACS, "end", -12)
        yield f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>'
        yield _text(x + shift, y + 4, text, colour, anchor=anchor)
    else:
        yield (
            f'<rect x="{CPE + 14}" y="{y - 12}" width="{ACS - CPE - 28}" height="22" rx="4" fill="{colour}" '
            f'fill-opacity="0.08" stroke="{colour}" stroke-dasharray="4 3"/>'
        )
        yield _text((CPE + ACS) // 2, y + 4, text, colour)
    for number, line in enumerate(below, 1):
        yield _text(CPE + 24, y + 4 + LINE * number, line, FAINT, anchor="start", size=11)


def _arrow(text: str, y: int, colour: str, *, rightward: bool) -> Iterator[str]:
    tail, head = (CPE, ACS) if rightward else (ACS, CPE)
    back = -9 if rightward else 9
    yield f'<line x1="{tail}" y1="{y + 2}" x2="{head}" y2="{y + 2}" stroke="{colour}" stroke-width="1.5"/>'
    yield f'<polygon points="{head},{y + 2} {head + back},{y - 3} {head + back},{y + 7}" fill="{colour}"/>'
    yield _text((CPE + ACS) // 2, y - 3, text, colour)


def _text(
    x: int, y: int, text: str, colour: str, *, anchor: str = "middle", weight: str = "normal", size: int = 13
) -> str:
    style = f'text-anchor="{anchor}" font-weight="{weight}" font-size="{size}" fill="{colour}"'
    return f'<text x="{x}" y="{y}" {style}>{for_xml(text)}</text>'
