"""Time passes: no reachable state stops it for good, and no loop consists of ticks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cwmpcheck.engines.graph import Graph, build_graph
from cwmpcheck.kernel import Party, Record, System, compose, flag, require, state_of, timer
from cwmpcheck.protocol import SCENARIOS, Scenario

each_scenario = pytest.mark.parametrize("chosen", SCENARIOS, ids=lambda chosen: chosen.name)


def timers_of(system: System) -> list[int]:
    """The positions of the timers."""
    return [place for place, variable in enumerate(system.variables) if variable.timer]


def ticks_of(system: System) -> list[int]:
    """The position of the action that lets time pass, if there is one."""
    return [place for place, action in enumerate(system.actions) if action.party == "time"]


def time_locked(system: System, graph: Graph) -> NDArray[Any]:
    """The states from which a timer that runs can never go on: no tick is to be reached, nor a state where none runs."""
    good = np.array(~graph.states[:, timers_of(system)].astype(bool).any(axis=1), dtype=bool)
    good[graph.sources[np.isin(graph.actions, ticks_of(system))]] = True
    while True:
        before = int(good.sum())
        good[graph.sources[good[graph.targets]]] = True
        if int(good.sum()) == before:
            return np.flatnonzero(~good)


@each_scenario
def test_no_time_lock(chosen: Scenario) -> None:
    """From every reachable state time can eventually pass, or no timer is running."""
    assert time_locked(chosen.system, build_graph(chosen.system, chosen.fixed)).size == 0


@each_scenario
def test_no_loop_of_ticks(chosen: Scenario) -> None:
    """Every tick leaves less time on the timers, so that ticks alone cannot go on for ever while others wait."""
    graph = build_graph(chosen.system, chosen.fixed)
    left = graph.states[:, timers_of(chosen.system)].sum(axis=1, dtype=np.int64)
    passing = np.isin(graph.actions, ticks_of(chosen.system))
    assert (left[graph.targets[passing]] < left[graph.sources[passing]]).all()
    assert passing.any() or "accept_download" in chosen.without


class Clock(Record):
    """A toy with a deadline that nobody can meet once it is jammed."""

    jammed = flag()
    due = timer(2)


def test_a_time_lock_would_be_found() -> None:
    """The search above is not blind: a deadline that forbids time for good, once jammed, is reported."""
    party: Party[Clock] = Party("someone")

    @party.action()
    def wind(s: Clock) -> None:
        """Set the clock."""
        require(~s.jammed, "it is not jammed")
        s.due.set(2)

    @party.action()
    def jam(s: Clock) -> None:
        """Break it."""
        s.jammed = True

    system = compose("clock", Clock, [party], urgent=state_of(Clock).jammed)
    graph = build_graph(system, backend="python")
    locked = {tuple(int(number) for number in graph.states[row]) for row in time_locked(system, graph)}
    assert locked == {(1, 1), (1, 2)}
