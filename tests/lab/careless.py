"""The reference CPE with the bugs of real implementers, one at a time: what went wrong in the field, put back on purpose.

Each bug is a filter between the core and its shell: it alters what is sent, what is committed, or what is heard. So it needs
to know nothing of how the core works, and the core nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from cwmpcheck.cpe import CpeCore
from cwmpcheck.cpe.effects import DropTransfer, Effect, Persist, Send
from cwmpcheck.cpe.transfers import Phase
from cwmpcheck.lab.faults import Fault, FaultKind, Schedule
from cwmpcheck.lab.virtual import NEW, OLD

F = FaultKind
_LOST_ANSWER = Fault(F.RESET, 5)
"""Strikes the first report of an undisturbed unicast upgrade."""


class Careless(CpeCore):
    """A CPE whose messages and commits pass through `sent` and `committed`."""

    def sent(self, data: bytes) -> bytes:
        """What is posted instead of ``data``."""
        return data

    def committed(self, change: Any) -> bool:
        """Whether a change is committed at all."""
        return True

    def _settle(self, now: float) -> tuple[Effect, ...]:
        return tuple(self._altered(effect) for effect in super()._settle(now))

    def _altered(self, effect: Effect) -> Effect:
        if isinstance(effect, Send):
            return Send(self.sent(effect.data))
        if isinstance(effect, Persist):
            return Persist(tuple(change for change in effect.changes if self.committed(change)))
        return effect


def rewriting(message: bytes, pattern: bytes, replacement: bytes) -> type[Careless]:
    """A CPE that alters one kind of message before it posts it."""

    class Rewriting(Careless):
        def sent(self, data: bytes) -> bytes:
            return re.sub(pattern, replacement, data, flags=re.DOTALL) if b"<cwmp:" + message in data else data

    return Rewriting


_EVENT = rb"<EventStruct><EventCode>%s</EventCode><CommandKey>[^<]*</CommandKey></EventStruct>"


class DropsEvents(Careless):
    """Leaves events out of its Informs."""

    events: tuple[bytes, ...] = ()

    def sent(self, data: bytes) -> bytes:
        for event in self.events:
            data, gone = re.subn(_EVENT % event, b"", data)
            count = int(re.search(rb"EventStruct\[(\d+)\]", data).group(1)) if gone else 0  # type: ignore[union-attr]  # an Inform has it
            data = data.replace(b"EventStruct[%d]" % count, b"EventStruct[%d]" % (count - gone)) if gone else data
        return data


class NoMDownload(DropsEvents):
    """E-41."""

    events = (b"M Download",)


class NoCompletionEvents(DropsEvents):
    """E-43."""

    events = (b"M Download", b"7 TRANSFER COMPLETE")


class NoBoot(DropsEvents):
    """1 BOOT forgotten where M Reboot stands."""

    events = (b"1 BOOT",)


class TakesSilenceForAnAnswer(Careless):
    """E-06: no answer to a TransferComplete counts as its acknowledgement."""

    def broken(self, reason: str, now: float) -> tuple[Effect, ...]:
        reported = [transfer.number for transfer in self.ledger.in_phase(Phase.REPORTABLE)]
        gone = tuple(DropTransfer(number) for number in reported)
        self.ledger.apply(gone)
        return (Persist(gone), *super().broken(reason, now))


class LosesTheReport(Careless):
    """E-03: a report that met an error is announced again and not sent again."""

    met_an_error = False

    def broken(self, reason: str, now: float) -> tuple[Effect, ...]:
        self.met_an_error = self.met_an_error or bool(self.ledger.in_phase(Phase.REPORTABLE))
        return super().broken(reason, now)

    def sent(self, data: bytes) -> bytes:
        return b"" if self.met_an_error and b"<cwmp:TransferComplete>" in data else data


class ForgetsTheAcknowledgement(Careless):
    """E-02: the acknowledgement is not committed, and a reboot brings the report back."""

    def committed(self, change: Any) -> bool:
        return not isinstance(change, DropTransfer)


class TurnsFailureIntoSuccess(Careless):
    """E-08: a failure that waits to be reported becomes a success over a reboot."""

    def start(self, now: float) -> tuple[Effect, ...]:
        for transfer in self.ledger.in_phase(Phase.REPORTABLE):
            changed = msgspec.structs.replace(transfer, fault_code=0, fault_string="")
            self.ledger.transfers[transfer.number] = changed
        return super().start(now)


class ForgetsAtBoot(Careless):
    """E-12: a transfer that was accepted is gone after a power cut."""

    def start(self, now: float) -> tuple[Effect, ...]:
        gone = tuple(DropTransfer(number) for number in self.ledger.transfers)
        self.ledger.apply(gone)
        return (Persist(gone), *super().start(now))


class IgnoresTheDelay(Careless):
    """DelaySeconds is not looked at."""

    def reply(self, status: int, data: bytes, now: float) -> tuple[Effect, ...]:
        return super().reply(status, re.sub(rb"<DelaySeconds>\d+<", b"<DelaySeconds>0<", data), now)


class IgnoresRequests(Careless):
    """E-51, the CPE's twin: what the ACS asks is passed over."""

    def sent(self, data: bytes) -> bytes:
        return b"" if b"<cwmp:DownloadResponse>" in data else data


class ReportsAfterItsTurn(Careless):
    """E-54: an empty POST first, and the report after it."""

    late = b""

    def sent(self, data: bytes) -> bytes:
        if b"<cwmp:TransferComplete>" not in data:
            return data
        self.late = data
        return b""

    def reply(self, status: int, data: bytes, now: float) -> tuple[Effect, ...]:
        if not self.late:
            return super().reply(status, data, now)
        late, self.late = self.late, b""
        return (Send(late),)


@dataclass(frozen=True)
class Bug:
    """One bug.

    Attributes:
        id: of rules.md section 7.
        title: what the CPE does.
        make_core: the CPE that does it.
        schedule: under which it shows.
        property: that it breaks.
    """

    id: str
    title: str
    make_core: Callable[..., CpeCore]
    schedule: Schedule
    property: str


def _under(*faults: Fault, scenario: str = "unicast") -> Schedule:
    return Schedule(scenario, 0, faults)


_TIME = rb"[^<]*"

BUGS = (
    Bug("E-02", "forgets over a reboot that its report was acknowledged", ForgetsTheAcknowledgement,
        _under(Fault(F.ASK_REBOOT, 2)), "P-47"),
    Bug("E-03", "announces a report after an error, and does not send it", LosesTheReport, _under(_LOST_ANSWER), "P-32"),
    Bug("E-06", "takes a report without an answer for delivered", TakesSilenceForAnAnswer, _under(_LOST_ANSWER), "P-82"),
    Bug("E-08", "turns a failure into a success over a power cut", TurnsFailureIntoSuccess,
        _under(Fault(F.FILE_MISSING, 1), Fault(F.CUT_POWER, 27)), "P-41"),
    Bug("E-12", "loses an accepted transfer in a power cut", ForgetsAtBoot, _under(Fault(F.CUT_POWER, 22)), "P-81"),
    Bug("E-13", "reports the fall-back to the old image as a success",
        rewriting(b"TransferComplete>", rb"<FaultCode>\d+</FaultCode><FaultString>[^<]*<", rb"<FaultCode>0</FaultCode><FaultString><"),
        _under(Fault(F.FALL_BACK, 1)), "P-42"),
    Bug("E-16", "reports success while Inform shows the old version",
        rewriting(b"Inform>", NEW.encode(), OLD.encode()), _under(), "P-42"),
    Bug("E-31", "puts FaultStruct last in TransferComplete",
        rewriting(b"TransferComplete>", rb"(<FaultStruct>.*?</FaultStruct>)(<StartTime>.*?</CompleteTime>)", rb"\2\1"),
        _under(), "P-05"),
    Bug("E-32", "writes Unknown Time with an offset",
        rewriting(b"DownloadResponse>", rb"0001-01-01T00:00:00Z", rb"0001-01-01T00:00:00+00:00"), _under(), "P-17"),
    Bug("E-33", "gives real times with Status 1",
        rewriting(b"DownloadResponse>", rb"0001-01-01T00:00:00Z", rb"2024-01-01T00:00:00Z"), _under(), "P-62"),
    Bug("E-38a", "reports with an empty CommandKey",
        rewriting(b"TransferComplete>", rb"<CommandKey>[^<]*<", rb"<CommandKey><"), _under(), "P-15"),
    Bug("E-38b", "reports with a code that TransferComplete may not carry",
        rewriting(b"TransferComplete>", rb"<FaultCode>9016<", rb"<FaultCode>9013<"), _under(Fault(F.FILE_MISSING, 1)), "P-06"),
    Bug("E-41", "announces 7 TRANSFER COMPLETE without M Download", NoMDownload, _under(), "P-33"),
    Bug("E-43", "reports in a session whose Inform announced nothing", NoCompletionEvents, _under(), "P-31"),
    Bug("E-50", "answers in another namespace than its Inform's",
        rewriting(b"DownloadResponse>", rb"cwmp-1-2", rb"cwmp-1-0"), _under(), "P-13"),
    Bug("E-51", "passes over what the ACS asks", IgnoresRequests, _under(), "P-26"),
    Bug("E-54", "reports after its empty POST", ReportsAfterItsTurn, _under(), "P-32"),
    Bug("E-62", "fetches within the session although DelaySeconds is not 0", IgnoresTheDelay, _under(), "P-52"),
    Bug("E-63", "keeps RetryCount at 0 while sessions fail",
        rewriting(b"Inform>", rb"<RetryCount>\d+<", rb"<RetryCount>0<"), _under(Fault(F.LOSE_REPLY, 5)), "P-34"),
    Bug("E-72", "announces M Reboot without 1 BOOT", NoBoot, _under(Fault(F.ASK_REBOOT, 2)), "P-102"),
)  # fmt: skip
"""Every bug with the schedule under which it shows and the property that names it."""

HORIZON = 6 * 3600.0
"""Virtual seconds after which a run with a bug is looked at: some never come to rest."""
