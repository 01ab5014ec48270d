"""The given verdicts on the real runs, in the words of our own."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path

import msgspec

SHARED_TRACES = Path(__file__).resolve().parents[3] / "shared" / "traces"
RUNS = sorted(path.parent.name for path in SHARED_TRACES.glob("*/exchanges.jsonl"))

PROTOCOL = {"CONFORMS": "conforms", "DEVIATES": "deviates", "OPEN": "conforms"}
MESSAGES = {"clean": "clean", "minor only": "minor", "DEVIATES": "deviates"}

ADDED = {
    "genieacs__genieacs-sim__file_404": {
        "P-06": "FaultCode 9016 is not in the set that the XSD of the namespace in use (cwmp-1-0) lists for TransferComplete"
    },
}
"""What we find and the ground truth does not name, with the argument from the rule."""


class Given(msgspec.Struct, frozen=True):
    """The ground truth on one run: both verdicts in our words, and the properties behind them."""

    protocol: str
    messages: str
    broken: frozenset[str]
    not_counted: frozenset[str]


@functools.cache
def properties_by_code() -> dict[str, tuple[str, str]]:
    """From the table in the notes on the traces: the property of each code, and its class."""
    rows = re.findall(r"^\| (D\w+\??) \| (P-\d+)[^|]*\| ([^|]+?) \|", (SHARED_TRACES / "README.md").read_text(), re.MULTILINE)
    return {code: (property, weight) for code, property, weight in rows}


@functools.cache
def given(name: str) -> Given:
    """What the ground truth says of a run."""
    entry = json.loads((SHARED_TRACES / "ground_truth.json").read_text())[name]
    codes = {code: properties_by_code()[code] for code in entry["codes"]}
    soft = frozenset(p for p, weight in codes.values() if "conditional" in weight or weight == "open")
    return Given(
        protocol=PROTOCOL[entry["protocol"]],
        messages=MESSAGES[entry["messages"]],
        broken=frozenset(p for p, _ in codes.values()) - soft,
        not_counted=soft,
    )
