"""The public face of the engines."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cwmpcheck import engines


@pytest.mark.parametrize("name", engines.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """Names that are loaded late are found like the others, and none is a module by accident."""
    assert not hasattr(getattr(engines, name), "__path__")
    assert type(getattr(engines, name)).__name__ != "module"


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A misspelt name fails as in any module."""
    with pytest.raises(AttributeError, match="explroe"):
        engines.explroe  # noqa: B018  # the look-up is what is tested


def test_heavy_libraries_wait_until_they_are_needed() -> None:
    """Importing the engines loads neither hypothesis nor scipy."""
    script = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "import cwmpcheck.engines\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'hypothesis', 'scipy'}))"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == "[]"
