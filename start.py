"""Sets everything up in .venv and runs it, with Python >= 3.11 and pip alone.

    python3 start.py demo               verifies the model, then judges the example capture
    python3 start.py test [OPTIONS]     passes the tests (further options go to pytest)

The first run downloads the locked, hashed packages; later runs start at once. Standard library only, and kept to a
syntax that older Pythons can read, so that they can say what is wrong with them.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STAMP = VENV / "installed"
OLDEST = (3, 11)  # said in pyproject.toml too

EXAMPLE = "examples/unicast-upgrade"
LOCKS = {"demo": "requirements.lock", "test": "requirements-dev.lock"}


class SetupError(Exception):
    """Something a person has to mend before this can go on; the message says how."""


def main(arguments: "list[str]") -> int:
    """Runs one verb; returns the exit code of what it ran, 2 for a wrong verb, 70 when the set-up failed."""
    verb, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if verb not in LOCKS or (verb == "demo" and rest):
        print(__doc__.strip(), file=sys.stderr)
        return 0 if verb in ("-h", "--help", "help") else 2
    try:
        set_up(LOCKS[verb])
    except SetupError as error:
        print("start.py: " + str(error), file=sys.stderr)
        return 70
    return demo() if verb == "demo" else test(rest)


def demo() -> int:
    """The main job: every scenario of the model, then a capture of an upgrade; the first exit code that is not 0."""
    verified = show("cwmpcheck", "verify")
    compared = show("cwmpcheck", "diff", EXAMPLE)
    return verified or compared


def test(options: "list[str]") -> int:
    """The tests and doctests that take seconds; the slow ones run with `-m slow`."""
    chosen = [] if "-m" in options else ["-m", "not slow"]
    return show("python", "-m", "pytest", "-q", "-n", str(os.cpu_count() or 1), *(chosen + options))


def show(program: str, *arguments: str) -> int:
    """Runs a program of the environment in the project's folder, shown as a person would type it."""
    print("\n$ " + " ".join([program, *(repr(each) if " " in each else each for each in arguments)]), flush=True)
    return subprocess.call([str(BIN / program), *arguments], cwd=str(ROOT))


def set_up(lock: str) -> None:
    """Installs what `lock` names, and the project itself, into .venv; does nothing when that is done already."""
    if sys.version_info < OLDEST:
        raise SetupError(
            f"this is Python {sys.version_info[0]}.{sys.version_info[1]}, and cwmpcheck needs 3.11 or later. "
            "Install one and start it by its name, such as `python3.11 start.py demo`."
        )
    current = {each: fingerprint(each) for each in LOCKS.values()}
    stamped = STAMP.read_text().split() if STAMP.is_file() else []
    fresh = [name for name, mark in current.items() if mark in stamped]
    if fresh and (lock in fresh or LOCKS["test"] in fresh):  # the lock of the tests includes the other one
        return
    if not fresh:
        create_environment()
    print(f"installing the versions of {lock} into {VENV.name} ...", flush=True)
    pip("--require-hashes", "-r", str(ROOT / lock))
    pip("--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    STAMP.write_text("\n".join([current[each] for each in {*fresh, lock}]) + "\n")


def fingerprint(lock: str) -> str:
    """Changes with whatever makes an installation stale: the Python, the locks, the project's own data."""
    files = [ROOT / "requirements.lock", ROOT / lock, ROOT / "pyproject.toml"]
    parts = [lock.encode(), sys.version.encode(), *(each.read_bytes() for each in files)]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def create_environment() -> None:
    """A new .venv. Where the system's Python comes without ensurepip (Debian), the system's pip serves it from outside."""
    shutil.rmtree(str(VENV), ignore_errors=True)
    if has_module("ensurepip") and run([sys.executable, "-m", "venv", str(VENV)]):
        return
    shutil.rmtree(str(VENV), ignore_errors=True)
    if not has_module("pip") or not run([sys.executable, "-m", "venv", "--without-pip", str(VENV)]):
        raise SetupError(
            "this Python has no working venv and pip. On Debian or Ubuntu: apt install python3-venv python3-pip; "
            "elsewhere install Python from python.org or with your package manager, then run this again."
        )


def pip(*arguments: str) -> None:
    """Installs into .venv; a failure is told with what most often is behind it."""
    inside = VENV / ("Lib" if os.name == "nt" else "lib")
    own = any(inside.glob("**/site-packages/pip"))
    command = [str(BIN / "python"), "-m", "pip"] if own else [sys.executable, "-m", "pip", "--python", str(BIN / "python")]
    if not run([*command, "install", "--quiet", "--disable-pip-version-check", *arguments]):
        raise SetupError(
            "pip could not install (its own words are above). The first run needs a package index: without a network, "
            "or behind a mirror, set PIP_INDEX_URL or PIP_FIND_LINKS, and run this again. A message about hashes means "
            "that a file is not the one that was locked; a message about no matching distribution, that there is no "
            "file of that version for this platform, or for a Python as old as this."
        )


def has_module(name: str) -> bool:
    """Whether this Python can import a module, asked in a process of its own."""
    return run([sys.executable, "-c", "import " + name], quiet=True)


def run(command: "list[str]", quiet: bool = False) -> bool:
    """Whether a command succeeds."""
    return subprocess.call(command, stderr=subprocess.DEVNULL if quiet else None) == 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
