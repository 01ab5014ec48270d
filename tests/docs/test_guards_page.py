"""docs/guards.md says what the model does today, and leaves no gap without a reason."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cwmpcheck.protocol import SCENARIOS, Scenario

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "guards.md"


@pytest.fixture(scope="module")
def section() -> Callable[[Scenario], str]:
    """The function of docs/tools/guards.py that writes one scenario's part."""
    found: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "tools" / "guards.py"))
    made: Callable[[Scenario], str] = found["section"]
    return made


@pytest.mark.slow
@pytest.mark.parametrize("of", SCENARIOS, ids=lambda of: of.name)
def test_the_page_is_fresh(of: Scenario, section: Callable[[Scenario], str]) -> None:
    """Dropping each guard again gives the part of the page that is there."""
    assert section(of) in PAGE.read_text(encoding="utf-8")


def test_no_gap_is_unexplained() -> None:
    """Every scenario has its part, nothing was cut off, and every gap has a reason."""
    text = PAGE.read_text(encoding="utf-8")
    assert all(f"## {of.name}\n" in text for of in SCENARIOS)
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) > 100
    assert [row for row in rows if "no reason is known" in row or "| open |" in row] == []


def test_the_readme_counts_the_gaps_as_the_page_does() -> None:
    """What the README says of the guards that no property notices are the page's own figures, scenario by scenario."""
    found = re.findall(r"^(\d+) guards: .*?(\d+) gap", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    told = (ROOT / "README.md").read_text(encoding="utf-8").partition("docs/guards.md](docs/guards.md) drops")[2]
    assert len(found) == len(SCENARIOS)
    assert re.findall(r"(\d+)\s+of\s+(\d+)", told)[: len(found)] == [(gaps, guards) for guards, gaps in found]
