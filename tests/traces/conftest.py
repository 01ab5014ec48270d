"""Fixtures of the tests of the importers."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.traces.dialogues import Load
from tests.traces.wires import Talk, merged, pcap

from cwmpcheck.traces import Trace, load_trace


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads connections as one capture."""

    def read(*talks: Talk) -> Trace:
        (tmp_path / "made.pcap").write_bytes(pcap(merged(*talks)))
        return load_trace(tmp_path / "made.pcap")

    return read
