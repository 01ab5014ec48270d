"""Every relative link of the documents leads to something in the repository, down to the heading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md")
DOCUMENTS = [*(ROOT / name for name in TOP), *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z]+:")


def links_of(text: str) -> list[str]:
    """The targets of the links of a document, those to other sites left out; code is no link."""
    found = LINK.findall(CODE.sub("``", FENCE.sub("", text)))
    return [target for target in found if not ELSEWHERE.match(target)]


def anchors_of(text: str) -> set[str]:
    """What a link may name behind ``#``: each heading in lower case, words joined by hyphens, signs dropped."""
    headings = HEADING.findall(FENCE.sub("", text))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(text: str, path: Path) -> list[str]:
    """The links of a document at this path that lead nowhere, or out of the repository."""
    broken = []
    for link in links_of(text):
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        there = (target == ROOT or ROOT in target.parents) and target.exists()
        if not there or (anchor and anchor not in anchors_of(target.read_text(encoding="utf-8"))):
            broken.append(link)
    return broken


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(path: Path) -> None:
    """Who follows a link finds a file, a folder or a heading."""
    assert broken_links(path.read_text(encoding="utf-8"), path) == []


def test_there_are_links_to_check() -> None:
    """The README links to other documents, so the check above has something to say."""
    assert "docs/modelling.md" in links_of((ROOT / "README.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("[a](docs/adr/) [b](README.md) [c](https://example.org/none)", []),
        ("[a](docs/none.md)", ["docs/none.md"]),
        ("[a](../elsewhere.md)", ["../elsewhere.md"]),
        ("# One thing, again\n[a](#none)", ["#none"]),
        ("[a](CONTRIBUTING.md#five-commands)", []),
        ("`[a](none.md)`\n```\n[b](none.md)\n```\n", []),
    ],
)
def test_a_broken_link_is_noticed(text: str, broken: list[str]) -> None:
    """A file, a heading and a way out of the repository are told apart from what is there, and code is passed over."""
    assert broken_links(text, ROOT / "README.md") == broken
