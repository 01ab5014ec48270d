"""What conformance reads: devices, their sessions message by message, and their file transfers.

The vantage is the CPE's leg of the connection: what the CPE sent, what reached it, and how its exchanges broke.
Credentials are masked (see ``redaction``), so these objects can be printed and written as JSON as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from cwmpcheck.traces.events import Headers, Trouble, Where
from cwmpcheck.wire import Envelope, Fault, InformResponse, Unreadable, rpc_name

__all__ = ["Broken", "Device", "Fetch", "HttpError", "Item", "Message", "Session", "Trace", "outline"]

Party: TypeAlias = Literal["cpe", "acs"]


class Message(msgspec.Struct, frozen=True, tag="message", tag_field="item", kw_only=True):
    """One HTTP message of a session: an RPC, or an empty one.

    Attributes:
        time, end: when its first and its last byte were captured.
        envelope: ``None`` for an empty POST, and for 204 or another empty success.
        http_status: of an answer of the ACS, else ``None``.
        headers: names in lower case; credentials masked, equal cookies with equal names.
        index: place among the items of its session, from 0.
        also: the same message on the far side of a proxy; ``None`` if there is no such leg, or it got lost there.
        truncated: it is not whole in the capture.
    """

    time: float
    end: float
    sender: Party
    envelope: Envelope | None
    http_status: int | None
    headers: Headers
    where: Where
    index: int
    also: Where | None = None
    truncated: bool = False

    @property
    def rpc(self) -> str:
        """Name of the RPC, ``""`` for an empty message."""
        return "" if self.envelope is None else rpc_name(self.envelope.body)


class HttpError(msgspec.Struct, frozen=True, tag="http_error", tag_field="item", kw_only=True):
    """The ACS answered with an HTTP status that is no success; ``headers`` as in :class:`Message`."""

    time: float
    status: int
    where: Where
    headers: Headers = ()
    also: Where | None = None


class Broken(msgspec.Struct, frozen=True, tag="broken", tag_field="item", kw_only=True):
    """The exchange broke before the CPE had the whole reply, or before it could ask.

    Attributes:
        what: ``refused`` and ``timeout`` (nobody answered the SYN) before the connection stood; ``reset`` and
            ``closed`` while the reply was due; ``no_reply``: the CPE went on without one; ``capture_ends``: unknown.
        by: the end of the CPE's connection that broke it (a proxy counts as the ACS); ``None`` if nobody is known to.
        unseen: the reply that the ACS did give, where the far side of a proxy shows one.
    """

    time: float
    what: Literal["reset", "refused", "timeout", "closed", "no_reply", "capture_ends"]
    by: Party | None
    where: Where
    unseen: Message | None = None


Item: TypeAlias = Message | HttpError | Broken


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt of the CPE to talk to its ACS, from the Inform on (or whatever of it was captured).

    Attributes:
        number: among the sessions of its device, from 0.
        connections: numbers of the TCP connections that carried it, in order of use.
        far_connections: those of the far side of a proxy.
        challenges: requests that were only answered by an HTTP authentication challenge or a redirect, and then
            repeated; they are no items.
    """

    number: int
    items: tuple[Item, ...]
    connections: tuple[int, ...]
    far_connections: tuple[int, ...] = ()
    challenges: int = 0

    @property
    def start(self) -> float:
        """Time of the first item."""
        return self.items[0].time

    @property
    def end(self) -> float:
        """Time of the last byte of the last item."""
        last = self.items[-1]
        return last.end if isinstance(last, Message) else last.time

    @property
    def messages(self) -> tuple[Message, ...]:
        """The items that are messages."""
        return tuple(item for item in self.items if isinstance(item, Message))

    @property
    def outcome(self) -> Literal["completed", "failed", "open"]:
        """How it ended.

        ``completed``: the ACS gave an empty success to a CPE that was owed nothing. ``open``: the capture ends
        first. Anything else has ``failed`` (TR-069, 3.7.1.1: a session that is not ended this way is a failed one).
        """
        last = self.items[-1]
        if isinstance(last, Broken) and last.what == "capture_ends":
            return "open"
        if not isinstance(last, Message) or last.sender != "acs" or last.envelope is not None:
            return "failed"
        asked = next((m for m in reversed(self.messages) if m.sender == "cpe"), None)
        return "failed" if asked is not None and _is_request(asked) else "completed"


def _is_request(message: Message) -> bool:
    """Whether the CPE is owed a response to it."""
    if message.envelope is None or isinstance(message.envelope.body, Fault | Unreadable):
        return False
    return not message.rpc.endswith("Response")


class Fetch(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP request to a file server.

    Attributes:
        url: what was asked for, without user information.
        start, end: first byte of the request, last byte of the answer (or when it broke); ``None`` if it never ended.
        answered: when the answer began, ``None`` if it never did.
        status: of the answer.
        length: bytes of content that arrived; ``expected_length``: what the answer announced, if it did.
        complete: the answer arrived whole (whatever its status).
        keys: CommandKeys of the earlier Downloads that name this URL, in order; empty if none does.
        broken: how it broke, if it did.
        lost: bytes that the capture lacks.
    """

    url: str
    start: float
    end: float | None
    status: int | None
    length: int
    expected_length: int | None
    complete: bool
    where: Where
    answered: float | None = None
    method: str = "GET"
    client: str = ""
    server: str = ""
    connection: int = 0
    keys: tuple[str, ...] = ()
    broken: Literal["reset", "closed", "no_reply", "capture_ends"] | None = None
    lost: int = 0


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """One CPE, named OUI-ProductClass-Serial as in TR-069, 3.4.4, or ``unknown-<n>`` if no Inform was captured.

    A ``-`` inside a part is written ``%2D``.
    """

    name: str
    sessions: tuple[Session, ...]
    fetches: tuple[Fetch, ...] = ()


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """All that one recording tells.

    Attributes:
        source: what was asked to be read; ``sources``: the files of it that were read, the leading one first.
        troubles: what could not be read, or only under a policy; an inconclusive one may change a verdict.
        start, end: of the recording, seconds since the epoch.
        file_server_seen: the transfers of files were recorded too, so that "no transfer seen" means something.
    """

    source: str
    sources: tuple[str, ...]
    devices: tuple[Device, ...]
    troubles: tuple[Trouble, ...]
    start: float
    end: float
    file_server_seen: bool


def outline(trace: Trace) -> Iterator[str]:
    """The dialogue in short lines without times and places, so that two recordings of it can be compared."""
    for device in trace.devices:
        for session in device.sessions:
            for item in session.items:
                yield f"{device.name} session {session.number}: {_line(item)}"
        for fetch in device.fetches:
            end = "whole" if fetch.complete else f"broken ({fetch.broken})"
            yield f"{device.name} {fetch.method} {fetch.url}: {fetch.status}, {fetch.length} bytes, {end}"


def _line(item: Item) -> str:
    if isinstance(item, HttpError):
        return f"HTTP {item.status}"
    if isinstance(item, Broken):
        unseen = f", the ACS had answered {item.unseen.rpc or 'nothing'}" if item.unseen else ""
        return f"{item.what} by {item.by}{unseen}"
    name = item.rpc or "empty"
    body = item.envelope.body if item.envelope else None
    key = getattr(body, "command_key", None)
    mark = f" {key}" if key else ""
    id_ = item.envelope.header.id if item.envelope and not isinstance(body, InformResponse) else None
    seen = ", also on the far leg" if item.also else ""
    return f"{item.sender} {name}{mark}{f' id {id_}' if id_ else ''}{seen}"
