"""A system with its monitors: seeded mistakes are caught where they happen, and nothing unneeded is carried along."""

from __future__ import annotations

import enum

import pytest

from cwmpcheck.compile import compile_python
from cwmpcheck.kernel import DeclarationError, OneOf, Party, Range, Record, System, compose, flag, require, shows, var
from cwmpcheck.kernel.instrument import instrument, state_watch
from cwmpcheck.kernel.monitor import Suite, previously, stored
from cwmpcheck.kernel.system import state_of


class Kind(enum.Enum):
    """What can be seen."""

    NOTHING = "nothing"
    ASK = "ask"
    ANSWER = "answer"


class Talk(Record):
    """The state: a question that is open, and how often it was answered."""

    open = flag()
    key = var(Range(0, 2), 0)
    answers = var(Range(0, 2), 0)


class Seen(Record):
    """The observation."""

    kind = var(OneOf(Kind), Kind.NOTHING)
    key = var(Range(0, 2), 0)
    loud = flag(True)


class Ledger(Record):
    """What was seen so far."""

    asked = flag()
    quiet = flag()


def remember(seen: Seen, ledger: Ledger) -> None:
    """A question opens, an answer closes; anything shown with its voice down is kept in mind."""
    ledger.asked = (ledger.asked | (seen.kind == Kind.ASK)) & (seen.kind != Kind.ANSWER)
    ledger.quiet = ledger.quiet | ~seen.loud


talker: Party[Talk] = Party("talker")


@talker.action(key=(1, 2))
def ask(s: Talk, key: int) -> None:
    """Ask a question."""
    require(~s.open, "no question is open")
    shows(Kind.ASK, key=key)
    s.open = True
    s.key = key


@talker.action()
def think(s: Talk) -> None:
    """Think, which nobody sees."""
    require(s.open, "a question is open")
    s.answers = 0


@talker.action()
def answer(s: Talk) -> None:
    """Answer, and forget to close the question: the seeded mistake."""
    require(s.open, "a question is open")
    require(s.answers < 2, "not answered twice")
    shows(Kind.ANSWER, key=s.key)
    shows(Kind.NOTHING, vantage="elsewhere", loud=False)
    s.answers = s.answers + 1


def suite() -> Suite[Seen, Ledger, Talk]:
    """The checks of the examples below."""
    made = Suite(Seen, Ledger, remember, Talk)
    made.add("answers-follow-questions", lambda v: (v.seen.kind != Kind.ANSWER) | v.ledger.asked)
    made.add(
        "same-key",
        lambda v: (v.seen.kind != Kind.ANSWER) | (v.seen.key == stored(v.seen.key, v.seen.kind == Kind.ASK, initial=0)),
    )
    made.add("never-quiet", lambda v: v.seen.loud & ~v.ledger.quiet)
    made.add("counts-up", lambda v: v.after.answers >= v.state.answers)
    made.add("never-twice-running", lambda v: ~((v.seen.kind == Kind.ANSWER) & previously(v.seen.kind == Kind.ANSWER)))
    return made


def talk() -> System:
    """The toy system."""
    return compose("talk", Talk, (talker,))


def shortest(system: System, watch: str) -> list[str] | None:
    """A shortest run on whose last step the watch occurs, by the names of its actions."""
    backend = compile_python(system)
    seen = {backend.initial()}
    front: list[tuple[tuple[int, ...], list[str]]] = [(backend.initial(), [])]
    while front:
        later = []
        for state, names in front:
            for number in backend.enabled(state):
                run = [*names, system.actions[number].name]
                if watch in backend.occurring(state, number):
                    return run
                after = backend.successor(state, number)
                if after not in seen:
                    seen.add(after)
                    later.append((after, run))
        front = later
    return None


@pytest.mark.parametrize(
    ("check", "run"),
    [
        ("answers-follow-questions", ["ask(key=1)", "answer", "answer"]),
        ("same-key", None),
        ("never-quiet", None),
        ("counts-up", ["ask(key=1)", "answer", "think"]),
        ("never-twice-running", ["ask(key=1)", "answer", "answer"]),
    ],
)
def test_a_violation_is_caught_at_its_step(check: str, run: list[str] | None) -> None:
    """A shortest run ends with the very step that breaks the check; checks that hold are never broken."""
    assert shortest(instrument(talk(), suite(), vantage="talker", checks=[check]), check) == run


def test_a_vantage_sees_its_own_messages_only() -> None:
    """At another end other things are seen: the quiet word there breaks a check that holds here."""
    elsewhere = instrument(talk(), suite(), vantage="elsewhere", checks=["never-quiet", "answers-follow-questions"])
    assert shortest(elsewhere, "never-quiet") == ["ask(key=1)", "answer"]
    assert shortest(elsewhere, "answers-follow-questions") is None


def test_a_step_that_shows_nothing_shows_the_defaults() -> None:
    """An action without a message is seen as the default observation, so that every step has one."""
    made = suite()
    made.add(
        "default-or-shown",
        lambda v: ((v.seen.kind == Kind.NOTHING) & (v.seen.key == 0) & v.seen.loud) | (v.seen.key > 0),
    )
    assert shortest(instrument(talk(), made, vantage="talker", checks=["default-or-shown"]), "default-or-shown") is None
    assert shortest(instrument(talk(), made, vantage="nobody", checks=["same-key"]), "same-key") is None


def test_only_registers_in_the_cone_of_the_checks_are_added() -> None:
    """A register that no wanted check depends on would only multiply the states."""
    system = talk()
    names = len(system.variables)

    def added(*checks: str) -> list[str]:
        variables = instrument(system, suite(), vantage="talker", checks=checks).variables
        return [variable.name.partition("#")[0] for variable in variables[names:]]

    assert added("counts-up") == []
    assert added("answers-follow-questions") == ["ledger.asked"]
    assert added("never-quiet") == ["ledger.quiet"]
    assert added("same-key") == ["stored"]
    assert sorted(added("same-key", "never-quiet", "answers-follow-questions")) == [
        "ledger.asked",
        "ledger.quiet",
        "stored",
    ]


def test_monitors_do_not_disturb_the_system() -> None:
    """The instrumented system takes the same steps: guards and the updates of its own variables are unchanged."""
    system = talk()
    watched = instrument(system, suite(), vantage="talker", checks=["same-key", "never-quiet"])
    for before, after in zip(system.actions, watched.actions, strict=True):
        assert after.guards == before.guards
        assert {name: after.updates[name] for name in before.updates} == dict(before.updates)
    assert watched.variables[: len(system.variables)] == system.variables


def test_a_witness_occurs_where_its_condition_holds() -> None:
    """What must be seen to occur is a watch of its own, found by a shortest run."""
    made = suite()
    view = made.view
    witness = ((view.seen.kind == Kind.ANSWER) & (view.seen.key == 2)).expr
    watched = instrument(talk(), made, vantage="talker", checks=[], witnesses={"answers-two": witness})
    assert shortest(watched, "witness answers-two") == ["ask(key=2)", "answer"]


def test_a_check_that_is_not_declared_is_refused() -> None:
    """A misspelt id would otherwise be a property that always holds."""
    with pytest.raises(DeclarationError, match="the suite has no check same-kye"):
        instrument(talk(), suite(), vantage="talker", checks=["same-kye"])


def test_a_check_of_another_model_is_refused() -> None:
    """A check that mentions a variable which the system lacks cannot be decided on it."""

    class Other(Talk):
        extra = flag()

    made = Suite(Seen, Ledger, remember, Other)
    made.add("extra", lambda v: ~v.after.extra)
    with pytest.raises(DeclarationError, match="a check mentions extra', which system talk does not have"):
        instrument(talk(), made, vantage="talker", checks=["extra"])


def test_a_state_watch_is_a_truth_value() -> None:
    """A state condition occurs where it holds, and a number is no condition."""
    watch = state_watch("twice", state_of(Talk).answers == 2)
    backend = compile_python(talk().with_watches([watch]))
    assert backend.holding((1, 1, 2)) == {"twice"}
    assert backend.holding((1, 1, 1)) == frozenset()
    with pytest.raises(DeclarationError, match="no truth value"):
        state_watch("answers", state_of(Talk).answers)
