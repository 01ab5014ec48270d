"""A chart as text: a numbered exchange between CPE and ACS, in as many columns as the terminal has."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from cwmpcheck.render.chart import Chart, Row
from cwmpcheck.render.plain_text import plain, shortened

LEFT = 6
"""Columns before the CPE's line: the step's number, and the mark where the rule is broken."""
NARROWEST = 50
NO_BREAK = "\u00a0"


def exchange(chart: Chart, *, width: int = 80, details: bool = True) -> str:
    """The chart as lines of at most ``width`` characters, plain text throughout.

    Args:
        chart: what happens.
        width: columns to be had, 50 or more.
        details: whether to print the actions and the variables that each step changed.
    """
    width = max(NARROWEST, width)
    room = width - LEFT - 3
    lines = [*textwrap.wrap(plain(chart.title), width), " " * (LEFT - 1) + "CPE" + " " * (room - 2) + "ACS"]
    for row in chart.rows:
        lines.extend(_row(row, room))
        if details and row.details:
            lines.extend(_details(row, room))
    for remark in chart.remarks:
        lines.extend(textwrap.wrap(plain(remark), width, initial_indent="  ", subsequent_indent="  "))
    return "\n".join(line.rstrip() for line in lines)


def _row(row: Row, room: int) -> Iterator[str]:
    number = "" if row.number is None else str(row.number)
    lead = f"{'>' if row.broken else ' '}{number:>{LEFT - 3}}  "
    text = plain(row.text)
    if row.source is not None and row.target is not None:
        yield lead + _arrow(text, room, rightward=row.source == "cpe")
        return
    blank = " " * LEFT
    for place, line in enumerate(textwrap.wrap(text, room - 4) or [""]):
        head = lead if place == 0 else blank
        mark = _mark(row) if place == 0 else " "
        if row.source == "acs":
            yield f"{head}|{line + ' ':>{room}}{mark if place == 0 else '|'}"
        elif row.source == "cpe":
            yield f"{head}{mark if place == 0 else '|'} {line:<{room - 1}}|"
        else:
            yield f"{head}|{f'{mark} {line}':^{room}}|"


def _mark(row: Row) -> str:
    return "*" if row.source is not None else "~"


def _arrow(text: str, room: int, *, rightward: bool) -> str:
    text = f" {shortened(text, room - 12)} "
    if rightward:
        return f"|{'----' + text:-<{room - 1}}>|"
    return f"|<{text + '----':->{room - 1}}|"


def _details(row: Row, room: int) -> Iterator[str]:
    # A variable and its values stay on one line where they can.
    text = "; ".join(plain(detail).replace(" ", NO_BREAK) for detail in row.details)
    for line in textwrap.wrap(text, room - 6, break_on_hyphens=False):
        yield f"{' ' * LEFT}|     {line.replace(NO_BREAK, ' '):<{room - 5}}|"
