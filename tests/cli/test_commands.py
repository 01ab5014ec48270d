"""The commands with click's runner: what they print, and for whom."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cwmpcheck.cli.commands import cli

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/unicast-upgrade"


def run(*arguments: str | Path, columns: int = 80) -> Result:
    """Run a command line in this process."""
    return CliRunner(env={"COLUMNS": str(columns), "NO_COLOR": "1"}).invoke(
        cli, [str(each) for each in arguments], standalone_mode=False
    )


def test_verify_prints_a_table_of_verdicts() -> None:
    """Property, scenario, verdict, states, seconds and provenance; an unverified rule says so; 80 columns are enough."""
    result = run("verify", "--scenario", "status0", "--property", "P-20", "--property", "P-21")
    assert result.return_value == 0
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["Property", "Scenario", "Verdict", "States", "Seconds", "Source"]
    assert lines[1].split()[:3] == ["P-20", "status0", "proved"]
    assert lines[2].endswith("M+ unverified")
    assert lines[-1] == "2 verdicts: 2 proved; all as expected."
    assert max(map(len, lines)) <= 80


def test_a_wide_terminal_gets_the_sentences() -> None:
    """From 110 columns on the table says what must hold."""
    result = run("verify", "--scenario", "status0", "--property", "P-20", columns=140)
    assert "The first SOAP message of a session is Inform." in result.stdout


def test_a_narrow_terminal_keeps_the_verdict() -> None:
    """At 40 columns the figures go, the verdicts stay whole."""
    lines = run("verify", "--scenario", "same-session", "--property", "P-20", columns=40).stdout.splitlines()
    assert lines[1].split()[:3] == ["P-20", "same-session", "proved"]
    assert max(map(len, lines)) <= 40


def test_a_question_that_does_not_arise_gets_its_reason() -> None:
    """No empty table."""
    result = run("verify", "--scenario", "status0", "--property", "P-05")
    assert result.return_value == 0
    assert result.stdout.startswith("Not applicable: P-05 in status0: ")


def test_a_bug_in_the_model_gives_exit_1_and_a_counterexample(tmp_path: Path) -> None:
    """A dropped guard is found, with an exchange that ends in the broken rule, within 80 columns."""
    file = tmp_path / "bug.py"
    file.write_text(
        "from cwmpcheck.protocol.mutants import mutant\nchange = mutant('drop:report:P-31').apply\n", encoding="utf-8"
    )
    result = run("verify", "--scenario", "same-session", "--property", "P-31", "--model", file)
    assert result.return_value == 1
    assert "Broken: P-31" in result.stdout
    assert "1 not as expected" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_verify_for_machines_is_one_json_document() -> None:
    """Standard output holds JSON and nothing else."""
    result = run("verify", "--scenario", "status0", "--property", "P-20", "--format", "json")
    document = json.loads(result.stdout)
    assert document["exit"] == result.return_value == 0
    assert [each["verdict"] for each in document["results"]] == ["proved"]


def test_a_bound_leaves_it_open() -> None:
    """A limit that was reached gives exit 4 and says which."""
    result = run("verify", "--scenario", "status0", "--property", "P-20", "--bounds", "states=50")
    assert result.return_value == 4
    assert "P-20 in status0 is open" in result.stdout


def test_diff_judges_the_example() -> None:
    """The shipped capture conforms; as JSON lines there is one line for each trace."""
    assert run("diff", EXAMPLE).return_value == 0
    result = run("diff", EXAMPLE, EXAMPLE / "capture.pcap", "--format", "jsonl")
    assert [json.loads(line)["verdict"] for line in result.stdout.splitlines()] == ["conforms", "conforms"]
    assert "2 traces: 2 conforms." in run("diff", EXAMPLE, EXAMPLE / "capture.pcap").stdout


def test_diff_names_the_broken_property(shared_dir: Path) -> None:
    """A real run that calls TransferComplete without announcing it deviates, by P-31, with packet and guard."""
    result = run("diff", shared_dir / "traces/genieacs__genieacs-sim__success", "--format", "json")
    assert result.return_value == 1
    (trace,) = json.loads(result.stdout)["traces"]
    finding = next(each for each in trace["findings"] if each["property"] == "P-31")
    assert finding["at"]["packet"] == 76
    assert finding["because"]["rule"] == "P-31"


def test_a_conforming_real_run_gives_exit_0(shared_dir: Path) -> None:
    """What only a validator of schemas sees does not make a trace deviate, unless told."""
    capture = shared_dir / "traces/genieacs__cpe-labs-arris__success/capture.pcap"
    assert run("diff", capture).return_value == 0
    assert run("diff", capture, "--fail-on", "minor").return_value == 1


@pytest.mark.parametrize(
    ("form", "begins"), [("dot", "digraph"), ("mermaid", "flowchart"), ("graphml", "<graphml"), ("svg", "<svg")]
)
def test_graph_prints_every_text_format(form: str, begins: str) -> None:
    """Each format comes out on standard output."""
    result = run("graph", "--view", "transfer", "--scenario", "status0", "--format", form)
    assert result.stdout.startswith(begins)


def test_graph_writes_a_file(tmp_path: Path) -> None:
    """With -o nothing is printed, and the file is a picture."""
    result = run("graph", "--view", "system", "--format", "png", "-o", tmp_path / "x.png")
    assert result.stdout == ""
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", ["scenarios", "properties", "readings", "mutants", "rules", "defects"])
def test_list_for_people_and_for_machines(kind: str) -> None:
    """Both forms list the same ids."""
    entries = json.loads(run("list", kind, "--format", "json").stdout)
    text = run("list", kind).stdout
    assert all(entry["id"] in text for entry in entries)
    assert max(map(len, text.splitlines())) <= 80


def test_explain_wraps_and_shows_doubt() -> None:
    """An unverified rule says so; JSON has the same parts."""
    result = run("explain", "T-05")
    assert "unverified" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert json.loads(run("explain", "T-05", "--format", "json").stdout)["id"] == "T-05"


def test_lab_runs_a_scenario_that_diff_accepts(tmp_path: Path) -> None:
    """Real peers on the loopback, recorded, and judged."""
    assert run("lab", "status0", "-o", tmp_path / "run", "--seed", "3").return_value == 0
    assert run("diff", tmp_path / "run").return_value == 0
