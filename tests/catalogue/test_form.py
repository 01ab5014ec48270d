"""The form properties select what breaks them and nothing else, on made envelopes and on real captures."""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from cwmpcheck.catalogue.form import FORM_PROPERTIES, FormProperty, broken_by
from cwmpcheck.catalogue.form_mutants import FORM_MUTANTS, WITNESSES, FormMutant, mutants_of
from cwmpcheck.vocabulary.departures import Departure, DepartureKind
from cwmpcheck.vocabulary.rules import rule
from cwmpcheck.wire import Fault, read_envelope, refusal_departures

CODES = {
    "D04": "P-12",
    "D08": "P-18",
    "D10": "P-62",
    "D11": "P-17",
    "D12": "P-05",
    "D22": "P-104",
    "D23": "P-105",
    "D25": "P-03",
    "D32": "P-107",
    "D34": "P-106",
}
# Breaches that have no code in the ground truth, argued from the rule: FaultCode 9016 is not in the set of cwmp-1-0 (P-06).
BEYOND = {"genieacs__genieacs-sim__file_404": {"P-06"}}


def departures_of(envelope: bytes, witness: str = "") -> tuple[Departure, ...]:
    """What departs, a fault being taken as the answer that the name of its witness says."""
    read = read_envelope(envelope)
    found = read.departures
    if isinstance(read.body, Fault) and witness.startswith("Fault to "):
        found += refusal_departures(read.body, witness.removeprefix("Fault to "))
    return found


@pytest.mark.parametrize("name", WITNESSES)
def test_a_witness_departs_in_nothing(name: str) -> None:
    """A correct envelope has no departure at all, so each property can be kept."""
    assert departures_of(WITNESSES[name], name) == ()


@pytest.mark.parametrize("mutant", FORM_MUTANTS, ids=lambda mutant: f"{mutant.property} {mutant.name}")
def test_a_mutant_breaks_its_property_and_no_other(mutant: FormMutant) -> None:
    """Each named mutation breaks exactly the property that it is named under, as gravely as it says."""
    found = departures_of(mutant.breaks(WITNESSES[mutant.witness]), mutant.witness)
    assert broken_by(found) == (mutant.property,)
    form = next(form for form in FORM_PROPERTIES if form.id == mutant.property)
    graves = {form.severity_of(departure) for departure in found if form.selects(departure)}
    assert graves == {"minor" if mutant.minor else form.severity}


def test_a_mutation_that_finds_nothing_to_change_says_so() -> None:
    """A mutation never passes an unchanged envelope off as a mutant."""
    with pytest.raises(ValueError, match="occurs 0 times"):
        FORM_MUTANTS[0].breaks(b"<a/>")


@pytest.mark.parametrize("form", FORM_PROPERTIES, ids=lambda form: form.id)
def test_a_property_has_a_rule_and_a_mutant(form: FormProperty) -> None:
    """Every form property is a rule of the rule book, names known rules only, and has a mutation that breaks it."""
    assert form.mark == rule(form.id).grade
    assert all(rule(cited).id == cited for cited in form.rule if re.fullmatch(r"[A-Z]-\d+", cited))
    assert mutants_of(form.id)


BREACH = re.compile(r"\b(differs?|absent|missing|without|breach|wrong|never|empty (list|Event))\b")


@pytest.mark.parametrize("form", FORM_PROPERTIES, ids=lambda form: form.id)
def test_a_title_states_the_demand(form: FormProperty) -> None:
    """A finding shows the title as what was expected, so it is one sentence that names no breach."""
    assert not BREACH.search(form.title)
    assert form.title.endswith(".")
    assert "\n" not in form.title


def test_the_order_of_a_report_is_said_where_it_is_broken() -> None:
    """What P-05 expects lists the elements in the very order in which the correct envelope has them."""
    title = next(form.title for form in FORM_PROPERTIES if form.id == "P-05")
    names = ["CommandKey", "FaultStruct", "FaultCode", "FaultString", "StartTime", "CompleteTime"]
    envelope = WITNESSES["TransferComplete"].decode()
    for text in (title, envelope):
        places = [text.index(name) for name in names]
        assert places == sorted(places)


def test_ids_are_unique_and_in_order() -> None:
    """Each property stands once in the table, in the order of the rule book."""
    numbers = [int(form.id.removeprefix("P-")) for form in FORM_PROPERTIES]
    assert numbers == sorted(set(numbers))


def test_time_counted_from_boot_is_admitted_by_another_reading() -> None:
    """A TransferComplete with a relative time breaks P-17 only under the default of A-24."""
    envelope = WITNESSES["TransferComplete"].replace(b"2024-05-01T10:00:00Z", b"0001-01-03T03:04:05")
    (found,) = departures_of(envelope)
    form = next(form for form in FORM_PROPERTIES if form.id == "P-17")
    assert found.kind is DepartureKind.RELATIVE_TIME
    assert form.selects(found)
    assert form.admitted_under(found) == "A-24=b"
    assert rule("A-24").text


def bodies_as_sent(exchanges: Path) -> Iterator[bytes]:
    """The SOAP bodies of a run, each once, as its sender gave them to the wire.

    A proxy in the run may alter a message. What is judged is the leg nearest its sender: requests as the CPE sent them
    (the proxy's leg where there is one), replies as the ACS sent them (the leg behind the proxy).
    """
    rows = [json.loads(line) for line in exchanges.read_text().splitlines()]
    proxied = any(row.get("role") == "acs-proxy" for row in rows)
    for row in rows:
        nearest = "acs-proxy" if proxied and row["dir"] == "request" else "acs"
        body = base64.b64decode(row["body_b64"]) if "body_b64" in row else (row.get("body") or "").encode()
        if row.get("role") == nearest and b"Envelope" in body and not row.get("truncated"):
            yield body


def test_real_captures_break_the_properties_that_the_ground_truth_names(shared_dir: Path) -> None:
    """Over all captured runs, the form properties broken are those behind the message codes of the ground truth."""
    truth = json.loads((shared_dir / "traces/ground_truth.json").read_text())
    expected = {
        run: {CODES[code] for code in entry["codes"] if code in CODES} | BEYOND.get(run, set())
        for run, entry in truth.items()
    }
    got: dict[str, set[str]] = defaultdict(set)
    for run in truth:
        for body in bodies_as_sent(shared_dir / "traces" / run / "exchanges.jsonl"):
            got[run] |= set(broken_by(read_envelope(body).departures))
    assert {run: got[run] for run in truth} == expected


def test_real_captures_are_as_grave_as_the_ground_truth_says(shared_dir: Path) -> None:
    """No run that the ground truth calls clean or minor has a form breach of class message."""
    truth = json.loads((shared_dir / "traces/ground_truth.json").read_text())
    worst = {"clean": set[str](), "minor only": {"minor"}, "DEVIATES": {"minor", "message"}}
    for run, entry in truth.items():
        found = [
            departure
            for body in bodies_as_sent(shared_dir / "traces" / run / "exchanges.jsonl")
            for departure in read_envelope(body).departures
        ]
        graves = {
            form.severity_of(departure) for form in FORM_PROPERTIES for departure in found if form.selects(departure)
        }
        assert graves <= worst[entry["messages"]], run
