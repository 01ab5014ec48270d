"""What a person sees: the console, and progress on standard error where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cwmpcheck.cli.pipe import PipeClosed
from cwmpcheck.render.plain_text import plain, shortened


class Screen(Console):
    """Standard output; nothing that is printed is read as markup, and numbers get no colour of their own."""

    def __init__(self) -> None:
        super().__init__(highlight=False, markup=False, emoji=False)

    def on_broken_pipe(self) -> None:
        """End quietly."""
        raise PipeClosed


def console() -> Screen:
    """Standard output as a screen."""
    return Screen()


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """A line on standard error that tells how far the work has come, gone when it is done.

    Args:
        what: what is done, until the first word comes.
    """
    screen = Console(file=sys.stderr, highlight=False, markup=False, emoji=False)
    if not screen.is_terminal:
        yield lambda text: None
        return
    with screen.status(Text(plain(what))) as status:
        yield lambda text: status.update(Text(shortened(plain(text), max(20, screen.width - 4))))


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
