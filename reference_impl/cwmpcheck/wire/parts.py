"""The structs inside messages: a device, an event, a parameter, a time window, a queued transfer, a detail of a file."""

from __future__ import annotations

import msgspec

__all__ = [
    "DeviceId",
    "Event",
    "FileTypeArg",
    "Parameter",
    "ParameterFault",
    "ParameterInfo",
    "QueuedTransfer",
    "TimeWindow",
    "TransferState",
]


class DeviceId(msgspec.Struct, frozen=True):
    """Who a CPE is: manufacturer (64), OUI (6 hex digits), product class (64, may be empty), serial number (64)."""

    manufacturer: str
    oui: str
    product_class: str
    serial_number: str


class Event(msgspec.Struct, frozen=True):
    """One EventStruct of an Inform; the key is that of the method for ``M ...`` events, else empty."""

    code: str
    command_key: str = ""


class Parameter(msgspec.Struct, frozen=True):
    """One parameter: full name, value, and the ``xsi:type`` as sent (``"xsd:string"``; empty if none)."""

    name: str
    value: str
    type: str = "xsd:string"


class TimeWindow(msgspec.Struct, frozen=True):
    """One window of a ScheduleDownload: seconds from receipt, how it may interrupt service, retries (-1: as the CPE likes)."""

    start: int | None
    end: int | None
    mode: str = "1 At Any Time"
    user_message: str = ""
    max_retries: int | None = 0


class QueuedTransfer(msgspec.Struct, frozen=True):
    """One pending transfer; ``state`` is 1 not yet started, 2 in progress, 3 completed."""

    command_key: str
    state: int | None
    is_download: bool | None
    file_type: str
    file_size: int | None = 0
    target_file_name: str = ""


class FileTypeArg(msgspec.Struct, frozen=True):
    """A named detail of the file that a CPE asks for."""

    name: str
    value: str


class ParameterInfo(msgspec.Struct, frozen=True):
    """One name of the data model, and whether the ACS may set it."""

    name: str
    writable: bool | None


class ParameterFault(msgspec.Struct, frozen=True):
    """Why one parameter could not be set; part of the fault that refuses all of a SetParameterValues."""

    name: str
    code: int | None
    string: str = ""


class TransferState(msgspec.Struct, frozen=True):
    """One pending transfer in the short list: ``state`` is 1 not yet started, 2 in progress, 3 completed."""

    command_key: str
    state: int | None
