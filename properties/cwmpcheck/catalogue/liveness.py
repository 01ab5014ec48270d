"""Properties of progress, each with the assumptions without which it fails."""

from __future__ import annotations

from cwmpcheck.catalogue.ledger import Ledger, Life, Outcome
from cwmpcheck.catalogue.property import LeadsTo, Property
from cwmpcheck.catalogue.session import NO_REPORT
from cwmpcheck.kernel import Term
from cwmpcheck.protocol import Kind
from cwmpcheck.protocol.state import Owes, Phase, Turn

DELIVERY: tuple[tuple[str, ...], ...] = (
    ("answer_inform",),
    ("acknowledge",),
    ("answer_other_request",),
    ("note_response",),
    ("note_refusal",),
    ("reply_empty",),
    ("receive_inform_response",),
    ("receive_acknowledgement",),
    ("receive_response",),
    ("receive_download",),
    ("receive_request",),
    ("receive_empty_reply",),
    ("end_session",),
)
"""Strong delivery: a message of each kind that is sent again and again gets through again and again, unfaulted, and an ACS
that may reply empty again and again does so again and again."""

CALM = ("lose_power", "answer_inform(hold=True)")
"""What happens finitely often only: resets, and sessions under HoldRequests. Without the latter the empty reply that is due
may always be the one that ends the hold, and the session be lost before it ends: a CPE that needs a good end waits for ever."""

BETWEEN_SESSIONS = ("reboot_to_apply",)
"""A CPE that is free between sessions again and again reboots at last when an image waits for it."""



def unheard(m: Ledger) -> Term:
    """The transfer under the first key is accepted, and TransferComplete has never been called for it."""
    return (m.life_1 == Life.ACCEPTED) & (m.outcome_1 == Outcome.NONE)


LIVENESS: tuple[Property, ...] = (
    Property(
        "P-80", "Every Download is answered in its session, or the session fails.", ("S-16",), "S", "cpe",
        nature="liveness",
        leads_to=LeadsTo(
            trigger=lambda s: s.session.owes == Owes.DOWNLOAD_RESPONSE,
            goal=lambda s: s.session.owes != Owes.DOWNLOAD_RESPONSE,
        ),
    ),
    Property(
        "P-81", "An accepted transfer comes to an outcome that can be reported.", ("T-04",), "S", "cpe",
        nature="liveness", not_in={"status0": NO_REPORT},
        # A finite trace breaks it when two sessions end well, or one after a boot, without a word of the transfer.
        trace_check=lambda v: ~unheard(v.ledger) | ((v.ledger.quiet < 2) & ~v.ledger.quiet_boot),
        on_traces="a TransferComplete for the accepted Download", needs_files=True, at_end=True,
        leads_to=LeadsTo(
            trigger=lambda s: s.transfer.accepted,
            goal=lambda s: s.transfer.phase.among(Phase.SUCCEEDED, Phase.FAILED, Phase.NONE),
            strong=(*DELIVERY, BETWEEN_SESSIONS),
            finitely_often=CALM,
        ),
    ),
    Property(
        "P-83", "The ACS answers every TransferComplete, unless it is lost.", ("V-04",), "M+", "acs",
        nature="liveness", not_in={"status0": NO_REPORT},
        leads_to=LeadsTo(
            trigger=lambda s: s.channel.up == Kind.TRANSFER_COMPLETE,
            goal=lambda s: s.channel.up != Kind.TRANSFER_COMPLETE,
        ),
    ),
    Property(
        "P-86", "A session that failed is tried again.", ("P-86",), "M+", "cpe", nature="liveness",
        leads_to=LeadsTo(
            trigger=lambda s: s.cpe.powered & (s.session.turn == Turn.CLOSED) & (s.cpe.retry > 0),
            goal=lambda s: s.session.turn != Turn.CLOSED,
            finitely_often=("lose_power",),
        ),
    ),
    Property(
        "P-89", "Every session ends.", ("P-89",), "M+", "both", nature="liveness",
        leads_to=LeadsTo(
            trigger=lambda s: s.session.turn != Turn.CLOSED,
            goal=lambda s: s.session.turn == Turn.CLOSED,
        ),
    ),
    Property(
        "P-90", "HoldRequests = true is followed by false, or by the session's end.", ("S-11",), "M+", "acs",
        nature="liveness",
        leads_to=LeadsTo(trigger=lambda s: s.session.hold, goal=lambda s: ~s.session.hold),
    ),
    Property(
        "P-97", "Every accepted transfer leaves its slot at last.", ("T-04", "T-26"), "M+", "cpe", nature="liveness",
        not_in={"status0": NO_REPORT},
        leads_to=LeadsTo(
            trigger=lambda s: s.transfer.accepted,
            goal=lambda s: s.transfer.phase == Phase.NONE,
            strong=(*DELIVERY, BETWEEN_SESSIONS),
            finitely_often=CALM,
        ),
    ),
    Property(
        "H-2", "Every accepted Download's outcome reaches the ACS.", ("T-01", "T-04"), "S", "both", nature="liveness",
        not_in={"status0": NO_REPORT},
        leads_to=LeadsTo(
            trigger=lambda s: s.transfer.accepted,
            goal=lambda s: ~s.transfer.accepted | (s.channel.down == Kind.TRANSFER_COMPLETE_RESPONSE),
            strong=(*DELIVERY, BETWEEN_SESSIONS),
            finitely_often=CALM,
        ),
    ),
)
