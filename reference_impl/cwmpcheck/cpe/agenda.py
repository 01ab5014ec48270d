"""When the CPE next does something of its own accord: sessions, back-off, periodic Informs, the start of an installation."""

from __future__ import annotations

import math
import random

from cwmpcheck.cpe.retry import retry_wait
from cwmpcheck.cpe.settings import Settings
from cwmpcheck.vocabulary.times import TimeKind, parse_cwmp_time

__all__ = ["Agenda"]


class Agenda:
    """The instants that one boot of a CPE waits for; nothing of it survives a restart.

    Args:
        settings: intervals and the parameters of the retry policy.
        chance: where the random part of a wait comes from.
    """

    def __init__(self, settings: Settings, chance: random.Random) -> None:
        self.settings = settings
        """May be replaced at any time; then comes `reschedule`."""
        self._chance = chance
        self._failures = 0
        self._refusals = 0
        self.session_at = math.inf
        """When to open the next session, if none is open."""
        self.periodic_at = math.inf
        self.apply_at = 0.0
        """Before this, no fetched image is installed."""

    def boot(self, now: float) -> None:
        """The CPE starts: a session at once."""
        self.session_at = now
        self.reschedule(now)
        self.apply_at = now + self.settings.apply_after

    def reschedule(self, now: float) -> None:
        """Set the next periodic Inform anew: on PeriodicInformTime give or take whole intervals, if that is set."""
        if not self.settings.periodic_enable:
            self.periodic_at = math.inf
            return
        interval = self.settings.periodic_interval
        reference = parse_cwmp_time(self.settings.periodic_time)
        wait = interval
        if reference.kind is TimeKind.ABSOLUTE and reference.value is not None:
            wait = (reference.value - now) % interval or interval
        self.periodic_at = now + wait

    def urgent(self, now: float) -> None:
        """Something new is to be told: a session at once, also out of a back-off (A-28 a)."""
        self.session_at = now

    def image_fetched(self, now: float) -> None:
        """An image may be installed once the settle time has passed."""
        self.apply_at = now + self.settings.apply_after

    def periodic_due(self, now: float) -> bool:
        """Whether a periodic Inform falls due; it does so once for each interval."""
        if now < self.periodic_at:
            return False
        self.reschedule(now)
        return True

    def session_failed(self, now: float) -> float:
        """Set the next attempt; the row is picked by the failures since boot (P-87). Returns the wait in seconds."""
        self._failures += 1
        return self._back_off(self._failures, now)

    def session_over(self, now: float, *, news: bool, refused: bool) -> None:
        """A session ended well.

        Args:
            now: the instant.
            news: whether something undelivered was not tried in that session.
            refused: whether the ACS refused a report in it. It is never dropped (A-02 a), but must not become a busy
                loop (E-82).
        """
        self._failures = 0
        self._refusals = self._refusals + 1 if refused else 0
        if news:
            self.session_at = now
        elif refused:
            self._back_off(self._refusals, now)
        else:
            self.session_at = math.inf

    def _back_off(self, retry: int, now: float) -> float:
        settings = self.settings
        wait = retry_wait(retry, settings.retry_minimum_wait, settings.retry_multiplier, self._chance)
        self.session_at = now + wait
        return wait
