"""Whole runs of the laboratory: real processes, real sockets, real restarts."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cwmpcheck.lab import SCENARIOS, LabError, LabResult, run_lab
from cwmpcheck.vocabulary.errors import UsageError
from cwmpcheck.wire import messages, read_envelope
from cwmpcheck.wire.messages import Body


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LabResult]:
    """One run of every scenario, all at the same time: they mostly wait."""
    folder = tmp_path_factory.mktemp("lab")
    with ThreadPoolExecutor(len(SCENARIOS)) as pool:
        jobs = {name: pool.submit(run_lab, name, folder / name, limit=90.0) for name in SCENARIOS}
        return {name: job.result() for name, job in jobs.items()}


def lines(run: LabResult) -> list[dict[str, Any]]:
    """The exchanges of a run."""
    return [json.loads(line) for line in (run.folder / "exchanges.jsonl").read_text().splitlines()]


def said(run: LabResult) -> list[tuple[str, Body]]:
    """Every CWMP message in order, with the direction."""
    return [
        (line["dir"], read_envelope(line["body"].encode()).body)
        for line in lines(run)
        if line.get("body") and line["role"] == "acs"
    ]


def reports(run: LabResult) -> list[messages.TransferComplete]:
    """Every TransferComplete in order."""
    return [body for _, body in said(run) if isinstance(body, messages.TransferComplete)]


def informs(run: LabResult) -> list[tuple[set[str], int | None, str | None]]:
    """Events, RetryCount and version of every Inform in order."""
    return [
        ({event.code for event in body.events}, body.retry_count, body.value_of("DeviceInfo.SoftwareVersion"))
        for _, body in said(run)
        if isinstance(body, messages.Inform)
    ]


@pytest.mark.parametrize("name", SCENARIOS)
def test_everything_written_is_without_departures(runs: dict[str, LabResult], name: str) -> None:
    """No envelope of either peer departs from its form, and every HTTP exchange is whole."""
    for line in lines(runs[name]):
        assert "truncated" not in line
        if line.get("body") and line["role"] == "acs":
            envelope = read_envelope(line["body"].encode())
            assert envelope.departures == ()
            assert not isinstance(envelope.body, messages.Unreadable)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_succeeds(runs: dict[str, LabResult], name: str) -> None:
    """The ACS ends in the belief that the transfer succeeded, with one Download."""
    assert runs[name].outcomes == ("succeeded",)


def test_unicast_upgrades_a_device_that_really_restarts(runs: dict[str, LabResult]) -> None:
    """First contact; then, after a restart in another process, 1 BOOT with the completion and the new version; then quiet."""
    run = runs["unicast"]
    assert (run.before, run.after, run.boots) == ("1.0.0", "2.0.0", 2)
    assert informs(run) == [
        ({"0 BOOTSTRAP", "1 BOOT"}, 0, "1.0.0"),
        ({"1 BOOT", "7 TRANSFER COMPLETE", "M Download"}, 0, "2.0.0"),
        ({"2 PERIODIC"}, 0, "2.0.0"),
    ]
    assert [report.fault_code for report in reports(run)] == [0]


def test_unicast_waits_for_its_delay_and_fetches_once(runs: dict[str, LabResult]) -> None:
    """The file is fetched once, no earlier than DelaySeconds after the Download (P-53)."""
    found = lines(runs["unicast"])
    fetches = [line for line in found if line["role"] == "fileserver" and line["dir"] == "request"]
    assert len(fetches) == 1
    asked = next(line["t_end"] for line in found if "<cwmp:Download>" in line.get("body", ""))
    assert fetches[0]["t"] >= asked + 1.0


def test_a_lost_acknowledgement_brings_the_same_report_again(runs: dict[str, LabResult]) -> None:
    """The same TransferComplete twice, the second time in a session with RetryCount 1; the reset is in the record."""
    run = runs["ack-loss"]
    first, second = reports(run)
    assert first == second
    assert informs(run)[2][:2] == ({"7 TRANSFER COMPLETE", "M Download"}, 1)
    assert any(line["dir"] == "tcp" and line["event"] == "reset" for line in lines(run))


def test_a_power_cut_after_the_fetch_costs_a_boot_and_nothing_else(runs: dict[str, LabResult]) -> None:
    """The CPE is killed with the file on disk: it boots the old image, applies, and reports success once."""
    run = runs["power-loss"]
    assert run.boots == 3
    assert [version for _, _, version in informs(run)][1:3] == ["1.0.0", "2.0.0"]
    assert [report.fault_code for report in reports(run)] == [0]


def test_status_0_ends_it_in_the_answer(runs: dict[str, LabResult]) -> None:
    """DownloadResponse has Status 0 and real times, the fetch lies before it, and nothing is reported."""
    run = runs["status0"]
    answer = next(body for _, body in said(run) if isinstance(body, messages.DownloadResponse))
    assert answer.status == 0
    assert answer.start_time.startswith("20")
    assert reports(run) == []


def test_the_same_session_holds_request_and_report(runs: dict[str, LabResult]) -> None:
    """Under HoldRequests the report comes in the session of its Download, which has no 7 TRANSFER COMPLETE."""
    run = runs["same-session"]
    names = [messages.rpc_name(body) for _, body in said(run)]
    assert names.index("TransferComplete") < len(names) - 1 - names[::-1].index("Inform")
    assert all("7 TRANSFER COMPLETE" not in events for events, _, _ in informs(run))


def test_the_record_names_no_place_on_this_machine(runs: dict[str, LabResult]) -> None:
    """Nothing in the three files says where they were made."""
    for run in runs.values():
        for name in ("lab.json", "exchanges.jsonl", "capture.pcap"):
            data = (run.folder / name).read_bytes()
            assert str(run.folder).encode() not in data
            assert str(Path(__file__).parents[2]).encode() not in data
            assert b"/tmp" not in data


def test_an_unknown_scenario_is_a_line_for_people(tmp_path: Path) -> None:
    """An unknown name lists the known ones; nothing is started."""
    with pytest.raises(UsageError, match="choose one of unicast"):
        run_lab("nonsense", tmp_path / "out")


def test_a_folder_that_cannot_be_made_is_a_line_for_people(tmp_path: Path) -> None:
    """If the output is a file, that is said before anything is started."""
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(UsageError, match="name another one"):
        run_lab("unicast", tmp_path / "out")


def test_a_run_out_of_time_says_so_and_leaves_what_it_has(tmp_path: Path) -> None:
    """A run that is cut short ends with a line for people, and the files of what was seen so far."""
    with pytest.raises(LabError, match="did not end within"):
        run_lab("unicast", tmp_path, limit=0.8)
    assert (tmp_path / "capture.pcap").stat().st_size >= 24
    assert json.loads((tmp_path / "lab.json").read_text())["scenario"] == "unicast"


def test_the_shipped_example_is_such_a_run() -> None:
    """examples/unicast-upgrade holds a whole unicast upgrade, without departures, in less than 100 kB."""
    folder = Path(__file__).resolve().parents[2] / "examples" / "unicast-upgrade"
    report = json.loads((folder / "lab.json").read_text())
    assert report["scenario"] == "unicast"
    assert [operation["state"] for operation in report["operations"]] == ["succeeded"]
    run = LabResult("unicast", folder, 0, "1.0.0", "2.0.0", ("succeeded",), 2, 0.0)
    assert [version for _, _, version in informs(run)] == ["1.0.0", "2.0.0", "2.0.0"]
    for line in lines(run):
        if line.get("body") and line["role"] == "acs":
            assert read_envelope(line["body"].encode()).departures == ()
    assert sum(file.stat().st_size for file in folder.iterdir()) < 100_000
