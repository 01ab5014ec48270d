"""Every python block of docs/ does what it shows.

The blocks of a document run one after the other in one namespace. A block that begins with ``>>>`` is a doctest, any
other is a piece of a module.
"""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks_of(text: str) -> list[tuple[int, str]]:
    """The python blocks of a document, each with the number of its first line."""
    return [(text.count("\n", 0, match.start(1)) + 1, match.group(1)) for match in FENCE.finditer(text)]


DOCUMENTS = [path for path in sorted((ROOT / "docs").rglob("*.md")) if blocks_of(path.read_text(encoding="utf-8"))]


def run(text: str, name: str) -> str:
    """Run the blocks of a document; what doctest complains of."""
    scope: dict[str, object] = {"__name__": "document"}
    report: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for line, block in blocks_of(text):
        if block.startswith(">>>"):
            example = doctest.DocTestParser().get_doctest(block, scope, name, name, line - 1)
            runner.run(example, out=report.append, clear_globs=False)
            scope = example.globs
        else:
            # Empty lines in front let an error name the line of the document.
            exec(compile("\n" * (line - 1) + block, name, "exec"), scope)  # noqa: S102  # our own documents
    return "".join(report)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_python_blocks_do_what_they_show(path: Path) -> None:
    """A document that no longer agrees with the code is mended with it."""
    assert run(path.read_text(encoding="utf-8"), path.name) == ""


def test_blocks_share_a_namespace_and_a_wrong_answer_is_noticed() -> None:
    """A later block sees what an earlier one declared, and a doctest that shows something else fails."""
    text = "a\n```python\nx = 2\n```\nb\n```python\n>>> x + 1\n3\n```\n"
    assert [line for line, _ in blocks_of(text)] == [3, 7]
    assert run(text, "good") == ""
    assert "Got:\n    3" in run(text.replace("3\n```", "4\n```"), "bad")
