"""Writes model/cwmpcheck/vocabulary/rules.json from the rules note and the notes on real captures.

    python docs/tools/rules_to_json.py            # from ../shared, beside the checkout
    python docs/tools/rules_to_json.py FOLDER     # from another copy of it

The same input always gives the same bytes. Every table row whose first cell is a rule id becomes a rule; what the
columns mean follows from the letter of the id, so a new row needs no change here, and a row of another width stops
the script instead of being guessed at.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from cwmpcheck.vocabulary.rules import (
    Ambiguity,
    Detail,
    Disagreement,
    EdgeCase,
    Grade,
    PropertySketch,
    Rule,
    RuleBook,
    RuleKind,
    Source,
    TraceProperty,
)

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "model" / "cwmpcheck" / "vocabulary" / "rules.json"
FIRST_TRACE_PROPERTY = 100  # P-100 and up are defined by the notes on real captures, not by the rules note

KINDS = {
    "S": RuleKind.SESSION,
    "V": RuleKind.EVENT,
    "F": RuleKind.FAULT,
    "T": RuleKind.TRANSFER,
    "M": RuleKind.MULTICAST,
    "D": RuleKind.DISAGREEMENT,
    "P": RuleKind.PROPERTY,
    "H": RuleKind.HEADLINE,
    "E": RuleKind.EDGE_CASE,
    "A": RuleKind.AMBIGUITY,
}
ROW = re.compile(r"\| *((?:[SVFTMPHEA]-\d+)|(?:D\d{1,2})) *\|")


class UnexpectedRow(ValueError):
    """A table row that does not have the columns its id promises."""


def book(shared: Path) -> RuleBook:
    """The whole rule book, from the folder that holds ``protocol/rules.md`` and ``traces/README.md``."""
    note = (shared / "protocol" / "rules.md").read_text(encoding="utf-8")
    captures = (shared / "traces" / "README.md").read_text(encoding="utf-8")
    found = [*rules_of_note(note), *rules_of_captures(captures)]
    return RuleBook(rules=tuple(with_inherited_grade(found)), sources=tuple(sources_of_note(note)))


def encode(whole: RuleBook) -> bytes:
    """The bytes of ``rules.json``: two spaces of indent, so that a change of one rule is a change of one line."""
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def rules_of_note(note: str) -> Iterator[Rule]:
    """The rules of the rules note, in its order."""
    section = ""
    for line in note.splitlines():
        if heading := re.match(r"#{2,3} (\d[\d.]*) *(.*)", line):
            section = f"{heading.group(1).rstrip('.')} {plain(heading.group(2))}"
        elif row := ROW.match(line):
            yield rule_of_row(row.group(1), cells(line)[1:], section)


def rule_of_row(id: str, columns: list[str], section: str) -> Rule:
    """One row: which column is the text and which the mark follows from the kind of rule."""
    kind = KINDS[id[0]]
    detail: Detail | None = None
    match kind, columns:
        case RuleKind.PROPERTY, [text, sketch, clause, concerns, party]:
            mark = ", ".join(re.findall(r"\[([^\]]*)\]", clause)) or re.sub(r"^(?:§|A\.|XSD|-$).*", "", clause)
            detail = PropertySketch(sketch, clause, tuple(concerns.split("/")), party.lower())
        case RuleKind.HEADLINE, [text, concerns]:
            mark = ""
            detail = PropertySketch("", "", tuple(concerns.split("/")), "")
        case RuleKind.EDGE_CASE, [text, source, catches]:
            mark, detail = source, EdgeCase(source, catches)
        case RuleKind.EDGE_CASE, [text]:
            mark, detail = "derived", EdgeCase("derived", "")
        case RuleKind.AMBIGUITY, [option, text, default, why]:
            mark, detail = "", Ambiguity(tuple(re.findall(r"\w+", option)), text, default, why)
        case RuleKind.DISAGREEMENT, [seed, standard, given]:
            mark = given.strip("-")
            text, detail = f"the introductory text says: {seed}. Rather: {standard}", Disagreement(seed, standard)
        case _, [text, mark]:
            pass
        case _:
            raise UnexpectedRow(f"{id} has {len(columns)} columns, which no {kind} row has: {columns}")
    return graded(id, kind, text, mark, section, detail)


def rules_of_captures(captures: str) -> Iterator[Rule]:
    """The properties that the notes on real captures define, lowest number first."""
    rows: dict[int, list[list[str]]] = {}
    for line in captures.splitlines():
        if re.match(r"\| *D\d+", line):
            code, property_id, weight, certainty, text = cells(line)
            number = re.match(r"P-(\d+)", property_id)
            if number and int(number.group(1)) >= FIRST_TRACE_PROPERTY:
                rows.setdefault(int(number.group(1)), []).append([code, weight, certainty, text])
    for wanted in sorted(rows):
        codes, weights, certainties, texts = zip(*rows[wanted], strict=True)
        yield graded(
            f"P-{wanted}",
            RuleKind.PROPERTY,
            " / ".join(texts),
            "; ".join(dict.fromkeys(each for each in certainties if each != "-")),
            "traces: Deviation codes",
            TraceProperty(codes, " / ".join(dict.fromkeys(weights))),
        )


def sources_of_note(note: str) -> Iterator[Source]:
    """The secondary sources of section 0.3."""
    for line in note.splitlines():
        if re.match(r"\| *S\d+ *\|", line):
            yield Source(*cells(line))


def graded(id: str, kind: RuleKind, text: str, mark: str, section: str, detail: Detail | None) -> Rule:
    """The rule, with the strongest provenance that its mark names."""
    grade = grade_of(mark, kind)
    return Rule(id, kind, text, mark, section, grade, grade in (Grade.SURE, Grade.WEAK), detail)


def grade_of(mark: str, kind: RuleKind) -> Grade:
    """The strongest provenance in a mark. The notes on captures write M-high for M+, M-med for M?, XSD for R, seed for S1."""
    if kind is RuleKind.EDGE_CASE:  # its mark is where it was read: code, an issue, a page
        return Grade.OWN if mark == "derived" else Grade.SECONDARY
    if re.search(r"\b(R|XSD)\b", mark):
        return Grade.READ
    if re.search(r"\b(S\d+|S|seed|SOAP)\b", mark):
        return Grade.SECONDARY
    if re.search(r"M\+|M-high", mark):
        return Grade.SURE
    return Grade.WEAK if re.search(r"M\?|M-med|\bM\b", mark) else Grade.OWN


def with_inherited_grade(found: list[Rule]) -> Iterator[Rule]:
    """A rule that is only derived from unverified ones is itself unverified; the mark stays as given."""
    unverified = {each.id for each in found if each.unverified}
    for each in found:
        origins = re.findall(r"[SVFTM]-\d+", each.mark) if each.grade is Grade.OWN else []
        if origins and unverified.issuperset(origins):
            each = msgspec.structs.replace(each, unverified=True)
        yield each


def cells(line: str) -> list[str]:
    """The cells of a Markdown table row, as plain text."""
    return [plain(each) for each in line.strip().removeprefix("|").removesuffix("|").split("|")]


def plain(text: str) -> str:
    """Text without Markdown emphasis. Back quotes stay: they tell code from words in a terminal too."""
    without_bold = re.sub(r"\*\*(.+?)\*\*", r"\1", text.strip())
    return re.sub(r"(?<![\w*])\*(\w[^*]*)\*(?![\w*])", r"\1", without_bold)


if __name__ == "__main__":
    TARGET.write_bytes(encode(book(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared")))
