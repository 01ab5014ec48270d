"""Which actions of the model that a watcher can see a dialogue shows: told from the dialogue alone, without the model."""

from __future__ import annotations

from collections.abc import Iterator

from cwmpcheck.protocol import scenario
from cwmpcheck.traces import Broken, HttpError, Message, Session, Trace
from cwmpcheck.wire import Download, DownloadResponse, Envelope, Fault, Inform, TransferComplete

SCENARIOS = ("unicast", "same-session", "status0")

GAPS = {
    "send_request": "the reference CPE calls no method of the ACS besides Inform and TransferComplete in these scenarios",
    "receive_response": "the answer to such a call, which is not made",
}
_NO_HOLD = (
    "an empty reply before the CPE's last word comes under HoldRequests, which this ACS uses in same-session alone"
)
GAPS_IN = {
    ("unicast", "receive_empty_reply"): _NO_HOLD,
    ("status0", "receive_empty_reply"): _NO_HOLD,
    ("status0", "receive_report_fault"): "in the model a Fault to any other request of the CPE, which makes none",
}
"""Visible actions that the laboratory does not bring about, each with its reason."""


def visible(name: str) -> list[str]:
    """The CPE's actions of a scenario of the model that show something at the CPE's end."""
    actions = scenario(name).system.actions
    return [action.name for action in actions if action.party == "cpe" and action.shown_at("cpe") is not None]


def exercised(trace: Trace, run_scenario: str) -> set[str]:
    """The names of the visible actions of the CPE that a trace shows."""
    found: set[str] = set()
    for device in trace.devices:
        for session in device.sessions:
            found |= set(_session(session))
        whole_calls = run_scenario == "status0"
        if device.fetches:
            found.add("fetch_within_call" if whole_calls else "begin_fetch")
        if _rebooted_to_apply(device.sessions):
            found.add("reboot_to_apply")
    return found


def _session(session: Session) -> Iterator[str]:
    asking: Envelope | None = None
    asked: Envelope | None = None
    for number, item in enumerate(session.items):
        if isinstance(item, HttpError) or (isinstance(item, Broken) and item.what != "capture_ends"):
            yield "session_fails"
        elif isinstance(item, Message) and item.sender == "cpe":
            yield from _from_cpe(item, asked)
            asking = item.envelope
        elif isinstance(item, Message):
            last = number == len(session.items) - 1
            yield _from_acs(item, asking, last and session.outcome == "completed")
            asked = item.envelope


def _from_cpe(message: Message, asked: Envelope | None) -> Iterator[str]:
    body = message.envelope.body if message.envelope is not None else None
    download = asked is not None and isinstance(asked.body, Download)
    if body is None:
        yield "post_empty"
    elif isinstance(body, Inform):
        yield "open_session"
    elif isinstance(body, TransferComplete):
        yield "report"
    elif isinstance(body, DownloadResponse):
        yield "answer_completed" if body.status == 0 else "accept_download"
    elif isinstance(body, Fault) and download:
        yield "refuse_download"
    elif isinstance(body, Fault) or message.rpc.endswith("Response"):
        yield "answer_request"
    else:
        yield "send_request"


def _from_acs(message: Message, asking: Envelope | None, ends: bool) -> str:
    body = message.envelope.body if message.envelope is not None else None
    if body is None:
        return "end_session" if ends else "receive_empty_reply"
    if isinstance(body, Fault):
        inform = asking is not None and isinstance(asking.body, Inform)
        return "receive_inform_fault" if inform else "receive_report_fault"
    named = {
        "InformResponse": "receive_inform_response",
        "TransferCompleteResponse": "receive_acknowledgement",
        "Download": "receive_download",
    }
    if message.rpc in named:
        return named[message.rpc]
    return "receive_response" if message.rpc.endswith("Response") else "receive_request"


def _rebooted_to_apply(sessions: tuple[Session, ...]) -> bool:
    """A boot together with the report of a transfer, which nobody asked for by Reboot."""
    for session in sessions:
        first = session.items[0]
        if isinstance(first, Message) and first.envelope is not None and isinstance(first.envelope.body, Inform):
            codes = {event.code for event in first.envelope.body.events}
            if {"1 BOOT", "M Download"} <= codes and "M Reboot" not in codes:
                return True
    return False
