"""A captured session as a picture."""

from __future__ import annotations

from cwmpcheck.render.chart_picture import chart_svg
from cwmpcheck.render.drawing import Drawing
from cwmpcheck.render.exchange_text import exchange
from cwmpcheck.render.session_chart import chart_of_session
from cwmpcheck.traces import Trace
from cwmpcheck.vocabulary.errors import UsageError


def draw_session(trace: Trace, number: int = 0, *, device: str | None = None) -> Drawing:
    """One session of a trace, drawn; the numbers in the margin are those of the packets or lines.

    Args:
        trace: what was captured.
        number: the session's number, from 0.
        device: the device's name; the first device unless told.

    Raises:
        UsageError: when there is no such device or session.
    """
    for each in trace.devices:
        if device is None or each.name == device:
            for session in each.sessions:
                if session.number == number:
                    chart = chart_of_session(each, session, since=trace.start)
                    return Drawing(chart_svg(chart), exchange(chart))
            raise UsageError(f"{each.name} has no session {number}; it has {len(each.sessions)}, from 0")
    have = ", ".join(each.name for each in trace.devices) or "none"
    raise UsageError(f"no device {device or ''} in {trace.source}; there is {have}")
