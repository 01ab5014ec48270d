"""The compiler and the cache of what it made."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.compile.toys import crossing

from cwmpcheck.compile import NoCompiler, compile_native, compiler
from cwmpcheck.compile.toolchain import cache_folder, library

needs_compiler = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")

ANSWER = '__attribute__((visibility("default"))) int answer(void) { return 42; }\n'


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "cwmpcheck"


@needs_compiler
def test_a_text_is_compiled_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time the library comes from the cache and the compiler is not called."""
    assert library(ANSWER).answer() == 42
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("the compiler was called again"))
    assert library(ANSWER).answer() == 42
    assert len(list(cache.glob("*.so"))) == 1


@needs_compiler
def test_another_text_is_another_library(cache: Path) -> None:
    """Libraries are addressed by content, so a changed text is never answered by an old library."""
    assert library(ANSWER).answer() == 42
    assert library(ANSWER.replace("42", "43")).answer() == 43
    assert len(list(cache.glob("*.so"))) == 2


@needs_compiler
def test_a_damaged_library_is_made_again(cache: Path) -> None:
    """A file that cannot be loaded, whoever wrote it, costs a compile and not a crash."""
    library(ANSWER + "/* damaged */")
    (made,) = cache.glob("*.so")
    made.unlink()
    made.write_bytes(b"not a library")
    assert library(ANSWER + "/* damaged */").answer() == 42


@needs_compiler
def test_many_at_once_leave_one_library(cache: Path) -> None:
    """Compiling the same text at the same time is harmless, and leaves nothing half made behind."""
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: library(ANSWER + "/* together */").answer(), range(4)))
    assert answers == [42] * 4
    assert [path.suffix for path in cache.iterdir()] == [".so"]


@needs_compiler
def test_a_cache_that_cannot_be_written_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the cache should be is a file: a folder of this process is used instead."""
    (tmp_path / "cwmpcheck").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert tmp_path not in cache_folder().parents
    assert library(ANSWER + "/* elsewhere */").answer() == 42


def test_no_compiler_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set and empty, CWMPCHECK_CC means that there is no compiler; the error says what else to use."""
    monkeypatch.setenv("CWMPCHECK_CC", "")
    assert compiler() is None
    with pytest.raises(NoCompiler, match="--backend numpy"):
        compile_native(crossing())


def test_a_compiler_that_is_not_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads nowhere is no compiler."""
    monkeypatch.setenv("CWMPCHECK_CC", "no-such-compiler-anywhere")
    assert compiler() is None


@pytest.mark.skipif(os.name != "posix", reason="false is a POSIX command")
def test_a_compiler_that_fails_is_told(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the command and how it ended."""
    monkeypatch.setenv("CWMPCHECK_CC", "false")
    with pytest.raises(NoCompiler, match="false failed: exit code 1"):
        library(ANSWER)
    assert list(cache.glob("*.so")) == []
