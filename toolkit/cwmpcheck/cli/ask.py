"""``cwmpcheck ask``."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cwmpcheck.api.readings import parsed
from cwmpcheck.api.runs import ask
from cwmpcheck.cli.screen import progress, write
from cwmpcheck.cli.simulate import show
from cwmpcheck.engines.ask import Found, NoneAtAll
from cwmpcheck.render.plain_text import plain

FOUND, NONE, OPEN = 0, 1, 4


def run(
    constraints: Sequence[str], scenario: str, readings: Sequence[str], depth: int, seconds: float, form: str
) -> int:
    """Look for a run; 0 when there is one, 1 when there is none at all, 4 when none was found within the bound."""
    with progress("looking for a run"):
        answer, found = ask(constraints, scenario, readings=parsed(readings), depth=depth, seconds=seconds)
    if isinstance(answer, Found) and found is not None:
        if form == "json":
            write(json.dumps({"answer": "found", "run": found.to_row()}))
        else:
            show(found, form)
        return FOUND
    none = isinstance(answer, NoneAtAll)
    if isinstance(answer, NoneAtAll):
        row = {"answer": "none", "how": answer.how, "scope": answer.scope, "certificate": answer.certificate}
        text = f"There is no such run: {answer.how}; {answer.scope}."
    else:
        assert not isinstance(answer, Found)
        row = {"answer": "none within", "depth": str(answer.depth), "why": answer.why}
        text = f"No such run has at most {answer.depth} steps; {answer.why}."
    write(json.dumps(row) if form != "text" else plain(text))
    return NONE if none else OPEN
