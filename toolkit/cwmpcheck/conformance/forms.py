"""Message form on a trace: every departure of an envelope from the schema, put to the property it breaks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from cwmpcheck.catalogue import find
from cwmpcheck.catalogue.form import FORM_PROPERTIES, FormProperty
from cwmpcheck.conformance.findings import At, Finding, Severity
from cwmpcheck.conformance.tolerances import Tally, Tolerance
from cwmpcheck.traces import Device, Message, Session
from cwmpcheck.vocabulary.departures import Departure
from cwmpcheck.wire import Download, Envelope, Fault, Reboot, refusal_departures

METHOD_NOT_SUPPORTED = 9000


def form_findings(device: Device, start: float, tally: Tally) -> Iterator[Finding]:
    """The findings on message form of one device's dialogue, in order.

    What the ACS sent is judged only where no proxy lies between: a proxy may have changed it.

    Args:
        device: whose messages.
        start: time that counts as 0.
        tally: counts the tolerances that are used.
    """
    for session in device.sessions:
        asked: Envelope | None = None
        for message in session.items:
            if not isinstance(message, Message):
                continue
            envelope = message.envelope
            by_acs = message.sender == "acs"
            if envelope is not None and not message.truncated:
                proxied = by_acs and message.also is not None
                if proxied and envelope.departures:
                    tally.count(Tolerance.PROXY_FORM)
                elif envelope.departures or isinstance(envelope.body, Fault):
                    yield from _judged(device, session, message, envelope, asked, start)
            asked = envelope if by_acs else None


def _judged(
    device: Device, session: Session, message: Message, envelope: Envelope, asked: Envelope | None, start: float
) -> Iterator[Finding]:
    at = At(message.where.packet, message.where.line, round(message.time - start, 3), session.number, message.rpc)
    for departure in (*envelope.departures, *_refusal(envelope, asked)):
        yield from _broken(departure, message, device.name, at)
    body = envelope.body
    if isinstance(body, Fault) and asked is not None and isinstance(asked.body, Reboot) and body.code == METHOD_NOT_SUPPORTED:
        item = find("P-108")
        yield Finding(item.id, Severity.MESSAGE, message.sender, device.name, at, item.title, f"Fault {body.code}")


def _refusal(envelope: Envelope, asked: Envelope | None) -> tuple[Departure, ...]:
    if isinstance(envelope.body, Fault) and asked is not None and isinstance(asked.body, Download):
        return tuple(refusal_departures(envelope.body, "Download"))
    return ()


@lru_cache(maxsize=4096)
def _selected(departure: Departure) -> tuple[tuple[FormProperty, str | None], ...]:
    """The properties that a departure breaks, with the reading that admits it; a device departs the same way each time."""
    return tuple((item, item.admitted_under(departure)) for item in FORM_PROPERTIES if item.selects(departure))


def _broken(departure: Departure, message: Message, device: str, at: At) -> Iterator[Finding]:
    for item, under in _selected(departure):
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
