"""The benchmark system's distinct states, on which TLC, Spin and plain Python agree."""

from __future__ import annotations

import pytest

from cwmpcheck.compile import compiler
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


@pytest.mark.parametrize("backend", ["python", "numpy", pytest.param("native", marks=needs_compiler)])
def test_one_cpe(backend: BackendName) -> None:
    """One CPE has 12,846 states, 32,104 transitions and depth 35, and the invariant holds, in every back end."""
    check("one", backend, 32_104, 35)


@needs_compiler
def test_two_cpes_without_reboots() -> None:
    """Size S has 156,703 states, 507,980 transitions and depth 46."""
    check("S", "native", 507_980, 46)


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
