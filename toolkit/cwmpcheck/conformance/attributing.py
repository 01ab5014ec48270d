"""The transfers of a device, judged one by one; a CommandKey that several Downloads carry under every attribution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from cwmpcheck.conformance.findings import Severity
from cwmpcheck.conformance.judging import HARD, Case, Judged, Watched, conclude, watch
from cwmpcheck.conformance.scopes import Scope, attributions, bearers_of
from cwmpcheck.conformance.tolerances import Tolerance


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
    """The attribution that breaks least; what the key has to do with is left open where not all could be tried."""
    ways, all_of_them = attributions(case.device, key)
    case.tally.count(Tolerance.SHARED_KEY)
    best: Sequence[Watched] = ()
    for way in ways:
        watched = [watch(case, scope) for scope in way]
        if not best or _broken(watched) < _broken(best):
            best = watched
        if not _broken(best):
            return best
    if all_of_them:
        return best
    case.tally.count(Tolerance.TOO_MANY_ATTRIBUTIONS)
    certain = watch(case, _nothing_of(case, key))
    ids = {finding.property for _, finding in certain.findings if finding.severity in HARD}
    return [_left_open(each, ids) for each in best]


def _broken(watched: Sequence[Watched]) -> int:
    return sum(each.broken for each in watched)


def _nothing_of(case: Case, key: str) -> Scope:
    """The dialogue without anything that bears the key: what is broken here has nothing to do with the key."""
    found = bearers_of(case.device, key)
    spots = [spot for spot, _ in (*found.downloads, *found.informs, *(one for group in found.reports for one in group))]
    return Scope(key, frozenset(spots), frozenset(number for number, _ in found.fetches))


def _left_open(watched: Watched, certain: set[str]) -> Watched:
    findings = tuple(
        (index, finding)
        if finding.severity not in HARD or finding.property in certain
        else (index, msgspec.structs.replace(finding, severity=Severity.OPEN))
        for index, finding in watched.findings
    )
    return Watched(watched.scope, watched.seen, findings, watched.told_from, watched.tally)
