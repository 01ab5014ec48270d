"""One device's dialogue as observations: what the model and the ledger speak of, with the place it was seen at.

One transfer at a time: a *slice* is the dialogue with everything that belongs to other transfers seen as other requests and
responses. Keys become symbols: the slice's key is the first key, an unknown one is the strange key, none is the empty key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from cwmpcheck.conformance.letters import Letter, Pairs, letter
from cwmpcheck.conformance.scopes import Scope
from cwmpcheck.conformance.seen import EndOfSession, Seen, moment
from cwmpcheck.conformance.tolerances import Tally, Tolerance
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
    rpc_name,
)

EVENT_M_REBOOT = "M Reboot"
OTHER_COMPLETIONS = ("M Upload", "M ScheduleDownload")

RETRY_REQUEST = 8005
"""The fault by which the ACS asks for the same request again, in the same session (F-01)."""

FAILED = letter((("kind", Kind.SESSION_FAILED),))
UNTOLD = frozenset({"other_event"})
UNTOLD_VERSION = frozenset({"other_event", "updated"})


@dataclass
class _Running:
    """What the mapping itself must remember within a session."""

    namespace: str = ""
    cookie: str = ""
    asked: Envelope | None = None
    asked_ours: bool = False
    asking: Envelope | None = None
    asking_ours: bool = False
    again: bool = False
    """The CPE's next post is its last one again, after a fault 8005."""
    from_before: bool = False
    """The CPE's request that is outstanding is a report of a transfer from before the capture."""


@dataclass
class Slice:
    """The observations of one device for one transfer.

    Args:
        device: the device.
        scope: what belongs to the transfer.
        known: the CommandKeys of all Downloads of the device.
        alone: it is the device's only transfer, so that a new version is this one's doing.
        start: time that counts as 0.
        expect_version: SoftwareVersion of the requested image, when told.
        fetches_seen: whether the capture shows the transfers of files.
        tally: counts the tolerances that are used.
    """

    device: Device
    scope: Scope
    known: frozenset[str]
    alone: bool
    start: float
    expect_version: str | None = None
    fetches_seen: bool = False
    tally: Tally = field(default_factory=Tally)
    _before: str | None = field(init=False, default=None)
    _version: str | None = field(init=False, default=None)
    _wanted: bool = field(init=False, default=False)
    """The transfer was requested, and is neither refused, completed in the call, nor acknowledged."""

    def __iter__(self) -> Iterator[Seen | EndOfSession]:
        pending = self._fetch_events()
        start = self.start
        for session in self.device.sessions:
            running, number = _Running(), session.number
            for item in session.items:
                while pending and pending[0][0] <= moment(item):
                    yield pending.pop(0)[1]
                seen = self._letter(session, item, running)
                if seen is not None:
                    yield Seen(seen, item, number, start)
            last = session.items[-1]
            open_end = isinstance(last, Broken) and last.what == "capture_ends"
            yield EndOfSession(last, number, start, decided=not open_end)
        yield from (seen for _, seen in pending)

    def _letter(self, session: Session, item: Item, running: _Running) -> Letter | None:
        if isinstance(item, Message):
            if item.sender == "cpe":
                return self._from_cpe(session, item, running)
            return self._from_acs(session, item, running)
        if isinstance(item, HttpError) or item.what != "capture_ends":
            return FAILED
        return None

    # --- fetches -----------------------------------------------------------------------------------------------

    def _fetch_events(self) -> list[tuple[float, Seen]]:
        if self.scope.key is None or not self.fetches_seen:
            return []
        mine = [
            f
            for n, f in enumerate(self.device.fetches)
            if self.scope.key in f.keys and f.method == "GET" and n not in self.scope.fetched_elsewhere
        ]
        events: list[tuple[float, Seen]] = []
        for index, fetch in enumerate(mine):
            if fetch.status == 401 and index + 1 < len(mine):
                self.tally.count(Tolerance.CHALLENGED)
            else:
                events.extend(self._fetch(fetch))
        events.extend(self._overtakings(self.scope.key))
        return sorted(events, key=itemgetter(0))

    def _fetch(self, fetch: Fetch) -> Iterator[tuple[float, Seen]]:
        yield fetch.start, Seen(letter((("kind", Kind.FETCH_BEGINS),)), fetch, None, self.start)
        if fetch.end is None or fetch.broken == "capture_ends":
            return
        success = fetch.complete and fetch.status in (200, 206)
        ended = letter((("kind", Kind.FETCH_ENDS), ("success", success)))
        yield fetch.end, Seen(ended, fetch, None, self.start)

    def _overtakings(self, key: str) -> Iterator[tuple[float, Seen]]:
        """Fetches of transfers that were requested later and due no earlier, before this one's own."""
        due = dict(_due_times(self.device)) if self.device.fetches else {}
        mine = due.get(key)
        if mine is None:
            return
        for fetch in self.device.fetches:
            if key in fetch.keys or fetch.start < mine:
                continue
            if any(other in due and due[other] >= mine for other in fetch.keys):
                yield fetch.start, Seen(letter((("kind", Kind.OVERTAKEN),)), fetch, None, self.start)

    # --- the CPE's posts -----------------------------------------------------------------------------------------

    def _from_cpe(self, session: Session, message: Message, running: _Running) -> Letter | None:
        if running.again:
            running.again, running.asking = False, message.envelope
            return None
        missing = bool(running.cookie) and _cookie_missing(message, running)
        envelope = message.envelope
        if envelope is None:
            return letter((("kind", Kind.EMPTY_POST), ("cookie_missing", missing)))
        body = envelope.body
        if isinstance(body, Inform):
            running.namespace = envelope.namespace
            running.asking, running.asking_ours = envelope, True
            return self._inform(session, message, body, missing)
        alien = bool(running.namespace) and envelope.namespace != running.namespace
        marks: Pairs = (("cookie_missing", missing), ("other_namespace", alien))
        if isinstance(body, TransferComplete):
            return self._report(session, message, body, running, marks)
        if isinstance(body, Fault) or message.rpc.endswith("Response"):
            return self._answer(envelope, running, marks)
        running.asking, running.asking_ours = envelope, False
        return letter((("kind", Kind.CPE_REQUEST), *marks))

    def _concerns(self, session: Session, message: Message, key: str) -> bool:
        """A key that no Download of the trace carried is judged in every slice: it should have been one of them."""
        if key == self.scope.key:
            return not self.scope.elsewhere or (session.number, message.index) not in self.scope.elsewhere
        return key not in self.known

    def _from_before(self, key: str) -> bool:
        """Whether what bears the key can be a matter of a transfer that was requested before the capture began."""
        return key not in self.known and not self._wanted

    def _symbol(self, key: str) -> int:
        if key == self.scope.key:
            return FIRST_KEY
        return NO_KEY if key == "" else STRANGE_KEY

    def _report(
        self, session: Session, message: Message, body: TransferComplete, running: _Running, marks: Pairs
    ) -> Letter:
        running.asking = message.envelope
        running.asking_ours = self._concerns(session, message, body.command_key)
        other: Pairs = (("kind", Kind.CPE_REQUEST), *marks)
        if not running.asking_ours:
            return letter(other)
        running.from_before = self._from_before(body.command_key)
        success = body.fault_code == 0
        said: Pairs = (("kind", Kind.TRANSFER_COMPLETE), ("key", self._symbol(body.command_key)), ("success", success))
        if running.from_before:
            self.tally.count(Tolerance.FROM_BEFORE)
            return letter((*said, *marks), followed=other)
        return letter((*said, *marks))

    def _inform(self, session: Session, message: Message, body: Inform, missing: bool) -> Letter:
        codes = {event.code for event in body.events}
        keys = [event.command_key for event in body.events if event.code == EVENT_M_DOWNLOAD]
        ours = [key for key in keys if self._concerns(session, message, key)]
        complete = EVENT_TRANSFER_COMPLETE in codes
        elsewhere = len(ours) < len(keys) or any(code in codes for code in OTHER_COMPLETIONS)
        others = not ours and elsewhere
        retry = body.retry_count or 0
        if retry > MOST_RETRIES:
            self.tally.count(Tolerance.HIGH_RETRY_COUNT)
        key = NO_KEY
        if ours and self.scope.key is not None:
            key = self._symbol(self.scope.key if self.scope.key in ours else ours[0])
        events: Pairs = (
            ("transfer_complete", complete and not others),
            ("other_complete", complete and others),
            ("m_download", bool(ours)),
            ("key", key),
        )
        rest: Pairs = (
            ("kind", Kind.INFORM),
            ("boot", EVENT_BOOT in codes),
            ("bootstrap", EVENT_BOOTSTRAP in codes),
            ("m_reboot", EVENT_M_REBOOT in codes),
            ("retry", min(max(retry, 0), MOST_RETRIES)),
            # A version that is not told is none that contradicts.
            ("updated", self._updated(body) is not False),
            ("cookie_missing", missing),
        )
        untold = UNTOLD if self.alone and self.expect_version is not None else UNTOLD_VERSION
        if untold is UNTOLD_VERSION:
            self.tally.count(Tolerance.VERSION_UNTOLD)
        if ours and self.scope.key not in ours and all(self._from_before(each) for each in ours):
            self.tally.count(Tolerance.FROM_BEFORE)
            return letter((*events, *rest), untold, followed=(("other_complete", complete), *rest))
        return letter((*events, *rest), untold)

    def _updated(self, body: Inform) -> bool | None:
        """Whether this is the requested version: told by the user, or else by its having changed since the Download."""
        version = body.value_of("DeviceInfo.SoftwareVersion")
        if version is not None:
            self._version = version
        if self.expect_version is not None:
            return version == self.expect_version
        if version is None or self._before is None:
            return None
        return version != self._before

    def _answer(self, envelope: Envelope, running: _Running, marks: Pairs) -> Letter:
        asked, ours = running.asked, running.asked_ours
        running.asked = None
        foreign: Pairs = (("foreign_id", _foreign_id(envelope, asked)), *marks)
        body = envelope.body
        if ours and isinstance(body, DownloadResponse):
            status = 0 if body.status == 0 else 1
            self._wanted = status == 1
            return letter((("kind", Kind.DOWNLOAD_RESPONSE), ("status", status), *foreign))
        if ours and isinstance(body, Fault):
            self._wanted = False
            return letter((("kind", Kind.DOWNLOAD_FAULT), *foreign))
        return letter((("kind", Kind.CPE_RESPONSE), *foreign))

    # --- the ACS's replies ---------------------------------------------------------------------------------------

    def _from_acs(self, session: Session, message: Message, running: _Running) -> Letter | None:
        running.cookie = _set_cookie(message) or running.cookie
        envelope = message.envelope
        if envelope is None:
            return letter((("kind", Kind.EMPTY_REPLY),))
        alien = bool(running.namespace) and envelope.namespace != running.namespace
        marks: Pairs = (("hold", bool(envelope.header.hold_requests)), ("other_namespace", alien))
        body = envelope.body
        if isinstance(body, Download) and body.command_key == self.scope.key and self._concerns(session, message, body.command_key):
            running.asked, running.asked_ours, self._wanted = envelope, True, True
            self._before = self._before or self._version
            return letter((("kind", Kind.DOWNLOAD), ("key", FIRST_KEY), ("delayed", bool(body.delay_seconds)), *marks))
        if isinstance(body, Fault) and body.code == RETRY_REQUEST and self._comes_again(session, message, running):
            self.tally.count(Tolerance.RETRY_REQUEST)
            running.again = True
            return None
        if isinstance(body, Fault) or message.rpc.endswith("Response"):
            return self._acs_answer(envelope, running, marks)
        running.asked, running.asked_ours = envelope, False
        return letter((("kind", Kind.ACS_REQUEST), *marks))

    def _comes_again(self, session: Session, fault: Message, running: _Running) -> bool:
        """Whether the CPE's next post is the request that the fault asks for again."""
        following = session.items[fault.index + 1] if fault.index + 1 < len(session.items) else None
        if not isinstance(following, Message) or following.sender != "cpe" or running.asking is None:
            return False
        return following.envelope is not None and following.rpc == rpc_name(running.asking.body)

    def _acs_answer(self, envelope: Envelope, running: _Running, marks: Pairs) -> Letter:
        foreign: Pairs = (("foreign_id", _foreign_id(envelope, running.asking)), *marks)
        body = envelope.body
        if isinstance(body, Fault):
            return letter((("kind", Kind.ACS_FAULT), *foreign))
        if isinstance(body, InformResponse):
            return letter((("kind", Kind.INFORM_RESPONSE), *foreign))
        if isinstance(body, TransferCompleteResponse) and running.asking_ours:
            acknowledges: Pairs = (("kind", Kind.TRANSFER_COMPLETE_RESPONSE), *foreign)
            if running.from_before:
                return letter(acknowledges, followed=(("kind", Kind.ACS_RESPONSE), *foreign))
            self._wanted = False
            return letter(acknowledges)
        return letter((("kind", Kind.ACS_RESPONSE), *foreign))


def _due_times(device: Device) -> Iterator[tuple[str, float]]:
    """When each Download's file is due, by its CommandKey."""
    for session in device.sessions:
        for message in session.messages:
            if message.envelope is not None and isinstance(message.envelope.body, Download):
                yield message.envelope.body.command_key, message.end + (message.envelope.body.delay_seconds or 0)


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
    sent = "; ".join(value for name, value in message.headers if name == "cookie")
    return running.cookie not in [crumb.strip() for crumb in sent.split(";")]
