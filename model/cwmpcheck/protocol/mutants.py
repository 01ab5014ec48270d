"""Mutants: what implementers get wrong, as named changes to the model, each with where it was seen.

A mutant is data like the model itself. Beside these, every guard of the CPE and of the ACS can be dropped in turn; such
a mutant is named ``drop:ACTION:RULE``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cwmpcheck.kernel import Operand, System, Term, choose, state_of
from cwmpcheck.kernel.edit import Change, assigning, changed, dropping, forgetting, showing, then
from cwmpcheck.protocol.observation import NO_KEY, Kind
from cwmpcheck.protocol.state import Belief, Phase, Turn, Upgrade
from cwmpcheck.vocabulary.errors import UsageError

S = state_of(Upgrade)
PENDING = S.transfer.phase.among(Phase.SUCCEEDED, Phase.FAILED) & S.transfer.accepted


@dataclass(frozen=True)
class Mutant:
    """A changed protocol.

    Attributes:
        name: as on the command line.
        title: what the implementer gets wrong.
        source: the edge case of rules.md that it restates, or ``derived``.
        apply: makes the changed system from the scenario's.
        scenarios: where it has the actions that it changes.
    """

    name: str
    title: str
    source: str
    apply: Callable[[System], System]
    scenarios: tuple[str, ...] = ("unicast", "same-session")


def _of(functions: str | tuple[str, ...], *changes: Change) -> Callable[[System], System]:
    return lambda system: changed(system, functions, then(*changes))


def _all(*steps: Callable[[System], System]) -> Callable[[System], System]:
    def apply(system: System) -> System:
        for step in steps:
            system = step(system)
        return system

    return apply


REBOOTING = ("unicast",)
SLOT = ("transfer.phase", "transfer.key", "transfer.accepted", "transfer.delayed")


def _slot_emptied_when(condition: Term) -> dict[str, Operand]:
    return {
        "transfer.phase": choose(condition, Phase.NONE, S.transfer.phase),
        "transfer.key": choose(condition, NO_KEY, S.transfer.key),
        "transfer.accepted": choose(condition, False, S.transfer.accepted),
        "transfer.delayed": choose(condition, False, S.transfer.delayed),
    }


SESSIONS: tuple[Mutant, ...] = (
    Mutant(
        "response-of-another-request",
        "The ACS answers another request with InformResponse, and the CPE takes it.",
        "E-37",
        _all(
            _of("answer_other_request", assigning({"channel.down": Kind.INFORM_RESPONSE})),
            _of("receive_inform_response", dropping("P-09")),
        ),
        ("unicast", "status0", "same-session"),
    ),
    Mutant(
        "talks-on-after-closing",
        "After its empty POST was answered empty the CPE sends another request.",
        "E-54",
        _all(_of("receive_empty_reply", dropping("S-17")), _of("send_request", dropping("S-12"))),
        ("unicast", "status0", "same-session"),
    ),
    Mutant(
        "acs-asks-out-of-turn",
        "The ACS answers a request of the CPE with a request of its own, and the CPE takes it.",
        "derived",
        _all(_of("request_download", dropping("P-25")), _of("receive_download", dropping("P-09"))),
        ("unicast", "status0", "same-session"),
    ),
    Mutant(
        "retry-count-forgotten",
        "RetryCount is 0 although the session before failed.",
        "E-27",
        _of("open_session", showing({"retry": 0})),
        ("unicast", "status0", "same-session"),
    ),
    Mutant(
        "retry-count-stuck",
        "RetryCount stays at 1 however many attempts fail.",
        "E-63",
        _of("session_fails", assigning({"cpe.retry": 1})),
        ("unicast", "status0", "same-session"),
    ),
    Mutant(
        "fault-ends-session",
        "A Fault answering TransferComplete makes the CPE drop the session.",
        "E-82",
        _of(
            "receive_report_fault",
            assigning({"session.turn": Turn.CLOSED, "session.announced": False, "session.reported": False}),
        ),
        ("unicast", "status0", "same-session"),
    ),
    Mutant(
        "no-m-download",
        "7 TRANSFER COMPLETE is announced without M Download.",
        "E-41",
        _of("open_session", showing({"m_download": False, "key": NO_KEY})),
    ),
    Mutant(
        "m-download-without-key",
        "M Download carries an empty CommandKey.",
        "E-38",
        _of("open_session", showing({"key": NO_KEY})),
    ),
    Mutant(
        "events-delivered-by-inform",
        "7 and M Download are listed in the first Inform only, as if InformResponse delivered them.",
        "E-46",
        _of(
            "open_session",
            showing({"transfer_complete": PENDING & (S.cpe.retry == 0), "m_download": PENDING & (S.cpe.retry == 0)}),
        ),
    ),
    Mutant(
        "report-without-announcement",
        "After a restart TransferComplete is called in a session whose Inform has no 7.",
        "E-43",
        _all(
            _of(
                "open_session",
                showing({"transfer_complete": False, "m_download": False, "key": NO_KEY}),
                assigning({"session.announced": False}),
            ),
            _of("report", dropping("P-31")),
        ),
    ),
)

REPORTS: tuple[Mutant, ...] = (
    Mutant(
        "report-forgotten",
        "TransferComplete is called once, and forgotten when the session fails before its answer.",
        "E-03",
        _of("session_fails", assigning(_slot_emptied_when(S.session.reported))),
    ),
    Mutant(
        "report-without-key",
        "TransferComplete carries an empty CommandKey.",
        "E-38",
        _of("report", showing({"key": NO_KEY}), assigning({"channel.up_key": NO_KEY})),
    ),
    Mutant(
        "acknowledgement-ignored",
        "TransferCompleteResponse does not clear the record, so the report comes again.",
        "E-05",
        _of("receive_acknowledgement", forgetting(*SLOT)),
    ),
    Mutant(
        "failure-becomes-success-by-reboot",
        "A failed result that awaits delivery is turned into a success by a reboot.",
        "E-08",
        _of(
            "boot",
            assigning({"transfer.phase": choose(S.transfer.phase == Phase.FAILED, Phase.SUCCEEDED, S.transfer.phase)}),
        ),
    ),
    Mutant(
        "boot-reported-as-failure",
        "The new image runs, and a failure is reported.",
        "E-15",
        _of("boot_new_image", assigning({"transfer.phase": Phase.FAILED})),
        REBOOTING,
    ),
    Mutant(
        "fall-back-reported-as-success",
        "The old image runs again, and success is reported.",
        "E-13",
        _of("fall_back", assigning({"transfer.phase": Phase.SUCCEEDED})),
        REBOOTING,
    ),
    Mutant(
        "refused-but-queued",
        "A Download that was answered with a Fault is carried out all the same.",
        "derived",
        _of(
            "refuse_download",
            assigning(
                {
                    "transfer.phase": choose(S.transfer.phase == Phase.NONE, Phase.QUEUED, S.transfer.phase),
                    "transfer.key": choose(S.transfer.phase == Phase.NONE, S.session.key, S.transfer.key),
                    "transfer.accepted": True,
                }
            ),
        ),
    ),
    Mutant(
        "reported-before-answered",
        "The transfer becomes binding when Download arrives, and runs although it was never answered.",
        "E-70",
        _all(
            _of(
                "receive_download",
                assigning(
                    {
                        "transfer.phase": choose(S.transfer.phase == Phase.NONE, Phase.QUEUED, S.transfer.phase),
                        "transfer.key": choose(S.transfer.phase == Phase.NONE, S.channel.down_key, S.transfer.key),
                        "transfer.accepted": True,
                    }
                ),
            ),
        ),
    ),
)

TRANSFERS: tuple[Mutant, ...] = (
    Mutant(
        "success-before-fetch",
        "Success is recorded when the file is asked for.",
        "E-11",
        _of("begin_fetch", assigning({"transfer.phase": Phase.SUCCEEDED})),
    ),
    Mutant(
        "failure-before-fetch-ends",
        "A failure is recorded while the file is still coming.",
        "E-18",
        _of("begin_fetch", assigning({"transfer.phase": Phase.FAILED})),
    ),
    Mutant(
        "success-before-apply",
        "Success is recorded when the image is written, before it runs.",
        "E-16",
        _of("install", assigning({"transfer.phase": Phase.SUCCEEDED})),
        REBOOTING,
    ),
    Mutant(
        "success-before-reboot",
        "Success is reported after the fetch; after the reboot there is only 1 BOOT.",
        "E-17",
        _of("install", assigning({"transfer.phase": Phase.SUCCEEDED, "cpe.updated": True})),
        REBOOTING,
    ),
    Mutant(
        "queue-lost-with-power",
        "An accepted transfer does not survive a loss of power.",
        "E-12",
        _of(
            "lose_power",
            assigning({"transfer.phase": Phase.NONE, "transfer.key": NO_KEY, "transfer.accepted": False}),
        ),
    ),
    Mutant(
        "applied-again-after-power-loss",
        "The outcome is not kept, so the request is carried out again after a loss of power.",
        "E-14",
        _of(
            "lose_power",
            assigning(
                {"transfer.phase": choose(S.transfer.phase == Phase.SUCCEEDED, Phase.QUEUED, S.transfer.phase)}
            ),
        ),
    ),
)

BELIEFS: tuple[Mutant, ...] = (
    Mutant(
        "acs-believes-status-1",
        "The ACS records success when Download is answered.",
        "E-52",
        _of("note_response", assigning({"acs.belief": Belief.SUCCESS})),
    ),
    Mutant(
        "acs-believes-any-report",
        "The ACS takes every TransferComplete for the answer to its latest Download.",
        "E-49",
        _of("acknowledge", assigning({"acs.belief": choose(S.channel.up_success, Belief.SUCCESS, Belief.FAILURE)})),
    ),
)

MUTANTS: tuple[Mutant, ...] = (*SESSIONS, *REPORTS, *TRANSFERS, *BELIEFS)

DROP = "drop:"


def mutant(name: str) -> Mutant:
    """The mutant of that name, ``drop:ACTION:RULE`` included; raises UsageError listing what there is."""
    for candidate in MUTANTS:
        if candidate.name == name:
            return candidate
    if name.startswith(DROP) and name.count(":") == 2:
        _, function, rule = name.split(":")
        title = f"{function} does not heed {rule}"
        return Mutant(name, title, "derived", _of(function, dropping(rule)), ("unicast", "status0", "same-session"))
    raise UsageError(f"no mutant {name!r}; there are {', '.join(m.name for m in MUTANTS)}, and drop:ACTION:RULE")
