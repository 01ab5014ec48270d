"""Faults as data: what is to go wrong, and when, in one run of the laboratory.

A schedule says everything that is left to chance in a run, so the same schedule gives the same run again. It is written as
one line of JSON, and read back.
"""

from __future__ import annotations

import enum
import random

import msgspec

from cwmpcheck.vocabulary.errors import UsageError

__all__ = ["Fault", "FaultKind", "Schedule", "make_schedule", "read_schedule"]

SCENARIOS = ("unicast", "status0", "same-session")
"""The scenarios that schedules are made for; the others are these with faults of their own."""

_MOST_FAULTS = 5


class FaultKind(enum.StrEnum):
    """What goes wrong."""

    LOSE_REQUEST = "lose request"
    """The POST never reaches the ACS."""
    LOSE_REPLY = "lose reply"
    """The ACS hears the POST, and its reply never arrives."""
    DUPLICATE = "duplicate request"
    """The POST reaches the ACS twice; the first reply arrives."""
    DELAY = "delay reply"
    """The reply takes so many seconds longer: it may come too late."""
    TRUNCATE = "truncate reply"
    """Half of the reply arrives, and the connection is closed."""
    RESET = "reset"
    """The ACS hears the POST, and the connection is reset."""
    ASK_AGAIN = "answer 8005"
    """The ACS answers a request with fault 8005 instead of handling it."""
    FAULT = "answer 8002"
    """The ACS answers a request with fault 8002 instead of handling it."""
    ACS_RESTARTS = "ACS restarts"
    """The ACS forgets its sessions before the POST; what it committed stays."""
    ASK_METHODS = "ACS asks for methods"
    """The ACS asks something else in the next session that begins after the POST."""
    ASK_REBOOT = "ACS asks for a reboot"
    ASK_REFUSABLE = "ACS asks what must be refused"
    """A Download with a URL that no CPE may fetch, in the next session that begins after the POST."""
    FILE_REFUSED = "file server refuses"
    FILE_MISSING = "file is missing"
    """The file server answers 404."""
    FILE_BROKEN = "file server fails"
    """The file server answers 503."""
    FILE_RESET = "file transfer reset"
    FILE_TRUNCATED = "file truncated"
    """Half of the file arrives, and the connection is closed."""
    FILE_CORRUPT = "file corrupt"
    """The file arrives whole and altered."""
    FILE_DELAY = "file delayed"
    """The file takes so many seconds longer."""
    CUT_POWER = "cut power"
    """The CPE loses its power before one of its effects, and starts again."""
    FALL_BACK = "fall back"
    """The new image does not come up."""


ON_POSTS = (
    FaultKind.LOSE_REQUEST,
    FaultKind.LOSE_REPLY,
    FaultKind.DUPLICATE,
    FaultKind.DELAY,
    FaultKind.TRUNCATE,
    FaultKind.RESET,
    FaultKind.ASK_AGAIN,
    FaultKind.FAULT,
    FaultKind.ACS_RESTARTS,
    FaultKind.ASK_METHODS,
    FaultKind.ASK_REBOOT,
    FaultKind.ASK_REFUSABLE,
)
ON_FETCHES = (
    FaultKind.FILE_REFUSED,
    FaultKind.FILE_MISSING,
    FaultKind.FILE_BROKEN,
    FaultKind.FILE_RESET,
    FaultKind.FILE_TRUNCATED,
    FaultKind.FILE_CORRUPT,
    FaultKind.FILE_DELAY,
)
_REACH = {
    **dict.fromkeys(ON_POSTS, 16),
    **dict.fromkeys(ON_FETCHES, 3),
    FaultKind.CUT_POWER: 90,
    FaultKind.FALL_BACK: 2,
}
"""How far from the beginning each kind of fault may strike."""


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that goes wrong.

    Attributes:
        kind: what.
        at: when, counted from 1: the number of the POST, of the fetch, of the CPE's effect (`FaultKind.CUT_POWER`), or of
            the installation (`FaultKind.FALL_BACK`).
        seconds: for delays, how long.
    """

    kind: FaultKind
    at: int
    seconds: float = 0.0


class Schedule(msgspec.Struct, frozen=True):
    """All that is left to chance in one run.

    Attributes:
        scenario: a name of the laboratory's scenarios.
        seed: of the random waits of the CPE.
        faults: what goes wrong.

    >>> print(Schedule("unicast", 7, (Fault(FaultKind.RESET, 3),)))
    {"scenario":"unicast","seed":7,"faults":[{"kind":"reset","at":3}]}
    """

    scenario: str
    seed: int
    faults: tuple[Fault, ...] = ()

    def __str__(self) -> str:
        """One line of JSON, which `read_schedule` takes back."""
        return msgspec.json.encode(self).decode()


def read_schedule(text: str) -> Schedule:
    """The schedule that was printed.

    Raises:
        UsageError: the text is not one.

    >>> read_schedule('{"scenario":"unicast","seed":1,"faults":[]}')
    Schedule(scenario='unicast', seed=1, faults=())
    """
    try:
        return msgspec.json.decode(text, type=Schedule)
    except msgspec.DecodeError as error:
        raise UsageError(f"not a schedule of the laboratory: {error}") from error


def make_schedule(seed: int, scenario: str | None = None) -> Schedule:
    """A schedule made from a seed: up to five faults at random places, always the same for the same seed.

    Args:
        seed: any number.
        scenario: the scenario to disturb; the seed picks one if it is not told.
    """
    chance = random.Random(seed)
    picked = chance.choice(SCENARIOS)
    faults = tuple(_fault(chance) for _ in range(chance.randint(1, _MOST_FAULTS)))
    return Schedule(scenario or picked, seed, faults)


def _fault(chance: random.Random) -> Fault:
    kind = chance.choice(list(FaultKind))
    seconds = 0.0
    if kind in (FaultKind.DELAY, FaultKind.FILE_DELAY):
        seconds = chance.choice((0.5, 5.0, 29.0, 45.0, 600.0))
    return Fault(kind, chance.randint(1, _REACH[kind]), seconds)
