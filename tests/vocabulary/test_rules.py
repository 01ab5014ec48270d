"""The rules as data: complete, honest about their provenance, and the same as what the notes say."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from cwmpcheck.vocabulary.errors import UsageError
from cwmpcheck.vocabulary.rules import (
    Ambiguity,
    EdgeCase,
    Grade,
    PropertySketch,
    RuleKind,
    TraceProperty,
    rule,
    rules,
    sources,
)

ROOT = Path(__file__).resolve().parents[2]


def generator() -> ModuleType:
    """The script that writes the data file."""
    spec = importlib.util.spec_from_file_location("rules_to_json", ROOT / "docs" / "tools" / "rules_to_json.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_data_equals_regeneration(shared_dir: Path) -> None:
    """The shipped file is byte for byte what the script makes of the notes."""
    script = generator()
    shipped = ROOT / "model" / "cwmpcheck" / "vocabulary" / "rules.json"
    assert shipped.read_bytes() == script.encode(script.book(shared_dir))


def test_every_id_at_the_head_of_a_row_is_there(shared_dir: Path) -> None:
    """No row of the rules note is left out, counted by another expression than the script's."""
    note = (shared_dir / "protocol" / "rules.md").read_text(encoding="utf-8")
    heads = {line.split("|")[1].strip() for line in note.splitlines() if line.startswith("|")}
    wanted = {head for head in heads if re.fullmatch(r"[A-Z]-\d+|D\d+", head)}
    ours = {each.id for each in rules() if not isinstance(each.detail, TraceProperty)}
    assert ours == wanted


def test_ids_are_unique() -> None:
    """Two rules never share an id, so a verdict that names one names exactly one."""
    ids = [each.id for each in rules()]
    assert len(ids) == len(set(ids))


def test_kinds_partition_the_rules() -> None:
    """Asking kind by kind gives every rule once."""
    assert sorted(each.id for kind in RuleKind for each in rules(kind)) == sorted(each.id for each in rules())


def test_trace_properties_are_100_to_111() -> None:
    """The properties that the notes on captures define are P-100 to P-111."""
    found = [each.id for each in rules(RuleKind.PROPERTY) if isinstance(each.detail, TraceProperty)]
    assert found == [f"P-{number}" for number in range(100, 112)]


@pytest.mark.parametrize(
    ("id_", "grade", "unverified"),
    [
        ("F-04", Grade.READ, False),
        ("T-02", Grade.SECONDARY, False),
        ("V-05", Grade.SURE, True),
        ("M-10", Grade.WEAK, True),
        ("M-01", Grade.READ, False),
        ("P-109", Grade.WEAK, True),
        ("P-111", Grade.SECONDARY, False),
        ("H-1", Grade.OWN, False),
    ],
)
def test_grade_follows_the_mark(id_: str, grade: Grade, unverified: bool) -> None:
    """Unverified is what rests on recollection only; a rule id that begins with M- has nothing to do with it."""
    assert (rule(id_).grade, rule(id_).unverified) == (grade, unverified)


def test_no_unverified_rule_names_something_read() -> None:
    """A rule called unverified has neither an R nor an S in its mark."""
    assert [each.id for each in rules() if each.unverified and re.search(r"\b(R|S\d+|XSD)\b", each.mark)] == []


def test_mark_is_kept_as_given() -> None:
    """Sources and remarks of a mark survive, so that a person can go and look."""
    assert rule("T-12").mark == "S9 (`time_of_grace = 3600` -> 9010 + TransferComplete); M? exact wording"
    assert rule("P-13").mark == "R, S12"


def test_details_by_kind() -> None:
    """A property tells whom it binds, an edge case where it was seen, an ambiguity its options and default."""
    p42, e70, a15, p110 = rule("P-42").detail, rule("E-70").detail, rule("A-15").detail, rule("P-110").detail
    assert isinstance(p42, PropertySketch)
    assert (p42.party, p42.concerns) == ("cpe", ("D",))
    assert e70 == EdgeCase("derived", "")
    assert isinstance(a15, Ambiguity)
    assert (a15.options, a15.default) == (("multicast_zero_delay", "window_code"), "a; 9020")
    assert isinstance(p110, TraceProperty)
    assert p110.codes == ("D26", "D27")


def test_every_numbered_source_of_a_mark_is_known() -> None:
    """A mark never points at a source that the book does not describe."""
    known = {each.id for each in sources()}
    named = {name for each in rules() for name in re.findall(r"\bS\d+\b", each.mark)}
    assert named <= known


@pytest.mark.parametrize(
    ("asked", "meant"), [("T2", "T-02"), ("p-41", "P-41"), ("h-01", "H-1"), ("A-06a", "A-06"), ("P_7", "P-07")]
)
def test_unknown_id_names_what_was_meant(asked: str, meant: str) -> None:
    """An id spelt another way is refused with the right spelling first."""
    with pytest.raises(UsageError, match=rf"did you mean {meant}\b"):
        rule(asked)


def test_hopeless_id_points_at_the_list() -> None:
    """Where nothing is near, the message says how to see what there is."""
    with pytest.raises(UsageError, match="list rules"):
        rule("???")


def test_unknown_kind_names_the_kinds() -> None:
    """A kind that does not exist is refused with those that do."""
    with pytest.raises(UsageError, match="edge case"):
        rules("nonsense")


def test_a_row_of_another_width_stops_the_script() -> None:
    """The script refuses a row it does not understand instead of guessing."""
    with pytest.raises(ValueError, match="T-99 has 3 columns"):
        list(generator().rules_of_note("### 3.2 Rules\n| T-99 | a | b | c |\n"))
