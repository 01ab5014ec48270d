"""What the core of a CPE asks of the shell around it: to be done in order, each before the next begins."""

from __future__ import annotations

import msgspec

from cwmpcheck.cpe.transfers import Transfer

__all__ = [
    "Activate",
    "AddEvent",
    "Apply",
    "CancelFetch",
    "Change",
    "DropEvent",
    "DropTransfer",
    "Effect",
    "EndSession",
    "FactoryDefaults",
    "Fetch",
    "InstallFile",
    "Note",
    "Persist",
    "Reboot",
    "SaveTransfer",
    "Send",
    "SetAvailable",
    "SetFact",
    "SetParameter",
    "Wait",
]


class SaveTransfer(msgspec.Struct, frozen=True, tag=True):
    """Write one transfer, new or changed."""

    transfer: Transfer


class DropTransfer(msgspec.Struct, frozen=True, tag=True):
    """Forget one transfer: its outcome is acknowledged."""

    number: int


class AddEvent(msgspec.Struct, frozen=True, tag=True):
    """Remember an event that an InformResponse must still deliver; a single event stands once (V-01)."""

    code: str
    command_key: str = ""


class DropEvent(msgspec.Struct, frozen=True, tag=True):
    """Forget an event: it is delivered, or a reboot supersedes it."""

    code: str
    command_key: str = ""


class SetFact(msgspec.Struct, frozen=True, tag=True):
    """Remember one named number or text."""

    name: str
    value: int | str


class InstallFile(msgspec.Struct, frozen=True, tag=True):
    """Put a fetched file that is no firmware into service: the one with this digest now counts for its type."""

    file_type: str
    digest: str
    target_file_name: str


class SetParameter(msgspec.Struct, frozen=True, tag=True):
    """Remember the value that the ACS gave to a parameter, by its full name."""

    name: str
    value: str


class FactoryDefaults(msgspec.Struct, frozen=True, tag=True):
    """Forget what was set, delivered and waiting, as after unpacking; transfers and their outcomes are kept (A-06)."""


Change = SaveTransfer | DropTransfer | AddEvent | DropEvent | SetFact | InstallFile | SetParameter | FactoryDefaults


class Persist(msgspec.Struct, frozen=True, tag=True):
    """Commit these changes together; nothing that follows may happen before they are on the disk."""

    changes: tuple[Change, ...]


class Send(msgspec.Struct, frozen=True, tag=True):
    """POST this envelope to the ACS, or nothing (``b""``); exactly one reply or failure comes back."""

    data: bytes


class EndSession(msgspec.Struct, frozen=True, tag=True):
    """The session is over: forget its cookies and close its connection."""

    clean: bool


class Fetch(msgspec.Struct, frozen=True, tag=True):
    """Fetch a file, verify it if it is an image, keep it under its digest; the result comes back."""

    number: int
    url: str
    username: str
    password: str
    firmware: bool


class CancelFetch(msgspec.Struct, frozen=True, tag=True):
    """Break off the fetch for this transfer; no result comes back."""

    number: int


class Apply(msgspec.Struct, frozen=True, tag=True):
    """Write the image with this digest to a bank, and make that the one that boots; the result comes back."""

    number: int
    digest: str
    bank: str
    activate: bool = True


class Activate(msgspec.Struct, frozen=True, tag=True):
    """Make a bank the one that the next boot tries first."""

    bank: str


class SetAvailable(msgspec.Struct, frozen=True, tag=True):
    """Say whether the image in a bank may boot."""

    bank: str
    available: bool


class Reboot(msgspec.Struct, frozen=True, tag=True):
    """End this process and start anew."""


class Wait(msgspec.Struct, frozen=True, tag=True):
    """Nothing to do before this instant (seconds since 1970) unless something comes in."""

    until: float


class Note(msgspec.Struct, frozen=True, tag=True):
    """Something worth a line in the log."""

    what: str
    details: dict[str, str | int | bool] = {}


Effect = Persist | Send | EndSession | Fetch | CancelFetch | Apply | Activate | SetAvailable | Reboot | Wait | Note
