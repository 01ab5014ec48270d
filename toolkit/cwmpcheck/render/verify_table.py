"""The verdicts of a verification as a table: for a terminal, as plain text, and as inert HTML."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cwmpcheck.render.plain_text import plain

WIDE = 110
"""Columns from which on the table has room for the sentences."""


@dataclass(frozen=True)
class Line:
    """One line of the table; ``well`` says whether it is as it should be, ``quiet`` that it can be left out."""

    property: str
    scenario: str
    verdict: str
    well: bool
    states: int | None
    seconds: float
    source: str
    title: str
    quiet: bool = False


def style_of(line: Line) -> str:
    """The colour of a verdict; the words say the same."""
    if not line.well:
        return "bold red"
    return "dim" if line.quiet else "green" if line.verdict == "proved" else "yellow"


def verify_table(lines: Sequence[Line], width: int) -> Table:
    """The table for a terminal of so many columns; lines on which the question does not arise are left out."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Property", "Scenario", "Verdict"):
        table.add_column(name, no_wrap=True)
    table.add_column("States", justify="right", no_wrap=True)
    table.add_column("Seconds", justify="right", no_wrap=True)
    table.add_column("Source", no_wrap=True)
    if width >= WIDE:
        table.expand = True
        table.add_column("What must hold", no_wrap=True, overflow="ellipsis", ratio=1)
    for line in lines:
        if line.quiet:
            continue
        cells = [line.property, line.scenario, line.verdict, _number(line.states), f"{line.seconds:.2f}", line.source]
        cells += [line.title] if width >= WIDE else []
        texts = [Text(plain(cell)) for cell in cells]
        texts[2].stylize(style_of(line))
        table.add_row(*texts)
    return table


def _number(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def verify_text(lines: Sequence[Line], summary: str, *, width: int = 100) -> str:
    """The table and the summary as plain text."""
    out = io.StringIO()
    console = Console(file=out, width=width, no_color=True, force_terminal=False, force_jupyter=False, highlight=False)
    console.print(verify_table(lines, width))
    console.print(Text(plain(summary)))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def verify_html(lines: Sequence[Line], summary: str) -> str:
    """The table and the summary as HTML without a script, a link or an image."""
    names = ("Property", "Scenario", "Verdict", "States", "Seconds", "Source", "What must hold")
    head = "".join(f"<th>{name}</th>" for name in names)
    rows = []
    for line in lines:
        if not line.quiet:
            cells = (
                line.property,
                line.scenario,
                line.verdict,
                _number(line.states),
                f"{line.seconds:.2f}",
                line.source,
            )
            body = "".join(f"<td>{escape(plain(cell))}</td>" for cell in (*cells, line.title))
            rows.append(f'<tr style="color:{"inherit" if line.well else "#c01c28"}">{body}</tr>')
    return f"<p>{escape(plain(summary))}</p><table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
