"""What becomes of accepted transfers: started when due, fetched, applied, given up, withdrawn; one fetch at a time.

Owns which transfer is being fetched. Sessions are the core's: this part is told whether one is open, and asks for one
through the agenda when there is an outcome.
"""

from __future__ import annotations

import msgspec

from cwmpcheck.cpe.agenda import Agenda
from cwmpcheck.cpe.effects import (
    Apply,
    CancelFetch,
    Change,
    DropTransfer,
    Fetch,
    InstallFile,
    SaveTransfer,
)
from cwmpcheck.cpe.faults import FetchCause, transfer_fault
from cwmpcheck.cpe.outbox import Outbox
from cwmpcheck.cpe.parameters import policy_value
from cwmpcheck.cpe.queue import cancellable
from cwmpcheck.cpe.reports import is_reported
from cwmpcheck.cpe.settings import Settings
from cwmpcheck.cpe.slots import Slots, other_bank
from cwmpcheck.cpe.transfers import Phase, Transfer, after_window, failed, in_window, started, succeeded

__all__ = ["Progress"]

_LATE_START = 9010
_INTERNAL_ERROR = 9002
_DENIED = 9001


class Progress:
    """The transfers of one CPE at work.

    Args:
        outbox: takes commits and effects.
        settings: how the CPE behaves.
        agenda: told of outcomes and fetched images.
        running: the bank that runs.
    """

    def __init__(self, outbox: Outbox, settings: Settings, agenda: Agenda, running: str) -> None:
        self._out = outbox
        self._ledger = outbox.ledger
        self._settings = settings
        self._agenda = agenda
        self._running = running
        self._fetching: int | None = None
        self.busy = False
        """Whether the device serves somebody now: windows of mode 3 wait for the end of it."""

    @property
    def downloading(self) -> bool:
        """Whether an image is being fetched for a bank."""
        transfer = self._ledger.transfers.get(self._fetching or 0)
        return transfer is not None and transfer.is_image

    # Waiting and starting --------------------------------------------------------------------------------------

    def start_due(self, now: float, asked_now: set[int] | None) -> None:
        """Close windows that have passed, then start the transfer that has been due longest (P-61).

        Args:
            now: the instant.
            asked_now: the transfers that the open session asked for; ``None`` if none is open.
        """
        self._close_windows(now)
        due = [one for one in self._ledger.in_phase(Phase.QUEUED) if self._may_start(one, now, asked_now)]
        for transfer in sorted(due, key=lambda queued: (queued.due, queued.number)):
            if not transfer.windows and now > transfer.due + self._settings.start_grace:
                late = f"could not start within {self._settings.start_grace:g} s of its due time"
                self.outcome(failed(transfer, _LATE_START, late, now), now)
            elif self._fetching is None:
                self._start(transfer, now)

    def _start(self, transfer: Transfer, now: float) -> None:
        self._fetching = transfer.number
        self._save(started(transfer, now))
        self._out.do(Fetch(transfer.number, transfer.url, transfer.username, transfer.password, transfer.is_image))

    def _may_start(self, transfer: Transfer, now: float, asked_now: set[int] | None) -> bool:
        if transfer.due > now or not transfer.may_work(now, busy=self.busy):
            return False
        if transfer.windows:
            return asked_now is None  # never inside a session
        return not (transfer.delayed and asked_now is not None and transfer.number in asked_now)

    def _close_windows(self, now: float) -> None:
        for transfer in list(self._ledger.transfers.values()):
            moved = after_window(transfer, now)
            if moved == transfer:
                continue
            self._break_off(transfer.number)
            if moved.phase is Phase.REPORTABLE:
                self.outcome(moved, now)
            else:
                self._save(moved)

    def instants(self) -> list[float]:
        """When something here may change of its own accord."""
        instants = [transfer.due for transfer in self._ledger.in_phase(Phase.QUEUED)]
        for transfer in self._ledger.transfers.values():
            if transfer.windows and transfer.phase is not Phase.REPORTABLE:
                window = transfer.windows[transfer.window]
                instants += [window.start, window.end]
        return instants

    # Results ---------------------------------------------------------------------------------------------------

    def fetched(self, number: int, digest: str, now: float) -> None:
        """A file is on the disk, verified, under its digest."""
        transfer = self._fetch_ended(number)
        if transfer is None:
            return
        transfer = msgspec.structs.replace(transfer, digest=digest)
        if transfer.is_image:
            self._agenda.image_fetched(now)
            self._save(msgspec.structs.replace(transfer, phase=Phase.FETCHED))
        else:
            done = succeeded(transfer, now)
            self.outcome(done, now, InstallFile(done.file_type, digest, done.target_file_name))

    def fetch_failed(self, number: int, cause: FetchCause, text: str, now: float) -> None:
        """A file could not be had: reported (T-05), or tried again where a time window allows it."""
        transfer = self._fetch_ended(number)
        if transfer is None:
            return
        again = self._again(transfer, now) if transfer.windows else None
        if again is None:
            self.outcome(failed(transfer, transfer_fault(cause), text, now), now)
        else:
            self._out.note("retry", transfer=number, attempt=again.attempts, window=again.window)
            self._save(again)

    def _again(self, transfer: Transfer, now: float) -> Transfer | None:
        """The transfer for its next attempt, in this window or the next one; ``None`` if there is none."""
        window = transfer.windows[transfer.window]
        allowed = window.max_retries if window.max_retries >= 0 else self._settings.schedule_retries
        due = now + self._settings.retry_minimum_wait
        if transfer.attempts < allowed and due < window.end:
            return msgspec.structs.replace(transfer, phase=Phase.QUEUED, attempts=transfer.attempts + 1, due=due)
        later = transfer.window + 1
        return in_window(transfer, later) if later < len(transfer.windows) else None

    def _fetch_ended(self, number: int) -> Transfer | None:
        """The transfer whose fetch has ended; ``None`` if nobody waits for it any more."""
        if self._fetching != number:
            return None
        self._fetching = None
        return self._ledger.transfers.get(number)

    # Applying --------------------------------------------------------------------------------------------------

    def apply_next(self, now: float, slots: Slots) -> bool:
        """Begin to write the image that was fetched first, if its window allows it; whether one is being written."""
        for transfer in self._ledger.in_phase(Phase.FETCHED):
            if not transfer.may_work(now, busy=self.busy):
                continue
            bank = other_bank(self._running)
            if not transfer.is_firmware and slots.boot == bank:
                # A stored image must not become the one that boots by itself (E-86).
                text = "the bank for stored images is the one that boots next"
                self.outcome(failed(transfer, _DENIED, text, now), now)
                continue
            self._save(msgspec.structs.replace(transfer, phase=Phase.APPLYING, bank=bank))
            self._out.do(Apply(transfer.number, transfer.digest, bank, transfer.is_firmware))
            return True
        return False

    def applied(self, number: int, fault: str | None, now: float) -> bool:
        """The bank is written, or ``fault`` says why not; whether a reboot is all that lacks."""
        transfer = self._ledger.transfers[number]
        if fault is not None:
            self.outcome(failed(transfer, _INTERNAL_ERROR, fault, now), now)
        elif not transfer.is_firmware:
            self.outcome(succeeded(transfer, now), now)
        return fault is None and transfer.is_firmware

    # Ends ------------------------------------------------------------------------------------------------------

    def outcome(self, transfer: Transfer, now: float, *with_it: Change) -> None:
        """Commit an outcome, and ask for a session at once: requested completions are always notified (S-03, P-84).

        An autonomous one that the policy leaves out is forgotten instead.
        """
        if not self._is_reported(transfer):
            self._out.persist(*with_it, DropTransfer(transfer.number))
            self._out.note("not reported", transfer=transfer.number, code=transfer.fault_code)
            return
        self._out.persist(*with_it, SaveTransfer(transfer))
        self._out.note("phase", transfer=transfer.number, phase=str(Phase.REPORTABLE), code=transfer.fault_code)
        self._agenda.urgent(now)

    def _is_reported(self, transfer: Transfer) -> bool:
        return is_reported(transfer, lambda name: policy_value(self._ledger.parameters, name))

    def cancel(self, key: str) -> int:
        """Withdraw every transfer with a key that may still be; how many may not (A-22)."""
        free, stuck = cancellable(self._ledger.transfers.values(), key)
        self._out.persist(*(DropTransfer(transfer.number) for transfer in free))
        for transfer in free:
            self._break_off(transfer.number)
            self._out.note("cancelled", transfer=transfer.number)
        return len(stuck)

    def _break_off(self, number: int) -> None:
        if self._fetching == number:
            self._fetching = None
            self._out.do(CancelFetch(number))

    def _save(self, transfer: Transfer) -> None:
        self._out.persist(SaveTransfer(transfer))
        self._out.note("phase", transfer=transfer.number, phase=str(transfer.phase))
