"""How long to wait before a failed session is tried again (rules.md 2.4)."""

from __future__ import annotations

import random

__all__ = ["LAST_ROW", "retry_range", "retry_wait"]

LAST_ROW = 10
"""From this retry on, the range grows no more."""


def retry_range(retry: int, minimum_wait: int, multiplier: int) -> tuple[float, float]:
    """The shortest and the longest wait before retry number ``retry``, in seconds.

    Args:
        retry: which retry since the last reboot, from 1.
        minimum_wait: CWMPRetryMinimumWaitInterval, in seconds.
        multiplier: CWMPRetryIntervalMultiplier, in thousandths.

    >>> retry_range(1, 5, 2000), retry_range(10, 5, 2000) == retry_range(99, 5, 2000)
    ((5.0, 10.0), True)
    """
    if retry < 1:
        raise ValueError(f"retry {retry} does not exist: the first retry is number 1")
    row = min(retry, LAST_ROW)
    ratio = multiplier / 1000
    return minimum_wait * ratio ** (row - 1), minimum_wait * ratio**row


def retry_wait(retry: int, minimum_wait: int, multiplier: int, chance: random.Random) -> float:
    """A wait drawn evenly from the row of ``retry``, so that a fleet does not return all at once (P-88)."""
    shortest, longest = retry_range(retry, minimum_wait, multiplier)
    return chance.uniform(shortest, longest)
