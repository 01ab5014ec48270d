"""A session of a captured trace as a chart: what CPE and ACS said to each other, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable

from cwmpcheck.render.chart import Chart, Row
from cwmpcheck.render.messages import Side
from cwmpcheck.traces import Broken, Device, HttpError, Item, Message, Session
from cwmpcheck.wire import DownloadResponse, Fault, Inform, TransferComplete

BROKEN = {
    "reset": "the connection is reset",
    "refused": "the connection is refused",
    "timeout": "no reply comes in time",
    "closed": "the connection is closed",
    "no_reply": "no reply comes",
    "capture_ends": "the capture ends",
}


def chart_of_session(device: Device, session: Session, *, since: float = 0.0, remarks: Iterable[str] = ()) -> Chart:
    """A session as a chart.

    Args:
        device: whose session it is.
        session: what was captured of it.
        since: the time that counts as zero, usually the start of the trace.
        remarks: sentences to put below.
    """
    rows = tuple(_row(item, since) for item in session.items)
    return Chart(f"{device.name}, session {session.number}", rows, tuple(remarks))


def _row(item: Item, since: float) -> Row:
    at = f"{item.time - since:.3f} s"
    place = item.where.packet if item.where.packet is not None else item.where.line
    if isinstance(item, HttpError):
        return Row(f"HTTP {item.status} (at {at})", "message", "acs", "cpe", place)
    if isinstance(item, Broken):
        return Row(f"{BROKEN.get(item.what, item.what)} (at {at})", "fault", None, None, place)
    target: Side = "acs" if item.sender == "cpe" else "cpe"
    return Row(_told(item), "message", item.sender, target, place, (f"at {at}",))


def _told(message: Message) -> str:
    body = message.envelope.body if message.envelope else None
    if body is None:
        return "empty POST" if message.sender == "cpe" else f"empty reply (HTTP {message.http_status or '?'})"
    words = _words(body)
    hold = message.envelope is not None and message.envelope.header.hold_requests
    words += ["HoldRequests"] if hold else []
    return f"{message.rpc} ({', '.join(words)})" if words else message.rpc


def _words(body: object) -> list[str]:
    if isinstance(body, Inform):
        retry = [f"RetryCount {body.retry_count}"] if body.retry_count else []
        return [event.code for event in body.events] + retry
    if isinstance(body, DownloadResponse):
        return [] if body.status is None else [f"Status {body.status}"]
    words = []
    key = getattr(body, "command_key", "")
    if key:
        words.append(f"key {key}")
    if isinstance(body, TransferComplete):
        words.append(f"FaultCode {body.fault_code}")
    if isinstance(body, Fault):
        words.append(str(body.code))
    return words
