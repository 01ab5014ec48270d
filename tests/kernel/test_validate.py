"""The validator: one refusal each, with the action, the place and the remedy; and what it must not refuse."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import replace

import pytest
import z3

from cwmpcheck.kernel import (
    Action,
    DeclarationError,
    Guard,
    OneOf,
    Parameter,
    Party,
    Range,
    Record,
    Shown,
    System,
    Term,
    Variable,
    compose,
    flag,
    parameter,
    require,
    shows,
    state_of,
    timer,
    var,
)
from cwmpcheck.kernel.complaints import Complaint, Problem
from cwmpcheck.kernel.validate import check, validate


class Kind(enum.Enum):
    """What can be seen."""

    NOTHING = "nothing"
    KNOCK = "knock"


class Other(enum.Enum):
    """Another enumeration."""

    KNOCK = "knock"


class Seen(Record):
    """The observation."""

    kind = var(OneOf(Kind), Kind.NOTHING)
    times = var(Range(0, 3), 0)
    loud = flag()


class Door(Record):
    """The state."""

    open = flag()
    knocks = var(Range(0, 3), 0)
    wait = timer(2)


LONG = parameter("long", Range(1, 2), 1, unbounded=True)
SHORT = parameter("short", Range(0, 2), 1)
DOOR = state_of(Door)


def knock(s: Door) -> None:
    """Knock once more."""
    require(~s.open, "it is closed", "T-01")
    require(s.knocks < 3, "not knocked three times")
    shows(Kind.KNOCK, times=s.knocks, loud=True)
    s.knocks = s.knocks + 1
    s.wait.set(LONG.term)


def system(*bodies: Callable[..., None], cites: tuple[str, ...] = (), **options: object) -> System:
    """A system of actions that a guest takes."""
    party: Party[Door] = Party("guest")
    for body in bodies:
        party.action(cites=cites)(body)
    return compose("door", Door, (party,), parameters=(LONG, SHORT), **options)  # type: ignore[arg-type]


def only(complaints: tuple[Complaint, ...]) -> Complaint:
    """The one complaint there is."""
    (complaint,) = complaints
    return complaint


def altered(**changes: object) -> System:
    """The clean system with its first action changed: for mistakes that the declaring functions refuse themselves."""
    clean = system(knock)
    return replace(clean, actions=(replace(clean.actions[0], **changes), *clean.actions[1:]))  # type: ignore[arg-type]


def test_a_clean_system_has_no_complaint() -> None:
    """Guards, domains and bounds that fit are enough; a timer may be set above its bound, where it saturates."""
    clean = system(knock)
    assert validate(clean, observation=Seen, required_fields={Kind.KNOCK: frozenset({"times", "loud"})}) == ()
    check(clean, observation=Seen)


def test_a_message_without_a_field_that_it_needs_is_refused() -> None:
    """The complaint tells the kind and the field."""
    complaint = only(
        validate(altered(shown=(Shown("guest", Kind.KNOCK, {}),)), required_fields={Kind.KNOCK: frozenset({"times"})})
    )
    assert complaint.problem is Problem.FIELD_MISSING
    assert complaint.what == "KNOCK is shown without times; its kind needs it"


def test_a_field_that_nobody_can_see_is_refused() -> None:
    """The complaint tells what fields there are."""
    shown = Shown("guest", Kind.KNOCK, {"tims": DOOR.knocks})
    complaint = only(validate(altered(shown=(shown,)), observation=Seen))
    assert complaint.problem is Problem.NO_FIELD
    assert "KNOCK: the observation has no field tims; it has kind, times, loud" in complaint.what


def test_a_field_of_another_sort_is_refused() -> None:
    """A truth value for a number would be compared with numbers later."""
    shown = Shown("guest", Kind.KNOCK, {"times": DOOR.open})
    assert only(validate(altered(shown=(shown,)), observation=Seen)).problem is Problem.NO_FIELD


@pytest.mark.parametrize("kind", [Other.KNOCK, 1])
def test_a_kind_of_another_enumeration_is_refused(kind: enum.Enum | int) -> None:
    """A member of the same name is still a stranger."""
    assert only(validate(altered(shown=(Shown("guest", kind, {}),)), observation=Seen)).problem is Problem.NO_KIND


def test_a_rule_that_does_not_exist_is_refused_where_it_is_cited() -> None:
    """By the action or by a guard; the complaint tells what was probably meant."""

    def walk(s: Door) -> None:
        """Go in."""
        require(~s.open, "it is closed", "P-4O")
        s.open = True

    by_guard, by_action = sorted(validate(system(walk, cites=("T-1",))), key=lambda c: "it cites" in c.what)
    assert {by_guard.problem, by_action.problem} == {Problem.NO_RULE}
    assert "the guard 'it is closed' cites P-4O" in by_guard.what
    assert "it cites T-1: no rule 'T-1'; did you mean T-01?" in by_action.what


def test_two_actions_of_one_name_are_refused() -> None:
    """Also where the actions were edited after composing."""
    clean = system(knock)
    complaint = only(validate(replace(clean, actions=(*clean.actions, clean.actions[0]))))
    assert complaint.problem is Problem.NAME_TWICE
    assert complaint.what == "2 actions are called knock; rename all but one"


def test_two_variables_of_one_name_are_refused() -> None:
    """A parameter with the name of a variable would be one constant to the solver."""
    clean = system(knock)
    twice = replace(clean, parameters=(*clean.parameters, Parameter("knocks", Range(0, 3), 0)))
    assert only(validate(twice)).problem is Problem.NAME_TWICE


STRANGER = Term(z3.Bool("opne"), DOOR.open.domain)
SAME_NAME = Term(z3.Int("open"), Range(0, 1))


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"guards": (Guard(STRANGER.expr, "it is open"),)}, "the guard 'it is open' mentions opne"),
        ({"guards": (Guard(SAME_NAME.expr == 1, "it is open"),)}, "the guard 'it is open' mentions open as a Int"),
        ({"updates": {"open": STRANGER}}, "the update of open mentions opne"),
        ({"updates": {"opne": DOOR.open}}, "it assigns opne, which is no variable"),
        ({"shown": (Shown("guest", Kind.KNOCK, {"loud": STRANGER}),)}, "the field loud of KNOCK mentions opne"),
    ],
)
def test_an_undeclared_name_is_refused(changes: dict[str, object], where: str) -> None:
    """A solver would take it for anything at all; the sort counts, since z3 tells constants apart by it."""
    complaint = only(validate(altered(**changes)))
    assert (complaint.problem, complaint.action) == (Problem.UNDECLARED, "knock")
    assert where in complaint.what


def test_an_undeclared_name_in_a_claim_is_refused() -> None:
    """Claims are terms like any other."""
    found = validate(system(knock, auxiliary={"strange": STRANGER}))
    assert only(found).what.startswith("the auxiliary invariant 'strange' mentions opne")


def test_a_value_of_another_sort_is_refused() -> None:
    """A number for a truth value can come from an edited action only, and is caught before a solver sees it."""
    complaint = only(validate(altered(updates={"open": DOOR.knocks})))
    assert complaint.problem is Problem.WRONG_SORT


def test_an_action_without_effect_is_refused() -> None:
    """It changes nothing and shows nothing: a self loop that only hides what matters."""

    def stare(s: Door) -> None:
        """Look at the door."""
        require(~s.open, "it is closed")

    assert only(validate(system(stare))).problem is Problem.IDLE


def test_an_action_that_only_shows_something_is_fine() -> None:
    """A message without a change of state is a step that a watcher sees."""

    def cough(s: Door) -> None:
        """Make oneself heard."""
        shows(Kind.KNOCK)

    assert validate(system(cough)) == ()


@pytest.mark.parametrize(
    "broken",
    [
        replace(system(knock), variables=(Variable("open", DOOR.open.domain, 2), *system(knock).variables[1:])),
        replace(system(knock), parameters=(LONG, Parameter("short", Range(0, 2), 3))),
    ],
)
def test_a_start_outside_the_domain_is_refused(broken: System) -> None:
    """Declaring refuses it as well; data that was edited may still have it."""
    assert Problem.INITIAL in {complaint.problem for complaint in validate(broken)}


def test_an_action_without_words_is_refused() -> None:
    """The docstring is what people read in a counterexample."""

    def mute(s: Door) -> None:
        s.open = True

    complaint = only(validate(system(mute)))
    assert (complaint.problem, complaint.what) == (
        Problem.NO_WORDS,
        "it has no docstring; say in a sentence what is done",
    )


def test_a_guard_without_a_reason_is_refused() -> None:
    """The reason is what a verdict on a trace says when the guard was false."""

    def gruff(s: Door) -> None:
        """Go in."""
        require(~s.open, " ")
        s.open = True

    assert only(validate(system(gruff))).problem is Problem.NO_WORDS


def test_check_raises_the_first_and_counts_the_rest() -> None:
    """One message at a time, and no doubt that there is more."""

    def first(s: Door) -> None:
        s.open = True

    def second(s: Door) -> None:
        """Count without looking."""
        s.knocks = s.knocks + 1

    with pytest.raises(DeclarationError, match=r"^action first: it has no docstring.*the first of 2 complaints"):
        check(system(first, second))


def test_a_complaint_reads_like_an_error() -> None:
    """Text for people, data for tools."""
    complaint = Complaint(Problem.IDLE, "it does nothing", "stare", "door.py:7")
    assert str(complaint) == "action stare: it does nothing (door.py:7)"


def test_an_action_may_be_pure_data() -> None:
    """Validation needs no function behind an action."""
    bare = Action("open", "guest", (), {"open": Term(z3.BoolVal(True), DOOR.open.domain)}, summary="Open it.")
    assert validate(System("bare", tuple(Door.variables()), (bare,))) == ()
