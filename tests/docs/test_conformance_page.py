"""docs/conformance.md shows what a diff of the real runs says today, and argues every difference."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "conformance.md"


@pytest.fixture(scope="module")
def tool() -> dict[str, Any]:
    """What docs/tools/conformance.py defines."""
    found = runpy.run_path(str(ROOT / "docs" / "tools" / "conformance.py"))
    if not found["RUNS"]:
        pytest.skip("no ../shared/traces beside this checkout: the table cannot be made again")
    return found


def test_the_table_is_fresh(tool: dict[str, Any]) -> None:
    """A diff of all runs gives the table that is in the page; else run docs/tools/conformance.py."""
    assert f"{tool['BEGIN']}\n{tool['table']()}\n{tool['END']}" in PAGE.read_text(encoding="utf-8")


def test_every_difference_is_argued(tool: dict[str, Any]) -> None:
    """What we count and the ground truth does not name, or the other way round, has its argument; and no argument is idle."""
    differences = set()
    for name in tool["RUNS"]:
        counted, soft = tool["found"](name)
        theirs = tool["given"](name)
        differences |= {(name, id) for id in counted ^ theirs.broken}
        differences |= {(name, id) for id in set(soft) - theirs.not_counted - theirs.broken if not soft[id]}
    assert differences == set(tool["ARGUED"])


def test_the_page_argues_nothing_away() -> None:
    """No difference stands in the page without an argument."""
    assert "no argument is known" not in PAGE.read_text(encoding="utf-8")
