"""Systems: several parties over one state, time, parameters, and how states are shown."""

from __future__ import annotations

import enum

import pytest

from cwmpcheck.compile import compile_python
from cwmpcheck.kernel import (
    BOOLEAN,
    TIME,
    DeclarationError,
    OneOf,
    Party,
    Range,
    Record,
    System,
    Watch,
    compose,
    flag,
    parameter,
    require,
    state_of,
    timer,
    var,
)


class Mode(enum.Enum):
    """A parameter's values."""

    CALM = "calm"
    WILD = "wild"


class Kettle(Record):
    """The state."""

    on = flag()
    heat = var(Range(0, 3), 0)
    rest = timer(2)


cook: Party[Kettle] = Party("cook")
fire: Party[Kettle] = Party("fire")

MODE = parameter("mode", OneOf(Mode), Mode.CALM)
REST = parameter("rest_ticks", Range(1, 2), 2, unbounded=True)


@cook.action()
def switch(s: Kettle) -> None:
    """Switch it on."""
    require(~s.on, "it is off")
    s.on = True
    s.rest.set(REST.term)


@fire.action(by=(1, 2))
def warm(s: Kettle, by: int) -> None:
    """Heat it by some degrees."""
    require(s.on, "it is on")
    require(s.heat + by <= 3, "it would not boil over")
    s.heat = s.heat + by


def kettle(**options: object) -> System:
    """The system of both parties."""
    return compose("kettle", Kettle, (cook, fire), parameters=(MODE, REST), **options)  # type: ignore[arg-type]


def test_actions_come_in_the_order_of_parties_with_time_last() -> None:
    """Engines number actions by position, so the order is fixed."""
    system = kettle()
    assert [(a.name, a.party) for a in system.actions] == [
        ("switch", "cook"),
        ("warm(by=1)", "fire"),
        ("warm(by=2)", "fire"),
        ("tick", TIME),
    ]
    assert system.action("warm(by=2)").summary == "Heat it by some degrees."
    with pytest.raises(DeclarationError, match="system kettle has no action boil"):
        system.action("boil")


def test_a_tick_counts_every_timer_down_to_zero_and_stops_there() -> None:
    """Time passes while a timer runs, one unit for all of them, and not when nothing runs."""
    backend = compile_python(kettle())
    state = backend.successor(backend.initial(), 0)
    rests = []
    while 3 in backend.enabled(state):
        rests.append(state[2])
        state = backend.successor(state, 3)
    assert rests == [2, 1]
    assert state[2] == 0


def test_time_waits_for_what_is_urgent() -> None:
    """A deadline that has come forbids the tick, and says so."""
    system = kettle(urgent=state_of(Kettle).heat == 3)
    backend = compile_python(system)
    on = backend.successor(backend.initial(), 0)
    hot = backend.successor(backend.successor(on, 1), 2)
    assert 3 in backend.enabled(on)
    assert 3 not in backend.enabled(hot)
    assert [g.reason for g in system.actions[3].guards] == ["a timer is running", "no deadline has come"]


def test_there_is_no_time_where_nothing_sets_a_timer() -> None:
    """An action that could never be taken is left out, so that coverage means something."""
    assert [a.name for a in kettle(without=("switch",)).actions] == ["warm(by=1)", "warm(by=2)"]


def test_an_action_that_nobody_declares_cannot_be_left_out() -> None:
    """A misspelt name in a scenario would leave the action in, silently."""
    with pytest.raises(DeclarationError, match="leaves out swich, which no party of it can do"):
        kettle(without=("swich",))


def test_two_actions_of_one_name_are_refused_with_both_places() -> None:
    """A counterexample that names an action must mean one."""
    other: Party[Kettle] = Party("guest")
    other.action()(switch)
    with pytest.raises(
        DeclarationError, match=r"two actions are called switch; rename one \(test_system.py:\d+, test_"
    ):
        compose("crowd", Kettle, (cook, other), parameters=(REST,))


def test_parameters_have_defaults_and_can_be_chosen() -> None:
    """Numbers come in the order of declaration, chosen ones in place of defaults."""
    system = kettle()
    assert system.defaults == (0, 2)
    assert system.valuation({"mode": Mode.WILD}) == (1, 2)
    assert system.valuation({"rest_ticks": 1}) == (0, 1)


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"mood": Mode.WILD}, "system kettle has no parameter mood; it has mode, rest_ticks"),
        ({"mode": 1}, "1 is not a member of Mode"),
        ({"rest_ticks": 0}, "0 lies outside 1..2"),
        ({"rest_ticks": True}, "not an integer"),
    ],
)
def test_a_wrong_choice_is_refused(chosen: dict[str, bool | int | enum.Enum], message: str) -> None:
    """An unknown parameter or a value outside its domain is told with what there is."""
    with pytest.raises(DeclarationError, match=message):
        kettle().valuation(chosen)


def test_a_default_outside_its_domain_is_refused() -> None:
    """A parameter cannot start with what it cannot be."""
    with pytest.raises(DeclarationError):
        parameter("p", BOOLEAN, 3)


def test_states_are_shown_in_words() -> None:
    """A state and the difference of two are read by people."""
    system = kettle()
    assert system.show(system.initial) == {"on": "no", "heat": "0", "rest": "0"}
    assert system.changed((0, 0, 0), (1, 0, 2)) == {"on": "no -> yes", "rest": "0 -> 2"}


def test_watches_are_added_and_the_rest_stays() -> None:
    """Looking out for something changes nothing else."""
    system = kettle()
    watch = Watch("boils", state=(state_of(Kettle).heat == 3).expr)
    watching = system.with_watches([watch])
    assert (watching.watches, system.watches) == ((watch,), ())
    assert watching.actions is system.actions


def test_the_index_tells_where_a_variable_is() -> None:
    """A state is a tuple; the index is how to read it by name."""
    assert dict(kettle().index) == {"on": 0, "heat": 1, "rest": 2}
