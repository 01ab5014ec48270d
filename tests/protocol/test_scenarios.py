"""Every scenario is sound: it validates, it is explored to the end, all of it is used, and it never gets stuck.

The exact figures pin the protocol: a change that alters them has changed what can happen, which may be right, and
has to be understood. They are counted, not measured, so every back end and every machine gives the same.
"""

from __future__ import annotations

import time
from functools import cache

import pytest

from cwmpcheck.compile import compile_python
from cwmpcheck.engines.explore import Exploration, explore
from cwmpcheck.kernel.validate import check, validate
from cwmpcheck.protocol import READINGS, SCENARIOS, Kind, Observation, Reading, Scenario, reading, scenario
from cwmpcheck.protocol.observation import ACS_REPLIES, CPE_POSTS
from cwmpcheck.protocol.required_fields import REQUIRED_FIELDS
from cwmpcheck.vocabulary.errors import UsageError
from cwmpcheck.vocabulary.rules import rule

COUNTS = {
    # scenario: distinct states, transitions, depth; at the default bounds and readings
    "unicast": (269_121, 980_618, 79),
    "status0": (11_525, 33_158, 45),
    "same-session": (269_777, 985_986, 79),
}

each_scenario = pytest.mark.parametrize("chosen", SCENARIOS, ids=lambda chosen: chosen.name)


@cache
def explored(name: str) -> Exploration:
    """A scenario explored at its defaults, once for all tests."""
    chosen = scenario(name)
    return explore(chosen.system, chosen.fixed)


@each_scenario
def test_validates_clean_and_quickly(chosen: Scenario) -> None:
    """No complaint, not even a warning; and nobody has to wait for it (0.1 s when it was written)."""
    began = time.perf_counter()
    assert validate(chosen.system, observation=Observation, required_fields=REQUIRED_FIELDS) == ()
    assert time.perf_counter() - began < 5
    check(chosen.system, observation=Observation, required_fields=REQUIRED_FIELDS)


def test_every_scenario_is_counted() -> None:
    """A scenario that is added or renamed gets its figures here."""
    assert {chosen.name for chosen in SCENARIOS} == set(COUNTS)


@each_scenario
def test_distinct_states_transitions_and_depth(chosen: Scenario) -> None:
    """The whole space, without any budget of faults, is as large as it was when somebody last understood it."""
    found = explored(chosen.name)
    assert found.exhausted
    assert (found.states, found.transitions, found.depth) == COUNTS[chosen.name]


@each_scenario
def test_every_action_is_taken(chosen: Scenario) -> None:
    """A scenario with an action that can never be taken proves less than it seems."""
    assert explored(chosen.name).never_fired == []


@each_scenario
def test_nothing_gets_stuck(chosen: Scenario) -> None:
    """From every reachable state somebody can go on."""
    assert explored(chosen.name).deadlocks == 0


@each_scenario
def test_every_fault_is_switched_on(chosen: Scenario) -> None:
    """Losses both ways, resets inside and outside a session, refusals and failures occur in each cross-section."""
    fired = explored(chosen.name).fired
    faults = ("lose_post", "lose_reply", "lose_power", "session_fails", "answer_with_fault", "fail_to_deliver")
    for fault in (*faults, "image_unusable", "refuse_download"):
        assert any(count for name, count in fired.items() if name.split("(")[0] == fault), fault


def test_a_kind_is_shown_by_its_own_side_and_read_by_the_other() -> None:
    """At the CPE's end everything passes; the ACS's end shows its replies, the CPE's own posts come from the CPE."""
    for chosen in SCENARIOS:
        for action in chosen.system.actions:
            for shown in action.shown:
                if action.party == "acs":
                    assert shown.kind in ACS_REPLIES, action.name
                if shown.kind in CPE_POSTS:
                    assert action.party == "cpe", action.name


def test_required_fields_exist() -> None:
    """What a kind needs is a field of the observation, and every kind has its entry."""
    fields = {variable.name for variable in Observation.variables()}
    assert set(REQUIRED_FIELDS) == set(Kind)
    assert frozenset().union(*REQUIRED_FIELDS.values()) <= fields - {"kind"}


def test_a_kind_with_fields_needs_them() -> None:
    """Where one action shows a field of a kind, no other action may leave it to the default."""
    given: dict[object, set[str]] = {}
    for chosen in SCENARIOS:
        for action in chosen.system.actions:
            for shown in action.shown:
                given.setdefault(shown.kind, set()).update(shown.fields)
    assert {kind: fields - REQUIRED_FIELDS[Kind(kind)] for kind, fields in given.items()} == {
        kind: set() for kind in given
    }


def test_an_unknown_scenario_is_told_what_there_is() -> None:
    """The message lists the scenarios."""
    with pytest.raises(UsageError, match="no scenario 'unicats'; there are unicast"):
        scenario("unicats")


def differs(chosen: Scenario, option: Reading, member: object) -> bool:
    """Whether a reading changes what can happen in some reachable state of the scenario at its defaults."""
    default = compile_python(chosen.system, chosen.fixed)
    other = compile_python(chosen.system, {**chosen.fixed, option.parameter.name: member})  # type: ignore[dict-item]
    seen = {default.initial()}
    front = [default.initial()]
    while front:
        state = front.pop()
        enabled = default.enabled(state)
        after = [default.successor(state, action) for action in enabled]
        if other.enabled(state) != enabled or [other.successor(state, action) for action in enabled] != after:
            return True
        fresh = set(after) - seen
        seen |= fresh
        front.extend(fresh)
    return False


@pytest.mark.parametrize("option", READINGS, ids=lambda option: option.id)
def test_every_reading_makes_a_difference(option: Reading) -> None:
    """Each alternative changes an enabled action or its effect in a state that the default reaches, in some scenario."""
    default, *others = option.values
    assert option.parameter.default == option.parameter.domain.number(default)
    assert others
    for member in others:
        assert any(differs(chosen, option, member) for chosen in SCENARIOS), member


@pytest.mark.parametrize("option", READINGS, ids=lambda option: option.id)
def test_every_reading_is_explored_without_getting_stuck(option: Reading) -> None:
    """Under each alternative every action is still taken, and there is no deadlock."""
    for member in list(option.values)[1:]:
        for chosen in SCENARIOS:
            found = explore(chosen.system, {**chosen.fixed, option.parameter.name: member})
            assert found.exhausted
            assert (found.deadlocks, found.never_fired) == (0, []), (chosen.name, member)


@pytest.mark.parametrize("option", READINGS, ids=lambda option: option.id)
def test_a_reading_is_an_ambiguity_of_the_rule_book(option: Reading) -> None:
    """Its id, without the letter of a compound one, is there to be explained; and names of options are unique."""
    assert rule(option.id[:4]).id == option.id[:4]
    names = [member.value for member in option.values]
    assert len(names) == len(set(names))
    assert reading(option.id) is option
    assert [option.choose(name) for name in names] == list(option.values)


def test_an_unknown_reading_is_told_what_there_is() -> None:
    """Both an id and an option that do not exist are answered with those that do."""
    with pytest.raises(UsageError, match="no reading A-99; the model has A-02"):
        reading("A-99")
    with pytest.raises(UsageError, match="A-08 has no reading 'sometimes'; it has persists, restarts"):
        reading("A-08").choose("sometimes")
