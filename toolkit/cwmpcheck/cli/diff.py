"""``cwmpcheck diff``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.text import Text

from cwmpcheck.api.diffing import UNVERIFIED, DiffReport, FailOn, Vantage, row_of, verdicts_on
from cwmpcheck.api.readings import parsed
from cwmpcheck.cli.ending import INTERRUPTED, UNREADABLE, say
from cwmpcheck.cli.screen import console, progress, write
from cwmpcheck.conformance.findings import TraceVerdict
from cwmpcheck.render.diff_text import COLOURS, trace_lines


def run(
    traces: Sequence[Path],
    expect_version: str | None,
    readings: Sequence[str],
    fail_on: FailOn,
    form: str,
    vantage: Vantage,
) -> int:
    """Judge, print each verdict as it is made, and return the exit code."""
    made: list[TraceVerdict] = []
    stopped = False
    screen = console()
    with progress("reading") as tell:
        try:
            for verdict in verdicts_on(traces, parsed(readings), expect_version, fail_on, tell, vantage):
                made.append(verdict)
                if form == "jsonl":
                    write(msgspec.json.encode(row_of(verdict)).decode())
                elif form == "text" and verdict.verdict != "unreadable":
                    for number, line in enumerate(trace_lines(verdict, width=screen.width, unverified=UNVERIFIED)):
                        style = COLOURS.get(verdict.verdict, "") if number == 0 else ""
                        screen.print(Text(line, style=style), soft_wrap=True)
        except KeyboardInterrupt:
            stopped = True
    report = DiffReport(tuple(made), fail_on, stopped)
    if form == "json":
        write(report.to_json())
    for verdict in made:
        if verdict.verdict == "unreadable":
            say("; ".join(verdict.notes), UNREADABLE)
    if stopped:
        return say(f"interrupted; the verdicts made so far ({len(made)}) are above", INTERRUPTED)
    if form == "text" and len(made) > 1:
        words = [verdict.verdict for verdict in made]
        counts = ", ".join(f"{words.count(word)} {word}" for word in COLOURS if word in words)
        write(f"\n{len(made)} traces: {counts}.")
    return report.exit_code
