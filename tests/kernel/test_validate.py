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
    choose,
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


def test_a_write_that_may_leave_its_domain_is_refused_with_an_example() -> None:
    """The complaint names action, place, variable, bounds, values that break it, and what to do."""

    def careless(s: Door) -> None:
        """Count without looking."""
        s.knocks = s.knocks + 1

    complaint = only(validate(system(careless)))
    assert (complaint.problem, complaint.action, complaint.warning) == (Problem.OUTSIDE, "careless", False)
    assert "sets knocks outside 0..3, as when knocks = 3: widen the domain, guard the action" in complaint.what
    with pytest.raises(
        DeclarationError, match=r"^action careless: it sets knocks outside .*\(test_validate\.py:\d+\)$"
    ):
        check(system(careless))


def test_an_auxiliary_invariant_replaces_a_redundant_guard() -> None:
    """What the guards do not say, a claim that survives every step may; without the claim the write is refused."""

    def wait_inside(s: Door) -> None:
        """Count down when inside."""
        require(s.open, "inside")
        s.knocks = s.knocks - 1
        s.open = False

    def enter(s: Door) -> None:
        """Go in after a knock."""
        require(s.knocks > 0, "somebody knocked")
        s.open = True

    assert only(validate(system(wait_inside, enter))).problem is Problem.OUTSIDE
    assert validate(system(wait_inside, enter, auxiliary={"came in": ~DOOR.open | (DOOR.knocks > 0)})) == ()


def test_a_claim_that_does_not_follow_from_itself_is_a_warning() -> None:
    """It may still hold where the system goes, which an explicit engine has to say."""
    complaint = only(validate(system(knock, auxiliary={"at most twice": DOOR.knocks <= 2})))
    assert (complaint.problem, complaint.action, complaint.warning) == (Problem.NOT_INDUCTIVE, "knock", True)
    assert "'at most twice' is not shown to survive it, as when knocks = 2" in complaint.what
    check(system(knock, auxiliary={"at most twice": DOOR.knocks <= 2}))


@pytest.mark.parametrize("claim", [DOOR.knocks > 0, LONG.term < 2])
def test_a_claim_that_is_false_at_the_start_is_refused(claim: Term) -> None:
    """It would make every proof vacuous; parameters may have any value, so it must hold for all of them."""
    found = validate(system(knock, auxiliary={"wrong": claim}))
    assert [(c.problem, c.action) for c in found if not c.warning] == [(Problem.INITIAL, None)]


def test_a_timer_below_zero_is_refused() -> None:
    """Only the upper bound of a timer saturates."""

    def rewind(s: Door) -> None:
        """Set the clock back."""
        s.wait.set(s.wait - 1)

    complaint = next(c for c in validate(system(rewind)) if c.action == "rewind")
    assert complaint.problem is Problem.OUTSIDE
    assert "sets wait outside 0.., as when wait = 0" in complaint.what


def test_an_unbounded_parameter_is_taken_for_any_number() -> None:
    """A person may choose it above what explicit engines try, so it must not reach a variable with a bound."""

    def store(s: Door) -> None:
        """Keep a parameter."""
        s.knocks = LONG.term

    def store_short(s: Door) -> None:
        """Keep a bounded one."""
        s.knocks = SHORT.term

    assert only(validate(system(store))).problem is Problem.OUTSIDE
    assert validate(system(store_short)) == ()


def test_a_choice_is_followed_into_its_condition() -> None:
    """A branch counts only where its condition holds."""

    def settle(s: Door) -> None:
        """Count up to the bound."""
        s.knocks = choose(s.knocks < 3, s.knocks + 1, 3)

    assert validate(system(settle)) == ()


def test_a_shown_value_outside_its_field_is_refused() -> None:
    """What is seen is stored by monitors, so it has to fit as well."""

    def shout(s: Door) -> None:
        """Say a number too many."""
        shows(Kind.KNOCK, times=s.knocks + 1)

    complaint = only(validate(system(shout), observation=Seen))
    assert complaint.problem is Problem.OUTSIDE
    assert "shows KNOCK with times outside 0..3, as when knocks = 3" in complaint.what
    assert validate(system(shout)) == ()


def test_what_the_solver_cannot_decide_is_a_complaint() -> None:
    """An equation of three cubes is beyond the solver: the answer is not that the write is fine."""
    cubes = [Parameter(name, Range(1, 2), 1, unbounded=True) for name in "xyz"]
    x, y, z = (each.term.expr for each in cubes)

    def wonder(s: Door) -> None:
        """Do arithmetic that nobody needs."""
        s.knocks = Term(z3.If(x * x * x + y * y * y == z * z * z, z3.IntVal(4), z3.IntVal(0)), Range(0, 4))

    hard = system(wonder)
    complaint = only(validate(replace(hard, parameters=(*hard.parameters, *cubes)), milliseconds=200))
    assert (complaint.problem, complaint.warning) == (Problem.UNDECIDED, False)
    assert "could not be shown to stay inside 0..3" in complaint.what


def test_guards_beyond_the_solver_are_a_complaint() -> None:
    """Whether such an action is dead is open, and said to be."""
    cubes = [Parameter(name, Range(1, 2), 1, unbounded=True) for name in "xyz"]
    x, y, z = (each.term.expr for each in cubes)
    clean = altered(guards=(Guard(x * x * x + y * y * y == z * z * z, "Fermat was wrong"),), updates={})
    found = validate(replace(clean, parameters=(*clean.parameters, *cubes)), milliseconds=200)
    assert {complaint.problem for complaint in found} == {Problem.UNDECIDED}


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


def test_guards_that_exclude_each_other_are_a_warning_that_names_them() -> None:
    """A dead action is no danger, but a mistake; only the guards that clash are told."""

    def dither(s: Door) -> None:
        """Wait for what cannot be."""
        require(s.open, "it is open")
        require(s.knocks > 1, "knocked twice")
        require(s.knocks < 1, "not knocked")
        s.knocks = s.knocks + 9

    complaint = only(validate(system(dither)))
    assert (complaint.problem, complaint.warning) == (Problem.DEAD, True)
    assert complaint.what == "it can never be taken: 'knocked twice' and 'not knocked' cannot hold"
    check(system(dither))


def test_a_guard_that_no_value_satisfies_is_dead() -> None:
    """Domains count: a number above its bound is never reached."""

    def dream(s: Door) -> None:
        """Wait for more than can be counted."""
        require(s.knocks == 5, "five knocks")
        s.open = True

    assert only(validate(system(dream))).problem is Problem.DEAD


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
