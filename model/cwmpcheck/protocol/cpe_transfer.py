"""The CPE and its transfer: it accepts a Download, fetches, applies, reboots, and reports what came of it.

Theory of operation. The CPE owns ``transfer``. An accepted Download waits for its due time, is fetched once, applied (by writing the
image and rebooting when ``needs_reboot``, in place otherwise), and its outcome is reported until TransferCompleteResponse acknowledges it. Nothing of
this is lost with the power; a fetch that was cut is begun again or failed as reading A-11 says. Abstracted: one slot (a second
Download is refused while it is taken), one kind of failure, the image's content.
"""

from __future__ import annotations

from cwmpcheck.kernel import Party, Term, choose, require, shows
from cwmpcheck.protocol.cpe_session import awaiting, may_request, my_turn, outcome_pending, post, take
from cwmpcheck.protocol.observation import NO_KEY, Kind
from cwmpcheck.protocol.readings import (
    DELAY_SECONDS,
    FAULTED_REPORT,
    NEEDS_REBOOT,
    REBOOT_AFTER_FAILURE,
    FaultedReport,
    RebootAfterFailure,
)
from cwmpcheck.protocol.state import Awaits, Owes, Phase, Turn, Upgrade

cpe_transfer: Party[Upgrade] = Party("cpe")


def empty_slot(s: Upgrade) -> None:
    """No transfer any more."""
    s.transfer.phase = Phase.NONE
    s.transfer.key = NO_KEY
    s.transfer.accepted = False
    s.transfer.delayed = False


def answered_download(s: Upgrade) -> None:
    """The Download is answered; its arguments need not be remembered for the answer any more."""
    s.session.owes = Owes.NOTHING
    s.session.key = NO_KEY
    s.session.delayed = False


def owes_download(s: Upgrade) -> None:
    """Guards of every answer to a Download."""
    my_turn(s)
    require(s.session.owes == Owes.DOWNLOAD_RESPONSE, "the ACS waits for this answer", "S-16")


@cpe_transfer.action(cites=("S-16",))
def receive_download(s: Upgrade) -> None:
    """The ACS requests a download."""
    awaiting(s, Kind.DOWNLOAD, Awaits.NOTHING)
    shows(Kind.DOWNLOAD, key=s.channel.down_key, delayed=s.channel.down_delayed, hold=s.channel.down_hold)
    take(s)
    s.channel.down_key = NO_KEY
    s.channel.down_delayed = False
    s.session.hold = s.channel.down_hold
    s.session.owes = Owes.DOWNLOAD_RESPONSE
    s.session.key = s.channel.down_key
    s.session.delayed = s.channel.down_delayed


@cpe_transfer.action(cites=("T-01", "T-06", "T-07", "T-18"))
def accept_download(s: Upgrade) -> None:
    """Queue the transfer and answer Status 1: not yet downloaded and applied."""
    owes_download(s)
    require(s.transfer.phase == Phase.NONE, "a free transfer slot", "T-07")
    shows(Kind.DOWNLOAD_RESPONSE, status=1, key=s.session.key)
    post(s, Kind.DOWNLOAD_RESPONSE)
    s.transfer.phase = Phase.QUEUED
    s.transfer.key = s.session.key
    s.transfer.accepted = True
    s.transfer.delayed = s.session.delayed
    s.transfer.due.set(choose(s.session.delayed, DELAY_SECONDS.term, 0))
    s.session.requested = True
    answered_download(s)


@cpe_transfer.action(cites=("T-01", "T-23"))
def refuse_download(s: Upgrade) -> None:
    """Answer the Download with a Fault: no transfer comes of it."""
    owes_download(s)
    require(
        (s.transfer.phase == Phase.NONE) | s.transfer.accepted | (s.transfer.phase == Phase.FAILED),
        "the transfer was not completed within the call",
        "T-01",
    )
    within = ~s.transfer.accepted
    shows(Kind.DOWNLOAD_FAULT, key=s.session.key)
    post(s, Kind.DOWNLOAD_FAULT)
    s.transfer.phase = choose(within, Phase.NONE, s.transfer.phase)
    s.transfer.key = choose(within, NO_KEY, s.transfer.key)
    answered_download(s)


@cpe_transfer.action(cites=("T-11", "T-10"))
def fetch_within_call(s: Upgrade) -> None:
    """Fetch the file before answering, to be able to answer Status 0."""
    owes_download(s)
    require(s.transfer.phase == Phase.NONE, "a free transfer slot", "T-07")
    require(~s.session.delayed, "DelaySeconds is 0", "T-10")
    shows(Kind.FETCH_BEGINS)
    s.transfer.phase = Phase.FETCHING
    s.transfer.key = s.session.key


@cpe_transfer.action(cites=("T-01", "T-02", "T-22"))
def answer_completed(s: Upgrade) -> None:
    """Answer Status 0: downloaded and applied within the call."""
    owes_download(s)
    require(s.transfer.phase == Phase.SUCCEEDED, "the file has been transferred and applied", "T-02")
    require(~s.transfer.accepted, "it was done within this call", "T-22")
    shows(Kind.DOWNLOAD_RESPONSE, status=0, key=s.session.key)
    post(s, Kind.DOWNLOAD_RESPONSE)
    s.channel.up_success = True
    empty_slot(s)
    answered_download(s)


@cpe_transfer.action(cites=("T-10", "T-11"))
def begin_fetch(s: Upgrade) -> None:
    """Ask the file server for the file, when it is due."""
    require(s.cpe.powered, "the CPE has power")
    require(s.transfer.phase == Phase.QUEUED, "a transfer is queued", "T-05")
    require(s.transfer.due.elapsed, "DelaySeconds have passed since the request", "P-53")
    require(
        ~s.transfer.delayed | ~s.session.requested,
        "with a DelaySeconds above 0 the session of the request has ended",
        "T-10",
    )
    shows(Kind.FETCH_BEGINS)
    s.transfer.phase = Phase.FETCHING


@cpe_transfer.action(cites=("T-02",))
def install(s: Upgrade) -> None:
    """Write the image to where the next boot will find it."""
    require(s.cpe.powered, "the CPE has power")
    require(NEEDS_REBOOT.term, "the image comes into effect by a reboot")
    require(s.transfer.phase == Phase.FETCHED, "the whole file has come", "T-02")
    s.transfer.phase = Phase.INSTALLED


@cpe_transfer.action(cites=("T-02",))
def apply_in_place(s: Upgrade) -> None:
    """Apply the file without a reboot."""
    require(s.cpe.powered, "the CPE has power")
    require(~NEEDS_REBOOT.term, "the file comes into effect without a reboot")
    require(s.transfer.phase == Phase.FETCHED, "the whole file has come", "T-02")
    s.transfer.phase = Phase.SUCCEEDED
    s.cpe.updated = True


@cpe_transfer.action(cites=("T-17",))
def reboot_to_apply(s: Upgrade) -> None:
    """Reboot into the new image, once the session has ended cleanly."""
    require(s.cpe.powered, "the CPE has power")
    require(s.transfer.phase == Phase.INSTALLED, "an image is written and waits for a reboot", "H-5")
    require(s.session.turn == Turn.CLOSED, "no session is open", "T-17")
    require(
        (s.cpe.retry == 0) | REBOOT_AFTER_FAILURE.when(RebootAfterFailure.REBOOT_ANYWAY),
        "the last session ended successfully",
        "A-09",
    )
    shows(Kind.REBOOTS)
    s.cpe.powered = False


@cpe_transfer.action(cites=("T-04", "T-09", "T-18", "T-26", "V-08"))
def report(s: Upgrade) -> None:
    """Call TransferComplete with the outcome."""
    may_request(s)
    require(outcome_pending(s), "a transfer has completed or failed and is not acknowledged", "T-02")
    require(
        s.session.announced | s.session.requested,
        "Inform listed 7 TRANSFER COMPLETE, or the Download came in this session",
        "P-31",
    )
    require(~s.session.reported, "it was not called in this session before", "V-04")
    success = s.transfer.phase == Phase.SUCCEEDED
    shows(Kind.TRANSFER_COMPLETE, key=s.transfer.key, success=success)
    post(s, Kind.TRANSFER_COMPLETE)
    s.channel.up_key = s.transfer.key
    s.channel.up_success = success
    s.session.awaits = Awaits.TRANSFER_COMPLETE_RESPONSE
    s.session.reported = True


@cpe_transfer.action(cites=("V-06", "T-26"))
def receive_acknowledgement(s: Upgrade) -> None:
    """TransferCompleteResponse: the outcome is delivered, and so are its events."""
    awaiting(s, Kind.TRANSFER_COMPLETE_RESPONSE, Awaits.TRANSFER_COMPLETE_RESPONSE)
    shows(Kind.TRANSFER_COMPLETE_RESPONSE)
    take(s)
    empty_slot(s)
    s.session.announced = False


@cpe_transfer.action(cites=("F-03",))
def receive_report_fault(s: Upgrade) -> None:
    """A Fault answers a request other than Inform: the session goes on, and TransferComplete is not delivered."""
    awaiting(s, Kind.ACS_FAULT, Awaits.TRANSFER_COMPLETE_RESPONSE, Awaits.RESPONSE)
    shows(Kind.ACS_FAULT)
    take(s)
    dropped: Term = FAULTED_REPORT.when(FaultedReport.DELIVERED) & (
        s.session.awaits == Awaits.TRANSFER_COMPLETE_RESPONSE
    )
    s.transfer.phase = choose(dropped, Phase.NONE, s.transfer.phase)
    s.transfer.key = choose(dropped, NO_KEY, s.transfer.key)
    s.transfer.accepted = choose(dropped, False, s.transfer.accepted)
    s.transfer.delayed = choose(dropped, False, s.transfer.delayed)
