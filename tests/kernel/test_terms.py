"""Terms: z3 expressions that refuse to be mistaken for truth values or for another sort."""

from __future__ import annotations

import enum
from collections.abc import Callable

import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st

from cwmpcheck.kernel import BOOLEAN, DeclarationError, OneOf, Range, Term, both, choose, either
from cwmpcheck.kernel.terms import as_term, truth


class Colour(enum.Enum):
    """An enumeration of the model."""

    RED = "red"
    GREEN = "green"
    BLUE = "blue"


class Mood(enum.Enum):
    """Another one, with as many members."""

    GOOD = "good"
    BAD = "bad"
    UGLY = "ugly"


NUMBER = Range(0, 9)


def number(name: str) -> Term:
    """A number of the model."""
    return Term(NUMBER.constant(name), NUMBER)


def colour(name: str) -> Term:
    """A colour of the model."""
    return Term(OneOf(Colour).constant(name), OneOf(Colour))


def flag(name: str) -> Term:
    """A truth value of the model."""
    return Term(BOOLEAN.constant(name), BOOLEAN)


A, B, P, Q, C = number("a"), number("b"), flag("p"), flag("q"), colour("c")


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: bool(A == B),
        lambda: 1 if A == 0 else 2,
        lambda: P and Q,
        lambda: P or Q,
        lambda: not P,
        lambda: A in [B, 3],
        lambda: {A: 1}.get(number("b"), 0) if hash(A) == hash(B) else bool(B),
        lambda: 0 < A < 3,
    ],
)
def test_a_term_has_no_truth_value(mistake: Callable[[], object]) -> None:
    """``if``, ``and``, ``or``, ``not``, ``in`` and chained comparisons on terms raise: z3's own terms answer silently."""
    with pytest.raises(DeclarationError, match="has no truth value"):
        mistake()


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: C == Mood.GOOD,
        lambda: Mood.GOOD == C,
        lambda: colour("d") == Term(OneOf(Mood).constant("m"), OneOf(Mood)),
        lambda: C == 0,
        lambda: C == A,
        lambda: A == C,
        lambda: A == Colour.RED,
        lambda: A == True,  # the comparison is the mistake under test
        lambda: P == A,
        lambda: A == None,
        lambda: C < Colour.GREEN,
        lambda: C + 1,
        lambda: P + 1,
        lambda: A + C,
        lambda: A + True,
        lambda: A & P,
        lambda: P & A,
        lambda: P | 2,
        lambda: ~A,
        lambda: P.implies(A),
        lambda: C.among(Colour.RED, Mood.GOOD),
        lambda: choose(A, 1, 2),
        lambda: choose(P, Colour.RED, Mood.GOOD),
        lambda: choose(P, A, Colour.RED),
        lambda: both(P, A),
        lambda: either(P, Colour.RED),
        lambda: as_term(A, BOOLEAN),
        lambda: as_term(Mood.BAD, OneOf(Colour)),
        lambda: truth(A),
    ],
)
def test_sorts_do_not_mix(mistake: Callable[[], object]) -> None:
    """Enumerations are integers to the solver, so that the wrapper has to see what is compared with what."""
    with pytest.raises(DeclarationError):
        mistake()


def test_equal_terms_have_equal_hashes() -> None:
    """A term is known by z3's node, so that a term built twice can be found by its hash."""
    assert hash(number("a") + 1) == hash(number("a") + 1)
    assert hash(number("a") + 1) != hash(number("a") + 2)


def test_a_comparison_is_shown_as_it_was_written() -> None:
    """No simplifier turns a condition round before a person sees it."""
    assert str((A <= B).expr) == "a <= b"
    assert str((A == 3).expr) == "a == 3"
    assert str((3 == A).expr) == "a == 3"  # type: ignore[attr-defined]  # noqa: SIM300  # mypy asks int; Python asks the term
    assert str((C == Colour.BLUE).expr) == "c == 2"


def test_bounds_follow_the_arithmetic() -> None:
    """The domain beside a term tells which numbers it can come to."""
    assert (A + 1).domain == Range(1, 10)
    assert (A - B).domain == Range(-9, 9)
    assert choose(P, A, 20).domain == Range(0, 20)


def test_nothing_to_join_is_true_and_nothing_to_choose_from_is_false() -> None:
    """The empty conjunction and disjunction are what logic says they are."""
    assert z3.is_true(both().expr)
    assert z3.is_false(either().expr)


@given(a=st.integers(0, 9), b=st.integers(0, 9), p=st.booleans(), q=st.booleans(), c=st.sampled_from(Colour))
def test_operators_mean_what_python_means(a: int, b: int, p: bool, q: bool, c: Colour) -> None:
    """Every operator on terms gives, at any values, what the same operator gives on the values."""
    values = [
        (A.expr, z3.IntVal(a)),
        (B.expr, z3.IntVal(b)),
        (P.expr, z3.BoolVal(p)),
        (Q.expr, z3.BoolVal(q)),
        (C.expr, z3.IntVal(list(Colour).index(c))),
    ]
    cases: list[tuple[Term, int]] = [
        (A == B, a == b),
        (A != B, a != b),
        (A < B, a < b),
        (A <= 4, a <= 4),
        (A > B, a > b),
        (A >= 4, a >= 4),
        (A + B, a + b),
        (A - 4, a - 4),
        (P & Q, p and q),
        (P | Q, p or q),
        (True & P, p),
        (False | P, p),
        (~P, not p),
        (P.implies(Q), not p or q),
        (C.among(Colour.RED, Colour.BLUE), c in (Colour.RED, Colour.BLUE)),
        (both(P, Q, A == B), p and q and a == b),
        (either(P, Q, A == B), p or q or a == b),
        (choose(P, A, B), a if p else b),
        (choose(P, 7, B), 7 if p else b),
    ]
    for term, expected in cases:
        value = z3.simplify(z3.substitute(term.expr, *values))
        got = int(z3.is_true(value)) if z3.is_bool(value) else value.as_long()
        assert got == expected, term
        assert term.domain.low <= got <= term.domain.high, term
