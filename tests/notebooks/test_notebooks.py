"""The notebooks run, agree with their scripts, and keep their figures in an exported page."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
SOURCES = os.pathsep.join(str(ROOT / root) for root in ("model", "properties", "reference_impl", "toolkit"))


def read(script: Path) -> nbformat.NotebookNode:
    """The notebook that a script holds."""
    notebook: nbformat.NotebookNode = jupytext.read(script)
    return notebook


def test_there_is_a_notebook() -> None:
    """The way from a capture to a verdict is told in a notebook."""
    assert "01_from_capture_to_verdict" in {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("script", NOTEBOOKS, ids=lambda path: path.stem)
def test_script_and_notebook_hold_the_same_cells(script: Path) -> None:
    """The pair is in step (else run jupytext --to ipynb), and the notebook is committed without outputs."""
    paired = nbformat.read(script.with_suffix(".ipynb"), as_version=4)  # type: ignore[no-untyped-call,unused-ignore]  # typed in part
    written = jupytext.read(script)
    assert [(c.cell_type, c.source) for c in paired.cells] == [(c.cell_type, c.source) for c in written.cells]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in paired.cells)


@pytest.mark.parametrize("script", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_and_its_page_shows_the_figures(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cell runs; the exported page has each figure in itself, as SVG, and our outputs hold no script."""
    monkeypatch.setenv("PYTHONPATH", SOURCES)
    notebook = read(script)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(script.parent)}}).execute()
    figures = [
        output.data["image/svg+xml"]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "image/svg+xml" in output.get("data", {})
    ]
    assert len(figures) >= 3
    page, _ = HTMLExporter().from_notebook_node(notebook)  # type: ignore[no-untyped-call,unused-ignore]  # where nbconvert is typed in part
    for figure in figures:
        assert base64.b64encode(figure.encode()).decode()[:2000] in page.replace("\n", "")
    shown = [str(output.get("data", "")) for cell in notebook.cells for output in cell.get("outputs", ())]
    assert not any("<script" in text or "javascript:" in text for text in shown)
