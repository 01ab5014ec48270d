"""The state machine of a CPE: replies, results and the clock in; effects out. No sockets, files or clocks here.

Owns the session and the back-off; `Desk` answers what the ACS asks, `Progress` sees to the transfers. The ledger is
read everywhere and changed only through `Persist`.
The shell performs effects in order, and gives each result back through one of the methods below. What is abstracted:
how a file is fetched (`Fetch`), how a bank is written (`Apply`), what a reboot is (`Reboot`).
"""

from __future__ import annotations

import math
import random

import msgspec

from cwmpcheck.cpe.agenda import Agenda
from cwmpcheck.cpe.desk import Desk
from cwmpcheck.cpe.device import Device
from cwmpcheck.cpe.effects import (
    AddEvent,
    Change,
    DropEvent,
    DropTransfer,
    Effect,
    EndSession,
    FactoryDefaults,
    Reboot,
    SaveTransfer,
    Send,
    SetFact,
    Wait,
)
from cwmpcheck.cpe.faults import FetchCause, server_fault, transfer_fault
from cwmpcheck.cpe.inform import inform
from cwmpcheck.cpe.ledger import Ledger
from cwmpcheck.cpe.outbox import Outbox
from cwmpcheck.cpe.progress import Progress
from cwmpcheck.cpe.reports import completion, with_completions
from cwmpcheck.cpe.session import Again, Answered, Asked, Failed, Over, Quiet, Session
from cwmpcheck.cpe.settings import FIRMWARE, Access, Profile, Settings
from cwmpcheck.cpe.slots import Slots
from cwmpcheck.cpe.transfers import Kind, Phase, RunningImage, accepted, after_boot
from cwmpcheck.vocabulary.events import (
    EVENT_BOOT,
    EVENT_BOOTSTRAP,
    EVENT_CONNECTION_REQUEST,
    EVENT_M_REBOOT,
    EVENT_PERIODIC,
    EVENT_REQUEST_DOWNLOAD,
)
from cwmpcheck.wire import CannotWrite, messages, write_envelope
from cwmpcheck.wire.messages import Body, Event

__all__ = ["CpeCore"]

_MOST_REQUESTS = 16


class CpeCore:
    """One CPE.

    Args:
        profile: who it is.
        settings: how it behaves.
        ledger: what it remembers; changed in place.
        running: the image that was booted.
        acs_url: the ACS; a URL not contacted before means ``0 BOOTSTRAP``.
        chance: where the random part of a wait comes from.
        slots: its firmware banks; only the running image if ``None``.
        access: names and passwords out of the box.
    """

    def __init__(
        self,
        profile: Profile,
        settings: Settings,
        ledger: Ledger,
        running: RunningImage,
        acs_url: str,
        chance: random.Random,
        slots: Slots | None = None,
        access: Access | None = None,
    ) -> None:
        self.ledger = ledger
        self.running = running
        self.device = Device(profile, settings, ledger, running, slots, access)
        self._profile = profile
        self._acs_url = acs_url
        self._out = Outbox(ledger)
        self._agenda = Agenda(self.device.settings, chance)
        self._progress = Progress(self._out, settings, self._agenda, running.bank)
        self._desk = Desk(self._out, self.device, self._progress, self._agenda)
        self._session: Session | None = None
        self._inform_events: tuple[Event, ...] = ()
        self._called = False
        self._stopped = False
        self._messages = 0

    # What comes in ---------------------------------------------------------------------------------------------

    def start(self, now: float) -> tuple[Effect, ...]:
        """Boot: settle what the power cut left behind, and open a session."""
        changes: list[Change] = []
        for transfer in self.ledger.transfers.values():
            settled = after_boot(transfer, self.running, now)
            if settled != transfer:
                changes.append(SaveTransfer(settled))
                self._out.note("phase", transfer=settled.number, phase=str(settled.phase), code=settled.fault_code)
        if self.ledger.facts.get("contacted") != self._acs_url:
            if Event(EVENT_BOOTSTRAP) not in self.ledger.events:
                # Events that a response to Inform delivers are dropped by it; outcomes are never lost.
                changes += [DropEvent(event.code, event.command_key) for event in self.ledger.events]
            changes.append(AddEvent(EVENT_BOOTSTRAP))
        changes.append(AddEvent(EVENT_BOOT))
        changes += [AddEvent(EVENT_M_REBOOT, key) for key in self.ledger.reboot_keys]
        if self.ledger.reboot_keys:
            changes.append(SetFact("reboot_keys", "[]"))
        self._out.persist(*changes)
        self._out.note("boot", version=self.running.version, bank=self.running.bank)
        self._agenda.boot(now)
        return self._settle(now)

    def tick(self, now: float) -> tuple[Effect, ...]:
        """Time has passed."""
        return self._settle(now)

    def reply(self, status: int, data: bytes, now: float) -> tuple[Effect, ...]:
        """The ACS replied to the last `Send`."""
        session = self._session
        if session is None:
            return self._settle(now)
        match session.hear(status, data):
            case Answered(request=request, body=body):
                self._answered(session, request.transfer, request.body, body)
                self._post(session)
            case Asked() as asked:
                answer = self._desk.answer(session, asked, now)
                if answer is not None:
                    self._say(session, answer, asked.id)
            case Quiet():
                self._post(session)
            case Again(data=again):
                self._out.do(Send(again))
            case Over():
                self._session_over(session, now)
            case Failed(reason=reason):
                self._session_failed(reason, now)
        return self._settle(now)

    def broken(self, reason: str, now: float) -> tuple[Effect, ...]:
        """No whole reply came to the last `Send`."""
        if self._session is not None:
            self._session_failed(reason, now)
        return self._settle(now)

    def fetched(self, number: int, digest: str, now: float) -> tuple[Effect, ...]:
        """The file of a transfer is on the disk, verified, under its digest."""
        if self._desk.waits_for(number):
            self._late_answer(self._desk.done(digest, now))
        else:
            self._progress.fetched(number, digest, now)
        return self._settle(now)

    def fetch_failed(self, number: int, cause: FetchCause, text: str, now: float) -> tuple[Effect, ...]:
        """The file could not be had, or is not what it should be."""
        if self._desk.waits_for(number):
            self._late_answer(self._desk.undone(transfer_fault(cause), text))
        else:
            self._progress.fetch_failed(number, cause, text, now)
        return self._settle(now)

    def applied(self, number: int, fault: str | None, now: float, slots: Slots | None = None) -> tuple[Effect, ...]:
        """A bank is written; or ``fault`` says why not. ``slots`` are the banks as they are now."""
        self._stopped = False
        if slots is not None:
            self.device.slots = slots
        if self._progress.applied(number, fault, now):
            self._reboot()
        return self._settle(now)

    def connection_requested(self, now: float) -> tuple[Effect, ...]:
        """The ACS asked for a session, and was told that it gets one: now, or one more after the open one (S-05)."""
        self._called = True
        if self._session is None:
            self._agenda.urgent(now)
        return self._settle(now)

    def set_busy(self, busy: bool, now: float) -> tuple[Effect, ...]:
        """The device begins or ends to serve somebody, whom windows of mode 3 do not disturb."""
        self._progress.busy = busy
        return self._settle(now)

    def request_download(self, request: messages.RequestDownload, now: float) -> tuple[Effect, ...]:
        """Ask the ACS for a file, in a session of its own if none is waiting.

        Raises:
            CannotWrite: that is no request that could be sent.
        """
        write_envelope(request, id="0", namespace=self.device.settings.namespace)
        waiting = self.ledger.requests
        if request not in waiting and len(waiting) < _MOST_REQUESTS:
            self._keep_requests([*waiting, request])
            self._agenda.urgent(now)
        return self._settle(now)

    def fetch_autonomously(
        self, url: str, now: float, *, file_type: str = FIRMWARE, announce_url: str = ""
    ) -> tuple[Effect, ...]:
        """Fetch and apply a file of the CPE's own accord; what the ACS hears of it is a matter of policy (T-19)."""
        wanted = messages.Download("", file_type, url)
        if self._desk.refused(None, wanted) is None:
            transfer = accepted(wanted, self._desk.next_number(), now)
            self._desk.accept(msgspec.structs.replace(transfer, kind=Kind.AUTONOMOUS, announce_url=announce_url[:1024]))
        return self._settle(now)

    # The session -----------------------------------------------------------------------------------------------

    def _open_session(self, now: float) -> None:
        reportable = self.ledger.in_phase(Phase.REPORTABLE)
        requests = self.ledger.requests
        if not (self.ledger.events or reportable or requests or self._called):
            # The session failed after its Inform was answered: it must be tried again, an Inform needs an event, and what
            # is delivered must not be sent again (V-04). A vendor's event says just that.
            self._out.persist(AddEvent(f"X {self._profile.device.oui} RETRY"))
        self._inform_events = tuple(self.ledger.events)
        events = self._inform_events
        if requests:
            events = (*events, Event(EVENT_REQUEST_DOWNLOAD))
        if self._called:
            # Never tried again: the ACS asks anew if it wants to (rules.md 2.5), so this is not on the disk.
            events, self._called = (*events, Event(EVENT_CONNECTION_REQUEST)), False
        events = with_completions(events, reportable)
        retry_count = self.ledger.number("retry_count")
        # Counted as failed until it has ended well: a power cut in the session must not hide the attempt (P-34).
        self._out.persist(SetFact("retry_count", retry_count + 1))
        announced = frozenset(transfer.number for transfer in reportable)
        settings = self.device.settings
        self._session = Session(settings.namespace, announced, settings.resend_limit)
        self._session.requests = requests
        self._out.note("session", events=", ".join(event.code for event in events), retry_count=retry_count)
        body = inform(self._profile, self.device.leaves(), events, retry_count, now)
        self._out.do(Send(self._session.ask(body, self._next_id())))

    def _answered(self, session: Session, transfer: int | None, request: Body, answer: Body) -> None:
        if isinstance(request, messages.Inform):
            delivered: list[Change] = [DropEvent(event.code, event.command_key) for event in self._inform_events]
            if self.ledger.facts.get("contacted") != self._acs_url:
                delivered.append(SetFact("contacted", self._acs_url))
            self._out.persist(*delivered)
        elif isinstance(request, messages.RequestDownload):
            # Heard, or refused by an ACS that does not do this (E-36): at the CPE's discretion, not asked again.
            self._keep_requests([waiting for waiting in self.ledger.requests if waiting != request])
            self._out.note("download requested", heard=not isinstance(answer, messages.Fault))
        elif transfer is not None and isinstance(answer, messages.Fault):
            # Only its own response delivers a report (A-02 a): keep it for the next session.
            session.refused.add(transfer)
            self._out.note("report refused", transfer=transfer, code=answer.code or 0)
        elif transfer is not None:
            self._out.persist(DropTransfer(transfer))
            self._out.note("acknowledged", transfer=transfer)

    def _post(self, session: Session) -> None:
        """The CPE's turn with nothing to answer: a report or a request if it may, else an empty POST."""
        if session.may_ask():
            for transfer in self.ledger.in_phase(Phase.REPORTABLE):
                # A report needs its events in this Inform, or its request in this session (P-31).
                known = transfer.number in session.announced or transfer.number in session.accepted
                if known and transfer.number not in session.refused:
                    report = completion(transfer, session.namespace, self._profile.device.oui)
                    self._out.do(Send(session.ask(report, self._next_id(), transfer.number)))
                    return
            if session.requests:
                self._out.do(Send(session.ask(session.requests.pop(0), self._next_id())))
                return
            session.closed = True
        self._out.do(Send(b""))

    def _say(self, session: Session, body: Body, message_id: str) -> None:
        try:
            data = session.answer(body, message_id)
        except CannotWrite as error:
            # A text that came over the wire and does not fit elsewhere must not stop the device.
            data = session.answer(server_fault(9002, str(error)), message_id)
        self._out.do(Send(data))

    def _late_answer(self, answer: tuple[str, Body] | None) -> None:
        if answer is not None and self._session is not None:
            self._say(self._session, answer[1], answer[0])

    def _session_over(self, session: Session, now: float) -> None:
        self._out.persist(SetFact("retry_count", 0))
        self._session = None
        self._out.do(EndSession(True))
        self._out.note("session ended", clean=True)
        reportable = {transfer.number for transfer in self.ledger.in_phase(Phase.REPORTABLE)}
        news = bool(self.ledger.events or reportable - session.refused or self.ledger.requests or self._called)
        self._agenda.session_over(now, news=news, refused=bool(reportable & session.refused))

    def _session_failed(self, reason: str, now: float) -> None:
        self._session = None
        self._desk.answering = None
        wait = self._agenda.session_failed(now)
        self._out.do(EndSession(False))
        self._out.note("session ended", clean=False, reason=reason, wait_ms=round(wait * 1000))

    # What to do next -------------------------------------------------------------------------------------------

    def _settle(self, now: float) -> tuple[Effect, ...]:
        if not self._stopped:
            self._raise_periodic(now)
            self._progress.start_due(now, None if self._session is None else self._session.accepted)
            if self._session is None:
                self._between_sessions(now)
            if not self._stopped:
                self._out.do(Wait(self._next_instant(now)))
        return self._out.take()

    def _between_sessions(self, now: float) -> None:
        if self._agenda.session_at <= now:
            self._open_session(now)
        elif self.ledger.number("retry_count") > 0:
            return  # a failed session is tried again before anything that needs a clean end (A-09 a)
        elif self.ledger.number("factory_reset"):
            self._out.persist(FactoryDefaults())
            self._reboot()
        elif self.ledger.reboot_keys:
            self._reboot()
        elif self._agenda.apply_at <= now:
            # no session may be open when the bank has been switched (T-17)
            self._stopped = self._progress.apply_next(now, self.device.slots)
            if self._agenda.session_at <= now and not self._stopped:
                self._open_session(now)

    def _reboot(self) -> None:
        self._stopped = True
        self._out.note("reboot")
        self._out.do(Reboot())

    def _raise_periodic(self, now: float) -> None:
        if self._agenda.periodic_due(now) and not any(event.code == EVENT_PERIODIC for event in self.ledger.events):
            self._out.persist(AddEvent(EVENT_PERIODIC))
            self._agenda.urgent(now)

    def _next_instant(self, now: float) -> float:
        instants = [self._agenda.periodic_at, *self._progress.instants()]
        if self._session is None:
            instants.append(self._agenda.session_at)
            if self.ledger.in_phase(Phase.FETCHED):
                instants.append(self._agenda.apply_at)
        return min((instant for instant in instants if instant > now), default=math.inf)

    def _keep_requests(self, requests: list[messages.RequestDownload]) -> None:
        self._out.persist(SetFact("requests", msgspec.json.encode(requests).decode()))

    def _next_id(self) -> str:
        self._messages += 1
        return f"cpe-{self._messages}"
