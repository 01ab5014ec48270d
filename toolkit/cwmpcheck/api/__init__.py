"""The stable Python face: verify the model, judge captures, draw both, look things up.

The command line and the notebooks are thin over these names. Results show themselves in a notebook as static, inert
SVG or HTML, and as text anywhere else.
"""

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
