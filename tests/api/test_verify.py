"""Verification through the Python face: verdicts, what was expected, JSON, exit codes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from cwmpcheck.api import VerifyReport, verify
from cwmpcheck.api.deciding import explored
from cwmpcheck.api.decision import Decision
from cwmpcheck.api.expected import Defect, Expected, expected, parsed
from cwmpcheck.api.rows import VerifyDocument
from cwmpcheck.api.verifying import drift
from cwmpcheck.catalogue import Property, find
from cwmpcheck.engines.explore import Exploration
from cwmpcheck.engines.verdicts import HoldsWithin, Proved, Refuted, Unknown, Vacuous
from cwmpcheck.engines.verdicts import Path as Run
from cwmpcheck.protocol.mutants import mutant
from cwmpcheck.vocabulary.errors import UsageError


def bug(name: str) -> VerifyReport:
    """What verification says of P-31 when the CPE has a bug."""
    return verify(["same-session"], ["P-31"], model=mutant(name).apply)


def exploration(*seen: str, exhausted: bool = True) -> Exploration:
    """An exploration that saw some watches."""
    occurrences = {name: Run((0,), ()) for name in seen}
    stopped = None if exhausted else "the limit on states was reached"
    return Exploration(10, 20, 3, 0.1, exhausted, stopped, occurrences, {}, 0, None, "python", 1.0)


def p31() -> Property:
    """A safety property with a witness."""
    item = find("P-31")
    assert isinstance(item, Property)
    assert item.witness is not None
    return item


def test_properties_of_a_scenario_are_proved_in_one_exploration() -> None:
    """All rows of one exploration have its figures, and everything is as expected."""
    report = verify(["status0"], ["P-20", "P-24", "P-31"])
    assert [d.name for d in report.decisions] == ["proved", "proved", "not_applicable"]
    first, second, third = report.decisions
    assert first.effort == second.effort
    assert (first.effort.states or 0) > 11_525, "registers only ever split states"
    assert third.how is not None
    assert "TransferComplete" in third.how
    assert report.exit_code == 0


def test_a_dropped_guard_is_refuted_by_a_shortest_run() -> None:
    """The exit code is 1, and the counterexample ends with the step that breaks the rule."""
    report = bug("drop:report:P-31")
    (decision,) = report.decisions
    assert isinstance(decision.verdict, Refuted)
    assert decision.verdict.path.steps[-1].action == "report"
    assert report.exit_code == 1
    drawing = decision.drawing()
    assert drawing is not None
    assert "Broken: P-31" in drawing.text
    assert "unverified" in drawing.text
    assert drawing._repr_mimebundle_().keys() == {"image/svg+xml", "text/plain"}


def test_json_has_the_contracted_shape() -> None:
    """The keys are those of the contract, in this order, and the path carries its steps."""
    text = bug("drop:report:P-31").to_json()
    document = msgspec.json.decode(text)
    assert list(document) == ["results", "exit"]
    (result,) = document["results"]
    assert list(result) == [
        *("scenario", "reading", "property", "verdict", "how", "scope", "expected", "defect"),
        *("states", "transitions", "depth", "seconds", "path"),
    ]
    assert result["verdict"] == "refuted"
    assert result["expected"] is False
    assert result["defect"] is None
    assert list(result["path"][0]) == ["step", "party", "action", "message", "changed"]
    assert msgspec.json.decode(text, type=VerifyDocument, strict=True).exit == 1


def test_a_search_that_is_cut_off_is_never_a_pass() -> None:
    """With a bound the verdict is holds_within and the exit code 4."""
    report = verify(["status0"], ["P-20"], bounds={"states": 50})
    assert [d.name for d in report.decisions] == ["holds_within"]
    assert report.exit_code == 4


def test_liveness_names_the_assumptions_that_it_needs() -> None:
    """The proof says what was assumed, and which of it cannot be left out."""
    (decision,) = verify(["status0"], ["P-86"]).decisions
    assert isinstance(decision.verdict, Proved)
    assert "fails without: power is cut only finitely often" in decision.verdict.how


def test_liveness_beyond_a_limit_is_unknown() -> None:
    """A graph that does not fit decides nothing."""
    report = verify(["status0"], ["P-86"], bounds={"states": 50})
    assert isinstance(report.decisions[0].verdict, Unknown)
    assert report.exit_code == 4


def test_bounded_model_checking_says_how_far() -> None:
    """The other engine gives a bound, never a proof."""
    (decision,) = verify(["status0"], ["P-20"], engine="bmc", bounds={"depth": 3}).decisions
    assert isinstance(decision.verdict, HoldsWithin)


def test_all_readings_are_all_combinations() -> None:
    """Two values for each reading that is left open; what is chosen stays."""
    chosen = {"A-02": "undelivered", "A-09": "session-first", "A-11": "resume", "A-26": "clears"}
    report = verify(["status0"], ["P-20"], readings=chosen, all_readings=True)
    assert [d.reading["A-08"] for d in report.decisions] == ["persists", "restarts"]


def test_nothing_is_claimed_beyond_what_was_seen() -> None:
    """Broken beats cut off, cut off beats vacuous, and proved needs an exhausted search and a witness."""
    item = p31()
    assert isinstance(explored(exploration("P-31", exhausted=False), item), Refuted)
    assert isinstance(explored(exploration("witness P-31", exhausted=False), item), HoldsWithin)
    assert isinstance(explored(exploration(), item), Vacuous)
    assert isinstance(explored(exploration("witness P-31"), item), Proved)


def test_a_known_defect_is_expected_unless_strict() -> None:
    """A refutation with a defect id counts as it should be; --strict ignores that; a defect that is gone is news."""
    defect = Defect("DEF-1", "P-31", ("unicast",), "It is so.")
    refuted = Decision("unicast", {}, p31(), Refuted(Run((0,), ())), defect=defect)
    assert VerifyReport((refuted,)).exit_code == 0
    assert VerifyReport((refuted,), strict=True).exit_code == 1
    assert refuted.to_row().defect == "DEF-1"
    gone = Decision("unicast", {}, p31(), Proved("x", "y"), defect=defect)
    assert VerifyReport((gone,)).exit_code == 1
    assert VerifyReport((Decision("unicast", {}, p31(), Vacuous("never")),)).exit_code == 1


def test_expectations_are_read_and_looked_up_by_reading() -> None:
    """A defect can be tied to a reading; a malformed file is told in one line."""
    known = parsed(
        '[[defects]]\nid = "DEF-1"\nproperty = "P-31"\nscenarios = ["unicast"]\nbecause = "x"\nreading = {"A-08" = "restarts"}'
    )
    assert known.defect_of("P-31", "unicast", {"A-08": "restarts"}) is not None
    assert known.defect_of("P-31", "unicast", {"A-08": "persists"}) is None
    with pytest.raises(UsageError, match="expected.toml"):
        parsed("[[defects]]\nid = 1")


@pytest.mark.slow
def test_state_spaces_have_the_expected_sizes_and_all_verdicts_are_expected() -> None:
    """The whole of verify, as the command without arguments: nothing differs from expected.toml."""
    report = verify()
    assert report.notes == ()
    assert report.unexpected == ()
    assert report.exit_code == 0
    assert set(expected().spaces) == {d.scenario for d in report.decisions}


def test_a_space_of_another_size_is_noted() -> None:
    """Drift is told only where all safety properties were watched under the default reading."""
    report = verify(["status0"], ["P-20"])
    assert list(drift(report.decisions, expected())) == []
    full = verify(["status0"])
    assert list(drift(full.decisions, expected())) == []
    wrong = msgspec.structs.replace(expected().spaces["status0"], states=1)
    assert "expected.toml says 1," in next(drift(full.decisions, Expected({"status0": wrong})))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"scenarios": ["nowhere"]}, "unicast"),
        ({"properties": ["P-3l"]}, "P-"),
        ({"readings": {"A-08": "sometimes"}}, "persists, restarts"),
        ({"readings": {"A-99": "x"}}, "A-08"),
        ({"bounds": {"width": 3}}, "states"),
        ({"bounds": {"states": 0}}, "positive"),
        ({"model": "no-such-file.py"}, "no such model file"),
    ],
)
def test_unknown_names_are_refused_with_what_there_is(arguments: dict[str, object], says: str) -> None:
    """Everything named is looked up before any work begins."""
    with pytest.raises(UsageError, match=says):
        verify(**arguments)  # type: ignore[arg-type]  # the point of the test


@pytest.mark.parametrize(
    ("text", "says"),
    [("x = 1", "defines no function"), ("def change(system): return 3", "not a System"), ("1/0", "ZeroDivisionError")],
)
def test_a_model_file_that_is_none_is_told_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    """What is wrong with a file of one's own is said without a traceback."""
    file = tmp_path / "mine.py"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=says):
        verify(["status0"], ["P-20"], model=file)


def test_reports_show_themselves_in_a_notebook() -> None:
    """HTML with a table, no script, and the same as text."""
    bundle = verify(["status0"], ["P-20"])._repr_mimebundle_()
    assert "<table>" in bundle["text/html"]
    assert "<script" not in bundle["text/html"]
    assert "P-20" in bundle["text/plain"]
    assert "proved" in bundle["text/plain"]


def test_text_is_text_inside_a_notebook_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """rich would display the table by itself in a kernel, and give back nothing."""
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    assert "proved" in str(verify(["status0"], ["P-20"]))
