"""Ctrl-C that is never lost.

Python raises KeyboardInterrupt wherever the program happens to be. Inside a finaliser it is printed and forgotten, and
while ctypes converts an argument it becomes an ArgumentError; preparing a model does both with z3 terms thousands of times
a second. A signal that arrives there is sent again a moment later.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

AGAIN_SECONDS = 0.005
DEAF = frozenset({"__del__", "from_param"})
"""Functions out of which KeyboardInterrupt does not come as itself."""


@contextmanager
def heard() -> Iterator[None]:
    """While this lasts, Ctrl-C interrupts the program and nothing that swallows it; only where it has its default effect."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, unless it would be swallowed here: then come again."""
    if is_deaf(frame):
        again = threading.Timer(AGAIN_SECONDS, os.kill, (os.getpid(), signal.SIGINT))
        again.daemon = True
        again.start()
        return
    raise KeyboardInterrupt


def is_deaf(frame: FrameType | None) -> bool:
    """Whether the frame, or one that called it, is a function that KeyboardInterrupt does not leave as itself."""
    while frame is not None:
        if frame.f_code.co_name in DEAF:
            return True
        frame = frame.f_back
    return False
