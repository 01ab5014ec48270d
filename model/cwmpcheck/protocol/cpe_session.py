"""The CPE in a session: it opens it, speaks in turn, and knows when it has ended.

Theory of operation. The CPE owns ``session``, puts requests into ``channel.up`` and takes replies from ``channel.down``. It
posts when it is its turn and then waits; a reply gives the turn back. Posting and receiving are separate steps, because a
message can be lost in between and power can go at any instant. Abstracted: SOAP ids and HTTP connections (a lost message
and a broken connection look alike to the CPE: no reply), the wait before a retry (time-abstract: it may come at any later time),
and other requests of either side, of which one in a session stands for many.
"""

from __future__ import annotations

from cwmpcheck.kernel import Party, Term, choose, require, shows
from cwmpcheck.protocol.observation import MOST_RETRIES, NO_KEY, Kind
from cwmpcheck.protocol.readings import EMPTY_REPLY_HOLD, FREE_ACS, EmptyReplyHold
from cwmpcheck.protocol.state import Awaits, Owes, Phase, Turn, Upgrade

cpe_session: Party[Upgrade] = Party("cpe")


def outcome_pending(s: Upgrade) -> Term:
    """A transfer has completed or failed and its report is not acknowledged."""
    return s.transfer.phase.among(Phase.SUCCEEDED, Phase.FAILED) & s.transfer.accepted


def free(term: Term) -> Term:
    """The condition, or the licence that a followed trace's parties have to do it any number of times."""
    return term | FREE_ACS.term


def forget_session(s: Upgrade) -> None:
    """No session any more: every volatile variable returns to its start."""
    s.session.turn = Turn.CLOSED
    s.session.awaits = Awaits.NOTHING
    s.session.owes = Owes.NOTHING
    s.session.hold = False
    s.session.closing = False
    s.session.announced = False
    s.session.reported = False
    s.session.asked = False
    s.session.requested = False
    s.session.key = NO_KEY
    s.session.delayed = False


def count_failure(retry: Term) -> Term:
    """RetryCount after one more failed attempt."""
    return choose(retry < MOST_RETRIES, retry + 1, MOST_RETRIES)


def my_turn(s: Upgrade) -> None:
    """Guards of every post inside a session."""
    require(s.cpe.powered, "the CPE has power")
    require(s.session.turn == Turn.CPE, "it is the CPE's turn to post", "P-28")


def may_request(s: Upgrade) -> None:
    """Guards of every request of the CPE after Inform."""
    my_turn(s)
    require(s.session.owes == Owes.NOTHING, "no request of the ACS is unanswered", "P-26")
    require(~s.session.hold, "the ACS has not set HoldRequests", "S-11")
    require(~s.session.closing, "no empty POST was sent while HoldRequests was false", "S-12")


def post(s: Upgrade, kind: Kind) -> None:
    """Put a message into the channel and wait for the reply."""
    s.channel.up = kind
    s.session.turn = Turn.WAIT


def awaiting(s: Upgrade, reply: Kind, *awaits: Awaits) -> None:
    """Guards of every receipt: such a reply has arrived, and the CPE waits for one like it."""
    require(s.cpe.powered, "the CPE has power")
    require(s.session.turn == Turn.WAIT, "the CPE waits for a reply", "P-28")
    require(s.channel.down == reply, f"{reply.value} has arrived")
    require(s.session.awaits.among(*awaits), "it answers what the CPE sent", "P-09")


def take(s: Upgrade) -> None:
    """Take the reply from the channel; it is the CPE's turn."""
    s.channel.down = Kind.NOTHING
    s.channel.down_hold = False
    s.session.awaits = Awaits.NOTHING
    s.session.turn = Turn.CPE


@cpe_session.action(cites=("S-01", "S-02", "S-03", "S-04", "V-02", "V-05"))
def open_session(s: Upgrade) -> None:
    """Open a session with Inform, listing every event that is not delivered."""
    pending = outcome_pending(s)
    require(s.cpe.powered, "the CPE has power")
    require(s.session.turn == Turn.CLOSED, "no session is open", "S-04")
    require(
        s.cpe.boot_event | s.cpe.other_event | pending | (s.cpe.retry > 0),
        "an event is not delivered, or a session has to be retried",
        "S-03",
    )
    shows(
        Kind.INFORM,
        transfer_complete=pending,
        m_download=pending,
        key=choose(pending, s.transfer.key, NO_KEY),
        boot=s.cpe.boot_event,
        other_event=s.cpe.other_event,
        retry=s.cpe.retry,
        updated=s.cpe.updated,
    )
    post(s, Kind.INFORM)
    s.channel.up_updated = s.cpe.updated
    s.session.awaits = Awaits.INFORM_RESPONSE
    s.session.announced = pending


@cpe_session.action(cites=("S-10", "V-04"))
def receive_inform_response(s: Upgrade) -> None:
    """The Inform is answered: its events are delivered, except those that TransferCompleteResponse acknowledges."""
    awaiting(s, Kind.INFORM_RESPONSE, Awaits.INFORM_RESPONSE)
    shows(Kind.INFORM_RESPONSE, hold=s.channel.down_hold)
    take(s)
    s.session.hold = s.channel.down_hold
    s.cpe.boot_event = False
    s.cpe.other_event = False


@cpe_session.action(cites=("S-10", "S-12", "S-13", "V-09"))
def post_empty(s: Upgrade) -> None:
    """Nothing to send: an empty POST gives the turn to the ACS."""
    my_turn(s)
    require(s.session.owes == Owes.NOTHING, "no request of the ACS is unanswered", "P-26")
    require(
        s.session.hold | s.session.closing | ~s.session.announced | s.session.reported,
        "the TransferComplete that Inform announced has been called",
        "V-09",
    )
    shows(Kind.EMPTY_POST)
    post(s, Kind.EMPTY_POST)
    s.session.closing = s.session.closing | ~s.session.hold


@cpe_session.action(cites=("S-10",))
def send_request(s: Upgrade) -> None:
    """Any other request of the CPE, such as GetRPCMethods."""
    may_request(s)
    require(free(~s.session.asked), "one other request in a session stands for many")
    shows(Kind.CPE_REQUEST)
    post(s, Kind.CPE_REQUEST)
    s.session.awaits = Awaits.RESPONSE
    s.session.asked = True


@cpe_session.action(cites=("S-15",))
def receive_response(s: Upgrade) -> None:
    """The other request is answered."""
    awaiting(s, Kind.ACS_RESPONSE, Awaits.RESPONSE)
    shows(Kind.ACS_RESPONSE)
    take(s)


@cpe_session.action(cites=("S-16",))
def receive_request(s: Upgrade) -> None:
    """Any other request of the ACS, such as GetParameterValues."""
    awaiting(s, Kind.ACS_REQUEST, Awaits.NOTHING)
    shows(Kind.ACS_REQUEST, hold=s.channel.down_hold)
    take(s)
    s.session.hold = s.channel.down_hold
    s.session.owes = Owes.RESPONSE


@cpe_session.action(cites=("S-16",))
def answer_request(s: Upgrade) -> None:
    """Answer the ACS's other request, with its response or a Fault."""
    my_turn(s)
    require(s.session.owes == Owes.RESPONSE, "the ACS waits for this answer", "S-16")
    shows(Kind.CPE_RESPONSE)
    post(s, Kind.CPE_RESPONSE)
    s.session.owes = Owes.NOTHING


@cpe_session.action(cites=("S-17", "S-14"))
def receive_empty_reply(s: Upgrade) -> None:
    """An empty reply: the ACS has nothing to ask now. The CPE has not finished yet."""
    awaiting(s, Kind.EMPTY_REPLY, Awaits.NOTHING)
    require(~s.session.closing, "the CPE may still send requests", "S-17")
    shows(Kind.EMPTY_REPLY)
    take(s)
    s.session.hold = choose(EMPTY_REPLY_HOLD.when(EmptyReplyHold.CLEARS), False, s.session.hold)


@cpe_session.action(cites=("S-17",))
def end_session(s: Upgrade) -> None:
    """An empty reply, and the CPE has finished too: the session has ended successfully."""
    awaiting(s, Kind.EMPTY_REPLY, Awaits.NOTHING)
    require(s.session.closing, "an empty POST was sent while HoldRequests was false", "P-29")
    shows(Kind.EMPTY_REPLY)
    s.channel.down = Kind.NOTHING
    forget_session(s)
    s.cpe.retry = 0


@cpe_session.action(cites=("F-02", "F-03"))
def receive_inform_fault(s: Upgrade) -> None:
    """A Fault answers Inform: the session has failed."""
    awaiting(s, Kind.ACS_FAULT, Awaits.INFORM_RESPONSE)
    shows(Kind.ACS_FAULT)
    s.channel.down = Kind.NOTHING
    forget_session(s)
    s.cpe.retry = count_failure(s.cpe.retry)


@cpe_session.action(cites=("S-04",))
def session_fails(s: Upgrade) -> None:
    """No reply comes, or an HTTP error, or the connection breaks: the session has failed and will be retried."""
    require(s.cpe.powered, "the CPE has power")
    require(s.session.turn == Turn.WAIT, "the CPE waits for a reply", "P-29")
    require((s.channel.up == Kind.NOTHING) & (s.channel.down == Kind.NOTHING), "no reply is on its way")
    shows(Kind.SESSION_FAILED)
    forget_session(s)
    s.cpe.retry = count_failure(s.cpe.retry)
