"""Draws the model into `docs/diagrams/`, from its own states and actions.

    python docs/tools/diagrams.py

Each view is written as DOT text, which is compared to the model by a test, and as SVG, which carries the fingerprint of the
DOT text it was drawn from.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import get_args

from cwmpcheck.api import graph
from cwmpcheck.api.drawing import ViewName

TARGET = Path(__file__).resolve().parents[1] / "diagrams"


def fingerprint(dot: str) -> str:
    """What an SVG file says of the text it was drawn from."""
    return f"<!-- drawn from {hashlib.sha256(dot.encode()).hexdigest()} -->"


def main() -> int:
    """Draws every view; returns 0."""
    TARGET.mkdir(exist_ok=True)
    for view in get_args(ViewName):
        picture = graph(view)
        dot = str(picture)
        (TARGET / f"{view}.dot").write_text(dot, encoding="utf-8")
        (TARGET / f"{view}.svg").write_text(f"{picture.svg}\n{fingerprint(dot)}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
