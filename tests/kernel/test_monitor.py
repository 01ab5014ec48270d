"""Past operators against their definitions: registers, step by step, against a look at the whole word."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwmpcheck.compile import compile_term
from cwmpcheck.kernel import DeclarationError, OneOf, Range, Record, Term, Variable, choose, flag, var
from cwmpcheck.kernel.monitor import (
    SEEN,
    Suite,
    View,
    counted,
    historically,
    names_of,
    observed,
    once,
    previously,
    since,
    stored,
)


class Kind(enum.Enum):
    """What can be seen."""

    NOTHING = "nothing"
    LETTER = "letter"


class Letter(Record):
    """One letter of a word: two truth values and a number."""

    kind = var(OneOf(Kind), Kind.NOTHING)
    a = flag()
    b = flag()
    n = var(Range(0, 3), 0)


class Ledger(Record):
    """Registers that every check may read."""

    seen_a = flag()
    last = var(Range(0, 3), 0)
    untouched = var(Range(0, 3), 2)


class Hidden(Record):
    """The model's state."""

    level = var(Range(0, 3), 0)


LetterView = View[Letter, Ledger, Hidden]
Word = list[tuple[bool, bool, int]]
WORDS = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 3)), max_size=12)


def remember(seen: Letter, ledger: Ledger) -> None:
    """The ledger after a step."""
    ledger.seen_a = ledger.seen_a | seen.a
    ledger.last = choose(seen.b, seen.n, ledger.last)


def suite() -> Suite[Letter, Ledger, Hidden]:
    """A suite without checks."""
    return Suite(Letter, Ledger, remember, Hidden)


def run(of: Suite[Letter, Ledger, Hidden], checks: Sequence[Term], word: Word) -> list[tuple[int, ...]]:
    """What the checks are at each step of a word, the registers being updated after it."""
    registers = of.registers(*(check.expr for check in checks))
    variables: tuple[Variable, ...] = (*Letter.variables(SEEN), *(register.variable for register in registers))
    values = [compile_term(check, variables) for check in checks]
    updates = [compile_term(register.update, variables) for register in registers]
    memory = tuple(register.variable.initial for register in registers)
    rows = []
    for a, b, n in word:
        now = (1, int(a), int(b), n, *memory)
        rows.append(tuple(value(now) for value in values))
        memory = tuple(update(now) for update in updates)
    return rows


@dataclass(frozen=True)
class Formula:
    """A formula as a tree, to be built as terms and to be decided on a whole word."""

    operator: str
    parts: tuple[Formula, ...] = ()

    def term(self, view: LetterView) -> Term:
        """The formula in the language under test."""
        parts = [part.term(view) for part in self.parts]
        build: dict[str, Callable[..., Term]] = {
            "a": lambda: view.seen.a,
            "b": lambda: view.seen.b,
            "not": lambda x: ~x,
            "and": lambda x, y: x & y,
            "once": once,
            "historically": historically,
            "previously": previously,
            "since": since,
        }
        return build[self.operator](*parts)

    def holds(self, word: Word, at: int) -> bool:
        """The definition, with the whole word in view."""
        parts = self.parts
        match self.operator:
            case "a":
                return word[at][0]
            case "b":
                return word[at][1]
            case "not":
                return not parts[0].holds(word, at)
            case "and":
                return parts[0].holds(word, at) and parts[1].holds(word, at)
            case "once":
                return any(parts[0].holds(word, i) for i in range(at + 1))
            case "historically":
                return all(parts[0].holds(word, i) for i in range(at + 1))
            case "previously":
                return at > 0 and parts[0].holds(word, at - 1)
            case _:
                anchors = [i for i in range(at + 1) if parts[1].holds(word, i)]
                return any(all(parts[0].holds(word, k) for k in range(i + 1, at + 1)) for i in anchors)


def formulas() -> st.SearchStrategy[Formula]:
    """Formulas over a and b, past operators within past operators."""

    def larger(smaller: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
        one = st.builds(
            lambda op, x: Formula(op, (x,)), st.sampled_from(["not", "once", "historically", "previously"]), smaller
        )
        two = st.builds(lambda op, x, y: Formula(op, (x, y)), st.sampled_from(["and", "since"]), smaller, smaller)
        return one | two

    return st.recursive(st.sampled_from([Formula("a"), Formula("b")]), larger, max_leaves=5)


@pytest.mark.parametrize("operator", ["once", "historically", "previously", "since"])
@given(word=WORDS)
def test_an_operator_is_what_its_definition_says(operator: str, word: Word) -> None:
    """Each past operator alone, at every step of any word, the present step included."""
    formula = Formula(operator, (Formula("a"), Formula("b")) if operator == "since" else (Formula("a"),))
    under_test = suite()
    under_test.add("f", formula.term)
    rows = run(under_test, [Term(under_test.checks["f"].holds, Letter.a.domain)], word)
    assert [bool(row[0]) for row in rows] == [formula.holds(word, i) for i in range(len(word))]


@given(formula=formulas(), word=WORDS)
def test_operators_nest(formula: Formula, word: Word) -> None:
    """Any formula, past operators within past operators, agrees with a look at the whole word."""
    under_test = suite()
    compiled = under_test.add("f", formula.term)
    rows = run(under_test, [Term(compiled.holds, Letter.a.domain)], word)
    assert [bool(row[0]) for row in rows] == [formula.holds(word, i) for i in range(len(word))]


def collect(of: Suite[Letter, Ledger, Hidden], build: Callable[[LetterView], Term]) -> Term:
    """A number that past operators make, as a term of the suite."""
    found: list[Term] = []

    def check(view: LetterView) -> Term:
        found.append(build(view))
        return found[0] == found[0]

    of.add("collect", check)
    return found[0]


@given(word=WORDS, initial=st.integers(0, 3))
def test_a_stored_value_is_that_of_the_last_earlier_step(word: Word, initial: int) -> None:
    """Inside a check, storage holds what was so before this step, and its initial value until something was stored."""
    under_test = suite()
    value = collect(under_test, lambda view: stored(view.seen.n, view.seen.a, initial=initial))
    expected = [next((n for a, _, n in reversed(word[:i]) if a), initial) for i in range(len(word))]
    assert [row[0] for row in run(under_test, [value], word)] == expected


@given(word=WORDS, most=st.integers(1, 3))
def test_a_count_is_of_earlier_steps_since_the_restart(word: Word, most: int) -> None:
    """Events are counted up to the bound; a restart wins over an event of the same step."""
    under_test = suite()
    value = collect(under_test, lambda view: counted(view.seen.a, restart=view.seen.b, most=most))
    expected = []
    for i in range(len(word)):
        begin = max((k + 1 for k in range(i) if word[k][1]), default=0)
        expected.append(min(most, sum(a for a, _, _ in word[begin:i])))
    assert [row[0] for row in run(under_test, [value], word)] == expected


@given(word=WORDS)
def test_the_ledger_holds_what_was_so_before_the_step(word: Word) -> None:
    """Ledger registers follow the one convention too, and one that nothing writes keeps its initial value."""
    under_test = suite()
    ledger = under_test.view.ledger
    rows = run(under_test, [ledger.seen_a, ledger.last, ledger.untouched], word)
    assert rows == [
        (any(a for a, _, _ in word[:i]), next((n for _, b, n in reversed(word[:i]) if b), 0), 2)
        for i in range(len(word))
    ]


def test_equal_operators_share_a_register() -> None:
    """The same operator on the same term, in two checks, costs one ghost variable."""
    under_test = suite()
    first = under_test.add("first", lambda view: once(view.seen.a) | view.seen.b)
    second = under_test.add("second", lambda view: ~once(view.seen.a))
    third = under_test.add("third", lambda view: once(view.seen.b))
    assert names_of(under_test.registers(first.holds)) == names_of(under_test.registers(second.holds))
    assert len(under_test.registers(first.holds, second.holds, third.holds)) == 2


def test_values_that_start_differently_do_not_share_a_register() -> None:
    """The initial value is part of what a stored value is."""
    under_test = suite()
    zero = collect(under_test, lambda view: stored(view.seen.n, view.seen.a, initial=0))
    found: list[Term] = []

    def other(view: LetterView) -> Term:
        found.append(stored(view.seen.n, view.seen.a, initial=3))
        return found[0] == 3

    under_test.add("other", other)
    assert run(under_test, [zero, found[0]], [(False, False, 1)]) == [(0, 3)]


def test_historically_and_once_of_the_negation_share_a_register() -> None:
    """One is defined by the other, so that the pair costs one variable."""
    under_test = suite()
    always = under_test.add("always", lambda view: historically(view.seen.a))
    never = under_test.add("never", lambda view: ~once(~view.seen.a))
    assert names_of(under_test.registers(always.holds)) == names_of(under_test.registers(never.holds))


def test_a_check_tells_whether_it_needs_the_hidden_state() -> None:
    """Only what speaks of messages and ledger alone can be held against a captured trace; registers count as well."""
    under_test = suite()
    assert not under_test.add("seen", lambda view: ~view.seen.a | view.ledger.seen_a).needs_state
    assert under_test.add("before", lambda view: view.state.level == 0).needs_state
    assert under_test.add("after", lambda view: view.after.level == 0).needs_state
    assert under_test.add("through a register", lambda view: once(view.state.level == 3)).needs_state


def test_the_cone_goes_through_registers() -> None:
    """What a check depends on includes what its registers are updated from."""
    under_test = suite()
    check = under_test.add("f", lambda view: view.ledger.last == 0)
    assert under_test.cone(check.holds) == {"ledger.last", "seen.b", "seen.n"}


def test_past_operators_belong_inside_a_check() -> None:
    """Outside there is nothing that could hold their registers."""
    with pytest.raises(DeclarationError, match="belong inside a check"):
        once(True)


def test_a_check_has_a_name_of_its_own_and_is_a_truth_value() -> None:
    """Two checks of one name, or a number for a check, are refused."""
    under_test = suite()
    under_test.add("f", lambda view: view.seen.a)
    with pytest.raises(DeclarationError, match="two checks are called f"):
        under_test.add("f", lambda view: view.seen.b)
    with pytest.raises(DeclarationError, match="not a truth value"):
        under_test.add("g", lambda view: view.seen.n)


def test_views_cannot_be_written() -> None:
    """A check looks and does not touch."""
    under_test = suite()

    def meddle(view: LetterView) -> Term:
        view.after.level = 0
        return view.seen.a

    with pytest.raises(DeclarationError, match="may only be read"):
        under_test.add("meddle", meddle)


def test_an_observation_is_completed_with_defaults() -> None:
    """Fields that are not given have their declared defaults; unknown ones are told with what there is."""
    whole = observed(Letter, {"kind": Kind.LETTER, "n": 3})
    assert {name: str(term.expr) for name, term in whole.items()} == {"kind": "1", "a": "False", "b": "False", "n": "3"}
    with pytest.raises(DeclarationError, match="no field m; it has kind, a, b, n"):
        observed(Letter, {"m": 1})
