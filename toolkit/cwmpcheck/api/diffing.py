"""Captured traces against the model and the properties: files or folders in, one report out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

import msgspec

from cwmpcheck.api.decision import ALL_PROPERTIES, unverified
from cwmpcheck.api.readings import parameters_of
from cwmpcheck.api.rows import AtRow, BecauseRow, DeviceRow, DiffDocument, FindingRow, TraceRow
from cwmpcheck.conformance import diff_trace
from cwmpcheck.conformance.findings import Finding, TraceVerdict
from cwmpcheck.render.diff_text import diff_html, diff_text
from cwmpcheck.traces import load_trace
from cwmpcheck.vocabulary.errors import UnreadableInput, UsageError

FailOn = Literal["protocol", "message", "minor"]
Vantage = Literal["cpe", "acs"]

CONFORMS, DEVIATES, UNREADABLE, INCONCLUSIVE, INTERRUPTED = 0, 1, 3, 4, 130

RUN_FILES = ("capture.pcap", "capture.pcapng", "capture.pcap.gz", "capture.pcapng.gz", "exchanges.jsonl")
"""A folder that holds one of these is one run, recorded in several ways, and so one trace."""
UNVERIFIED = frozenset(item.id for item in ALL_PROPERTIES if unverified(item))
"""The ids of the properties that rest on recollection alone."""
SINGLE = (".pcap", ".pcapng", ".cap", ".jsonl", ".gz")


@dataclass(frozen=True)
class DiffReport:
    """What ``diff`` found, trace by trace.

    Attributes:
        traces: the verdict on each trace, moved to where ``fail_on`` draws the line.
        fail_on: from which weight on a finding makes a trace deviate.
        interrupted: whether it ends before every trace was judged.
    """

    traces: tuple[TraceVerdict, ...]
    fail_on: FailOn = "message"
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """130 when interrupted, 3 when a trace is unreadable, else 1 when one deviates, 4 when one is inconclusive, else 0."""
        if self.interrupted:
            return INTERRUPTED
        verdicts = {trace.verdict for trace in self.traces}
        for verdict, code in (("unreadable", UNREADABLE), ("deviates", DEVIATES), ("inconclusive", INCONCLUSIVE)):
            if verdict in verdicts:
                return code
        return CONFORMS

    def to_json(self) -> str:
        """As ``diff --format json`` prints it."""
        document = DiffDocument(tuple(row_of(trace) for trace in self.traces), self.exit_code)
        return msgspec.json.encode(document).decode()

    def __str__(self) -> str:
        return diff_text(self.traces, unverified=UNVERIFIED)

    def _repr_html_(self) -> str:
        return diff_html(self.traces, unverified=UNVERIFIED)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": str(self)}


def diff(
    paths: str | Path | Iterable[str | Path],
    *,
    readings: Mapping[str, str] | None = None,
    expect_version: str | None = None,
    fail_on: FailOn = "message",
    vantage: Vantage = "cpe",
    progress: Callable[[str], None] | None = None,
) -> DiffReport:
    """Judge captured traces.

    Args:
        paths: captures, extracted exchanges, folders of one run, or folders of such.
        readings: values of readings by id; defaults for the others.
        expect_version: the SoftwareVersion that the upgrade should bring.
        fail_on: from which weight on a finding makes a trace deviate.
        vantage: at whose end the traces were recorded: what the CPE sent and was lost is not in one of the ACS.
        progress: is told which trace is read.

    Raises:
        UsageError: for a reading that does not exist, or when there is nothing to judge.

    A trace that cannot be read does not end the others: its verdict is ``unreadable``.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    if not given:
        raise UsageError("there is nothing to judge; name a capture, or a folder of captures")
    verdicts = verdicts_on(given, readings, expect_version, fail_on, progress, vantage)
    return DiffReport(tuple(verdicts), fail_on)


def verdicts_on(
    paths: Sequence[str | Path],
    readings: Mapping[str, str] | None = None,
    expect_version: str | None = None,
    fail_on: FailOn = "message",
    progress: Callable[[str], None] | None = None,
    vantage: Vantage = "cpe",
) -> Iterator[TraceVerdict]:
    """The verdicts that ``diff`` reports, one by one as they are made; arguments as there."""
    if fail_on not in get_args(FailOn):
        raise UsageError(f"no weight {fail_on!r}; there are {', '.join(get_args(FailOn))}")
    if vantage not in get_args(Vantage):
        raise UsageError(f"no vantage {vantage!r}; there are {', '.join(get_args(Vantage))}")
    parameters_of(readings or {})
    sources = [source for path in paths for source in traces_in(Path(path))]

    def run() -> Iterator[TraceVerdict]:
        for source in sources:
            if progress:
                progress(f"reading {source}")
            yield moved(_judged(source, readings or {}, expect_version, vantage), fail_on)

    return run()


def _judged(source: Path, readings: Mapping[str, str], expect_version: str | None, vantage: Vantage) -> TraceVerdict:
    try:
        trace = load_trace(source)
    except UnreadableInput as error:
        return TraceVerdict(str(source), "unreadable", "inconclusive", "clean", (), (), notes=(str(error),))
    return diff_trace(trace, readings=readings, expect_version=expect_version, vantage=vantage)


def traces_in(path: Path) -> list[Path]:
    """The traces that a path names: itself, or what a folder of several holds, sorted.

    Raises UsageError for a folder in which there is none.
    """
    if not path.is_dir() or any((path / name).is_file() for name in RUN_FILES):
        return [path]
    found: list[Path] = []
    for child in sorted(path.iterdir()):
        if child.is_dir():
            found.extend([child] if any((child / name).is_file() for name in RUN_FILES) else [])
        elif child.name.endswith(SINGLE):
            found.append(child)
    if not found:
        raise UsageError(f"{path}: no capture in this folder (looked for {', '.join(RUN_FILES)} and *.pcap)")
    return found


def moved(verdict: TraceVerdict, fail_on: FailOn) -> TraceVerdict:
    """The verdict with the line drawn at a weight: ``protocol`` forgives the form of messages, ``minor`` nothing."""
    if verdict.verdict == "unreadable":
        return verdict
    tolerated = {"protocol": ("clean", "minor", "deviates"), "message": ("clean", "minor"), "minor": ("clean",)}
    if verdict.protocol == "deviates" or verdict.messages not in tolerated[fail_on]:
        word = "deviates"
    else:
        word = "inconclusive" if "inconclusive" in (verdict.protocol, verdict.verdict) else "conforms"
    return msgspec.structs.replace(verdict, verdict=word)


def row_of(trace: TraceVerdict) -> TraceRow:
    """A verdict as ``diff --format json`` prints it."""
    return TraceRow(
        source=trace.source,
        verdict=cast(Literal["conforms"], trace.verdict),
        protocol=cast(Literal["conforms"], trace.protocol),
        messages=cast(Literal["clean"], trace.messages),
        devices=tuple(
            DeviceRow(d.name, d.sessions, d.failed_sessions, tuple(d.transfers), d.followed, d.observations)
            for d in trace.devices
        ),
        findings=tuple(_finding(each) for each in trace.findings),
        notes=tuple(trace.notes),
    )


def _finding(finding: Finding) -> FindingRow:
    at, because = finding.at, finding.because
    return FindingRow(
        property=finding.property,
        severity=finding.severity.value,
        party=finding.party,
        at=AtRow(at.packet, at.line, at.time, at.session, at.message),
        expected=finding.expected,
        got=finding.got,
        because=None if because is None else BecauseRow(because.guard, because.rule, dict(because.values)),
        under=finding.under,
        times=finding.times,
        device=finding.device,
        unverified=finding.property in UNVERIFIED,
    )
