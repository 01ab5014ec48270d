"""What every test may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Transcripts of the protocol are compared to the letter, and written anew only when somebody asks for it."""
    parser.addoption(
        "--rewrite-transcripts", action="store_true", help="write what happens today into tests/protocol/transcripts"
    )


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real captures, published messages and schemas that may lie beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared beside this checkout: the real captures and schemas are not here")
    return SHARED
