"""Reading the arguments of a message by its table, and noting every departure from the table."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from cwmpcheck.vocabulary.departures import DepartureKind
from cwmpcheck.vocabulary.namespaces import SOAP_ENCODING, XML_SCHEMA_INSTANCE
from cwmpcheck.vocabulary.rpcs import Argument, ArgumentType
from cwmpcheck.wire.notes import Notes, local_name, namespace_of, shown, text_of
from cwmpcheck.wire.shapes import ATTRIBUTES, ITEMS

__all__ = ["check_array_type", "read_arguments", "read_boolean", "read_integer"]

_ARRAY_TYPE = f"{{{SOAP_ENCODING}}}arrayType"
_TYPE = f"{{{XML_SCHEMA_INSTANCE}}}type"
_COUNTED = re.compile(r"[^\[\]\s]+\s*\[\s*(\d{1,9})?\s*\]", re.ASCII)
_INTEGER = re.compile(r"[+-]?0*\d{1,10}", re.ASCII)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_RANGES = {
    ArgumentType.UNSIGNED_INT: (0, 2**32 - 1),
    ArgumentType.INT: (-(2**31), 2**31 - 1),
}


def read_arguments(
    element: etree._Element, table: tuple[Argument, ...], notes: Notes, path: str = ""
) -> dict[str, Any]:
    """The values of the children of ``element`` by attribute name; an absent child has the empty value of its type.

    A struct that is no class of its own (FaultStruct) is spread over the result.
    """
    children = _children(element, table, notes, path)
    values: dict[str, Any] = {}
    for argument in table:
        child = children.get(argument.name)
        at = f"{path}{argument.name}"
        if child is None:
            notes.add(DepartureKind.MISSING_ELEMENT, at, f"no {argument.name} element")
        if argument.type is ArgumentType.STRUCT and argument.name not in ITEMS:
            values |= (
                _absent(argument.members) if child is None else read_arguments(child, argument.members, notes, at + "/")
            )
            continue
        name = ATTRIBUTES[argument.name]
        values[name] = _absent_value(argument) if child is None else _read(child, argument, notes, at)
        if argument.type is ArgumentType.ANY_SIMPLE:
            values["type"] = "" if child is None else _value_type(child, notes, at)
    return values


def _children(
    element: etree._Element, table: tuple[Argument, ...], notes: Notes, path: str
) -> dict[str, etree._Element]:
    """The first child of each name in the table; order, strangers, repetitions and namespaces are noted."""
    found: dict[str, etree._Element] = {}
    known = {argument.name for argument in table}
    qualified = False
    for child in element:
        name = local_name(child)
        if namespace_of(child) and not qualified:
            qualified = True
            notes.add(DepartureKind.NAMESPACE, path + name, f"{name} has a namespace; arguments have none")
        if name not in known:
            notes.add(DepartureKind.EXTRA_ELEMENT, path + name, f"{name} is no argument here")
        elif name in found:
            notes.add(DepartureKind.EXTRA_ELEMENT, path + name, f"{name} a second time")
        else:
            found[name] = child
    due = [argument.name for argument in table if argument.name in found]
    if list(found) != due:
        notes.add(DepartureKind.ORDER, path.rstrip("/"), f"{', '.join(found)}; the schema has {', '.join(due)}")
    return found


def _absent(members: tuple[Argument, ...]) -> dict[str, Any]:
    return {ATTRIBUTES[member.name]: _absent_value(member) for member in members}


def _absent_value(argument: Argument) -> Any:
    match argument.type:
        case ArgumentType.ARRAY:
            return ()
        case ArgumentType.STRUCT:
            return ITEMS[argument.name](**_absent(argument.members))
        case ArgumentType.INT | ArgumentType.UNSIGNED_INT | ArgumentType.BOOLEAN:
            return None
        case _:
            return ""


def _read(element: etree._Element, argument: Argument, notes: Notes, path: str) -> Any:
    match argument.type:
        case ArgumentType.ARRAY:
            return _read_array(element, argument, notes, path)
        case ArgumentType.STRUCT:
            return ITEMS[argument.name](**read_arguments(element, argument.members, notes, path + "/"))
        case ArgumentType.INT | ArgumentType.UNSIGNED_INT:
            return read_integer(text_of(element), argument.type, notes, path)
        case ArgumentType.BOOLEAN:
            return read_boolean(text_of(element), notes, path)
        case _:
            return _read_text(element, argument.max_length, notes, path)


def _read_text(element: etree._Element, most: int | None, notes: Notes, path: str) -> str:
    text = text_of(element)
    if len(element):
        inside = local_name(element[0])
        notes.add(DepartureKind.EXTRA_ELEMENT, f"{path}/{inside}", f"{inside} inside what should be text")
    if most is not None and len(text) > most:
        notes.add(DepartureKind.TOO_LONG, path, f"{len(text)} characters; at most {most}")
    return text


def _value_type(element: etree._Element, notes: Notes, path: str) -> str:
    stated = element.get(_TYPE)
    if stated is None:
        notes.add(DepartureKind.TYPE_MISSING, f"{path}/@type", "no xsi:type on the value")
        return ""
    return stated.strip()


def read_integer(text: str, type: ArgumentType, notes: Notes, path: str) -> int | None:
    """The number that a text says, or ``None`` (and a departure) if it is none of its type."""
    low, high = _RANGES[type]
    value = int(text) if _INTEGER.fullmatch(text) else None
    if value is None or not low <= value <= high:
        notes.add(DepartureKind.BAD_INTEGER, path, f"{shown(text)} is no xs:{type}")
        return None
    return value


def read_boolean(text: str, notes: Notes, path: str) -> bool | None:
    """The truth value that a text says, or ``None`` (and a departure) if it says none."""
    value = _BOOLEANS.get(text)
    if value is None:
        notes.add(DepartureKind.BAD_BOOLEAN, path, f"{shown(text)} is no xs:boolean")
    return value


def _read_array(element: etree._Element, argument: Argument, notes: Notes, path: str) -> tuple[Any, ...]:
    check_array_type(element, notes, path)
    items: list[Any] = []
    for child in element:
        name = local_name(child)
        if name != argument.item:
            notes.add(DepartureKind.EXTRA_ELEMENT, f"{path}/{name}", f"{name} in a list of {argument.item}")
            continue
        at = f"{path}/{name}[{len(items) + 1}]"
        if namespace_of(child):
            notes.add(DepartureKind.NAMESPACE, at, f"{name} has a namespace; list items have none")
        if argument.members:
            items.append(ITEMS[name](**read_arguments(child, argument.members, notes, at + "/")))
        else:
            items.append(_read_text(child, argument.item_length, notes, at))
    if argument.max_length is not None and len(items) > argument.max_length:
        notes.add(DepartureKind.ARRAY_TOO_LONG, path, f"{len(items)} items; at most {argument.max_length}")
    if len(items) < argument.min_items:
        notes.add(DepartureKind.ARRAY_TOO_SHORT, path, f"{len(items)} items; at least {argument.min_items}")
    return tuple(items)


def check_array_type(element: etree._Element, notes: Notes, path: str, *, required: bool = True) -> None:
    """Notes an array without ``soapenc:arrayType``, or one that counts other items than there are.

    ``type[]`` leaves the count open, as SOAP 1.1 allows.
    """
    stated = element.get(_ARRAY_TYPE)
    at = f"{path}/@arrayType"
    if stated is None:
        if required:
            notes.add(DepartureKind.ARRAY_TYPE_MISSING, at, "no soapenc:arrayType")
        return
    match = _COUNTED.fullmatch(stated.strip())
    if match is None:
        notes.add(DepartureKind.ARRAY_COUNT, at, f"{shown(stated)} counts nothing")
    elif match[1] is not None and int(match[1]) != len(element):
        notes.add(DepartureKind.ARRAY_COUNT, at, f"{shown(stated)}, but {len(element)} items")
