"""The wheel: everything a user needs is in it, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROOTS = ("model", "properties", "reference_impl", "toolkit")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built from this checkout without a network."""
    pytest.importorskip("hatchling", reason="hatchling builds the wheel; start.py installs it")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def metadata(wheel: zipfile.ZipFile, name: str) -> str:
    """One file of the wheel's own description."""
    return wheel.read(next(each for each in wheel.namelist() if each.endswith(f".dist-info/{name}"))).decode()


def test_every_file_of_the_four_roots_is_in_it(wheel: zipfile.ZipFile) -> None:
    """Sources, type markers and data of all four roots are there, under the one package."""
    wanted = {
        path.relative_to(ROOT / root).as_posix()
        for root in SOURCE_ROOTS
        for path in (ROOT / root / "cwmpcheck").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= set(wheel.namelist())
    assert "cwmpcheck/vocabulary/rules.json" in wanted


def test_nothing_else_is_in_it(wheel: zipfile.ZipFile) -> None:
    """No test, notebook or stray top-level name lands in a user's site-packages."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"cwmpcheck"}
    assert "cwmpcheck/__init__.py" not in wheel.namelist()


def test_every_package_is_marked_as_typed(wheel: zipfile.ZipFile) -> None:
    """Each package ships its py.typed: a namespace package has no common one."""
    packages = {name.split("/")[1] for name in wheel.namelist() if name.startswith("cwmpcheck/")}
    assert {f"cwmpcheck/{package}/py.typed" for package in packages} <= set(wheel.namelist())


def test_it_installs_the_command_and_names_its_licence(wheel: zipfile.ZipFile) -> None:
    """The command `cwmpcheck`, the licence and the extras are in the metadata."""
    described: Message = message_from_string(metadata(wheel, "METADATA"))
    assert "cwmpcheck = cwmpcheck.cli:main" in metadata(wheel, "entry_points.txt")
    assert described["License-Expression"] == "Apache-2.0"
    assert set(described.get_all("Provides-Extra", [])) == {"notebook", "dev"}


def test_versions_agree() -> None:
    """The version in pyproject.toml has its entry in the changelog."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
