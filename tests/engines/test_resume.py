"""A search that is cut short, put aside in a file, and taken up again, by the same back end or another."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import z3
from tests.compile.toys import crossing
from tests.engines.toys import jugs, ladders

from cwmpcheck.compile import compiler
from cwmpcheck.compile.saving import NotResumable
from cwmpcheck.compile.search import Bounds, Search
from cwmpcheck.compile.searching import BackendName, open_search
from cwmpcheck.engines.explore import TIME, Exploration, Limits, explore
from cwmpcheck.kernel import System

BACKENDS: list[BackendName] = ["python", "numpy", "tables", *(["native"] if compiler() else [])]  # type: ignore[list-item]  # a name


def figures(found: Exploration) -> object:
    """What must not depend on whether the search was interrupted."""
    lengths = {name: len(path) for name, path in found.occurrences.items()}
    stuck = None if found.deadlock_path is None else len(found.deadlock_path)
    counts = (found.states, found.transitions, found.depth, found.deadlocks, found.exhausted)
    return counts, dict(found.fired), lengths, stuck


def stepped(system: System, backend: BackendName) -> Search:
    """A search after its first slice of no time."""
    _, search = open_search(system, system.defaults, backend, Bounds())
    search.advance(0.0)
    return search


@pytest.mark.parametrize("first", BACKENDS)
@pytest.mark.parametrize("second", BACKENDS)
def test_any_back_end_goes_on(first: BackendName, second: BackendName, tmp_path: Path) -> None:
    """Cut short again and again by one, taken up and finished by another: every figure is as if never interrupted."""
    system, file = ladders(4, 9), tmp_path / "put-aside"
    began = explore(system, backend=first, limits=Limits(seconds=0), save=file)
    for _ in range(3):
        if began.saved:
            assert began.stopped_because == TIME
            began = explore(system, backend=first, limits=Limits(seconds=0), save=file, resume=file)
    if began.saved:
        began = explore(system, backend=second, resume=file)
    assert figures(began) == figures(explore(system, backend="python"))


@pytest.mark.parametrize("backend", BACKENDS)
def test_snapshots_of_snapshots(backend: BackendName) -> None:
    """A search handed on after each slice of no time ends with the same figures, sightings and deadlocks included."""
    for system in (jugs(), ladders(3, 12)):
        _, search = open_search(system, system.defaults, backend, Bounds())
        tally = search.advance(0.0)
        while not tally.over:
            _, again = open_search(system, system.defaults, backend, Bounds())
            again.restore(search.snapshot())
            search, tally = again, again.advance(0.0)
        _, whole = open_search(system, system.defaults, backend, Bounds())
        wanted = whole.advance(60.0)
        assert (tally.states, tally.transitions, tally.depth) == (wanted.states, wanted.transitions, wanted.depth)
        assert list(tally.fired) == list(wanted.fired)
        assert (tally.deadlocks, tally.deadlock is None) == (wanted.deadlocks, wanted.deadlock is None)
        assert {n: len(search.run(h.state)) for n, h in tally.hits.items()} == {
            n: len(whole.run(h.state)) for n, h in wanted.hits.items()
        }
        assert set(map(tuple, search.states().tolist())) == set(map(tuple, whole.states().tolist()))


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
@pytest.mark.parametrize("backend", BACKENDS)
def test_ctrl_c_puts_aside(backend: BackendName, tmp_path: Path) -> None:
    """Ctrl-C ends the search with KeyboardInterrupt as ever, and leaves a file behind that it goes on from."""
    system, file = ladders(8, 15), tmp_path / "put-aside"
    timer = threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        explore(system, backend=backend, limits=Limits(seconds=60, megabytes=4000), save=file)
    resumed = explore(system, backend=backend, limits=Limits(seconds=0, megabytes=4000), resume=file)
    assert resumed.states > 16
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert [path.name for path in tmp_path.iterdir()] == ["put-aside"]


def test_a_finished_search_is_not_put_aside(tmp_path: Path) -> None:
    """What is through needs no file."""
    file = tmp_path / "put-aside"
    assert explore(jugs(), save=file).saved is None
    assert not file.exists()


def test_another_system_is_refused(tmp_path: Path) -> None:
    """A file goes with its system, its parameters and its symmetry, and with nothing else."""
    file = tmp_path / "put-aside"
    explore(crossing(), {"patience": 2}, backend="python", limits=Limits(seconds=0), save=file)
    for system, chosen in ((jugs(), {}), (crossing(), {"patience": 1}), (changed(crossing()), {"patience": 2})):
        with pytest.raises(NotResumable, match="another system, other parameters"):
            explore(system, chosen, resume=file)


def changed(system: System) -> System:
    """The system without its last guard."""
    last = system.actions[-2]
    return replace(system, actions=(*system.actions[:-2], last.without_guard(0), system.actions[-1]))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """No file, a text, a damaged file and a foreign array each give one plain sentence."""
    file = tmp_path / "put-aside"
    with pytest.raises(NotResumable, match="there is no file"):
        explore(jugs(), resume=file)
    file.write_text("something else")
    with pytest.raises(NotResumable, match="no saved exploration"):
        explore(jugs(), resume=file)
    explore(ladders(4, 9), backend="python", limits=Limits(seconds=0), save=file)
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(NotResumable, match="no saved exploration"):
        explore(ladders(4, 9), resume=file)
    with file.open("wb") as out:
        np.savez(out, about=np.array("{}"), packed=np.zeros((1, 1)), parents=np.zeros(1))
    with pytest.raises(NotResumable, match="no saved exploration"):
        explore(jugs(), resume=file)


@pytest.mark.parametrize("backend", BACKENDS)
def test_claims_are_checked_like_any_other(backend: BackendName) -> None:
    """A false auxiliary claim is reported with a shortest run to where it is false; a true one is not."""
    small, big = z3.Int("small"), z3.Int("big")
    claims = {"never four": big != 4, "never too much": small + big <= 8}
    found = explore(replace(jugs(), auxiliary=claims), backend=backend)
    assert {name: len(path) for name, path in found.broken_claims.items()} == {"never four": 6}
    assert set(found.occurrences) == {"four", "pour four away", "start"}
    assert explore(jugs(), backend=backend).broken_claims == {}
