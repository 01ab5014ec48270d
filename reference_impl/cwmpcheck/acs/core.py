"""The state machine of an ACS: one POST in, one reply out. No sockets, files or clocks here.

Owns the sessions (in memory: a restart forgets them, and CPEs come back by their retry policy) and the beliefs (on disk).
Every change of a belief is in the `Reply` that shows it, to be committed before the reply is sent, so that what a CPE has
been told is never forgotten (E-02).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import msgspec

from cwmpcheck.acs.beliefs import (
    Device,
    Operation,
    OperationState,
    SaveDevice,
    SaveOperation,
    StateChange,
    Unsolicited,
)
from cwmpcheck.acs.campaign import Campaign
from cwmpcheck.vocabulary.namespaces import CWMP_1_2, CWMP_NAMESPACES
from cwmpcheck.wire import messages, read_envelope, write_envelope
from cwmpcheck.wire.messages import Body, Envelope

__all__ = ["AcsCore", "Reply"]

_METHODS = ("GetRPCMethods", "Inform", "TransferComplete", "AutonomousTransferComplete", "RequestDownload")


class Reply(msgspec.Struct, frozen=True):
    """What goes back to the CPE.

    Attributes:
        status: of HTTP.
        data: the envelope, or a line of text with an HTTP error; empty for 204.
        cookie: the name of a session that begins with this reply.
        changes: to be committed first.
        after: seconds to wait before it is sent.
        note: a line for the log.
    """

    status: int
    data: bytes = b""
    cookie: str | None = None
    changes: tuple[StateChange, ...] = ()
    after: float = 0.0
    note: dict[str, str | int | bool] = {}


class _Session:
    def __init__(self, device: Device, namespace: str, events: str) -> None:
        self.device = device
        self.namespace = namespace
        self.events = events
        self.queue: deque[tuple[Body, float]] = deque()
        self.outstanding: tuple[str, Body] | None = None
        self.hold = False
        """Whether the last reply held the CPE's requests back."""
        self.cpe_done = False
        self.heard = 0.0


class AcsCore:
    """One ACS.

    Args:
        campaign: what devices should have, or ``None``.
        devices: beliefs that were stored.
        operations: likewise.
        token: gives a fresh short name each time it is called: for cookies, CommandKeys and message IDs.
        session_seconds: how long a session stays open without a word of the CPE.
    """

    def __init__(
        self,
        campaign: Campaign | None,
        devices: list[Device],
        operations: list[Operation],
        token: Callable[[], str],
        *,
        session_seconds: float = 300.0,
    ) -> None:
        self.devices = {device.name: device for device in devices}
        self.operations = {operation.key: operation for operation in operations}
        self._campaign = campaign
        self._token = token
        self._sessions: dict[str, _Session] = {}
        self._session_seconds = session_seconds
        self._requests: dict[str, list[Body]] = {}
        self._by_device: dict[str, str] = {}
        self._keys: dict[str, list[str]] = {}
        for operation in operations:
            self._keys.setdefault(operation.device, []).append(operation.key)

    def enqueue(self, device: str, request: Body) -> None:
        """Have a request sent to a device in its next session, in memory only: a generic request of the operator."""
        self._requests.setdefault(device, []).append(request)

    def post(self, cookie: str | None, data: bytes, now: float) -> Reply:
        """Answer one POST.

        Args:
            cookie: the session's name as the CPE returned it.
            data: the body; empty for an empty POST.
            now: seconds since 1970.
        """
        self._expire(now)
        session = self._sessions.get(cookie or "")
        if session is not None and cookie is not None:
            session.heard = now
            self._sessions[cookie] = self._sessions.pop(cookie)
        if not data.strip():
            return self._empty(cookie, session, now)
        envelope = read_envelope(data)
        body = envelope.body
        if isinstance(body, messages.Unreadable):
            return self._refuse(cookie, f"unreadable: {body.reason}")
        if isinstance(body, messages.Inform):
            return self._inform(envelope, body, cookie, now)
        if session is None:
            return self._refuse(cookie, "no session: begin with an Inform, and return the cookie")
        name = messages.rpc_name(body)
        if isinstance(body, messages.Fault) or name.endswith("Response"):
            return self._answer(cookie, session, envelope, now)
        if session.outstanding is not None:
            return self._refuse(cookie, f"{name} while {messages.rpc_name(session.outstanding[1])} is unanswered")
        return self._request(session, envelope, now)

    def knows(self, cookie: str | None) -> bool:
        """Whether a cookie names an open session."""
        return cookie in self._sessions

    # Sessions --------------------------------------------------------------------------------------------------

    def _expire(self, now: float) -> None:
        """Forget sessions of CPEs that fell silent; those that spoke last are last."""
        while self._sessions:
            cookie, oldest = next(iter(self._sessions.items()))
            if oldest.heard + self._session_seconds > now:
                return
            del self._sessions[cookie]

    def _inform(self, envelope: Envelope, inform: messages.Inform, cookie: str | None, now: float) -> Reply:
        device_id = inform.device
        if not (device_id.oui and device_id.serial_number):
            return self._fault(envelope, 8003, "DeviceId without OUI or SerialNumber")
        name = f"{device_id.oui}-{device_id.product_class}-{device_id.serial_number}"
        before = self.devices.get(name)
        sessions = 1 if before is None else before.sessions + 1
        device = Device(name, inform.value_of("DeviceInfo.SoftwareVersion") or "", now, sessions)
        self.devices[name] = device
        changes: list[StateChange] = [SaveDevice(device), *self._overdue(device, now)]
        # A device that comes anew has given up its former session: no lock outlives that (E-55).
        self._sessions.pop(self._by_device.get(name, ""), None)
        events = ", ".join(event.code for event in inform.events)
        session = _Session(device, _namespace(envelope), events)
        session.heard = now
        fresh = self._token()
        self._sessions[fresh] = session
        self._by_device[name] = fresh
        session.queue.extend((request, 0.0) for request in self._requests.pop(name, []))
        session.hold = self._plan(session, now)
        data = self._write(session, messages.InformResponse(), envelope.header.id, session.hold or None)
        note: dict[str, str | int | bool] = {"what": "inform", "device": name, "events": events}
        note |= {"version": device.version, "retry_count": inform.retry_count or 0}
        return Reply(200, data, cookie=fresh, changes=tuple(changes), note=note)

    def _plan(self, session: _Session, now: float) -> bool:
        """Queue what the campaign wants of this device; whether the CPE's own requests are to wait for it."""
        campaign = self._campaign
        if campaign is None or not campaign.wants(session.device, self._of_campaign(session.device.name), now):
            return False
        key = f"{campaign.name}-{self._token()}"[:32]
        session.queue.append((campaign.download(key), 0.0))
        if campaign.hold:
            # Something to ask while the CPE fetches: as long as there are requests, the hold lasts.
            session.queue.append((messages.GetRPCMethods(), campaign.settle_seconds))
        return campaign.hold

    def _empty(self, cookie: str | None, session: _Session | None, now: float) -> Reply:
        if session is None:
            return self._refuse(cookie, "no session: begin with an Inform, and return the cookie")
        if session.outstanding is not None:
            return self._refuse(cookie, f"empty POST while {messages.rpc_name(session.outstanding[1])} is unanswered")
        session.cpe_done = session.cpe_done or not session.hold
        return self._next(cookie, session, now)

    def _next(self, cookie: str | None, session: _Session, now: float, changes: tuple[StateChange, ...] = ()) -> Reply:
        """The ACS's turn with nothing to answer: its next request, or nothing to say."""
        if not session.queue:
            session.hold = False
            if not session.cpe_done:
                return Reply(204, changes=changes)
            self._sessions.pop(cookie or "", None)
            note: dict[str, str | int | bool] = {"what": "session over", "device": session.device.name}
            note |= {"events": session.events, "version": session.device.version}
            return Reply(204, changes=changes, note=note)
        request, after = session.queue.popleft()
        note = {"what": "request", "device": session.device.name, "rpc": messages.rpc_name(request)}
        if isinstance(request, messages.Download) and self._campaign is not None:
            operation = self._campaign.operation(session.device, request.command_key, now)
            if operation.key not in self.operations:
                self._keys.setdefault(operation.device, []).append(operation.key)
            self.operations[operation.key] = operation
            changes = (*changes, SaveOperation(operation))
            note["key"] = operation.key
        message_id = self._token()
        session.outstanding = (message_id, request)
        data = self._write(session, request, message_id, session.hold or None)
        return Reply(200, data, changes=changes, after=after, note=note)

    def _answer(self, cookie: str | None, session: _Session, envelope: Envelope, now: float) -> Reply:
        name = messages.rpc_name(envelope.body)
        if session.outstanding is None:
            return self._refuse(cookie, f"{name} to no request")
        message_id, request = session.outstanding
        expected = messages.rpc_name(request) + "Response"
        if envelope.header.id not in (None, message_id) or name not in (expected, "Fault"):
            return self._refuse(cookie, f"{name} with ID {envelope.header.id!r} where {expected} was awaited")
        session.outstanding = None
        changes: tuple[StateChange, ...] = ()
        if isinstance(request, messages.Download) and request.command_key in self.operations:
            changes = (self._downloaded(self.operations[request.command_key], session.device, envelope.body),)
        return self._next(cookie, session, now, changes)

    def _request(self, session: _Session, envelope: Envelope, now: float) -> Reply:
        """A request of the CPE; one that comes too late in the session is served all the same: nothing is lost."""
        match envelope.body:
            case messages.TransferComplete() as report:
                changes, note = self._report(session.device, report, now)
                data = self._write(session, messages.TransferCompleteResponse(), envelope.header.id)
                session.hold = False
                return Reply(200, data, changes=changes, note=note)
            case messages.AutonomousTransferComplete():
                answer: Body = messages.AutonomousTransferCompleteResponse()
            case messages.RequestDownload():
                answer = messages.RequestDownloadResponse()
            case messages.GetRPCMethods():
                answer = messages.GetRPCMethodsResponse(_METHODS)
            case other:
                return self._fault(envelope, 8000, f"{messages.rpc_name(other)[:80]} is not supported")
        session.hold = False
        return Reply(200, self._write(session, answer, envelope.header.id))

    # Beliefs ---------------------------------------------------------------------------------------------------

    def _downloaded(self, operation: Operation, device: Device, answer: Body) -> StateChange:
        """What the answer to a Download says; a Status that is missing or unknown is no success (P-93)."""
        state, code, text = OperationState.UNCLEAR, None, "an answer without a Status"
        if isinstance(answer, messages.Fault):
            state, code, text = OperationState.FAILED, answer.code, answer.string
        elif isinstance(answer, messages.DownloadResponse) and answer.status == 1:
            state, code, text = OperationState.ACCEPTED, None, ""
        elif isinstance(answer, messages.DownloadResponse) and answer.status == 0:
            # Status 0 says applied; for firmware the version of a later Inform must bear it out.
            agrees = not operation.version or operation.version == device.version
            state, code, text = (OperationState.SUCCEEDED, 0, "") if agrees else (OperationState.ACCEPTED, None, "")
        return self._save(operation, state=state, code=code, text=text)

    def _report(
        self, device: Device, report: messages.TransferComplete, now: float
    ) -> tuple[tuple[StateChange, ...], dict[str, str | int | bool]]:
        """What a TransferComplete changes; every one is acknowledged (P-91, P-92)."""
        note: dict[str, str | int | bool] = {"what": "outcome", "device": device.name, "key": report.command_key}
        operation = self.operations.get(report.command_key)
        if operation is None or operation.device != device.name:
            note["result"] = "unsolicited"
            return (Unsolicited(device.name, report.command_key, report.fault_code, now),), note
        if not operation.is_open and operation.state is not OperationState.OVERDUE:
            note["result"] = "duplicate"
            return (self._save(operation, reports=operation.reports + 1),), note
        if report.fault_code is None:
            state, text = OperationState.UNCLEAR, "a report without a FaultCode"
        elif report.fault_code != 0:
            state, text = OperationState.FAILED, report.fault_string
        elif operation.version and device.version != operation.version:
            state, text = OperationState.UNCLEAR, f"reported as a success, but version {device.version!r} runs"
        else:
            state, text = OperationState.SUCCEEDED, ""
        note["result"] = str(state)
        return (self._save(operation, state=state, code=report.fault_code, text=text, reports=1),), note

    def _overdue(self, device: Device, now: float) -> list[StateChange]:
        late = [each for each in self._of_device(device.name) if each.is_open and each.deadline < now]
        return [self._save(operation, state=OperationState.OVERDUE) for operation in late]

    def _of_campaign(self, device: str) -> list[Operation]:
        if self._campaign is None:
            return []
        wanted = (self._campaign.name, self._campaign.version)
        return [each for each in self._of_device(device) if (each.campaign, each.version) == wanted]

    def _of_device(self, device: str) -> list[Operation]:
        return [self.operations[key] for key in self._keys.get(device, ())]

    def _save(self, operation: Operation, **changed: object) -> SaveOperation:
        operation = msgspec.structs.replace(operation, **changed)
        self.operations[operation.key] = operation
        return SaveOperation(operation)

    # Replies ---------------------------------------------------------------------------------------------------

    def _refuse(self, cookie: str | None, why: str) -> Reply:
        """HTTP 400: the session, if there was one, is over; the CPE will come back, and nothing is forgotten."""
        self._sessions.pop(cookie or "", None)
        return Reply(400, why.encode(), note={"what": "refused", "why": why})

    def _fault(self, envelope: Envelope, code: int, why: str) -> Reply:
        soap_class = "Client" if code == 8003 else "Server"
        fault = messages.Fault(code, why, soap_class)
        data = write_envelope(fault, id=envelope.header.id or "0", namespace=_namespace(envelope))
        return Reply(200, data, note={"what": "fault", "code": code, "why": why})

    def _write(self, session: _Session, body: Body, message_id: str | None, hold: bool | None = None) -> bytes:
        return write_envelope(body, id=message_id or "0", namespace=session.namespace, hold_requests=hold)


def _namespace(envelope: Envelope) -> str:
    """The namespace to answer in: the CPE's own, or the newest if no schema has that."""
    return envelope.namespace if envelope.namespace in CWMP_NAMESPACES else CWMP_1_2
