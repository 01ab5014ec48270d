"""The verdicts of a verification as a table: for a terminal, as plain text, and as inert HTML."""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cwmpcheck.render.plain_text import plain

WIDE = 110
"""Columns from which on the table has room for the sentences."""
MOST_NEEDED = 3
"""The first columns, which are never left out."""
GAP = 2
"""Blanks between two columns, at most."""
NUMBERS = ("States", "Seconds")


@dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes:
        well: whether it is as it should be.
        quiet: whether it is left out of the table, since the question does not arise.
        why: how the verdict came about, or why the question does not arise.
        under: the reading, where several are told apart.
    """

    property: str
    scenario: str
    verdict: str
    well: bool
    states: int | None
    seconds: float
    source: str
    title: str
    quiet: bool = False
    why: str = ""
    under: str = ""


def style_of(line: Line) -> str:
    """The colour of a verdict; the words say the same."""
    if not line.well:
        return "bold red"
    return "dim" if line.quiet else "green" if line.verdict == "proved" else "yellow"


def verify_table(lines: Sequence[Line], width: int) -> Table:
    """The table for a terminal of so many columns; lines on which the question does not arise are left out.

    Where there is no room, the last columns go first: the verdict stays.
    """
    names = ["Property", "Scenario", "Verdict", "States", "Seconds", "Source"]
    rows = [_cells(line) for line in lines if not line.quiet]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    while len(names) > MOST_NEEDED and sum(widths[: len(names)]) + GAP * (len(names) - 1) > width:
        names.pop()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, needed in zip(names, widths, strict=False):
        justify: Literal["left", "right"] = "right" if name in NUMBERS else "left"
        table.add_column(name, no_wrap=True, justify=justify, min_width=needed if name == "Verdict" else None)
    if width >= WIDE:
        table.expand = True
        table.add_column("What must hold", no_wrap=True, overflow="ellipsis", ratio=1)
    for line in lines:
        if not line.quiet:
            cells = [*_cells(line)[: len(names)], *([plain(line.title)] if width >= WIDE else [])]
            texts = [Text(cell) for cell in cells]
            texts[2].stylize(style_of(line))
            table.add_row(*texts)
    return table


def _cells(line: Line) -> list[str]:
    cells = (line.property, line.scenario, line.verdict, _number(line.states), f"{line.seconds:.2f}", line.source)
    return [plain(cell) for cell in cells]


def _number(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def by_reading(lines: Sequence[Line]) -> list[tuple[str, list[Line]]]:
    """The lines that have something to show, as runs of one reading, each with its heading; empty for the only reading."""
    shown = [line for line in lines if not line.quiet]
    return [(heading, list(run)) for heading, run in itertools.groupby(shown, key=_heading)]


def _heading(line: Line) -> str:
    return plain(f"{line.scenario} under {line.under}:") if line.under else ""


def reasons(lines: Sequence[Line]) -> list[str]:
    """Why questions do not arise: each reason once, with the properties and the scenarios that it is about."""
    about: dict[str, dict[str, dict[str, None]]] = {}
    for line in lines:
        if line.quiet:
            about.setdefault(line.why, {}).setdefault(line.property, {})[line.scenario] = None
    texts = []
    for why, items in about.items():
        where: dict[str, list[str]] = {}
        for id, scenarios in items.items():
            where.setdefault(", ".join(scenarios), []).append(id)
        named = "; ".join(f"{', '.join(ids)} in {scenarios}" for scenarios, ids in where.items())
        texts.append(plain(f"Not applicable: {named}: {why}."))
    return texts


def verify_text(lines: Sequence[Line], summary: str, *, width: int = 100) -> str:
    """The tables, why some questions do not arise, and the summary, as plain text."""
    out = io.StringIO()
    console = Console(file=out, width=width, no_color=True, force_terminal=False, force_jupyter=False, highlight=False)
    for heading, run in by_reading(lines):
        if heading:
            console.print(Text(heading))
        console.print(verify_table(run, width))
    for text in (*reasons(lines), plain(summary)):
        console.print(Text(text))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def verify_html(lines: Sequence[Line], summary: str) -> str:
    """The table, why some questions do not arise, and the summary, as HTML without a script, a link or an image."""
    under = any(line.under for line in lines)
    names = ("Property", "Scenario", "Verdict", "States", "Seconds", "Source", "What must hold")
    head = "".join(f"<th>{name}</th>" for name in (*names, *(["Reading"] if under else [])))
    rows = []
    for line in lines:
        if not line.quiet:
            cells = (*_cells(line), line.title, *([line.under] if under else []))
            body = "".join(f"<td>{escape(plain(cell))}</td>" for cell in cells)
            rows.append(f'<tr style="color:{"inherit" if line.well else "#c01c28"}">{body}</tr>')
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f"<p>{escape(plain(summary))}</p>{table}" + "".join(f"<p>{escape(text)}</p>" for text in reasons(lines))
