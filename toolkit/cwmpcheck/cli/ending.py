"""How a command ends: every error one clear line on standard error, and the exit code that says what kind it was."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from cwmpcheck.cli.interrupting import heard
from cwmpcheck.vocabulary.errors import CwmpcheckError

USAGE, UNREADABLE, INTERNAL, INTERRUPTED, PIPE_CLOSED = 2, 3, 70, 130, 141
DEBUG = "CWMPCHECK_DEBUG"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns its exit code and never shows a traceback, unless CWMPCHECK_DEBUG is set.

    Args:
        arguments: without the program's name; those of the process unless told.
    """
    # A stream that was closed before the program began is None; what is said to it is lost, and the exit code is not.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # it lives as long as the program
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # it lives as long as the program
    # A terminal that cannot show a character gets its code instead of an error.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with heard():
        return _run(arguments)


def _run(arguments: Sequence[str] | None) -> int:
    import click

    from cwmpcheck.cli.commands import cli
    from cwmpcheck.cli.pipe import PipeClosed

    try:
        code = cli.main(
            args=None if arguments is None else list(arguments), prog_name="cwmpcheck", standalone_mode=False
        )
        sys.stdout.flush()
    except click.exceptions.Exit as ending:
        return int(ending.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return USAGE
    except click.ClickException as error:
        return say(error.format_message(), USAGE, hint=_hint(error))
    except (click.Abort, KeyboardInterrupt):
        return say("interrupted", INTERRUPTED)
    except CwmpcheckError as error:
        if os.environ.get(DEBUG):
            raise
        return say(str(error), error.exit_code)
    except PipeClosed:
        # Nothing can be written any more, not even what is buffered when the program ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except OSError as error:
        if os.environ.get(DEBUG):
            raise
        where = f"{error.filename}: " if error.filename else ""
        return say(f"{where}{error.strerror or error}", UNREADABLE)
    except MemoryError:
        return say("out of memory; bound the search, as with --bounds states=1000000", 4)
    except Exception as error:  # the last line of defence: a person gets a line, not a traceback
        if os.environ.get(DEBUG):
            raise
        what = f"internal error: {type(error).__name__}: {error}"
        return say(what, INTERNAL, hint=f"This is a defect of cwmpcheck; {DEBUG}=1 shows where.")
    return code if isinstance(code, int) else 0


def _hint(error: object) -> str | None:
    context = getattr(error, "ctx", None)
    return f"See {context.command_path} --help." if context is not None else None


def say(message: str, code: int, *, hint: str | None = None) -> int:
    """Write one line to standard error, made plain, since it may quote a capture; returns the exit code."""
    from cwmpcheck.render.plain_text import plain

    text = plain(f"cwmpcheck: {message}") + (f" {hint}" if hint else "")
    print(text, file=sys.stderr, flush=True)
    return code
