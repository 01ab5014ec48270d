"""What the ACS is told of pending transfers, and which of them it may still withdraw (rules.md 3.1, A-22)."""

from __future__ import annotations

from collections.abc import Iterable

from cwmpcheck.cpe.reports import listed_type
from cwmpcheck.cpe.transfers import Kind, Phase, Transfer
from cwmpcheck.wire.messages import QueuedTransfer, TransferState

__all__ = ["all_queued", "cancellable", "queued", "transfer_state"]

_STATES = {
    Phase.QUEUED: 1,
    Phase.FETCHING: 2,
    Phase.FETCHED: 2,
    Phase.APPLYING: 2,
    Phase.REPORTABLE: 3,
}


def transfer_state(transfer: Transfer) -> int:
    """The State on the wire: 1 not yet started, 2 in progress, 3 completed."""
    return _STATES[transfer.phase]


def queued(transfers: Iterable[Transfer]) -> tuple[TransferState, ...]:
    """The short list: transfers that the ACS asked for."""
    return tuple(
        TransferState(transfer.command_key, transfer_state(transfer))
        for transfer in transfers
        if transfer.kind is not Kind.AUTONOMOUS
    )


def all_queued(transfers: Iterable[Transfer], oui: str) -> tuple[QueuedTransfer, ...]:
    """The long list: autonomous transfers too."""
    return tuple(
        QueuedTransfer(
            command_key=transfer.command_key,
            state=transfer_state(transfer),
            is_download=True,
            file_type=listed_type(transfer.file_type, oui),
            file_size=transfer.file_size,
            target_file_name=transfer.target_file_name,
        )
        for transfer in transfers
    )


def cancellable(transfers: Iterable[Transfer], key: str) -> tuple[list[Transfer], list[Transfer]]:
    """The transfers with a key, apart: those that may be withdrawn, and those that may not any more.

    A transfer may be withdrawn until its file is being applied; an outcome that waits to be reported may not (9021).
    """
    matching = [one for one in transfers if one.command_key == key and one.kind is not Kind.AUTONOMOUS]
    stuck = [one for one in matching if one.phase in (Phase.APPLYING, Phase.REPORTABLE)]
    return [one for one in matching if one not in stuck], stuck
