"""How outcomes are told: the events of the Inform, the message for each transfer, and which autonomous ones count."""

from __future__ import annotations

from collections.abc import Callable

from cwmpcheck.cpe.settings import STORED_FIRMWARE
from cwmpcheck.cpe.transfers import Kind, Transfer
from cwmpcheck.vocabulary.events import (
    EVENT_AUTONOMOUS_TRANSFER_COMPLETE,
    EVENT_M_DOWNLOAD,
    EVENT_M_SCHEDULE_DOWNLOAD,
    EVENT_TRANSFER_COMPLETE,
)
from cwmpcheck.vocabulary.faults import transfer_fault_legal
from cwmpcheck.wire.messages import AutonomousTransferComplete, Event, TransferComplete

__all__ = ["completion", "is_reported", "listed_type", "with_completions"]

_GENERIC_FAILURE = 9010
_METHOD_EVENTS = {Kind.DOWNLOAD: EVENT_M_DOWNLOAD, Kind.SCHEDULED: EVENT_M_SCHEDULE_DOWNLOAD}


def with_completions(events: tuple[Event, ...], reportable: list[Transfer]) -> tuple[Event, ...]:
    """The events of a session that also reports transfers: all that has one cause goes together (V-02).

    ``7 TRANSFER COMPLETE`` and ``10 AUTONOMOUS TRANSFER COMPLETE`` stand once, an ``M`` event once for each requested
    transfer, with its key.
    """
    told: list[Event] = []
    requested = [transfer for transfer in reportable if transfer.kind is not Kind.AUTONOMOUS]
    if requested:
        told.append(Event(EVENT_TRANSFER_COMPLETE))
    told += [Event(_METHOD_EVENTS[transfer.kind], transfer.command_key) for transfer in requested]
    if len(requested) < len(reportable):
        told.append(Event(EVENT_AUTONOMOUS_TRANSFER_COMPLETE))
    return (*events, *told)


def completion(transfer: Transfer, namespace: str, oui: str) -> TransferComplete | AutonomousTransferComplete:
    """The message that reports the outcome; the same each time it is sent (P-46).

    A code that the namespace does not know is told as the generic failure (P-06).
    """
    code = transfer.fault_code if transfer_fault_legal(transfer.fault_code, namespace) else _GENERIC_FAILURE
    if transfer.kind is Kind.AUTONOMOUS:
        return AutonomousTransferComplete(
            announce_url=transfer.announce_url,
            transfer_url=transfer.url,
            is_download=True,
            file_type=listed_type(transfer.file_type, oui),
            file_size=transfer.file_size,
            target_file_name=transfer.target_file_name,
            fault_code=code,
            fault_string=transfer.fault_string,
            start_time=transfer.start_time,
            complete_time=transfer.complete_time,
        )
    return TransferComplete(
        command_key=transfer.command_key,
        fault_code=code,
        fault_string=transfer.fault_string,
        start_time=transfer.start_time,
        complete_time=transfer.complete_time,
    )


def listed_type(file_type: str, oui: str) -> str:
    """A FileType as lists of transfers name it: number 6 means another file there, so a stored image is a vendor's type.

    >>> listed_type("6 Stored Firmware Image", "0C0FFE"), listed_type("1 Firmware Upgrade Image", "0C0FFE")
    ('X 0C0FFE Stored Firmware Image', '1 Firmware Upgrade Image')
    """
    return f"X {oui} {file_type.partition(' ')[2]}" if file_type == STORED_FIRMWARE else file_type


def is_reported(transfer: Transfer, policy: Callable[[str], str]) -> bool:
    """Whether an outcome is told to the ACS: always what it asked for, an autonomous one as its policy says.

    Args:
        transfer: with its outcome.
        policy: the value of a parameter of AutonomousTransferCompletePolicy, by the last part of its name.
    """
    if transfer.kind is not Kind.AUTONOMOUS:
        return True
    result = "Failure" if transfer.fault_code else "Success"
    types = [name.strip() for name in policy("FileTypeFilter").split(",")]
    return (
        policy("Enable") == "true"
        and policy("TransferTypeFilter") in ("Download", "Both")
        and policy("ResultTypeFilter") in (result, "Both")
        and transfer.file_type in types
    )
