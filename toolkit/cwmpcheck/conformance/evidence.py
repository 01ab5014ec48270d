"""What a verdict rests on: a trace conforms only when everything in it was read and followed to a regular end.

What could not be read, or was cut, is nobody's breach: from there on the watcher has lost the thread, so what seems broken is
left open and the verdict is inconclusive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from cwmpcheck.catalogue.form import FORM_PROPERTIES
from cwmpcheck.conformance.findings import DeviceSummary, Finding, Severity
from cwmpcheck.traces import Broken, Device, Message, Session, Trace
from cwmpcheck.wire import Inform, Unreadable

PROMISES = frozenset({"P-81", "P-82"})
"""Properties that are left open where a trace ends before what was promised has come."""

HARD = frozenset({Severity.PROTOCOL, Severity.MESSAGE})
OF_FORM = frozenset(item.id for item in FORM_PROPERTIES)

SLACK = 0.001
"""Seconds by which a finding's time, which is rounded, may lie before the trouble that caused it."""


def lost_thread(trace: Trace, device: Device) -> float | None:
    """The first time, from the trace's start, at which something of the device's dialogue could not be read."""
    times = [trouble.time for trouble in trace.troubles if trouble.inconclusive]
    times += [message.time for session in device.sessions for message in session.messages if _unread(message)]
    return min(times) - trace.start - SLACK if times else None


def reopened(findings: Iterable[Finding], since: float | None) -> Iterator[Finding]:
    """The findings; those on the dialogue that were made after the thread was lost are open.

    A message's own form needs no thread: what departs from the schema in a message that was read stays a finding.
    """
    for finding in findings:
        late = since is not None and finding.at.time is not None and finding.at.time >= since
        if late and finding.severity in HARD and finding.property not in OF_FORM:
            yield msgspec.structs.replace(finding, severity=Severity.OPEN)
        else:
            yield finding


def doubts(trace: Trace, summaries: Sequence[DeviceSummary], findings: Iterable[Finding]) -> list[str]:
    """Why the trace cannot be said to conform, in words; empty when nothing speaks against it."""
    found = [trouble.what for trouble in trace.troubles if trouble.inconclusive]
    if not any(device.sessions for device in trace.devices):
        found.append("no CWMP session is in it")
    for device, summary in zip(trace.devices, summaries, strict=True):
        found += [f"{device.name}: {why}" for why in _of_device(device, summary)]
    for finding in findings:
        if finding.severity is Severity.OPEN and finding.property in PROMISES and finding.under is None:
            found.append(f"{finding.device}: the trace ends before {finding.property} is kept or broken")
    return found


def _of_device(device: Device, summary: DeviceSummary) -> Iterator[str]:
    unread = [message for session in device.sessions for message in session.messages if _unread(message)]
    if unread:
        place = unread[0].where
        where = f"packet {place.packet}" if place.packet is not None else f"line {place.line}"
        others = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
        yield f"the message at {where}{others} could not be read: {_why(unread[0])}"
    if device.sessions and not any(_begins(session) for session in device.sessions):
        yield "no session begins with an Inform that could be read"
    if device.sessions and _ends_inside(device.sessions[-1]):
        yield "the trace ends inside a session"
    if device.sessions and not summary.observations:
        yield "nothing of it could be followed"


def _unread(message: Message) -> bool:
    unreadable = message.envelope is not None and isinstance(message.envelope.body, Unreadable)
    return message.truncated or unreadable


def _why(message: Message) -> str:
    if message.truncated:
        return "it is cut off"
    assert message.envelope is not None
    body = message.envelope.body
    return body.reason if isinstance(body, Unreadable) else "it is cut off"


def _begins(session: Session) -> bool:
    return any(m.envelope is not None and isinstance(m.envelope.body, Inform) for m in session.messages)


def _ends_inside(session: Session) -> bool:
    """Whether it neither ended regularly nor failed for all to see: then the recording stopped before it did."""
    last = session.items[-1]
    if isinstance(last, Broken):
        return last.what == "capture_ends"
    return isinstance(last, Message) and session.outcome != "completed"
