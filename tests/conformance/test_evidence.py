"""A trace conforms only on evidence: everything read, everything followed, and an end that is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from cwmpcheck.conformance import TraceVerdict, diff_trace
from cwmpcheck.traces import load_trace
from cwmpcheck.vocabulary.errors import UnreadableInput

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "unicast-upgrade"
LINES = (EXAMPLE / "exchanges.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
CAPTURE = (EXAMPLE / "capture.pcap").read_bytes()


def judged(path: Path, content: str | bytes) -> TraceVerdict:
    """The verdict on a file with that content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return diff_trace(load_trace(path))


@pytest.mark.parametrize("count", range(1, len(LINES)))
def test_exchanges_that_stop_early_never_deviate_and_conform_only_between_sessions(tmp_path: Path, count: int) -> None:
    """A run cut after any line is inconclusive while a session is open or a promise is."""
    verdict = judged(tmp_path / "run.jsonl", "".join(LINES[:count]))
    assert verdict.verdict in ("inconclusive", "conforms")
    if verdict.verdict == "conforms":
        assert not verdict.notes
        assert all(finding.property not in ("P-81", "P-82") for finding in verdict.findings)


def test_a_session_cut_in_the_middle_is_inconclusive(tmp_path: Path) -> None:
    """One Inform and nothing else proves nothing."""
    verdict = judged(tmp_path / "run.jsonl", LINES[0])
    assert verdict.verdict == "inconclusive"
    assert any("ends inside a session" in note for note in verdict.notes)


def test_an_accepted_download_without_its_report_is_inconclusive(tmp_path: Path) -> None:
    """After the session of the Download the promise of Status 1 is still open."""
    verdict = judged(tmp_path / "run.jsonl", "".join(LINES[:7]))
    assert verdict.verdict == "inconclusive"
    assert any("P-81" in note for note in verdict.notes)


def test_a_capture_cut_at_any_place_accuses_nobody(tmp_path: Path) -> None:
    """What the cut made unreadable is nobody's breach."""
    for size in range(500, len(CAPTURE) - 1, 211):
        try:
            verdict = judged(tmp_path / "run.pcap", CAPTURE[:size])
        except UnreadableInput:
            continue
        assert verdict.verdict == "inconclusive", (size, verdict.findings)


def test_messages_that_are_not_well_formed_never_conform(tmp_path: Path) -> None:
    """An unescaped ampersand in every envelope leaves nothing to follow, and the first such message is named."""
    broken = [line.replace("<Manufacturer>", "<Manufacturer>A & B ") for line in LINES]
    assert broken != LINES
    verdict = judged(tmp_path / "run.jsonl", "".join(broken))
    assert verdict.verdict == "inconclusive"
    assert any("line 1" in note and "could not be read" in note for note in verdict.notes)


def test_lines_that_cannot_be_read_are_no_breach_of_the_cpe(tmp_path: Path) -> None:
    """Where every answer is missing from the log, no rule of the dialogue can be said to be broken."""
    mangled = [line.replace('"status":200', '"status":"200"') for line in LINES]
    assert mangled != LINES
    verdict = judged(tmp_path / "run.jsonl", "".join(mangled))
    assert verdict.verdict == "inconclusive"


def test_the_whole_example_conforms() -> None:
    """The same run, read to its end."""
    assert diff_trace(load_trace(EXAMPLE)).verdict == "conforms"
