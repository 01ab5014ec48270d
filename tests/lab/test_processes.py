"""The peers as processes on their own, without the laboratory around them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cwmpcheck.acs import AcsOptions, Campaign
from cwmpcheck.cpe import CpeOptions, Settings, build_image
from cwmpcheck.lab.peers import Note, Peer


def test_a_cpe_on_its_own_really_executes_itself_anew(tmp_path: Path) -> None:
    """A reboot replaces the program inside the same process: the second boot runs the image that the first one wrote."""
    (tmp_path / "image").write_bytes(build_image("2.0.0", b"new"))
    notes: list[tuple[str, Note]] = []

    async def seen(what: Callable[[Note], bool]) -> Note:
        while True:
            for _, note in notes:
                if what(note):
                    return note
            await asyncio.sleep(0.05)

    async def run() -> int:
        files = {"image": tmp_path / "image"}
        # A free port is known only once the ACS listens, so the file server gets its campaign in a second start.
        first = Peer("acs", AcsOptions(tmp_path / "acs.db", files=files), lambda who, note: notes.append((who, note)))
        await first.start()
        ports = await seen(lambda note: note["what"] == "ready")
        await first.stop()
        notes.clear()
        campaign = Campaign("fw", f"http://127.0.0.1:{ports['file_port']}/image", "2.0.0")
        options = AcsOptions(tmp_path / "acs.db", ports["port"], ports["file_port"], files, campaign)
        acs = Peer("acs", options, lambda who, note: notes.append((who, note)))
        await acs.start()
        await seen(lambda note: note["what"] == "ready")
        url = f"http://127.0.0.1:{ports['port']}/"
        cpe_options = CpeOptions(url, tmp_path / "cpe.db", Settings(retry_minimum_wait=1), re_execute=True)
        cpe = Peer("cpe", cpe_options, lambda who, note: notes.append((who, note)))
        await cpe.start()
        try:
            await seen(lambda note: note["what"] == "acknowledged")
        finally:
            await cpe.stop()
            await acs.stop()
        return await cpe.wait()

    assert asyncio.run(asyncio.wait_for(run(), 60)) == 0
    boots = [note for who, note in notes if who == "cpe" and note["what"] == "boot"]
    assert [(note["version"], note["bank"]) for note in boots] == [("1.0.0", "a"), ("2.0.0", "b")]


@pytest.mark.parametrize("module", ["cwmpcheck.acs", "cwmpcheck.cpe"])
@pytest.mark.parametrize("arguments", [[], ["{}"], ["not json"], ['{"state": 5}']])
def test_a_wrong_command_line_is_a_line_for_people(module: str, arguments: list[str]) -> None:
    """Wrong options end with code 2 and the usage, never with a traceback."""
    path = ":".join(entry for entry in sys.path if entry)
    ended = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": path},
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith("usage:")
    assert "Traceback" not in ended.stderr


def test_a_state_file_of_noise_is_a_line_for_people(tmp_path: Path) -> None:
    """A CPE whose state cannot be read ends with code 3 and says what to do."""
    (tmp_path / "cpe.db").write_bytes(b"noise" * 1000)
    path = ":".join(entry for entry in sys.path if entry)
    options = f'{{"acs_url": "http://127.0.0.1:1/", "state": "{tmp_path / "cpe.db"}"}}'
    ended = subprocess.run(
        [sys.executable, "-m", "cwmpcheck.cpe", options],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": path},
        check=False,
    )
    assert ended.returncode == 3
    assert "name another file" in ended.stderr
    assert "Traceback" not in ended.stderr
