"""The transfers of a device, judged one by one; a CommandKey that several Downloads carry under every attribution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from cwmpcheck.conformance.findings import Severity
from cwmpcheck.conformance.judging import HARD, Case, Judged, Watched, conclude, watch
from cwmpcheck.conformance.scopes import Scope, attributions, bearers_of
from cwmpcheck.conformance.tolerances import Tolerance

ONE_TRANSFER = "A-05=b"
"""The reading by which a second Download under the same key replaces the first."""


def judge_transfers(case: Case) -> Iterator[Judged]:
    """Judge each transfer of a device, in order of first appearance."""
    if not case.requests:
        yield conclude(case, watch(case, Scope(None)))
    for key, times in case.requests.items():
        if times == 1:
            yield conclude(case, watch(case, Scope(key)))
        else:
            for watched in _attributed(case, key):
                yield conclude(case, watched)


def _attributed(case: Case, key: str) -> Sequence[Watched]:
    """The attribution that breaks least; what it breaks, and another meaning of the key does not, is left open."""
    ways, all_of_them = attributions(case.device, key)
    case.tally.count(Tolerance.SHARED_KEY)
    best: Sequence[Watched] = ()
    for way in ways:
        watched = [watch(case, scope) for scope in way]
        if not best or _broken(watched) < _broken(best):
            best = watched
        if not _broken(best):
            return best
    if not all_of_them:
        case.tally.count(Tolerance.TOO_MANY_ATTRIBUTIONS)
        best = [_left_open(each, _ids(watch(case, _nothing_of(case, key))), None) for each in best]
    as_one = watch(case, Scope(key))
    return [_left_open(each, _ids(as_one), ONE_TRANSFER) for each in best]


def _broken(watched: Sequence[Watched]) -> int:
    return sum(each.broken for each in watched)


def _ids(watched: Watched) -> set[str]:
    return {finding.property for _, finding in watched.findings if finding.severity in HARD}


def _nothing_of(case: Case, key: str) -> Scope:
    """The dialogue without anything that bears the key: what is broken here has nothing to do with the key."""
    found = bearers_of(case.device, key)
    spots = [spot for spot, _ in (*found.downloads, *found.informs, *(one for group in found.reports for one in group))]
    return Scope(key, frozenset(spots), frozenset(number for number, _ in found.fetches))


def _left_open(watched: Watched, certain: set[str], under: str | None) -> Watched:
    findings = tuple(
        (index, finding)
        if finding.severity not in HARD or finding.property in certain
        else (index, msgspec.structs.replace(finding, severity=Severity.OPEN, under=under))
        for index, finding in watched.findings
    )
    return Watched(watched.scope, watched.seen, findings, watched.told_from, watched.tally)
