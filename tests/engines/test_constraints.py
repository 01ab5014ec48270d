"""The small language of questions: what it understands, and that it refuses the rest with the place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwmpcheck.engines.constraints import Atom, Comparison, Constraint, Junction, Not, parse_constraint
from cwmpcheck.vocabulary.errors import UsageError


def test_and_binds_tighter_than_or_and_not_tighter_than_both() -> None:
    """As everywhere."""
    (formula,) = parse_constraint("a or b and not c").parts
    assert formula == Junction("or", (Atom("a"), Junction("and", (Atom("b"), Not(Atom("c"))))))
    (formula,) = parse_constraint("(a or b) and c").parts
    assert formula == Junction("and", (Junction("or", (Atom("a"), Atom("b"))), Atom("c")))


def test_names_have_dots_rows_and_the_form_of_readings() -> None:
    """Names are those that the model prints."""
    (formula,) = parse_constraint("transfer[0].phase == FETCHED and A-08 != 'restarts'").parts
    assert formula == Junction(
        "and", (Comparison("transfer[0].phase", "==", "FETCHED"), Comparison("A-08", "!=", "restarts"))
    )


def test_a_single_equals_sign_compares_too() -> None:
    """Nothing is ever assigned, so there is nothing to confuse it with."""
    assert parse_constraint("n = -3").parts == (Comparison("n", "==", "-3"),)


def test_messages_have_fields_and_a_vantage() -> None:
    """As steps of a path print them, and at whose end they are seen."""
    constraint = parse_constraint("eventually Download(delayed=yes, key>=1)@cpe then Fault()")
    first = Atom("Download", (Comparison("delayed", "==", "yes"), Comparison("key", ">=", "1")), "cpe")
    assert constraint == Constraint(constraint.text, "eventually", (first, Atom("Fault")))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "a name or a value is missing before the end"),
        ("eventually", "a name or a value is missing before the end"),
        ("a ==", "missing before the end"),
        ("a b", "it should end before 'b'"),
        ("(a", r"'\)' is missing before the end"),
        ("a)", r"it should end before '\)'"),
        ("5", "'5' says nothing by itself"),
        ("a & b", "'& b' is not understood"),
        ("always a then b", "does not go with `always`"),
        ("eventually always a", "missing before 'always a'"),
        ("__import__('os').system('true')", r"is not understood"),
        ("__import__('os')", "say what os should be, as in os=1"),
        ("a(b)", "say what b should be, as in b=1"),
        ("(" * 41 + "a" + ")" * 41, "nests deeper than 40"),
        ("not " * 50 + "a", "nests deeper than 40"),
        ("a" * 2001, "is too long"),
    ],
)
def test_what_is_no_constraint_is_refused_with_the_place(text: str, why: str) -> None:
    """A mistake is quoted, and help is offered."""
    with pytest.raises(UsageError, match=why):
        parse_constraint(text)


@given(
    st.text(max_size=60)
    | st.lists(
        st.sampled_from(["a", "(", ")", "and", "or", "not", "then", "==", "<", "1", "@", ",", "=", "x.y", "'q"]),
        max_size=12,
    ).map(" ".join)
)
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing else ever happens, whatever is typed."""
    try:
        constraint = parse_constraint(text)
    except UsageError:
        return
    assert constraint.parts
