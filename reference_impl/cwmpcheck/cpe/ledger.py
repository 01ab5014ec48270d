"""What the CPE remembers across a restart: transfers, undelivered events, facts, files in service.

The core changes its ledger only by the same `Change`s that it hands to the shell to be committed, so that what it
holds in memory and what a restart reads from the disk are equal at every commit.
"""

from __future__ import annotations

import msgspec

from cwmpcheck.cpe.effects import (
    AddEvent,
    Change,
    DropEvent,
    DropTransfer,
    FactoryDefaults,
    InstallFile,
    SaveTransfer,
    SetFact,
    SetParameter,
)
from cwmpcheck.cpe.transfers import Phase, Transfer
from cwmpcheck.vocabulary.events import EVENTS
from cwmpcheck.wire.messages import Event, RequestDownload

__all__ = ["KEPT_FACT", "Ledger", "stands_once"]

KEPT_FACT = "next_transfer"
"""The one fact that survives a factory reset: the numbers of transfers are never used twice."""


class Ledger(msgspec.Struct):
    """The memory of one CPE.

    Attributes:
        transfers: by number, those not yet acknowledged.
        events: undelivered ones that an InformResponse delivers, oldest first.
        facts: ``contacted`` (the ACS URL that took the 0 BOOTSTRAP), ``retry_count``, ``next_transfer``,
            ``reboot_keys`` (JSON list of CommandKeys), ``requests`` (JSON list of the downloads that the CPE asks for),
            ``factory_reset`` (1 while one is due).
        files: digest and target name of the file in service, by file type.
        parameters: what the ACS has set, by full name.
    """

    transfers: dict[int, Transfer] = {}
    events: list[Event] = []
    facts: dict[str, int | str] = {}
    files: dict[str, tuple[str, str]] = {}
    parameters: dict[str, str] = {}

    def apply(self, changes: tuple[Change, ...]) -> None:
        """Take in one commit.

        >>> ledger = Ledger()
        >>> ledger.apply((AddEvent("1 BOOT"), AddEvent("1 BOOT"), AddEvent("M Reboot", "a"), AddEvent("M Reboot", "b")))
        >>> [(event.code, event.command_key) for event in ledger.events]
        [('1 BOOT', ''), ('M Reboot', 'a'), ('M Reboot', 'b')]
        """
        for change in changes:
            self._apply(change)

    def _apply(self, change: Change) -> None:
        match change:
            case SaveTransfer(transfer=transfer):
                self.transfers[transfer.number] = transfer
            case DropTransfer(number=number):
                self.transfers.pop(number, None)
            case AddEvent(code=code, command_key=key):
                if not (stands_once(code) and any(event.code == code for event in self.events)):
                    self.events.append(Event(code, key))
            case DropEvent(code=code, command_key=key):
                if Event(code, key) in self.events:
                    self.events.remove(Event(code, key))
            case SetFact(name=name, value=value):
                self.facts[name] = value
            case InstallFile(file_type=file_type, digest=digest, target_file_name=name):
                self.files[file_type] = (digest, name)
            case SetParameter(name=name, value=value):
                self.parameters[name] = value
            case FactoryDefaults():
                self.events.clear()
                self.files.clear()
                self.parameters.clear()
                self.facts = {name: value for name, value in self.facts.items() if name == KEPT_FACT}

    def number(self, name: str) -> int:
        """A fact that is a number; 0 if nobody set it."""
        value = self.facts.get(name, 0)
        return value if isinstance(value, int) else 0

    @property
    def reboot_keys(self) -> list[str]:
        """CommandKeys of the Reboot requests that the next boot carries out."""
        return msgspec.json.decode(str(self.facts.get("reboot_keys", "[]")), type=list[str])

    @property
    def requests(self) -> list[RequestDownload]:
        """The downloads that the CPE asks for, not yet heard by the ACS."""
        return msgspec.json.decode(str(self.facts.get("requests", "[]")), type=list[RequestDownload])

    @property
    def digests(self) -> set[str]:
        """The fetched files that a transfer or a file in service still needs."""
        waiting = {transfer.digest for transfer in self.transfers.values() if transfer.digest}
        return waiting | {digest for digest, _ in self.files.values()}

    def in_phase(self, phase: Phase) -> list[Transfer]:
        """The transfers in one phase, in the order in which they were accepted."""
        return [self.transfers[number] for number in sorted(self.transfers) if self.transfers[number].phase is phase]


def stands_once(code: str) -> bool:
    """Whether a second occurrence of an undelivered event adds nothing (V-01)."""
    rule = EVENTS.get(code)
    return rule is None or not rule.multiple
