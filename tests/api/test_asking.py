"""What verify is asked, and what its report says beside the verdicts: scenarios that do not fit, readings, reasons."""

from __future__ import annotations

import msgspec
import pytest

from cwmpcheck.api import verify
from cwmpcheck.kernel import System
from cwmpcheck.kernel.edit import assigning, changed, dropping
from cwmpcheck.kernel.errors import NotInSystem
from cwmpcheck.vocabulary.errors import UsageError


def without_p31(system: System) -> System:
    """A change of an action that status0 does not have."""
    return changed(system, "report", dropping("P-31"))


def test_a_change_is_decided_where_it_fits() -> None:
    """The other scenarios are named with the reason, in the notes and in JSON; the verdicts decide the exit code."""
    report = verify(["status0", "same-session"], ["P-31"], model=without_p31)
    assert [(each.scenario, each.name) for each in report.decisions] == [("same-session", "refuted")]
    (note,) = report.notes
    assert note.startswith("status0 is left out")
    assert "no action report" in note
    assert report.exit_code == 1
    assert msgspec.json.decode(report.to_json())["notes"] == [note]


def test_a_change_that_fits_nowhere_is_refused() -> None:
    """One scenario gets its reason, several get all of them."""
    with pytest.raises(NotInSystem, match="no action report"):
        verify("status0", "P-31", model=without_p31)
    with pytest.raises(UsageError, match=r"fits no scenario.*status0: .*; same-session: "):
        verify(["status0", "same-session"], model=lambda s: changed(s, "report", assigning({"no.such": 1})))


def test_a_plain_name_is_one_scenario() -> None:
    """A string is not taken for a list of letters."""
    (decision,) = verify("status0", "P-20").decisions
    assert (decision.scenario, decision.item.id) == ("status0", "P-20")


def test_an_engine_that_is_not_used_is_told() -> None:
    """Promises of progress are explored, whatever engine was asked for."""
    report = verify("same-session", ["P-81", "P-20"], engine="bmc", bounds={"depth": 2})
    assert [note for note in report.notes if note.startswith("P-81")]
    assert verify("status0", "P-20", engine="bmc", bounds={"depth": 2}).notes == ()


@pytest.mark.parametrize(("bounds", "says"), [({"depth": 5}, "engine bmc"), ({"states": float("inf")}, "leave it out")])
def test_a_bound_without_effect_is_refused(bounds: dict[str, float], says: str) -> None:
    """A depth bounds no exploration, and infinity bounds nothing."""
    with pytest.raises(UsageError, match=says):
        verify("status0", "P-20", bounds=bounds)


def test_several_readings_are_told_apart_in_text() -> None:
    """Each run of rows has its reading above it; in HTML a column has it."""
    chosen = {"A-02": "undelivered", "A-09": "session-first", "A-11": "resume", "A-26": "clears"}
    report = verify("status0", "P-20", readings=chosen, all_readings=True)
    default, other = [report.under(each) for each in report.decisions]
    assert "A-08=restarts" in other
    assert "A-08" not in default
    assert f"status0 under {other}:" in str(report)
    assert "<th>Reading</th>" in report._repr_html_()
    alone = verify("status0", "P-20", readings={"A-08": "restarts"})
    assert "under" not in str(alone)


def test_why_a_question_does_not_arise_is_told() -> None:
    """Each reason once, with the properties and the scenarios."""
    report = verify(["status0", "same-session"], ["P-05"])
    (decision, _) = report.decisions
    assert f"Not applicable: P-05 in status0, same-session: {decision.how}." in " ".join(str(report).split())
    assert str(decision.how).split(";")[0] in report._repr_html_()


def test_a_report_has_a_short_repr() -> None:
    """One line, with the counts."""
    assert repr(verify("status0", "P-20")) == "<VerifyReport: 1 verdict: 1 proved; all as expected.>"
