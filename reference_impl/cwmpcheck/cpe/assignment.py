"""SetParameterValues: all of it or nothing, with the rules of the firmware banks (rules.md 5.3)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cwmpcheck.cpe.effects import Activate, Change, SetAvailable, SetParameter
from cwmpcheck.cpe.parameters import BOOT_IMAGE, PARAMETER_KEY, Leaf, image_path, normal, wrong
from cwmpcheck.cpe.slots import BANKS, Slots
from cwmpcheck.wire.messages import Parameter, ParameterFault, SetParameterValues

__all__ = ["Assignment", "assign"]


class Assignment(msgspec.Struct, frozen=True):
    """What a SetParameterValues comes to.

    Attributes:
        faults: what was wrong; if there is any, nothing is changed.
        changes: for the ledger.
        banks: for the banks, in order.
        slots: the banks afterwards.
    """

    faults: tuple[ParameterFault, ...]
    changes: tuple[Change, ...]
    banks: tuple[Activate | SetAvailable, ...]
    slots: Slots


def assign(request: SetParameterValues, leaves: Mapping[str, Leaf], running: str, slots: Slots) -> Assignment:
    """Work out a SetParameterValues.

    Args:
        request: as it was asked.
        leaves: the tree as it stands.
        running: the bank that runs.
        slots: the banks as they stand.
    """
    faults: list[ParameterFault] = []
    changes: list[Change] = []
    banks: list[Activate | SetAvailable] = []
    after, seen = slots, set[str]()
    # What makes an image available comes before what makes it the one that boots, in whichever order they were asked.
    for parameter in sorted(request.parameters, key=lambda one: one.name == BOOT_IMAGE):
        leaf = leaves.get(parameter.name)
        fault = wrong(leaf, parameter)
        if parameter.name in seen:
            fault = ParameterFault(parameter.name, 9003, "set twice in one request")
        seen.add(parameter.name)
        order = None if fault is not None else _bank_order(parameter)
        if order is not None:
            fault = _refused(order, parameter.name, running, after, slots.boot)
        if fault is not None:
            faults.append(fault)
        elif order is not None:
            banks.append(order)
            after = _ordered(after, order)
        elif leaf is not None:
            changes.append(SetParameter(parameter.name, normal(leaf, parameter.value)))
    changes.append(SetParameter(PARAMETER_KEY, request.parameter_key))
    return Assignment(tuple(faults), tuple(changes), tuple(banks), after)


def _bank_order(parameter: Parameter) -> Activate | SetAvailable | None:
    """What a parameter asks of a bank; an image that does not exist gives an order with no bank."""
    if parameter.name == BOOT_IMAGE:
        wanted = parameter.value.removesuffix(".")
        return Activate(next((bank for bank in BANKS if image_path(bank) == wanted), ""))
    for bank in BANKS:
        if parameter.name == f"{image_path(bank)}.Available":
            return SetAvailable(bank, parameter.value in ("1", "true"))
    return None


def _refused(order: Activate | SetAvailable, name: str, running: str, slots: Slots, boot: str) -> ParameterFault | None:
    if isinstance(order, Activate):
        if not (order.bank and slots.slot(order.bank).available):
            return ParameterFault(name, 9007, "that image is not available")
    elif order.available and not slots.slot(order.bank).version:
        return ParameterFault(name, 9007, "there is no image")
    elif not order.available and order.bank in (running, boot):
        return ParameterFault(name, 9007, "the active image, and the one that boots next, stay available")
    return None


def _ordered(slots: Slots, order: Activate | SetAvailable) -> Slots:
    if isinstance(order, Activate):
        return msgspec.structs.replace(slots, boot=order.bank)
    return slots.with_slot(order.bank, available=order.available)
