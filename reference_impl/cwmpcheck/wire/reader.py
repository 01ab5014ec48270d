"""Reading an envelope: never fails, keeps what can be kept, and records every departure from the form.

Theory of operation: `parsing` turns bytes into a tree or refuses them; this module finds header and message in the tree;
`arguments` reads a message by its table; `judging` applies the rules that go beyond types. What cannot be read at all is an
`Unreadable` body.
"""

from __future__ import annotations

import itertools

from lxml import etree

from cwmpcheck.vocabulary.departures import ENVELOPE, Departure, DepartureKind
from cwmpcheck.vocabulary.namespaces import CWMP_NAMESPACES, SOAP_ENVELOPE, looks_like_cwmp
from cwmpcheck.vocabulary.rpcs import MESSAGES, ArgumentType, request_of
from cwmpcheck.wire.arguments import check_array_type, read_arguments, read_boolean, read_integer
from cwmpcheck.wire.judging import judge, judge_refusal
from cwmpcheck.wire.messages import Body, Envelope, Fault, Header, Other, ParameterFault, Unreadable
from cwmpcheck.wire.notes import Notes, local_name, namespace_of, shown, text_of
from cwmpcheck.wire.parsing import Limits, Refusal, parse_xml
from cwmpcheck.wire.shapes import BODIES

__all__ = ["read_envelope", "refusal_departures"]

_MUST_UNDERSTAND = f"{{{SOAP_ENVELOPE}}}mustUnderstand"
_FAULT_TEXT = "CWMP fault"


def read_envelope(data: bytes, *, limits: Limits = Limits()) -> Envelope:  # noqa: B008 - an immutable value
    """One message, with every irregularity of its form; never raises on what ``data`` holds.

    Args:
        data: the body of one HTTP message.
        limits: how much is read at most.

    Returns:
        The envelope. Where no message can be found, its body is `Unreadable` and one departure says why.

    >>> envelope = read_envelope(b"<html>Not Found</html>")
    >>> envelope.body
    Unreadable(reason='the document is <html>, no SOAP envelope')
    >>> [str(departure.kind) for departure in envelope.departures]
    ['not_soap']
    """
    root = parse_xml(data, limits)
    if isinstance(root, Refusal):
        return _unreadable(root.kind, root.reason)
    if local_name(root) != "Envelope":
        return _unreadable(
            DepartureKind.NOT_SOAP, f"the document is <{shown(local_name(root))[1:-1]}>, no SOAP envelope"
        )
    return _read_tree(root)


def refusal_departures(fault: Fault, request: str) -> tuple[Departure, ...]:
    """What departs in a fault as the answer to ``request``: the code may be none that can refuse this RPC.

    >>> [departure.message for departure in refusal_departures(Fault(9011), "Download")]
    ['Fault to Download']
    """
    notes = Notes(Fault.rpc, "")
    judge_refusal(fault, request, notes)
    return tuple(notes.found)


def _unreadable(kind: DepartureKind, reason: str) -> Envelope:
    return Envelope("", Header(), Unreadable(reason), (Departure(kind, ENVELOPE, "", reason),))


def _read_tree(root: etree._Element) -> Envelope:
    parts = {local_name(child): child for child in reversed(root)}
    notes = Notes(ENVELOPE, "")
    if namespace_of(root) != SOAP_ENVELOPE:
        notes.add(
            DepartureKind.NAMESPACE, "", f"the envelope's namespace is {shown(namespace_of(root))}, not SOAP 1.1's"
        )
    header_element, body_element = parts.get("Header"), parts.get("Body")
    message = None if body_element is None else next(iter(body_element), None)
    notes.namespace = _namespace(message, header_element)
    header = _read_header(header_element, notes)
    if message is None or body_element is None:
        reason = "no SOAP Body" if body_element is None else "the SOAP Body is empty"
        notes.add(DepartureKind.NOT_SOAP, "Body", reason)
        return Envelope(notes.namespace, header, Unreadable(reason), tuple(notes.found))
    for extra in list(body_element)[1:]:
        notes.add(DepartureKind.EXTRA_ELEMENT, "Body", f"{local_name(extra)} beside the message")
    body, found = _read_body(message, notes)
    return Envelope(notes.namespace, header, body, (*notes.found, *found))


def _namespace(message: etree._Element | None, header: etree._Element | None) -> str:
    """The CWMP namespace in use: of the message, or of the fault's detail, or else of a header element."""
    if message is not None and local_name(message) != Fault.rpc:
        return namespace_of(message)
    inside = [] if message is None else list(itertools.islice(message.iter(), 32))
    for element in (*inside, *(header if header is not None else ())):
        if looks_like_cwmp(namespace_of(element)):
            return namespace_of(element)
    return ""


def _read_header(element: etree._Element | None, notes: Notes) -> Header:
    elements = {} if element is None else {local_name(child): child for child in reversed(element)}
    if "ID" not in elements:
        notes.add(DepartureKind.ID_MISSING, "Header/ID", "no ID: nothing ties a response to its request")
    for name in ("ID", "HoldRequests"):
        if name in elements and elements[name].get(_MUST_UNDERSTAND) != "1":
            path = f"Header/{name}/@mustUnderstand"
            notes.add(DepartureKind.MUST_UNDERSTAND_MISSING, path, f"{name} without mustUnderstand 1")
    texts = {name: text_of(child) for name, child in elements.items()}

    def flag(name: str) -> bool | None:
        return read_boolean(texts[name], notes, f"Header/{name}") if name in texts else None

    timeout = texts.get("SessionTimeout")
    return Header(
        id=texts.get("ID"),
        hold_requests=flag("HoldRequests"),
        no_more_requests=flag("NoMoreRequests"),
        session_timeout=None
        if timeout is None
        else read_integer(timeout, ArgumentType.UNSIGNED_INT, notes, "Header/SessionTimeout"),
        supported_versions=texts.get("SupportedCWMPVersions"),
        use_version=texts.get("UseCWMPVersion"),
    )


def _read_body(message: etree._Element, outer: Notes) -> tuple[Body, list[Departure]]:
    name, namespace = local_name(message), namespace_of(message)
    is_fault = name == Fault.rpc
    if not is_fault and request_of(name) is None and not looks_like_cwmp(namespace):
        reason = f"the SOAP Body holds <{shown(name)[1:-1]}>, no CWMP message"
        outer.add(DepartureKind.NOT_SOAP, "Body", reason)
        return Unreadable(reason), []
    notes = Notes(name, outer.namespace)
    expected = (SOAP_ENVELOPE,) if is_fault else CWMP_NAMESPACES
    if namespace not in expected:
        notes.add(DepartureKind.NAMESPACE, "", f"namespace {shown(namespace)}; expected {' or '.join(expected)}")
    if is_fault:
        body: Body = _read_fault(message, notes)
    elif name in BODIES:
        body = BODIES[name](**read_arguments(message, MESSAGES[name], notes))
    else:
        body = Other(name, name.endswith("Response"))
        for child in message:
            check_array_type(child, notes, local_name(child), required=False)
    judge(body, notes)
    return body, notes.found


def _read_fault(element: etree._Element, notes: Notes) -> Fault:
    parts = {local_name(child): child for child in reversed(element)}
    for name in ("faultcode", "faultstring", "detail"):
        if name not in parts:
            notes.add(DepartureKind.MISSING_ELEMENT, name, f"no {name} element")
    soap_code = text_of(parts["faultcode"]).rpartition(":")[2] if "faultcode" in parts else ""
    if "faultcode" in parts and soap_code not in ("Client", "Server"):
        notes.add(DepartureKind.NOT_IN_ENUMERATION, "faultcode", f"{shown(soap_code)}; must be Client or Server")
    text = text_of(parts["faultstring"]) if "faultstring" in parts else _FAULT_TEXT
    if text != _FAULT_TEXT:
        notes.add(DepartureKind.NOT_IN_ENUMERATION, "faultstring", f"{shown(text)}; must be {_FAULT_TEXT!r}")
    return Fault(*_read_fault_detail(parts.get("detail"), soap_code, notes))


def _read_fault_detail(
    detail: etree._Element | None, soap_code: str, notes: Notes
) -> tuple[int | None, str, str, tuple[ParameterFault, ...]]:
    """The arguments of a `Fault`; ``None`` and empty where the detail has none."""
    if detail is None:
        return None, "", soap_code, ()
    fault = next((child for child in detail if local_name(child) == Fault.rpc), None)
    if fault is None:
        notes.add(DepartureKind.MISSING_ELEMENT, "detail/Fault", "no CWMP Fault in the detail")
        return None, "", soap_code, ()
    if namespace_of(fault) not in CWMP_NAMESPACES:
        notes.add(DepartureKind.NAMESPACE, "detail/Fault", f"namespace {shown(namespace_of(fault))}")
    path = "detail/Fault"
    code, string = _read_code_and_text(fault, path, notes)
    wrong = [child for child in fault if local_name(child) == "SetParameterValuesFault"]
    faults = tuple(
        _read_parameter_fault(child, f"{path}/{local_name(child)}[{at}]", notes) for at, child in enumerate(wrong, 1)
    )
    return code, string, soap_code, faults


def _read_parameter_fault(element: etree._Element, path: str, notes: Notes) -> ParameterFault:
    names = [text_of(child) for child in element if local_name(child) == "ParameterName"]
    if not names:
        notes.add(DepartureKind.MISSING_ELEMENT, f"{path}/ParameterName", "no ParameterName element")
    return ParameterFault((names or [""])[0], *_read_code_and_text(element, path, notes))


def _read_code_and_text(element: etree._Element, path: str, notes: Notes) -> tuple[int | None, str]:
    parts = {local_name(child): child for child in reversed(element)}
    code = None
    if "FaultCode" in parts:
        code = read_integer(text_of(parts["FaultCode"]), ArgumentType.UNSIGNED_INT, notes, f"{path}/FaultCode")
    else:
        notes.add(DepartureKind.MISSING_ELEMENT, f"{path}/FaultCode", "no FaultCode element")
    return code, text_of(parts["FaultString"]) if "FaultString" in parts else ""
