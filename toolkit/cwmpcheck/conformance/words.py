"""What was seen, in words for people; made only for what is reported."""

from __future__ import annotations

from cwmpcheck.conformance.letters import Letter
from cwmpcheck.protocol import Kind
from cwmpcheck.traces import Broken, Fetch, HttpError, Item, Message
from cwmpcheck.wire import Download, DownloadResponse, Fault, Inform, TransferComplete, UploadResponse


def name_of(item: Item | Fetch) -> str:
    """The name of a message or event, for its place."""
    if isinstance(item, Message):
        return item.rpc or ("empty POST" if item.sender == "cpe" else "empty reply")
    if isinstance(item, Fetch):
        return item.method
    return f"HTTP {item.status}" if isinstance(item, HttpError) else item.what


def told(item: Item | Fetch, letter: Letter) -> str:
    """What was seen, with the fields that rules speak of."""
    if isinstance(item, Fetch):
        return _fetch(item, letter)
    if isinstance(item, Broken):
        return f"the exchange broke: {item.what}" + (f" by the {item.by.upper()}" if item.by else "")
    if isinstance(item, HttpError):
        return f"HTTP {item.status}"
    if item.envelope is None:
        return "an empty POST" if item.sender == "cpe" else f"an empty reply (HTTP {item.http_status})"
    return _message(item, letter)


def _fetch(item: Fetch, letter: Letter) -> str:
    if letter.kind is Kind.OVERTAKEN:
        return f"{item.method} {item.url} of a later Download"
    if letter.kind is Kind.FETCH_BEGINS:
        return f"{item.method} {item.url}"
    return f"{item.method} {item.url}: {item.status or 'no answer'}, {item.length} bytes"


def _message(item: Message, letter: Letter) -> str:
    assert item.envelope is not None
    body = item.envelope.body
    if isinstance(body, Inform):
        return inform_in_words(body)
    if isinstance(body, TransferComplete):
        whose = " of another transfer" if letter.kind is Kind.CPE_REQUEST else ""
        return f"TransferComplete(CommandKey={body.command_key!r}, FaultCode={body.fault_code}){whose}"
    if isinstance(body, Download):
        return f"Download(CommandKey={body.command_key!r}, DelaySeconds={body.delay_seconds})"
    if isinstance(body, DownloadResponse | UploadResponse):
        return f"{item.rpc}(Status={body.status})"
    return f"Fault {body.code}" if isinstance(body, Fault) else item.rpc


def inform_in_words(body: Inform) -> str:
    """An Inform with its events and their keys, its RetryCount and its SoftwareVersion."""
    events = ", ".join(f"{e.code}({e.command_key})" if e.command_key else e.code for e in body.events) or "no event"
    version = body.value_of("DeviceInfo.SoftwareVersion") or "absent"
    return f"Inform({events}; RetryCount={body.retry_count}; SoftwareVersion={version})"
