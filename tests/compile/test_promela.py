"""The exported Promela model: Spin accepts it, and counts the states that we count."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.compile.toys import crossing, overflowing
from tests.engines.toys import jugs, ladders

from cwmpcheck.catalogue.registry import instrumented
from cwmpcheck.compile.promela import promela
from cwmpcheck.engines.explore import explore
from cwmpcheck.kernel import DeclarationError, Parameter, Range, System, Variable, Watch
from cwmpcheck.protocol import SCENARIOS, Scenario, scenario

needs_spin = pytest.mark.skipif(
    not (shutil.which("spin") and shutil.which("gcc")), reason="Spin or gcc is not installed (apt-get install spin gcc)"
)


@dataclass(frozen=True)
class SpinAnswer:
    """What Spin's verifier says: distinct states, transitions, errors, and the assertion that was violated."""

    states: int
    transitions: int
    errors: int
    violated: str | None


def spin(folder: Path, text: str, *options: str) -> SpinAnswer:
    """Have Spin search the whole of a model."""
    (folder / "model.pml").write_text(text)
    for command in (["spin", *options, "-a", "model.pml"], ["gcc", "-O0", "-w", "-DSAFETY", "-o", "pan", "pan.c"]):
        made = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
        assert made.returncode == 0, made.stdout + made.stderr
        assert "rror" not in made.stdout, made.stdout
    told = subprocess.run(
        ["./pan", "-m1000000", "-w20"], cwd=folder, capture_output=True, text=True, timeout=300, check=True
    ).stdout
    assert "out of memory" not in told
    assert "truncated" not in told
    assert "max search depth too small" not in told

    def number(pattern: str) -> int:
        found = re.search(pattern, told)
        assert found, told
        return int(found.group(1))

    violated = re.search(
        r"assertion violated !\((\w+)\)", told.replace(" ", "").replace("assertionviolated", "assertion violated ")
    )
    return SpinAnswer(
        number(r"(\d+) states, stored"),
        number(r"(\d+) transitions"),
        number(r"errors: (\d+)"),
        violated.group(1) if violated else None,
    )


def bounded_crossing() -> System:
    """The crossing without the variables that are too wide for Promela."""
    system = crossing()
    narrow = tuple(v for v in system.variables if v.name not in ("wide", "wider"))
    actions = tuple(a for a in system.actions if a.name != "swap")
    return replace(system, variables=narrow, actions=actions, watches=())


@needs_spin
@pytest.mark.parametrize("chosen", SCENARIOS, ids=lambda s: s.name)
def test_spin_counts_the_states_of_every_scenario_as_we_do(chosen: Scenario, tmp_path: Path) -> None:
    """Spin's distinct states and transitions are ours."""
    ours = explore(chosen.system, chosen.fixed)
    theirs = spin(tmp_path, promela(chosen.system, chosen.fixed))
    assert (theirs.states, theirs.errors) == (ours.states, 0)
    # Spin counts the step into the initial state as well.
    assert theirs.transitions - 1 == ours.transitions


@needs_spin
def test_spin_counts_an_instrumented_scenario_as_we_do(tmp_path: Path) -> None:
    """With the registers of every check, and its watches as assertions, the numbers agree too."""
    chosen = scenario("status0")
    system = instrumented("status0")
    ours = explore(system, chosen.fixed)
    checks = [w.name for w in system.watches if not w.name.startswith("witness") and w.name not in ours.occurrences]
    assert checks
    theirs = spin(tmp_path, promela(system, chosen.fixed, never=checks))
    assert (theirs.states, theirs.errors, theirs.violated) == (ours.states, 0, None)


@needs_spin
@pytest.mark.parametrize("system", [jugs(), ladders(3, 4), bounded_crossing()], ids=lambda s: s.name)
def test_spin_counts_the_states_of_toys_as_we_do(system: System, tmp_path: Path) -> None:
    """Without watches, the whole space is searched, negative numbers, single values and timers among it."""
    theirs = spin(tmp_path, promela(system, never=[]))
    assert (theirs.states, theirs.errors) == (explore(system).states, 0)


@needs_spin
@pytest.mark.parametrize(
    ("watch", "violated"), [("four", True), ("pour four away", True), ("start", True), ("never", False)]
)
def test_a_watch_that_occurs_violates_the_assertion_named_after_it(watch: str, violated: bool, tmp_path: Path) -> None:
    """On a state, on a step, and at the initial state; one that never occurs violates nothing."""
    theirs = spin(tmp_path, promela(jugs(), never=[watch]))
    name = "never_" + watch.replace(" ", "_")
    assert (theirs.errors, theirs.violated) == ((1, name) if violated else (0, None))


@needs_spin
def test_a_value_outside_its_domain_is_an_error_and_not_a_smaller_number(tmp_path: Path) -> None:
    """Bit fields would wrap silently; the model asserts instead."""
    assert spin(tmp_path, promela(overflowing())).errors == 1


@needs_spin
def test_a_parameter_can_be_given_anew_to_spin(tmp_path: Path) -> None:
    """The text names its constants, so that Spin's -D chooses them, beyond a timer's bound as well."""
    text = promela(bounded_crossing(), never=[])
    for patience in (0, 3, 9):
        ours = explore(bounded_crossing(), {"patience": patience})
        assert spin(tmp_path, text, f"-Dpatience={patience}").states == ours.states


def test_each_action_is_one_d_step() -> None:
    """As many steps as actions, one for every state watch, and one that only reads."""
    system = jugs()
    states = [w for w in system.watches if w.state is not None]
    assert promela(system).count(":: d_step {") == len(system.actions) + len(states) + 1


def test_variables_take_only_the_bits_they_need() -> None:
    """A truth value is a bit, a range a field of its width, a single value nothing."""
    text = promela(bounded_crossing())
    assert "bit pressed = 0;" in text
    assert "unsigned balance : 3 = 3;" in text
    assert not re.search(r"^(bit|unsigned|int) always_five", text, re.MULTILINE)


def test_numbers_beyond_32_bits_are_refused() -> None:
    """Promela's integers are C's; a wider variable or parameter is named in the refusal."""
    with pytest.raises(DeclarationError, match="wide.* of crossing can exceed the 32 bits"):
        promela(crossing())
    level = Parameter("level", Range(0, 9), 1, unbounded=True)
    count = Variable("count", Range(0, 1), 0)
    system = System("tall", (count,), (), (level,), watches=(Watch("high", (level.term > 3).expr),))
    assert "#define level (1)" in promela(system)
    with pytest.raises(DeclarationError, match="level of tall"):
        promela(system, {"level": 2**40})


def test_an_unknown_watch_is_refused() -> None:
    """A misspelt name would quietly check nothing."""
    with pytest.raises(DeclarationError, match="no watch fuor"):
        promela(jugs(), never=["fuor"])
