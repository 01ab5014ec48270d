"""A sequence chart as data: who does what in which order. Printed as text, SVG and Mermaid elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from cwmpcheck.engines.verdicts import Path, PathStep
from cwmpcheck.kernel import System
from cwmpcheck.render.messages import Side, direction, told

Nature = Literal["message", "internal", "fault"]

FAULT_PARTIES = ("network", "environment", "fileserver")
GHOST = "#"
"""In the name of every register that a past operator allocates: bookkeeping that tells a reader nothing."""
UNSAID = ("channel.", "ledger.")
"""Variables that only repeat what the arrows show: the wire itself, and what was seen on it."""


@dataclass(frozen=True)
class Row:
    """One line of a chart.

    Attributes:
        text: what happens.
        nature: a message, a step inside a party, or something that befalls them.
        source: who does it; None when neither party does.
        target: who it is sent to, for a message; None for a step inside a party.
        number: of the step, from 1; None for what is no step.
        details: smaller print below it.
        broken: whether this is where the rule is broken.
    """

    text: str
    nature: Nature = "internal"
    source: Side | None = None
    target: Side | None = None
    number: int | None = None
    details: tuple[str, ...] = ()
    broken: bool = False


@dataclass(frozen=True)
class Chart:
    """What a CPE and an ACS do, row by row, with a title above and remarks below."""

    title: str
    rows: tuple[Row, ...]
    remarks: tuple[str, ...] = ()


def chart_of_path(system: System, path: Path, *, title: str, remarks: Iterable[str] = ()) -> Chart:
    """A run of a system as a chart; the last step is where the rule is broken, unless the run is a lasso.

    Args:
        system: whose run it is; its actions tell what each step means.
        path: the run.
        title: what it shows.
        remarks: sentences to put below, such as the rule that is broken.
    """
    summaries = {action.name: action.summary for action in system.actions}
    rows: list[Row] = []
    for done, step in enumerate(path.steps):
        if path.loop_from == done:
            rows.append(Row("from here on, again and again for ever"))
        broken = path.loop_from is None and done == len(path.steps) - 1
        rows.append(_row(step, summaries, broken=broken))
    if path.loop_from is not None and path.loop_from == len(path.steps):
        rows.append(Row("nothing can happen any more"))
    return Chart(title, tuple(rows), tuple(remarks))


def _row(step: PathStep, summaries: Mapping[str, str], *, broken: bool) -> Row:
    changed = [
        f"{name} {value}" for name, value in step.changed.items() if GHOST not in name and not name.startswith(UNSAID)
    ]
    details = (step.action, *changed)
    way = direction(step.message)
    side = _side(step.party)
    if step.party in FAULT_PARTIES:
        text = summaries.get(step.action, step.action).rstrip(".")
        return Row(text, "fault", side, None, step.number, details, broken)
    if step.message is None or way is None or side is None:
        text = told(step.message) if step.message else summaries.get(step.action, step.action).rstrip(".")
        return Row(text, "internal", side, None, step.number, details, broken)
    if way[0] == step.party:
        return Row(told(step.message), "message", *way, step.number, details, broken)
    return Row(f"takes {told(step.message)}", "internal", side, None, step.number, details, broken)


def _side(party: str) -> Side | None:
    if party == "cpe":
        return "cpe"
    return "acs" if party == "acs" else None
