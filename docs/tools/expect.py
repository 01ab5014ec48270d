"""Writes the sizes of the state spaces into the catalogue's `expected.toml`.

    python docs/tools/expect.py

Defects are written by hand, and kept as they stand: a refutation is expected only when somebody has understood it.
Look at the difference before committing it: a size that changed without a reason is a mistake in the model.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cwmpcheck.api import verify
from cwmpcheck.api.expected import FILE, expected
from cwmpcheck.catalogue import PROPERTIES
from cwmpcheck.protocol import SCENARIOS

TARGET = Path(__file__).resolve().parents[2] / "properties/cwmpcheck/catalogue" / FILE

HEAD = """\
# What verification finds when all is well. Verdicts: everything is proved, but for the defects below.
# Sizes of the state spaces, under the default reading with all safety properties watched at once: a change of the model
# shows here first. `python docs/tools/expect.py` writes the sizes; a defect is added by hand, with an id that stays and
# a sentence that explains it.
"""


def main() -> int:
    """Verifies every scenario and rewrites the file; returns 0."""
    parts = [HEAD]
    safety = [item.id for item in PROPERTIES if item.check is not None and item.nature == "safety"]
    for scenario in SCENARIOS:
        report = verify([scenario.name], safety)
        effort = next(each.effort for each in report.decisions if each.effort.depth is not None)
        parts.append(
            f"\n[spaces.{scenario.name}]\nstates = {effort.states}\ntransitions = {effort.transitions}\n"
            f"depth = {effort.depth}\n"
        )
    for defect in expected().defects:
        reading = "".join(f"{id} = {value!r}, " for id, value in defect.reading.items()).removesuffix(", ")
        scenarios = ", ".join(f'"{name}"' for name in defect.scenarios)
        parts.append(
            f'\n[[defects]]\nid = "{defect.id}"\nproperty = "{defect.property}"\nscenarios = [{scenarios}]\n'
            f'because = "{defect.because}"\n' + (f"reading = {{ {reading} }}\n" if reading else "")
        )
    TARGET.write_text("".join(parts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
