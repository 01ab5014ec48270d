"""Properties of a transfer: its key, its outcome, when the file is fetched, and what is true when it is reported."""

from __future__ import annotations

from cwmpcheck.catalogue.ledger import Life, Outcome, life_of, outcome_of
from cwmpcheck.catalogue.property import Property, UpgradeView
from cwmpcheck.catalogue.session import NO_REPORT, sends
from cwmpcheck.kernel import Range, Term, both, choose, either
from cwmpcheck.kernel.monitor import counted, previously, since, stored
from cwmpcheck.protocol import Kind
from cwmpcheck.protocol.observation import NO_KEY
from cwmpcheck.protocol.readings import DELAY_SECONDS, NEEDS_REBOOT
from cwmpcheck.protocol.state import MOST_DELAY, Belief, Phase

NO_STATUS0 = "no Download is answered with Status 0 here"
IN_CALL = "the file is fetched within the call here"
NO_REBOOT = "the file is applied without a reboot here"
DECIDED = (Belief.SUCCESS, Belief.FAILURE)


def reports(v: UpgradeView) -> Term:
    """TransferComplete is called."""
    return sends(v, Kind.TRANSFER_COMPLETE)


def reports_success(v: UpgradeView) -> Term:
    """TransferComplete is called with FaultCode 0."""
    return reports(v) & v.seen.success


def reports_failure(v: UpgradeView) -> Term:
    """TransferComplete is called with another FaultCode."""
    return reports(v) & ~v.seen.success


def accepts(v: UpgradeView) -> Term:
    """A Download is answered with Status 1."""
    return sends(v, Kind.DOWNLOAD_RESPONSE) & (v.seen.status == 1)


def applies(v: UpgradeView) -> Term:
    """The file is written or applied in this step."""
    return (v.state.transfer.phase == Phase.FETCHED) & v.after.transfer.phase.among(Phase.INSTALLED, Phase.SUCCEEDED)


def fell_back(v: UpgradeView) -> Term:
    """The CPE was off with a new image to start, and now the old one runs."""
    return both(
        v.state.transfer.phase == Phase.INSTALLED,
        ~v.state.cpe.powered,
        v.after.cpe.powered,
        v.state.cpe.updated == v.after.cpe.updated,
        ~v.after.cpe.updated,
    )


def ticks_since_accepted(v: UpgradeView) -> Term:
    """Ticks counted since the last Status 1, up to the longest delay."""
    ticks = v.after.transfer.due < v.state.transfer.due
    return counted(ticks, restart=accepts(v), most=MOST_DELAY)


TRANSFER: tuple[Property, ...] = (
    Property(
        "P-15", "TransferComplete carries the CommandKey of its Download.", ("T-18",), "S", "cpe",
        check=lambda v: reports(v).implies(life_of(v.ledger, v.seen.key) != Life.UNKNOWN),
        witness=reports, on_traces="the CommandKey of a Download", not_in={"status0": NO_REPORT},
        kills=("report-without-key",),
    ),
    Property(
        "P-40", "Status 0 only after the file was transferred and applied.", ("T-02", "T-22"), "R", "cpe",
        check=lambda v: (sends(v, Kind.DOWNLOAD_RESPONSE) & (v.seen.status == 0)).implies(
            v.ledger.fetched & v.state.cpe.updated
        ),
        witness=lambda v: sends(v, Kind.DOWNLOAD_RESPONSE) & (v.seen.status == 0),
        not_in={"unicast": NO_STATUS0, "same-session": NO_STATUS0},
        kills=("drop:answer_completed:T-02",),
    ),
    Property(
        "P-41", "TransferComplete with FaultCode 0 only after the file was transferred and applied.",
        ("T-02",), "S", "cpe",
        check=lambda v: reports_success(v).implies(v.ledger.fetched & ~v.ledger.fetching),
        witness=reports_success, on_traces="FaultCode 0 only after the whole file was fetched", needs_files=True,
        not_in={"status0": NO_REPORT}, kills=("success-before-fetch",),
    ),
    Property(
        "P-42", "After a successful upgrade the CPE runs the image's version, and Inform shows it.",
        ("T-03",), "S", "cpe", severity="conditional",
        check=lambda v: reports_success(v).implies(
            v.state.cpe.updated & (v.ledger.informed_updated | v.ledger.accepted_here)
        ),
        trace_check=lambda v: reports_success(v).implies(v.ledger.informed_updated | v.ledger.accepted_here),
        on_traces="the new SoftwareVersion in the Inform of this session",
        witness=reports_success, not_in={"status0": NO_REPORT}, kills=("success-before-apply",),
    ),
    Property(
        "P-43", "A failure is not reported while the new image runs.", ("T-02", "T-03"), "M+", "cpe",
        check=lambda v: reports_failure(v).implies(
            ~v.state.cpe.updated | stored(v.state.cpe.updated, accepts(v), initial=False)
        ),
        witness=reports_failure, not_in={"status0": NO_REPORT}, kills=("boot-reported-as-failure",),
    ),
    Property(
        "P-44", "A fall-back to the old image is reported as a failure.", ("T-20",), "S", "cpe",
        check=lambda v: (reports(v) & since(~accepts(v), fell_back(v))).implies(~v.seen.success),
        witness=lambda v: reports_failure(v) & since(~accepts(v), fell_back(v)),
        not_in={"status0": NO_REPORT, "same-session": NO_REBOOT}, kills=("fall-back-reported-as-success",),
    ),
    Property(
        "P-45", "An outcome, once there, does not turn into another.", ("T-01",), "S", "cpe",
        check=lambda v: both(
            (v.state.transfer.phase == Phase.SUCCEEDED).implies(v.after.transfer.phase != Phase.FAILED),
            (v.state.transfer.phase == Phase.FAILED).implies(v.after.transfer.phase != Phase.SUCCEEDED),
        ),
        witness=lambda v: v.after.transfer.phase == Phase.FAILED,
        kills=("failure-becomes-success-by-reboot",),
    ),
    Property(
        "P-46", "A TransferComplete that is sent again says the same.", ("T-26",), "M+", "cpe",
        check=lambda v: reports(v).implies(
            outcome_of(v.ledger, v.seen.key).among(Outcome.NONE)
            | (outcome_of(v.ledger, v.seen.key) == choose(v.seen.success, Outcome.SUCCESS, Outcome.FAILURE))
        ),
        witness=lambda v: reports(v) & (outcome_of(v.ledger, v.seen.key) != Outcome.NONE),
        on_traces="the same FaultCode as the time before",
        not_in={"status0": NO_REPORT}, kills=("failure-becomes-success-by-reboot",),
    ),
    Property(
        "P-47", "After TransferCompleteResponse neither TransferComplete nor M Download comes again.",
        ("V-06",), "M+", "cpe",
        check=lambda v: both(
            reports(v).implies(life_of(v.ledger, v.seen.key) != Life.ACKNOWLEDGED),
        ),
        witness=reports, on_traces="nothing more of a transfer that was acknowledged",
        not_in={"status0": NO_REPORT}, kills=("acknowledgement-ignored",),
    ),
    Property(
        "P-48", "No TransferComplete for a Download that was refused or answered with Status 0.",
        ("T-22", "T-23"), "S", "cpe",
        check=lambda v: reports(v).implies(~life_of(v.ledger, v.seen.key).among(Life.REFUSED, Life.COMPLETED)),
        witness=lambda v: reports(v) & either(v.ledger.life_1 == Life.REFUSED, v.ledger.life_2 == Life.REFUSED),
        on_traces="no TransferComplete after a Fault or Status 0", not_in={"status0": NO_REPORT},
        kills=("refused-but-queued",),
    ),
    Property(
        "P-49", "Every TransferComplete has a Download behind it that was accepted.", ("T-01",), "S", "cpe",
        check=lambda v: reports(v).implies(life_of(v.ledger, v.seen.key) != Life.REQUESTED),
        witness=reports, on_traces="a Download answered with Status 1 before", not_in={"status0": NO_REPORT},
        kills=("reported-before-answered",),
    ),
    Property(
        "P-50", "No fetch without a request.", ("T-19",), "R", "cpe",
        check=lambda v: sends(v, Kind.FETCH_BEGINS).implies(
            either(v.ledger.life_1 == Life.ACCEPTED, v.ledger.life_2 == Life.ACCEPTED, v.ledger.owes == Kind.DOWNLOAD)
        ),
        witness=lambda v: sends(v, Kind.FETCH_BEGINS), kills=("drop:begin_fetch:T-05",),
    ),
    Property(
        "P-51", "A failed download is not tried again by the CPE.", ("T-05",), "M+", "cpe",
        check=lambda v: sends(v, Kind.FETCH_BEGINS).implies(~v.ledger.fetch_failed),
        witness=lambda v: sends(v, Kind.FETCH_ENDS) & ~v.seen.success, kills=("drop:begin_fetch:T-05",),
    ),
    Property(
        "P-52", "With a DelaySeconds above 0 the fetch does not begin in the session of the Download.",
        ("T-10",), "S", "cpe",
        check=lambda v: (sends(v, Kind.FETCH_BEGINS) & v.ledger.delayed).implies(~v.ledger.accepted_here),
        witness=lambda v: sends(v, Kind.FETCH_BEGINS) & v.ledger.delayed,
        on_traces="the GET after the session of the Download", needs_files=True, not_in={"status0": IN_CALL},
        kills=("drop:begin_fetch:T-10",),
    ),
    Property(
        "P-53", "A delayed fetch does not begin before DelaySeconds have passed.", ("T-06",), "S", "cpe",
        check=lambda v: (sends(v, Kind.FETCH_BEGINS) & v.ledger.delayed).implies(
            ticks_since_accepted(v) >= DELAY_SECONDS.term
        ),
        witness=lambda v: sends(v, Kind.FETCH_BEGINS) & v.ledger.delayed, not_in={"status0": IN_CALL},
        kills=("drop:begin_fetch:P-53",),
    ),
    Property(
        "P-60", "An accepted transfer survives a loss of power.", ("T-08",), "S", "cpe",
        check=lambda v: both(
            v.state.cpe.powered, ~v.after.cpe.powered, v.state.transfer.accepted
        ).implies((v.after.transfer.phase != Phase.NONE) & (v.after.transfer.key == v.state.transfer.key)),
        witness=lambda v: both(v.state.cpe.powered, ~v.after.cpe.powered, v.state.transfer.phase == Phase.QUEUED),
        not_in={"status0": IN_CALL}, kills=("queue-lost-with-power",),
    ),
    Property(
        "P-109", "A failure is reported only after the fetch has ended.", ("T-02",), "M+", "cpe",
        # A fetch that a loss of power has cut has ended for the ledger with the Inform that lists 1 BOOT.
        check=lambda v: reports_failure(v).implies(~v.ledger.fetching),
        witness=reports_failure, on_traces="a fault only after the fetch has ended", needs_files=True,
        not_in={"status0": NO_REPORT}, kills=("failure-before-fetch-ends",),
    ),
    Property(
        "P-111", "Where a reboot applies the image, success is reported only after 1 BOOT.", ("T-17", "V-03"), "M+", "cpe",
        severity="conditional",
        check=lambda v: (reports_success(v) & NEEDS_REBOOT.term).implies(v.ledger.booted),
        witness=reports_success, not_in={"status0": NO_REPORT, "same-session": NO_REBOOT},
        kills=("success-before-reboot",),
    ),
    Property(
        "P-91", "A duplicate TransferComplete changes nothing at the ACS.", ("V-04",), "M+", "acs",
        check=lambda v: (
            (v.state.channel.up == Kind.TRANSFER_COMPLETE) & v.state.acs.belief.among(*DECIDED)
        ).implies(v.after.acs.belief == v.state.acs.belief),
        witness=lambda v: (v.state.channel.up == Kind.TRANSFER_COMPLETE) & v.state.acs.belief.among(*DECIDED),
        not_in={"status0": NO_REPORT}, kills=("acs-believes-any-report",),
    ),
    Property(
        "H-1", "If the ACS concludes success, the CPE runs the requested image.", ("T-02", "T-03"), "S", "both",
        check=lambda v: (v.after.acs.belief == Belief.SUCCESS).implies(v.after.cpe.updated),
        witness=lambda v: v.after.acs.belief == Belief.SUCCESS, kills=("success-before-apply", "acs-believes-status-1"),
    ),
    Property(
        "H-3", "The ACS concludes an outcome only of a Download that the CPE has answered.", ("T-01",), "S", "acs",
        check=lambda v: both(
            v.after.acs.belief.among(*DECIDED), ~v.state.acs.belief.among(*DECIDED)
        ).implies(
            (v.state.acs.key != NO_KEY)
            & ~life_of(v.ledger, Term(v.state.acs.key.expr, Range(0, 3))).among(Life.UNKNOWN, Life.REQUESTED)
        ),
        witness=lambda v: v.after.acs.belief == Belief.FAILURE, kills=("acs-believes-any-report",),
    ),
    Property(
        "H-4", "One request is applied at most once.", ("T-13", "T-05"), "M+", "cpe",
        check=lambda v: applies(v).implies(~applied_before(v)),
        witness=applies, kills=("applied-again-after-power-loss",),
    ),
    Property(
        "H-5", "The CPE reboots of its own accord only when a whole image is there to boot.", ("T-17",), "S", "cpe",
        check=lambda v: sends(v, Kind.REBOOTS).implies(v.ledger.fetched),
        witness=lambda v: sends(v, Kind.REBOOTS),
        not_in={"status0": "nothing reboots by itself here", "same-session": "nothing reboots by itself here"},
        kills=("drop:reboot_to_apply:H-5",),
    ),
    Property(
        "H-8", "After an outcome is acknowledged nothing of it is left.", ("V-06", "T-26"), "M+", "cpe",
        check=lambda v: sends(v, Kind.TRANSFER_COMPLETE_RESPONSE).implies(
            both(v.after.transfer.phase == Phase.NONE, v.after.transfer.key == NO_KEY, ~v.after.session.announced)
        ),
        witness=lambda v: sends(v, Kind.TRANSFER_COMPLETE_RESPONSE), not_in={"status0": NO_REPORT},
        kills=("acknowledgement-ignored",),
    ),
)


def fresh(v: UpgradeView) -> Term:
    """A new request is taken on."""
    return accepts(v) | sends(v, Kind.DOWNLOAD)


def applied_before(v: UpgradeView) -> Term:
    """The file of the present request was applied at an earlier step."""
    return previously(since(~fresh(v), applies(v)))
