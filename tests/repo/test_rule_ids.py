"""Ids of rules in code and documents: each one exists."""

from __future__ import annotations

import re
from pathlib import Path

from cwmpcheck.vocabulary.rules import rules

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("model", "properties", "reference_impl", "toolkit", "benchmarks", "notebooks", "docs")
# A compound ambiguity is split with a letter (A-06a, A-06b): the letter is the model's, the id is the rule's.
RULE_ID = re.compile(r"(?<![\w-])(?<!\w\.)([SVFTMPEA]-\d{2,3}|H-\d)(?:(?<=A-\d\d)[a-z])?(?![\w-])(?!\.\w)")


def ids_in(text: str) -> set[str]:
    """The rule ids that a text names."""
    return set(RULE_ID.findall(text))


def test_every_rule_id_that_code_or_documents_name_exists() -> None:
    """A mistyped id would cite a rule that nobody can look up."""
    known = {each.id for each in rules()}
    texts = [path for place in PLACES for path in (ROOT / place).rglob("*") if path.suffix in {".py", ".md", ".toml"}]
    unknown = {
        path.relative_to(ROOT).as_posix(): sorted(bad)
        for path in [*texts, ROOT / "README.md"]
        if (bad := ids_in(path.read_text(encoding="utf-8")) - known)
    }
    assert unknown == {}


def test_the_expression_tells_ids_from_other_words() -> None:
    """It sees ids in prose, lists, ranges and with the letter of a split reading, and leaves versions and formats alone."""
    assert ids_in("T-02, (P-41) and `A-06b`; H-1. P-100..P-111") == {"T-02", "P-41", "A-06", "H-1", "P-100", "P-111"}
    assert ids_in("TR-069 UTF-8 ISO-10646 A-1 amd64-P-44 P-44x v2.P-44 P-44.5") == set()
