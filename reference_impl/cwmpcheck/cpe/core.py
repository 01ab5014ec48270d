"""The state machine of a CPE: replies, results and the clock in; effects out. No sockets, files or clocks here.

Owns the session, the back-off, and every step of a transfer; reads the ledger and changes it only through `Persist`.
The shell performs effects in order, and gives each result back through one of the methods below. What is abstracted:
how a file is fetched (`Fetch`), how a bank is written (`Apply`), what a reboot is (`Reboot`).
"""

from __future__ import annotations

import math
import random

import msgspec

from cwmpcheck.cpe.agenda import Agenda
from cwmpcheck.cpe.effects import (
    AddEvent,
    Apply,
    Change,
    DropEvent,
    DropTransfer,
    Effect,
    EndSession,
    Fetch,
    InstallFile,
    Note,
    Persist,
    Reboot,
    SaveTransfer,
    Send,
    SetFact,
    Wait,
)
from cwmpcheck.cpe.faults import FetchCause, fault_text, refusal, transfer_fault
from cwmpcheck.cpe.inform import inform, with_completions
from cwmpcheck.cpe.ledger import Ledger
from cwmpcheck.cpe.session import Again, Answered, Asked, Failed, Over, Quiet, Session
from cwmpcheck.cpe.settings import Profile, Settings
from cwmpcheck.cpe.transfers import (
    Phase,
    RunningImage,
    Transfer,
    accepted,
    after_boot,
    completion,
    failed,
    started,
    succeeded,
    utc,
)
from cwmpcheck.vocabulary.events import EVENT_BOOT, EVENT_BOOTSTRAP, EVENT_M_REBOOT, EVENT_PERIODIC
from cwmpcheck.wire import messages
from cwmpcheck.wire.messages import Body, Event

__all__ = ["CpeCore"]

_METHODS = ("GetRPCMethods", "Download", "Reboot")
_LATE_START = 9010
_INTERNAL_ERROR = 9002


class CpeCore:
    """One CPE.

    Args:
        profile: who it is.
        settings: how it behaves.
        ledger: what it remembers; changed in place.
        running: the image that was booted.
        acs_url: the ACS; a URL not contacted before means ``0 BOOTSTRAP``.
        chance: where the random part of a wait comes from.
    """

    def __init__(
        self,
        profile: Profile,
        settings: Settings,
        ledger: Ledger,
        running: RunningImage,
        acs_url: str,
        chance: random.Random,
    ) -> None:
        self.ledger = ledger
        self.running = running
        self._profile = profile
        self._settings = settings
        self._acs_url = acs_url
        self._agenda = Agenda(settings, chance)
        self._session: Session | None = None
        self._inform_events: tuple[Event, ...] = ()
        self._fetching: int | None = None
        self._answering: tuple[str, Transfer] | None = None
        self._stopped = False
        self._messages = 0
        self._out: list[Effect] = []

    # What comes in ---------------------------------------------------------------------------------------------

    def start(self, now: float) -> tuple[Effect, ...]:
        """Boot: settle what the power cut left behind, and open a session."""
        changes: list[Change] = []
        for transfer in self.ledger.transfers.values():
            settled = after_boot(transfer, self.running, now)
            if settled != transfer:
                changes.append(SaveTransfer(settled))
                self._note("phase", transfer=settled.number, phase=str(settled.phase), code=settled.fault_code)
        if self.ledger.facts.get("contacted") != self._acs_url:
            changes.append(AddEvent(EVENT_BOOTSTRAP))
        changes.append(AddEvent(EVENT_BOOT))
        changes += [AddEvent(EVENT_M_REBOOT, key) for key in self.ledger.reboot_keys]
        if self.ledger.reboot_keys:
            changes.append(SetFact("reboot_keys", "[]"))
        self._persist(*changes)
        self._note("boot", version=self.running.version, bank=self.running.bank)
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
                self._asked(session, asked, now)
            case Quiet():
                self._post(session)
            case Again(data=again):
                self._do(Send(again))
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
        if self._answering is not None and self._answering[1].number == number:
            self._answer_done(digest, now)
            return self._settle(now)
        transfer = self._fetch_ended(number)
        if transfer is not None and transfer.is_firmware:
            self._agenda.image_fetched(now)
            self._persist(SaveTransfer(msgspec.structs.replace(transfer, phase=Phase.FETCHED, digest=digest)))
            self._note("phase", transfer=number, phase=str(Phase.FETCHED))
        elif transfer is not None:
            done = succeeded(msgspec.structs.replace(transfer, digest=digest), now)
            self._outcome(done, now, InstallFile(done.file_type, digest, done.target_file_name))
        return self._settle(now)

    def fetch_failed(self, number: int, cause: FetchCause, text: str, now: float) -> tuple[Effect, ...]:
        """The file could not be had, or is not what it should be; the CPE does not try again (T-05)."""
        if self._answering is not None and self._answering[1].number == number:
            self._answer_failed(transfer_fault(cause), text)
            return self._settle(now)
        transfer = self._fetch_ended(number)
        if transfer is not None:
            self._outcome(failed(transfer, transfer_fault(cause), text, now), now)
        return self._settle(now)

    def applied(self, number: int, fault: str | None, now: float) -> tuple[Effect, ...]:
        """The other bank is written and active, and a reboot is all that lacks; or ``fault`` says why not."""
        self._stopped = False
        if fault is None:
            self._reboot()
        else:
            transfer = self.ledger.transfers[number]
            self._outcome(failed(transfer, _INTERNAL_ERROR, fault, now), now)
        return self._settle(now)

    # The session -----------------------------------------------------------------------------------------------

    def _open_session(self, now: float) -> None:
        reportable = self.ledger.in_phase(Phase.REPORTABLE)
        if not (self.ledger.events or reportable):
            # The session failed after its Inform was answered: it must be tried again, an Inform needs an event, and what
            # is delivered must not be sent again (V-04). A vendor's event says just that.
            self._persist(AddEvent(f"X {self._profile.device.oui} RETRY"))
        self._inform_events = tuple(self.ledger.events)
        events = with_completions(self._inform_events, reportable)
        retry_count = self.ledger.number("retry_count")
        # Counted as failed until it has ended well: a power cut in the session must not hide the attempt (P-34).
        self._persist(SetFact("retry_count", retry_count + 1))
        announced = frozenset(transfer.number for transfer in reportable)
        self._session = Session(self._settings.namespace, announced, self._settings.resend_limit)
        self._note("session", events=", ".join(event.code for event in events), retry_count=retry_count)
        body = inform(self._profile, self.running, events, retry_count, now)
        self._do(Send(self._session.ask(body, self._next_id())))

    def _answered(self, session: Session, transfer: int | None, request: Body, answer: Body) -> None:
        if isinstance(request, messages.Inform):
            delivered: list[Change] = [DropEvent(event.code, event.command_key) for event in self._inform_events]
            if self.ledger.facts.get("contacted") != self._acs_url:
                delivered.append(SetFact("contacted", self._acs_url))
            self._persist(*delivered)
        elif transfer is not None and isinstance(answer, messages.Fault):
            # Only a TransferCompleteResponse delivers (A-02 a): keep it for the next session.
            session.refused.add(transfer)
            self._note("report refused", transfer=transfer, code=answer.code or 0)
        elif transfer is not None:
            self._persist(DropTransfer(transfer))
            self._note("acknowledged", transfer=transfer)

    def _post(self, session: Session) -> None:
        """The CPE's turn with nothing to answer: a report if it may, else an empty POST."""
        if session.may_ask():
            for transfer in self.ledger.in_phase(Phase.REPORTABLE):
                # A report needs its events in this Inform, or its request in this session (P-31).
                known = transfer.number in session.announced or transfer.number in session.accepted
                if known and transfer.number not in session.refused:
                    self._do(Send(session.ask(completion(transfer), self._next_id(), transfer.number)))
                    return
            session.closed = True
        self._do(Send(b""))

    def _asked(self, session: Session, asked: Asked, now: float) -> None:
        match asked.body:
            case messages.Download():
                self._download(session, asked, asked.body, now)
            case messages.Reboot(command_key=key):
                keys = msgspec.json.encode([*self.ledger.reboot_keys, key]).decode()
                self._persist(SetFact("reboot_keys", keys))
                self._do(Send(session.answer(messages.RebootResponse(), asked.id)))
            case messages.GetRPCMethods():
                self._do(Send(session.answer(messages.GetRPCMethodsResponse(_METHODS), asked.id)))
            case other:
                fault = messages.Fault(9000, fault_text(f"{messages.rpc_name(other)} is not supported"), "Server")
                self._do(Send(session.answer(fault, asked.id)))

    def _session_over(self, session: Session, now: float) -> None:
        self._persist(SetFact("retry_count", 0))
        self._session = None
        self._do(EndSession(True))
        self._note("session ended", clean=True)
        reportable = {transfer.number for transfer in self.ledger.in_phase(Phase.REPORTABLE)}
        news = bool(self.ledger.events or reportable - session.refused)
        self._agenda.session_over(now, news=news, refused=bool(reportable & session.refused))

    def _session_failed(self, reason: str, now: float) -> None:
        self._session = None
        self._answering = None
        wait = self._agenda.session_failed(now)
        self._do(EndSession(False))
        self._note("session ended", clean=False, reason=reason, wait_ms=round(wait * 1000))

    # Transfers -------------------------------------------------------------------------------------------------

    def _download(self, session: Session, asked: Asked, download: messages.Download, now: float) -> None:
        pending = len(self.ledger.transfers)
        fault = refusal(download, asked.departures, pending, self._settings.queue_capacity)
        if fault is not None:
            self._note("refused", code=fault.code or 0, text=fault.string)
            self._do(Send(session.answer(fault, asked.id)))
            return
        number = self.ledger.number("next_transfer") + 1
        transfer = accepted(download, number, now)
        if not transfer.delayed and download.file_type in self._settings.synchronous_types:
            self._persist(SetFact("next_transfer", number))
            self._answering = (asked.id, started(transfer, now))
            self._do(Fetch(number, transfer.url, transfer.username, transfer.password, False))
            return
        # Binding once persisted, and persisted before the answer can be seen (A-10 c).
        self._persist(SetFact("next_transfer", number), SaveTransfer(transfer))
        session.accepted.add(number)
        self._note("phase", transfer=number, phase=str(Phase.QUEUED))
        self._do(Send(session.answer(messages.DownloadResponse(1), asked.id)))

    def _answer_done(self, digest: str, now: float) -> None:
        if self._answering is None or self._session is None:
            return
        message_id, transfer = self._answering
        self._answering = None
        self._persist(InstallFile(transfer.file_type, digest, transfer.target_file_name))
        answer = messages.DownloadResponse(0, transfer.start_time, utc(now))
        self._do(Send(self._session.answer(answer, message_id)))

    def _answer_failed(self, code: int, text: str) -> None:
        if self._answering is None or self._session is None:
            return
        message_id, _ = self._answering
        self._answering = None
        self._do(Send(self._session.answer(messages.Fault(code, fault_text(text), "Server"), message_id)))

    def _start_due(self, now: float) -> None:
        """Start the transfer that has been due longest, if none is being fetched (P-61)."""
        due = [transfer for transfer in self.ledger.in_phase(Phase.QUEUED) if self._may_start(transfer, now)]
        for transfer in sorted(due, key=lambda queued: (queued.due, queued.number)):
            if now > transfer.due + self._settings.start_grace:
                late = f"could not start within {self._settings.start_grace:g} s of its due time"
                self._outcome(failed(transfer, _LATE_START, late, now), now)
            elif self._fetching is None:
                self._fetching = transfer.number
                self._persist(SaveTransfer(started(transfer, now)))
                self._note("phase", transfer=transfer.number, phase=str(Phase.FETCHING))
                number, url = transfer.number, transfer.url
                self._do(Fetch(number, url, transfer.username, transfer.password, transfer.is_firmware))

    def _may_start(self, transfer: Transfer, now: float) -> bool:
        asked_now = self._session is not None and transfer.number in self._session.accepted
        return transfer.due <= now and not (transfer.delayed and asked_now)

    def _fetch_ended(self, number: int) -> Transfer | None:
        if self._fetching == number:
            self._fetching = None
        return self.ledger.transfers.get(number)

    def _outcome(self, transfer: Transfer, now: float, *with_it: Change) -> None:
        """Commit an outcome, and ask for a session at once: completions are always notified (S-03, P-84)."""
        self._persist(*with_it, SaveTransfer(transfer))
        self._note("phase", transfer=transfer.number, phase=str(Phase.REPORTABLE), code=transfer.fault_code)
        self._agenda.urgent(now)

    # What to do next -------------------------------------------------------------------------------------------

    def _settle(self, now: float) -> tuple[Effect, ...]:
        if not self._stopped:
            self._raise_periodic(now)
            self._start_due(now)
            if self._session is None:
                self._between_sessions(now)
            if not self._stopped:
                self._do(Wait(self._next_instant(now)))
        effects, self._out = tuple(self._out), []
        return effects

    def _between_sessions(self, now: float) -> None:
        if self._agenda.session_at <= now:
            self._open_session(now)
        elif self.ledger.number("retry_count") > 0:
            return  # a failed session is tried again before anything that needs a clean end (A-09 a)
        elif self.ledger.reboot_keys:
            self._reboot()
        elif self._agenda.apply_at <= now:
            for transfer in self.ledger.in_phase(Phase.FETCHED)[:1]:
                self._apply(transfer)

    def _apply(self, transfer: Transfer) -> None:
        bank = "b" if self.running.bank == "a" else "a"
        applying = msgspec.structs.replace(transfer, phase=Phase.APPLYING, bank=bank)
        self._persist(SaveTransfer(applying))
        self._note("phase", transfer=transfer.number, phase=str(Phase.APPLYING))
        self._do(Apply(transfer.number, transfer.digest, bank))
        self._stopped = True  # no session may be open when the bank has been switched (T-17)

    def _reboot(self) -> None:
        self._stopped = True
        self._note("reboot")
        self._do(Reboot())

    def _raise_periodic(self, now: float) -> None:
        if self._agenda.periodic_due(now) and not any(event.code == EVENT_PERIODIC for event in self.ledger.events):
            self._persist(AddEvent(EVENT_PERIODIC))
            self._agenda.urgent(now)

    def _next_instant(self, now: float) -> float:
        instants = [self._agenda.periodic_at]
        if self._session is None:
            instants.append(self._agenda.session_at)
            if self.ledger.in_phase(Phase.FETCHED):
                instants.append(self._agenda.apply_at)
        instants += [transfer.due for transfer in self.ledger.in_phase(Phase.QUEUED)]
        return min((instant for instant in instants if instant > now), default=math.inf)

    def _next_id(self) -> str:
        self._messages += 1
        return f"cpe-{self._messages}"

    def _persist(self, *changes: Change) -> None:
        if changes:
            self.ledger.apply(changes)
            self._do(Persist(changes))

    def _do(self, effect: Effect) -> None:
        self._out.append(effect)

    def _note(self, what: str, **details: str | int | bool) -> None:
        self._do(Note(what, details))
