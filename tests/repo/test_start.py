"""start.py: what it says when it cannot start, and that it can say so anywhere."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """start.py as a module, with an environment of its own that does not exist yet."""
    spec = importlib.util.spec_from_file_location("start", ROOT / "start.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    environment = tmp_path / ".venv"
    monkeypatch.setattr(module, "VENV", environment)
    monkeypatch.setattr(module, "BIN", environment / "bin")
    monkeypatch.setattr(module, "STAMP", environment / "installed")
    return module


def test_it_is_readable_for_an_old_python_and_needs_the_standard_library_alone() -> None:
    """Python 3.6 can read it, so that it can say that it is too old; nothing has to be installed first."""
    tree = ast.parse((ROOT / "start.py").read_text(encoding="utf-8"), feature_version=(3, 6))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {name.name for node in imports if isinstance(node, ast.Import) for name in node.names}
    names |= {node.module or "" for node in imports if isinstance(node, ast.ImportFrom)}
    assert names <= sys.stdlib_module_names


def test_an_old_python_is_told_what_to_do(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Python that is too old gives one line with its version and the one that is needed."""
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    assert start.main(["demo"]) == 70
    assert "this is Python 3.9, and cwmpcheck needs 3.11 or later" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["tset"], 2), (["demo", "x"], 2), (["--help"], 0)])
def test_a_wrong_verb_shows_the_usage(
    start: ModuleType, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int
) -> None:
    """Without a verb it knows, it sets nothing up and shows what there is."""
    assert start.main(arguments) == code
    assert "python3 start.py demo" in capsys.readouterr().err
    assert not start.VENV.exists()


def test_without_an_index_it_says_what_to_set(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where pip cannot reach any package, the message tells about the network; the next run starts anew."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    assert start.main(["demo"]) == 70
    assert "PIP_INDEX_URL" in capfd.readouterr().err
    assert not start.STAMP.exists()


def test_an_environment_that_is_up_to_date_is_left_alone(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run installs nothing, and the environment of the tests serves the demo too."""
    monkeypatch.setattr(start, "run", lambda *_, **__: pytest.fail("ran something"))
    start.VENV.mkdir()
    start.STAMP.write_text(start.fingerprint(start.LOCKS["test"]))
    start.set_up(start.LOCKS["test"])
    start.set_up(start.LOCKS["demo"])


def test_the_environment_of_the_demo_does_not_serve_the_tests(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests need on top is added to it, without starting anew."""
    commands: list[list[str]] = []

    def record(command: list[str]) -> bool:
        commands.append(command)
        return True

    monkeypatch.setattr(start, "run", record)
    start.VENV.mkdir()
    start.STAMP.write_text(start.fingerprint(start.LOCKS["demo"]))
    start.set_up(start.LOCKS["test"])
    assert [command[-1] for command in commands] == [str(ROOT / "requirements-dev.lock"), str(ROOT)]
    assert len(start.STAMP.read_text().split()) == 2


def test_it_stops_at_the_oldest_python_that_the_project_supports(start: ModuleType) -> None:
    """The oldest Python said here and in pyproject.toml is the same."""
    assert f'requires-python = ">={".".join(map(str, start.OLDEST))}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
