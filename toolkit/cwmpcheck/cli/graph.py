"""``cwmpcheck graph``."""

from __future__ import annotations

import sys
from pathlib import Path

from cwmpcheck.api.drawing import Format, ViewName, graph
from cwmpcheck.cli.screen import progress, write
from cwmpcheck.vocabulary.errors import UsageError


def run(view: ViewName, scenario: str, form: Format, output: Path | None) -> int:
    """Draw, and write to a file or to standard output."""
    if form == "png" and output is None and sys.stdout.isatty():
        raise UsageError("a PNG picture is nothing for a terminal; give a file with -o")
    with progress("drawing") as tell:
        drawn = graph(view, scenario_name=scenario, progress=tell).to(form)
    if output is not None:
        output.write_bytes(drawn if isinstance(drawn, bytes) else drawn.encode())
    elif isinstance(drawn, bytes):
        sys.stdout.buffer.write(drawn)
        sys.stdout.buffer.flush()
    else:
        write(drawn)
    return 0
