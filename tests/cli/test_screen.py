"""What the screen does where there is none, where it has no width, and while work takes long."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cwmpcheck.cli import screen
from cwmpcheck.cli.screen import Elapsed, console, progress

ROOT = Path(__file__).resolve().parents[2]
SOURCES = os.pathsep.join(str(ROOT / root) for root in ("model", "properties", "reference_impl", "toolkit"))


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_changes_no_exit_code(closed: str) -> None:
    """Nothing can be said, and nothing is wrong."""
    env = {**os.environ, "PYTHONPATH": SOURCES}
    command = f'"{sys.executable}" -m cwmpcheck.cli verify --scenario status0 --property P-20 {closed}'
    done = subprocess.run(["sh", "-c", command], env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0
    assert "error" not in done.stderr


def test_a_terminal_without_a_width_has_eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """COLUMNS=0 stands for nobody knows."""
    monkeypatch.setenv("COLUMNS", "0")
    assert console().width == 80


def test_a_pipe_is_told_of_long_work_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line before the time is over, then one for each such time."""
    out = io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    with progress("preparing") as tell:
        tell("short")
        monkeypatch.setattr(screen, "QUIET_SECONDS", 0.0)
        tell("P-81 on \x1b 5 states")
    assert out.getvalue() == "P-81 on 5 states\n"


def test_a_line_of_progress_says_for_how_long() -> None:
    """It never is wider than it may be."""
    line = Elapsed("preparing", 30)
    line.tell("a very long sentence about what is done just now")
    text = line.__rich__().plain
    assert text.endswith("... (0 s)")
    assert len(text) == 30
