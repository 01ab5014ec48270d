"""``cwmpcheck export``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cwmpcheck.api.exporting import Language, export
from cwmpcheck.api.readings import parsed
from cwmpcheck.cli.screen import progress, write
from cwmpcheck.render.plain_text import plain


def run(
    language: Language,
    scenario: str,
    properties: Sequence[str],
    without: bool,
    readings: Sequence[str],
    depth: int,
    output: Path,
) -> int:
    """Write the files, and say which."""
    wanted = [] if without else (list(properties) or None)
    with progress("exporting") as tell:
        files = export(language, scenario, properties=wanted, readings=parsed(readings), depth=depth, progress=tell)
    output.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (output / name).write_text(text, encoding="utf-8")
        write(plain(str(output / name)))
    return 0
