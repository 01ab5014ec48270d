"""A model file with a mistake in it: one line with the file, the line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from cwmpcheck.api.model_file import change_of
from cwmpcheck.cli import main
from cwmpcheck.protocol import scenario
from cwmpcheck.vocabulary.errors import CwmpcheckError, UsageError

EDITS = "from cwmpcheck.kernel.edit import *\nfrom cwmpcheck.kernel.edit import changed\n"


def applied(file: Path) -> None:
    """Read a model file and change a scenario by it."""
    change = change_of(file)
    assert change is not None
    change(scenario("same-session").system)


def told(tmp_path: Path, text: str) -> str:
    """The complaint about a model file, and that it has exit code 2."""
    file = tmp_path / "mine.py"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CwmpcheckError) as raised:
        applied(file)
    assert raised.value.exit_code == 2
    return str(raised.value)


@pytest.mark.parametrize(
    ("body", "line", "says"),
    [
        ("def change(s):\n    return 1/0\n", 4, "ZeroDivisionError: division by zero"),
        ("def change(s):\n    return change(s)\n", 4, "RecursionError"),
        ('def change(s):\n    return changed(s, "report", "P-31")\n', 4, "'P-31' is no change"),
        ('def change(s):\n    return changed(s, "report", lambda a: a)\n', 4, "positional argument"),
        ('def change(s):\n    return changed(s, "report", assigning({"no.such": 1}))\n', 4, "no variable no.such"),
        ('def change(s):\n    return changed(s, "report", showing({"nope": 1}))\n', 4, "no field nope"),
        ('def change(s):\n    return changed(s, "report", forgetting("nothing.here"))\n', 4, "nothing.here"),
        ('def change(s):\n    return changed(s, "report", guarded_by("x"))\n', 4, "'x' is no guard"),
        ("class E(Exception):\n    def __str__(self): return 1/0\ndef change(s):\n    raise E\n", 6, "E: "),
        ("import sys\ndef change(s):\n    sys.exit(0)\n", 5, "ends the program"),
        ("import sys\nsys.exit(0)\n", 4, "ends the program"),
        ("def change(s)\n    return s\n", 3, "SyntaxError"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, body: str, line: int, says: str) -> None:
    """The innermost line of the author's own file, whatever was raised and by whom."""
    complaint = told(tmp_path, EDITS + body)
    assert f"mine.py:{line}" in complaint
    assert says in complaint


def test_a_change_without_an_argument_is_told_what_it_needs(tmp_path: Path) -> None:
    """The call is not the author's line, so the definition is named, and the shape of the function."""
    complaint = told(tmp_path, "\ndef change(): return 1\n")
    assert "mine.py:2: TypeError" in complaint
    assert "change(system), which returns the changed system" in complaint


def test_a_changed_system_that_leaves_its_domains_is_refused(tmp_path: Path) -> None:
    """The validator's complaint is told before any engine runs."""
    step = "from cwmpcheck.kernel import state_of\nfrom cwmpcheck.protocol import Upgrade\nS = state_of(Upgrade)\n"
    text = f'{EDITS}{step}def change(s):\n    return changed(s, "session_fails", assigning({{"cpe.retry": S.cpe.retry + 1}}))\n'
    complaint = told(tmp_path, text)
    assert "is refused" in complaint
    assert "cpe.retry" in complaint
    assert "session_fails" in complaint


def test_a_system_of_the_wrong_parts_is_refused(tmp_path: Path) -> None:
    """Parts that are no actions at all."""
    text = "from dataclasses import replace\ndef change(s): return replace(s, actions=(1,))\n"
    assert "no whole System" in told(tmp_path, text)


def test_the_command_ends_with_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2 and one line, also for a file that ends the program, which is no pass."""
    file = tmp_path / "mine.py"
    file.write_text("import sys\nsys.exit(0)\n", encoding="utf-8")
    assert main(["verify", "--scenario", "status0", "--property", "P-20", "--model", str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"cwmpcheck: {file}:2: ")
    assert err.count("\n") == 1


def test_a_file_that_is_missing_is_named() -> None:
    """Nothing is executed."""
    with pytest.raises(UsageError, match="no such model file"):
        change_of("no-such-file.py")
