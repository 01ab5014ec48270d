"""The shape of the repository: one namespace package over four source roots, and files a person can read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROOTS = ("model", "properties", "reference_impl", "toolkit")
PACKAGES = sorted(
    path for root in SOURCE_ROOTS for path in (ROOT / root / "cwmpcheck").iterdir() if any(path.glob("*.py"))
)
MODULES = sorted(path for root in SOURCE_ROOTS for path in (ROOT / root).rglob("*.py"))
PYTHON_FILES = sorted([*MODULES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])

LONGEST_FILE = 400
LONGER_FOR_A_REASON: dict[str, str] = {}  # path -> why it is one thing all the same
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "base", "misc", "stuff"}


def name_of(path: Path) -> str:
    """The path as a person writes it, for the names of parametrised tests."""
    return path.relative_to(ROOT).as_posix()


def test_no_root_holds_an_init_of_the_namespace() -> None:
    """A stray cwmpcheck/__init__.py in one root would hide the other three."""
    assert [root for root in SOURCE_ROOTS if (ROOT / root / "cwmpcheck" / "__init__.py").exists()] == []


def test_the_fifteen_packages_are_there() -> None:
    """The packages are those that the layers name; a sixteenth needs its place among them first."""
    assert {path.name for path in PACKAGES} == {
        *("vocabulary", "kernel", "compile", "protocol", "catalogue", "engines", "wire", "acs", "cpe", "lab"),
        *("traces", "conformance", "render", "api", "cli"),
    }


def test_no_module_is_contributed_twice() -> None:
    """Two roots never ship the same module: the one that comes first on the path would win silently."""
    names = [path.relative_to(ROOT / path.relative_to(ROOT).parts[0]).as_posix() for path in MODULES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("package", PACKAGES, ids=name_of)
def test_package_is_typed_and_says_what_it_offers(package: Path) -> None:
    """Every package tells type checkers that it is typed, and people what it is and what of it is public."""
    tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    assert (package / "py.typed").is_file(), "no py.typed: type checkers outside would take it for untyped"
    assert ast.get_docstring(tree), "no docstring"
    assert "__all__" in assigned, "no __all__: what is public is anybody's guess"


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_module_opens_with_a_docstring(module: Path) -> None:
    """Every module says in its first lines what it is for."""
    assert ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))


def test_no_module_has_a_name_that_says_nothing() -> None:
    """A module is named for what it holds."""
    assert [name_of(path) for path in MODULES if SAYS_NOTHING & set(path.relative_to(ROOT).with_suffix("").parts)] == []


def test_no_file_is_longer_than_a_person_reads() -> None:
    """A file over 400 lines holds two things, unless the list above says why it does not."""
    lengths = {name_of(path): path.read_text(encoding="utf-8").count("\n") for path in PYTHON_FILES}
    over = {name for name, length in lengths.items() if length > LONGEST_FILE}
    assert over == set(LONGER_FOR_A_REASON), {name: lengths[name] for name in over}
