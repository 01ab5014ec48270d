"""Properties of a session: who may speak when, how it ends, what RetryCount and the events say."""

from __future__ import annotations

from cwmpcheck.catalogue.ledger import Life, Outcome, life_of
from cwmpcheck.catalogue.property import Property, UpgradeView
from cwmpcheck.kernel import Term, both, choose, either
from cwmpcheck.kernel.monitor import previously
from cwmpcheck.protocol import Kind
from cwmpcheck.protocol.observation import ACS_REPLIES, CPE_ANSWERS, CPE_POSTS, CPE_REQUESTS, MOST_RETRIES
from cwmpcheck.protocol.readings import RETRY_COUNT, RetryCountOverReboot
from cwmpcheck.protocol.state import Awaits, Turn

NO_REPORT = "no TransferComplete in this scenario: the outcome is told by DownloadResponse"
NO_REBOOT_RPC = "the Reboot RPC takes no part in this scenario"


def sends(v: UpgradeView, *kinds: Kind) -> Term:
    """The step shows one of the kinds."""
    return v.seen.kind.among(*kinds)


def matched(v: UpgradeView) -> Term:
    """A response answers the request that is outstanding."""
    return both(
        (sends(v, Kind.INFORM_RESPONSE)).implies(v.ledger.outstanding == Kind.INFORM),
        (sends(v, Kind.TRANSFER_COMPLETE_RESPONSE)).implies(v.ledger.outstanding == Kind.TRANSFER_COMPLETE),
        (sends(v, Kind.ACS_RESPONSE)).implies(v.ledger.outstanding == Kind.CPE_REQUEST),
        (sends(v, Kind.DOWNLOAD_RESPONSE)).implies(v.ledger.owes == Kind.DOWNLOAD),
        (sends(v, Kind.CPE_RESPONSE)).implies(v.ledger.owes == Kind.ACS_REQUEST),
    )


def retry_excused(v: UpgradeView) -> Term:
    """A reboot lies between, and the reading A-08 lets it restart RetryCount."""
    return v.seen.boot & RETRY_COUNT.when(RetryCountOverReboot.RESTARTS)


def ended_well(v: UpgradeView) -> Term:
    """The step closes the session, and the CPE counts it as a success."""
    return both(v.state.session.turn != Turn.CLOSED, v.after.session.turn == Turn.CLOSED, v.after.cpe.retry == 0)


SESSION: tuple[Property, ...] = (
    Property(
        "P-08", "A response carries the ID of its request.", ("P-08",), "S", "both",
        nature="transport", severity="message",
        check=lambda v: ~v.seen.foreign_id, on_traces="a response with the cwmp:ID of the request it answers",
    ),
    Property(
        "P-09", "A response answers the request that is outstanding, with its own type.", ("P-09", "S-15"), "S", "both",
        check=matched, witness=lambda v: sends(v, Kind.CPE_RESPONSE),
        on_traces="a response of the type of the outstanding request",
        kills=("drop:answer_request:S-16",),
    ),
    Property(
        "P-13", "The CWMP namespace is constant within a session.", ("P-13",), "R", "both",
        nature="transport", severity="message",
        check=lambda v: ~v.seen.other_namespace, on_traces="the namespace of the session's Inform",
    ),
    Property(
        "P-20", "The first SOAP message of a session is Inform.", ("S-02",), "S", "cpe",
        check=lambda v: (sends(v, *CPE_POSTS) & ~sends(v, Kind.INFORM)).implies(v.ledger.open),
        witness=lambda v: sends(v, Kind.INFORM) & v.ledger.ended,
        on_traces="Inform as the first message of the session",
        kills=("drop:post_empty:P-28",),
    ),
    Property(
        "P-21", "No second successful Inform in a session.", ("S-02",), "M+", "cpe",
        check=lambda v: sends(v, Kind.INFORM_RESPONSE).implies(~v.ledger.informed),
        witness=lambda v: sends(v, Kind.INFORM_RESPONSE),
        on_traces="one InformResponse in a session",
        kills=("response-of-another-request",),
    ),
    Property(
        "P-22", "At most one session is open.", ("S-04",), "M+", "cpe",
        check=lambda v: sends(v, Kind.INFORM).implies(~v.ledger.open),
        witness=lambda v: sends(v, Kind.INFORM) & v.ledger.ended,
        kills=("drop:open_session:S-04",),
    ),
    Property(
        "P-23", "After an empty POST without HoldRequests the CPE sends no request in that session.", ("S-12",), "S", "cpe",
        check=lambda v: sends(v, Kind.TRANSFER_COMPLETE, Kind.CPE_REQUEST).implies(~v.ledger.closing),
        witness=lambda v: sends(v, *CPE_ANSWERS) & v.ledger.closing,
        on_traces="no request of the CPE after its empty POST",
        kills=("talks-on-after-closing",),
    ),
    Property(
        "P-24", "While HoldRequests is true the CPE sends no request.", ("S-11",), "S", "cpe",
        check=lambda v: sends(v, Kind.TRANSFER_COMPLETE, Kind.CPE_REQUEST).implies(~v.ledger.hold),
        witness=lambda v: sends(v, Kind.EMPTY_POST) & v.ledger.hold,
        on_traces="responses and empty POSTs only, while HoldRequests is true",
        kills=("drop:send_request:S-11",),
    ),
    Property(
        "P-25", "The ACS sends a request only when no request of the CPE is outstanding.", ("S-15",), "S", "acs",
        check=lambda v: sends(v, Kind.DOWNLOAD, Kind.ACS_REQUEST).implies(~v.ledger.outstanding.among(*CPE_REQUESTS)),
        witness=lambda v: sends(v, Kind.ACS_REQUEST),
        on_traces="the response to the CPE's request first",
        kills=("acs-asks-out-of-turn",),
    ),
    Property(
        "P-26", "The CPE's next post after a request of the ACS is its response or Fault.", ("S-16",), "S", "cpe",
        check=lambda v: (sends(v, *CPE_POSTS) & (v.ledger.owes != Kind.NOTHING)).implies(sends(v, *CPE_ANSWERS)),
        witness=lambda v: sends(v, Kind.CPE_RESPONSE),
        on_traces="the answer to the ACS's request",
        kills=("drop:post_empty:P-26",),
    ),
    Property(
        "P-27", "A Fault answers a request, never a response or another Fault.", ("P-27",), "S", "both",
        check=lambda v: both(
            sends(v, Kind.ACS_FAULT).implies(v.ledger.outstanding.among(*CPE_REQUESTS)),
            sends(v, Kind.DOWNLOAD_FAULT).implies(v.ledger.owes == Kind.DOWNLOAD),
        ),
        witness=lambda v: sends(v, Kind.ACS_FAULT),
        on_traces="no Fault where no request is outstanding",
        kills=("drop:refuse_download:S-16",),
    ),
    Property(
        "P-28", "Posts and replies alternate: no pipelining.", ("P-28",), "S", "cpe",
        check=lambda v: both(
            sends(v, *CPE_POSTS).implies(v.ledger.outstanding == Kind.NOTHING),
            sends(v, *ACS_REPLIES).implies(v.ledger.outstanding != Kind.NOTHING),
        ),
        witness=lambda v: sends(v, Kind.EMPTY_POST) & previously(sends(v, Kind.INFORM_RESPONSE)),
        on_traces="the reply before the next post",
        kills=("drop:send_request:P-28",),
    ),
    Property(
        "P-29", "A session counts as ended well only when both sides have nothing more to send or to answer.",
        ("P-29",), "M+", "cpe",
        check=lambda v: ended_well(v).implies(
            both(sends(v, Kind.EMPTY_REPLY), v.ledger.closing, v.ledger.owes == Kind.NOTHING)
            | (v.after.cpe.powered != v.state.cpe.powered)
        ),
        witness=ended_well,
        kills=("drop:end_session:P-29",),
    ),
    Property(
        "P-30", "The CPE does not reboot of its own accord while a session is open.", ("T-17",), "S", "cpe",
        check=lambda v: sends(v, Kind.REBOOTS).implies(~v.ledger.open),
        witness=lambda v: sends(v, Kind.REBOOTS),
        not_in={"status0": "nothing reboots by itself here", "same-session": "nothing reboots by itself here"},
        kills=("drop:reboot_to_apply:T-17",),
    ),
    Property(
        "P-34", "RetryCount is 0 exactly when the previous session succeeded.", ("P-34",), "S", "cpe",
        severity="message",
        check=lambda v: (sends(v, Kind.INFORM) & v.ledger.ended).implies(
            ((v.seen.retry == 0) == ~v.ledger.failed_last) | retry_excused(v)
        ),
        witness=lambda v: sends(v, Kind.INFORM) & (v.seen.retry > 0),
        on_traces="RetryCount 0 after a session that succeeded, above 0 after one that failed",
        kills=("retry-count-forgotten",),
    ),
    Property(
        "P-35", "RetryCount grows by 1 with each failed attempt.", ("P-35",), "S", "cpe",
        severity="message",
        check=lambda v: both(sends(v, Kind.INFORM), v.ledger.ended, v.ledger.failed_last, v.seen.retry != 0).implies(
            (v.seen.retry == choose(v.ledger.retry_last < MOST_RETRIES, v.ledger.retry_last + 1, MOST_RETRIES))
            | retry_excused(v)
        ),
        witness=lambda v: sends(v, Kind.INFORM) & (v.seen.retry == 2),
        on_traces="the RetryCount of the attempt before, plus 1",
        kills=("retry-count-stuck",),
    ),
    Property(
        "P-36", "A Fault to a request other than Inform does not end the session.", ("F-03",), "S", "cpe",
        check=lambda v: (sends(v, Kind.ACS_FAULT) & (v.state.session.awaits != Awaits.INFORM_RESPONSE)).implies(
            v.after.session.turn == Turn.CPE
        ),
        witness=lambda v: sends(v, Kind.ACS_FAULT) & (v.state.session.awaits != Awaits.INFORM_RESPONSE),
        kills=("fault-ends-session",),
    ),
    Property(
        "P-31", "TransferComplete in a session whose Inform lists 7 TRANSFER COMPLETE, or that of the Download.",
        ("V-02", "V-09"), "M+", "cpe",
        check=lambda v: sends(v, Kind.TRANSFER_COMPLETE).implies(
            either(v.ledger.announced, v.ledger.announced_other, v.ledger.accepted_here, ~v.ledger.open)
        ),
        witness=lambda v: sends(v, Kind.TRANSFER_COMPLETE),
        on_traces="7 TRANSFER COMPLETE in the Inform of the session, or the Download in it",
        not_in={"status0": NO_REPORT},
        kills=("drop:report:P-31", "report-without-announcement"),
    ),
    Property(
        "P-32", "7 TRANSFER COMPLETE promises a TransferComplete before the CPE's empty POST.", ("V-09",), "S", "cpe",
        check=lambda v: (sends(v, Kind.EMPTY_POST) & both(~v.ledger.hold, ~v.ledger.closing, v.ledger.announced)).implies(
            v.ledger.reported
        ),
        witness=lambda v: sends(v, Kind.EMPTY_POST) & v.ledger.announced & v.ledger.reported,
        on_traces="TransferComplete before the empty POST",
        not_in={"status0": NO_REPORT},
        kills=("drop:post_empty:V-09",),
    ),
    Property(
        "P-33", "7 TRANSFER COMPLETE and M Download come together.", ("V-02", "V-03"), "S", "cpe",
        check=lambda v: sends(v, Kind.INFORM).implies(v.seen.transfer_complete == v.seen.m_download),
        witness=lambda v: sends(v, Kind.INFORM) & v.seen.m_download,
        on_traces="7 TRANSFER COMPLETE together with M Download (or M Upload, M ScheduleDownload)",
        not_in={"status0": NO_REPORT},
        kills=("no-m-download",),
    ),
    Property(
        "P-16", "The CommandKey of M Download is that of an accepted transfer that is not acknowledged.",
        ("T-18",), "S", "cpe",
        check=lambda v: both(sends(v, Kind.INFORM), v.seen.m_download).implies(
            life_of(v.ledger, v.seen.key).among(Life.REQUESTED, Life.ACCEPTED)
        ),
        witness=lambda v: sends(v, Kind.INFORM) & v.seen.m_download,
        on_traces="the CommandKey of a Download that was accepted and is not acknowledged",
        not_in={"status0": NO_REPORT},
        kills=("m-download-without-key",),
    ),
    Property(
        "P-100", "Events that are not delivered are in the next Inform.", ("V-05", "V-04"), "M+", "cpe",
        check=lambda v: (sends(v, Kind.INFORM) & v.ledger.due).implies(v.seen.transfer_complete & v.seen.m_download),
        witness=lambda v: sends(v, Kind.INFORM) & v.ledger.due,
        on_traces="7 TRANSFER COMPLETE and M Download again, until TransferCompleteResponse",
        not_in={"status0": NO_REPORT},
        kills=("events-delivered-by-inform",),
    ),
    Property(
        "P-82", "A TransferComplete that was not answered is called again in the next session that can.",
        ("T-26",), "S", "cpe",
        check=lambda v: (both(sends(v, Kind.EMPTY_REPLY), v.ledger.closing, v.ledger.owes == Kind.NOTHING)).implies(
            either(v.ledger.reported, v.ledger.accepted_here, ~unacknowledged(v))
        ),
        witness=lambda v: sends(v, Kind.TRANSFER_COMPLETE) & unacknowledged(v),
        on_traces="TransferComplete again, in this session that ended well",
        not_in={"status0": NO_REPORT},
        kills=("report-forgotten",),
    ),
    Property(
        "P-101", "The first session ever with an ACS carries 0 BOOTSTRAP.", ("S-03",), "M?", "cpe",
        nature="transport", severity="conditional",
        trace_check=lambda v: both(sends(v, Kind.INFORM), ~v.ledger.ended, ~v.ledger.open).implies(v.seen.bootstrap),
        on_traces="0 BOOTSTRAP in the Inform of the first contact",
    ),
    Property(
        "P-102", "M Reboot comes together with 1 BOOT.", ("V-02",), "M+", "cpe",
        check=lambda v: (sends(v, Kind.INFORM) & v.seen.m_reboot).implies(v.seen.boot),
        witness=lambda v: sends(v, Kind.INFORM) & v.seen.m_reboot,
        on_traces="1 BOOT together with M Reboot",
        not_in=dict.fromkeys(("unicast", "status0", "same-session"), NO_REBOOT_RPC),
    ),
    Property(
        "P-103", "The CPE returns the ACS's cookie in every later request of the session.", ("P-103",), "M+", "cpe",
        nature="transport", severity="message",
        check=lambda v: ~v.seen.cookie_missing, on_traces="the Cookie header that the ACS has set",
    ),
)


def unacknowledged(v: UpgradeView) -> Term:
    """A TransferComplete was called and never answered."""
    return (v.ledger.outcome_1 != Outcome.NONE) | (v.ledger.outcome_2 != Outcome.NONE)
