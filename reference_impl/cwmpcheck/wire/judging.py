"""What the rules ask of single messages beyond the schema's types: enumerations, patterns, times, fault codes.

Each judge sees one message that has been read, and notes what departs. An absent element is noted by the reading
already and not judged again.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from cwmpcheck.vocabulary.departures import DepartureKind
from cwmpcheck.vocabulary.events import is_legal_event_code, is_method_event
from cwmpcheck.vocabulary.faults import (
    fault_defined_in,
    fault_legal_for,
    fault_meaning,
    fault_side,
    transfer_fault_legal,
)
from cwmpcheck.vocabulary.file_types import FileTypeUse, FileTypeVerdict, judge_file_type
from cwmpcheck.vocabulary.namespaces import CWMP_1_2
from cwmpcheck.vocabulary.times import UNKNOWN_TIME, CwmpTime, TimeKind, parse_cwmp_time
from cwmpcheck.wire import messages as m
from cwmpcheck.wire.notes import Notes, shown

__all__ = ["judge", "judge_refusal"]

_OUI = re.compile(r"[0-9A-F]{6}", re.ASCII)
_USERINFO = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*@")
_WINDOW_MODE = re.compile(r"[1-9]\d*( \S+)+|X \S+ [^\n\r]+", re.ASCII)
_FORCED = "DeviceInfo.SoftwareVersion"


def judge(body: m.Body, notes: Notes) -> None:
    """Notes what departs from the rules on the form of this message."""
    judgement = _JUDGES.get(type(body))
    if judgement is not None:
        judgement(body, notes)


def judge_refusal(fault: m.Fault, request: str, notes: Notes) -> None:
    """Notes a fault code that may not refuse ``request``; the departure's message is ``Fault to <request>``."""
    if fault.code is not None and fault_side(fault.code) is not None and not fault_legal_for(fault.code, request):
        notes.add(
            DepartureKind.FAULT_CODE_ILLEGAL,
            "detail/Fault/FaultCode",
            f"{fault.code} ({fault_meaning(fault.code)}) cannot refuse {request}",
            f"Fault to {request}",
        )


def _later_or(otherwise: DepartureKind, admitted_later: bool) -> DepartureKind:
    """The kind of a value that is not admitted by the namespace in use."""
    return DepartureKind.LATER_VERSION if admitted_later else otherwise


def _judge_inform(body: m.Inform, notes: Notes) -> None:
    if notes.present("DeviceId/OUI") and not _OUI.fullmatch(body.device.oui):
        notes.add(DepartureKind.BAD_PATTERN, "DeviceId/OUI", f"{shown(body.device.oui)} is not six digits 0-9A-F")
    if not body.events:
        notes.add(DepartureKind.EMPTY_EVENT_LIST, "Event", "no event: nothing says why the session was opened")
    for number, event in enumerate(body.events, 1):
        _judge_event(event, f"Event/EventStruct[{number}]", notes)
    _judge_max_envelopes(body.max_envelopes, notes)
    _judge_current_time(body.current_time, notes)
    if body.value_of(_FORCED) is None:
        notes.add(DepartureKind.FORCED_PARAMETER_MISSING, "ParameterList", f"no {_FORCED}")


def _judge_event(event: m.Event, path: str, notes: Notes) -> None:
    if notes.present(f"{path}/EventCode") and not is_legal_event_code(event.code, notes.namespace):
        kind = _later_or(DepartureKind.BAD_PATTERN, is_legal_event_code(event.code, CWMP_1_2))
        notes.add(kind, f"{path}/EventCode", f"{shown(event.code)} is no event of {notes.namespace}")
    if event.command_key and not is_method_event(event.code) and not event.code.startswith("X "):
        notes.add(
            DepartureKind.KEY_ON_PLAIN_EVENT,
            f"{path}/CommandKey",
            f"{shown(event.command_key)} on {shown(event.code)}; only an 'M ...' event has a key",
        )


def _judge_current_time(text: str, notes: Notes) -> None:
    if not notes.present("CurrentTime"):
        return
    time = parse_cwmp_time(text)
    if _is_date_time(time, "CurrentTime", notes) and time.kind is TimeKind.ABSOLUTE and not time.has_offset:
        notes.add(DepartureKind.OFFSET_MISSING, "CurrentTime", f"{shown(text)} has no UTC offset")


def _is_date_time(time: CwmpTime, path: str, notes: Notes) -> bool:
    """Notes what is no dateTime, or the Unknown Time in a form of its own; says whether it is a dateTime."""
    if time.kind is TimeKind.INVALID:
        notes.add(DepartureKind.NOT_A_DATETIME, path, f"{shown(time.text)} is no xs:dateTime")
        return False
    if not time.canonical:
        notes.add(DepartureKind.UNKNOWN_TIME_FORM, path, f"{shown(time.text)}; the Unknown Time is {UNKNOWN_TIME}")
    return True


def _judge_max_envelopes(value: int | None, notes: Notes) -> None:
    if value is not None and value != 1:
        notes.add(DepartureKind.MAX_ENVELOPES, "MaxEnvelopes", f"{value}; must be 1")


def _judge_inform_response(body: m.InformResponse, notes: Notes) -> None:
    _judge_max_envelopes(body.max_envelopes, notes)


def _judge_file_type(text: str, use: FileTypeUse, notes: Notes, path: str = "FileType") -> None:
    if not notes.present(path):
        return
    match judge_file_type(text, notes.namespace, use):
        case FileTypeVerdict.MALFORMED:
            later = judge_file_type(text, CWMP_1_2, use) is FileTypeVerdict.KNOWN
            kind = _later_or(DepartureKind.BAD_PATTERN, later)
            notes.add(kind, path, f"{shown(text)} is no FileType of {notes.namespace}")
        case FileTypeVerdict.UNKNOWN:
            notes.add(DepartureKind.NOT_IN_ENUMERATION, path, f"{shown(text)} is not one of the defined types")


def _judge_download(body: m.Download | m.ScheduleDownload, notes: Notes) -> None:
    _judge_file_type(body.file_type, FileTypeUse.DOWNLOAD, notes)
    if _USERINFO.match(body.url):
        notes.add(DepartureKind.USERINFO_IN_URL, "URL", "user information in the URL; Username and Password carry it")


def _judge_schedule_download(body: m.ScheduleDownload, notes: Notes) -> None:
    _judge_download(body, notes)
    for number, window in enumerate(body.windows, 1):
        path = f"TimeWindowList/TimeWindowStruct[{number}]/WindowMode"
        if notes.present(path) and not _WINDOW_MODE.fullmatch(window.mode):
            notes.add(DepartureKind.BAD_PATTERN, path, f"{shown(window.mode)} is no window mode")


def _judge_transfer_response(body: m.DownloadResponse | m.UploadResponse, notes: Notes) -> None:
    if body.status is not None and body.status not in (0, 1):
        notes.add(DepartureKind.NOT_IN_ENUMERATION, "Status", f"{body.status}; must be 0 or 1")
    if body.status != 1:
        _judge_times(body.start_time, body.complete_time, notes)
        return
    for path, text in (("StartTime", body.start_time), ("CompleteTime", body.complete_time)):
        if not notes.present(path):
            continue
        time = parse_cwmp_time(text)
        _is_date_time(time, path, notes)
        if time.kind is not TimeKind.UNKNOWN:
            notes.add(DepartureKind.NOT_UNKNOWN_TIME, path, f"{shown(text)} with Status 1; must be {UNKNOWN_TIME}")


def _judge_times(start_text: str, complete_text: str, notes: Notes) -> None:
    """Both are dateTimes in UTC, the start no later than the completion."""
    start, complete = parse_cwmp_time(start_text), parse_cwmp_time(complete_text)
    for path, time in (("StartTime", start), ("CompleteTime", complete)):
        if notes.present(path) and _is_date_time(time, path, notes):
            _judge_utc(time, path, notes)
    same = start.kind is complete.kind
    if same and start.value is not None and complete.value is not None and start.value > complete.value:
        notes.add(DepartureKind.TIMES_REVERSED, "CompleteTime", f"{complete_text} is before StartTime {start_text}")


def _judge_utc(time: CwmpTime, path: str, notes: Notes) -> None:
    match time.kind:
        case TimeKind.RELATIVE:
            notes.add(DepartureKind.RELATIVE_TIME, path, f"{shown(time.text)} counts from boot")
        case TimeKind.ABSOLUTE if not time.has_offset:
            notes.add(DepartureKind.OFFSET_MISSING, path, f"{shown(time.text)} does not say that it is UTC")
        case TimeKind.ABSOLUTE if not time.is_utc:
            notes.add(DepartureKind.NOT_UTC, path, f"{shown(time.text)} is not UTC")


def _judge_transfer_complete(body: m.TransferComplete | m.AutonomousTransferComplete, notes: Notes) -> None:
    code = body.fault_code
    if code is not None and not transfer_fault_legal(code, notes.namespace):
        notes.add(
            _later_or(DepartureKind.FAULT_CODE_ILLEGAL, transfer_fault_legal(code, CWMP_1_2)),
            "FaultStruct/FaultCode",
            f"{code} ({fault_meaning(code)}) cannot be the outcome of a transfer in {notes.namespace}",
        )
    _judge_times(body.start_time, body.complete_time, notes)


def _judge_autonomous(body: m.AutonomousTransferComplete, notes: Notes) -> None:
    _judge_file_type(body.file_type, FileTypeUse.TRANSFER, notes)
    _judge_transfer_complete(body, notes)


def _judge_upload(body: m.Upload, notes: Notes) -> None:
    _judge_file_type(body.file_type, FileTypeUse.UPLOAD, notes)


def _judge_request_download(body: m.RequestDownload, notes: Notes) -> None:
    _judge_file_type(body.file_type, FileTypeUse.DOWNLOAD, notes)


def _judge_queue(body: m.GetAllQueuedTransfersResponse, notes: Notes) -> None:
    for number, transfer in enumerate(body.transfers, 1):
        path = f"TransferList/AllQueuedTransferStruct[{number}]"
        _judge_file_type(transfer.file_type, FileTypeUse.TRANSFER, notes, f"{path}/FileType")
        if transfer.state is not None and transfer.state not in (1, 2, 3):
            notes.add(DepartureKind.NOT_IN_ENUMERATION, f"{path}/State", f"{transfer.state}; must be 1, 2 or 3")


def _judge_short_queue(body: m.GetQueuedTransfersResponse, notes: Notes) -> None:
    for number, transfer in enumerate(body.transfers, 1):
        path = f"TransferList/QueuedTransferStruct[{number}]/State"
        if transfer.state is not None and transfer.state not in (1, 2, 3):
            notes.add(DepartureKind.NOT_IN_ENUMERATION, path, f"{transfer.state}; must be 1, 2 or 3")


def _judge_set_response(body: m.SetParameterValuesResponse, notes: Notes) -> None:
    if body.status is not None and body.status not in (0, 1):
        notes.add(DepartureKind.NOT_IN_ENUMERATION, "Status", f"{body.status}; must be 0 or 1")


def _judge_fault(body: m.Fault, notes: Notes) -> None:
    code, path = body.code, "detail/Fault/FaultCode"
    if code is None:
        return
    if fault_side(code) is None or code == 9020:
        notes.add(DepartureKind.FAULT_CODE_ILLEGAL, path, f"{code} ({fault_meaning(code)}) cannot refuse any request")
    elif not fault_defined_in(code, notes.namespace):
        notes.add(DepartureKind.LATER_VERSION, path, f"{code} ({fault_meaning(code)}) is not in {notes.namespace}")


# Each judge takes just the class that it stands under.
_JUDGES: dict[type, Callable[..., None]] = {
    m.Inform: _judge_inform,
    m.InformResponse: _judge_inform_response,
    m.Download: _judge_download,
    m.DownloadResponse: _judge_transfer_response,
    m.UploadResponse: _judge_transfer_response,
    m.TransferComplete: _judge_transfer_complete,
    m.AutonomousTransferComplete: _judge_autonomous,
    m.ScheduleDownload: _judge_schedule_download,
    m.Upload: _judge_upload,
    m.RequestDownload: _judge_request_download,
    m.GetAllQueuedTransfersResponse: _judge_queue,
    m.GetQueuedTransfersResponse: _judge_short_queue,
    m.SetParameterValuesResponse: _judge_set_response,
    m.Fault: _judge_fault,
}
