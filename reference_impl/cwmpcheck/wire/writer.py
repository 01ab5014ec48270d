"""Writing an envelope: schema order, every argument, counted arrays; and nothing that the reader would find fault with."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from lxml import etree

from cwmpcheck.vocabulary.departures import Departure, DepartureKind
from cwmpcheck.vocabulary.errors import UsageError
from cwmpcheck.vocabulary.namespaces import (
    CWMP_1_2,
    CWMP_NAMESPACES,
    SOAP_ENCODING,
    SOAP_ENVELOPE,
    XML_SCHEMA,
    XML_SCHEMA_INSTANCE,
)
from cwmpcheck.vocabulary.rpcs import MESSAGES, Argument, ArgumentType
from cwmpcheck.wire.messages import Body, Fault, Other, Unreadable, rpc_name
from cwmpcheck.wire.reader import read_envelope
from cwmpcheck.wire.shapes import ATTRIBUTES, BODIES, ITEMS
from cwmpcheck.wire.values import VALUE_TYPES, fits

__all__ = ["CannotWrite", "write_envelope"]


class CannotWrite(UsageError):
    """A message that would not be correct on the wire; the text says which argument and why.

    Attributes:
        departures: what a reader would have found, where that is the reason.
    """

    def __init__(self, message: str, departures: tuple[Departure, ...] = ()) -> None:
        super().__init__(message)
        self.departures = departures


def write_envelope(
    body: Body,
    *,
    id: str,
    namespace: str = CWMP_1_2,
    hold_requests: bool | None = None,
    allow: Container[DepartureKind] = (),
) -> bytes:
    """The bytes of one message, correct by construction: they are read back before they are returned.

    Args:
        body: what to say.
        id: the SOAP header ID; a response repeats that of its request.
        namespace: one of the three that a schema has.
        hold_requests: the header of that name, ``None`` for none (ACS only).
        allow: kinds of departure to write all the same, for a peer that is wrong on purpose.

    Raises:
        CannotWrite: for a value that the schema or the rules on form refuse, or that would not survive reading.

    >>> from cwmpcheck.wire.messages import Reboot
    >>> data = write_envelope(Reboot("k1"), id="7")
    >>> read_envelope(data).body
    Reboot(command_key='k1')
    """
    if namespace not in CWMP_NAMESPACES:
        raise CannotWrite(f"no schema has the namespace {namespace!r}; use one of {', '.join(CWMP_NAMESPACES)}")
    try:
        root = _tree(body, id, namespace, hold_requests)
    except ValueError as error:  # lxml: characters that no XML document may hold
        raise CannotWrite(f"{rpc_name(body)}: {error}") from error
    data = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    _check(body, data, id, allow)
    return data


def _check(body: Body, data: bytes, id: str, allow: Container[DepartureKind]) -> None:
    envelope = read_envelope(data)
    wrong = tuple(departure for departure in envelope.departures if departure.kind not in allow)
    if wrong:
        listed = "; ".join(f"{departure.path}: {departure.detail}" for departure in wrong)
        raise CannotWrite(f"{rpc_name(body)} would depart from its form ({listed})", wrong)
    if envelope.body != body or envelope.header.id != id:
        raise CannotWrite(f"{rpc_name(body)} would not read back the same: whitespace around a text does not survive")


def _tree(body: Body, id: str, namespace: str, hold_requests: bool | None) -> etree._Element:
    prefixes = {
        "soapenv": SOAP_ENVELOPE,
        "soapenc": SOAP_ENCODING,
        "xsd": XML_SCHEMA,
        "xsi": XML_SCHEMA_INSTANCE,
        "cwmp": namespace,
    }
    root = etree.Element(f"{{{SOAP_ENVELOPE}}}Envelope", nsmap=prefixes)
    header = etree.SubElement(root, f"{{{SOAP_ENVELOPE}}}Header")
    _header(header, f"{{{namespace}}}ID", id)
    if hold_requests is not None:
        _header(header, f"{{{namespace}}}HoldRequests", "1" if hold_requests else "0")
    holder = etree.SubElement(root, f"{{{SOAP_ENVELOPE}}}Body")
    if isinstance(body, Fault):
        _write_fault(holder, body, namespace)
        return root
    name = rpc_name(body)
    table = MESSAGES.get(name)
    if isinstance(body, Unreadable) or table is None or (table and name not in BODIES):
        raise CannotWrite(f"{name} cannot be written: this project has no table of its arguments")
    if isinstance(body, Other) and body.is_response != name.endswith("Response"):
        raise CannotWrite(f"{name} with is_response={body.is_response} contradicts itself")
    _write_arguments(etree.SubElement(holder, f"{{{namespace}}}{name}"), body, table)
    return root


def _header(parent: etree._Element, tag: str, text: str) -> None:
    element = etree.SubElement(parent, tag)
    element.set(f"{{{SOAP_ENVELOPE}}}mustUnderstand", "1")
    element.text = text


def _write_fault(parent: etree._Element, fault: Fault, namespace: str) -> None:
    if fault.code is None:
        raise CannotWrite("a Fault without a code says nothing")
    soap = etree.SubElement(parent, f"{{{SOAP_ENVELOPE}}}Fault")
    etree.SubElement(soap, "faultcode").text = f"soapenv:{fault.soap_code}"
    etree.SubElement(soap, "faultstring").text = "CWMP fault"
    detail = etree.SubElement(etree.SubElement(soap, "detail"), f"{{{namespace}}}Fault")
    etree.SubElement(detail, "FaultCode").text = str(fault.code)
    etree.SubElement(detail, "FaultString").text = fault.string
    for wrong in fault.parameters:
        if wrong.code is None:
            raise CannotWrite(f"the fault of {wrong.name} has no code")
        element = etree.SubElement(detail, "SetParameterValuesFault")
        for name, text in (
            ("ParameterName", wrong.name),
            ("FaultCode", str(wrong.code)),
            ("FaultString", wrong.string),
        ):
            etree.SubElement(element, name).text = text


def _write_arguments(parent: etree._Element, source: Any, table: tuple[Argument, ...]) -> None:
    for argument in table:
        element = etree.SubElement(parent, argument.name)
        match argument.type:
            case ArgumentType.STRUCT if argument.name not in ITEMS:
                _write_arguments(element, source, argument.members)
            case ArgumentType.STRUCT:
                _write_arguments(element, getattr(source, ATTRIBUTES[argument.name]), argument.members)
            case ArgumentType.ARRAY:
                _write_array(element, argument, getattr(source, ATTRIBUTES[argument.name]))
            case ArgumentType.ANY_SIMPLE:
                _write_value(element, source.value, source.type)
            case _:
                element.text = _text(argument, getattr(source, ATTRIBUTES[argument.name]))


def _write_array(element: etree._Element, argument: Argument, items: tuple[Any, ...]) -> None:
    kind = f"cwmp:{argument.item}" if argument.members else "xsd:string"
    element.set(f"{{{SOAP_ENCODING}}}arrayType", f"{kind}[{len(items)}]")
    for item in items:
        child = etree.SubElement(element, argument.item)
        if argument.members:
            _write_arguments(child, item, argument.members)
        else:
            child.text = item


def _write_value(element: etree._Element, value: str, type: str) -> None:
    if not fits(value, type):
        raise CannotWrite(f"{value[:80]!r} is no {type or 'value without a type'}; types: {', '.join(VALUE_TYPES)}")
    element.set(f"{{{XML_SCHEMA_INSTANCE}}}type", type)
    element.text = value


def _text(argument: Argument, value: Any) -> str:
    if value is None:
        raise CannotWrite(f"{argument.name} is None: every argument is always sent")
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
