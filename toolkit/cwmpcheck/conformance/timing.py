"""Rules of time, on the timestamps of a capture: when a file is fetched, when a session is given up, when it is tried again.

Only P-53 is a breach that a capture proves. The others depend on what it does not hold - whether power was lost, which retry
parameters are set, which event came up - so they are conditional and decide no verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from cwmpcheck.catalogue import find
from cwmpcheck.conformance.findings import At, Finding, Severity
from cwmpcheck.conformance.tolerances import Tally, Tolerance
from cwmpcheck.conformance.words import name_of
from cwmpcheck.traces import Broken, Device, Fetch, Item, Message, Session
from cwmpcheck.wire import Download, Inform

MINIMUM_WAIT = 5.0
"""CWMPRetryMinimumWaitInterval, the default: seconds."""
MULTIPLIER = 2.0
"""CWMPRetryIntervalMultiplier, the default 2000, over 1000."""
LAST_ROW = 10
"""From this attempt on the wait grows no more."""
LEAST_PATIENCE = 30.0
"""Seconds that a CPE has to wait for a reply, at least."""
WHOLE_SECONDS = 1.0


def timing_findings(device: Device, start: float, tally: Tally) -> Iterator[Finding]:
    """The findings on time of one device's dialogue.

    Args:
        device: whose messages.
        start: time that counts as 0.
        tally: counts the tolerances that are used.
    """
    yield from _early_fetches(device, start, tally)
    yield from _impatience(device, start)
    yield from _retries(device, start, tally)


def _place(item: Item | Fetch, time: float, session: int | None, start: float) -> At:
    return At(item.where.packet, item.where.line, round(time - start, 3), session, name_of(item))


def _finding(id: str, severity: Severity, device: Device, at: At, expected: str, got: str) -> Finding:
    return Finding(id, severity, str(find(id).party), device.name, at, expected, got)


def _early_fetches(device: Device, start: float, tally: Tally) -> Iterator[Finding]:
    """P-53: a GET before the time of its Download plus DelaySeconds, whichever of the Downloads of that URL it is for."""
    if not device.fetches:
        return
    due: dict[str, list[tuple[float, int]]] = {}
    for session in device.sessions:
        for message in session.messages:
            body = message.envelope.body if message.envelope is not None else None
            if isinstance(body, Download):
                due.setdefault(body.command_key, []).append((message.end, body.delay_seconds or 0))
    for fetch in device.fetches:
        asked = [(time, delay) for key in fetch.keys for time, delay in due.get(key, ()) if time <= fetch.start]
        if fetch.method != "GET" or not asked:
            continue
        time, delay = min(asked, key=lambda each: each[0] + each[1])
        early = time + delay - fetch.start
        if early >= WHOLE_SECONDS:
            expected = f"the GET {delay} s after the Download or later (DelaySeconds)"
            got = f"{fetch.method} {fetch.url} {fetch.start - time:.3f} s after the Download"
            at = _place(fetch, fetch.start, None, start)
            yield _finding("P-53", Severity.PROTOCOL, device, at, expected, got)
        elif early > 0:
            tally.count(Tolerance.WHOLE_SECONDS)


def _impatience(device: Device, start: float) -> Iterator[Finding]:
    """P-39: the CPE itself ends the connection less than 30 seconds after its post."""
    for session in device.sessions:
        for post, end in pairwise(session.items):
            if not (isinstance(end, Broken) and end.by == "cpe" and end.what in ("reset", "closed")):
                continue
            if isinstance(post, Message) and post.sender == "cpe" and end.time - post.end < LEAST_PATIENCE:
                expected = f"{LEAST_PATIENCE:.0f} s or more of waiting for the reply, unless power was lost"
                got = f"{end.what} by the CPE {end.time - post.end:.3f} s after its post"
                at = _place(end, end.time, session.number, start)
                yield _finding("P-39", Severity.CONDITIONAL, device, at, expected, got)


def retry_window(attempt: int) -> tuple[float, float]:
    """The least and the longest wait before the attempt of that number, from 1, with the default parameters.

    >>> retry_window(1), retry_window(3)
    ((5.0, 10.0), (20.0, 40.0))
    """
    row = min(attempt, LAST_ROW)
    return MINIMUM_WAIT * MULTIPLIER ** (row - 1), MINIMUM_WAIT * MULTIPLIER**row


def _retries(device: Device, start: float, tally: Tally) -> Iterator[Finding]:
    """P-85: the wait after a failed session is that of its row, unless a new event came up."""
    events: set[str] = set()
    failures = 0
    for session, following in pairwise(device.sessions):
        first, again = _inform(session), _inform(following)
        events = _codes(first) if failures == 0 else events | _codes(first)
        failures = failures + 1 if session.outcome == "failed" else 0
        if again is None or not failures or _codes(again) - events:
            continue
        least, longest = retry_window(failures)
        waited = again.time - session.end
        if least <= waited <= longest:
            continue
        if least - WHOLE_SECONDS < waited < longest + WHOLE_SECONDS:
            tally.count(Tolerance.WHOLE_SECONDS)
        else:
            expected = f"retry {failures} after {least:g} to {longest:g} s, with the default retry parameters"
            got = f"Inform {waited:.3f} s after the session failed, without a new event"
            at = _place(again, again.time, following.number, start)
            yield _finding("P-85", Severity.CONDITIONAL, device, at, expected, got)


def _inform(session: Session) -> Message | None:
    first = session.items[0]
    told = isinstance(first, Message) and first.envelope is not None and isinstance(first.envelope.body, Inform)
    return first if told and isinstance(first, Message) else None


def _codes(message: Message | None) -> set[str]:
    body = message.envelope.body if message is not None and message.envelope is not None else None
    return {event.code for event in body.events} if isinstance(body, Inform) else set()
