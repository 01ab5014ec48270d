"""The variables of the upgrade protocol: what the CPE keeps, what the wire carries, what the ACS believes.

What survives a power cut and what does not is told here and nowhere else: ``Cpe`` and ``Transfer`` are persistent
(a fetch that was running is not), ``Session`` and ``Channel`` are volatile, the ACS does not lose power in these scenarios.
"""

from __future__ import annotations

import enum

from cwmpcheck.kernel import OneOf, Range, Record, flag, part, timer, var
from cwmpcheck.protocol.observation import MOST_RETRIES, NO_KEY, SECOND_KEY, Kind

MOST_DELAY = 2
"""The longest DelaySeconds of explicit engines, in ticks; only 0 against more than 0 makes a difference to them."""


class Phase(enum.Enum):
    """How far a transfer has come (rules.md 3.1: Not yet started, In progress refined, Completed)."""

    NONE = "no transfer"
    QUEUED = "not yet started"
    FETCHING = "the file is being fetched"
    FETCHED = "the file is complete"
    INSTALLED = "the image is written, a reboot will start it"
    SUCCEEDED = "completed and applied, not yet acknowledged"
    FAILED = "failed, not yet acknowledged"


class Turn(enum.Enum):
    """Who may speak in a session, seen from the CPE."""

    CLOSED = "no session"
    CPE = "the CPE posts next"
    WAIT = "the CPE waits for a reply"


class Awaits(enum.Enum):
    """What the reply that the CPE waits for answers."""

    NOTHING = "no request"
    INFORM_RESPONSE = "Inform"
    TRANSFER_COMPLETE_RESPONSE = "TransferComplete"
    RESPONSE = "another request"


class Owes(enum.Enum):
    """Which request of the ACS the CPE has still to answer."""

    NOTHING = "none"
    DOWNLOAD_RESPONSE = "Download"
    RESPONSE = "another request"


class Belief(enum.Enum):
    """What the ACS holds of the upgrade."""

    IDLE = "not requested"
    REQUESTED = "Download sent, not answered"
    UNSURE = "Download sent, the session was lost"
    ACCEPTED = "answered with Status 1"
    SUCCESS = "concluded: the CPE runs the image"
    FAILURE = "concluded: it failed"


class Cpe(Record):
    """What the CPE keeps over a reboot, and whether it has power."""

    powered = flag(True)
    updated = flag()
    """The running image is the requested one; else it is the one from before."""
    retry = var(Range(0, MOST_RETRIES), 0)
    """Failed attempts since the last session that succeeded."""
    boot_event = flag(True)
    """``1 BOOT`` has not been delivered."""
    other_event = flag()
    """Some event that InformResponse acknowledges (2 PERIODIC, 6 CONNECTION REQUEST, ...) is pending."""


class Transfer(Record):
    """The one transfer slot; persistent."""

    phase = var(OneOf(Phase), Phase.NONE)
    key = var(Range(NO_KEY, SECOND_KEY), NO_KEY)
    accepted = flag()
    """Status 1 was sent for it."""
    delayed = flag()
    """It was requested with DelaySeconds above 0."""
    due = timer(MOST_DELAY)


class Session(Record):
    """The session as the CPE sees it; volatile."""

    turn = var(OneOf(Turn), Turn.CLOSED)
    awaits = var(OneOf(Awaits), Awaits.NOTHING)
    owes = var(OneOf(Owes), Owes.NOTHING)
    hold = flag()
    """The last HoldRequests of the ACS."""
    closing = flag()
    """An empty POST was sent while HoldRequests was false: no more requests in this session."""
    announced = flag()
    """The Inform listed ``7 TRANSFER COMPLETE``."""
    reported = flag()
    """TransferComplete was called in this session."""
    asked = flag()
    """Another request of the CPE was sent in this session (one stands for many)."""
    requested = flag()
    """The transfer in the slot was requested in this session."""
    key = var(Range(NO_KEY, SECOND_KEY), NO_KEY)
    """CommandKey of the Download to be answered."""
    delayed = flag()
    """DelaySeconds of the Download to be answered is above 0."""


class Channel(Record):
    """One HTTP exchange: at most one request up and one reply down."""

    up = var(OneOf(Kind), Kind.NOTHING)
    up_key = var(Range(NO_KEY, SECOND_KEY), NO_KEY)
    up_success = flag()
    up_updated = flag()
    down = var(OneOf(Kind), Kind.NOTHING)
    down_hold = flag()
    down_key = var(Range(NO_KEY, SECOND_KEY), NO_KEY)
    down_delayed = flag()


class Acs(Record):
    """What the ACS believes and remembers."""

    belief = var(OneOf(Belief), Belief.IDLE)
    key = var(Range(NO_KEY, SECOND_KEY), NO_KEY)
    """CommandKey of its latest Download."""
    seen_updated = flag()
    """SoftwareVersion of the latest Inform was the requested one."""
    holding = flag()
    """It has set HoldRequests in this session and not yet cleared it."""
    asked = flag()
    """It has sent another request in this session (one stands for many)."""
    gave = flag()
    """It has sent a Download in this session."""


class Upgrade(Record):
    """The whole state: one CPE, one ACS, one HTTP channel."""

    cpe = part(Cpe)
    transfer = part(Transfer)
    session = part(Session)
    channel = part(Channel)
    acs = part(Acs)
