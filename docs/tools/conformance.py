"""Writes the table of docs/conformance.md: our verdict on each real run beside the given one.

    python docs/tools/conformance.py

The runs and the given verdicts are those of ``../shared/traces``. What we find and the ground truth does not name, or the
other way round, needs an argument in ``ARGUED``.
"""

from __future__ import annotations

import functools
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from cwmpcheck.conformance import Severity, TraceVerdict, diff_trace
from cwmpcheck.traces import load_trace

ROOT = Path(__file__).resolve().parents[2]
TRACES = ROOT.parent / "shared" / "traces"
PAGE = ROOT / "docs" / "conformance.md"
BEGIN, END = "<!-- table: docs/tools/conformance.py -->\n", "<!-- end of table -->\n"
RUNS = sorted(path.parent.name for path in TRACES.glob("*/exchanges.jsonl"))
COUNTED = (Severity.PROTOCOL, Severity.MESSAGE, Severity.MINOR)

PROTOCOL = {"CONFORMS": "conforms", "DEVIATES": "deviates", "OPEN": "conforms"}
MESSAGES = {"clean": "clean", "minor only": "minor", "DEVIATES": "deviates"}

ARGUED = {
    ("genieacs__genieacs-sim__file_404", "P-06"): (
        "TransferComplete carries FaultCode 9016 under the namespace cwmp-1-0, whose schema lists 0, 9001, 9002, 9010, 9011 and "
        "9012 only; 9016 came with cwmp-1-1. The namespace in use decides, so it is a departure; a minor one, "
        "because later versions admit it. It does not change the verdict."
    ),
    ("genieacs__anlix-sim__tc_lost_before_acs", "P-85"): (
        "The third retry comes 10.5 s after the failure, without a new event; its row is 20 to 40 s with the default "
        "parameters. Conditional: the capture does not tell the parameters, so it counts for nothing."
    ),
    ("genieacs__cpe-labs-tr181__acs_killed_on_tc", "P-85"): (
        "Retries at the pace of the periodic timer, with no event that was not in the Inform that failed. Conditional, as above."
    ),
}
"""By run and property: why we report what the ground truth does not name."""


class Given(msgspec.Struct, frozen=True):
    """The ground truth on one run, in our words.

    Attributes:
        broken: properties that count.
        not_counted: open and conditional ones.
    """

    protocol: str
    messages: str
    broken: frozenset[str]
    not_counted: frozenset[str]


@functools.cache
def properties_by_code() -> dict[str, tuple[str, str]]:
    """From the table in the notes on the traces: the property of each code, and its class."""
    rows = re.findall(r"^\| (D\w+\??) \| (P-\d+)[^|]*\| ([^|]+?) \|", (TRACES / "README.md").read_text(), re.MULTILINE)
    return {code: (property, weight) for code, property, weight in rows}


@functools.cache
def given(name: str) -> Given:
    """What the ground truth says of a run."""
    entry = json.loads((TRACES / "ground_truth.json").read_text())[name]
    codes = {code: properties_by_code()[code] for code in entry["codes"]}
    soft = frozenset(p for p, weight in codes.values() if "conditional" in weight or weight == "open")
    return Given(
        protocol=PROTOCOL[entry["protocol"]],
        messages=MESSAGES[entry["messages"]],
        broken=frozenset(p for p, _ in codes.values()) - soft,
        not_counted=soft,
    )


@functools.cache
def verdict(name: str) -> TraceVerdict:
    """Our verdict on a run."""
    return diff_trace(load_trace(TRACES / name))


def found(name: str) -> tuple[set[str], dict[str, str | None]]:
    """The properties that we count as broken, and those told as open or conditional with the reading that admits them."""
    findings = verdict(name).findings
    counted = {f.property for f in findings if f.severity in COUNTED}
    return counted, {f.property: f.under for f in findings if f.property not in counted}


def _listed(ids: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(ids, key=lambda id: int(id.partition("-")[2]))) or "-"


def _row(name: str) -> str:
    ours, counted = verdict(name), found(name)[0]
    theirs, soft = given(name), found(name)[1]
    told = [f"{id} (admitted under {under})" if under else id for id, under in sorted(soft.items())]
    added, missed = counted - theirs.broken, theirs.broken - counted
    differs = [f"+{id}" for id in sorted(added)] + [f"-{id}" for id in sorted(missed)]
    device = ours.devices[0]
    cells = (
        name.removeprefix("genieacs__"),
        f"{ours.protocol}, {ours.messages}",
        f"{theirs.protocol}, {theirs.messages}",
        _listed(counted),
        ", ".join(told) or "-",
        " ".join(differs) or "none",
        f"{device.followed} of {device.observations}",
    )
    return f"| {' | '.join(cells)} |"


def _arguments() -> Iterator[str]:
    for name in RUNS:
        counted, soft = found(name)
        theirs = given(name)
        for id in sorted((counted | set(soft)) ^ (theirs.broken | theirs.not_counted)):
            if (name, id) in ARGUED:
                yield f"- **{name.removeprefix('genieacs__')}, {id}**: {ARGUED[name, id]}"
            elif id in counted or id in theirs.broken:
                yield f"- **{name.removeprefix('genieacs__')}, {id}**: no argument is known."
            elif soft.get(id):
                yield f"- **{name.removeprefix('genieacs__')}, {id}**: left open, admitted under {soft[id]}."


def table() -> str:
    """The table and the arguments, as they stand in the page."""
    agree = sum((verdict(n).protocol, verdict(n).messages) == (given(n).protocol, given(n).messages) for n in RUNS)
    conforming = sum(given(name).protocol == "conforms" for name in RUNS)
    summary = (
        f"{len(RUNS)} runs, of which {conforming} conform to the protocol by the ground truth; both of our verdicts are the "
        f"given ones on {agree}."
    )
    head = "| run | our verdict | given | broken | open or conditional | difference | followed |"
    lines = [
        summary,
        "",
        head,
        "|---|---|---|---|---|---|---|",
        *(_row(name) for name in RUNS),
        "",
        "Each addition, and what is told without being counted where the ground truth does not name it:",
        "",
        *_arguments(),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Writes the table; returns 0, or 2 when the runs are not there."""
    if not RUNS:
        print("no ../shared/traces beside this checkout", file=sys.stderr)
        return 2
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
