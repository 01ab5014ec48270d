"""Domains: what a variable may hold, how it is numbered, and how it is shown."""

from __future__ import annotations

import enum

import pytest

from cwmpcheck.kernel import BOOLEAN, DeclarationError, Domain, OneOf, Range, Value


class Colour(enum.Enum):
    """Numbered by position, whatever the values are."""

    RED = "stop"
    GREEN = "go"


class Size(enum.IntEnum):
    """Integers to Python, and no numbers to a model."""

    ONE = 1
    TWO = 2


@pytest.mark.parametrize(
    ("domain", "value", "number", "shown"),
    [
        (BOOLEAN, True, 1, "yes"),
        (BOOLEAN, False, 0, "no"),
        (Range(-2, 3), -2, -2, "-2"),
        (Range(-2, 3), 3, 3, "3"),
        (OneOf(Colour), Colour.RED, 0, "RED"),
        (OneOf(Colour), Colour.GREEN, 1, "GREEN"),
        (OneOf(Size), Size.TWO, 1, "TWO"),
    ],
)
def test_a_value_has_a_number_and_a_face(domain: Domain, value: Value, number: int, shown: str) -> None:
    """Engines store the number; people see the member's name, yes or no, or the number itself."""
    assert (domain.number(value), domain.show(number)) == (number, shown)


@pytest.mark.parametrize(
    ("domain", "value"),
    [
        (BOOLEAN, 2),
        (BOOLEAN, Colour.RED),
        (BOOLEAN, Size.ONE),
        (Range(0, 3), 4),
        (Range(0, 3), -1),
        (Range(0, 3), True),
        (Range(0, 3), Size.ONE),
        (OneOf(Colour), 0),
        (OneOf(Colour), Size.ONE),
    ],
)
def test_a_foreign_value_is_refused(domain: Domain, value: Value) -> None:
    """A number is no truth value, a truth value no number, and a member of another enumeration neither."""
    with pytest.raises(DeclarationError):
        domain.number(value)
    with pytest.raises(DeclarationError):
        domain.literal(value)


def test_an_empty_range_is_refused() -> None:
    """The bounds the wrong way round would make a variable that can hold nothing."""
    with pytest.raises(DeclarationError, match="lower bound first"):
        Range(3, 0)


def test_an_enumeration_has_as_many_numbers_as_members() -> None:
    """The bounds of an enumeration are those of its positions, so that nothing else can be stored."""
    assert (OneOf(Colour).low, OneOf(Colour).high) == (0, 1)


def test_a_number_that_no_member_has_is_shown_as_such() -> None:
    """A report of a broken state does not break itself."""
    assert OneOf(Colour).show(7) == "?7"


def test_two_domains_of_one_enumeration_are_equal() -> None:
    """Declaring the same enumeration twice gives the same domain (z3's own sorts would raise)."""
    assert OneOf(Colour) == OneOf(Colour)
    assert OneOf(Colour) != OneOf(Size)
