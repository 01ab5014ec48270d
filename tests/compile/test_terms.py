"""How terms are read, bounded, packed and printed."""

from __future__ import annotations

import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st
from tests.compile.toys import DOMAINS, Crossing, crossing, numbers

from cwmpcheck.compile import compile_term, evaluator
from cwmpcheck.compile.bits import BitTranslator
from cwmpcheck.compile.dag import Dag
from cwmpcheck.compile.intervals import Interval, intervals
from cwmpcheck.compile.layout import layout
from cwmpcheck.kernel import BOOLEAN, DeclarationError, Range, Term, Variable, state_of

N = Variable("n", Range(-2, 5), 0)
B = Variable("b", BOOLEAN, 0)
CONSTANTS = [Term(v.domain.constant(v.name), v.domain) for v in (N, B)]


def test_shared_parts_are_written_once() -> None:
    """A term that doubles sixty times is a graph of sixty nodes, and evaluating it takes no longer than that."""
    term = z3.Int("n")
    for _ in range(60):
        term = term + term
    assert compile_term(term, [N])((1,)) == 2**60


def test_deep_terms_are_no_trouble() -> None:
    """A chain of choices five hundred deep is more than Python's parser would nest."""
    term = z3.IntVal(0)
    for i in range(500):
        term = z3.If(z3.Int("n") == i - 2, z3.IntVal(i), term)
    assert compile_term(term, [N])((4,)) == 6


def test_a_foreign_operator_is_refused() -> None:
    """Division is no operator of the term language; the error names it."""
    with pytest.raises(DeclarationError, match="no back end can execute"):
        compile_term(z3.Int("n") / z3.IntVal(2), [N])


def test_a_foreign_variable_is_refused() -> None:
    """A term over something that is no variable of the system is an error that names it."""
    with pytest.raises(DeclarationError, match="mentions stranger"):
        compile_term(z3.Int("stranger") > 0, [N])


def test_an_evaluator_knows_parameters() -> None:
    """A term over variables and parameters is evaluated with the values chosen, else the defaults."""
    system, state = crossing(), state_of(Crossing)
    term = state.balance == system.parameters[0].term
    at_one = (0, 0, 5, 1, 0, 7, -7)
    assert evaluator(system, term)(at_one) == 1
    assert evaluator(system, term, {"patience": 2})(at_one) == 0


@given(numbers(CONSTANTS, 3), st.integers(-2, 5), st.integers(0, 1))
def test_intervals_hold_every_value(term: z3.ArithRef, n: int, b: int) -> None:
    """Whatever the variables are, a term's value lies in its interval."""
    dag = Dag()
    root = dag.add(term)
    found = intervals(dag, {"n": Interval(-2, 5), "b": Interval(0, 1)})[root]
    assert found.low <= compile_term(term, [N, B])((n, b)) <= found.high


@given(numbers(CONSTANTS, 3), st.integers(-2, 5), st.integers(0, 1))
def test_bits_mean_the_same_number(term: z3.ArithRef, n: int, b: int) -> None:
    """Over bits a term equals the very number that it has over integers, and no other."""
    value = compile_term(term, [N, B])((n, b))
    translate = BitTranslator({"n": N.domain, "b": BOOLEAN})
    fixed = [translate(z3.Int("n") == n), translate(z3.Bool("b") == bool(b))]
    solver = z3.SolverFor("QF_FD")
    solver.add(*fixed)
    assert solver.check(translate(term == value)) == z3.sat
    assert solver.check(translate(z3.Not(term == value))) == z3.unsat
    assert solver.check(translate(term < value)) == z3.unsat
    assert solver.check(translate(term > value - 1)) == z3.sat


@given(st.lists(st.sampled_from(DOMAINS), min_size=1, max_size=12), st.data())
def test_packing_loses_nothing(domains: list[Range], data: st.DataObject) -> None:
    """Packed and unpacked again a state is what it was, no word is zero in its first place, no bit is used twice."""
    variables = [Variable(f"v{i}", domain, domain.low) for i, domain in enumerate(domains)]
    packed = layout(variables)
    state = tuple(data.draw(st.integers(d.low, d.high)) for d in domains)
    words = packed.pack(state)
    assert packed.unpack(words) == state
    assert words[0] >> 63 == 1
    assert max(words) < 2**64
    for word in range(packed.words):
        masks = [field.mask for field in packed.fields if field.word == word]
        assert sum(masks) < 2**64 - (word == 0) * 2**63
        assert sum(mask.bit_count() for mask in masks) == sum(masks).bit_count()
