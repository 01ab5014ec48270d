"""``cwmpcheck lab``."""

from __future__ import annotations

from pathlib import Path

from cwmpcheck.cli.screen import progress, write
from cwmpcheck.lab import run_lab
from cwmpcheck.render.plain_text import plain


def run(scenario: str, output: Path, seed: int) -> int:
    """Run a scenario of the laboratory and say where the capture lies."""
    with progress(f"running {scenario}") as tell:
        result = run_lab(scenario, output, seed=seed, progress=tell)
    outcomes = ", ".join(result.outcomes) or "no Download"
    starts = f"{result.boots} start{'' if result.boots == 1 else 's'} of the CPE"
    write(
        plain(
            f"{result.scenario}: version {result.before} -> {result.after}; {outcomes}; {starts}; {result.seconds:.1f} s"
        )
    )
    write(f"recorded in {plain(str(result.folder))}; judge it with: cwmpcheck diff {plain(str(result.folder))}")
    return 0
