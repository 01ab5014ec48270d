"""What must not be in any tracked file: this or that machine, an index of packages, a secret."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Each pattern is written so that it does not match itself in this file.
FORBIDDEN = {
    "a folder of one machine": r"(?<![\w.~-])/(?:work|root|opt|farm|Users|home)/[A-Za-z]",
    "a Windows user's folder": r"[A-Z]:\\{1,2}Users\\",
    "an index of packages": r"(?:pypi|pythonhosted|devpi|artifactory|anaconda)\.(?:org|com|net|io)\b|index[-_]url\s*[=:]",
    "an option that names an index": r"^\s*--(?:extra-)?index-url|^\s*--(?:find-links|trusted-host)",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE[ ]KEY",
    "a token": r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|glpat-[\w-]{20}|xox[abp]-[\w-]{10,}|npm_[A-Za-z0-9]{36})\b",
}


def tracked() -> list[Path]:
    """The files under version control that exist; in an unpacked archive, where there is no git, no test makes sense."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listing.returncode != 0:
        pytest.skip("not a git checkout: no telling which files belong to the project")
    return [path for name in listing.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def findings(text: str, pattern: str) -> list[str]:
    """The lines of a text that a pattern matches."""
    return [line.strip()[:120] for line in text.splitlines() if re.search(pattern, line)]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_holds(what: str) -> None:
    """A clone on another machine, behind another mirror, works the same and gives nothing away."""
    bad = {}
    for path in tracked():
        found = findings(path.read_bytes().decode("utf-8", errors="ignore"), FORBIDDEN[what])
        if found:
            bad[path.relative_to(ROOT).as_posix()] = found
    assert bad == {}


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a folder of one machine", "see /" + "home/somebody/notes"),
        ("a Windows user's folder", "C:" + "\\Users\\somebody"),
        ("an index of packages", "https://py" + "pi.org/simple"),
        ("an option that names an index", "--index" + "-url somewhere"),
        ("a private key", "-----BEGIN RSA " + "PRIVATE KEY-----"),
        ("a token", "gh" + "p_" + "a" * 36),
    ],
)
def test_the_pattern_sees_what_it_is_for(what: str, line: str) -> None:
    """Each pattern finds an example of what it forbids."""
    assert findings(line, FORBIDDEN[what]) == [line]


def test_the_lock_has_a_hash_for_every_version_and_names_no_index() -> None:
    """Both locks pin exact versions, each with at least one hash, and say nothing of where to get them."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        packages = re.findall(r"^([a-z0-9][a-z0-9.-]*)==\S+ \\\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", text, re.MULTILINE)
        assert len(packages) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)) > 0
        assert "://" not in text


def test_the_two_locks_share_no_package() -> None:
    """The lock of the tests only adds to the lock of the package, so their versions cannot disagree."""
    core, dev = ((ROOT / name).read_text(encoding="utf-8") for name in ("requirements.lock", "requirements-dev.lock"))
    assert "\n-r requirements.lock\n" in dev
    assert set(re.findall(r"^[a-z0-9][^=\s]*", core, re.MULTILINE)).isdisjoint(re.findall(r"^[a-z0-9][^=\s]*", dev, re.MULTILINE))
