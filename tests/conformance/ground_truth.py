"""The given verdicts on the real runs, as the tool that writes docs/conformance.md reads them."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

_TOOL: dict[str, Any] = runpy.run_path(str(Path(__file__).resolve().parents[2] / "docs" / "tools" / "conformance.py"))


class Given(Protocol):
    """The ground truth on one run: both verdicts in our words, and the properties behind them."""

    protocol: str
    messages: str
    broken: frozenset[str]
    not_counted: frozenset[str]


SHARED_TRACES: Path = _TOOL["TRACES"]
RUNS: list[str] = _TOOL["RUNS"]
ARGUED: dict[tuple[str, str], str] = _TOOL["ARGUED"]
given: Callable[[str], Given] = _TOOL["given"]
