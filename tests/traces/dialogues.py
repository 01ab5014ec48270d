"""What the tests of the dialogue share: how it is loaded, and how it is put in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from cwmpcheck.traces import Device, HttpError, Message, Session, Trace

Load: TypeAlias = Callable[..., Trace]
"""Loads connections (``Talk``) as one capture."""

GONE = "204 No Content"
INFORMED = ["cpe:Inform", "acs:InformResponse"]
CALM = [*INFORMED, "cpe:", "acs:"]
"""The items of the shortest complete session."""


def says(part: Session) -> list[str]:
    """The items of a session in words."""
    words = []
    for item in part.items:
        if isinstance(item, Message):
            words.append(f"{item.sender}:{item.rpc}")
        else:
            words.append(f"HTTP {item.status}" if isinstance(item, HttpError) else f"{item.what} by {item.by}")
    return words


def only(trace: Trace) -> Device:
    """The one device of a trace."""
    assert [device.name for device in trace.devices] == ["00AA00-Box-S1"]
    return trace.devices[0]
