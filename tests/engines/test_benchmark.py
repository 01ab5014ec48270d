"""The benchmark system's distinct states, on which TLC, Spin and plain Python agree."""

from __future__ import annotations

import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

import fwup as fwup_module
from cwmpcheck.compile import compiler
from cwmpcheck.compile.components import partition_of
from cwmpcheck.compile.searching import BackendName
from cwmpcheck.engines.explore import explore
from cwmpcheck.kernel.mutate import droppable
from fwup import SIZES, STATES, fwup

needs_compiler = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")


def check(size: str, backend: BackendName, transitions: int, depth: int) -> None:
    """Explore one size and compare what is known of it."""
    found = explore(fwup(SIZES[size]), backend=backend)
    assert (found.states, found.transitions, found.depth) == (STATES[size], transitions, depth)
    assert found.exhausted
    assert found.occurrences == {}


@pytest.mark.parametrize("backend", ["python", "numpy", "tables", pytest.param("native", marks=needs_compiler)])
def test_one_cpe(backend: BackendName) -> None:
    """One CPE has 12,846 states, 32,104 transitions and depth 35, and the invariant holds, in every back end."""
    check("one", backend, 32_104, 35)


@pytest.mark.parametrize("backend", ["tables", pytest.param("native", marks=needs_compiler)])
def test_two_cpes_without_reboots(backend: BackendName) -> None:
    """Size S has 156,703 states, 507,980 transitions and depth 46."""
    check("S", backend, 507_980, 46)


def test_its_components_are_found() -> None:
    """Each CPE is a component, the budget of losses is one of its own, and the tables are chosen for it."""
    system = fwup(SIZES["S"])
    names = [{system.variables[place].name for place in members} for members in partition_of(system).members]
    assert names[0] == {"losses"}
    assert [{name.split(".")[0] for name in each} for each in names[1:]] == [{"cpe[0]"}, {"cpe[1]"}]
    found = explore(system)
    assert found.backend == "tables"
    assert found.candidates == 2 * 954 * 954


def test_coupled_parts_fall_back() -> None:
    """One CPE alone is one component, for which tables do not pay, so the packed search takes it."""
    found = explore(fwup(SIZES["one"]))
    assert found.backend in ("native", "numpy")
    assert found.candidates is None


@pytest.mark.skipif(not shutil.which("spin") or not shutil.which("gcc"), reason="spin or gcc is not installed")
def test_spin_counts_the_same(tmp_path: Path) -> None:
    """Spin's model of the smallest size stores as many distinct states, and finds no error."""
    names = zip(("N", "L", "R", "D", "W", "CAP"), vars(SIZES["one"]).values(), strict=True)
    model = Path(fwup_module.__file__).with_name("fwup.pml")
    run = partial(subprocess.run, cwd=tmp_path, check=True, capture_output=True, text=True)
    run(["spin", *(f"-D{name}={value}" for name, value in names), "-a", str(model)])
    run(["gcc", "-O0", "-DSAFETY", "-w", "-o", "pan", "pan.c"])
    said = run(["./pan", "-m100000"]).stdout
    assert "errors: 0" in said
    assert f"{STATES['one']} states, stored" in said


@needs_compiler
@pytest.mark.slow
def test_two_cpes_that_reboot() -> None:
    """Size M has 2,013,405 states, 7,762,316 transitions and depth 55."""
    check("M", "native", 7_762_316, 55)


@pytest.mark.parametrize(
    ("reason", "breaks"), [("the file server has a free slot", True), ("the ACS waits for something", False)]
)
def test_the_invariant_rests_on_the_slot(reason: str, breaks: bool) -> None:
    """Without the check for a free slot two CPEs download at once; without another guard the invariant still holds."""
    system, mutants = droppable(fwup(SIZES["S"]), ["cpe"])
    mutant = next(m for m in mutants if m.reason == reason)
    found = explore(system, {"dropped": mutant.index}, stop_at=frozenset({"invariant broken"}))
    assert ("invariant broken" in found.occurrences) == breaks
    assert found.exhausted != breaks
