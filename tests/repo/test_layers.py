"""The layers: kept by the code as it is, and broken by an import that goes up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROOTS = ("model", "properties", "reference_impl", "toolkit")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """What import-linter says of the sources in a folder, under the contracts of pyproject.toml."""
    pytest.importorskip("importlinter", reason="import-linter comes with the extra `dev`")
    paths = os.pathsep.join(str(folder / root) for root in SOURCE_ROOTS)
    return subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_layers_are_kept() -> None:
    """No import of the project goes up a layer or between siblings."""
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "imports"),
    [
        ("model/cwmpcheck/kernel", "cwmpcheck.engines"),
        ("model/cwmpcheck/compile", "cwmpcheck.protocol"),
        ("properties/cwmpcheck/engines", "cwmpcheck.vocabulary.rules"),
        ("reference_impl/cwmpcheck/acs", "cwmpcheck.cpe"),
        ("reference_impl/cwmpcheck/cpe", "cwmpcheck.protocol"),
        ("toolkit/cwmpcheck/traces", "cwmpcheck.kernel"),
        ("toolkit/cwmpcheck/api", "cwmpcheck.cli"),
    ],
)
def test_an_import_that_goes_up_is_refused(tmp_path: Path, module: str, imports: str) -> None:
    """The contracts really see the code: one planted import breaks them."""
    for root in SOURCE_ROOTS:
        shutil.copytree(ROOT / root, tmp_path / root, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / module / "planted.py").write_text(f"import {imports}\n", encoding="utf-8")
    result = lint_imports(tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{module.split('/')[-1]}.planted -> {imports}" in result.stdout
