"""The two firmware banks as the core knows them: what each holds, whether it may boot, and which one boots next."""

from __future__ import annotations

import msgspec

__all__ = ["BANKS", "Slot", "Slots", "other_bank"]

BANKS = ("a", "b")
"""The banks, in the order of their rows in the FirmwareImage table."""


class Slot(msgspec.Struct, frozen=True):
    """One bank.

    Attributes:
        version: of its image; empty if it holds none that is whole.
        digest: SHA-256 of the image file.
        available: whether it may boot (``FirmwareImage.{i}.Available``).
        failure: why its image did not come up the last time, for ``BootFailureLog``.
    """

    version: str = ""
    digest: str = ""
    available: bool = False
    failure: str = ""


class Slots(msgspec.Struct, frozen=True):
    """Both banks.

    Attributes:
        boot: the one that the next boot tries first (``BootFirmwareImage``).
        slots: by name of the bank.
    """

    boot: str
    slots: dict[str, Slot]

    def slot(self, bank: str) -> Slot:
        """One bank; an empty one if nothing is known of it."""
        return self.slots.get(bank, Slot())

    def with_slot(self, bank: str, **changed: str | bool) -> Slots:
        """The same with one bank changed."""
        slot = msgspec.structs.replace(self.slot(bank), **changed)
        return msgspec.structs.replace(self, slots=self.slots | {bank: slot})


def other_bank(bank: str) -> str:
    """The bank that an image may be written to while ``bank`` runs.

    >>> other_bank("a"), other_bank("b")
    ('b', 'a')
    """
    return "b" if bank == "a" else "a"
