"""A model of one's own: a Python file that changes the protocol's."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

from cwmpcheck.kernel import System
from cwmpcheck.vocabulary.errors import CwmpcheckError, UsageError

Change = Callable[[System], System]


def change_of(model: str | Path | Change | None) -> Change | None:
    """The function that changes a scenario's system, or None where nothing is to be changed.

    Args:
        model: the function itself, or a Python file that defines it as ``change(system)``. The file is executed.

    Raises:
        UsageError: when the file does not exist, cannot be executed, or defines no such function.
    """
    if model is None or callable(model):
        return model
    path = Path(model)
    if not path.is_file():
        raise UsageError(f"{path}: there is no such model file")
    try:
        names = runpy.run_path(str(path))
    except CwmpcheckError:
        raise
    except Exception as error:  # whatever the user's own file raises is told in one line
        raise UsageError(f"{path}: {type(error).__name__}: {error}") from error
    change = names.get("change")
    if not callable(change):
        raise UsageError(f"{path} defines no function change(system), which returns the changed system")

    def checked(system: System) -> System:
        changed = change(system)
        if not isinstance(changed, System):
            raise UsageError(f"{path}: change(system) returned {type(changed).__name__}, not a System")
        return changed

    return checked
