"""What is written validates against the published schemas and is read back the same."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwmpcheck.catalogue.form_mutants import WITNESSES
from cwmpcheck.vocabulary.departures import DepartureKind
from cwmpcheck.vocabulary.events import EVENTS, is_legal_event_code, is_method_event
from cwmpcheck.vocabulary.faults import fault_defined_in, transfer_fault_legal
from cwmpcheck.vocabulary.file_types import FileTypeUse, FileTypeVerdict, judge_file_type
from cwmpcheck.vocabulary.namespaces import CWMP_1_2, CWMP_NAMESPACES
from cwmpcheck.vocabulary.times import UNKNOWN_TIME
from cwmpcheck.wire import (
    AutonomousTransferComplete,
    AutonomousTransferCompleteResponse,
    Body,
    CancelTransfer,
    CancelTransferResponse,
    CannotWrite,
    DeviceId,
    Download,
    DownloadResponse,
    Event,
    FactoryReset,
    FactoryResetResponse,
    Fault,
    FileTypeArg,
    GetAllQueuedTransfers,
    GetAllQueuedTransfersResponse,
    GetParameterNames,
    GetParameterNamesResponse,
    GetParameterValues,
    GetParameterValuesResponse,
    GetQueuedTransfers,
    GetQueuedTransfersResponse,
    GetRPCMethods,
    GetRPCMethodsResponse,
    Inform,
    InformResponse,
    Other,
    Parameter,
    ParameterFault,
    ParameterInfo,
    QueuedTransfer,
    Reboot,
    RebootResponse,
    RequestDownload,
    RequestDownloadResponse,
    ScheduleDownload,
    ScheduleDownloadResponse,
    SetParameterValues,
    SetParameterValuesResponse,
    TimeWindow,
    TransferComplete,
    TransferCompleteResponse,
    TransferState,
    Unreadable,
    Upload,
    UploadResponse,
    read_envelope,
    write_envelope,
)

FORBIDDEN_IN_XML = "\ufffe\uffff"
UNSIGNED = st.integers(0, 2**32 - 1)


def texts(most: int, least: int = 0) -> st.SearchStrategy[str]:
    """Texts that XML can carry, without the surrounding whitespace that reading drops."""
    letters = st.characters(
        exclude_categories=["Cs", "Cc"], exclude_characters=FORBIDDEN_IN_XML, include_characters="\n\r\t"
    )
    return (
        st.text(letters, max_size=most).map(lambda text: text.strip(" \t\r\n")).filter(lambda text: len(text) >= least)
    )


def times() -> st.SearchStrategy[str]:
    """UTC times after the year 1."""
    moments = st.datetimes(min_value=datetime.datetime(2, 1, 1))
    return moments.map(lambda moment: moment.replace(microsecond=0).isoformat() + "Z")


@st.composite
def spans(draw: st.DrawFn) -> dict[str, str]:
    """A StartTime and a CompleteTime, in order, either of them perhaps unknown."""
    start, complete = sorted((draw(times()), draw(times())))
    return {
        "start_time": draw(st.sampled_from((start, UNKNOWN_TIME))),
        "complete_time": draw(st.sampled_from((complete, UNKNOWN_TIME))),
    }


def file_types(namespace: str, use: FileTypeUse = FileTypeUse.DOWNLOAD) -> st.SearchStrategy[str]:
    """FileTypes that the namespace knows."""
    named = ("1 Firmware Upgrade Image", "2 Web Content", "4 Tone File", "6 Stored Firmware Image", "2 Vendor Log File")
    known = [text for text in named if judge_file_type(text, namespace, use) is FileTypeVerdict.KNOWN]
    vendor = st.from_regex(r"X [0-9A-F]{6} [a-z]{1,20}", fullmatch=True)
    return st.sampled_from(known) | vendor if use is FileTypeUse.DOWNLOAD else st.sampled_from(known)


def urls() -> st.SearchStrategy[str]:
    """URLs without user information."""
    return texts(200).map(lambda path: f"http://files.example/{path}".strip(" \t\r\n"))


@st.composite
def informs(draw: st.DrawFn, namespace: str) -> Inform:
    """Informs with forced parameter, at least one event, and keys on method events only."""
    codes = draw(
        st.lists(st.sampled_from([c for c in EVENTS if is_legal_event_code(c, namespace)]), min_size=1, max_size=8)
    )
    events = tuple(Event(code, draw(texts(32)) if is_method_event(code) else "") for code in codes)
    values = st.tuples(texts(60), st.just("xsd:string")) | st.tuples(UNSIGNED.map(str), st.just("xsd:unsignedInt"))
    parameters = [Parameter("Device.DeviceInfo.SoftwareVersion", draw(texts(64)))]
    parameters += [Parameter(draw(texts(256)), *draw(values)) for _ in range(draw(st.integers(0, 4)))]
    device = DeviceId(
        draw(texts(64)), draw(st.from_regex(r"[0-9A-F]{6}", fullmatch=True)), draw(texts(64)), draw(texts(64))
    )
    moment = draw(
        times() | st.just(UNKNOWN_TIME) | st.just("0001-01-03T03:04:05") | st.just("2024-05-01T12:00:00+02:00")
    )
    return Inform(device, events, 1, moment, draw(UNSIGNED), tuple(draw(st.permutations(parameters))))


def bodies(namespace: str) -> st.SearchStrategy[Body]:
    """Every message that can be written."""
    key, kind, credentials = texts(32), file_types(namespace), texts(256)
    codes = st.integers(0, 10_000).filter(lambda code: transfer_fault_legal(code, namespace))
    refusals = st.integers(8000, 9899).filter(lambda code: fault_defined_in(code, namespace) and code != 9020)
    moved = file_types(namespace, FileTypeUse.TRANSFER)
    later = st.sampled_from((DownloadResponse(1), UploadResponse(1)))
    window = st.builds(TimeWindow, UNSIGNED, UNSIGNED, st.just("3 When Idle"), texts(256), st.integers(-1, 9))
    queued = st.builds(QueuedTransfer, key, st.integers(1, 3), st.booleans(), moved, UNSIGNED, texts(256))
    argument = st.builds(FileTypeArg, texts(64), texts(256))
    values = st.builds(Parameter, texts(256), texts(60))
    wrong = st.builds(ParameterFault, texts(256), st.integers(9000, 9009), texts(256))
    plain: list[Body] = [
        InformResponse(),
        TransferCompleteResponse(),
        AutonomousTransferCompleteResponse(),
        ScheduleDownloadResponse(),
        CancelTransferResponse(),
        GetAllQueuedTransfers(),
        RequestDownloadResponse(),
        RebootResponse(),
        FactoryReset(),
        FactoryResetResponse(),
        GetRPCMethods(),
        GetQueuedTransfers(),
        SetParameterValuesResponse(1),
    ]
    return st.one_of(
        informs(namespace),
        st.builds(
            Download,
            key,
            kind,
            urls(),
            credentials,
            credentials,
            UNSIGNED,
            texts(256),
            UNSIGNED,
            texts(256),
            texts(256),
        ),
        later,
        spans().map(lambda span: DownloadResponse(0, **span)),
        spans().map(lambda span: UploadResponse(0, **span)),
        st.builds(lambda k, c, s, span: TransferComplete(k, c, s, **span), key, codes, texts(256), spans()),
        st.builds(
            lambda a, t, d, f, z, n, c, s, span: AutonomousTransferComplete(a, t, d, f, z, n, c, s, **span),
            texts(999),
            texts(999),
            st.booleans(),
            moved,
            UNSIGNED,
            texts(256),
            codes,
            texts(256),
            spans(),
        ),
        st.builds(
            ScheduleDownload,
            key,
            kind,
            urls(),
            credentials,
            credentials,
            UNSIGNED,
            texts(256),
            st.lists(window, min_size=1, max_size=2).map(tuple),
        ),
        st.builds(Upload, key, file_types(namespace, FileTypeUse.UPLOAD), urls(), credentials, credentials, UNSIGNED),
        st.builds(CancelTransfer, key),
        st.lists(queued, max_size=16).map(lambda items: GetAllQueuedTransfersResponse(tuple(items))),
        st.lists(st.builds(TransferState, key, st.integers(1, 3)), max_size=16).map(
            lambda items: GetQueuedTransfersResponse(tuple(items))
        ),
        st.builds(SetParameterValues, st.lists(values, min_size=1, max_size=3).map(tuple), texts(32)),
        st.lists(texts(256), min_size=1, max_size=3).map(lambda names: GetParameterValues(tuple(names))),
        st.lists(values, max_size=3).map(lambda items: GetParameterValuesResponse(tuple(items))),
        st.builds(GetParameterNames, texts(256), st.booleans()),
        st.lists(st.builds(ParameterInfo, texts(256), st.booleans()), max_size=3).map(
            lambda items: GetParameterNamesResponse(tuple(items))
        ),
        st.builds(RequestDownload, kind, st.lists(argument, max_size=3).map(tuple)),
        st.builds(Reboot, key),
        st.lists(texts(64), min_size=1, max_size=5).map(lambda names: GetRPCMethodsResponse(tuple(names))),
        st.builds(Fault, refusals, texts(256), st.sampled_from(("Client", "Server"))),
        st.lists(wrong, max_size=3).map(lambda found: Fault(9003, "Invalid arguments", "Client", tuple(found))),
        st.sampled_from(plain),
    )


@settings(deadline=None)  # the machine may be busy
@given(st.data(), st.sampled_from(CWMP_NAMESPACES), texts(40), st.none() | st.booleans())
def test_what_is_written_is_read_back_and_validates(
    validate: Callable[[bytes, str], str], data: st.DataObject, namespace: str, id: str, hold: bool | None
) -> None:
    """Body, ID, namespace and HoldRequests survive, nothing departs, and the published schema agrees."""
    body = data.draw(bodies(namespace))
    written = write_envelope(body, id=id, namespace=namespace, hold_requests=hold)
    envelope = read_envelope(written)
    assert envelope.body == body
    assert (envelope.header.id, envelope.header.hold_requests, envelope.namespace) == (id, hold, namespace)
    assert envelope.departures == ()
    assert validate(written, namespace) == ""


@pytest.mark.parametrize("name", WITNESSES)
def test_reader_and_schema_agree_on_the_witnesses(validate: Callable[[bytes, str], str], name: str) -> None:
    """The envelopes that the catalogue calls correct are so for the published schema too."""
    assert validate(WITNESSES[name], CWMP_1_2) == ""


def test_the_schema_refuses_what_is_out_of_order(validate: Callable[[bytes, str], str]) -> None:
    """The validator of these tests does look inside the Body."""
    broken = WITNESSES["Download"].replace(b"<FileSize>0</FileSize>", b"")
    assert "TargetFileName" in validate(broken, CWMP_1_2)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (Download("k" * 33, "1 Firmware Upgrade Image", "http://files.example/f"), "33 characters; at most 32"),
        (Download("k", "9 Bogus", "http://files.example/f"), "not one of the defined types"),
        (Download("k", "1 Firmware Upgrade Image", "http://u:p@files.example/f"), "user information"),
        (Download("k", "1 Firmware Upgrade Image", "http://files.example/f", file_size=None), "FileSize is None"),
        (Download("k", "1 Firmware Upgrade Image", "http://files.example/f", file_size=2**32), "no xs:unsignedInt"),
        (DownloadResponse(2), "must be 0 or 1"),
        (DownloadResponse(1, "2024-05-01T12:00:00Z"), "with Status 1"),
        (DownloadResponse(0, "2024-05-01T12:00:01Z", "2024-05-01T12:00:00Z"), "before StartTime"),
        (TransferComplete("k", 9013), "cannot be the outcome"),
        (TransferComplete("k", start_time="yesterday"), "no xs:dateTime"),
        (TransferComplete("k\x00"), "XML compatible"),
        (TransferComplete(" k"), "does not survive"),
        (Reboot("\ufffe"), "XML compatible"),
        (Inform(DeviceId("A", "00aa55", "B", "1"), (Event("1 BOOT"),)), "six digits"),
        (Inform(DeviceId("A", "00AA55", "B", "1"), ()), "no event"),
        (
            Inform(DeviceId("A", "00AA55", "B", "1"), (), 1, UNKNOWN_TIME, 0, (Parameter("a", "x", "xsd:int"),)),
            "no xsd:int",
        ),
        (Fault(None), "without a code"),
        (Fault(1), "cannot refuse any request"),
        (ScheduleDownload("k", "1 Firmware Upgrade Image", "http://files.example/f"), "at least 1"),
        (Other("AddObject"), "no table of its arguments"),
        (Other("AddObject", True), "no table of its arguments"),
        (Unreadable("noise"), "cannot be written"),
    ],
)
def test_what_would_be_wrong_is_not_written(body: Body, words: str) -> None:
    """A message that departs from its form is refused, and the error says why."""
    with pytest.raises(CannotWrite, match=words):
        write_envelope(body, id="1")


def test_a_namespace_without_a_schema_is_not_written() -> None:
    """``cwmp-1-4`` is on many wires and in no schema."""
    with pytest.raises(CannotWrite, match="no schema has"):
        write_envelope(Reboot("k"), id="1", namespace="urn:dslforum-org:cwmp-1-4")


def test_a_peer_that_is_wrong_on_purpose_may_be() -> None:
    """Named kinds of departure are written when asked for, and read back as such."""
    body = TransferComplete("k", 9013)
    data = write_envelope(body, id="1", allow={DepartureKind.FAULT_CODE_ILLEGAL})
    envelope = read_envelope(data)
    assert envelope.body == body
    assert [departure.kind for departure in envelope.departures] == [DepartureKind.FAULT_CODE_ILLEGAL]
