"""Times on the wire: ``xs:dateTime``, the Unknown Time, and time counted from boot (rules.md 1.8)."""

from __future__ import annotations

import datetime
import enum
import re

import msgspec

__all__ = ["UNKNOWN_TIME", "CwmpTime", "TimeKind", "parse_cwmp_time"]

UNKNOWN_TIME = "0001-01-01T00:00:00Z"
"""What is sent when a time is not known, in its one canonical form."""

_DATE_TIME = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)T(?P<time>\d\d:\d\d:\d\d)(?P<fraction>\.\d+)?(?P<offset>Z|[+-]\d\d:\d\d)?", re.ASCII
)
_BOOT = datetime.datetime(1, 1, 1, tzinfo=datetime.UTC)
_DAY = datetime.timedelta(days=1)
_MAX_OFFSET_MINUTES = 14 * 60


class TimeKind(enum.StrEnum):
    """What a dateTime on the wire says."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    """A device without a clock counts from its boot, in the year 0001."""
    UNKNOWN = "unknown"
    INVALID = "invalid"
    """Not an ``xs:dateTime`` at all, as is an empty element."""


class CwmpTime(msgspec.Struct, frozen=True):
    """A dateTime as it was meant.

    Attributes:
        kind: what it says.
        value: seconds, since 1970 for an absolute time (taken as UTC if no offset is given), since boot for a
            relative one; ``None`` otherwise.
        has_offset: whether a UTC offset (or ``Z``) was written.
        is_utc: whether that offset is ``Z`` or zero.
        text: as sent.
    """

    kind: TimeKind
    value: float | None
    has_offset: bool
    is_utc: bool
    text: str

    @property
    def canonical(self) -> bool:
        """Whether the Unknown Time, if it is that, is written as ``0001-01-01T00:00:00Z``."""
        return self.kind is not TimeKind.UNKNOWN or self.text == UNKNOWN_TIME


def parse_cwmp_time(text: str) -> CwmpTime:
    """What a dateTime says; never fails.

    >>> parse_cwmp_time("2024-05-01T12:00:00+02:00").value == parse_cwmp_time("2024-05-01T10:00:00Z").value
    True
    >>> parse_cwmp_time("0001-01-03T03:04:05").value  # 2 days, 3 h, 4 min, 5 s after boot
    183845.0
    >>> [str(parse_cwmp_time(text).kind) for text in ("0001-01-01T00:00:00Z", "", "yesterday")]
    ['unknown', 'invalid', 'invalid']
    """
    match = _DATE_TIME.fullmatch(text)
    moment = None if match is None else _moment(match)
    if match is None or moment is None:
        return CwmpTime(TimeKind.INVALID, None, False, False, text)
    offset = match["offset"]
    is_utc = offset in {"Z", "+00:00", "-00:00"}
    has_offset = offset is not None
    fraction = float(match["fraction"] or 0)
    if moment.year > 1:
        seconds = moment.timestamp() - _minutes(offset) * 60 + fraction
        return CwmpTime(TimeKind.ABSOLUTE, seconds, has_offset, is_utc, text)
    since_boot = (moment - _BOOT).total_seconds() + fraction
    if since_boot == 0:
        return CwmpTime(TimeKind.UNKNOWN, None, has_offset, is_utc, text)
    return CwmpTime(TimeKind.RELATIVE, since_boot, has_offset, is_utc, text)


def _moment(match: re.Match[str]) -> datetime.datetime | None:
    """The wall-clock reading of a match, or ``None`` where no calendar has it; 24:00:00 is the next midnight."""
    end_of_day = match["time"] == "24:00:00"
    try:
        if abs(_minutes(match["offset"])) > _MAX_OFFSET_MINUTES:
            return None
        clock = "00:00:00" if end_of_day else match["time"]
        moment = datetime.datetime.fromisoformat(f"{match['date']}T{clock}+00:00")
        return moment + _DAY if end_of_day else moment
    except (ValueError, OverflowError):
        return None


def _minutes(offset: str | None) -> int:
    if offset is None or offset == "Z":
        return 0
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    if minutes > 59:
        raise ValueError(f"no such UTC offset: {offset}")
    return (-1 if offset[0] == "-" else 1) * (hours * 60 + minutes)
