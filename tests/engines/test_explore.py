"""Exploring: exact counts, shortest runs, limits, overflow, and the way out when there is no compiler."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace

import pytest
from tests.compile.toys import crossing, overflowing
from tests.engines.toys import jugs, ladders

from cwmpcheck.compile import NoCompiler, compiler
from cwmpcheck.compile.components import NoTables
from cwmpcheck.compile.searching import BackendName
from cwmpcheck.compile.table_native import program
from cwmpcheck.engines.explore import Limits, Progress, ReachableOverflow, explore
from cwmpcheck.engines.graph import GraphTooLarge, build_graph
from cwmpcheck.engines.paths import path_of_actions, path_through
from cwmpcheck.kernel import DeclarationError, Watch

BACKENDS: list[BackendName] = ["python", "numpy", "native", "tables"]


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> BackendName:
    """Each back end in turn."""
    if request.param == "native" and compiler() is None:
        pytest.skip("there is no C compiler here")
    name: BackendName = request.param
    return name


@pytest.fixture
def wide_backend(backend: BackendName) -> BackendName:
    """Each back end that begins a search of billions of states, which tables over NumPy refuse from the start."""
    if backend == "tables" and compiler() is None:
        pytest.skip("without a C compiler tables are for smaller systems")
    return backend


def test_the_water_jugs(backend: BackendName) -> None:
    """DieHard has 16 distinct states of the 24, 96 transitions, and six steps lead to four gallons."""
    found = explore(jugs(), backend=backend)
    assert (found.states, found.transitions, found.depth) == (16, 96, 7)
    assert found.exhausted
    assert found.stopped_because is None
    assert found.fired == dict.fromkeys(found.fired, 16)
    assert found.deadlocks == 0
    assert found.deadlock_path is None
    lengths = {name: len(path) for name, path in found.occurrences.items()}
    assert lengths == {"four": 6, "pour four away": 7, "start": 0}


def test_the_way_to_four_gallons(backend: BackendName) -> None:
    """The shortest run is the film's, told step by step with what changed."""
    path = explore(jugs(), backend=backend).occurrences["four"]
    film = ["fill_big", "big_to_small", "empty_small", "big_to_small", "fill_big", "big_to_small"]
    assert [step.action for step in path.steps] == film
    assert path.steps[1].changed == {"small": "0 -> 3", "big": "5 -> 2"}
    assert path.steps[-1].state == (3, 4)
    assert [step.number for step in path.steps] == [1, 2, 3, 4, 5, 6]


def test_a_step_condition_ends_with_its_step(backend: BackendName) -> None:
    """The run to a step condition includes the step on which it held, so the state before it satisfies the condition."""
    path = explore(jugs(), backend=backend).occurrences["pour four away"]
    assert path.steps[-1].action == "empty_big"
    assert path.steps[-2].state[1] == 4


@pytest.mark.parametrize(("count", "height"), [(1, 1), (3, 4), (5, 3), (14, 1), (2, 90)])
def test_independent_counters(backend: BackendName, count: int, height: int) -> None:
    """The counts follow the formula of a product of chains, whatever fits into one word or not."""
    found = explore(ladders(count, height), backend=backend)
    assert found.states == (height + 1) ** count
    assert found.transitions == count * height * (height + 1) ** (count - 1)
    assert found.depth == count * height
    assert found.deadlocks == 1
    assert found.deadlock_path is not None
    assert len(found.deadlock_path) == count * height == len(found.occurrences["top"])
    assert found.backend == backend
    assert found.peak_megabytes > 0


def test_the_back_ends_count_alike() -> None:
    """A system with every kind of variable has the same figures in all back ends, whatever its parameters."""
    names = [name for name in BACKENDS if name != "tables" and (name != "native" or compiler())]  # too wide for tables
    for chosen in ({}, {"strict": False}, {"patience": 9}):
        every = [explore(crossing(), chosen, backend=name) for name in names]
        figures = [(e.states, e.transitions, e.depth, e.deadlocks, e.fired) for e in every]
        assert figures == [figures[0]] * len(names)
        lengths = [{name: len(path) for name, path in e.occurrences.items()} for e in every]
        assert lengths == [lengths[0]] * len(names)


def test_a_search_stops_where_it_is_told(backend: BackendName) -> None:
    """At the occurrence of a named watch it is over, not exhausted, and the run is still a shortest one."""
    found = explore(ladders(5, 6), backend=backend, stop_at=frozenset({"top"}))
    assert len(found.occurrences["top"]) == 30
    assert not found.exhausted
    assert found.stopped_because == "it was to stop at a watch that occurred"


def test_an_unknown_watch_is_refused() -> None:
    """A misspelt name would never stop anything, so it is an error."""
    with pytest.raises(DeclarationError, match="no watch tip"):
        explore(ladders(1, 1), stop_at=frozenset({"tip"}))


@pytest.mark.parametrize("most", [1, 2, 100, 215])
def test_the_limit_on_states_is_exact(backend: BackendName, most: int) -> None:
    """No state more than allowed is counted, and the search says why it ended."""
    found = explore(ladders(3, 5), backend=backend, limits=Limits(states=most))
    assert (found.states, found.exhausted) == (most, False)
    assert found.stopped_because == "the limit on states was reached"


def test_a_limit_that_is_just_enough_does_not_stop(backend: BackendName) -> None:
    """With as many states allowed as there are, the space is exhausted."""
    found = explore(ladders(3, 5), backend=backend, limits=Limits(states=216))
    assert found.exhausted
    assert found.stopped_because is None


def test_the_limit_on_memory(backend: BackendName) -> None:
    """The tables stay near the limit, and the search says why it ended."""
    found = explore(ladders(5, 12), backend=backend, limits=Limits(megabytes=3))
    assert not found.exhausted
    assert found.stopped_because == "the limit on memory was reached"
    assert found.peak_megabytes < 12


def test_the_limit_on_time(wide_backend: BackendName) -> None:
    """A search too long for its time ends soon after it, and says why."""
    started = time.monotonic()
    found = explore(ladders(8, 15), backend=wide_backend, limits=Limits(seconds=0.2, megabytes=2000))
    assert not found.exhausted
    assert found.stopped_because == "the limit on time was reached"
    assert time.monotonic() - started < 10


def test_tables_without_a_compiler_refuse_what_is_too_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over NumPy a product of billions is refused with the reason, and never begun."""
    monkeypatch.setenv("CWMPCHECK_CC", "")
    program.cache_clear()  # what an earlier test compiled needs no compiler any more
    with pytest.raises(NoTables, match="without a C compiler"):
        explore(ladders(8, 15), backend="tables", limits=Limits(seconds=0.2))


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_ctrl_c_is_heard(wide_backend: BackendName) -> None:
    """An interrupt ends a long search within moments, in C as well."""
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    started = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            explore(ladders(8, 15), backend=wide_backend, limits=Limits(seconds=60, megabytes=4000))
    finally:
        timer.cancel()  # else it would end the whole test run after a search that failed at once
    assert time.monotonic() - started < 20


def test_progress_is_told(backend: BackendName) -> None:
    """Whoever asks hears of rising figures, the last of which are the result's."""
    heard: list[Progress] = []
    found = explore(ladders(4, 6), backend=backend, progress=heard.append)
    assert heard[-1].states == found.states
    assert heard[-1].transitions == found.transitions
    assert [each.states for each in heard] == sorted(each.states for each in heard)


def test_a_reachable_overflow_is_an_error_with_a_run(backend: BackendName) -> None:
    """A write outside its domain is reported with action, variable and value, and a shortest run to the place."""
    with pytest.raises(ReachableOverflow) as caught:
        explore(overflowing(), backend=backend)
    assert (caught.value.action, caught.value.variable, caught.value.value) == ("down", "count", -2)
    assert [step.action for step in caught.value.path.steps] == ["down"]


def test_actions_that_never_fire_are_named(backend: BackendName) -> None:
    """An action without its moment has a count of 0 and is listed."""
    system = ladders(2, 2)
    stuck = replace(system.actions[0], name="stuck", guards=system.actions[0].guards + system.actions[0].guards)
    never = replace(stuck, guards=(replace(stuck.guards[0], term=stuck.guards[0].term != stuck.guards[0].term),))
    found = explore(replace(system, actions=(*system.actions, never)), backend=backend)
    assert found.never_fired == ["stuck"]
    assert found.states == 9


def test_without_a_compiler_numpy_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no compiler the automatic choice is NumPy with the same figures, and asking for C is refused."""
    monkeypatch.setenv("CWMPCHECK_CC", "")
    found = explore(jugs())
    assert (found.backend, found.states, found.transitions) == ("numpy", 16, 96)
    with pytest.raises(NoCompiler):
        explore(jugs(), backend="native")


def test_a_compiler_that_fails_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler that is there and does not work is no reason to fail."""
    monkeypatch.setenv("CWMPCHECK_CC", "false")
    assert explore(jugs()).backend == "numpy"


def test_a_state_and_a_step_condition_in_one_watch(backend: BackendName) -> None:
    """Of the two, the one with the shorter run is reported."""
    system = jugs()
    four, pour, *_ = system.watches
    watch = Watch("either", state=four.state, step=pour.step)
    found = explore(replace(system, watches=(watch,)), backend=backend)
    assert len(found.occurrences["either"]) == 6


def test_graphs_agree() -> None:
    """All back ends build the same graph, up to the order of states, and its first row is the initial state."""
    names = [name for name in BACKENDS if name != "tables" and (name != "native" or compiler())]  # too wide for tables
    every = []
    for name in names:
        graph = build_graph(crossing(), backend=name)
        assert tuple(graph.states[graph.initial].tolist()) == crossing().initial
        states = [tuple(row) for row in graph.states.tolist()]
        assert len(set(states)) == len(states)
        rows = zip(graph.sources.tolist(), graph.actions.tolist(), graph.targets.tolist(), strict=True)
        every.append({(states[source], action, states[target]) for source, action, target in rows})
        assert len(every[-1]) == len(graph.sources) == explore(crossing()).transitions
    assert every == [every[0]] * len(names)


def test_a_part_of_a_graph_is_not_a_graph(backend: BackendName) -> None:
    """Cut off by a limit, a graph would prove nothing about cycles, so there is none."""
    with pytest.raises(GraphTooLarge, match="limit on states"):
        build_graph(ladders(3, 5), backend=backend, limits=Limits(states=100))


def test_a_path_is_a_run() -> None:
    """What is no run is refused with the guard that is false, or with the states that no action joins."""
    system = ladders(1, 1)
    with pytest.raises(DeclarationError, match="not at the top does not hold"):
        path_of_actions(system, [0, 0])
    with pytest.raises(DeclarationError, match="no action of ladders leads from"):
        path_through(system, [(1,), (0,)])
    assert len(path_of_actions(system, [0])) == 1
