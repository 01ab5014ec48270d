"""The verdict on a trace: following and monitors for each transfer, form and time for each device, put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from cwmpcheck.conformance.attributing import judge_transfers
from cwmpcheck.conformance.evidence import doubts, lost_thread, reopened
from cwmpcheck.conformance.findings import At, DeviceSummary, Divergence, Finding, Severity, TraceVerdict
from cwmpcheck.conformance.forms import form_findings
from cwmpcheck.conformance.judging import NEED_FILES, Case, Judged
from cwmpcheck.conformance.scopes import requests_of
from cwmpcheck.conformance.timing import timing_findings
from cwmpcheck.conformance.tolerances import Tally, Tolerance
from cwmpcheck.conformance.vantages import OPEN_AT_ACS, vantage_of
from cwmpcheck.protocol import reading
from cwmpcheck.traces import Device, Trace


def diff_trace(
    trace: Trace,
    *,
    readings: Mapping[str, str] | None = None,
    expect_version: str | None = None,
    vantage: str = "cpe",
) -> TraceVerdict:
    """Judge a trace against the model and the catalogue.

    Args:
        trace: as ``cwmpcheck.traces.load_trace`` gives it.
        readings: chosen readings by id, such as ``{"A-08": "restarts"}``; defaults for the others.
        expect_version: SoftwareVersion of the requested image; without it P-42 is conditional.
        vantage: at whose end the trace was taken, ``cpe`` or ``acs``. At the ACS's end what was lost on the way is not known,
            and what depends on it is left open.

    Raises:
        UsageError: for a reading or a vantage that does not exist.
    """
    chosen = {id: reading(id).choose(name) for id, name in (readings or {}).items()}
    end = vantage_of(vantage)
    tally = Tally()
    findings: list[Finding] = []
    divergences: list[Divergence] = []
    summaries: list[DeviceSummary] = []
    for device in trace.devices:
        requests = requests_of(device)
        keys = tuple(requests)
        case = Case(trace, device, chosen, expect_version, end, requests, tally)
        judged = list(judge_transfers(case)) if device.sessions else []
        own = [finding for one in judged for finding in one.findings]
        own += form_findings(device, trace.start, tally)
        own += (each for each in timing_findings(device, trace.start, tally) if end == "cpe" or each.property not in OPEN_AT_ACS)
        findings.extend(_once(reopened(own, lost_thread(trace, device))))
        divergences.extend(d for one in judged for d in one.divergences)
        summaries.append(_summary(device, keys, judged))
        if keys and not trace.file_server_seen:
            tally.count(Tolerance.NO_FILE_SERVER, len(NEED_FILES))
    return _verdict(trace, findings, divergences, summaries, tally)


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """Each property once for each device and severity, where it was first broken, with how often."""
    merged: dict[tuple[str, str, str], Finding] = {}
    places: dict[tuple[str, str, str], set[At]] = {}
    for finding in findings:
        key = (finding.property, finding.severity, finding.party)
        seen_at = places.setdefault(key, set())
        if finding.at in seen_at:
            continue
        seen_at.add(finding.at)
        first = merged.get(key)
        merged[key] = finding if first is None else msgspec.structs.replace(first, times=first.times + 1)
    order = list(Severity)
    return sorted(merged.values(), key=lambda f: (order.index(f.severity), f.at.time or 0.0, f.property))


def _summary(device: Device, keys: tuple[str, ...], judged: Sequence[Judged]) -> DeviceSummary:
    return DeviceSummary(
        name=device.name,
        sessions=len(device.sessions),
        failed_sessions=sum(session.outcome == "failed" for session in device.sessions),
        transfers=keys,
        followed=sum(one.followed for one in judged),
        observations=sum(one.observations for one in judged),
    )


def _verdict(
    trace: Trace,
    findings: list[Finding],
    divergences: list[Divergence],
    summaries: list[DeviceSummary],
    tally: Tally,
) -> TraceVerdict:
    doubted = doubts(trace, summaries, findings)
    severities = {finding.severity for finding in findings}
    protocol = "deviates" if Severity.PROTOCOL in severities else "inconclusive" if doubted else "conforms"
    messages = "deviates" if Severity.MESSAGE in severities else "minor" if Severity.MINOR in severities else "clean"
    verdict = "deviates" if "deviates" in (protocol, messages) else protocol
    notes = [*doubted, *(trouble.what for trouble in trace.troubles if not trouble.inconclusive)]
    return TraceVerdict(
        source=trace.source,
        verdict=verdict,
        protocol=protocol,
        messages=messages,
        devices=tuple(summaries),
        findings=tuple(findings),
        divergences=tuple(divergences),
        tolerances=tally.told(),
        notes=tuple(dict.fromkeys(notes)),
    )
