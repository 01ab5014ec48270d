"""The ACS: it answers what the CPE posts, requests the upgrade, and concludes what became of it.

Theory of operation. The ACS owns ``acs``, takes posts from ``channel.up`` and puts one reply into ``channel.down``. A DownloadResponse
is first noted (``note_...``) and then replied to like any response. It acknowledges every TransferComplete and concludes from it only when the key is that
of its latest Download. Abstracted: its own timers (an ACS without them waits for ever), several devices, HTTP errors (they look like
a lost message to the CPE).
"""

from __future__ import annotations

from cwmpcheck.kernel import Party, Term, choose, require, shows
from cwmpcheck.protocol.channel import clear_post
from cwmpcheck.protocol.cpe_session import free
from cwmpcheck.protocol.observation import FIRST_KEY, SECOND_KEY, Kind
from cwmpcheck.protocol.state import Belief, Upgrade

acs: Party[Upgrade] = Party("acs")

UNDECIDED = (Belief.REQUESTED, Belief.UNSURE, Belief.ACCEPTED)
WANTS = (Belief.IDLE, Belief.UNSURE, Belief.FAILURE)


def reply(s: Upgrade, kind: Kind) -> None:
    """Take the post and put the reply into the channel."""
    clear_post(s)
    s.channel.down = kind


def arrived(s: Upgrade, *kinds: Kind) -> None:
    """Guard of every reply: such a post has arrived."""
    what = " or ".join(kind.value for kind in kinds)
    require(s.channel.up.among(*kinds), f"{what} has arrived", "S-15")


@acs.action(cites=("S-02",), hold=(False, True))
def answer_inform(s: Upgrade, hold: bool) -> None:
    """Answer Inform, with HoldRequests or without; a Download that was never answered is in doubt from now on."""
    arrived(s, Kind.INFORM)
    shows(Kind.INFORM_RESPONSE, hold=hold)
    reply(s, Kind.INFORM_RESPONSE)
    s.channel.down_hold = hold
    s.acs.holding = hold
    s.acs.asked = False
    s.acs.gave = False
    s.acs.seen_updated = s.channel.up_updated
    s.acs.belief = choose(s.acs.belief == Belief.REQUESTED, Belief.UNSURE, s.acs.belief)


@acs.action(cites=("F-02", "F-03"))
def answer_with_fault(s: Upgrade) -> None:
    """Answer a request of the CPE with a Fault."""
    arrived(s, Kind.INFORM, Kind.TRANSFER_COMPLETE, Kind.CPE_REQUEST)
    shows(Kind.ACS_FAULT)
    reply(s, Kind.ACS_FAULT)


def conclude(s: Upgrade, about_mine: Term, success: Term) -> Term:
    """What the ACS believes after an outcome has come."""
    verdict = choose(success, Belief.SUCCESS, Belief.FAILURE)
    return choose(about_mine & s.acs.belief.among(*UNDECIDED), verdict, s.acs.belief)


@acs.action(cites=("V-04",))
def acknowledge(s: Upgrade) -> None:
    """Answer TransferComplete, also one that is a duplicate or of an unknown key, and conclude from it."""
    arrived(s, Kind.TRANSFER_COMPLETE)
    shows(Kind.TRANSFER_COMPLETE_RESPONSE)
    reply(s, Kind.TRANSFER_COMPLETE_RESPONSE)
    s.acs.belief = conclude(s, s.channel.up_key == s.acs.key, s.channel.up_success)


@acs.action(cites=("S-15",))
def answer_other_request(s: Upgrade) -> None:
    """Answer another request of the CPE."""
    arrived(s, Kind.CPE_REQUEST)
    shows(Kind.ACS_RESPONSE)
    reply(s, Kind.ACS_RESPONSE)


@acs.action(cites=("T-01",))
def note_response(s: Upgrade) -> None:
    """Note the DownloadResponse: Status 0 concludes success, Status 1 promises a TransferComplete."""
    arrived(s, Kind.DOWNLOAD_RESPONSE)
    mine = s.acs.belief == Belief.REQUESTED
    s.channel.up = Kind.CPE_RESPONSE
    s.channel.up_success = False
    s.acs.belief = choose(
        mine, choose(s.channel.up_success, Belief.SUCCESS, Belief.ACCEPTED), s.acs.belief
    )


@acs.action(cites=("T-01", "T-23"))
def note_refusal(s: Upgrade) -> None:
    """Note the Fault to Download: it has failed."""
    arrived(s, Kind.DOWNLOAD_FAULT)
    s.channel.up = Kind.CPE_RESPONSE
    s.acs.belief = choose(s.acs.belief == Belief.REQUESTED, Belief.FAILURE, s.acs.belief)


def may_ask(s: Upgrade) -> None:
    """Guard of every request of the ACS: no request of the CPE waits for its answer."""
    require(
        s.channel.up.among(Kind.EMPTY_POST, Kind.CPE_RESPONSE),
        "the CPE has posted nothing that must be answered first",
        "P-25",
    )


@acs.action(cites=("S-15",), delayed=(False, True), hold=(False, True))
def request_download(s: Upgrade, delayed: bool, hold: bool) -> None:
    """Request the upgrade, under a new key: the first time, after a failure, or when the last request is in doubt."""
    may_ask(s)
    require(free(s.acs.belief.among(*WANTS)), "the upgrade is wanted and no request is open", "P-94")
    require(free(~s.acs.gave), "one Download in a session")
    if hold:
        require(s.acs.holding, "HoldRequests was set in this session")
    key = choose(s.acs.key == FIRST_KEY, SECOND_KEY, FIRST_KEY)
    shows(Kind.DOWNLOAD, key=key, delayed=delayed, hold=hold)
    reply(s, Kind.DOWNLOAD)
    s.channel.down_key = key
    s.channel.down_delayed = delayed
    s.channel.down_hold = hold
    s.acs.holding = hold
    s.acs.belief = Belief.REQUESTED
    s.acs.key = key
    s.acs.gave = True


@acs.action(cites=("S-15",), hold=(False, True))
def send_other_request(s: Upgrade, hold: bool) -> None:
    """Any other request of the ACS, such as GetParameterValues."""
    may_ask(s)
    require(free(~s.acs.asked), "one other request in a session stands for many")
    if hold:
        require(s.acs.holding, "HoldRequests was set in this session")
    shows(Kind.ACS_REQUEST, hold=hold)
    reply(s, Kind.ACS_REQUEST)
    s.channel.down_hold = hold
    s.acs.holding = hold
    s.acs.asked = True


@acs.action(cites=("S-17",))
def reply_empty(s: Upgrade) -> None:
    """Nothing to ask: an empty reply, which carries no HoldRequests."""
    may_ask(s)
    shows(Kind.EMPTY_REPLY)
    reply(s, Kind.EMPTY_REPLY)
    s.acs.holding = False
