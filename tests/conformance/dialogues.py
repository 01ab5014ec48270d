"""Made-up dialogues for the tests: one device's sessions written down message by message, without any bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cwmpcheck.traces import Broken, Device, Fetch, HttpError, Item, Message, Session, Trace, Trouble, Where
from cwmpcheck.wire import (
    Body,
    DeviceId,
    Download,
    DownloadResponse,
    Envelope,
    Event,
    Fault,
    Header,
    Inform,
    InformResponse,
    Other,
    Parameter,
    TransferComplete,
    TransferCompleteResponse,
)

NAMESPACE = "urn:dslforum-org:cwmp-1-2"
URL = "http://10.0.0.3/fw.bin"


def inform(*events: str, retry: int = 0, version: str | None = "1.0") -> Inform:
    """An Inform; an event is written ``CODE`` or ``CODE|CommandKey``."""
    listed = tuple(Event(code, key) for code, _, key in (event.partition("|") for event in events or ("2 PERIODIC",)))
    told = () if version is None else (Parameter("Device.DeviceInfo.SoftwareVersion", version),)
    return Inform(DeviceId("Acme", "00AA00", "Box", "S1"), listed, retry_count=retry, parameters=told)


def download(key: str = "K1", *, delay: int = 0, url: str = URL) -> Download:
    """A Download of firmware."""
    return Download(key, "1 Firmware Upgrade Image", url, delay_seconds=delay)


def other(name: str = "GetParameterValues") -> Other:
    """Some other RPC."""
    return Other(name, name.endswith("Response"))


@dataclass
class Script:
    """One device's dialogue, written down step by step; each step takes a second unless told."""

    tick: float = 1.0
    time: float = 0.0
    sessions: list[list[Item]] = field(default_factory=list)
    fetches: list[Fetch] = field(default_factory=list)
    request_id: str = ""
    packet: int = 0

    def _place(self) -> Where:
        self.packet += 1
        self.time += self.tick
        return Where("made up", packet=self.packet)

    def _put(self, item: Item) -> Script:
        if not self.sessions:
            self.sessions.append([])
        self.sessions[-1].append(item)
        return self

    def say(
        self, sender: Literal["cpe", "acs"], body: Body | None, *, id: str | None = None, hold: bool | None = None,
        namespace: str = NAMESPACE, truncated: bool = False, headers: tuple[tuple[str, str], ...] = (),
    ) -> Script:
        """A message; a response carries the id of the request before it unless told."""
        where = self._place()
        if isinstance(body, Inform):
            self.sessions.append([])
        number = id if id is not None else self.request_id if _answers(body) else f"id{self.packet}"
        if not _answers(body):
            self.request_id = number
        envelope = None if body is None else Envelope(namespace, Header(id=number, hold_requests=hold), body)
        index = len(self.sessions[-1]) if self.sessions else 0
        status = None if sender == "cpe" else 204 if body is None else 200
        return self._put(
            Message(
                time=self.time, end=self.time + 0.1, sender=sender, envelope=envelope, http_status=status,
                headers=headers, where=where, index=index, truncated=truncated,
            )
        )  # fmt: skip

    def cpe(self, body: Body | None = None, **more: object) -> Script:
        """A post of the CPE; empty without a body."""
        return self.say("cpe", body, **more)  # type: ignore[arg-type]  # passed on as they are

    def acs(self, body: Body | None = None, **more: object) -> Script:
        """A reply of the ACS; empty without a body."""
        return self.say("acs", body, **more)  # type: ignore[arg-type]  # passed on as they are

    def fails(self, what: str = "reset", by: str | None = "acs") -> Script:
        """The exchange breaks."""
        where = self._place()
        return self._put(Broken(time=self.time, what=what, by=by, where=where))  # type: ignore[arg-type]  # tests know

    def http(self, status: int) -> Script:
        """The ACS answers with an HTTP error."""
        where = self._place()
        return self._put(HttpError(time=self.time, status=status, where=where))

    def wait(self, seconds: float) -> Script:
        """Nothing is said for a while."""
        self.time += seconds
        return self

    def get(self, *keys: str, status: int = 200, whole: bool = True, lasts: float = 0.5, ends: bool = True) -> Script:
        """The CPE fetches the file."""
        where = self._place()
        self.fetches.append(
            Fetch(
                url=URL, start=self.time, end=self.time + lasts if ends else None, status=status, length=10,
                expected_length=10, complete=whole and ends, where=where, keys=keys or ("K1",),
                broken=None if ends else "capture_ends",
            )
        )  # fmt: skip
        self.time += lasts
        return self

    def opens(self, *events: str, retry: int = 0, version: str | None = "1.0", hold: bool = False) -> Script:
        """Inform and InformResponse."""
        return self.cpe(inform(*events, retry=retry, version=version)).acs(InformResponse(), hold=hold or None)

    def closes(self) -> Script:
        """Empty POST and empty reply."""
        return self.cpe().acs()

    def asks(self, key: str = "K1", *, delay: int = 0, status: int = 1, fault: int | None = None) -> Script:
        """A session in which the ACS asks for a download, and its answer."""
        self.opens().cpe().acs(download(key, delay=delay))
        return self.cpe(Fault(fault) if fault is not None else DownloadResponse(status)).acs()

    def reports(self, key: str = "K1", *events: str, code: int = 0, retry: int = 0, version: str = "2.0") -> Script:
        """A session in which the outcome is reported and acknowledged."""
        listed = events or ("1 BOOT", "7 TRANSFER COMPLETE", f"M Download|{key}")
        self.opens(*listed, retry=retry, version=version).cpe(TransferComplete(key, code))
        return self.acs(TransferCompleteResponse()).closes()

    def device(self, name: str = "00AA00-Box-S1") -> Device:
        """What was written down, as a device."""
        sessions = tuple(
            Session(number=number, items=tuple(items), connections=(number,))
            for number, items in enumerate(self.sessions)
        )
        return Device(name=name, sessions=sessions, fetches=tuple(self.fetches))

    def trace(self, *others: Device, files: bool = True, troubles: tuple[Trouble, ...] = ()) -> Trace:
        """What was written down, as a trace."""
        devices = (self.device(), *others)
        return Trace(
            source="made up", sources=("made up",), devices=devices, troubles=troubles, start=0.0, end=self.time,
            file_server_seen=files,
        )  # fmt: skip


def _answers(body: Body | None) -> bool:
    if body is None:
        return False
    named = body.name if isinstance(body, Other) else body.rpc
    return isinstance(body, Fault) or named.endswith("Response")


def upgrade(key: str = "K1") -> Script:
    """A whole good upgrade."""
    return Script().asks(key).get(key).reports(key)
