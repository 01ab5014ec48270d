"""The readings: where the standard's text admits more than one meaning, each an option with its default.

Every reading is a parameter of the compiled system, so that all of them share one compile.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from cwmpcheck.kernel import BOOLEAN, OneOf, Parameter, Range, Term, parameter
from cwmpcheck.protocol.state import MOST_DELAY
from cwmpcheck.vocabulary.errors import UsageError


class FaultedReport(enum.Enum):
    """A-02: what a Fault other than 8005 to TransferComplete means."""

    RETRY = "undelivered"
    DELIVERED = "delivered"


class RetryCountOverReboot(enum.Enum):
    """A-08: what a reboot does to RetryCount."""

    PERSISTS = "persists"
    RESTARTS = "restarts"


class RebootAfterFailure(enum.Enum):
    """A-09: a reboot is needed, and the last session failed."""

    SESSION_FIRST = "session-first"
    REBOOT_ANYWAY = "reboot-anyway"


class CrashResume(enum.Enum):
    """A-11: power was lost while the file was fetched."""

    RESUME = "resume"
    FAIL = "fail"


class EmptyReplyHold(enum.Enum):
    """A-26: what an empty reply of the ACS, which has no HoldRequests, does to the hold."""

    CLEARS = "clears"
    KEEPS = "keeps"


@dataclass(frozen=True)
class Reading:
    """One ambiguity as an option.

    Attributes:
        id: as in rules.md, such as ``A-08``.
        parameter: the switch in the compiled system; its default is the default reading.
        values: the enumeration of what can be chosen; a member's value is its name for people.
    """

    id: str
    parameter: Parameter
    values: type[enum.Enum]

    def choose(self, name: str) -> enum.Enum:
        """The member for a name as a person writes it; raises UsageError listing what there is."""
        for member in self.values:
            if member.value == name:
                return member
        raise UsageError(f"{self.id} has no reading {name!r}; it has {', '.join(str(m.value) for m in self.values)}")

    def when(self, member: enum.Enum) -> Term:
        """The term that holds under one choice."""
        return self.parameter.term == member


def _reading(id: str, values: type[enum.Enum]) -> Reading:
    first = next(iter(values))
    return Reading(id, parameter(id, OneOf(values), first), values)


FAULTED_REPORT = _reading("A-02", FaultedReport)
RETRY_COUNT = _reading("A-08", RetryCountOverReboot)
REBOOT_AFTER_FAILURE = _reading("A-09", RebootAfterFailure)
CRASH_RESUME = _reading("A-11", CrashResume)
EMPTY_REPLY_HOLD = _reading("A-26", EmptyReplyHold)

READINGS: tuple[Reading, ...] = (FAULTED_REPORT, RETRY_COUNT, REBOOT_AFTER_FAILURE, CRASH_RESUME, EMPTY_REPLY_HOLD)

DELAY_SECONDS = parameter("DelaySeconds", Range(1, MOST_DELAY), 1, unbounded=True)
"""DelaySeconds of a delayed Download; provers take it for every number from 1 up."""

NEEDS_REBOOT = parameter("needs_reboot", BOOLEAN, True)
"""Whether the image comes into effect by a reboot (firmware) or at once (other files, live patches)."""

FREE_ACS = parameter("free_acs", BOOLEAN, False)
"""Whether the ACS may send any request at any of its turns, as often as it likes: for following a trace."""


def reading(id: str) -> Reading:
    """The reading of that id; raises UsageError when it is not an option of the model."""
    for candidate in READINGS:
        if candidate.id == id:
            return candidate
    raise UsageError(f"no reading {id}; the model has {', '.join(r.id for r in READINGS)}")
