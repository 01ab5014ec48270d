"""``cwmpcheck acs``: what it says, and what it refuses; what it serves is tested where it is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cwmpcheck.acs import AcsStore, Device
from cwmpcheck.acs.beliefs import SaveDevice
from cwmpcheck.cli.commands import cli
from cwmpcheck.vocabulary.errors import UsageError


def run(*arguments: str | Path) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(cli, ["acs", *map(str, arguments)], standalone_mode=False)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A file to bring to devices."""
    path = tmp_path / "box 2.0.img"
    path.write_bytes(b"image")
    return path


def test_progress_is_told_for_people_and_machines(tmp_path: Path, image: Path) -> None:
    """From the state file alone: one row for each device that fits, and the same as JSON."""
    store = AcsStore(tmp_path / "acs.db")
    names = ("0C0FFE-Box-1", "0C0FFE-Box-2", "AABBCC-Box-3")
    store.commit(tuple(SaveDevice(Device(name, version, 0.0)) for name, version in zip(names, "121", strict=True)))
    store.close()
    told = ("--state", tmp_path / "acs.db", "--image", image, "--version", "2", "--device", "0C0FFE-*", "--progress")
    assert run(*told).stdout.splitlines()[-1] == "upgrade: 1 done, 1 waiting"
    assert json.loads(run(*told, "--format", "json").stdout)["counts"] == {"done": 1, "waiting": 1}


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--version", "2"), "needs both the image"),
        (("--image", "nowhere.img", "--version", "2"), "there is no file nowhere.img"),
        (("--progress",), "progress is that of a campaign"),
        (("--accounts", "nowhere.json"), "cannot be used as a file of accounts"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_served(
    tmp_path: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    """Half a campaign, a missing file, progress of nothing: one line each, and no state file is made."""
    result = run("--state", tmp_path / "acs.db", *arguments)
    assert isinstance(result.exception, UsageError)
    assert complaint in str(result.exception)
    assert not (tmp_path / "acs.db").exists()
