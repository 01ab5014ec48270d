"""The verdict on a trace: following and monitors for each transfer, message form for each envelope, put together."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import msgspec

from cwmpcheck.catalogue import PROPERTIES, Property, judged_on_traces
from cwmpcheck.catalogue.ledger import Life, Outcome
from cwmpcheck.conformance.findings import At, Because, DeviceSummary, Divergence, Finding, Severity, TraceVerdict
from cwmpcheck.conformance.following import Follower, Following, follow
from cwmpcheck.conformance.forms import form_findings, through_proxy
from cwmpcheck.conformance.monitoring import Breach, Monitor, judge
from cwmpcheck.conformance.observing import Seen, Slice, keys_of
from cwmpcheck.kernel import Value
from cwmpcheck.protocol import READINGS, Kind, reading
from cwmpcheck.protocol.observation import ACS_REPLIES
from cwmpcheck.traces import Device, Message, Trace

LIVES, OUTCOMES = list(Life), list(Outcome)
KEYED = frozenset({"P-15", "P-16", "P-49"})
"""Properties that speak of a Download which a capture that begins late may have missed."""


@dataclass(frozen=True)
class Judged:
    """One transfer of one device, judged."""

    key: str
    seen: Sequence[Seen]
    findings: tuple[Finding, ...]
    divergences: tuple[Divergence, ...]
    followed: int


def diff_trace(
    trace: Trace, *, readings: Mapping[str, str] | None = None, expect_version: str | None = None
) -> TraceVerdict:
    """Judge a trace against the model and the catalogue.

    Args:
        trace: as ``cwmpcheck.traces.load_trace`` gives it.
        readings: chosen readings by id, such as ``{"A-08": "restarts"}``; defaults for the others.
        expect_version: SoftwareVersion of the requested image; without it P-42 is conditional.

    Raises:
        UsageError: for a reading that does not exist.
    """
    chosen = {id: reading(id).choose(name) for id, name in (readings or {}).items()}
    findings: list[Finding] = []
    divergences: list[Divergence] = []
    summaries: list[DeviceSummary] = []
    tolerances = {"form of the ACS's messages not judged, a proxy lies between": 0}
    for device in trace.devices:
        judged = [_judge(trace, device, key, chosen, expect_version) for key in keys_of(device) or ("",)]
        own = [finding for one in judged for finding in one.findings]
        findings.extend(_once([*own, *form_findings(device, trace.start)]))
        divergences.extend(d for one in judged for d in one.divergences)
        summaries.append(_summary(device, judged))
        tolerances["form of the ACS's messages not judged, a proxy lies between"] += through_proxy(device)
    return _verdict(trace, findings, divergences, summaries, {k: n for k, n in tolerances.items() if n})


def _judge(
    trace: Trace, device: Device, key: str, chosen: Mapping[str, Value], expect_version: str | None
) -> Judged:
    needs_files = [item.id for item, _ in judged_on_traces() if item.needs_files]
    monitor = Monitor(chosen, () if trace.file_server_seen else needs_files)
    known = bool(keys_of(device))
    stream = Slice(device, key if known else None, trace.start, expect_version, trace.file_server_seen)
    seen, breaches = judge(stream, monitor)
    followed, under = _follow(tuple(seen), chosen, trace.file_server_seen)
    because = {d.index: d.because for d in followed.divergences}
    findings = [_finding(b, device.name, because, seen, expect_version, known) for b in breaches]
    findings += _still_open(monitor, seen, breaches, device.name)
    divergences = tuple(
        Divergence(device.name, key, seen[d.index].at, seen[d.index].got, d.because, d.mend, under)
        for d in followed.divergences
    )
    if not under:
        findings += _unexplained(followed, seen, findings, device.name)
    return Judged(key, seen, tuple(findings), divergences, followed.followed)


def _finding(
    breach: Breach,
    device: str,
    because: Mapping[int, Because | None],
    seen: Sequence[Seen],
    expect_version: str | None,
    known: bool,
) -> Finding:
    item = breach.item
    severity = Severity(item.severity)
    if item.id == "P-42" and expect_version is not None:
        severity = Severity.PROTOCOL
    if breach.under or (item.id in KEYED and not (known and breach.transfer_open)):
        severity = Severity.OPEN
    return Finding(
        property=item.id,
        severity=severity,
        party=_party(item, breach.seen.kind),
        device=device,
        at=breach.seen.at,
        expected=item.on_traces or item.title,
        got=breach.seen.got,
        because=_reason(breach.index, because, seen),
        under=breach.under,
    )


def _party(item: Property, kind: Kind) -> str:
    if item.party != "both":
        return item.party
    return "acs" if kind in ACS_REPLIES else "cpe"


def _reason(index: int, because: Mapping[int, Because | None], seen: Sequence[Seen]) -> Because | None:
    """The false guard at this observation, or else the last one before it in the same session."""
    session = seen[index].at.session
    for earlier in range(index, -1, -1):
        if seen[earlier].at.session not in (session, None):
            return None
        if because.get(earlier) is not None:
            return because[earlier]
    return None


def _still_open(monitor: Monitor, seen: Sequence[Seen], breaches: Sequence[Breach], device: str) -> list[Finding]:
    """Promises that the trace ends too early to see kept or broken."""
    life, outcome = LIVES[monitor.register("life_1")], OUTCOMES[monitor.register("outcome_1")]
    broken = {breach.item.id for breach in breaches}
    if not seen or life is not Life.ACCEPTED or broken & {"P-81", "P-82"}:
        return []
    id = "P-81" if outcome is Outcome.NONE else "P-82"
    item = next(p for p in PROPERTIES if p.id == id)
    got = "the trace ends before it" if id == "P-81" else "the trace ends before TransferComplete is answered"
    return [Finding(id, Severity.OPEN, item.party, device, seen[-1].at, item.on_traces or item.title, got)]


def _unexplained(
    followed: Following, seen: Sequence[Seen], findings: Sequence[Finding], device: str
) -> list[Finding]:
    """A divergence that no broken property accounts for is a finding of its own, named after the rule of its guard."""
    if any(f.severity in (Severity.PROTOCOL, Severity.MESSAGE) for f in findings):
        return []
    found = []
    for divergence in followed.divergences[:1]:
        because, what = divergence.because, seen[divergence.index]
        item = _property_of(because.rule) if because is not None and because.rule else None
        found.append(
            Finding(
                property=item.id if item else "model",
                severity=Severity.PROTOCOL if item else Severity.OPEN,
                party="acs" if what.kind in ACS_REPLIES else "cpe",
                device=device,
                at=what.at,
                expected=because.guard if because else f"a step that shows {what.kind.value}",
                got=what.got,
                because=because,
            )
        )
    return found


def _property_of(rule: str) -> Property | None:
    named = [item for item in PROPERTIES if item.id == rule and item.on_traces is not None]
    resting = [item for item in PROPERTIES if rule in item.rules and item.on_traces is not None]
    return next(iter((*named, *resting)), None)


@cache
def _followers(parameters: frozenset[tuple[str, Value]], fetches_seen: bool) -> tuple[Follower, ...]:
    base = dict(parameters)
    return tuple(Follower({**base, "needs_reboot": needs}, fetches_seen=fetches_seen) for needs in (True, False))


def _follow(seen: tuple[Seen, ...], chosen: Mapping[str, Value], fetches_seen: bool) -> tuple[Following, str | None]:
    """Follow under the chosen readings; where that fails, look for one or two others that admit the whole trace."""
    default = follow(seen, _followers(frozenset(chosen.items()), fetches_seen))
    if not default.divergences:
        return default, None
    free = [r for r in READINGS if r.id not in chosen]
    flips = [(r.parameter.name, r.id, value) for r in free for value in list(r.values)[1:]]
    for size in (1, 2):
        for combination in itertools.combinations(flips, size):
            if len({name for name, _, _ in combination}) < size:
                continue
            parameters = frozenset({**chosen, **{name: value for name, _, value in combination}}.items())
            if not follow(seen, _followers(parameters, fetches_seen)).divergences:
                return default, ", ".join(f"{id}={value.value}" for _, id, value in combination)
    return default, None


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


def _summary(device: Device, judged: Sequence[Judged]) -> DeviceSummary:
    return DeviceSummary(
        name=device.name,
        sessions=len(device.sessions),
        failed_sessions=sum(session.outcome == "failed" for session in device.sessions),
        transfers=keys_of(device),
        followed=sum(one.followed for one in judged),
        observations=sum(sum(s.kind is not Kind.OVERTAKEN for s in one.seen) for one in judged),
    )


def _verdict(
    trace: Trace,
    findings: list[Finding],
    divergences: list[Divergence],
    summaries: list[DeviceSummary],
    tolerances: dict[str, int],
) -> TraceVerdict:
    doubts = [trouble.what for trouble in trace.troubles if trouble.inconclusive]
    doubts += [f"{device.name}: a message is cut off" for device in trace.devices if _cut(device)]
    if not any(device.sessions for device in trace.devices):
        doubts.append("no CWMP session is in it")
    severities = {finding.severity for finding in findings}
    protocol = "deviates" if Severity.PROTOCOL in severities else "inconclusive" if doubts else "conforms"
    messages = "deviates" if Severity.MESSAGE in severities else "minor" if Severity.MINOR in severities else "clean"
    verdict = "deviates" if "deviates" in (protocol, messages) else protocol
    notes = [*doubts, *(trouble.what for trouble in trace.troubles if not trouble.inconclusive)]
    return TraceVerdict(
        source=trace.source,
        verdict=verdict,
        protocol=protocol,
        messages=messages,
        devices=tuple(summaries),
        findings=tuple(findings),
        divergences=tuple(divergences),
        tolerances=tolerances,
        notes=tuple(dict.fromkeys(notes)),
    )


def _cut(device: Device) -> bool:
    return any(isinstance(item, Message) and item.truncated for s in device.sessions for item in s.items)



