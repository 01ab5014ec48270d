"""Writes `docs/both-directions.md`: what the laboratory says of our peers, and what it says of the judge.

    python docs/tools/both_directions.py

Every run is under a virtual clock and comes out the same each time, so the page changes only when the peers, the model
or the judge do.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the tests are found from the checkout alone

from tests.lab.careless import BUGS, HORIZON
from tests.lab.exercised import GAPS, GAPS_IN, SCENARIOS, exercised, visible
from tests.lab.judged import deviations, grave, judge, misjudgement, trace_of

from cwmpcheck.lab.faults import make_schedule
from cwmpcheck.lab.virtual import VirtualLab, run_virtual

TARGET = ROOT / "docs" / "both-directions.md"
SCHEDULES = 500

HEAD = """\
# Both directions

The reference ACS and CPE know nothing of the model; the model knows nothing of them. Here each is put to the other. All runs
are the real cores under a virtual clock (`cwmpcheck.lab.virtual`), recorded as captures are and judged by the same
code as `cwmpcheck diff`. Written by `docs/tools/both_directions.py`; do not edit.
"""


def main() -> int:
    """Write the page; returns 0."""
    TARGET.write_text(page(), encoding="utf-8")
    return 0


def page() -> str:
    """The page, from new runs."""
    runs, seen = _schedules()
    return "\n".join([HEAD, *runs, *_coverage(seen), *_bugs()])


def _schedules() -> tuple[list[str], dict[str, Counter[str]]]:
    """The runs under faults as a table, and how many of them showed each action, by scenario."""
    total: Counter[str] = Counter()
    deviating: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for seed in range(SCHEDULES):
        run = run_virtual(make_schedule(seed))
        trace = trace_of(run)
        verdict = judge(run, trace)
        name = run.schedule.scenario
        total[name] += 1
        deviating[name] += bool(deviations(run, verdict)) or verdict.protocol == "inconclusive"
        kinds.update({str(fault.kind) for fault in run.happened})
        seen[name].update(exercised(trace, name))
        known = {found.why for each in grave(verdict) if (found := misjudgement(run, each)) is not None}
        wrong.update(known)
    lines = [f"## {SCHEDULES} fault schedules\n", "| scenario | runs | deviations |", "|---|---:|---:|"]
    lines += [f"| {name} | {total[name]} | {deviating[name]} |" for name in SCENARIOS]
    lines += ["", "| what went wrong | runs in which it did |", "|---|---:|"]
    lines += [f"| {kind} | {count} |" for kind, count in sorted(kinds.items())]
    if wrong:
        lines += ["", "Findings of the judge that are none, and are not counted above:", ""]
        lines += [f"- {why} ({count} runs)" for why, count in sorted(wrong.items())]
    return [*lines, ""], seen


def _coverage(seen: dict[str, Counter[str]]) -> list[str]:
    lines = ["## The model's visible actions on the real peers\n"]
    for name in SCENARIOS:
        actions = visible(name)
        shown = sum(seen[name][action] > 0 for action in actions)
        lines += [
            f"### {name}: {shown} of {len(actions)}\n",
            "| action of the CPE | runs that showed it |",
            "|---|---|",
        ]
        lines += [f"| `{action}` | {seen[name][action] or _gap(name, action)} |" for action in actions]
        lines.append("")
    return lines


def _gap(name: str, action: str) -> str:
    return f"none: {GAPS_IN.get((name, action)) or GAPS.get(action, 'not explained')}"


def _bugs() -> list[str]:
    lines = [
        "## Bugs of the field, put back on purpose\n",
        "| bug | the CPE | property | also named |",
        "|---|---|---|---|",
    ]
    for bug in BUGS:
        verdict = judge(VirtualLab(bug.schedule, bug.make_core).run(HORIZON))
        named = sorted({finding.property for finding in grave(verdict)})
        caught = bug.property if bug.property in named else f"{bug.property} NOT NAMED"
        others = ", ".join(name for name in named if name != bug.property)
        lines.append(f"| {bug.id} | {bug.title} | {caught} | {others} |")
    return [*lines, ""]


if __name__ == "__main__":
    sys.exit(main())
