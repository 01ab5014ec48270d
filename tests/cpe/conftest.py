"""Transcripts: a scenario as commands, each followed by the exact effects that it has.

``--rewrite-transcripts`` (tests/conftest.py) writes what the core says today; commit that only if every change is understood.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def check_transcript(request: pytest.FixtureRequest) -> Callable[[Path, Callable[[str], list[str]]], None]:
    """Plays a file: blocks of ``command``, ``----``, the effects; comments and blank lines stay as they are."""
    rewrite = bool(request.config.getoption("--rewrite-transcripts", default=False))

    def check(path: Path, perform: Callable[[str], list[str]]) -> None:
        written = path.read_text()
        played: list[str] = []
        for block in written.strip().split("\n\n"):
            lines = block.splitlines()
            comments = [line for line in lines if line.startswith("#")]
            rest = [line for line in lines if not line.startswith("#")]
            played.append("\n".join(comments + ([rest[0], "----", *perform(rest[0])] if rest else [])))
        text = "\n\n".join(played) + "\n"
        if rewrite:
            path.write_text(text)
        assert text == written

    return check
