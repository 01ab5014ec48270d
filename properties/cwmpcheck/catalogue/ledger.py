"""The ledger: what a watcher at the CPE's end remembers of the messages seen, and nothing else.

It is a function of the observations alone, so it runs on the model and on captures alike. Each register is updated after the
step; inside a check it holds what was so before the message that is being judged.
"""

from __future__ import annotations

import enum

from cwmpcheck.kernel import OneOf, Range, Record, Term, both, choose, either, flag, var
from cwmpcheck.kernel.monitor import Suite
from cwmpcheck.protocol import Kind, Observation, Upgrade
from cwmpcheck.protocol.observation import (
    CPE_ANSWERS,
    CPE_POSTS,
    CPE_REQUESTS,
    FIRST_KEY,
    MOST_RETRIES,
    NO_KEY,
    SECOND_KEY,
    STRANGE_KEY,
)
from cwmpcheck.protocol.readings import EMPTY_REPLY_HOLD, EmptyReplyHold


class Life(enum.Enum):
    """What is known of the transfer under one key."""

    UNKNOWN = "no Download carried this key"
    REQUESTED = "a Download carried it, no answer was seen"
    ACCEPTED = "answered with Status 1, not yet acknowledged"
    COMPLETED = "answered with Status 0"
    REFUSED = "answered with a Fault"
    ACKNOWLEDGED = "its TransferComplete was answered"


class Outcome(enum.Enum):
    """What TransferComplete has said of the transfer under one key."""

    NONE = "nothing yet"
    SUCCESS = "FaultCode 0"
    FAILURE = "another FaultCode"


class Ledger(Record):
    """The registers."""

    open = flag()
    """A session is open: Inform was sent, and it has neither ended nor failed."""
    informed = flag()
    """InformResponse has arrived in this session."""
    hold = flag()
    """The last HoldRequests of the ACS in this session."""
    closing = flag()
    """An empty POST was sent in this session while HoldRequests was false."""
    outstanding = var(OneOf(Kind), Kind.NOTHING)
    """The CPE's post that has no reply yet; an empty POST stands for whatever is no request."""
    owes = var(OneOf(Kind), Kind.NOTHING)
    """The request of the ACS that is not answered."""
    owed_key = var(Range(NO_KEY, STRANGE_KEY), NO_KEY)
    """CommandKey of the Download that is not answered."""
    owed_delayed = flag()
    announced = flag()
    """The Inform of this session listed 7 TRANSFER COMPLETE."""
    announced_other = flag()
    """It listed 7 TRANSFER COMPLETE on behalf of another transfer."""
    informed_updated = flag()
    """The Inform of this session showed the requested version."""
    reported = flag()
    """TransferComplete was called in this session."""
    accepted_here = flag()
    """A Download was answered with Status 1 in this session."""
    ended = flag()
    """Some session has ended, well or not."""
    failed_last = flag()
    """The last session that ended has failed."""
    retry_last = var(Range(0, MOST_RETRIES), 0)
    """RetryCount of the last Inform."""
    reported_key = var(Range(NO_KEY, STRANGE_KEY), NO_KEY)
    """CommandKey of the TransferComplete that has no reply yet."""
    life_1 = var(OneOf(Life), Life.UNKNOWN)
    life_2 = var(OneOf(Life), Life.UNKNOWN)
    outcome_1 = var(OneOf(Outcome), Outcome.NONE)
    outcome_2 = var(OneOf(Outcome), Outcome.NONE)
    due = flag()
    """7 TRANSFER COMPLETE was sent and is not delivered."""
    delayed = flag()
    """DelaySeconds of the last accepted Download is above 0."""
    fetching = flag()
    """The file was asked for and has neither come nor failed to."""
    fetched = flag()
    """The last fetch since the Download brought the whole file."""
    fetch_failed = flag()
    """A fetch since the Download has failed."""
    overtaken = flag()
    """A transfer that was due later was begun first, and this one has not been begun since."""
    quiet = var(Range(0, 2), 0)
    """Sessions that ended well since the fetch ended, without a word of the transfer; counted up to 2."""
    quiet_boot = flag()
    """One of them had 1 BOOT in its Inform."""
    boot_here = flag()
    """The Inform of this session listed 1 BOOT."""
    booted = flag()
    """An Inform has listed 1 BOOT since the file came."""


def ends_well(o: Observation, m: Ledger) -> Term:
    """The session ends successfully with this reply."""
    return both(o.kind == Kind.EMPTY_REPLY, m.open, m.closing, m.owes == Kind.NOTHING)


def fails(o: Observation, m: Ledger) -> Term:
    """The session fails with this event."""
    return (o.kind == Kind.SESSION_FAILED) | ((o.kind == Kind.ACS_FAULT) & (m.outstanding == Kind.INFORM))


def life_of(m: Ledger, key: Term) -> Term:
    """What is known of the transfer under a key."""
    return choose(key == FIRST_KEY, m.life_1, choose(key == SECOND_KEY, m.life_2, Life.UNKNOWN))


def outcome_of(m: Ledger, key: Term) -> Term:
    """What TransferComplete has said of the transfer under a key."""
    return choose(key == FIRST_KEY, m.outcome_1, choose(key == SECOND_KEY, m.outcome_2, Outcome.NONE))


def update(o: Observation, m: Ledger) -> None:
    """Write the ledger after an observation."""
    over = ends_well(o, m) | fails(o, m)
    _session(o, m, over)
    _turns(o, m, over)
    _transfers(o, m)
    _fetches(o, m)


def _session(o: Observation, m: Ledger, over: Term) -> None:
    inform = o.kind == Kind.INFORM
    m.open = choose(inform, True, choose(over, False, m.open))
    m.informed = choose(inform | over, False, m.informed | (o.kind == Kind.INFORM_RESPONSE))
    m.announced = choose(inform, o.transfer_complete, choose(over, False, m.announced))
    m.announced_other = choose(inform, o.other_complete, choose(over, False, m.announced_other))
    m.informed_updated = choose(inform, o.updated, choose(over, False, m.informed_updated))
    m.reported = choose(inform | over, False, m.reported | (o.kind == Kind.TRANSFER_COMPLETE))
    accepts = (o.kind == Kind.DOWNLOAD_RESPONSE) & (o.status == 1)
    m.accepted_here = choose(inform | over, False, m.accepted_here | accepts)
    m.ended = m.ended | over
    m.failed_last = choose(over, fails(o, m), m.failed_last)
    m.retry_last = choose(inform, o.retry, m.retry_last)


def _turns(o: Observation, m: Ledger, over: Term) -> None:
    inform = o.kind == Kind.INFORM
    says_hold = o.kind.among(Kind.INFORM_RESPONSE, Kind.DOWNLOAD, Kind.ACS_REQUEST)
    released = (o.kind == Kind.EMPTY_REPLY) & EMPTY_REPLY_HOLD.when(EmptyReplyHold.CLEARS)
    clears_hold = either(inform, over, released)
    m.hold = choose(says_hold, o.hold, choose(clears_hold, False, m.hold))
    m.closing = choose(inform | over, False, m.closing | ((o.kind == Kind.EMPTY_POST) & ~m.hold))
    posted = o.kind.among(*CPE_POSTS)
    posted_what = choose(o.kind.among(*CPE_REQUESTS), o.kind, Kind.EMPTY_POST)
    replied = either(over, o.kind.among(Kind.INFORM_RESPONSE, Kind.TRANSFER_COMPLETE_RESPONSE, Kind.ACS_RESPONSE))
    replied = replied | o.kind.among(Kind.ACS_FAULT, Kind.DOWNLOAD, Kind.ACS_REQUEST, Kind.EMPTY_REPLY)
    m.outstanding = choose(posted, posted_what, choose(replied, Kind.NOTHING, m.outstanding))
    asked = o.kind.among(Kind.DOWNLOAD, Kind.ACS_REQUEST)
    answered = over | inform | o.kind.among(*CPE_ANSWERS)
    m.owes = choose(asked, o.kind, choose(answered, Kind.NOTHING, m.owes))
    m.owed_key = choose(o.kind == Kind.DOWNLOAD, o.key, choose(answered, NO_KEY, m.owed_key))
    m.owed_delayed = choose(o.kind == Kind.DOWNLOAD, o.delayed, choose(answered, False, m.owed_delayed))
    tc = o.kind == Kind.TRANSFER_COMPLETE
    m.reported_key = choose(tc, o.key, choose(replied, NO_KEY, m.reported_key))


def _transfers(o: Observation, m: Ledger) -> None:
    announces = (o.kind == Kind.INFORM) & o.transfer_complete
    m.due = choose(announces, True, choose(o.kind == Kind.TRANSFER_COMPLETE_RESPONSE, False, m.due))
    for key in (FIRST_KEY, SECOND_KEY):
        life = m.life_1 if key == FIRST_KEY else m.life_2
        outcome = m.outcome_1 if key == FIRST_KEY else m.outcome_2
        requested = both(o.kind == Kind.DOWNLOAD, o.key == key, life != Life.ACCEPTED)
        owed = both(m.owes == Kind.DOWNLOAD, m.owed_key == key, life != Life.ACCEPTED)
        acked = (o.kind == Kind.TRANSFER_COMPLETE_RESPONSE) & (m.reported_key == key)
        answer = choose(o.status == 1, Life.ACCEPTED, Life.COMPLETED)
        new_life = choose(requested, Life.REQUESTED, choose(acked, Life.ACKNOWLEDGED, life))
        new_life = choose(owed & (o.kind == Kind.DOWNLOAD_RESPONSE), answer, new_life)
        new_life = choose(owed & (o.kind == Kind.DOWNLOAD_FAULT), Life.REFUSED, new_life)
        said = choose(o.success, Outcome.SUCCESS, Outcome.FAILURE)
        reports = both(o.kind == Kind.TRANSFER_COMPLETE, o.key == key)
        new_outcome = choose(reports, said, choose(requested | acked, Outcome.NONE, outcome))
        if key == FIRST_KEY:
            m.life_1, m.outcome_1 = new_life, new_outcome
        else:
            m.life_2, m.outcome_2 = new_life, new_outcome


def _fetches(o: Observation, m: Ledger) -> None:
    begins, ends, asked = o.kind == Kind.FETCH_BEGINS, o.kind == Kind.FETCH_ENDS, o.kind == Kind.DOWNLOAD
    # A Download that comes while a transfer is under way says nothing of that transfer's fetch.
    fresh = both(asked, m.life_1 != Life.ACCEPTED, m.life_2 != Life.ACCEPTED)
    rebooted = (o.kind == Kind.INFORM) & o.boot
    accepts = (o.kind == Kind.DOWNLOAD_RESPONSE) & (o.status == 1)
    m.delayed = choose(accepts, m.owed_delayed, m.delayed)
    m.fetching = choose(begins, True, choose(ends | rebooted | fresh, False, m.fetching))
    m.fetched = choose(ends, o.success, choose(begins | fresh, False, m.fetched))
    m.fetch_failed = choose(ends & ~o.success, True, choose(fresh, False, m.fetch_failed))
    m.booted = choose(ends, False, m.booted | rebooted)
    _silence(o, m, fresh)


def _silence(o: Observation, m: Ledger, fresh: Term) -> None:
    """Count the sessions in which an accepted transfer that is over with - fetched, failed, passed over - is not told of."""
    word = either(o.transfer_complete, o.kind == Kind.TRANSFER_COMPLETE, o.kind == Kind.FETCH_ENDS, fresh)
    over = either(m.fetched, m.fetch_failed, m.overtaken)
    m.overtaken = choose(o.kind == Kind.OVERTAKEN, True, choose(word | m.fetching, False, m.overtaken))
    silent = both(ends_well(o, m), over, ~m.reported, ~m.accepted_here, ~m.fetching)
    m.boot_here = choose(o.kind == Kind.INFORM, o.boot, m.boot_here)
    m.quiet = choose(word, 0, choose(silent & (m.quiet < 2), m.quiet + 1, m.quiet))
    m.quiet_boot = choose(word, False, m.quiet_boot | (silent & m.boot_here))


def new_suite() -> Suite[Observation, Ledger, Upgrade]:
    """An empty suite of checks over the observation, this ledger and the upgrade's state."""
    return Suite(Observation, Ledger, update, Upgrade)
