"""Actions as data: what a function leaves behind, and how its mistakes are told."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable

import pytest

from cwmpcheck.kernel import Action, DeclarationError, OneOf, Party, Range, Record, flag, require, shows, var


class Kind(enum.Enum):
    """What can be seen."""

    NOTHING = "nothing"
    PING = "ping"


class Level(enum.Enum):
    """A parameter of an action."""

    LOW = 1
    HIGH = 2


class Lamp(Record):
    """The state."""

    lit = flag()
    level = var(Range(0, 3), 0)
    mode = var(OneOf(Level), Level.LOW)


def actions_of(body: Callable[..., None], **given: tuple[bool | int | enum.Enum, ...]) -> list[Action]:
    """The actions that a function declares for a party called hand."""
    party: Party[Lamp] = Party("hand")
    party.action(cites=("T-01",), **given)(body)
    return [action for declaration in party.declarations for action in declaration.actions(Lamp)]


def test_an_action_is_data() -> None:
    """Name, party, guards with reason and rule, updates, message, citations, summary and place are all there to read."""

    def light(s: Lamp) -> None:
        """Switch it on.

        More of this.
        """
        require(~s.lit, "it is dark", "T-02")
        shows(Kind.PING, level=s.level, bright=True)
        s.lit = True

    (action,) = actions_of(light)
    assert (action.name, action.party, action.summary, action.cites) == ("light", "hand", "Switch it on.", ("T-01",))
    assert [(str(g.term), g.reason, g.rule) for g in action.guards] == [("Not(lit)", "it is dark", "T-02")]
    assert {name: str(term.expr) for name, term in action.updates.items()} == {"lit": "True"}
    (shown,) = action.shown
    assert (shown.vantage, shown.kind) == ("hand", Kind.PING)
    assert {name: str(term.expr) for name, term in shown.fields.items()} == {"level": "level", "bright": "True"}
    assert action.place == f"test_actions.py:{inspect.getsourcelines(light)[1]}"


def test_a_parameter_makes_one_action_for_each_value() -> None:
    """Parameters are Python values, and the names tell them; members of enumerations by name."""

    def turn(s: Lamp, level: int, mode: Level) -> None:
        """Turn the knob."""
        s.level = level
        s.mode = mode

    actions = actions_of(turn, level=(0, 3), mode=(Level.LOW, Level.HIGH))
    assert [action.name for action in actions] == [
        "turn(level=0, mode=LOW)",
        "turn(level=0, mode=HIGH)",
        "turn(level=3, mode=LOW)",
        "turn(level=3, mode=HIGH)",
    ]
    assert [str(action.updates["level"].expr) for action in actions] == ["0", "0", "3", "3"]


def test_a_guard_after_an_assignment_is_refused() -> None:
    """It would read as if it spoke of the new value, and speaks of the old."""

    def late(s: Lamp) -> None:
        """Too late."""
        s.lit = True
        require(s.level > 0, "some level is set")

    line = inspect.getsourcelines(late)[1]
    with pytest.raises(DeclarationError, match="some level is set' comes after an assignment") as caught:
        actions_of(late)
    assert (caught.value.action, caught.value.place) == ("late", f"test_actions.py:{line}")
    assert str(caught.value).startswith("action late: ")
    assert str(caught.value).endswith(f"(test_actions.py:{line})")


def test_a_python_condition_on_the_state_names_the_action() -> None:
    """``if`` on a term raises where it stands, and the message tells of the action and the parameter value."""

    def confused(s: Lamp, level: int) -> None:
        """Half Python, half model."""
        if s.level == level:
            s.lit = True

    with pytest.raises(DeclarationError, match=r"^action confused\(level=2\): the term level == 2 has no truth value"):
        actions_of(confused, level=(2,))


def test_two_messages_at_one_end_are_refused() -> None:
    """A step shows one thing at each vantage; two are two steps."""

    def chatter(s: Lamp) -> None:
        """Say two things at once."""
        shows(Kind.PING)
        shows(Kind.PING, vantage="hand")

    with pytest.raises(DeclarationError, match="split the action"):
        actions_of(chatter)


def test_the_two_ends_can_see_different_things() -> None:
    """What one end sees is found by its vantage, and an end that sees nothing gets nothing."""

    def whisper(s: Lamp) -> None:
        """Say it to one end only."""
        shows(Kind.PING, vantage="ear")
        s.lit = True

    (action,) = actions_of(whisper)
    seen = action.shown_at("ear")
    assert seen is not None
    assert seen.kind is Kind.PING
    assert action.shown_at("hand") is None


@pytest.mark.parametrize("stray", [lambda: require(True, "never"), lambda: shows(Kind.PING)])
def test_guards_and_messages_belong_inside_an_action(stray: Callable[[], None]) -> None:
    """Outside the function of an action there is nothing that they could guard or be shown by."""
    with pytest.raises(DeclarationError, match="belong inside the function of an action"):
        stray()


def test_a_failed_declaration_leaves_no_trace() -> None:
    """After an error nothing is being declared any more, so that the next stray guard is still caught."""

    def broken(s: Lamp) -> None:
        """Fail half way."""
        s.level = 9

    with pytest.raises(DeclarationError, match="9 lies outside 0..3"):
        actions_of(broken)
    with pytest.raises(DeclarationError, match="belong inside"):
        require(True, "never")


def test_a_guard_can_be_dropped() -> None:
    """The mutant of a careless implementer differs from the original by one guard and nothing else."""

    def careful(s: Lamp) -> None:
        """Look before you leap."""
        require(~s.lit, "dark")
        require(s.level > 0, "a level is set")
        require(s.level < 3, "not the highest")
        s.lit = True

    (action,) = actions_of(careful)
    mutant = action.without_guard(1)
    assert [guard.reason for guard in mutant.guards] == ["dark", "not the highest"]
    assert [guard.reason for guard in action.guards] == ["dark", "a level is set", "not the highest"]
    assert mutant.updates == action.updates
