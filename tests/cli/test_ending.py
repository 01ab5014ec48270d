"""How the program ends, seen from outside: one clear line, the right exit code, never a traceback."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from cwmpcheck.api import Decision, verify
from cwmpcheck.cli import ending, main
from cwmpcheck.cli.interrupting import heard

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/unicast-upgrade"
SOURCES = os.pathsep.join(str(ROOT / root) for root in ("model", "properties", "reference_impl", "toolkit"))


def start(*arguments: str | Path, **extra: str) -> subprocess.Popen[str]:
    """The program in a process of its own."""
    env = {**os.environ, "PYTHONPATH": SOURCES, "COLUMNS": "80", **extra}
    return subprocess.Popen(
        [sys.executable, "-m", "cwmpcheck.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )


def outcome(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, standard output, standard error of the program run in this process."""
    code = main([str(each) for each in arguments])
    return code, *capsys.readouterr()


@pytest.fixture
def bad_files(tmp_path: Path) -> Path:
    """A folder of files that are no good captures."""
    (tmp_path / "empty.pcap").touch()
    (tmp_path / "noise.bin").write_bytes(random.Random(1).randbytes(1_000_000))
    (tmp_path / "words.txt").write_text("this is no capture\n", encoding="utf-8")
    whole = (EXAMPLE / "capture.pcap").read_bytes()
    (tmp_path / "cut.pcap").write_bytes(whole[: len(whole) // 2])
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("diff", "missing.pcap"), 3, "no such file"),
        (("diff", "{bad}/empty.pcap"), 3, "empty"),
        (("diff", "{bad}/noise.bin"), 3, "neither a packet capture"),
        (("diff", "{bad}/words.txt"), 3, "neither a packet capture"),
        (("verify", "--property", "P-310"), 2, "did you mean P-31"),
        (("verify", "--scenario", "nowhere"), 2, "unicast"),
        (("verify", "--reading", "A-08"), 2, "write it as A-08=restarts"),
        (("verify", "--bounds", "many"), 2, "no bound"),
        (("verify", "--bounds", "states=5,states=6"), 2, "given twice"),
        (("verify", "--bounds", "depth=5"), 2, "engine bmc"),
        (("verify", "--model", "missing.py"), 2, "no such model file"),
        (("explain", "P31"), 2, "P-31"),
        (("lab", "nowhere", "-o", "{bad}/out"), 2, "nowhere"),
        (("nonsense",), 2, "No such command"),
        (("diff",), 2, "Missing argument"),
        (("graph", "--view", "session", "--format", "dot", "-o", "{bad}/no/such/folder/x"), 3, "No such file"),
    ],
)
def test_bad_input_is_one_line_and_an_exit_code(
    bad_files: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, says: str
) -> None:
    """What happened and where, on standard error, without a traceback."""
    found, out, err = outcome(capsys, *(each.format(bad=bad_files) for each in arguments))
    assert (found, out) == (code, "")
    assert says in err
    assert err.startswith("cwmpcheck: ")
    assert err.count("\n") == 1


def test_a_truncated_capture_is_inconclusive(bad_files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is missing could have been anything: exit 4, with the place of the cut."""
    code, out, err = outcome(capsys, "diff", bad_files / "cut.pcap")
    assert (code, err) == (4, "")
    assert "INCONCLUSIVE" in out
    assert "cut off" in out


def test_the_program_says_its_version_and_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """--version and --help answer; without a command the help comes as an error."""
    assert outcome(capsys, "--version")[:2] == (0, f"cwmpcheck {version('cwmpcheck')}\n")
    assert outcome(capsys, "--help")[0] == 0
    code, _, err = outcome(capsys)
    assert code == 2
    assert "Commands:" in err


def test_the_module_runs_as_a_program() -> None:
    """``python -m cwmpcheck.cli`` hands its exit code and its one line to the shell."""
    process = start("explain", "P31")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, "")
    assert err.startswith("cwmpcheck: nothing is called 'P31'")


def test_a_reader_that_has_had_enough_is_no_error() -> None:
    """A closed pipe ends the program quietly."""
    process = start("list", "rules")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.wait(timeout=60) == ending.PIPE_CLOSED
    assert process.stderr.read() == ""


def test_ctrl_c_keeps_what_was_decided(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 130, one line, and the verdicts made before the interruption in the table."""
    made = verify(["status0"], ["P-20"]).decisions

    def interrupted(*_: object, **__: object) -> Iterator[Decision]:
        yield from made
        raise KeyboardInterrupt

    monkeypatch.setattr("cwmpcheck.cli.verify.decisions_on", interrupted)
    code, out, err = outcome(capsys, "verify")
    assert code == ending.INTERRUPTED
    assert err == "cwmpcheck: interrupted; the verdicts made so far (1) are above\n"
    assert out.splitlines()[1].split()[:3] == ["P-20", "status0", "proved"]
    assert "all as expected" not in out
    assert "1 verdict: 1 proved; interrupted before the rest was decided." in out
    assert outcome(capsys, "verify", "--format", "json")[0] == ending.INTERRUPTED
    made = ()
    code, out, err = outcome(capsys, "verify", "--format", "json")
    assert (code, json.loads(out)) == (130, {"results": [], "exit": 130})
    assert err == "cwmpcheck: interrupted; no verdict was made\n"


def test_ctrl_c_stops_a_search_at_once() -> None:
    """The signal ends a long search within seconds, with exit 130 and no traceback."""
    process = start("verify", "--scenario", "unicast", "--backend", "python")
    time.sleep(5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == ending.INTERRUPTED
    assert err.count("\n") == 1
    assert "interrupted" in err


class Dropped:
    """Something whose finaliser takes its time, and interrupts itself."""

    ran_to_its_end = False

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)
        Dropped.ran_to_its_end = True


def test_ctrl_c_in_a_finaliser_is_not_lost() -> None:
    """Python would print and forget it; here the finaliser ends, and then the program is interrupted."""

    def drop() -> None:
        with heard():
            Dropped()
            time.sleep(5)

    with pytest.raises(KeyboardInterrupt):
        drop()
    assert Dropped.ran_to_its_end


def test_an_internal_error_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 70 without a traceback; with CWMPCHECK_DEBUG set the traceback comes."""

    def broken(**_: object) -> int:
        raise RuntimeError("something \x1b[31mbroke")

    monkeypatch.setattr("cwmpcheck.cli.listing.run", broken)
    monkeypatch.delenv(ending.DEBUG, raising=False)
    assert main(["list", "rules"]) == 70
    err = capsys.readouterr().err
    assert "internal error: RuntimeError: something [31mbroke" in err
    assert err.count("\n") == 1
    monkeypatch.setenv(ending.DEBUG, "1")
    with pytest.raises(RuntimeError):
        main(["list", "rules"])


def test_starting_imports_nothing_heavy() -> None:
    """Help does not wait for the solver, the arrays or the terminal library."""
    code = (
        "import sys; from cwmpcheck.cli import main; main(['--help']);"
        "sys.exit(any(name in sys.modules for name in ('z3', 'numpy', 'rich', 'hypothesis', 'networkx', 'aiohttp')))"
    )
    env = {**os.environ, "PYTHONPATH": SOURCES}
    assert subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=False).returncode == 0


def test_a_terminal_without_unicode_gets_codes_instead_of_an_error() -> None:
    """Text that the terminal cannot show is escaped."""
    process = start("explain", "S-11", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
