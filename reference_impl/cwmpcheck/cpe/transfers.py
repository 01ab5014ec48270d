"""A transfer from its acceptance until its outcome is acknowledged.

QUEUED -> FETCHING -> FETCHED -> APPLYING -> (reboot) -> REPORTABLE -> gone; a failure anywhere leads to REPORTABLE.
Every phase is committed to disk before anything that follows from it is done, so each is also a place where the
power may go; `after_boot` says what a restart makes of it (rules.md 3.3).
"""

from __future__ import annotations

import datetime
import enum

import msgspec

from cwmpcheck.cpe.faults import fault_text
from cwmpcheck.cpe.settings import FIRMWARE, STORED_FIRMWARE
from cwmpcheck.cpe.windows import WHEN_IDLE, Window, fixed
from cwmpcheck.vocabulary.times import UNKNOWN_TIME
from cwmpcheck.wire.messages import Download, ScheduleDownload

__all__ = [
    "Kind",
    "Phase",
    "RunningImage",
    "Transfer",
    "accepted",
    "after_boot",
    "after_window",
    "failed",
    "scheduled",
    "started",
    "succeeded",
    "utc",
]

_INTERNAL_ERROR = 9002
_WINDOW_MISSED = 9020


class Phase(enum.StrEnum):
    """How far a transfer has come."""

    QUEUED = "queued"
    FETCHING = "fetching"
    FETCHED = "fetched"
    APPLYING = "applying"
    REPORTABLE = "reportable"


class Kind(enum.StrEnum):
    """Who asked for a transfer, and how."""

    DOWNLOAD = "download"
    SCHEDULED = "scheduled"
    AUTONOMOUS = "autonomous"
    """The CPE itself: reported by AutonomousTransferComplete, if at all (T-19)."""


class Transfer(msgspec.Struct, frozen=True):
    """One accepted transfer, as it stands on disk.

    Attributes:
        number: its identity inside the CPE; keys may repeat (A-05), numbers do not.
        due: the instant from which it may start, in seconds since 1970; fixed at receipt (P-55).
        delayed: whether it may not start in the session that asked for it (T-10, and every ScheduleDownload).
        digest: SHA-256 of the fetched file, once it is fetched.
        bank: the bank that the image is written to, once it is being applied.
        fault_code: the outcome, 0 for success, once it is reportable.
        windows: of a ScheduleDownload.
        window: which of them counts now, from 0.
        attempts: failed attempts in that window.
        announce_url: where an autonomous transfer was announced; empty if nowhere.
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
    kind: Kind = Kind.DOWNLOAD
    windows: tuple[Window, ...] = ()
    window: int = 0
    attempts: int = 0
    announce_url: str = ""

    @property
    def is_firmware(self) -> bool:
        """Whether applying it replaces the whole software, so that a reboot is needed."""
        return self.file_type == FIRMWARE

    @property
    def is_image(self) -> bool:
        """Whether it goes into a bank: firmware to run, or a stored image that is not activated."""
        return self.file_type in (FIRMWARE, STORED_FIRMWARE)

    def may_work(self, now: float, *, busy: bool) -> bool:
        """Whether its time window, if it has any, lets it start or be applied now."""
        if not self.windows:
            return True
        window = self.windows[self.window]
        return window.start <= now < window.end and not (busy and window.mode == WHEN_IDLE)


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


def scheduled(request: ScheduleDownload, number: int, now: float) -> Transfer:
    """The transfer that a ScheduleDownload received at ``now`` asks for."""
    windows = fixed(request.windows, now)
    return Transfer(
        number=number,
        command_key=request.command_key,
        file_type=request.file_type,
        url=request.url,
        username=request.username,
        password=request.password,
        file_size=request.file_size or 0,
        target_file_name=request.target_file_name,
        due=windows[0].start,
        delayed=True,
        kind=Kind.SCHEDULED,
        windows=windows,
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


def after_window(transfer: Transfer, now: float) -> Transfer:
    """The transfer once ``now`` has come: in its next window if one has closed, failed if that was the last (9020).

    What was fetched stays fetched for the next window. An image that is being written is past stopping; whether it
    came up is what will be reported.
    """
    if not transfer.windows or transfer.phase in (Phase.APPLYING, Phase.REPORTABLE):
        return transfer
    open_or_later = [at for at, window in enumerate(transfer.windows) if now < window.end and at >= transfer.window]
    if not open_or_later:
        return failed(transfer, _WINDOW_MISSED, "not completed within the time windows", now)
    return transfer if open_or_later[0] == transfer.window else in_window(transfer, open_or_later[0])


def in_window(transfer: Transfer, window: int) -> Transfer:
    """The transfer, to be tried afresh in a later one of its windows."""
    phase = Phase.FETCHED if transfer.phase is Phase.FETCHED else Phase.QUEUED
    return msgspec.structs.replace(transfer, window=window, attempts=0, due=transfer.windows[window].start, phase=phase)


def after_boot(transfer: Transfer, running: RunningImage, now: float) -> Transfer:
    """What a restart makes of a transfer.

    An interrupted fetch belongs to the same attempt and is taken up again (A-11 a); so is the writing of an image that
    is only stored. An image that was being applied
    has succeeded if, and only if, the bank it was written to is the one that now runs, with the very same file:
    versions are not compared, because the same version may be flashed again (E-15). Anything else is the old image
    after a cut or a fall-back, which is a failure (T-20, P4 of rules.md 3.3). Only images are ever found APPLYING:
    another file is applied by one commit, outcome included. An outcome, once there, never changes (E-08).
    """
    if transfer.phase is Phase.FETCHING:
        return msgspec.structs.replace(transfer, phase=Phase.QUEUED)
    if transfer.phase is not Phase.APPLYING:
        return transfer
    if not transfer.is_firmware:
        return msgspec.structs.replace(transfer, phase=Phase.FETCHED)
    if (running.bank, running.digest) == (transfer.bank, transfer.digest):
        return succeeded(transfer, now)
    return failed(transfer, _INTERNAL_ERROR, "the new image does not run; the former one does", now)
