"""A model of one's own: a Python file that changes the protocol's.

Whatever goes wrong in such a file is its author's to mend, so it is told with the file, the line and what to do.
"""

from __future__ import annotations

import runpy
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cwmpcheck.kernel import System
from cwmpcheck.kernel.errors import DeclarationError
from cwmpcheck.kernel.validate import check
from cwmpcheck.protocol import Observation
from cwmpcheck.protocol.required_fields import REQUIRED_FIELDS
from cwmpcheck.vocabulary.errors import CwmpcheckError, UsageError

Change = Callable[[System], System]

SHAPE = "change(system), which returns the changed system"


def change_of(model: str | Path | Change | None) -> Change | None:
    """The function that changes a scenario's system, or None where nothing is to be changed.

    Args:
        model: the function itself, or a Python file that defines it as ``change(system)``. The file is executed.

    Raises:
        UsageError: when the file does not exist, cannot be executed, or defines no such function. The function of a file
            raises it too, with the file and the line, for whatever the author's code raises, and for a system that
            the validator refuses.
    """
    if model is None or callable(model):
        return model
    path = Path(model)
    if not path.is_file():
        raise UsageError(f"{path}: there is no such model file")
    with _blamed_on(path):
        names = runpy.run_path(str(path))
    change = names.get("change")
    if not callable(change):
        raise UsageError(f"{path} defines no function {SHAPE}")

    def checked(system: System) -> System:
        with _blamed_on(path, getattr(getattr(change, "__code__", None), "co_firstlineno", None)):
            changed = change(system)
        if not isinstance(changed, System):
            raise UsageError(
                f"{path}: change(system) returned {type(changed).__name__}, not a System; return the changed one"
            )
        _validated(path, changed)
        return changed

    return checked


def _validated(path: Path, changed: System) -> None:
    try:
        check(changed, observation=Observation, required_fields=REQUIRED_FIELDS)
    except DeclarationError as error:
        raise UsageError(f"{path}: the changed model of {changed.name} is refused: {error}") from error
    except Exception as error:  # the parts of a system can be anything, where a file put them there
        why = f"{type(error).__name__}: {_said(error)}"
        raise UsageError(
            f"{path}: what change(system) returned is no whole System ({why}); see kernel/edit.py"
        ) from error


@contextmanager
def _blamed_on(path: Path, start: int | None = None) -> Iterator[None]:
    """Tell what the author's code raises with its place, or ``start`` where it did not even begin.

    What is told already with a name of its own keeps its kind.
    """
    try:
        yield
    except DeclarationError as error:
        if error.place is not None:
            raise
        raise type(error)(error.what, action=error.action, place=_place(path, error, start)) from error
    except CwmpcheckError as error:
        raise UsageError(f"{_place(path, error, start)}: {error}") from error
    except SystemExit as error:
        raise UsageError(f"{_place(path, error, start)}: the model file ends the program; take that out") from error
    except Exception as error:  # whatever the author's code raises is told in one line
        raise UsageError(
            f"{_place(path, error, start)}: {type(error).__name__}: {_said(error)}; {_remedy(error)}"
        ) from error


def _place(path: Path, error: BaseException, start: int | None) -> str:
    """FILE:LINE of the innermost step in the author's file, else of where it would have begun; the file alone without both."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"{path}:{error.lineno}"
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == str(path)]
    line = lines[-1] if lines else start
    return str(path) if line is None else f"{path}:{line}"


def _said(error: BaseException) -> str:
    """The words of an error, even of one that fails to say them."""
    if isinstance(error, SyntaxError):
        return error.msg
    try:
        return str(error) or "no reason given"
    except Exception:  # noqa: BLE001  # a defect in the author's exception must not hide where it was raised
        return "(it cannot be shown: its __str__ fails)"


def _remedy(error: Exception) -> str:
    if isinstance(error, TypeError) and "argument" in _said(error):
        return f"mend the call or the function it names (the file defines {SHAPE})"
    if isinstance(error, RecursionError):
        return "let the function end"
    return "mend this line"
