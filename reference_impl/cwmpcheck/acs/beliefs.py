"""What the ACS believes of each device: the version it runs, and how each Download it sent has come out.

A belief changes only by what a message said. `SoftwareVersion` of the last Inform is authoritative over everything the ACS
remembers (P-98); an operation counts as succeeded only if the report and the version agree (H-1).
"""

from __future__ import annotations

import enum

import msgspec

__all__ = ["Device", "Operation", "OperationState", "SaveDevice", "SaveOperation", "StateChange", "Unsolicited"]


class OperationState(enum.StrEnum):
    """How far one Download has come, as far as the ACS knows."""

    SENT = "sent"
    """No answer yet: the CPE may have it or not."""
    ACCEPTED = "accepted"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNCLEAR = "unclear"
    """Reported in a form that says nothing, or as a success while another version runs."""
    OVERDUE = "overdue"
    """No outcome within its deadline (P-96); a later report still counts."""


class Device(msgspec.Struct, frozen=True):
    """One CPE: its name (OUI-ProductClass-Serial), the version in its last Inform, and when that came."""

    name: str
    version: str
    seen: float
    sessions: int = 1


class Operation(msgspec.Struct, frozen=True):
    """One Download that was sent.

    Attributes:
        key: its CommandKey, unique in this ACS.
        version: the version the file should bring, empty if it is no firmware.
        deadline: seconds since 1970 after which no outcome is waited for.
        code: the fault code of its outcome, 0 for success, ``None`` while there is none.
        reports: how many TransferCompletes came for it.
    """

    key: str
    device: str
    campaign: str
    version: str
    sent: float
    deadline: float
    state: OperationState = OperationState.SENT
    code: int | None = None
    text: str = ""
    reports: int = 0

    @property
    def is_open(self) -> bool:
        """Whether an outcome is still waited for."""
        return self.state in (OperationState.SENT, OperationState.ACCEPTED)


class SaveDevice(msgspec.Struct, frozen=True, tag=True):
    """Write one device, new or changed."""

    device: Device


class SaveOperation(msgspec.Struct, frozen=True, tag=True):
    """Write one operation, new or changed."""

    operation: Operation


class Unsolicited(msgspec.Struct, frozen=True, tag=True):
    """Record a report whose key no operation of this device has (A-30 c)."""

    device: str
    key: str
    code: int | None
    time: float


StateChange = SaveDevice | SaveOperation | Unsolicited
