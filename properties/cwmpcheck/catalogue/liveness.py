"""Properties of progress, each with the assumptions without which it fails, and with no other.

A run goes on as long as anything is enabled. Inside one session only finitely much can happen, whoever is lazy, so what
must come about within a session needs no assumption. What must come about over many sessions needs three kinds.

* Nobody is lazy (weak fairness): timers run on, the file server ends its deliveries, the CPE does what it can do all
  the time.
* Messages get through (strong delivery): each *kind* of message that is sent again and again is received again and
  again. Weak fairness is not enough, since a message that may be lost is never on its way for ever.
* Trouble ends (finitely often): power is not cut for ever. Nor does the ACS set HoldRequests for ever: an empty reply
  that releases a hold is the same kind of message as one that ends a session, so the first could get through and the
  second never, and a CPE that must end its session before it reboots into the image would never do so.
"""

from __future__ import annotations

from cwmpcheck.catalogue.ledger import Ledger, Life, Outcome
from cwmpcheck.catalogue.property import Assumed, LeadsTo, Property
from cwmpcheck.catalogue.session import NO_REPORT
from cwmpcheck.kernel import Term
from cwmpcheck.protocol import Kind
from cwmpcheck.protocol.state import Owes, Phase, Turn

CPE_ACTS = Assumed("the CPE does at last what it could do all the time", weak=("cpe",))
FILES_COME = Assumed("the file server ends every delivery, well or not", weak=("fileserver",))
TIME_PASSES = Assumed("timers run on", weak=("time",))

DELIVERY: dict[Kind, Assumed] = {
    Kind.INFORM: Assumed("Inform gets through and is answered", strong=("answer_inform",)),
    Kind.INFORM_RESPONSE: Assumed("InformResponse gets through", strong=("receive_inform_response",)),
    Kind.CPE_REQUEST: Assumed("other requests get through and are answered", strong=("answer_other_request",)),
    Kind.ACS_RESPONSE: Assumed("their responses get through", strong=("receive_response",)),
    Kind.TRANSFER_COMPLETE: Assumed("TransferComplete gets through and is acknowledged", strong=("acknowledge",)),
    Kind.TRANSFER_COMPLETE_RESPONSE: Assumed(
        "TransferCompleteResponse gets through", strong=("receive_acknowledgement",)
    ),
    Kind.EMPTY_POST: Assumed("an empty POST gets through to an ACS that has nothing to ask", strong=("reply_empty",)),
    Kind.EMPTY_REPLY: Assumed("the empty reply that ends a session gets through", strong=("end_session",)),
}
"""Strong delivery: a message of each kind that is sent again and again gets through again and again, unfaulted."""

REBOOTS_WHEN_FREE = Assumed(
    "a CPE that is between sessions again and again reboots at last when an image waits for it",
    strong=("reboot_to_apply",),
)
RESETS_END = Assumed("power is cut only finitely often", finitely_often=("lose_power",))
HOLDS_END = Assumed("the ACS sets HoldRequests only finitely often", finitely_often=("answer_inform(hold=True)",))

TO_SPEAK = tuple(
    DELIVERY[kind] for kind in (Kind.INFORM, Kind.INFORM_RESPONSE, Kind.CPE_REQUEST, Kind.ACS_RESPONSE)
)
"""What it takes for a CPE to get a word in: its Inform is answered, and so is whatever it asks first."""

TO_END = (DELIVERY[Kind.EMPTY_POST], DELIVERY[Kind.EMPTY_REPLY])

TO_CALL = (CPE_ACTS, FILES_COME, TIME_PASSES, *TO_SPEAK, *TO_END, REBOOTS_WHEN_FREE, RESETS_END, HOLDS_END)
"""What it takes for an accepted transfer to be carried out and for TransferComplete to be called."""


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
        "P-81", "After Status 1 TransferComplete is called at last.", ("T-04",), "S", "cpe",
        nature="liveness", not_in={"status0": NO_REPORT},
        # A finite trace breaks it when two sessions end well, or one after a boot, without a word of the transfer.
        trace_check=lambda v: ~unheard(v.ledger) | ((v.ledger.quiet < 2) & ~v.ledger.quiet_boot),
        on_traces="a TransferComplete for the accepted Download", needs_files=True, at_end=True,
        leads_to=LeadsTo(
            trigger=lambda s: s.transfer.accepted,
            goal=lambda s: (s.channel.up == Kind.TRANSFER_COMPLETE) | ~s.transfer.accepted,
            assuming=TO_CALL,
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
            assuming=(RESETS_END,),
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
            assuming=(*TO_CALL, DELIVERY[Kind.TRANSFER_COMPLETE], DELIVERY[Kind.TRANSFER_COMPLETE_RESPONSE]),
        ),
    ),
    Property(
        "H-2", "Every accepted Download's outcome reaches the ACS.", ("T-01", "T-04"), "S", "both", nature="liveness",
        not_in={"status0": NO_REPORT},
        leads_to=LeadsTo(
            trigger=lambda s: s.transfer.accepted,
            goal=lambda s: s.channel.down == Kind.TRANSFER_COMPLETE_RESPONSE,
            assuming=(*TO_CALL, DELIVERY[Kind.TRANSFER_COMPLETE]),
        ),
    ),
)
