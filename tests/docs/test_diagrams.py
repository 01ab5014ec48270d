"""The drawings in docs/diagrams are those of today's model."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import pytest

from cwmpcheck.api import graph
from cwmpcheck.api.drawing import ViewName

DIAGRAMS = Path(__file__).resolve().parents[2] / "docs/diagrams"


@pytest.mark.parametrize("view", get_args(ViewName))
def test_drawing_is_fresh(view: ViewName) -> None:
    """The DOT text is what the model gives now, and the SVG was drawn from it; else run docs/tools/diagrams.py."""
    dot = (DIAGRAMS / f"{view}.dot").read_text(encoding="utf-8")
    svg = (DIAGRAMS / f"{view}.svg").read_text(encoding="utf-8")
    assert dot == str(graph(view))
    assert hashlib.sha256(dot.encode()).hexdigest() in svg
    assert ElementTree.fromstring(svg).tag.endswith("svg")
