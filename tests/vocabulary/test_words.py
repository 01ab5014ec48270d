"""The tables of the vocabulary say what the rules note and the published schemas say."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from cwmpcheck.vocabulary.departures import Departure, DepartureKind
from cwmpcheck.vocabulary.events import EVENTS, MAX_EVENTS, Discard, is_legal_event_code, is_method_event
from cwmpcheck.vocabulary.faults import (
    ACS_FAULTS,
    CPE_FAULTS,
    FaultSide,
    fault_defined_in,
    fault_legal_for,
    fault_meaning,
    fault_side,
    soap_fault_code,
    transfer_fault_legal,
)
from cwmpcheck.vocabulary.file_types import FileTypeUse, FileTypeVerdict, is_firmware, judge_file_type
from cwmpcheck.vocabulary.namespaces import CWMP_1_0, CWMP_1_1, CWMP_1_2, CWMP_NAMESPACES, looks_like_cwmp
from cwmpcheck.vocabulary.rpcs import MESSAGES, RPCS, Argument, ArgumentType, Direction, direction_of, request_of
from cwmpcheck.vocabulary.times import UNKNOWN_TIME, TimeKind, parse_cwmp_time

XS = "{http://www.w3.org/2001/XMLSchema}"
SHARED_TYPES = ("tns:CommandKeyType", "tns:DownloadFileType", "tns:UploadFileType", "tns:TransferFileType")
SCHEMAS = {CWMP_1_0: "cwmp-1-0.xsd", CWMP_1_1: "cwmp-1-1.xsd", CWMP_1_2: "cwmp-1-2.xsd"}


def schema(shared_dir: Path, namespace: str = CWMP_1_2) -> etree._Element:
    """The published schema of a namespace."""
    return etree.parse(shared_dir / "xsd" / SCHEMAS[namespace]).getroot()


def named(root: etree._Element, kind: str, name: str) -> etree._Element:
    """A top-level definition of a schema."""
    return next(element for element in root.findall(XS + kind) if element.get("name") == name)


def members(element: etree._Element) -> list[str]:
    """The elements in the sequence of a type, in order."""
    return [child.get("name", "") for child in element.findall(f".//{XS}sequence/{XS}element")]


@pytest.mark.parametrize("message", MESSAGES)
def test_arguments_are_those_of_the_schema_in_order(shared_dir: Path, message: str) -> None:
    """Each table lists the elements of the schema's sequence, in the schema's order."""
    element = named(schema(shared_dir), "element", message)
    listed = element.findall(f"{XS}complexType/{XS}sequence/{XS}element")
    assert [argument.name for argument in MESSAGES[message]] == [child.get("name") for child in listed]


def structs() -> list[tuple[str, Argument]]:
    """Every struct or array of structs in the tables, with the name of its type in the schema."""
    types = {"DeviceId": "DeviceIdStruct", "FaultStruct": "TransferCompleteFaultStruct"}
    nested = [argument for table in MESSAGES.values() for argument in table if argument.members]
    return [(types.get(argument.name, argument.item), argument) for argument in nested]


@pytest.mark.parametrize(("name", "argument"), structs(), ids=lambda value: value if isinstance(value, str) else "")
def test_members_are_those_of_the_schema_in_order(shared_dir: Path, name: str, argument: Argument) -> None:
    """Structs and array items have the schema's members in the schema's order."""
    assert [member.name for member in argument.members] == members(named(schema(shared_dir), "complexType", name))


def test_lengths_are_those_of_the_schema(shared_dir: Path) -> None:
    """Every text limit that the schema gives, in place or by a type of its own, is the one in the table."""
    root = schema(shared_dir)
    compared = 0
    for message, table in MESSAGES.items():
        for child in named(root, "element", message).findall(f"{XS}complexType/{XS}sequence/{XS}element"):
            stated = child.get("type", "")
            own = named(root, "simpleType", stated.removeprefix("tns:")) if stated in SHARED_TYPES else child
            limit = own.find(f".//{XS}maxLength")
            if limit is not None:
                argument = next(argument for argument in table if argument.name == child.get("name"))
                assert argument.max_length == int(limit.get("value", "")), (message, argument.name)
                compared += 1
    assert compared > 20


def test_download_has_ten_arguments() -> None:
    """Ten, whatever introductory texts say."""
    assert len(MESSAGES["Download"]) == 10
    assert MESSAGES["Download"][0].type is ArgumentType.STRING


def test_every_rpc_of_the_schema_is_known(shared_dir: Path) -> None:
    """The names of the RPCs are exactly those that the schema defines a request and a response for."""
    elements = {element.get("name", "") for element in schema(shared_dir).findall(XS + "element")}
    assert set(RPCS) == {name for name in elements if name + "Response" in elements}


def test_annexes_are_those_of_the_schema(shared_dir: Path) -> None:
    """An RPC's annex is the one in the schema's annotation."""
    root = schema(shared_dir)
    for rpc in RPCS.values():
        text = named(root, "element", rpc.name).findtext(f"{XS}annotation/{XS}documentation") or ""
        found = re.search(r"Annex (A\.[\d.]+)", text)
        assert rpc.annex == (found[1] if found else ""), rpc.name


def test_a_response_goes_the_other_way() -> None:
    """The sender of a message follows from its RPC; what either party may call has no one direction."""
    assert direction_of("TransferCompleteResponse") is Direction.FROM_ACS
    assert direction_of("GetRPCMethodsResponse") is Direction.EITHER
    assert request_of("Nonsense") is None


@pytest.mark.parametrize("namespace", CWMP_NAMESPACES)
def test_event_codes_are_judged_as_the_schema_judges(shared_dir: Path, namespace: str) -> None:
    """On known, vendor and odd codes, the vocabulary and the schema's patterns agree."""
    root = schema(shared_dir, namespace)
    holder = (
        named(root, "simpleType", "EventCodeType")
        if namespace == CWMP_1_2
        else named(root, "complexType", "EventStruct")
    )
    patterns = [pattern.get("value", "") for pattern in holder.iter(XS + "pattern")]
    odd = [
        "",
        "7",
        "7  TRANSFER",
        "M ",
        "M X_ACME_Do",
        "M Do It",
        "X 00AA55 a",
        "X 00aa55 a",
        "X ACME a",
        "X",
        "1 boot",
        "9 X",
    ]
    for code in [*EVENTS, *odd]:
        assert is_legal_event_code(code, namespace) == any(re.fullmatch(pattern, code) for pattern in patterns), code


def test_only_method_events_have_keys_and_occur_more_than_once() -> None:
    """The events that are counted one by one are those of a method; 7 TRANSFER COMPLETE is never discarded."""
    assert {code for code, rule in EVENTS.items() if rule.multiple} == {
        code for code in EVENTS if is_method_event(code)
    }
    assert EVENTS["7 TRANSFER COMPLETE"].acknowledged_by == "TransferCompleteResponse"
    assert EVENTS["7 TRANSFER COMPLETE"].discard is Discard.NEVER
    assert MESSAGES["Inform"][1].max_length == MAX_EVENTS


def test_outcome_codes_are_those_of_the_rules() -> None:
    """The sets of FaultCode of a TransferComplete by namespace, as the rules note lists them."""
    early = {0, 9001, 9002, 9010, 9011, 9012}
    codes = range(10_000)
    assert {code for code in codes if transfer_fault_legal(code, CWMP_1_0)} == early
    second = early | set(range(9014, 9020)) | set(range(9020, 9900))
    assert {code for code in codes if transfer_fault_legal(code, CWMP_1_1)} == second
    third = early | set(range(9014, 9021)) | set(range(9033, 9900))
    assert {code for code in codes if transfer_fault_legal(code, CWMP_1_2)} == third
    assert {code for code in codes if transfer_fault_legal(code, "urn:dslforum-org:cwmp-1-4")} == third


def test_refusals_of_a_download_are_those_of_the_rules() -> None:
    """No code of uploads, cancellations, software modules or time windows refuses a Download."""
    refused = {code for code in CPE_FAULTS if not fault_legal_for(code, "Download")}
    assert refused == {9005, 9006, 9007, 9008, 9009, 9011, 9020, 9021, *range(9022, 9033)}
    assert [code for code in (9012, 9013, 9016) if fault_legal_for(code, "ScheduleDownload")] == [9013]
    assert fault_legal_for(9021, "CancelTransfer")
    assert not fault_legal_for(8001, "Download")
    assert fault_legal_for(8005, "Inform")


@pytest.mark.parametrize("namespace", [CWMP_1_0, CWMP_1_1])
def test_codes_of_a_soap_fault_are_those_of_the_schema(shared_dir: Path, namespace: str) -> None:
    """CWMP 1.0 has a closed list of fault codes, 1.1 leaves room for later ones."""
    (union,) = named(schema(shared_dir, namespace), "simpleType", "FaultCodeType").findall(XS + "union")
    admitted: set[int] = set()
    for part in union.iter(XS + "restriction"):
        low, high = part.find(XS + "minInclusive"), part.find(XS + "maxInclusive")
        if low is not None and high is not None:
            admitted |= set(range(int(low.get("value", "")), int(high.get("value", "")) + 1))
        admitted |= {int(single.get("value", "")) for single in part.findall(XS + "enumeration")}
    assert {code for code in range(10_000) if fault_defined_in(code, namespace)} == admitted


def test_codes_have_a_side_and_a_meaning() -> None:
    """Named codes belong to the party of their range, and every code can be put into words."""
    assert {fault_side(code) for code in CPE_FAULTS} == {FaultSide.CPE}
    assert {fault_side(code) for code in ACS_FAULTS} == {FaultSide.ACS}
    assert fault_meaning(0) == "no fault"
    assert fault_meaning(9500) == "unassigned CPE fault"
    assert fault_meaning(8850) == "vendor-specific ACS fault"


def test_client_faults_are_those_that_the_requester_can_mend() -> None:
    """The SOAP class of each code, as the fault tables give it."""
    client = {code for code in (*CPE_FAULTS, *ACS_FAULTS) if soap_fault_code(code) == "Client"}
    assert client == {9003, 9005, 9006, 9007, 9008, 9020, 9021, 8003}


@pytest.mark.parametrize(
    ("text", "namespace", "use", "verdict"),
    [
        ("1 Firmware Upgrade Image", CWMP_1_0, FileTypeUse.DOWNLOAD, FileTypeVerdict.KNOWN),
        ("4 Tone File", CWMP_1_1, FileTypeUse.DOWNLOAD, FileTypeVerdict.MALFORMED),
        ("6 Stored Firmware Image", CWMP_1_2, FileTypeUse.DOWNLOAD, FileTypeVerdict.KNOWN),
        ("6 Vendor Configuration File 2", CWMP_1_2, FileTypeUse.TRANSFER, FileTypeVerdict.KNOWN),
        ("6 Stored Firmware Image", CWMP_1_2, FileTypeUse.TRANSFER, FileTypeVerdict.UNKNOWN),
        ("9 Bogus", CWMP_1_2, FileTypeUse.DOWNLOAD, FileTypeVerdict.UNKNOWN),
        ("9 Bogus", CWMP_1_0, FileTypeUse.DOWNLOAD, FileTypeVerdict.MALFORMED),
        ("1 firmware upgrade image", CWMP_1_2, FileTypeUse.DOWNLOAD, FileTypeVerdict.UNKNOWN),
        ("X ACME-Vendor Splash", CWMP_1_2, FileTypeUse.DOWNLOAD, FileTypeVerdict.KNOWN),
        ("X ACME-Vendor Splash", CWMP_1_0, FileTypeUse.DOWNLOAD, FileTypeVerdict.MALFORMED),
        ("X 00AA55 Splash", CWMP_1_0, FileTypeUse.DOWNLOAD, FileTypeVerdict.KNOWN),
        ("2 Vendor Log File", CWMP_1_0, FileTypeUse.UPLOAD, FileTypeVerdict.KNOWN),
        ("4 Vendor Log File 12", CWMP_1_2, FileTypeUse.UPLOAD, FileTypeVerdict.KNOWN),
        ("", CWMP_1_2, FileTypeUse.DOWNLOAD, FileTypeVerdict.MALFORMED),
    ],
)
def test_file_types(text: str, namespace: str, use: FileTypeUse, verdict: FileTypeVerdict) -> None:
    """What is known, what the pattern merely admits, what it refuses, by RPC and namespace."""
    assert judge_file_type(text, namespace, use) is verdict


def test_only_type_one_replaces_the_running_software() -> None:
    """The stored image of type 6, and a vendor's type, do not."""
    assert is_firmware("1 Firmware Upgrade Image")
    assert not is_firmware("6 Stored Firmware Image")
    assert not is_firmware("10 Something")
    assert not is_firmware("X 00AA55 1 Firmware")


@pytest.mark.parametrize(
    ("text", "kind", "value", "offset", "utc"),
    [
        (UNKNOWN_TIME, TimeKind.UNKNOWN, None, True, True),
        ("0001-01-01T00:00:00+00:00", TimeKind.UNKNOWN, None, True, True),
        ("0001-01-01T00:00:00", TimeKind.UNKNOWN, None, False, False),
        ("0001-01-01T00:00:01", TimeKind.RELATIVE, 1.0, False, False),
        ("1970-01-01T00:00:00Z", TimeKind.ABSOLUTE, 0.0, True, True),
        ("1970-01-01T00:00:00.25", TimeKind.ABSOLUTE, 0.25, False, False),
        ("1970-01-01T01:00:00+01:00", TimeKind.ABSOLUTE, 0.0, True, False),
        ("1969-12-31T24:00:00Z", TimeKind.ABSOLUTE, 0.0, True, True),
        ("", TimeKind.INVALID, None, False, False),
        ("2024-02-30T00:00:00Z", TimeKind.INVALID, None, False, False),
        ("2024-01-01 00:00:00Z", TimeKind.INVALID, None, False, False),
        ("2024-01-01T00:00:00+15:00", TimeKind.INVALID, None, False, False),
        ("2024-01-01T00:00:00+01:60", TimeKind.INVALID, None, False, False),
        ("2024-01-01T00:00:00+0100", TimeKind.INVALID, None, False, False),
        ("9999-12-31T24:00:00Z", TimeKind.INVALID, None, False, False),
        ("٢٠٢٤-01-01T00:00:00Z", TimeKind.INVALID, None, False, False),
    ],
)
def test_times(text: str, kind: TimeKind, value: float | None, offset: bool, utc: bool) -> None:
    """Unknown, relative, absolute and invalid times, and what their offset says."""
    time = parse_cwmp_time(text)
    assert (time.kind, time.value, time.has_offset, time.is_utc) == (kind, value, offset, utc)
    assert time.canonical == (kind is not TimeKind.UNKNOWN or text == UNKNOWN_TIME)


@given(st.datetimes(min_value=datetime.datetime(2, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_an_absolute_time_is_the_instant_that_it_names(moment: datetime.datetime, minutes: int) -> None:
    """Whatever the offset, the value is the number of seconds since 1970."""
    hours, rest = divmod(abs(minutes), 60)
    text = f"{moment.isoformat()}{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"
    time = parse_cwmp_time(text)
    expected = (moment - datetime.datetime(1970, 1, 1)).total_seconds() - minutes * 60
    assert time.kind is TimeKind.ABSOLUTE
    assert time.value == pytest.approx(expected, abs=1e-4)


@given(st.text(max_size=40))
def test_any_text_is_some_time(text: str) -> None:
    """No text makes the parser raise; what it cannot read is invalid."""
    assert parse_cwmp_time(text).text == text


def test_namespaces_of_the_family_are_recognised() -> None:
    """Namespaces that no schema has are seen to be meant as CWMP, and are not legal for it."""
    assert all(looks_like_cwmp(namespace) for namespace in CWMP_NAMESPACES)
    assert looks_like_cwmp("urn:dslforum-org:cwmp-1-3")
    assert "urn:dslforum-org:cwmp-1-3" not in CWMP_NAMESPACES


def test_a_departure_can_be_selected_without_its_item_number() -> None:
    """The slot of a departure is its path without the numbers of items."""
    found = Departure(DepartureKind.BAD_PATTERN, "Inform", "Event/EventStruct[12]/EventCode", "")
    assert found.slot == "Event/EventStruct/EventCode"
