"""Traces judged through the Python face: which files are traces, where the line is drawn, JSON, exit codes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from cwmpcheck import api
from cwmpcheck.api import DiffReport, diff, draw_session, load_trace
from cwmpcheck.api.decision import unverified
from cwmpcheck.api.diffing import moved, traces_in
from cwmpcheck.api.rows import DiffDocument
from cwmpcheck.catalogue import find
from cwmpcheck.conformance import At, Because, DeviceSummary, Finding, Severity, TraceVerdict
from cwmpcheck.vocabulary.errors import UsageError

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/unicast-upgrade"
ESC = "\x1b[31m"


def verdict(word: str, protocol: str = "conforms", messages: str = "clean") -> TraceVerdict:
    """A verdict with a finding that quotes a hostile capture."""
    finding = Finding(
        "P-31", Severity.PROTOCOL, "cpe", f"dev{ESC}", At(7, None, 1.5, 2, "TransferComplete"), "7", f"<b>{ESC}",
        Because("the Inform listed 7", "P-31", {"session.announced": "no"}), "A-08=restarts", 3,
    )  # fmt: skip
    device = DeviceSummary(f"dev\u202e{ESC}", 3, 1, ("key",), 9, 10)
    return TraceVerdict("x.pcap", word, protocol, messages, (device,), (finding,), notes=("cut off",))


def test_the_example_conforms() -> None:
    """The capture that the project ships conforms, and its sessions can be drawn."""
    report = diff(EXAMPLE)
    assert [trace.verdict for trace in report.traces] == ["conforms"]
    assert report.exit_code == 0
    trace = load_trace(EXAMPLE)
    drawing = draw_session(trace, 1)
    assert "7 TRANSFER COMPLETE" in drawing.text
    assert "TransferComplete" in drawing.svg
    with pytest.raises(UsageError, match="has no session 99"):
        draw_session(trace, 99)
    with pytest.raises(UsageError, match="no device nobody"):
        draw_session(trace, device="nobody")


def test_json_has_the_contracted_shape() -> None:
    """The keys are those of the contract, in this order."""
    text = DiffReport((verdict("deviates", "deviates"),)).to_json()
    document = msgspec.json.decode(text)
    assert list(document) == ["traces", "exit"]
    assert list(document["traces"][0]) == ["source", "verdict", "protocol", "messages", "devices", "findings", "notes"]
    finding = document["traces"][0]["findings"][0]
    assert list(finding) == [
        *("property", "severity", "party", "at", "expected", "got", "because", "under"),
        *("times", "device", "unverified"),
    ]
    assert (finding["times"], finding["device"], finding["unverified"]) == (3, f"dev{ESC}", True)
    assert document["traces"][0]["notes"] == ["cut off"]
    assert list(finding["at"]) == ["packet", "line", "time", "session", "message"]
    assert list(finding["because"]) == ["guard", "rule", "values"]
    assert msgspec.json.decode(text, type=DiffDocument, strict=True).exit == 1


def test_what_was_recalled_is_shown_as_unverified() -> None:
    """Beside the id, in text and HTML, where the property rests on M marks alone, and nowhere else."""
    report = DiffReport((verdict("deviates", "deviates"),))
    assert "P-31 (unverified) [protocol]" in str(report)
    assert "<td>P-31 (unverified)</td>" in report._repr_html_()
    read = find("P-20")
    assert not unverified(read)
    first = report.traces[0]
    finding = msgspec.structs.replace(first.findings[0], property=read.id)
    assert "unverified)" not in str(DiffReport((msgspec.structs.replace(first, findings=(finding,)),)))


def test_nothing_to_judge_is_an_error_and_names_can_be_listed() -> None:
    """An empty list is no pass; what the face offers is told before it is loaded."""
    with pytest.raises(UsageError, match="nothing to judge"):
        diff([])
    assert set(api.__all__) <= set(dir(api))


@pytest.mark.parametrize(
    ("protocol", "messages", "verdicts"),
    [
        ("conforms", "clean", ("conforms", "conforms", "conforms")),
        ("conforms", "minor", ("conforms", "conforms", "deviates")),
        ("conforms", "deviates", ("conforms", "deviates", "deviates")),
        ("deviates", "clean", ("deviates", "deviates", "deviates")),
        ("inconclusive", "minor", ("inconclusive", "inconclusive", "deviates")),
    ],
)
def test_fail_on_moves_the_line(protocol: str, messages: str, verdicts: tuple[str, str, str]) -> None:
    """Protocol forgives the form of messages, message forgives what is minor, minor forgives nothing."""
    found = verdict("conforms", protocol, messages)
    assert tuple(moved(found, weight).verdict for weight in ("protocol", "message", "minor")) == verdicts


def test_exit_codes_add_up() -> None:
    """Unreadable beats deviates beats inconclusive beats conforms."""
    words = ("conforms", "inconclusive", "deviates", "unreadable")
    traces = [verdict(word) for word in words]
    assert [DiffReport(tuple(traces[:n])).exit_code for n in (1, 2, 3, 4)] == [0, 4, 1, 3]


def test_an_interrupted_report_is_no_pass() -> None:
    """What was judged before conforms, and the exit code in JSON says that it was not all."""
    report = DiffReport((verdict("conforms"),), interrupted=True)
    assert msgspec.json.decode(report.to_json())["exit"] == report.exit_code == 130


def test_folders_of_one_run_and_of_several(tmp_path: Path) -> None:
    """A folder with a capture is one trace; a folder of such is as many; one without is refused."""
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "exchanges.jsonl").touch()
    (tmp_path / "c.pcap").touch()
    (tmp_path / "notes.txt").touch()
    assert [path.name for path in traces_in(tmp_path)] == ["a", "b", "c.pcap"]
    assert traces_in(tmp_path / "a") == [tmp_path / "a"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no capture in this folder"):
        traces_in(tmp_path / "empty")


def test_a_trace_that_cannot_be_read_does_not_end_the_others(tmp_path: Path) -> None:
    """Its verdict is unreadable, with the reason; the next one is judged all the same."""
    report = diff([tmp_path / "missing.pcap", EXAMPLE])
    assert [trace.verdict for trace in report.traces] == ["unreadable", "conforms"]
    assert "no such file" in report.traces[0].notes[0]


def test_nothing_of_a_capture_reaches_a_page_or_a_terminal_raw() -> None:
    """Text and HTML of a hostile verdict hold no escape, no direction mark, no markup of the capture's own."""
    report = DiffReport((verdict("deviates", "deviates"),))
    for text in (str(report), report._repr_html_()):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "<b>" not in report._repr_html_().replace("<b>P", "")
