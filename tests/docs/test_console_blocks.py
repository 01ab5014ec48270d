"""Every console block of README.md and docs/ still prints what it shows.

A block is fenced as ``console``. A line ``$ cwmpcheck ...`` is run, in a fresh folder per document part that holds a
copy of ``examples/``; the lines up to the next ``$`` are what it must print, standard output and errors together.

* ``...`` at the end of a line stands for the rest of it; a line of nothing but ``...`` for any number of lines.
* ``$ cwmpcheck ...  # exit 1`` says the exit code where it is not 0.
* ``\\`` at the end of a command continues it on the next line.
* ``<!-- slow -->`` on the line before the block marks it slow.
* Other commands (``$ python3 start.py demo``) are for people: not run, so they may not claim any output.
"""

from __future__ import annotations

import dataclasses
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SOURCE_ROOTS = ("model", "properties", "reference_impl", "toolkit")
FENCE = re.compile(r"(<!-- slow -->\n)?^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RUN = "import sys; sys.argv[0] = 'cwmpcheck'; from cwmpcheck.cli import main; sys.exit(main())"
SECONDS = 600


@dataclasses.dataclass(frozen=True)
class Command:
    """One command of a block, with what the document says it prints and returns."""

    text: str
    expected: str
    exit_code: int


@dataclasses.dataclass(frozen=True)
class Block:
    """One console block: where it stands, and its commands in order."""

    where: str
    commands: tuple[Command, ...]
    slow: bool


def blocks_of(text: str, name: str) -> list[Block]:
    """The console blocks of a document."""
    found = []
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start(2)) + 1
        found.append(Block(f"{name}:{line}", tuple(commands_of(match.group(2))), match.group(1) is not None))
    return found


def commands_of(body: str) -> list[Command]:
    """The commands of a block and the lines that follow each."""
    commands = []
    for part in re.split(r"^\$ ", body.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
        line, _, expected = part.partition("\n")
        text, _, code = line.partition(" # exit ")
        commands.append(Command(text.strip(), expected, int(code or 0)))
    return commands


def expression(expected: str) -> re.Pattern[str]:
    """What a command may print, given what the document shows."""
    parts = []
    for line in expected.rstrip("\n").split("\n") if expected.strip() else []:
        if line.strip() == "...":
            parts.append(r"(?:[^\n]*\n)*")
        elif line.endswith("..."):
            parts.append(re.escape(line.removesuffix("...")) + r"[^\n]*\n")
        else:
            parts.append(re.escape(line.rstrip()) + r" *\n")
    return re.compile("".join(parts))


def run(command: str, folder: Path) -> tuple[str, int]:
    """What `cwmpcheck` prints and returns, as on a plain terminal of 100 columns."""
    env = {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100", "PYTHONUTF8": "1"}
    env["PYTHONPATH"] = os.pathsep.join(str(ROOT / root) for root in SOURCE_ROOTS)
    done = subprocess.run(
        [sys.executable, "-c", RUN, *shlex.split(command)[1:]],
        cwd=folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        check=False,
        timeout=SECONDS,
    )
    return done.stdout, done.returncode


ALL = [each for path in DOCUMENTS for each in blocks_of(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())]


@pytest.mark.parametrize(
    "block", [pytest.param(each, id=each.where, marks=[pytest.mark.slow] if each.slow else []) for each in ALL]
)
def test_block_prints_what_it_shows(block: Block, tmp_path: Path) -> None:
    """What a document shows of a command is what the command does today."""
    if (ROOT / "examples").is_dir():
        shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for command in block.commands:
        if shlex.split(command.text)[:1] != ["cwmpcheck"]:
            assert command.expected.strip() == "", f"{command.text}: is not run, so it may not claim an output"
            continue
        printed, code = run(command.text, tmp_path)
        assert code == command.exit_code, f"{command.text}: exit code {code}\n{printed}"
        assert expression(command.expected).fullmatch(printed), f"{command.text}: printed\n{printed}\nshown:\n{command.expected}"


def test_a_block_is_read_as_written() -> None:
    """Commands, continuation, exit code, output and the slow mark are told apart."""
    text = "a\n<!-- slow -->\n```console\n$ cwmpcheck a \\\n  b # exit 1\none\n\n$ cwmpcheck c\n```\n"
    first, second = Command("cwmpcheck a   b", "one\n\n", 1), Command("cwmpcheck c", "", 0)
    assert blocks_of(text, "x.md") == [Block("x.md:4", (first, second), slow=True)]


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("", "", True),
        ("", "unexpected\n", False),
        ("one\ntwo\n", "one\ntwo\n", True),
        ("one\n", "one\ntwo\n", False),
        ("states ...\n", "states 72,011 in 0.4 s\n", True),
        ("states ...\n", "states 1\nmore\n", False),
        ("one\n...\nfour\n", "one\ntwo\nthree\nfour\n", True),
        ("one\n...\nfour\n", "one\ntwo\nthree\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_wildcards_stand_for_what_they_say(shown: str, printed: str, same: bool) -> None:
    """Three dots are the rest of a line, or lines; everything else is compared to the letter."""
    assert (expression(shown).fullmatch(printed) is not None) is same
