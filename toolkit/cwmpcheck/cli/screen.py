"""What a person sees: the console, and progress on standard error where that is a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cwmpcheck.cli.pipe import PipeClosed
from cwmpcheck.render.plain_text import plain, shortened

UNKNOWN_WIDTH = 80
"""Columns of a terminal that does not say how many it has."""
QUIET_SECONDS = 30.0
"""How long work goes on before a file or a pipe on standard error is told, and how long from then to the next line."""


class Screen(Console):
    """Standard output; nothing that is printed is read as markup, and numbers get no colour of their own."""

    def __init__(self) -> None:
        super().__init__(highlight=False, markup=False, emoji=False)
        _made_wide(self)

    def on_broken_pipe(self) -> None:
        """End quietly."""
        raise PipeClosed


def _made_wide(screen: Console) -> None:
    # COLUMNS=0 is what some programs set when they do not know.
    if screen.width < 1:
        screen.width = UNKNOWN_WIDTH


def console() -> Screen:
    """Standard output as a screen."""
    return Screen()


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """A line on standard error that tells how far the work has come and for how long it goes on, gone when it is done.

    Where standard error is no terminal, a line is written only about work that takes long.

    Args:
        what: what is done, until the first word comes.
    """
    screen = Console(file=sys.stderr, highlight=False, markup=False, emoji=False)
    if not screen.is_terminal:
        yield _now_and_then()
        return
    _made_wide(screen)
    line = Elapsed(what, max(20, screen.width - 4))
    with screen.status(line):
        yield line.tell


def _now_and_then() -> Callable[[str], None]:
    last = time.monotonic()

    def tell(text: str) -> None:
        nonlocal last
        if time.monotonic() - last >= QUIET_SECONDS:
            last = time.monotonic()
            print(plain(text), file=sys.stderr, flush=True)

    return tell


class Elapsed:
    """A line that says what is done, and for how many seconds already.

    Args:
        what: what is done, until the first word comes.
        width: the most columns.
    """

    def __init__(self, what: str, width: int) -> None:
        self.what = what
        self.width = width
        self.started = time.monotonic()

    def tell(self, text: str) -> None:
        """Say something else from now on."""
        self.what = text

    def __rich__(self) -> Text:
        spent = f" ({time.monotonic() - self.started:.0f} s)"
        return Text(shortened(plain(self.what), self.width - len(spent)) + spent)


def show_table(screen: Console, table: Table) -> None:
    """Print a table without the blanks that would fill its lines up to the edge."""
    with screen.capture() as captured:
        screen.print(table)
    write("\n".join(line.rstrip() for line in captured.get().splitlines()))


def write(text: str) -> None:
    """Write text to standard output, as it is, with a newline at its end."""
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        raise PipeClosed from None
