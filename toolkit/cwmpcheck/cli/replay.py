"""``cwmpcheck replay``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from cwmpcheck.api.readings import parsed
from cwmpcheck.api.runs import Run, replay
from cwmpcheck.cli.screen import progress, write
from cwmpcheck.vocabulary.errors import UnreadableInput

MOST_BYTES = 64 * 2**20
"""No run is longer than this in any form; whatever is, is something else."""


def run(
    file: str, scenario: str | None, properties: Sequence[str], readings: Sequence[str], model: Path | None, form: str
) -> int:
    """Repeat every run in a file; 0 when all are runs of the model, which breaks what it is said to break."""
    text = read(file)
    with progress("replaying"):
        runs = replay(text, scenario_name=scenario, properties=properties, readings=parsed(readings), model=model)
    if form == "json":
        write(json.dumps({"runs": [each.to_row() for each in runs]}))
    else:
        for each in runs:
            write(each.to_script())
            write(told(each))
    return 0


def read(file: str) -> str:
    """The text of a file, or of standard input for ``-``; raises UnreadableInput for what is no text."""
    with sys.stdin.buffer if file == "-" else open(file, "rb") as stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise UnreadableInput(f"{file} is larger than {MOST_BYTES // 2**20} MB, and no run is")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"{file} is no text: {error.reason} at byte {error.start}") from error


def told(each: Run) -> str:
    """What came of a run, as a comment of its script."""
    broken = "".join(f"; {id} is broken at step {step}" for id, step in each.broken.items())
    return f"# it is a run of {each.scenario}{broken}"
