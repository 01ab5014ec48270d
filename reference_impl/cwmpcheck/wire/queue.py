"""The messages about pending transfers: which there are, and the withdrawal of some."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from cwmpcheck.wire.parts import QueuedTransfer, TransferState

__all__ = [
    "CancelTransfer",
    "CancelTransferResponse",
    "GetAllQueuedTransfers",
    "GetAllQueuedTransfersResponse",
    "GetQueuedTransfers",
    "GetQueuedTransfersResponse",
]


class CancelTransfer(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The ACS withdraws every transfer with this key (A.4.1.9)."""

    rpc: ClassVar[str] = "CancelTransfer"
    command_key: str


class CancelTransferResponse(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """No transfer with that key remains."""

    rpc: ClassVar[str] = "CancelTransferResponse"


class GetAllQueuedTransfers(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The ACS asks which transfers are pending (A.4.1.7)."""

    rpc: ClassVar[str] = "GetAllQueuedTransfers"


class GetAllQueuedTransfersResponse(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The pending transfers, at most sixteen."""

    rpc: ClassVar[str] = "GetAllQueuedTransfersResponse"
    transfers: tuple[QueuedTransfer, ...] = ()


class GetQueuedTransfers(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The older question for pending transfers, which names no files (A.4.1.1)."""

    rpc: ClassVar[str] = "GetQueuedTransfers"


class GetQueuedTransfersResponse(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """Keys and states of the pending transfers, at most sixteen."""

    rpc: ClassVar[str] = "GetQueuedTransfersResponse"
    transfers: tuple[TransferState, ...] = ()
