"""A device's dialogue as observations: the mapping between what is on the wire and what the model speaks of.

One transfer at a time: a *slice* is the dialogue with everything that belongs to other transfers seen as other requests and
responses. Keys become symbols: the slice's key is the first key, an unknown one is the strange key, none is the empty key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cwmpcheck.conformance.findings import At
from cwmpcheck.protocol import Kind
from cwmpcheck.protocol.observation import FIRST_KEY, MOST_RETRIES, NO_KEY, STRANGE_KEY
from cwmpcheck.traces import Broken, Device, Fetch, HttpError, Item, Message, Session
from cwmpcheck.vocabulary.events import EVENT_BOOT, EVENT_BOOTSTRAP, EVENT_M_DOWNLOAD, EVENT_TRANSFER_COMPLETE
from cwmpcheck.wire import (
    Download,
    DownloadResponse,
    Envelope,
    Fault,
    Inform,
    InformResponse,
    TransferComplete,
    TransferCompleteResponse,
)

EVENT_M_REBOOT = "M Reboot"
OTHER_COMPLETIONS = ("M Upload", "M ScheduleDownload")

FieldValue = bool | int | Kind


@dataclass(frozen=True)
class Seen:
    """One observation with its place.

    Attributes:
        fields: by name of the observation's fields; those left out are defaults.
        at: where it was seen.
        got: what was seen, in words.
        open_ended: names of fields that this trace does not tell.
    """

    fields: Mapping[str, FieldValue]
    at: At
    got: str
    open_ended: frozenset[str] = frozenset()

    @property
    def kind(self) -> Kind:
        """The kind of what was seen."""
        kind = self.fields["kind"]
        assert isinstance(kind, Kind)
        return kind


@dataclass(frozen=True)
class EndOfSession:
    """The place where a session's items end; whether it failed is for the ledger to say."""

    at: At
    decided: bool


def keys_of(device: Device) -> tuple[str, ...]:
    """The CommandKeys of the device's Downloads, in order of first appearance."""
    keys: dict[str, None] = {}
    for session in device.sessions:
        for message in session.messages:
            if message.envelope is not None and isinstance(message.envelope.body, Download):
                keys.setdefault(message.envelope.body.command_key)
    return tuple(keys)


@dataclass
class _Running:
    """What the mapping itself must remember within a session."""

    namespace: str = ""
    cookie: str = ""
    asked: Envelope | None = None
    asked_ours: bool = False
    asking: Envelope | None = None
    asking_ours: bool = False


@dataclass
class Slice:
    """The observations of one device for one transfer.

    Args:
        device: the device.
        key: CommandKey of the transfer; None for a device without any.
        start: time that counts as 0.
        expect_version: SoftwareVersion of the requested image, when told.
        fetches_seen: whether the capture shows the transfers of files.
    """

    device: Device
    key: str | None
    start: float
    expect_version: str | None = None
    fetches_seen: bool = False
    _known: frozenset[str] = field(init=False)
    _before: str | None = field(init=False, default=None)
    _version: str | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._known = frozenset(keys_of(self.device))

    def __iter__(self) -> Iterator[Seen | EndOfSession]:
        pending = self._fetch_events()
        for session in self.device.sessions:
            running = _Running()
            for item in session.items:
                while pending and pending[0][0] <= _moment(item):
                    yield pending.pop(0)[1]
                yield from self._item(session, item, running)
            last = session.items[-1]
            open_end = isinstance(last, Broken) and last.what == "capture_ends"
            yield EndOfSession(self._at(session, last), decided=not open_end)
        yield from (seen for _, seen in pending)

    def _fetch_events(self) -> list[tuple[float, Seen]]:
        if self.key is None or not self.fetches_seen:
            return []
        mine = [f for f in self.device.fetches if self.key in f.keys and f.method == "GET"]
        events: list[tuple[float, Seen]] = []
        for index, fetch in enumerate(mine):
            challenged = fetch.status == 401 and index + 1 < len(mine)
            if not challenged:
                events.extend(self._fetch(fetch))
        events.extend(self._overtakings())
        return sorted(events, key=lambda event: event[0])

    def _overtakings(self) -> Iterator[tuple[float, Seen]]:
        """Fetches of transfers that were requested later and due no earlier, before this one's own."""
        due = dict(_due_times(self.device))
        mine = due.get(self.key or "")
        if mine is None:
            return
        for fetch in self.device.fetches:
            if self.key in fetch.keys or fetch.start < mine:
                continue
            if any(key in due and due[key] >= mine for key in fetch.keys):
                at = At(fetch.where.packet, fetch.where.line, round(fetch.start - self.start, 3), None, fetch.method)
                yield fetch.start, Seen({"kind": Kind.OVERTAKEN}, at, f"{fetch.method} {fetch.url} of a later Download")

    def _fetch(self, fetch: Fetch) -> Iterator[tuple[float, Seen]]:
        at = At(fetch.where.packet, fetch.where.line, round(fetch.start - self.start, 3), None, fetch.method)
        yield fetch.start, Seen({"kind": Kind.FETCH_BEGINS}, at, f"{fetch.method} {fetch.url}")
        if fetch.end is None or fetch.broken == "capture_ends":
            return
        success = fetch.complete and fetch.status in (200, 206)
        ended = At(fetch.where.packet, fetch.where.line, round(fetch.end - self.start, 3), None, fetch.method)
        got = f"{fetch.method} {fetch.url}: {fetch.status or 'no answer'}, {fetch.length} bytes"
        yield fetch.end, Seen({"kind": Kind.FETCH_ENDS, "success": success}, ended, got)

    def _at(self, session: Session, item: Item) -> At:
        name = item.rpc or ("empty POST" if item.sender == "cpe" else "empty reply") if isinstance(item, Message) else (
            f"HTTP {item.status}" if isinstance(item, HttpError) else item.what
        )
        return At(item.where.packet, item.where.line, round(_moment(item) - self.start, 3), session.number, name)

    def _item(self, session: Session, item: Item, running: _Running) -> Iterator[Seen]:
        at = self._at(session, item)
        if isinstance(item, Broken):
            if item.what != "capture_ends":
                yield Seen({"kind": Kind.SESSION_FAILED}, at, f"the exchange broke: {item.what}")
        elif isinstance(item, HttpError):
            yield Seen({"kind": Kind.SESSION_FAILED}, at, f"HTTP {item.status}")
        elif item.sender == "cpe":
            yield self._from_cpe(item, at, running)
        else:
            yield self._from_acs(item, at, running)

    def _symbol(self, key: str) -> int:
        if key == self.key:
            return FIRST_KEY
        return NO_KEY if key == "" else STRANGE_KEY

    def _from_cpe(self, message: Message, at: At, running: _Running) -> Seen:
        fields: dict[str, FieldValue] = {"cookie_missing": _cookie_missing(message, running)}
        envelope = message.envelope
        if envelope is None:
            return Seen({"kind": Kind.EMPTY_POST, **fields}, at, "an empty POST")
        body = envelope.body
        if isinstance(body, Inform):
            running.namespace = envelope.namespace
            running.asking, running.asking_ours = envelope, True
            return self._inform(body, at, fields)
        fields["other_namespace"] = bool(running.namespace) and envelope.namespace != running.namespace
        if isinstance(body, TransferComplete):
            running.asking, running.asking_ours = envelope, self._concerns(body.command_key)
            if running.asking_ours:
                success = body.fault_code == 0
                got = f"TransferComplete(CommandKey={body.command_key!r}, FaultCode={body.fault_code})"
                tc: dict[str, FieldValue] = {"kind": Kind.TRANSFER_COMPLETE, "key": self._symbol(body.command_key), "success": success}
                return Seen({**tc, **fields}, at, got)
            return Seen({"kind": Kind.CPE_REQUEST, **fields}, at, "TransferComplete of another transfer")
        if isinstance(body, Fault) or message.rpc.endswith("Response"):
            return self._answer(envelope, message.rpc, at, running, fields)
        running.asking, running.asking_ours = envelope, False
        return Seen({"kind": Kind.CPE_REQUEST, **fields}, at, message.rpc)

    def _concerns(self, key: str) -> bool:
        """A key that no Download of the trace carried is judged in every slice: it should have been one of them."""
        return key == self.key or key not in self._known

    def _inform(self, body: Inform, at: At, fields: dict[str, FieldValue]) -> Seen:
        codes = [event.code for event in body.events]
        keys = [event.command_key for event in body.events if event.code == EVENT_M_DOWNLOAD]
        ours = [key for key in keys if self._concerns(key)]
        complete = EVENT_TRANSFER_COMPLETE in codes
        elsewhere = any(key not in ours for key in keys) or any(code in OTHER_COMPLETIONS for code in codes)
        others = not ours and elsewhere
        version = body.value_of("DeviceInfo.SoftwareVersion")
        updated = self._updated(version)
        told: dict[str, FieldValue] = {
            "kind": Kind.INFORM,
            "transfer_complete": complete and not others,
            "other_complete": complete and others,
            "m_download": bool(ours),
            "key": self._symbol(self.key if self.key in ours else ours[0]) if ours and self.key is not None else NO_KEY,
            "boot": EVENT_BOOT in codes,
            "bootstrap": EVENT_BOOTSTRAP in codes,
            "m_reboot": EVENT_M_REBOOT in codes,
            "retry": min(max(body.retry_count or 0, 0), MOST_RETRIES),
            # A version that is not told is none that contradicts.
            "updated": updated is not False,
        }
        listed = ", ".join(f"{e.code}({e.command_key})" if e.command_key else e.code for e in body.events) or "no event"
        got = f"Inform({listed}; RetryCount={body.retry_count}; SoftwareVersion={version or 'absent'})"
        # That the version changed may be another transfer's doing: only a version that was told is followed.
        unknown = {"other_event"} | (set() if self.expect_version is not None else {"updated"})
        return Seen({**told, **fields}, at, got, frozenset(unknown))

    def _updated(self, version: str | None) -> bool | None:
        """Whether this is the requested version: told by the user, or else by its having changed since the Download."""
        if version is not None:
            self._version = version
        if self.expect_version is not None:
            return version == self.expect_version
        if version is None or self._before is None:
            return None
        return version != self._before

    def _answer(
        self, envelope: Envelope, rpc: str, at: At, running: _Running, fields: dict[str, FieldValue]
    ) -> Seen:
        asked, ours = running.asked, running.asked_ours
        running.asked = None
        fields["foreign_id"] = _foreign_id(envelope, asked)
        body = envelope.body
        got = f"Fault {body.code}" if isinstance(body, Fault) else rpc
        if ours and isinstance(body, DownloadResponse):
            status = 0 if body.status == 0 else 1
            return Seen({"kind": Kind.DOWNLOAD_RESPONSE, "status": status, **fields}, at, f"{rpc}(Status={body.status})")
        if ours and isinstance(body, Fault):
            return Seen({"kind": Kind.DOWNLOAD_FAULT, **fields}, at, got)
        return Seen({"kind": Kind.CPE_RESPONSE, **fields}, at, got)

    def _from_acs(self, message: Message, at: At, running: _Running) -> Seen:
        cookie = _set_cookie(message)
        running.cookie = cookie or running.cookie
        envelope = message.envelope
        if envelope is None:
            return Seen({"kind": Kind.EMPTY_REPLY}, at, f"an empty reply (HTTP {message.http_status})")
        fields: dict[str, FieldValue] = {"hold": bool(envelope.header.hold_requests)}
        fields["other_namespace"] = bool(running.namespace) and envelope.namespace != running.namespace
        body = envelope.body
        if isinstance(body, Download) and body.command_key == self.key:
            running.asked, running.asked_ours = envelope, True
            self._before = self._before or self._version
            more: dict[str, FieldValue] = {"key": FIRST_KEY, "delayed": bool(body.delay_seconds)}
            got = f"Download(CommandKey={body.command_key!r}, DelaySeconds={body.delay_seconds})"
            return Seen({"kind": Kind.DOWNLOAD, **more, **fields}, at, got)
        if isinstance(body, Fault) or message.rpc.endswith("Response"):
            fields["foreign_id"] = _foreign_id(envelope, running.asking)
            kind = Kind.ACS_RESPONSE
            if isinstance(body, Fault):
                kind = Kind.ACS_FAULT
            elif isinstance(body, InformResponse):
                kind = Kind.INFORM_RESPONSE
            elif isinstance(body, TransferCompleteResponse) and running.asking_ours:
                kind = Kind.TRANSFER_COMPLETE_RESPONSE
            return Seen({"kind": kind, **fields}, at, message.rpc)
        running.asked, running.asked_ours = envelope, False
        return Seen({"kind": Kind.ACS_REQUEST, **fields}, at, message.rpc)


def _due_times(device: Device) -> Iterator[tuple[str, float]]:
    """When each Download's file is due, by its CommandKey."""
    for session in device.sessions:
        for message in session.messages:
            if message.envelope is not None and isinstance(message.envelope.body, Download):
                yield message.envelope.body.command_key, message.end + (message.envelope.body.delay_seconds or 0)


def _moment(item: Item) -> float:
    """A post is seen when it is sent, a reply when it has arrived whole."""
    if isinstance(item, Message):
        return item.time if item.sender == "cpe" else item.end
    return item.time


def _foreign_id(response: Envelope, request: Envelope | None) -> bool:
    if request is None or request.header.id is None or response.header.id is None:
        return False
    return response.header.id != request.header.id


def _set_cookie(message: Message) -> str:
    """The name and masked value of the first cookie that the ACS sets with this reply."""
    for name, value in message.headers:
        if name == "set-cookie":
            return value.split(";", 1)[0].strip()
    return ""


def _cookie_missing(message: Message, running: _Running) -> bool:
    if not running.cookie:
        return False
    sent = "; ".join(value for name, value in message.headers if name == "cookie")
    return running.cookie not in [crumb.strip() for crumb in sent.split(";")]
