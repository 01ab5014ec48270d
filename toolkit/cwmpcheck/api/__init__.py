"""The stable Python face: verify the model, judge captures, draw both, look things up.

The command line and the notebooks are thin over these names. Results show themselves in a notebook as static, inert
SVG or HTML, and as text anywhere else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cwmpcheck.api.decision import Decision, Effort
    from cwmpcheck.api.diffing import DiffReport, diff
    from cwmpcheck.api.drawing import Picture, graph
    from cwmpcheck.api.explaining import Explanation, explain
    from cwmpcheck.api.exploring import Space, explore
    from cwmpcheck.api.listing import list_of
    from cwmpcheck.api.report import VerifyReport
    from cwmpcheck.api.sessions import draw_session
    from cwmpcheck.api.verifying import verify
    from cwmpcheck.traces import load_trace

_LATER = {
    **dict.fromkeys(("Decision", "Effort"), "cwmpcheck.api.decision"),
    **dict.fromkeys(("DiffReport", "diff"), "cwmpcheck.api.diffing"),
    **dict.fromkeys(("Picture", "graph"), "cwmpcheck.api.drawing"),
    **dict.fromkeys(("Explanation", "explain"), "cwmpcheck.api.explaining"),
    **dict.fromkeys(("Space", "explore"), "cwmpcheck.api.exploring"),
    **dict.fromkeys(("list_of",), "cwmpcheck.api.listing"),
    **dict.fromkeys(("VerifyReport",), "cwmpcheck.api.report"),
    **dict.fromkeys(("draw_session",), "cwmpcheck.api.sessions"),
    **dict.fromkeys(("verify",), "cwmpcheck.api.verifying"),
    **dict.fromkeys(("load_trace",), "cwmpcheck.traces"),
}
"""The module of each name, which is loaded when the name is first asked for: a command starts with what it needs."""


def __getattr__(name: str) -> Any:
    """Load the module that a name belongs to."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)


def __dir__() -> list[str]:
    """The names that can be asked for, loaded or not."""
    return sorted({*globals(), *_LATER})


__all__ = [
    "Decision",
    "DiffReport",
    "Effort",
    "Explanation",
    "Picture",
    "Space",
    "VerifyReport",
    "diff",
    "draw_session",
    "explain",
    "explore",
    "graph",
    "list_of",
    "load_trace",
    "verify",
]
