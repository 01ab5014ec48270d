"""Requests of the ACS that change something: each is refused, or made to last on the disk before it is answered."""

from __future__ import annotations

import msgspec

from cwmpcheck.cpe.agenda import Agenda
from cwmpcheck.cpe.assignment import assign
from cwmpcheck.cpe.device import Device
from cwmpcheck.cpe.effects import Fetch, InstallFile, SaveTransfer, SetFact
from cwmpcheck.cpe.faults import client_fault, refusal, server_fault
from cwmpcheck.cpe.outbox import Outbox
from cwmpcheck.cpe.progress import Progress
from cwmpcheck.cpe.requests import answer_about, methods, unknown
from cwmpcheck.cpe.session import Asked, Session
from cwmpcheck.cpe.settings import STORED_FIRMWARE
from cwmpcheck.cpe.transfers import Phase, Transfer, accepted, scheduled, started, utc
from cwmpcheck.cpe.windows import windows_fault
from cwmpcheck.wire import messages
from cwmpcheck.wire.messages import Body

__all__ = ["Desk"]

_MOST_REBOOTS = 16


class Desk:
    """Where requests are answered.

    Args:
        outbox: takes commits and effects.
        device: what the requests are about.
        progress: the transfers.
        agenda: told when its settings change.
    """

    def __init__(self, outbox: Outbox, device: Device, progress: Progress, agenda: Agenda) -> None:
        self._out = outbox
        self._device = device
        self._progress = progress
        self._agenda = agenda
        self.answering: tuple[str, Transfer] | None = None
        """A Download that is answered only after its file is in service, with the ID to answer to."""

    def answer(self, session: Session, asked: Asked, now: float) -> Body | None:
        """The answer to a request; ``None`` if it comes later, by `done` or a failed fetch."""
        body, device = asked.body, self._device
        if messages.rpc_name(body) not in methods(session.namespace):
            return unknown(body)
        match body:
            case messages.Download():
                return self._download(session, asked, body, now)
            case messages.ScheduleDownload():
                return self._schedule(session, asked, body, now)
            case messages.CancelTransfer(command_key=key):
                stuck = self._progress.cancel(key)
                if stuck:
                    return client_fault(9021, f"{stuck} of the transfers with this key can no longer be cancelled")
                return messages.CancelTransferResponse()
            case messages.Reboot(command_key=key):
                keys = device.ledger.reboot_keys
                if len(keys) >= _MOST_REBOOTS:
                    return server_fault(9004, f"{len(keys)} reboots are asked for already")
                self._out.persist(SetFact("reboot_keys", msgspec.json.encode([*keys, key]).decode()))
                return messages.RebootResponse()
            case messages.FactoryReset():
                self._out.persist(SetFact("factory_reset", 1))
                return messages.FactoryResetResponse()
            case messages.SetParameterValues():
                return self._set(body, now)
        leaves = device.leaves(downloading=self._progress.downloading)
        oui = device.profile.device.oui
        return answer_about(body, device.ledger, leaves, oui, session.namespace) or unknown(body)

    def done(self, digest: str, now: float) -> tuple[str, Body] | None:
        """The file of the Download that waits for its answer is here: in service with Status 0, and the ID."""
        if self.answering is None:
            return None
        message_id, transfer = self.answering
        self.answering = None
        self._out.persist(InstallFile(transfer.file_type, digest, transfer.target_file_name))
        return message_id, messages.DownloadResponse(0, transfer.start_time, utc(now))

    def undone(self, code: int, text: str) -> tuple[str, Body] | None:
        """That file could not be had: the fault, and the ID."""
        if self.answering is None:
            return None
        message_id, _ = self.answering
        self.answering = None
        return message_id, server_fault(code, text)

    def waits_for(self, number: int) -> bool:
        """Whether the answer to a Download waits for this fetch."""
        return self.answering is not None and self.answering[1].number == number

    def refused(
        self, asked: Asked | None, request: messages.Download | messages.ScheduleDownload
    ) -> messages.Fault | None:
        """The fault with which a download is refused at once, or ``None``."""
        settings, ledger = self._device.settings, self._device.ledger
        departures = asked.departures if asked is not None else ()
        fault = refusal(request, departures, len(ledger.transfers), settings.queue_capacity, settings.allowed_hosts)
        if fault is None and request.file_type == STORED_FIRMWARE:
            slots = self._device.slots
            if slots.boot != self._device.running.bank:
                fault = server_fault(9001, "the bank for stored images is the one that boots next")
        if fault is not None:
            self._out.note("refused", code=fault.code or 0, text=fault.string)
        return fault

    def accept(self, transfer: Transfer) -> None:
        """Bind the CPE to a transfer: from this commit on it is never lost (A-10 c)."""
        self._out.persist(SetFact("next_transfer", transfer.number), SaveTransfer(transfer))
        self._out.note("phase", transfer=transfer.number, phase=str(Phase.QUEUED))

    def next_number(self) -> int:
        """The number of the next transfer."""
        return self._device.ledger.number("next_transfer") + 1

    def _download(self, session: Session, asked: Asked, request: messages.Download, now: float) -> Body | None:
        fault = self.refused(asked, request)
        if fault is not None:
            return fault
        transfer = accepted(request, self.next_number(), now)
        number = transfer.number
        if not transfer.delayed and request.file_type in self._device.settings.synchronous_types:
            self._out.persist(SetFact("next_transfer", number))
            self.answering = (asked.id, started(transfer, now))
            self._out.do(Fetch(number, transfer.url, transfer.username, transfer.password, False))
            return None
        self.accept(transfer)
        session.accepted.add(number)
        return messages.DownloadResponse(1)

    def _schedule(self, session: Session, asked: Asked, request: messages.ScheduleDownload, now: float) -> Body:
        fault = self.refused(asked, request)
        wrong = windows_fault(request.windows, user_confirms=self._device.settings.user_confirms)
        if fault is None and wrong is not None:
            code, text = wrong
            fault = client_fault(code, text) if code == 9003 else server_fault(code, text)
        if fault is not None:
            return fault
        transfer = scheduled(request, self.next_number(), now)
        self.accept(transfer)
        session.accepted.add(transfer.number)
        return messages.ScheduleDownloadResponse()

    def _set(self, request: messages.SetParameterValues, now: float) -> Body:
        device = self._device
        result = assign(request, device.leaves(), device.running.bank, device.slots)
        if result.faults:
            fault = client_fault(9003, "nothing was set")
            return msgspec.structs.replace(fault, parameters=result.faults)
        self._out.persist(*result.changes)
        for order in result.banks:
            self._out.do(order)
        device.slots = result.slots
        if device.settings != self._agenda.settings:
            self._agenda.settings = device.settings
            self._agenda.reschedule(now)
        return messages.SetParameterValuesResponse(0)
