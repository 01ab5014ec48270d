"""Runs of the virtual laboratory put to the judge of traces, as any capture is: through a file, knowing nothing of the run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cwmpcheck.conformance import Finding, Severity, TraceVerdict, diff_trace
from cwmpcheck.lab.exchanges import write_exchanges
from cwmpcheck.lab.faults import FaultKind
from cwmpcheck.lab.virtual import NEW, VirtualRun
from cwmpcheck.traces import Trace, load_trace

GRAVE = (Severity.PROTOCOL, Severity.MESSAGE, Severity.MINOR)


@dataclass(frozen=True)
class Misjudgement:
    """A finding of the judge that is known to be none.

    Attributes:
        fault: what happens in the runs in which it is found.
        properties: that it names.
        why: it is no deviation.
        fits: whether a finding is this one.
    """

    fault: FaultKind
    properties: tuple[str, ...]
    why: str
    fits: Callable[[Finding], bool] = lambda finding: True


MISJUDGEMENTS = (
    Misjudgement(
        FaultKind.CUT_POWER,
        ("P-47",),
        "Power went between the arrival of TransferCompleteResponse and its commit: the report comes once more, as "
        "at-least-once delivery has it (rules.md 3.3, P8).",
    ),
)
"""What the judge has against our peers without reason, each with the rule that clears them."""


def trace_of(run: VirtualRun) -> Trace:
    """The record of a run, read back as a capture is."""
    with tempfile.TemporaryDirectory(prefix="cwmpcheck-") as folder:
        path = Path(folder) / "run.exchanges.jsonl"
        path.write_bytes(write_exchanges(run.events))
        return load_trace(path)


def judge(run: VirtualRun, trace: Trace | None = None) -> TraceVerdict:
    """The verdict on a run."""
    firmware = run.schedule.scenario == "unicast"
    return diff_trace(trace or trace_of(run), expect_version=NEW if firmware else None)


def grave(verdict: TraceVerdict) -> list[Finding]:
    """The findings that say that a peer did wrong."""
    return [finding for finding in verdict.findings if finding.severity in GRAVE]


def misjudgement(run: VirtualRun, finding: Finding) -> Misjudgement | None:
    """The known misjudgement that a finding is, if it is one."""
    happened = {fault.kind for fault in run.happened}
    for known in MISJUDGEMENTS:
        if known.fault in happened and finding.property in known.properties and known.fits(finding):
            return known
    return None


def deviations(run: VirtualRun, verdict: TraceVerdict) -> list[Finding]:
    """The findings against our peers that stand."""
    return [finding for finding in grave(verdict) if misjudgement(run, finding) is None]
