"""``cwmpcheck cpe``: a device on the command line, and its mistakes told to people."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


def start(*arguments: str) -> subprocess.Popen[str]:
    """The command as a process."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return subprocess.Popen(
        [sys.executable, "-m", "cwmpcheck.cli", "cpe", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )


def test_it_runs_until_it_is_told_to_end(tmp_path: Path) -> None:
    """It boots, opens a session with both first events, fails to reach the ACS, and ends well upon SIGTERM."""
    state = tmp_path / "cpe.db"
    with start("--acs", "http://127.0.0.1:1/", "--state", str(state), "--listen", "0", "--version", "7.1") as process:
        assert process.stdout is not None
        notes = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.send_signal(signal.SIGTERM)
        _, complaint = process.communicate(timeout=20)
    assert process.returncode == 0, complaint
    assert [note["what"] for note in notes] == ["boot", "session", "session ended"]
    assert notes[0]["version"] == "7.1"
    assert notes[1]["events"] == "0 BOOTSTRAP, 1 BOOT"
    assert state.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--acs", "nowhere", "--state", "{tmp}/s"), "no URL of an ACS"),
        (("--acs", "http://127.0.0.1:1/", "--state", "{tmp}/s", "--periodic", "0"), "choose more than 0 seconds"),
        (("--acs", "http://127.0.0.1:1/"), "Missing option '--state'"),
        (("--acs", "http://127.0.0.1:1/", "--state", "{tmp}/s", "--request-download", "no type"), "RequestDownload"),
    ],
)
def test_a_mistake_is_a_line_for_people(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    """Wrong options end with code 2 and say what to choose, without a traceback."""
    with start(*(argument.replace("{tmp}", str(tmp_path)) for argument in arguments)) as process:
        _, complaint = process.communicate(timeout=20)
    assert process.returncode == 2
    assert words in complaint
    assert "Traceback" not in complaint
