"""The dialogue of the CPE's core, word for word: tests/transcripts/cpe-*.txt."""

from __future__ import annotations

import copy
import random
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from cwmpcheck.cpe import CpeCore, Ledger, Profile, RunningImage, Settings
from cwmpcheck.cpe import effects as done
from cwmpcheck.cpe.faults import FetchCause
from cwmpcheck.vocabulary.departures import DepartureKind
from cwmpcheck.wire import messages, read_envelope, write_envelope

TRANSCRIPTS = Path(__file__).resolve().parents[1] / "transcripts"
DIGEST = "ab" * 32


class Bench:
    """One CPE core on a bench: commands in, a line for each effect out; the disk is what was persisted."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0
        self.disk = Ledger()
        self.settings = Settings(periodic_interval=10_000.0)
        self.running = RunningImage("a", "1.0", "11" * 32)
        self.core = self._boot()
        self.last_sent = b""

    def _boot(self) -> CpeCore:
        ledger = copy.deepcopy(self.disk)
        return CpeCore(Profile(), self.settings, ledger, self.running, "http://127.0.0.1/", random.Random(1))

    def perform(self, line: str) -> list[str]:
        """Carry out one command."""
        verb, *words = shlex.split(line)
        options = dict(word.split("=", 1) for word in words if "=" in word)
        plain = [word for word in words if "=" not in word]
        lines = self._show(self._command(verb, plain, options))
        assert self.disk == self.core.ledger or verb == "settings", "memory and disk are the same after each input"
        return lines

    def _own_idea(self, verb: str, words: list[str], options: dict[str, str]) -> tuple[done.Effect, ...] | None:
        """What the device does of its own accord."""
        match verb:
            case "call":
                return self.core.connection_requested(self.now)
            case "busy":
                return self.core.set_busy(words[0] == "yes", self.now)
            case "want":
                arguments = tuple(messages.FileTypeArg(name, value) for name, value in options.items())
                return self.core.request_download(messages.RequestDownload(words[0], arguments), self.now)
            case "take":
                kind = options.get("type", "1 Firmware Upgrade Image")
                return self.core.fetch_autonomously(words[0], self.now, file_type=kind)
        return None

    def _command(self, verb: str, words: list[str], options: dict[str, str]) -> tuple[done.Effect, ...]:
        match verb:
            case "boot":
                if options:
                    self.running = RunningImage(options["bank"], options["version"], options.get("digest", DIGEST))
                self.core = self._boot()
                return self.core.start(self.now)
            case "settings":
                types = tuple(options.get("synchronous", "").split(",")) if "synchronous" in options else ()
                capacity = int(options.get("capacity", "16"))
                self.settings = Settings(periodic_interval=10_000.0, synchronous_types=types, queue_capacity=capacity)
                return ()
            case "wait":
                self.now += float(words[0])
                return self.core.tick(self.now)
            case "acs":
                return self.core.reply(200, self._message(words, options), self.now)
            case "http":
                return self.core.reply(int(words[0]), b"" if len(words) < 2 else words[1].encode(), self.now)
            case "broken":
                return self.core.broken("connection reset", self.now)
            case "fetched":
                return self.core.fetched(int(words[0]), DIGEST, self.now)
            case "not-fetched":
                return self.core.fetch_failed(int(words[0]), FetchCause(words[1]), "as told", self.now)
            case "applied":
                slots = self.core.device.slots.with_slot("b", version="2.0", digest=DIGEST, available=True)
                return self.core.applied(int(words[0]), options.get("fault"), self.now, slots)
        own = self._own_idea(verb, words, options)
        if own is not None:
            return own
        raise AssertionError(f"no command {verb!r}")

    def _message(self, words: list[str], options: dict[str, str]) -> bytes:
        body: messages.Body
        asked = read_envelope(self.last_sent).header.id if self.last_sent else None
        match words[0]:
            case "Download":
                body = messages.Download(
                    command_key=options.get("key", ""),
                    file_type=options.get("type", "1 Firmware Upgrade Image"),
                    url=options.get("url", "http://127.0.0.1/file"),
                    delay_seconds=int(options.get("delay", "0")),
                )
            case "Reboot":
                body = messages.Reboot(options.get("key", ""))
            case "Fault":
                body = messages.Fault(int(options["code"]), "as told", "Server")
            case "InformResponse":
                body = messages.InformResponse()
            case "GetRPCMethods":
                body = messages.GetRPCMethods()
            case "ScheduleDownload":
                body = messages.ScheduleDownload(
                    command_key=options.get("key", ""),
                    file_type=options.get("type", "1 Firmware Upgrade Image"),
                    url=options.get("url", "http://127.0.0.1/file"),
                    windows=tuple(map(_window, options["windows"].split())),
                )
            case "Upload":
                body = messages.Upload(options["key"], "1 Vendor Configuration File", "http://127.0.0.1/file")
            case "CancelTransfer":
                body = messages.CancelTransfer(options.get("key", ""))
            case "SetParameterValues":
                body = messages.SetParameterValues(
                    tuple(messages.Parameter(name, *value.split("|")) for name, value in options.items()), "pk"
                )
            case "GetParameterValues":
                body = messages.GetParameterValues(tuple(words[1:]))
            case "GetParameterNames":
                body = messages.GetParameterNames(words[1], words[2] == "next")
            case plain:
                body = getattr(messages, plain)()
        answer = isinstance(body, messages.Fault) or messages.rpc_name(body).endswith("Response")
        hold = True if "hold" in words else None
        return write_envelope(
            body, id=(asked or "?") if answer else "acs-1", hold_requests=hold, allow=frozenset(DepartureKind)
        )

    def _show(self, effects: tuple[done.Effect, ...]) -> list[str]:
        lines = []
        for effect in effects:
            match effect:
                case done.Persist(changes=changes):
                    self.disk.apply(changes)
                    lines += [f"commit {_change(change)}" for change in changes]
                case done.Send(data=data):
                    self.last_sent = data
                    lines.append(f"send {_message(data)}")
                case done.Fetch(number=number, url=url):
                    lines.append(f"fetch {number} from {url}")
                case done.CancelFetch(number=number):
                    lines.append(f"break off fetch {number}")
                case done.Apply(number=number, bank=bank, activate=activate):
                    lines.append(f"{'apply' if activate else 'store'} {number} to bank {bank}")
                case done.Activate(bank=bank):
                    lines.append(f"bank {bank} boots next")
                case done.SetAvailable(bank=bank, available=available):
                    lines.append(f"bank {bank} {'may' if available else 'may not'} boot")
                case done.Wait(until=until):
                    lines.append(f"wait {until - self.now:.2f} s")
                case done.EndSession(clean=clean):
                    lines.append(f"end of session, {'clean' if clean else 'failed'}")
                case done.Reboot():
                    lines.append("reboot")
                case done.Note():
                    pass
        return lines


def _change(change: done.Change) -> str:
    match change:
        case done.SaveTransfer(transfer=transfer):
            outcome = f" code {transfer.fault_code}" if transfer.phase == "reportable" else ""
            return f"transfer {transfer.number} {transfer.phase}{outcome}"
        case done.DropTransfer(number=number):
            return f"transfer {number} gone"
        case done.AddEvent(code=code, command_key=key):
            return f"event {code} {key}".rstrip()
        case done.DropEvent(code=code, command_key=key):
            return f"delivered {code} {key}".rstrip()
        case done.SetFact(name=name, value=value):
            return f"{name} = {value}"
        case done.InstallFile(file_type=file_type):
            return f"file in service: {file_type}"
        case done.SetParameter(name=name, value=value):
            return f"{name} := {value!r}"
        case done.FactoryDefaults():
            return "factory defaults"


def _window(text: str) -> messages.TimeWindow:
    """``start-end-mode-retries``, the mode by its number."""
    start, end, mode, retries = text.split(":")
    modes = {"1": "1 At Any Time", "2": "2 Immediately", "3": "3 When Idle", "4": "4 Confirmation Needed"}
    return messages.TimeWindow(int(start), int(end), modes[mode], "", int(retries))


def _message(data: bytes) -> str:
    if not data:
        return "nothing"
    envelope = read_envelope(data)
    assert envelope.departures == ()
    match envelope.body:
        case messages.Inform() as inform:
            events = ", ".join(f"{event.code}({event.command_key})".replace("()", "") for event in inform.events)
            version = inform.value_of("DeviceInfo.SoftwareVersion")
            return f"Inform [{events}] retry {inform.retry_count} version {version}"
        case messages.TransferComplete() as report:
            times = f"{report.start_time} to {report.complete_time}"
            return f"TransferComplete key {report.command_key!r} code {report.fault_code}, {times}"
        case messages.DownloadResponse() as response:
            return f"DownloadResponse status {response.status}, {response.start_time} to {response.complete_time}"
        case messages.Fault() as fault:
            return " ".join(
                [f"Fault {fault.code}: {fault.string}", *(f"[{f.name} {f.code}]" for f in fault.parameters)]
            )
        case messages.AutonomousTransferComplete() as report:
            return f"AutonomousTransferComplete of {report.transfer_url} {report.file_type!r} code {report.fault_code}"
        case messages.GetAllQueuedTransfersResponse() as response:
            listed = ", ".join(f"{one.command_key!r} {one.state} {one.file_type}" for one in response.transfers)
            return f"GetAllQueuedTransfersResponse [{listed}]"
        case messages.GetQueuedTransfersResponse() as response:
            return f"GetQueuedTransfersResponse {[(one.command_key, one.state) for one in response.transfers]}"
        case messages.GetParameterValuesResponse() as response:
            return "GetParameterValuesResponse " + ", ".join(f"{one.name}={one.value}" for one in response.parameters)
        case messages.GetParameterNamesResponse() as response:
            return "GetParameterNamesResponse " + ", ".join(
                f"{one.name}{' (w)' if one.writable else ''}" for one in response.parameters
            )
        case body:
            return messages.rpc_name(body)


@pytest.mark.parametrize("path", sorted(TRANSCRIPTS.glob("cpe-*.txt")), ids=lambda path: path.stem)
def test_the_cpe_says_exactly_this(
    path: Path, check_transcript: Callable[[Path, Callable[[str], list[str]]], None]
) -> None:
    """The core of the CPE answers each command of a transcript with exactly the effects written there."""
    check_transcript(path, Bench().perform)
