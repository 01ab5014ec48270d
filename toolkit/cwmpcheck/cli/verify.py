"""``cwmpcheck verify``."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from cwmpcheck.api.deciding import BackendChoice, Engine
from cwmpcheck.api.decision import Decision
from cwmpcheck.api.readings import default_of, parsed
from cwmpcheck.api.report import VerifyReport
from cwmpcheck.api.sampling import Sample
from cwmpcheck.api.sampling import samples as near_misses
from cwmpcheck.api.verifying import decisions_on, report_of
from cwmpcheck.cli.ending import INTERRUPTED, say
from cwmpcheck.cli.screen import console, progress, show_table, write
from cwmpcheck.render.exchange_text import exchange
from cwmpcheck.render.plain_text import plain
from cwmpcheck.render.verify_table import by_reading, reasons, verify_table
from cwmpcheck.vocabulary.errors import UsageError

MOST_SHOWN = 3
"""Counterexamples printed in full; the others are one property away."""


def run(
    scenarios: Sequence[str],
    properties: Sequence[str],
    readings: Sequence[str],
    all_readings: bool,
    model: Path | None,
    bounds: str,
    engine: Engine,
    backend: BackendChoice,
    samples: bool,
    strict: bool,
    form: str,
) -> int:
    """Decide, print, and return the exit code; what was decided before Ctrl-C is printed too."""
    made: list[Decision] = []
    remarks: list[str] = []
    near: list[Sample] = []
    stopped = False
    limits = bounds_of(bounds)
    try:
        with progress("preparing") as tell:
            decisions = decisions_on(
                scenarios,
                properties,
                parsed(readings),
                limits,
                engine,
                backend,
                model,
                tell,
                all_readings=all_readings,
                remark=remarks.append,
            )
            made.extend(decisions)
        near = samples_of(made) if samples else []
    except KeyboardInterrupt:
        stopped = True
    report = report_of(made, strict=strict, remarks=remarks, interrupted=stopped)
    if form == "json":
        document = json.loads(report.to_json())
        write(json.dumps({**document, "samples": [each.to_row() for each in near]}) if samples else report.to_json())
    else:
        show(report)
        for each in near:
            write(str(each))
    if stopped:
        so_far = f"the verdicts made so far ({len(made)}) are above" if made else "no verdict was made"
        return say(f"interrupted; {so_far}", INTERRUPTED)
    return report.exit_code


def samples_of(made: Sequence[Decision]) -> list[Sample]:
    """The near misses of what holds."""
    with progress("looking for near misses"):
        return list(near_misses(made))


def bounds_of(text: str) -> dict[str, float]:
    """Bounds written as ``states=1000,seconds=5``; raises UsageError for any other form."""
    found: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = part.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not equals or math.isnan(number):
            raise UsageError(f"{part!r} is no bound; write it as states=1000000,seconds=60")
        if name.strip() in found:
            raise UsageError(f"the bound {name.strip()} is given twice; choose one")
        found[name.strip()] = number
    return found


def show(report: VerifyReport) -> None:
    """The tables, then what is not as expected, each with its counterexample, then one sentence."""
    screen = console()
    lines = report.lines()
    for number, (heading, run) in enumerate(by_reading(lines)):
        if heading:
            screen.print(Text(f"\n{heading}" if number else heading))
        show_table(screen, verify_table(run, screen.width))
    for text in reasons(lines):
        screen.print(Text(text))
    for decision in report.decisions:
        if decision.defect is not None and report.is_well(decision):
            screen.print()
            why = f"{decision.defect.id}: {decision.defect.because}"
            screen.print(Text(plain(f"{decision.item.id} fails in {report.where(decision)} as expected, {why}")))
    shown = 0
    for decision in report.unexpected:
        screen.print()
        chart = decision.chart()
        if chart is None:
            word = decision.name.replace("_", " ")
            screen.print(Text(plain(f"{decision.item.id} in {report.where(decision)}: {word}: {decision.how}")))
        elif shown < MOST_SHOWN:
            shown += 1
            if report.under(decision):
                screen.print(Text(plain(f"Under {report.under(decision)}:")))
            write(exchange(chart, width=min(screen.width, 100)))
        else:
            again = f"cwmpcheck verify --scenario {decision.scenario} --property {decision.item.id}"
            other = [f" --reading {id}={value}" for id, value in decision.reading.items() if value != default_of(id)]
            again += "".join(other)
            where = report.where(decision)
            screen.print(Text(plain(f"{decision.item.id} in {where}: {decision.how}; `{again}` shows it")))
    for decision in report.unsettled:
        screen.print(Text(plain(f"{decision.item.id} in {report.where(decision)} is open: {decision.how}")))
    screen.print()
    for note in report.notes:
        screen.print(Text(plain(f"Note: {note}.")))
    screen.print(Text(plain(report.summary())))
