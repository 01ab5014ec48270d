"""CWMP messages as immutable values.

Texts are kept as sent, without surrounding whitespace; an absent element and an empty one are both ``""``
(the reader records the absence as a departure). A number that is absent or no number is ``None``.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from cwmpcheck.vocabulary.departures import Departure
from cwmpcheck.vocabulary.times import UNKNOWN_TIME
from cwmpcheck.wire.parameters import (
    GetParameterNames,
    GetParameterNamesResponse,
    GetParameterValues,
    GetParameterValuesResponse,
    SetParameterValues,
    SetParameterValuesResponse,
)
from cwmpcheck.wire.parts import (
    DeviceId,
    Event,
    FileTypeArg,
    Parameter,
    ParameterFault,
    ParameterInfo,
    QueuedTransfer,
    TimeWindow,
    TransferState,
)
from cwmpcheck.wire.queue import (
    CancelTransfer,
    CancelTransferResponse,
    GetAllQueuedTransfers,
    GetAllQueuedTransfersResponse,
    GetQueuedTransfers,
    GetQueuedTransfersResponse,
)

__all__ = [
    "AutonomousTransferComplete",
    "AutonomousTransferCompleteResponse",
    "Body",
    "CancelTransfer",
    "CancelTransferResponse",
    "DeviceId",
    "Download",
    "DownloadResponse",
    "Envelope",
    "Event",
    "FactoryReset",
    "FactoryResetResponse",
    "Fault",
    "FileTypeArg",
    "GetAllQueuedTransfers",
    "GetAllQueuedTransfersResponse",
    "GetParameterNames",
    "GetParameterNamesResponse",
    "GetParameterValues",
    "GetParameterValuesResponse",
    "GetQueuedTransfers",
    "GetQueuedTransfersResponse",
    "GetRPCMethods",
    "GetRPCMethodsResponse",
    "Header",
    "Inform",
    "InformResponse",
    "Other",
    "Parameter",
    "ParameterFault",
    "ParameterInfo",
    "QueuedTransfer",
    "Reboot",
    "RebootResponse",
    "RequestDownload",
    "RequestDownloadResponse",
    "ScheduleDownload",
    "ScheduleDownloadResponse",
    "SetParameterValues",
    "SetParameterValuesResponse",
    "TimeWindow",
    "TransferComplete",
    "TransferCompleteResponse",
    "TransferState",
    "Unreadable",
    "Upload",
    "UploadResponse",
    "rpc_name",
]


class Inform(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The first message of a session: who, why, when, which attempt, and the forced parameters (A.3.3.1).

    ``current_time`` is an ``xs:dateTime`` as sent; ``retry_count`` the failed attempts of this session.
    """

    rpc: ClassVar[str] = "Inform"
    device: DeviceId
    events: tuple[Event, ...]
    max_envelopes: int | None = 1
    current_time: str = UNKNOWN_TIME
    retry_count: int | None = 0
    parameters: tuple[Parameter, ...] = ()

    def value_of(self, suffix: str) -> str | None:
        """The value of the first parameter whose name ends with ``suffix``, or ``None``.

        The suffix starts at a part of the name: ``DeviceInfo.SoftwareVersion`` finds both
        ``Device.DeviceInfo.SoftwareVersion`` and ``InternetGatewayDevice.DeviceInfo.SoftwareVersion``.
        """
        suffix = suffix.lstrip(".")
        for parameter in self.parameters:
            if parameter.name == suffix or parameter.name.endswith("." + suffix):
                return parameter.value
        return None


class InformResponse(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The ACS accepts the session; MaxEnvelopes is always 1."""

    rpc: ClassVar[str] = "InformResponse"
    max_envelopes: int | None = 1


class Download(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The ACS asks for a file to be fetched and applied (A.3.2.8): ten arguments, all always sent.

    ``file_size`` is in bytes (0: unknown), ``delay_seconds`` counts from receipt.
    """

    rpc: ClassVar[str] = "Download"
    command_key: str
    file_type: str
    url: str
    username: str = ""
    password: str = ""
    file_size: int | None = 0
    target_file_name: str = ""
    delay_seconds: int | None = 0
    success_url: str = ""
    failure_url: str = ""


class DownloadResponse(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """Status 0: fetched and applied, with the times; 1: not yet, with the Unknown Time twice."""

    rpc: ClassVar[str] = "DownloadResponse"
    status: int | None
    start_time: str = UNKNOWN_TIME
    complete_time: str = UNKNOWN_TIME


class TransferComplete(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The outcome of one requested transfer (A.3.3.2); fault code 0 is success. Times are UTC."""

    rpc: ClassVar[str] = "TransferComplete"
    command_key: str
    fault_code: int | None = 0
    fault_string: str = ""
    start_time: str = UNKNOWN_TIME
    complete_time: str = UNKNOWN_TIME


class TransferCompleteResponse(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The ACS has the outcome: this alone delivers the event."""

    rpc: ClassVar[str] = "TransferCompleteResponse"


class AutonomousTransferComplete(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The outcome of a transfer that no ACS request started (A.3.3.3); there is no CommandKey."""

    rpc: ClassVar[str] = "AutonomousTransferComplete"
    announce_url: str
    transfer_url: str
    is_download: bool | None
    file_type: str
    file_size: int | None = 0
    target_file_name: str = ""
    fault_code: int | None = 0
    fault_string: str = ""
    start_time: str = UNKNOWN_TIME
    complete_time: str = UNKNOWN_TIME


class AutonomousTransferCompleteResponse(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The ACS has the outcome of the autonomous transfer."""

    rpc: ClassVar[str] = "AutonomousTransferCompleteResponse"


class ScheduleDownload(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The ACS asks for a download inside one of one or two time windows (A.4.1.8)."""

    rpc: ClassVar[str] = "ScheduleDownload"
    command_key: str
    file_type: str
    url: str
    username: str = ""
    password: str = ""
    file_size: int | None = 0
    target_file_name: str = ""
    windows: tuple[TimeWindow, ...] = ()


class ScheduleDownloadResponse(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The CPE accepts the schedule; the outcome always comes by TransferComplete."""

    rpc: ClassVar[str] = "ScheduleDownloadResponse"


class Upload(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The ACS asks for a file to be sent to a server (A.4.1.5)."""

    rpc: ClassVar[str] = "Upload"
    command_key: str
    file_type: str
    url: str
    username: str = ""
    password: str = ""
    delay_seconds: int | None = 0


class UploadResponse(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """Status 0: sent, with the times; 1: not yet."""

    rpc: ClassVar[str] = "UploadResponse"
    status: int | None
    start_time: str = UNKNOWN_TIME
    complete_time: str = UNKNOWN_TIME


class RequestDownload(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The CPE asks to be sent a Download (A.4.2.2)."""

    rpc: ClassVar[str] = "RequestDownload"
    file_type: str
    arguments: tuple[FileTypeArg, ...] = ()


class RequestDownloadResponse(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The ACS has heard; it need not send anything."""

    rpc: ClassVar[str] = "RequestDownloadResponse"


class Reboot(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The ACS asks for a reboot after the session (A.3.2.9)."""

    rpc: ClassVar[str] = "Reboot"
    command_key: str = ""


class RebootResponse(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The CPE will reboot."""

    rpc: ClassVar[str] = "RebootResponse"


class FactoryReset(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The ACS asks for the factory settings (A.4.1.6)."""

    rpc: ClassVar[str] = "FactoryReset"


class FactoryResetResponse(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The CPE will reset itself."""

    rpc: ClassVar[str] = "FactoryResetResponse"


class GetRPCMethods(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """Either party asks which RPCs the other one has (A.3.1.1)."""

    rpc: ClassVar[str] = "GetRPCMethods"


class GetRPCMethodsResponse(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The names of the RPCs that the answering party has."""

    rpc: ClassVar[str] = "GetRPCMethodsResponse"
    methods: tuple[str, ...] = ()


class Fault(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """A refusal of one request: the CWMP code and text, and the SOAP class (``Client`` or ``Server``).

    ``parameters`` says what was wrong with each, where it refuses a SetParameterValues.
    """

    rpc: ClassVar[str] = "Fault"
    code: int | None
    string: str = ""
    soap_code: str = "Client"
    parameters: tuple[ParameterFault, ...] = ()


class Other(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """Any other RPC: the element's name as on the wire, ``Response`` included, and whether it is a response."""

    rpc: ClassVar[str] = "Other"
    name: str
    is_response: bool = False


class Unreadable(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """Bytes in which no message could be found, and why."""

    rpc: ClassVar[str] = "Unreadable"
    reason: str


Body = (
    Inform
    | InformResponse
    | Download
    | DownloadResponse
    | TransferComplete
    | TransferCompleteResponse
    | AutonomousTransferComplete
    | AutonomousTransferCompleteResponse
    | ScheduleDownload
    | ScheduleDownloadResponse
    | Upload
    | UploadResponse
    | CancelTransfer
    | CancelTransferResponse
    | GetAllQueuedTransfers
    | GetAllQueuedTransfersResponse
    | GetQueuedTransfers
    | GetQueuedTransfersResponse
    | SetParameterValues
    | SetParameterValuesResponse
    | GetParameterValues
    | GetParameterValuesResponse
    | GetParameterNames
    | GetParameterNamesResponse
    | RequestDownload
    | RequestDownloadResponse
    | Reboot
    | RebootResponse
    | FactoryReset
    | FactoryResetResponse
    | GetRPCMethods
    | GetRPCMethodsResponse
    | Fault
    | Other
    | Unreadable
)
"""What an envelope may hold."""


def rpc_name(body: Body) -> str:
    """The name of the message on the wire.

    >>> rpc_name(TransferCompleteResponse()), rpc_name(Other("AddObject"))
    ('TransferCompleteResponse', 'AddObject')
    """
    return body.name if isinstance(body, Other) else body.rpc


class Header(msgspec.Struct, frozen=True):
    """The SOAP header elements of CWMP; ``None`` where an element is absent or not of its type.

    ``session_timeout`` is in seconds; ``supported_versions`` the comma list as sent.
    """

    id: str | None = None
    hold_requests: bool | None = None
    no_more_requests: bool | None = None
    session_timeout: int | None = None
    supported_versions: str | None = None
    use_version: str | None = None


class Envelope(msgspec.Struct, frozen=True):
    """One message read from the wire, with every irregularity of its form.

    ``namespace`` is the CWMP namespace in use, empty if none was found.
    """

    namespace: str
    header: Header
    body: Body
    departures: tuple[Departure, ...] = ()
