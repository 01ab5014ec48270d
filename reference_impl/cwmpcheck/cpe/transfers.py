"""A transfer that the ACS asked for, from its acceptance until its outcome is acknowledged.

QUEUED -> FETCHING -> FETCHED -> APPLYING -> (reboot) -> REPORTABLE -> gone; a failure anywhere leads to REPORTABLE.
Every phase is committed to disk before anything that follows from it is done, so each is also a place where the
power may go; `after_boot` says what a restart makes of it (rules.md 3.3).
"""

from __future__ import annotations

import datetime
import enum

import msgspec

from cwmpcheck.cpe.faults import fault_text
from cwmpcheck.cpe.settings import FIRMWARE
from cwmpcheck.vocabulary.times import UNKNOWN_TIME
from cwmpcheck.wire.messages import Download, TransferComplete

__all__ = [
    "Phase",
    "RunningImage",
    "Transfer",
    "accepted",
    "after_boot",
    "completion",
    "failed",
    "started",
    "succeeded",
    "utc",
]

_INTERNAL_ERROR = 9002


class Phase(enum.StrEnum):
    """How far a transfer has come."""

    QUEUED = "queued"
    FETCHING = "fetching"
    FETCHED = "fetched"
    APPLYING = "applying"
    REPORTABLE = "reportable"


class Transfer(msgspec.Struct, frozen=True):
    """One accepted Download, as it stands on disk.

    Attributes:
        number: its identity inside the CPE; keys may repeat (A-05), numbers do not.
        due: the instant from which it may start, in seconds since 1970; fixed at receipt (P-55).
        delayed: whether DelaySeconds was not zero, so that it may not start in the session that asked for it (T-10).
        digest: SHA-256 of the fetched file, once it is fetched.
        bank: the bank that the image is written to, once it is being applied.
        fault_code: the outcome, 0 for success, once it is reportable.
    """

    number: int
    command_key: str
    file_type: str
    url: str
    username: str
    password: str
    file_size: int
    target_file_name: str
    due: float
    delayed: bool
    phase: Phase = Phase.QUEUED
    digest: str = ""
    bank: str = ""
    start_time: str = UNKNOWN_TIME
    complete_time: str = UNKNOWN_TIME
    fault_code: int = 0
    fault_string: str = ""

    @property
    def is_firmware(self) -> bool:
        """Whether applying it replaces the whole software, so that a reboot is needed."""
        return self.file_type == FIRMWARE


class RunningImage(msgspec.Struct, frozen=True):
    """What the CPE runs: which bank, the version in its header, and the SHA-256 of the image file."""

    bank: str
    version: str
    digest: str


def utc(instant: float) -> str:
    """An instant as ``xs:dateTime`` in UTC, to the microsecond, so that it never lies before its cause (P-64).

    >>> utc(0.5)
    '1970-01-01T00:00:00.500000Z'
    """
    moment = datetime.datetime.fromtimestamp(instant, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def accepted(download: Download, number: int, now: float) -> Transfer:
    """The transfer that a Download received at ``now`` asks for; the delay counts from receipt (A-14 a)."""
    delay = download.delay_seconds or 0
    return Transfer(
        number=number,
        command_key=download.command_key,
        file_type=download.file_type,
        url=download.url,
        username=download.username,
        password=download.password,
        file_size=download.file_size or 0,
        target_file_name=download.target_file_name,
        due=now + delay,
        delayed=delay > 0,
    )


def started(transfer: Transfer, now: float) -> Transfer:
    """The transfer as its fetch begins."""
    return msgspec.structs.replace(transfer, phase=Phase.FETCHING, start_time=utc(now))


def failed(transfer: Transfer, code: int, text: str, now: float) -> Transfer:
    """The transfer with a failure to report; CompleteTime says when it was given up."""
    return msgspec.structs.replace(
        transfer, phase=Phase.REPORTABLE, fault_code=code, fault_string=fault_text(text), complete_time=utc(now)
    )


def succeeded(transfer: Transfer, now: float) -> Transfer:
    """The transfer fetched and applied, with a success to report."""
    return msgspec.structs.replace(
        transfer, phase=Phase.REPORTABLE, fault_code=0, fault_string="", complete_time=utc(now)
    )


def after_boot(transfer: Transfer, running: RunningImage, now: float) -> Transfer:
    """What a restart makes of a transfer.

    An interrupted fetch belongs to the same attempt and is taken up again (A-11 a). An image that was being applied
    has succeeded if, and only if, the bank it was written to is the one that now runs, with the very same file:
    versions are not compared, because the same version may be flashed again (E-15). Anything else is the old image
    after a cut or a fall-back, which is a failure (T-20, P4 of rules.md 3.3). Only firmware is ever found APPLYING:
    another file is applied by one commit, outcome included. An outcome, once there, never changes (E-08).
    """
    if transfer.phase is Phase.FETCHING:
        return msgspec.structs.replace(transfer, phase=Phase.QUEUED)
    if transfer.phase is not Phase.APPLYING:
        return transfer
    if (running.bank, running.digest) == (transfer.bank, transfer.digest):
        return succeeded(transfer, now)
    return failed(transfer, _INTERNAL_ERROR, "the new image does not run; the former one does", now)


def completion(transfer: Transfer) -> TransferComplete:
    """The message that reports the outcome; the same each time it is sent (P-46)."""
    return TransferComplete(
        command_key=transfer.command_key,
        fault_code=transfer.fault_code,
        fault_string=transfer.fault_string,
        start_time=transfer.start_time,
        complete_time=transfer.complete_time,
    )
