"""Writes docs/guards.md: every guard of the CPE and of the ACS dropped in turn, and what notices.

    python docs/tools/guards.py                 # all scenarios; some minutes with a C compiler
    python docs/tools/guards.py status0         # prints the table of one scenario

A dropped guard is *killed* when some property is broken, *refused* when a value leaves its domain, *equivalent* when
the same states are reached (the watcher's books included), *permitted* when a reading or the standard's freedom allows
what comes of it, and else a *gap*, which needs a reason in ``REASONS``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cwmpcheck.catalogue import instrumented
from cwmpcheck.engines.coverage import guard_coverage
from cwmpcheck.engines.explore import Limits, ReachableOverflow, explore
from cwmpcheck.kernel import System
from cwmpcheck.kernel.mutate import DROPPED, DroppedGuard, droppable
from cwmpcheck.protocol import SCENARIOS, Scenario, scenario

PAGE = Path(__file__).resolve().parents[1] / "guards.md"
IMPLEMENTERS = ("cpe", "acs")
LIMITS = Limits(states=25_000_000)

MISREAD = (
    "the CPE would take another reply, or none, for this one, and the step shows what it takes it for; "
    "a capture shows what really came, and P-09, P-25 and following judge that"
)
UNHEARD = (
    "the CPE takes no reply that does not answer its post, so the reply is as good as lost, and the watcher at the "
    "CPE's end sees nothing of it; a capture shows it, and P-09 and P-25 judge it. The mutants acs-asks-out-of-turn "
    "and response-of-another-request drop a guard at both ends, and are killed"
)
POWER = "without power nothing runs: no implementer can forget this"

OWN = "a restriction of the model's own, for which no rule stands"
FAULT_AFTER_SUCCESS = (
    "a Fault after the file was applied within the call: P-43 speaks of TransferComplete only, "
    "and should speak of this too"
)
DELAYED_IN_CALL = (
    "a delayed Download fetched within the call: P-52 and P-53 are not asked where the file is fetched within the "
    "call, and should be"
)
NOTED = (
    "the ACS takes another post for the answer to its Download: what it believes until it concludes is its own affair, "
    "and H-1 and H-3 judge only what it concludes"
)

REASONS: tuple[tuple[str, str, str, str], ...] = (
    # function, reason or rule ("*": any), status, why
    ("*", "the CPE has power", "gap", POWER),
    ("*", "one other request in a session stands for many", "permitted", OWN),
    ("request_download", "one Download in a session", "permitted", OWN),
    (
        "*", "HoldRequests was set in this session", "permitted",
        "a restriction of the model's own: an ACS that holds begins with it at InformResponse",
    ),
    (
        "session_fails", "no reply is on its way", "permitted",
        "a CPE may give up while a reply is still on its way; the model counts that as the loss of the reply",
    ),
    ("reboot_to_apply", "A-09", "permitted", "reading A-09 = reboot-anyway"),
    (
        "open_session", "S-03", "gap",
        "an Inform that lists no event: a matter of its form, which P-107 judges on captures",
    ),
    (
        "refuse_download", "T-01", "gap",
        FAULT_AFTER_SUCCESS,
    ),
    (
        "fetch_within_call", "T-10", "gap",
        DELAYED_IN_CALL,
    ),
    ("request_download", "P-25", "gap", UNHEARD),
    ("send_other_request", "P-25", "gap", UNHEARD),
    ("reply_empty", "P-25", "gap", UNHEARD),
    ("answer_", "S-15", "gap", UNHEARD),
    ("acknowledge", "S-15", "gap", UNHEARD),
    (
        "note_", "S-15", "gap",
        NOTED,
    ),
    ("receive_", "has arrived", "gap", MISREAD),
    ("end_session", "has arrived", "gap", MISREAD),
)
"""Why a dropped guard that no property notices may stay unnoticed; the first row that fits counts."""


@dataclass(frozen=True)
class Row:
    """What became of one dropped guard: the status, and by what it was killed or why it was not."""

    function: str
    guard: str
    rule: str
    status: str
    why: str


def sweep(of: Scenario) -> Iterator[Row]:
    """Drop each guard of CPE and ACS in a scenario, all in one compiled system."""
    loose, guards = droppable(of.system, IMPLEMENTERS)
    watching = instrumented(of.name, of=loose)
    properties = frozenset(watch.name for watch in watching.watches if not watch.name.startswith("witness "))
    idle = set(guard_coverage(of.system, of.fixed).idle)
    states = explore(watching, of.fixed).states
    for guard in guards:
        # A guard that never alone prevents its action may as well be dropped: no search is needed.
        known = (guard.action, guard.guard_index) in idle
        status, why = ("equivalent", "") if known else _outcome(watching, of, guard, properties, states)
        yield Row(guard.action.split("(")[0], guard.reason, guard.rule or "", status, why)


def _outcome(
    watching: System, of: Scenario, guard: DroppedGuard, properties: frozenset[str], states: int
) -> tuple[str, str]:
    try:
        found = explore(watching, {**of.fixed, DROPPED: guard.index}, stop_at=properties, limits=LIMITS)
    except ReachableOverflow as overflow:
        return "refused", f"{overflow.variable} would leave its domain"
    if killers := sorted(properties & set(found.occurrences)):
        return "killed", ", ".join(killers)
    if not found.exhausted:
        return "open", found.stopped_because or ""
    return ("equivalent", "") if found.states == states else _reason(guard)


def _reason(guard: DroppedGuard) -> tuple[str, str]:
    for function, about, status, why in REASONS:
        if function not in ("*",) and not guard.action.startswith(function):
            continue
        if about in ("*", guard.rule) or about in guard.reason:
            return status, why
    return "gap", "no reason is known"


def table(rows: Iterable[Row]) -> str:
    """The rows as Markdown: what was killed, permitted or is a gap in full, the others counted."""
    merged = list(dict.fromkeys(rows))
    told = [row for row in merged if row.status != "equivalent"]
    order = ("gap", "open", "permitted", "refused", "killed")
    lines = ["| dropped guard of | which says | rule | verdict | by, or why not |", "|---|---|---|---|---|"]
    for row in sorted(told, key=lambda row: order.index(row.status)):
        lines.append(f"| `{row.function}` | {row.guard} | {row.rule} | {row.status} | {row.why} |")
    equivalent = sorted({f"`{row.function}` {row.guard}" for row in merged if row.status == "equivalent"})
    rest = f"Equivalent, since the same states are reached without it: {'; '.join(equivalent)}."
    return "\n".join([*lines, "", rest])


def section(of: Scenario) -> str:
    """One scenario's part of the page."""
    rows = list(sweep(of))
    counts = {status: sum(row.status == status for row in rows) for status in dict.fromkeys(row.status for row in rows)}
    summary = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    return f"## {of.name}\n\n{len(rows)} guards: {summary}.\n\n{table(rows)}\n"


HEADER = """# What each guard is good for

Every guard of the CPE and of the ACS is dropped in turn, and the scenario is explored with every property watched.
*Killed*: the properties that were seen to break first. *Equivalent*: the same states are reached without it.
*Permitted*: a reading, or the standard's freedom, allows what comes of it. *Gap*: it makes a difference that no property
of the model notices, with the reason. Written by `docs/tools/guards.py`; a test keeps it fresh.

"""


def main(arguments: list[str]) -> None:
    """Print the tables of the named scenarios, or write the page."""
    if arguments:
        for name in arguments:
            print(section(scenario(name)))
        return
    PAGE.write_text(HEADER + "\n".join(section(of) for of in SCENARIOS), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
