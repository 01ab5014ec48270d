"""The system's C compiler, and a cache of what it made, addressed by content.

``CWMPCHECK_CC`` names another compiler; when it is set and empty, there is none.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from cwmpcheck.vocabulary.errors import CwmpcheckError

FLAGS = ("-O1", "-std=gnu11", "-shared", "-fPIC", "-fvisibility=hidden", "-w")
"""-O1: half the compile time of -O2, and generated code of this kind hardly runs slower."""

MOST_KEPT = 256
"""How many libraries the cache keeps; the ones unused for longest go first."""


class NoCompiler(CwmpcheckError):
    """There is no C compiler, or it cannot compile; the other back ends work without one."""

    exit_code = 2


def compiler() -> tuple[str, ...] | None:
    """The command of the C compiler, or None when there is none."""
    named = os.environ.get("CWMPCHECK_CC")
    if named is not None:
        command = tuple(shlex.split(named))
        return command if command and shutil.which(command[0]) else None
    return next(((found,) for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)


def cache_folder() -> Path:
    """Where libraries are kept: the user's cache, or a folder of this process when that cannot be written."""
    root = os.environ.get("XDG_CACHE_HOME")
    try:
        folder = (Path(root) if root else Path.home() / ".cache") / "cwmpcheck"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (OSError, RuntimeError):  # read-only, or nobody's home
        return _own_folder()
    return folder if os.access(folder, os.W_OK) else _own_folder()


@functools.cache
def _own_folder() -> Path:
    # Not a fixed name under the temporary folder: somebody else could have put a library there.
    folder = tempfile.mkdtemp(prefix="cwmpcheck-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def library(source: str) -> ctypes.CDLL:
    """The compiled and loaded form of a C text, from the cache when it is there.

    Raises NoCompiler when there is no compiler or it refuses the text.
    """
    command = compiler()
    if command is None:
        raise NoCompiler("no C compiler was found: install one, set CWMPCHECK_CC, or use --backend numpy")
    path = cache_folder() / f"{_key(source, command)}.so"
    if path.exists():
        try:
            os.utime(path)
            return ctypes.CDLL(str(path))
        except OSError:
            path.unlink(missing_ok=True)  # a library that cannot be loaded is made again
    _compile(source, command, path)
    _prune(path.parent)
    return ctypes.CDLL(str(path))


def _key(source: str, command: tuple[str, ...]) -> str:
    tool = Path(shutil.which(command[0]) or command[0]).resolve()
    stamp = tool.stat()
    parts = (source, *command, *FLAGS, str(tool), str(stamp.st_size), str(stamp.st_mtime_ns), platform.machine())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _compile(source: str, command: tuple[str, ...], path: Path) -> None:
    # Several processes may make the same library at once: each writes its own file and the last rename wins.
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="making-") as folder:
        text, made = Path(folder) / "system.c", Path(folder) / "system.so"
        text.write_text(source, encoding="utf-8")
        try:
            run = subprocess.run(
                [*command, *FLAGS, "-o", str(made), str(text)], capture_output=True, text=True, check=False
            )
        except OSError as error:
            raise NoCompiler(f"the C compiler {command[0]} cannot be run: {error}; use --backend numpy") from error
        if run.returncode != 0 or not made.exists():
            said = next((line for line in run.stderr.splitlines() if "error" in line), f"exit code {run.returncode}")
            raise NoCompiler(f"the C compiler {command[0]} failed: {said}; use --backend numpy")
        made.replace(path)


def _prune(folder: Path) -> None:
    try:
        kept = sorted(folder.glob("*.so"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in kept[MOST_KEPT:]:
            path.unlink(missing_ok=True)
    except OSError:
        return  # somebody else is pruning too
