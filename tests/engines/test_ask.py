"""Questions and their answers: a run that the oracle confirms, none within a bound, or none at all."""

from __future__ import annotations

import pytest
from tests.compile.toys import crossing
from tests.engines.toys import jugs, ladders

from cwmpcheck.engines.ask import Found, NoneAtAll, NoneWithin, ask
from cwmpcheck.engines.replay import replay
from cwmpcheck.kernel import Parameter, Range, System, Value
from cwmpcheck.protocol import scenario
from cwmpcheck.vocabulary.errors import UsageError


def found(system: System, *constraints: str, depth: int = 12, **parameters: Value) -> Found:
    """The run that answers a question, which must have one."""
    answer = ask(system, constraints, depth=depth, parameters=parameters)
    assert isinstance(answer, Found)
    assert replay(system, [step.action for step in answer.path.steps], answer.parameters) == answer.path
    return answer


def actions(answer: Found) -> list[str]:
    """What is done on a run."""
    return [step.action for step in answer.path.steps]


def test_the_run_found_is_a_shortest_one() -> None:
    """Four gallons take six steps, and exactly one gallon in the big jug five, with no register left in the path."""
    answer = found(jugs(), "eventually big == 4")
    assert len(answer.path) == 6
    assert all(len(step.state) == 2 for step in answer.path.steps)
    assert set(answer.path.steps[0].changed) <= {"small", "big"}


def test_several_constraints_hold_on_one_run_each_in_its_own_time() -> None:
    """Eventually this and eventually that need not be at once; `and` says so."""
    apart = found(jugs(), "eventually big == 5", "eventually small == 3")
    assert len(apart.path) == 2
    assert actions(found(jugs(), "eventually big == 5 and small == 0")) == ["fill_big"]


def test_then_orders_states_and_actions() -> None:
    """What comes after may hold at the same state, but not before."""
    answer = found(jugs(), "small == 3 then empty_small then big == 5 then small == 3")
    done = actions(answer)
    # There are several shortest runs; all end with a full small jug beside a big one that was full after the emptying.
    assert len(done) == 4
    emptied = done.index("empty_small")
    assert "fill_small" in done[:emptied]
    small, big = (jugs().index[name] for name in ("small", "big"))
    states = [step.state for step in answer.path.steps]
    full = next(i for i in range(emptied, 4) if states[i][big] == 5)
    assert any(state[small] == 3 for state in states[full:])


def test_always_and_never_hold_at_every_state_of_the_run() -> None:
    """The way to four gallons that never empties the small jug onto the ground."""
    answer = found(jugs(), "eventually big == 4", "never empty_small", "always small <= 3")
    assert "empty_small" not in actions(answer)
    # The initial and the last state count as well.
    assert isinstance(ask(jugs(), ["eventually big == 4", "always big != 4"]), NoneAtAll)
    assert isinstance(ask(jugs(), ["eventually big == 5", "always big != 0"]), NoneAtAll)


def test_what_never_happens_is_shown_by_the_prover() -> None:
    """None at all, with an inductive invariant; a small depth does not matter."""
    answer = ask(jugs(), ["eventually big > 5"], depth=1)
    assert isinstance(answer, NoneAtAll)
    assert answer.certificate


def test_without_time_for_a_proof_nothing_is_claimed_beyond_the_depth() -> None:
    """The bound that was reached is told."""
    answer = ask(jugs(), ["eventually big == 4"], depth=2, seconds=0.0)
    assert isinstance(answer, NoneWithin)
    assert answer.depth == -1


def test_a_run_deeper_than_the_search_is_found_by_the_prover() -> None:
    """The depth bounds the search, not the truth."""
    assert isinstance(ask(jugs(), ["eventually big == 4"], depth=3), Found)


def test_values_of_parameters_are_found() -> None:
    """An open parameter takes a value that makes the run possible, and all values are told."""
    answer = found(crossing(), "eventually wait == 2", strict=True)
    assert answer.parameters["patience"] in (2, 3)
    assert found(crossing(), "eventually wait == 2", "patience != 2").parameters["patience"] == 3


def test_a_parameter_beyond_what_explicit_engines_try_is_found_by_the_prover() -> None:
    """Timers do not saturate for it."""
    answer = ask(crossing(), ["patience > 7", "eventually wait > 6"])
    assert isinstance(answer, Found)
    patience = answer.parameters["patience"]
    assert isinstance(patience, int)
    assert patience > 7


def test_a_chosen_parameter_stays_as_it_is() -> None:
    """What is chosen is not searched for, even where a constraint speaks of it."""
    assert isinstance(ask(crossing(), ["eventually wait == 2"], parameters={"patience": 1}), NoneAtAll)
    assert isinstance(ask(crossing(), ["strict == no"], parameters={"strict": True}, depth=3), NoneAtAll)


def test_parameters_can_be_left_open_by_name() -> None:
    """What is not open has its default."""
    shut = ask(crossing(), ["eventually wait == 2"], leave_open=[])
    assert isinstance(shut, NoneAtAll)
    assert "patience = 1" in shut.scope


def test_messages_are_asked_for_by_kind_field_and_end() -> None:
    """TransferComplete that reports a failure after the CPE has got a Download and lost its power."""
    chosen = scenario("status0")
    answer = found(chosen.system, "Download(delayed=no)@cpe then DOWNLOAD_RESPONSE(status=0)", depth=14, **chosen.fixed)
    shown = [step.message or "" for step in answer.path.steps]
    assert shown[-1].startswith("DOWNLOAD_RESPONSE(status=0")
    assert any(text.startswith("DOWNLOAD(") for text in shown)


def test_actions_are_asked_for_by_function_and_parameter() -> None:
    """One function has several actions."""
    both = found(ladders(2, 1), "climb(i=1) then climb")
    assert actions(both) == ["climb(i=1)", "climb(i=0)"]


def test_a_number_may_be_compared_beyond_its_domain() -> None:
    """It is merely never so large."""
    assert isinstance(ask(jugs(), ["eventually small > 99"]), NoneAtAll)


@pytest.mark.parametrize(
    ("constraint", "why"),
    [
        ("big == 4", "speaks of a state; say when, as in `eventually big == 4`"),
        ("eventually bigg == 4", "there is no bigg; did you mean big"),
        ("eventually big == lots", "big is a number of 0..5, and 'lots' is none"),
        ("eventually big", "not a truth value"),
        ("eventually fill_bigg", "there is no fill_bigg; did you mean fill_big"),
        ("eventually fill_big(now=1)", "fill_big has no now"),
        ("eventually 3 < 4", "there is no 3"),
        ("eventually fill_big@hero", "not shown at hero; it is at nobody"),
    ],
)
def test_what_makes_no_sense_for_the_system_is_refused(constraint: str, why: str) -> None:
    """With what there is instead."""
    with pytest.raises(UsageError, match=why):
        ask(jugs(), [constraint])


@pytest.mark.parametrize(
    ("constraint", "why"),
    [
        ("eventually acs.belief == WON", "acs.belief: 'WON' is no Belief; there are IDLE"),
        ("eventually acs.belief > IDLE", "is not a number"),
        ("eventually acs.belief == transfer.phase", "of different enumerations"),
        ("eventually Download(size=1)", "Download has no size; it has delayed, hold, key"),
        ("eventually Downlod", "there is no Downlod; did you mean (DOWNLOAD|Download)"),
        ("eventually Inform@fileserver", "Inform is not shown at fileserver; it is at cpe"),
        ("A-08 == sometimes", "A-08: 'sometimes' is no RetryCountOverReboot"),
    ],
)
def test_what_makes_no_sense_for_the_protocol_is_refused(constraint: str, why: str) -> None:
    """Enumerations, messages and fields are told with what there is."""
    with pytest.raises(UsageError, match=why):
        ask(scenario("unicast").system, [constraint])


def test_no_question_has_no_answer() -> None:
    """An empty list is a mistake."""
    with pytest.raises(UsageError, match="nothing is asked"):
        ask(jugs(), [])


def test_a_parameter_of_one_value_is_found_too() -> None:
    """A question about parameters alone is answered by the empty run."""
    level = Parameter("level", Range(0, 9), 1)
    system = System("still", jugs().variables, jugs().actions, (level,))
    answer = found(system, "level > 3 and level < 5")
    assert (len(answer.path), answer.parameters) == (0, {"level": 4})
