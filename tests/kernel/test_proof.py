"""What the validator proves with z3: writes that stay inside, claims that survive, guards that can hold together."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import replace

import pytest
import z3

from cwmpcheck.kernel import (
    DeclarationError,
    Guard,
    OneOf,
    Parameter,
    Party,
    Range,
    Record,
    System,
    Term,
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


def system(*bodies: Callable[..., None], **options: object) -> System:
    """A system of actions that a guest takes."""
    party: Party[Door] = Party("guest")
    for body in bodies:
        party.action()(body)
    return compose("door", Door, (party,), parameters=(LONG, SHORT), **options)  # type: ignore[arg-type]


def only(complaints: tuple[Complaint, ...]) -> Complaint:
    """The one complaint there is."""
    (complaint,) = complaints
    return complaint


def altered(**changes: object) -> System:
    """The clean system with its first action changed: for mistakes that the declaring functions refuse themselves."""
    clean = system(knock)
    return replace(clean, actions=(replace(clean.actions[0], **changes), *clean.actions[1:]))  # type: ignore[arg-type]


def test_a_write_that_may_leave_its_domain_is_refused_with_an_example() -> None:
    """The complaint names action, place, variable, bounds, values that break it, and what to do."""

    def careless(s: Door) -> None:
        """Count without looking."""
        s.knocks = s.knocks + 1

    complaint = only(validate(system(careless)))
    assert (complaint.problem, complaint.action, complaint.warning) == (Problem.OUTSIDE, "careless", False)
    assert "sets knocks outside 0..3, as when knocks = 3: widen the domain, guard the action" in complaint.what
    with pytest.raises(DeclarationError, match=r"^action careless: it sets knocks outside .*\(test_proof\.py:\d+\)$"):
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
