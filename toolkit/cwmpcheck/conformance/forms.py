"""Message form on a trace: every departure of an envelope from the schema, put to the property it breaks."""

from __future__ import annotations

from collections.abc import Iterator

from cwmpcheck.catalogue.form import FORM_PROPERTIES
from cwmpcheck.conformance.findings import At, Finding, Severity
from cwmpcheck.traces import Device, Message
from cwmpcheck.vocabulary.departures import Departure
from cwmpcheck.wire import Download, Envelope, Fault, refusal_departures


def form_findings(device: Device, start: float) -> Iterator[Finding]:
    """The findings on message form of one device's dialogue, in order.

    What the ACS sent is judged only where no proxy lies between: a proxy may have changed it (see ``through_proxy``).

    Args:
        device: whose messages.
        start: time that counts as 0.
    """
    for session in device.sessions:
        asked: Envelope | None = None
        for message in session.messages:
            envelope = message.envelope
            if envelope is None or message.truncated or (message.sender == "acs" and message.also is not None):
                asked = envelope if message.sender == "acs" else None
                continue
            at = At(message.where.packet, message.where.line, round(message.time - start, 3), session.number, message.rpc)
            for departure in (*envelope.departures, *_refusal(envelope, asked)):
                yield from _broken(departure, message, device.name, at)
            asked = envelope if message.sender == "acs" else None


def _refusal(envelope: Envelope, asked: Envelope | None) -> tuple[Departure, ...]:
    if isinstance(envelope.body, Fault) and asked is not None and isinstance(asked.body, Download):
        return tuple(refusal_departures(envelope.body, "Download"))
    return ()


def _broken(departure: Departure, message: Message, device: str, at: At) -> Iterator[Finding]:
    for item in FORM_PROPERTIES:
        under = item.admitted_under(departure)
        if not item.selects(departure):
            continue
        yield Finding(
            property=item.id,
            severity=Severity.OPEN if under else Severity(item.severity_of(departure)),
            party=message.sender,
            device=device,
            at=at,
            expected=item.title,
            got=f"{departure.path}: {departure.detail}" if departure.path else departure.detail,
            under=under,
        )


def through_proxy(device: Device) -> int:
    """How many messages of the ACS came through a proxy that may have changed them, and are not judged for form."""
    return sum(m.sender == "acs" and m.also is not None for s in device.sessions for m in s.messages)
