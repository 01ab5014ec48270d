"""The real peers against the model, and the model's judge against peers that do wrong."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

import pytest
from tests.lab.careless import BUGS, HORIZON, Bug
from tests.lab.exercised import GAPS, GAPS_IN, SCENARIOS, exercised, visible
from tests.lab.judged import MISJUDGEMENTS, deviations, grave, judge, trace_of

from cwmpcheck.lab.faults import Fault, FaultKind, Schedule, make_schedule, read_schedule
from cwmpcheck.lab.peers import LabError
from cwmpcheck.lab.virtual import VirtualLab, VirtualRun, run_virtual
from cwmpcheck.vocabulary.errors import UsageError

FEW, MANY = 25, 500
ROOT = Path(__file__).resolve().parents[2]


@cache
def run_of(seed: int) -> VirtualRun:
    """The run of one schedule."""
    return run_virtual(make_schedule(seed))


def assert_conforms(run: VirtualRun) -> None:
    """No finding stands against our peers, and every transfer came to an end that the ACS knows."""
    verdict = judge(run)
    assert deviations(run, verdict) == [], f"replay with {run.schedule}"
    assert verdict.protocol != "inconclusive", f"{verdict.notes}; replay with {run.schedule}"
    assert not any(operation.is_open for operation in run.operations)


@pytest.mark.parametrize("seed", range(FEW))
def test_our_peers_conform_under_a_few_fault_schedules(seed: int) -> None:
    """Whatever is lost, doubled, delayed, cut or reset, and wherever power goes: both sides settle, and no rule is broken."""
    assert_conforms(run_of(seed))


@pytest.mark.slow
def test_our_peers_conform_under_many_fault_schedules() -> None:
    """The same for as many schedules as the page of both directions speaks of."""
    for seed in range(FEW, MANY):
        assert_conforms(run_virtual(make_schedule(seed)))


@pytest.mark.parametrize("name", SCENARIOS)
def test_an_undisturbed_run_conforms_to_the_letter(name: str) -> None:
    """Without faults the judge finds nothing at all against any message, not even a trifle."""
    run = run_virtual(Schedule(name, 1))
    verdict = judge(run)
    assert verdict.verdict == "conforms"
    assert grave(verdict) == []
    assert verdict.divergences == ()
    assert [operation.state for operation in run.operations] == ["succeeded"]


def test_the_same_schedule_gives_the_same_run() -> None:
    """A run is told whole by its schedule, also when that was printed and read back."""
    schedule = make_schedule(11)
    again = read_schedule(str(schedule))
    assert again == schedule
    assert run_virtual(schedule) == run_virtual(again)


def test_what_is_no_schedule_is_a_line_for_people() -> None:
    """A text that is not one is refused with what is wrong."""
    with pytest.raises(UsageError, match="not a schedule"):
        read_schedule('{"scenario": 1}')


def test_every_kind_of_fault_happens_in_the_schedules() -> None:
    """Among the first hundreds of seeds every kind strikes at least once: no fault is drawn that never comes."""
    happened: set[FaultKind] = set()
    seed = 0
    while len(happened) < len(FaultKind):
        assert seed < MANY, f"never struck: {set(FaultKind) - happened}"
        happened |= {fault.kind for fault in run_virtual(make_schedule(seed)).happened}
        seed += 1


def test_a_run_that_does_not_settle_says_so() -> None:
    """A run that is cut short names its schedule, so that it can be had again."""
    with pytest.raises(LabError, match='"scenario":"unicast"'):
        run_virtual(Schedule("unicast", 0), longest=1.0)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_visible_action_of_the_model_is_shown_or_explained(name: str) -> None:
    """What the model's CPE can show, the real one has shown; what is missing is missing for a reason that is written down."""
    named = [
        FaultKind.FAULT,
        FaultKind.ASK_METHODS,
        FaultKind.ASK_REFUSABLE,
        FaultKind.LOSE_REPLY,
        FaultKind.FILE_MISSING,
    ]
    schedules = [Schedule(name, 0)]
    schedules += [Schedule(name, 0, (Fault(kind, at),)) for kind in named for at in range(1, 8)]
    seen: set[str] = set()
    for schedule in schedules:
        seen |= exercised(trace_of(run_virtual(schedule)), name)
    missing = set(visible(name)) - seen
    explained = {action for action in visible(name) if action in GAPS or (name, action) in GAPS_IN}
    assert missing == explained


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.id)
def test_a_bug_of_the_field_is_named(bug: Bug) -> None:
    """A CPE with this bug is found out by the judge, under the property that the bug breaks."""
    run = VirtualLab(bug.schedule, bug.make_core).run(HORIZON)
    assert run.happened == bug.schedule.faults, "the fault that brings it to light struck"
    assert bug.property in {finding.property for finding in grave(judge(run))}


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.id)
def test_without_the_bug_the_same_schedule_is_clean(bug: Bug) -> None:
    """What names the bug is the bug, not the fault that brings it to light."""
    assert_conforms(run_virtual(bug.schedule))


def test_no_misjudgement_covers_for_a_bug() -> None:
    """What is known against the judge excuses none of the findings by which the bugs are named."""
    for bug in BUGS:
        run = VirtualLab(bug.schedule, bug.make_core).run(HORIZON)
        if not {known.fault for known in MISJUDGEMENTS} & {fault.kind for fault in run.happened}:
            assert bug.property in {finding.property for finding in deviations(run, judge(run))}


@pytest.mark.slow
def test_the_page_is_up_to_date() -> None:
    """docs/both-directions.md is what its script writes today."""
    spec = importlib.util.spec_from_file_location("both_directions", ROOT / "docs" / "tools" / "both_directions.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.page() == script.TARGET.read_text(encoding="utf-8")
