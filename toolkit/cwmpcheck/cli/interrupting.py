"""Ctrl-C that is never lost.

Python raises KeyboardInterrupt wherever the program happens to be. Inside a finaliser it is printed and forgotten, and
preparing a model drops z3 terms, and so runs finalisers, thousands of times a second. A signal that arrives there is sent
again a moment later.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

AGAIN_SECONDS = 0.005


@contextmanager
def heard() -> Iterator[None]:
    """While this lasts, Ctrl-C interrupts the program and not a finaliser; only where it has its default effect."""
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
    """Raise KeyboardInterrupt, unless a finaliser is running: then come again."""
    if in_finaliser(frame):
        again = threading.Timer(AGAIN_SECONDS, os.kill, (os.getpid(), signal.SIGINT))
        again.daemon = True
        again.start()
        return
    raise KeyboardInterrupt


def in_finaliser(frame: FrameType | None) -> bool:
    """Whether the frame, or one that called it, finalises an object."""
    while frame is not None:
        if frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False
