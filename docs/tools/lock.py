"""Writes requirements.lock and requirements-dev.lock: exact versions with the hashes of their files, and no index.

    python3.11 -m pip install pip-tools
    python3.11 docs/tools/lock.py              # keeps the versions that are locked now, where they still fit
    python3.11 docs/tools/lock.py --upgrade    # takes the newest ones that pyproject.toml allows

``requirements.lock`` holds what the package and its build need; ``requirements-dev.lock`` starts with that file and adds
the extras ``notebook`` and ``dev``. Where the files come from is the business of whoever installs them: a lock that names
an index would break behind a mirror, and the hashes already say which bytes are meant. The hashes are those of every
platform's files. It has to run on the oldest Python that is supported, down to the patch level: some packages ask for
3.11.5, which a lock resolved on a newer patch then takes, and Debian 12 (3.11.2) cannot install.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "requirements.lock"
DEV = ROOT / "requirements-dev.lock"
EXTRAS = ("notebook", "dev")
OLDEST = (3, 11, 2)
HEADER = "# Written by docs/tools/lock.py from pyproject.toml; do not edit.\n"


def resolve(output: Path, sources: list[Path], options: list[str]) -> str:
    """What pip-compile makes of these requirement files, without header and without any index.

    Args:
        output: the lock whose present versions are kept where they still fit.
        sources: requirement files, or a pyproject.toml.
        options: further options of pip-compile.
    """
    fixed = "--generate-hashes --no-header --allow-unsafe --strip-extras --annotation-style=line --quiet"
    hidden = "--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options"
    command = [sys.executable, "-m", "piptools", "compile", *fixed.split(), *hidden.split(), *options]
    subprocess.run([*command, "-o", str(output), *map(str, sources)], check=True, cwd=ROOT)
    return output.read_text(encoding="utf-8")


def blocks(text: str) -> dict[str, str]:
    """A lock as one block of lines for each package, comments about where a requirement comes from made portable."""
    found: dict[str, str] = {}
    for block in re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", text, flags=re.MULTILINE | re.DOTALL):
        found[block.split("==")[0]] = re.sub(r" +# via .*", why, block).rstrip() + "\n"
    return found


def why(comment: re.Match[str]) -> str:
    """The ``# via`` comment without the folders of this machine."""
    names = re.sub(r" \([^)]*\)|, -[cr] [^,]*|-[cr] [^,]*, ", "", comment.group(0).strip())
    return f"    {re.sub(r'-r [^,]*', 'the build', names)}"


def main(arguments: list[str]) -> None:
    """Resolves the core first, then the extras with the core's versions held."""
    if sys.version_info[:3] > OLDEST:
        sys.exit(f"this is Python {sys.version.split()[0]}: resolve with {'.'.join(map(str, OLDEST))}, or the lock fits only newer ones")
    project = ROOT / "pyproject.toml"
    build = tomllib.loads(project.read_text(encoding="utf-8"))["build-system"]["requires"]
    with tempfile.TemporaryDirectory() as folder:
        build_file = Path(folder) / "build.in"
        build_file.write_text("\n".join(build) + "\n", encoding="utf-8")
        core_file, dev_file = Path(folder) / "core.txt", Path(folder) / "dev.txt"
        for kept, copy in ((CORE, core_file), (DEV, dev_file)):
            if kept.exists():
                copy.write_text("".join(blocks(kept.read_text(encoding="utf-8")).values()), encoding="utf-8")
        core = blocks(resolve(core_file, [project, build_file], arguments))
        extras = [f"--extra={each}" for each in EXTRAS]
        dev = blocks(resolve(dev_file, [project, build_file], [*arguments, *extras, "-c", str(core_file)]))
    CORE.write_text(HEADER + "".join(core.values()), encoding="utf-8")
    added = "".join(block for name, block in dev.items() if name not in core)
    DEV.write_text(f"{HEADER}-r requirements.lock\n{added}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
