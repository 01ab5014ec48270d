"""One transfer of one device, judged: monitored, followed, and put into findings."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property

from cwmpcheck.catalogue import PROPERTIES, Property, judged_on_traces
from cwmpcheck.catalogue.ledger import Life, Outcome
from cwmpcheck.conformance.findings import Divergence, Finding, Severity
from cwmpcheck.conformance.following import Follower
from cwmpcheck.conformance.letters import Letter
from cwmpcheck.conformance.monitoring import Breach, Monitor, Page, judge
from cwmpcheck.conformance.observing import Slice
from cwmpcheck.conformance.reasons import with_reason
from cwmpcheck.conformance.scopes import Scope
from cwmpcheck.conformance.seen import Seen
from cwmpcheck.conformance.tolerances import Tally, Tolerance
from cwmpcheck.conformance.tracking import Following, Team, admits, follow
from cwmpcheck.conformance.vantages import OPEN_AT_ACS, Vantage
from cwmpcheck.kernel import Value
from cwmpcheck.protocol import READINGS, Kind
from cwmpcheck.protocol.observation import ACS_REPLIES, INTERNAL
from cwmpcheck.traces import Device, Message, Trace
from cwmpcheck.wire import Inform

KEYED = frozenset({"P-15", "P-16", "P-49"})
"""Properties that speak of a Download which a capture that begins late may have missed."""
OF_THE_PAST = KEYED | {"P-41", "P-42", "P-46", "P-47", "P-48", "P-109"}
"""Properties that say what must have been before a report: open where the transfer is from before the capture."""
HARD = frozenset({Severity.PROTOCOL, Severity.MESSAGE, Severity.MINOR})

NEED_FILES = tuple(item.id for item, _ in judged_on_traces() if item.needs_files)
BY_ID = {item.id: item for item in PROPERTIES}


@dataclass(frozen=True)
class Case:
    """A device of a trace, and what is asked about it.

    Attributes:
        readings: chosen values of the readings' parameters.
        expect_version: SoftwareVersion of the requested image, when told.
        requests: how many Downloads carry each CommandKey.
        tally: counts the tolerances that are used.
    """

    trace: Trace
    device: Device
    readings: Mapping[str, Value]
    expect_version: str | None
    vantage: Vantage
    requests: Mapping[str, int]
    tally: Tally = field(default_factory=Tally)

    @cached_property
    def known(self) -> frozenset[str]:
        """The CommandKeys of all its Downloads."""
        return frozenset(self.requests)

    @property
    def midway(self) -> bool:
        """Whether the capture begins in the middle of a session of this device."""
        first = self.device.sessions[0].items[0]
        if not isinstance(first, Message):
            return False
        return first.envelope is None or not isinstance(first.envelope.body, Inform)


@dataclass(frozen=True)
class Watched:
    """A slice with what the monitors say of it.

    Attributes:
        scope: which transfer.
        seen: every observation.
        findings: of the monitors, and the promises that the trace leaves open.
        told_from: index of the first observation that can be followed: the first Inform.
        tally: the tolerances used.
    """

    scope: Scope
    seen: Sequence[Seen]
    findings: tuple[tuple[int, Finding], ...]
    told_from: int
    tally: Tally

    @property
    def broken(self) -> int:
        """How many findings there are that would make a trace deviate."""
        return sum(finding.severity in HARD for _, finding in self.findings)


@dataclass(frozen=True)
class Judged:
    """One transfer of one device, judged.

    Attributes:
        observations: how many there were to follow.
        followed: how many of them the model could have shown.
    """

    key: str
    findings: tuple[Finding, ...]
    divergences: tuple[Divergence, ...]
    observations: int
    followed: int


def watch(case: Case, scope: Scope) -> Watched:
    """Run the monitors over the slice of a transfer."""
    tally = Tally()
    fetches_seen = case.trace.file_server_seen
    monitor = Monitor(case.readings, () if fetches_seen else NEED_FILES)
    alone = sum(case.requests.values()) == 1
    stream = Slice(case.device, scope, case.known, alone, case.trace.start, case.expect_version, fetches_seen, tally)
    seen, breaches = judge(stream, monitor)
    told_from = 0
    if case.midway:
        told_from = next((n for n, each in enumerate(seen) if each.kind is Kind.INFORM), len(seen))
        tally.count(Tolerance.STARTS_MIDWAY, told_from)
    findings = [(breach.index, _finding(case, scope, breach, told_from, tally)) for breach in breaches]
    findings += [(len(seen) - 1, each) for each in _still_open(monitor.page, seen, breaches, case.device.name)]
    return Watched(scope, seen, tuple(findings), told_from, tally)


def _finding(case: Case, scope: Scope, breach: Breach, told_from: int, tally: Tally) -> Finding:
    item = breach.item
    severity = Severity(item.severity)
    if item.id == "P-42" and case.expect_version is not None:
        severity = Severity.PROTOCOL
    if breach.under or breach.index < told_from:
        severity = Severity.OPEN
    from_before = breach.seen.letter.followed is not breach.seen.letter
    if item.id in OF_THE_PAST and from_before:
        severity = Severity.OPEN
    if item.id in KEYED and (scope.key is None or not breach.transfer_open):
        severity = Severity.OPEN
    if case.vantage == "acs" and item.id in OPEN_AT_ACS:
        tally.count(Tolerance.SEEN_AT_ACS)
        severity = Severity.OPEN
    return Finding(
        property=item.id,
        severity=severity,
        party=_party(item, breach.seen.kind),
        device=case.device.name,
        at=breach.seen.at,
        expected=item.on_traces or item.title,
        got=breach.seen.got,
        under=breach.under,
    )


def _party(item: Property, kind: Kind) -> str:
    if item.party != "both":
        return item.party
    return "acs" if kind in ACS_REPLIES else "cpe"


def _still_open(page: Page, seen: Sequence[Seen], breaches: Sequence[Breach], device: str) -> Iterator[Finding]:
    """Promises that the trace ends too early to see kept or broken."""
    broken = {breach.item.id for breach in breaches}
    if not seen or page.life is not Life.ACCEPTED or broken & {"P-81", "P-82"}:
        return
    item = BY_ID["P-81" if page.outcome is Outcome.NONE else "P-82"]
    got = "the trace ends before " + ("it" if item.id == "P-81" else "TransferComplete is answered")
    yield Finding(item.id, Severity.OPEN, item.party, device, seen[-1].at, item.on_traces or item.title, got)


def conclude(case: Case, watched: Watched) -> Judged:
    """Follow the slice on the model, and tell the findings with their reasons."""
    seen = watched.seen
    places = [
        n
        for n in range(watched.told_from, len(seen))
        if seen[n].kind not in INTERNAL and not (case.vantage == "acs" and seen[n].kind is Kind.SESSION_FAILED)
    ]
    # No reading admits what breaks the protocol under all of them: the search for one is spared.
    hopeless = any(finding.severity is Severity.PROTOCOL for _, finding in watched.findings)
    followed, under = _follow(case, [seen[n].letter.followed for n in places], search=not hopeless)
    reasons = {places[d.index]: d.reasons for d in followed.divergences}
    case.tally.add(watched.tally)
    case.tally.count(Tolerance.COARSE_MENDING, sum(not d.searched for d in followed.divergences))
    findings = [with_reason(f, BY_ID[f.property], index, reasons, seen) for index, f in watched.findings]
    key = watched.scope.key or ""
    divergences = tuple(
        Divergence(case.device.name, key, s.at, s.got, d.because, d.mend, under)
        for d in followed.divergences
        for s in (seen[places[d.index]],)
    )
    if not under:
        findings += _unexplained(followed, [seen[n] for n in places], findings, case.device.name)
    return Judged(key, tuple(findings), divergences, len(places), followed.followed)


def _unexplained(
    followed: Following, seen: Sequence[Seen], findings: Sequence[Finding], device: str
) -> Iterator[Finding]:
    """A divergence that no broken property accounts for is a finding of its own, named after the rule of its guard."""
    if any(f.severity in (Severity.PROTOCOL, Severity.MESSAGE) for f in findings):
        return
    for divergence in followed.divergences[:1]:
        because, what = divergence.because, seen[divergence.index]
        item = _property_of(because.rule) if because is not None and because.rule else None
        yield Finding(
            property=item.id if item else "model",
            severity=Severity.PROTOCOL if item else Severity.OPEN,
            party="acs" if what.kind in ACS_REPLIES else "cpe",
            device=device,
            at=what.at,
            expected=because.guard if because else f"a step that shows {what.kind.value}",
            got=what.got,
            because=because,
        )


def _property_of(rule: str) -> Property | None:
    named = [item for item in PROPERTIES if item.id == rule and item.on_traces is not None]
    resting = [item for item in PROPERTIES if rule in item.rules and item.on_traces is not None]
    return next(iter((*named, *resting)), None)


@cache
def _team(parameters: frozenset[tuple[str, Value]], fetches_seen: bool, vantage: Vantage) -> Team:
    base = dict(parameters)
    variants = ({**base, "needs_reboot": needs} for needs in (True, False))
    return Team([Follower(variant, fetches_seen=fetches_seen, vantage=vantage) for variant in variants])


def team_for(readings: Mapping[str, Value], fetches_seen: bool, vantage: Vantage = "cpe") -> Team:
    """The model under chosen readings, with every variant that a trace leaves open; one team is kept for each choice."""
    return _team(frozenset(readings.items()), fetches_seen, vantage)


def _follow(case: Case, word: Sequence[Letter], *, search: bool) -> tuple[Following, str | None]:
    """Follow under the chosen readings; where that fails, look for one or two others that admit the whole trace."""
    chosen, midway = case.readings, case.midway

    def team(**other: Value) -> Team:
        return team_for({**chosen, **other}, case.trace.file_server_seen, case.vantage)

    default = follow(word, team(), midway=midway)
    if not default.divergences or not search:
        return default, None
    free = [reading for reading in READINGS if reading.id not in chosen]
    flips = [(r.parameter.name, r.id, value) for r in free for value in list(r.values)[1:]]
    for size in (1, 2):
        for some in itertools.combinations(flips, size):
            if len({name for name, _, _ in some}) == size and admits(
                word, team(**{name: value for name, _, value in some}), midway=midway
            ):
                return default, ", ".join(f"{id}={value.value}" for _, id, value in some)
    return default, None
