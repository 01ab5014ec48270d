"""Runs written down: scripts and rows of JSON are repeated, and what is no run is refused at the right step."""

from __future__ import annotations

import pytest
from tests.compile.toys import crossing, overflowing
from tests.engines.toys import jugs, ladders

from cwmpcheck.engines.explore import explore
from cwmpcheck.engines.recorded import Recorded, RecordedStep, from_rows, parse_script, script
from cwmpcheck.engines.replay import ReplayError, parameters_in, replay
from cwmpcheck.engines.values import number_of
from cwmpcheck.engines.verdicts import Path
from cwmpcheck.kernel import System
from cwmpcheck.protocol import scenario
from cwmpcheck.vocabulary.errors import UnreadableInput, UsageError

SOLUTION = ("fill_big", "big_to_small", "empty_small", "big_to_small", "fill_big", "big_to_small")


def solution() -> Path:
    """The shortest way to four gallons."""
    return explore(jugs(), backend="python").occurrences["four"]


def test_a_printed_script_is_read_back_as_the_same_run() -> None:
    """What ``script`` prints, ``parse_script`` and ``replay`` turn into the same path."""
    text = script(jugs(), solution())
    assert replay(jugs(), parse_script(text)) == solution()
    assert parse_script(text).system == "jugs"


def test_a_script_tells_its_parameters() -> None:
    """Every parameter is written down, and chosen again when the script is read."""
    system = crossing()
    path = explore(system, {"patience": 3, "strict": False}, backend="python").occurrences["late change"]
    run = parse_script(script(system, path, {"patience": 3, "strict": False}))
    assert parameters_in(system, run) == {"patience": 3, "strict": False}
    assert replay(system, run) == path


def test_an_unbounded_parameter_may_be_chosen_above_its_domain() -> None:
    """As on the command line: the domain only says what explicit engines try."""
    run = parse_script("parameter: patience = 99\npress")
    assert parameters_in(crossing(), run) == {"patience": 99}


def test_a_lasso_keeps_its_loop() -> None:
    """``loop:`` stands before the first step that is repeated."""
    path = replay(
        jugs(),
        Recorded(tuple(RecordedStep(a, "") for a in ("fill_big", "fill_small", "empty_small")), None, {}, None, 1),
    )
    text = script(jugs(), path)
    assert text.splitlines()[3] == "loop:"
    assert replay(jugs(), parse_script(text)) == path


def test_a_loop_that_does_not_close_is_refused() -> None:
    """The state after the last step must be that before the loop."""
    with pytest.raises(ReplayError, match="the loop does not close: small is 3, and 0 was written down"):
        replay(jugs(), parse_script("fill_big\nloop:\nfill_small"))
    with pytest.raises(ReplayError, match="it has no step"):
        replay(jugs(), parse_script("fill_big\nloop:"))


def test_the_false_guard_is_named_with_its_values() -> None:
    """The error says which step, which action, which guard, and what it saw."""
    with pytest.raises(ReplayError) as caught:
        replay(ladders(2, 1), ["climb(i=0)", "climb(i=0)"])
    error = caught.value
    assert (error.step, error.action, error.values) == (2, "climb(i=0)", {"ladder[0].rung": "1"})
    assert error.guard is not None
    assert error.guard.reason == "not at the top"
    assert str(error) == "step 2, climb(i=0): cannot be taken, since 'not at the top' does not hold: ladder[0].rung = 1"


def test_the_values_of_parameters_are_told_too() -> None:
    """A guard that speaks of a parameter is explained with it."""
    with pytest.raises(ReplayError) as caught:
        replay(crossing(), ["press", "change"])
    assert caught.value.values == {"wait": "1", "strict": "yes"}


def test_the_rule_behind_a_guard_is_told() -> None:
    """Guards of the protocol cite their rules."""
    with pytest.raises(
        ReplayError,
        match=r"step 2, raise_event: .*since 'events that arise in a session wait for the next one' \(S-04\)",
    ):
        replay(scenario("unicast").system, ["open_session", "raise_event"], scenario("unicast").fixed)


def test_names_are_compared_without_blanks_and_misspelt_ones_are_answered_with_near_ones() -> None:
    """An action that does not exist is a mistake of the writer."""
    assert len(replay(ladders(1, 1), ["climb( i = 0 )"])) == 1
    with pytest.raises(UsageError, match=r"line 2: system jugs has no action fill_bigg; did you mean fill_big"):
        replay(jugs(), parse_script("fill_big\nfill_bigg"))


def test_rows_of_json_are_repeated_and_compared() -> None:
    """Values that were written down are compared with those that come out; other variables are left alone."""
    rows = [{"step": s.number, "action": s.action, "changed": dict(s.changed)} for s in solution().steps]
    assert replay(jugs(), from_rows(rows)) == solution()
    rows[1]["changed"] = {"small": "0 -> 2", "register of a check": "0 -> 1"}
    with pytest.raises(
        ReplayError, match="step 2, big_to_small: it came out otherwise: small is 3, and 2 was written down"
    ):
        replay(jugs(), from_rows(rows))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "names no action"),
        ("# nothing", "names no action"),
        ("fill_big; rm -rf", "line 1: 'fill_big; rm -rf' is no action"),
        ("parameter: patience\npress", "line 1: write a parameter as"),
        ("\n\0\n", "line 2"),
    ],
)
def test_what_is_no_script_is_refused_with_its_line(text: str, why: str) -> None:
    """Unreadable input is named, never guessed at."""
    with pytest.raises(UnreadableInput, match=why):
        parse_script(text)


@pytest.mark.parametrize("row", [{"step": 1}, {"action": 7}, 5, None])
def test_rows_without_an_action_are_refused(row: object) -> None:
    """A damaged document is unreadable input."""
    with pytest.raises(UnreadableInput, match="step 1 of the path names no action"):
        from_rows([row])  # type: ignore[list-item]  # what a damaged file may hold


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("parameter: patience = -1", "patience: '-1' is no integer from 0 up"),
        ("parameter: strict = perhaps", "no truth value"),
        ("parameter: speed = 1", "no parameter speed; it has patience, strict"),
    ],
)
def test_parameters_that_cannot_be_are_refused(line: str, why: str) -> None:
    """A value outside its domain or an unknown name is told with what there is."""
    with pytest.raises(UsageError, match=why):
        replay(crossing(), parse_script(f"{line}\npress"))


def test_members_of_enumerations_are_known_by_name_value_and_number() -> None:
    """As people write readings, as the model names them, and as exported models number them."""
    domain = next(p.domain for p in scenario("unicast").system.parameters if p.name == "A-08")
    assert [number_of(domain, text) for text in ("RESTARTS", "restarts", "1")] == [1, 1, 1]
    with pytest.raises(UsageError, match="'sometimes' is no RetryCountOverReboot; there are PERSISTS, RESTARTS"):
        number_of(domain, "sometimes")


def test_a_step_out_of_a_domain_is_told_with_its_number() -> None:
    """An overflow is the model's mistake, and it is said at which step it shows."""
    system: System = overflowing()
    with pytest.raises(ReplayError, match="step 3, up: action up would set count to 3"):
        replay(system, ["up", "up", "up"])
