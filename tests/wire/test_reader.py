"""The reader keeps what can be kept of any message, and records what is irregular."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwmpcheck.catalogue.form_mutants import WITNESSES
from cwmpcheck.vocabulary.departures import ENVELOPE, DepartureKind
from cwmpcheck.vocabulary.namespaces import CWMP_1_2
from cwmpcheck.wire import (
    DeviceId,
    Download,
    Event,
    Fault,
    Inform,
    Other,
    Parameter,
    TransferComplete,
    Unreadable,
    read_envelope,
    refusal_departures,
    rpc_name,
)


def kinds(envelope: bytes) -> list[tuple[str, str, str]]:
    """Kind, message and path of each departure."""
    return [(str(found.kind), found.message, found.path) for found in read_envelope(envelope).departures]


def test_every_argument_of_an_inform_is_read() -> None:
    """Device, events with keys, times, counts and typed parameters all arrive."""
    envelope = read_envelope(WITNESSES["Inform"])
    assert envelope.namespace == CWMP_1_2
    assert envelope.header.id == "1"
    assert envelope.body == Inform(
        DeviceId("ACME", "00AA55", "Box", "1"),
        (Event("7 TRANSFER COMPLETE"), Event("M Download", "k1")),
        1,
        "2024-05-01T12:00:00+02:00",
        0,
        (Parameter("Device.DeviceInfo.SoftwareVersion", "2.0", "xsd:string"),),
    )


def test_a_parameter_is_found_by_the_end_of_its_name() -> None:
    """The root object of the data model does not matter, and a longer last part is another parameter."""
    inform = Inform(DeviceId("", "", "", ""), (), parameters=(Parameter("A.XDeviceInfo.SoftwareVersion", "no"),))
    assert inform.value_of("DeviceInfo.SoftwareVersion") is None
    read = read_envelope(WITNESSES["Inform"]).body
    assert isinstance(read, Inform)
    assert read.value_of("DeviceInfo.SoftwareVersion") == "2.0"
    assert read.value_of(".SoftwareVersion") == "2.0"


def test_a_transfer_outcome_out_of_order_is_still_read() -> None:
    """Order is recorded and does not change what is understood."""
    fault = b"<FaultStruct><FaultCode>9016</FaultCode><FaultString>404</FaultString></FaultStruct>"
    moved = WITNESSES["TransferComplete"].replace(fault, b"").replace(b"</cwmp:T", fault + b"</cwmp:T")
    envelope = read_envelope(moved)
    assert isinstance(envelope.body, TransferComplete)
    assert envelope.body.fault_code == 9016
    assert kinds(moved) == [("order", "TransferComplete", "")]


def test_a_missing_code_is_none_and_not_zero() -> None:
    """An absent or malformed FaultCode or Status never reads as success (P-93)."""
    for text in (b"", b"<FaultCode></FaultCode>", b"<FaultCode>ok</FaultCode>"):
        envelope = read_envelope(WITNESSES["TransferComplete"].replace(b"<FaultCode>9016</FaultCode>", text))
        assert isinstance(envelope.body, TransferComplete)
        assert envelope.body.fault_code is None
        assert envelope.departures


def test_items_of_arrays_are_numbered_from_one() -> None:
    """A departure says in which event it is."""
    keyless = WITNESSES["Inform"].replace(b"<CommandKey>k1</CommandKey>", b"")
    assert kinds(keyless) == [("missing_element", "Inform", "Event/EventStruct[2]/CommandKey")]


def test_an_open_array_count_is_no_departure() -> None:
    """SOAP 1.1 allows an arrayType that leaves the count open."""
    assert kinds(WITNESSES["Inform"].replace(b"EventStruct[2]", b"EventStruct[]")) == []


def test_a_foreign_namespace_is_recorded_and_read() -> None:
    """``cwmp-1-4`` is in no schema and on many wires."""
    foreign = WITNESSES["Download"].replace(b"cwmp-1-2", b"cwmp-1-4")
    envelope = read_envelope(foreign)
    assert envelope.namespace == "urn:dslforum-org:cwmp-1-4"
    assert isinstance(envelope.body, Download)
    assert kinds(foreign) == [("namespace", "Download", "")]


def test_an_undeclared_prefix_is_tolerated() -> None:
    """A stack that forgot to declare ``xsi`` is read, and nothing else malformed is."""
    undeclared = WITNESSES["Inform"].replace(b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"', b"")
    envelope = read_envelope(undeclared)
    assert isinstance(envelope.body, Inform)
    assert kinds(undeclared) == [("type_missing", "Inform", "ParameterList/ParameterValueStruct[1]/Value/@type")]
    assert isinstance(read_envelope(undeclared.replace(b"</Event>", b"")).body, Unreadable)


def test_header_elements_are_read() -> None:
    """Hold, NoMoreRequests, timeout and versions; a flag that is no boolean is unknown, not false."""
    extra = (
        b"<cwmp:HoldRequests>maybe</cwmp:HoldRequests><cwmp:NoMoreRequests>1</cwmp:NoMoreRequests>"
        b"<cwmp:SessionTimeout>40</cwmp:SessionTimeout><cwmp:SupportedCWMPVersions>1.0,1.4</cwmp:SupportedCWMPVersions>"
        b"<cwmp:UseCWMPVersion>1.4</cwmp:UseCWMPVersion></soapenv:Header>"
    )
    data = WITNESSES["Download"].replace(b"</soapenv:Header>", extra)
    header = read_envelope(data).header
    assert (header.hold_requests, header.no_more_requests, header.session_timeout) == (None, True, 40)
    assert (header.supported_versions, header.use_version) == ("1.0,1.4", "1.4")
    assert kinds(data) == [
        ("must_understand_missing", ENVELOPE, "Header/HoldRequests/@mustUnderstand"),
        ("bad_boolean", ENVELOPE, "Header/HoldRequests"),
    ]


def test_a_missing_id_is_recorded() -> None:
    """Without an ID nothing ties the response to the request."""
    data = WITNESSES["Download"].replace(b'<cwmp:ID soapenv:mustUnderstand="1">1</cwmp:ID>', b"")
    assert read_envelope(data).header.id is None
    assert kinds(data) == [("id_missing", ENVELOPE, "Header/ID")]


def test_any_other_rpc_keeps_its_name() -> None:
    """RPCs that this project does not model are told apart by name and direction."""
    data = WITNESSES["Download"].replace(b"cwmp:Download", b"cwmp:AddObjectResponse")
    body = read_envelope(data).body
    assert body == Other("AddObjectResponse", is_response=True)
    assert rpc_name(body) == "AddObjectResponse"


def test_arrays_of_other_rpcs_are_counted_too() -> None:
    """A count that is off is seen without a table of the RPC."""
    names = b'<ParameterNames soapenc:arrayType="xsd:string[3]"><string>a</string></ParameterNames>'
    data = WITNESSES["Download"].replace(b"<CommandKey>k1</CommandKey>", names)
    data = data.replace(b"cwmp:Download", b"cwmp:GetParameterAttributes")
    assert kinds(data) == [("array_count", "GetParameterAttributes", "ParameterNames/@arrayType")]


def test_a_fault_is_read_with_its_code() -> None:
    """Code, text and SOAP class; whether the code may refuse a request depends on the request."""
    fault = read_envelope(WITNESSES["Fault to Download"]).body
    assert fault == Fault(9004, "queue full", "Server")
    assert isinstance(fault, Fault)
    assert refusal_departures(fault, "Download") == ()
    (found,) = refusal_departures(fault, "CancelTransfer")
    assert (found.kind, found.message) == (DepartureKind.FAULT_CODE_ILLEGAL, "Fault to CancelTransfer")


def test_a_fault_of_the_acs_is_not_judged_as_the_cpes() -> None:
    """An ACS that refuses a TransferComplete with 8005 is right."""
    assert refusal_departures(Fault(8005), "TransferComplete") == ()


def test_utf16_is_read() -> None:
    """SOAP may come in UTF-16 with a byte order mark."""
    body = WITNESSES["TransferComplete"].decode()
    assert read_envelope(('<?xml version="1.0" encoding="UTF-16"?>' + body).encode("utf-16")).departures == ()


@pytest.mark.parametrize("name", WITNESSES)
def test_a_cut_message_is_called_truncated(name: str) -> None:
    """Cut anywhere inside the envelope, a message is unreadable and said to end too early."""
    whole = WITNESSES[name]
    for length in range(len("<soapenv:Envelope"), len(whole) - 1, 7):
        envelope = read_envelope(whole[:length])
        assert isinstance(envelope.body, Unreadable)
        assert [found.kind for found in envelope.departures] == [DepartureKind.TRUNCATED]


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_noise_never_raises(data: bytes) -> None:
    """Whatever the bytes are, there is an envelope and a reason."""
    envelope = read_envelope(data)
    assert isinstance(envelope.body, Unreadable)
    assert envelope.departures


@settings(deadline=None)
@given(
    st.sampled_from(sorted(WITNESSES)),
    st.integers(0, 3000),
    st.sampled_from([b"", b"<", b">", b"&", b'"', b"\x00", b"\xff", b"[9]", b"<a>", b"</cwmp:Fault>", b"-1", b" "]),
    st.integers(0, 30),
)
def test_a_damaged_message_never_raises(name: str, at: int, splice: bytes, drop: int) -> None:
    """A correct message with something cut out or put in is read or refused, never an exception."""
    whole = WITNESSES[name]
    at %= len(whole)
    damaged = whole[:at] + splice + whole[at + drop :]
    envelope = read_envelope(damaged)
    assert rpc_name(envelope.body)
    assert not isinstance(envelope.body, Unreadable) or envelope.departures


EXPECTED_KINDS = {
    "array_type_missing": 8,
    "bad_integer": 3,
    "bad_pattern": 6,
    "empty_event_list": 1,
    "extra_element": 13,
    "fault_code_illegal": 1,
    "forced_parameter_missing": 1,
    "id_missing": 9,
    "key_on_plain_event": 2,
    "later_version": 1,
    "malformed_xml": 16,
    "max_envelopes": 6,
    "missing_element": 27,
    "must_understand_missing": 9,
    "namespace": 45,
    "not_a_datetime": 4,
    "not_in_enumeration": 3,
    "not_unknown_time": 9,
    "offset_missing": 12,
    "too_long": 1,
    "type_missing": 28,
}


def test_published_messages_are_read_and_their_irregularities_counted(shared_dir: Path) -> None:
    """202 envelopes from public repositories: none crashes the reader; what is irregular is recorded, by kind."""
    rows = [json.loads(line) for line in (shared_dir / "messages/fixtures.jsonl").read_text().splitlines()]
    assert len(rows) == 202
    envelopes = [read_envelope(row["xml"].encode()) for row in rows]
    assert Counter(str(found.kind) for envelope in envelopes for found in envelope.departures) == EXPECTED_KINDS


def test_published_messages_are_told_apart_as_their_collector_did(shared_dir: Path) -> None:
    """Where the collection names the element in the Body, the reader finds the same one, unless it is not XML."""
    rows = [json.loads(line) for line in (shared_dir / "messages/fixtures.jsonl").read_text().splitlines()]
    for row in rows:
        body = read_envelope(row["xml"].encode()).body
        if row["body"] and not isinstance(body, Unreadable):
            assert rpc_name(body) == row["body"].rpartition(":")[2], row["id"]
