"""The commands that make, find and repeat runs, and that write the model for other tools."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cwmpcheck.cli.commands import cli
from cwmpcheck.engines.replay import ReplayError
from cwmpcheck.vocabulary.errors import CwmpcheckError, UnreadableInput, UsageError

BUG = "from cwmpcheck.protocol.mutants import mutant\nchange = mutant('drop:report:P-31').apply\n"


def run(*arguments: str | Path, given: str | None = None) -> Result:
    """Run a command line in this process; errors come out as they are raised."""
    result = CliRunner(env={"COLUMNS": "80", "NO_COLOR": "1"}).invoke(
        cli, [str(each) for each in arguments], input=given, standalone_mode=False
    )
    if isinstance(result.exception, CwmpcheckError):
        raise result.exception
    return result


@pytest.mark.parametrize("form", ["text", "json", "itf"])
def test_a_walk_is_repeated_from_every_form_in_which_it_is_printed(form: str) -> None:
    """What simulate prints, replay accepts, and prints the same script."""
    walked = run("simulate", "--steps", "25", "--seed", "4", "--scenario", "same-session", "--format", form)
    script = run("simulate", "--steps", "25", "--seed", "4", "--scenario", "same-session").stdout
    again = run("replay", "-", given=walked.stdout)
    assert again.return_value == 0
    assert again.stdout == script + "# it is a run of same-session\n"


def test_a_person_walks_by_numbers() -> None:
    """Choices are told on standard error, the run is what is printed; a 0 ends it."""
    result = run("simulate", "--interactive", given="1\n2\n0\n")
    actions = re.findall(r"^(\w+\(?.*?)\s+# \d", result.stdout, re.MULTILINE)
    assert actions == ["open_session", "answer_inform(hold=True)"]
    assert "1 open_session: Open a session" in result.stderr


def test_a_counterexample_of_verify_is_repeated_and_judged(tmp_path: Path) -> None:
    """The run in the JSON breaks its property again, on the same changed model and on no other."""
    bug = tmp_path / "bug.py"
    bug.write_text(BUG, encoding="utf-8")
    found = run("verify", "--scenario", "same-session", "--property", "P-31", "--model", bug, "--format", "json")
    steps = len(json.loads(found.stdout)["results"][0]["path"])
    again = run("replay", "-", "--model", bug, "--format", "json", given=found.stdout)
    assert json.loads(again.stdout)["runs"][0]["broken"] == {"P-31": steps}
    with pytest.raises(ReplayError, match=r"report: cannot be taken, since .* does not hold: "):
        run("replay", "-", given=found.stdout)


def test_a_question_with_an_answer_prints_a_run_that_replay_accepts() -> None:
    """With the value of DelaySeconds that makes it possible."""
    found = run("ask", "DelaySeconds > 1", "Download(delayed=yes)@cpe then DOWNLOAD_RESPONSE")
    assert found.return_value == 0
    assert "parameter: DelaySeconds = 2\n" in found.stdout
    assert run("replay", "-", given=found.stdout).return_value == 0


def test_what_never_happens_gives_exit_1_and_a_sentence() -> None:
    """A conclusion of success needs the new image: the prover shows it for every DelaySeconds."""
    result = run(
        "ask",
        "--scenario",
        "status0",
        "--depth",
        "2",
        "eventually acs.belief == SUCCESS and not cpe.updated",
    )
    assert result.return_value == 1
    assert result.stdout.startswith("There is no such run: inductive invariant")
    assert "any DelaySeconds from 1 up" in result.stdout


def test_what_was_not_found_in_time_gives_exit_4() -> None:
    """Nothing is claimed beyond what was looked at."""
    result = run("ask", "--seconds", "0", "eventually cpe.updated", "--format", "json")
    assert result.return_value == 4
    assert json.loads(result.stdout)["answer"] == "none within"


@pytest.mark.parametrize(
    ("text", "error", "why"),
    [
        ("", UnreadableInput, "names no action"),
        ("{", UnreadableInput, "begins like JSON and is none"),
        ("[" * 100_000, UnreadableInput, "begins like JSON and is none"),
        ("[1, 2]", UnreadableInput, "there is no run in this"),
        ('{"results": 5}', UnreadableInput, "there is no run in this"),
        ('{"results": [{"scenario": "unicast", "path": "boot"}]}', UnreadableInput, "a list of steps"),
        ('{"results": [{"scenario": "unicast", "path": [{}]}]}', UnreadableInput, "step 1 of the path names no action"),
        ('{"vars": [], "states": [{}], "#meta": {"system": "unicast"}}', UnreadableInput, "state 0 has no cpe.powered"),
        ("boot", UsageError, "give --scenario NAME"),
        ("system: nowhere\nboot", UsageError, "no scenario 'nowhere'"),
        (
            "system: unicast\nboot",
            ReplayError,
            "step 1, boot: cannot be taken, since 'the CPE is off' does not hold: cpe.powered = yes",
        ),
    ],
)
def test_what_cannot_be_repeated_is_refused_in_one_line(text: str, error: type[CwmpcheckError], why: str) -> None:
    """Unreadable, unknown, or no run of the model: each told apart."""
    with pytest.raises(error, match=why):
        run("replay", "-", given=text)


def test_bytes_that_are_no_text_are_unreadable(tmp_path: Path) -> None:
    """A capture given by mistake is not taken for a script."""
    file = tmp_path / "run.txt"
    file.write_bytes(b"\xd4\xc3\xb2\xa1\x00")
    with pytest.raises(UnreadableInput, match="is no text"):
        run("replay", file)


def test_every_language_is_written_and_named(tmp_path: Path) -> None:
    """What is written is told, one file a line, and is there."""
    for language, files in {
        "tla": ["status0.tla", "status0.cfg"],
        "promela": ["status0.pml"],
        "smt2": ["status0-horn.smt2", "status0-3-steps.smt2"],
        "json": ["status0.json"],
        "itf": ["status0-witness_P_20.itf.json"],
    }.items():
        told = run(
            "export", language, "--scenario", "status0", "--property", "P-20", "--depth", "3", "-o", tmp_path
        ).stdout
        assert told.splitlines() == [str(tmp_path / name) for name in files]
        assert all((tmp_path / name).stat().st_size > 200 for name in files)
    assert "INVARIANT Never_P_20" in (tmp_path / "status0.cfg").read_text()
    # The witness is what should happen, so it is no assertion.
    assert "witness" not in (tmp_path / "status0.pml").read_text()
    document = json.loads((tmp_path / "status0.json").read_text())
    assert {"name": "cpe.powered", "domain": "truth value", "initial": "yes", "timer": False} in document["variables"]
    assert run("replay", tmp_path / "status0-witness_P_20.itf.json").return_value == 0


def test_a_plain_model_has_no_property(tmp_path: Path) -> None:
    """--plain leaves the registers and the assertions out; SMT-LIB and traces have nothing to ask then."""
    run("export", "promela", "--plain", "-o", tmp_path)
    assert "never_" not in (tmp_path / "unicast.pml").read_text()
    for language in ("smt2", "itf"):
        with pytest.raises(UsageError, match="leave --property away"):
            run("export", language, "--plain", "-o", tmp_path)


def test_a_pass_is_explained_by_near_misses() -> None:
    """With --samples, the runs that came closest are told, each with the one condition that was missing."""
    result = run("verify", "--scenario", "status0", "--property", "P-21", "--samples")
    assert result.return_value == 0
    assert "P-21 in status0 would be broken had this held: " in result.stdout
    document = json.loads(
        run("verify", "--scenario", "status0", "--property", "P-21", "--samples", "--format", "json").stdout
    )
    assert document["exit"] == 0
    assert 1 <= len(document["samples"]) <= 3
    # A near miss is a run like any other.
    again = run("replay", "-", "--format", "json", given=json.dumps(document["samples"]))
    assert [each["broken"] for each in json.loads(again.stdout)["runs"]] == [{} for _ in document["samples"]]
