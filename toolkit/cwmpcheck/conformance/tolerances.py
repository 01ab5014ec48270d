"""Tolerances: what a diff passes over or takes the lenient way, each with its reason, and counted in every verdict."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Mapping


class Tolerance(enum.Enum):
    """One thing that a diff does not hold against a trace; the value is the reason, as a verdict shows it."""

    PROXY_FORM = "form of the ACS's messages not judged, a proxy lies between"
    NO_FILE_SERVER = "properties of file transfers not judged, the capture shows no file server"
    CHALLENGED = "a GET answered 401 and sent again with credentials counts as one fetch"
    HIGH_RETRY_COUNT = "RetryCount above 3 is compared as 3 or more, the model counts no further"
    VERSION_UNTOLD = "SoftwareVersion not followed on the model: which one this transfer brings was not told, or there are several"
    FROM_BEFORE = "a report whose Download is not in the capture is taken for one from before it"
    STARTS_MIDWAY = "messages before the first Inform not followed, the capture begins in the middle of a session"
    RETRY_REQUEST = "a request sent again after fault 8005 counts as sent once"
    SHARED_KEY = "several Downloads share a CommandKey; the attribution that breaks least was taken"
    TOO_MANY_ATTRIBUTIONS = "too many ways to attribute a shared CommandKey, so what it breaks is left open"
    WHOLE_SECONDS = "a GET or a retry less than a second out of its time is in time, clocks may count in whole seconds"
    SEEN_AT_ACS = "left open: seen from the ACS's end, what was lost on the way is not known"
    COARSE_MENDING = "nearest step taken without a search for the cheapest alignment, the bound on work was reached"


class Tally:
    """How often each tolerance was used on one trace."""

    def __init__(self) -> None:
        self._counts: Counter[Tolerance] = Counter()

    def count(self, tolerance: Tolerance, times: int = 1) -> None:
        """Note that a tolerance was used."""
        self._counts[tolerance] += times

    def add(self, other: Tally) -> None:
        """Take in the counts of another tally."""
        self._counts.update(other._counts)

    def told(self) -> Mapping[str, int]:
        """The counts by reason, in the order of the list, without those never used."""
        return {each.value: self._counts[each] for each in Tolerance if self._counts[each]}
