"""Fault schedules on real sockets, through the proxy, judged like any capture."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cwmpcheck.conformance import diff_trace
from cwmpcheck.lab import Fault, FaultKind, run_lab
from cwmpcheck.traces import load_trace
from cwmpcheck.vocabulary.errors import UsageError

SCHEDULES: dict[str, tuple[Fault, ...]] = {
    "unicast": (Fault(FaultKind.TRUNCATE, 1), Fault(FaultKind.FILE_DELAY, 1, 0.5), Fault(FaultKind.RESET, 6)),
    "same-session": (Fault(FaultKind.RESET, 1), Fault(FaultKind.DELAY, 4, 0.5)),
    "status0": (Fault(FaultKind.DELAY, 1, 0.5), Fault(FaultKind.FILE_TRUNCATED, 1)),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The records of one run each, all at the same time: they mostly wait."""
    root = tmp_path_factory.mktemp("real")
    with ThreadPoolExecutor(len(SCHEDULES)) as pool:
        jobs = [
            pool.submit(run_lab, name, root / name, faults=faults, limit=40.0) for name, faults in SCHEDULES.items()
        ]
        return {job.result().scenario: job.result().folder for job in jobs}


@pytest.mark.parametrize("name", SCHEDULES)
def test_real_peers_conform_under_faults(folders: dict[str, Path], name: str) -> None:
    """Every fault of the schedule struck, and neither peer broke a rule; the proxy's two records tell the same story."""
    report = json.loads((folders[name] / "lab.json").read_text())
    struck = [note["kind"] for note in report["timeline"] if note["what"] == "fault"]
    assert sorted(struck) == sorted(str(fault.kind) for fault in SCHEDULES[name])
    trace = load_trace(folders[name])
    verdict = diff_trace(trace)
    assert verdict.verdict == "conforms", verdict.findings
    assert [trouble for trouble in trace.troubles if trouble.inconclusive] == []
    assert report["operations"][-1]["state"] == "succeeded"


def test_what_no_proxy_can_do_is_refused(tmp_path: Path) -> None:
    """A fault that needs more than a proxy is refused before anything starts, with what there is."""
    with pytest.raises(UsageError, match="choose among"):
        run_lab("unicast", tmp_path / "out", faults=(Fault(FaultKind.FALL_BACK, 1),))
    assert not (tmp_path / "out").exists()
