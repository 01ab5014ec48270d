"""Records: variables by path, reads of the state before a step, and writes that take effect together."""

from __future__ import annotations

import enum

import pytest

from cwmpcheck.kernel import DeclarationError, OneOf, Range, Record, Term, flag, part, parts, state_of, timer, var
from cwmpcheck.kernel.shape import StepContext, saturated


class Phase(enum.Enum):
    """What a slot is doing."""

    FREE = "free"
    BUSY = "busy"


class Slot(Record):
    """One of several."""

    phase = var(OneOf(Phase), Phase.FREE)
    due = timer(3)


class Named(Record):
    """What a device inherits."""

    key = var(Range(0, 5), 2)


class Device(Named):
    """A record with an inherited variable, a part and an array."""

    powered = flag(True)
    slot = part(Slot)
    spare = parts(Slot, 2)


def fresh() -> tuple[Device, StepContext]:
    """A device at the beginning of a step, and what it writes."""
    context = StepContext()
    return Device(context), context


def test_variables_are_named_by_path_in_the_order_of_declaration() -> None:
    """Inherited variables come first, parts and arrays where they are declared: the order that states are packed in."""
    assert [(v.name, v.initial, v.timer) for v in Device.variables()] == [
        ("key", 2, False),
        ("powered", 1, False),
        ("slot.phase", 0, False),
        ("slot.due", 0, True),
        ("spare[0].phase", 0, False),
        ("spare[0].due", 0, True),
        ("spare[1].phase", 0, False),
        ("spare[1].due", 0, True),
    ]


def test_a_read_is_of_the_state_before_the_step() -> None:
    """An assignment does not change what the same variable reads as: all take effect together."""
    device, context = fresh()
    device.key = device.key + 1
    device.slot.phase = Phase.BUSY
    assert str(device.key.expr) == "key"
    assert str(device.slot.phase.expr) == "slot.phase"
    assert {name: str(term.expr) for name, term in context.writes.items()} == {"key": "key + 1", "slot.phase": "1"}


def test_two_variables_can_be_swapped() -> None:
    """Simultaneous assignment needs no third variable."""
    device, context = fresh()
    device.spare[0].phase, device.spare[1].phase = device.spare[1].phase, device.spare[0].phase
    assert str(context.writes["spare[0].phase"].expr) == "spare[1].phase"
    assert str(context.writes["spare[1].phase"].expr) == "spare[0].phase"


def test_a_second_assignment_is_refused() -> None:
    """Which of two values holds after the step would be anybody's guess."""
    device, _ = fresh()
    device.spare[1].phase = Phase.BUSY
    with pytest.raises(DeclarationError, match=r"spare\[1\]\.phase is assigned twice in one step; combine"):
        device.spare[1].phase = Phase.FREE


@pytest.mark.parametrize("value", [True, Phase.BUSY, 6, -1])
def test_a_foreign_value_is_refused(value: Term) -> None:
    """A literal outside the domain is seen at once."""
    device, _ = fresh()
    with pytest.raises(DeclarationError):
        device.key = value


def test_a_misspelt_variable_is_refused() -> None:
    """Python would keep the name as an attribute, and the assignment would be lost without a word."""
    device, context = fresh()
    misspelt = "powred"
    with pytest.raises(DeclarationError, match="Device has no variable powred; it has key, powered, slot, spare"):
        setattr(device, misspelt, False)
    with pytest.raises(DeclarationError, match="Slot has no variable powred; it has phase, due"):
        getattr(device.slot, misspelt)
    assert context.writes == {}


def test_a_part_cannot_be_assigned_as_a_whole() -> None:
    """Only variables have values."""
    device, _ = fresh()
    name = "slot"
    with pytest.raises(DeclarationError, match="slot is a record: assign its variables one by one"):
        setattr(device, name, device.spare[0])


def test_rows_are_chosen_by_numbers_that_exist() -> None:
    """A row is chosen while the model is declared, so neither a term nor a number beyond the end will do."""
    device, _ = fresh()
    assert [str(row.due.expr) for row in device.spare] == ["spare[0].due", "spare[1].due"]
    assert len(device.spare) == 2
    for index in (2, -1, device.key):
        with pytest.raises(DeclarationError, match="there is no row"):
            device.spare[index]  # type: ignore[index]  # a term is the mistake under test


def test_a_state_to_read_cannot_be_written() -> None:
    """An invariant or a view that assigns is a mistake."""
    device = state_of(Device)
    with pytest.raises(DeclarationError, match="key is assigned where the state may only be read"):
        device.key = 1


def test_a_timer_is_set_stopped_and_asked() -> None:
    """A timer counts ticks: it runs above 0, has elapsed at 0, and saturates at its bound."""
    device, context = fresh()
    assert str(device.slot.due.running.expr) == "slot.due > 0"
    assert str(device.slot.due.elapsed.expr) == "slot.due == 0"
    device.slot.due.set(2)
    device.spare[0].due.stop()
    assert {name: str(term.expr) for name, term in context.writes.items()} == {"slot.due": "2", "spare[0].due": "0"}


def test_saturation_keeps_what_is_below() -> None:
    """Values up to the bound stay, larger ones become the bound."""
    term = saturated(state_of(Device).key, 3)
    assert (term.domain, str(term.expr)) == (Range(0, 3), "If(key > 3, 3, key)")
