"""Inform event codes: the names, their patterns, and who acknowledges and may discard them (rules.md 1.2 and 2.5)."""

from __future__ import annotations

import enum
import re

import msgspec

from cwmpcheck.vocabulary.namespaces import CWMP_1_0, CWMP_1_1, CWMP_1_2

__all__ = [
    "EVENTS",
    "EVENT_AUTONOMOUS_DU_STATE_CHANGE_COMPLETE",
    "EVENT_AUTONOMOUS_TRANSFER_COMPLETE",
    "EVENT_BOOT",
    "EVENT_BOOTSTRAP",
    "EVENT_CONNECTION_REQUEST",
    "EVENT_DIAGNOSTICS_COMPLETE",
    "EVENT_DU_STATE_CHANGE_COMPLETE",
    "EVENT_HEARTBEAT",
    "EVENT_KICKED",
    "EVENT_M_CHANGE_DU_STATE",
    "EVENT_M_DOWNLOAD",
    "EVENT_M_REBOOT",
    "EVENT_M_SCHEDULE_DOWNLOAD",
    "EVENT_M_SCHEDULE_INFORM",
    "EVENT_M_UPLOAD",
    "EVENT_PERIODIC",
    "EVENT_REQUEST_DOWNLOAD",
    "EVENT_SCHEDULED",
    "EVENT_TRANSFER_COMPLETE",
    "EVENT_VALUE_CHANGE",
    "EVENT_WAKEUP",
    "MAX_EVENTS",
    "Discard",
    "EventRule",
    "is_legal_event_code",
    "is_method_event",
]

EVENT_BOOTSTRAP = "0 BOOTSTRAP"
EVENT_BOOT = "1 BOOT"
EVENT_PERIODIC = "2 PERIODIC"
EVENT_SCHEDULED = "3 SCHEDULED"
EVENT_VALUE_CHANGE = "4 VALUE CHANGE"
EVENT_KICKED = "5 KICKED"
EVENT_CONNECTION_REQUEST = "6 CONNECTION REQUEST"
EVENT_TRANSFER_COMPLETE = "7 TRANSFER COMPLETE"
EVENT_DIAGNOSTICS_COMPLETE = "8 DIAGNOSTICS COMPLETE"
EVENT_REQUEST_DOWNLOAD = "9 REQUEST DOWNLOAD"
EVENT_AUTONOMOUS_TRANSFER_COMPLETE = "10 AUTONOMOUS TRANSFER COMPLETE"
EVENT_DU_STATE_CHANGE_COMPLETE = "11 DU STATE CHANGE COMPLETE"
EVENT_AUTONOMOUS_DU_STATE_CHANGE_COMPLETE = "12 AUTONOMOUS DU STATE CHANGE COMPLETE"
EVENT_WAKEUP = "13 WAKEUP"
EVENT_HEARTBEAT = "14 HEARTBEAT"
EVENT_M_REBOOT = "M Reboot"
EVENT_M_SCHEDULE_INFORM = "M ScheduleInform"
EVENT_M_DOWNLOAD = "M Download"
EVENT_M_SCHEDULE_DOWNLOAD = "M ScheduleDownload"
EVENT_M_UPLOAD = "M Upload"
EVENT_M_CHANGE_DU_STATE = "M ChangeDUState"

MAX_EVENTS = 64
"""How many EventStructs one Inform may hold (EventList in the schemas)."""


class Discard(enum.StrEnum):
    """When a CPE may forget an event that no response has acknowledged yet."""

    NEVER = "never"
    ON_REBOOT = "on reboot"
    """Retried until the CPE reboots; what the reboot means for the ACS supersedes it."""
    MAY_ON_REBOOT = "may on reboot"
    DISCRETION = "at the CPE's discretion"
    AT_ONCE = "at once"
    """Must not be retried in another session."""


class EventRule(msgspec.Struct, frozen=True):
    """One row of the event table of rules.md 2.5.

    Attributes:
        code: the EventCode as on the wire.
        multiple: whether each occurrence has an EventStruct (and CommandKey) of its own.
        acknowledged_by: the response element that delivers the event.
        discard: when an undelivered event may be forgotten.
    """

    code: str
    multiple: bool
    acknowledged_by: str
    discard: Discard


_INFORM = "InformResponse"
_TRANSFER = "TransferCompleteResponse"

EVENTS: dict[str, EventRule] = {
    rule.code: rule
    for rule in (
        EventRule(EVENT_BOOTSTRAP, False, _INFORM, Discard.NEVER),
        EventRule(EVENT_BOOT, False, _INFORM, Discard.ON_REBOOT),
        EventRule(EVENT_PERIODIC, False, _INFORM, Discard.NEVER),
        EventRule(EVENT_SCHEDULED, False, _INFORM, Discard.NEVER),
        EventRule(EVENT_VALUE_CHANGE, False, _INFORM, Discard.MAY_ON_REBOOT),
        EventRule(EVENT_KICKED, False, "KickedResponse", Discard.DISCRETION),
        EventRule(EVENT_CONNECTION_REQUEST, False, _INFORM, Discard.AT_ONCE),
        EventRule(EVENT_TRANSFER_COMPLETE, False, _TRANSFER, Discard.NEVER),
        EventRule(EVENT_DIAGNOSTICS_COMPLETE, False, _INFORM, Discard.ON_REBOOT),
        EventRule(EVENT_REQUEST_DOWNLOAD, False, "RequestDownloadResponse", Discard.DISCRETION),
        EventRule(EVENT_AUTONOMOUS_TRANSFER_COMPLETE, False, "AutonomousTransferCompleteResponse", Discard.NEVER),
        EventRule(EVENT_DU_STATE_CHANGE_COMPLETE, False, "DUStateChangeCompleteResponse", Discard.NEVER),
        EventRule(
            EVENT_AUTONOMOUS_DU_STATE_CHANGE_COMPLETE, False, "AutonomousDUStateChangeCompleteResponse", Discard.NEVER
        ),
        EventRule(EVENT_WAKEUP, False, _INFORM, Discard.NEVER),
        EventRule(EVENT_HEARTBEAT, False, _INFORM, Discard.NEVER),
        EventRule(EVENT_M_REBOOT, True, _INFORM, Discard.NEVER),
        EventRule(EVENT_M_SCHEDULE_INFORM, True, _INFORM, Discard.NEVER),
        EventRule(EVENT_M_DOWNLOAD, True, _TRANSFER, Discard.NEVER),
        EventRule(EVENT_M_SCHEDULE_DOWNLOAD, True, _TRANSFER, Discard.NEVER),
        EventRule(EVENT_M_UPLOAD, True, _TRANSFER, Discard.NEVER),
        EventRule(EVENT_M_CHANGE_DU_STATE, True, "DUStateChangeCompleteResponse", Discard.NEVER),
    )
}
"""The event table by code: how each event is counted, acknowledged and discarded."""

_CLOSED_LIST = "|".join(
    re.escape(code)
    for code in (*(code for code in EVENTS if code[0].isdigit() and len(code.split()[0]) == 1),
                 EVENT_M_REBOOT, EVENT_M_SCHEDULE_INFORM, EVENT_M_DOWNLOAD, EVENT_M_UPLOAD)
)  # fmt: skip
_REST = r"[^\n\r]"  # what "." is in a schema pattern
_NUMBERED = r"\d+( \S+)+"
_PATTERNS = {
    CWMP_1_0: re.compile(rf"{_CLOSED_LIST}|M X_\S+|X [0-9A-F]{{6}} {_REST}*", re.ASCII),
    CWMP_1_1: re.compile(rf"{_NUMBERED}|M \S+|X [0-9A-F]{{6}} {_REST}*", re.ASCII),
    CWMP_1_2: re.compile(rf"{_NUMBERED}|M \S+|X [0-9A-F]{{6}} {_REST}+|X \S+ {_REST}+", re.ASCII),
}


def is_method_event(code: str) -> bool:
    """Whether an event code is one of a method (``M ...``), which alone carries a CommandKey.

    >>> is_method_event("M Download"), is_method_event("7 TRANSFER COMPLETE")
    (True, False)
    """
    return code.startswith("M ")


def is_legal_event_code(code: str, namespace: str) -> bool:
    """Whether the schema behind ``namespace`` allows ``code`` as an EventCode (its length is judged apart).

    A namespace that no schema has is judged as CWMP 1.2.

    >>> is_legal_event_code("10 AUTONOMOUS TRANSFER COMPLETE", CWMP_1_0)
    False
    >>> is_legal_event_code("10 AUTONOMOUS TRANSFER COMPLETE", CWMP_1_1)
    True
    """
    return _PATTERNS.get(namespace, _PATTERNS[CWMP_1_2]).fullmatch(code) is not None
