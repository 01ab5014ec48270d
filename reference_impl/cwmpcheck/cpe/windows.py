"""The time windows of a ScheduleDownload (rules.md 5.2): when a transfer may work, and what follows when one closes.

Window times are fixed at receipt as instants, so that a restart changes nothing (P-55).
"""

from __future__ import annotations

import msgspec

from cwmpcheck.wire.messages import TimeWindow

__all__ = ["ANY_TIME", "CONFIRMATION", "IMMEDIATELY", "WHEN_IDLE", "Window", "fixed", "windows_fault"]

ANY_TIME = "1 At Any Time"
IMMEDIATELY = "2 Immediately"
WHEN_IDLE = "3 When Idle"
CONFIRMATION = "4 Confirmation Needed"


class Window(msgspec.Struct, frozen=True):
    """One window.

    Attributes:
        start: first instant, in seconds since 1970.
        end: first instant after it.
        mode: one of the four modes.
        max_retries: how often a failed attempt may be repeated in it; -1 as the CPE likes.
    """

    start: float
    end: float
    mode: str = ANY_TIME
    max_retries: int = 0


def windows_fault(windows: tuple[TimeWindow, ...], *, user_confirms: bool) -> tuple[int, str] | None:
    """The fault code and text with which these windows are refused, or ``None``.

    >>> windows_fault((TimeWindow(5, 5),), user_confirms=False)
    (9003, 'window 1 ends at 5 s, not after its start at 5 s')
    >>> windows_fault((TimeWindow(0, 9), TimeWindow(8, 20)), user_confirms=False)
    (9003, 'window 2 starts before window 1 has ended')
    >>> windows_fault((TimeWindow(0, 9, "4 Confirmation Needed"),), user_confirms=False)
    (9001, 'nobody can confirm on this device')
    """
    if not 1 <= len(windows) <= 2:
        return 9003, f"{len(windows)} time windows; one or two are needed"
    before = 0
    for number, window in enumerate(windows, 1):
        start, end, retries = window.start, window.end, window.max_retries
        if start is None or end is None or retries is None or retries < -1:
            return 9003, f"window {number} has no start, no end, or no number of retries from -1 up"
        if end <= start:
            return 9003, f"window {number} ends at {end} s, not after its start at {start} s"
        if start < before:
            return 9003, f"window {number} starts before window {number - 1} has ended"
        if window.mode not in (ANY_TIME, IMMEDIATELY, WHEN_IDLE, CONFIRMATION):
            return 9003, f"window mode {window.mode[:64]!r} is not supported"
        if window.mode == CONFIRMATION and not user_confirms:
            return 9001, "nobody can confirm on this device"
        before = end
    return None


def fixed(windows: tuple[TimeWindow, ...], now: float) -> tuple[Window, ...]:
    """Windows received at ``now`` as instants; `windows_fault` has found nothing wrong with them."""
    return tuple(
        Window(now + (window.start or 0), now + (window.end or 0), window.mode, window.max_retries or 0)
        for window in windows
    )
