"""The wire of the virtual laboratory: connections whose bytes are written for the record, as HTTP/1.1 has them."""

from __future__ import annotations

import msgspec

from cwmpcheck.acs.http import COOKIE
from cwmpcheck.cpe.faults import FetchCause
from cwmpcheck.lab.faults import FaultKind
from cwmpcheck.lab.recorder import Address, Kind, Recorder, Side
from cwmpcheck.wire import messages, read_envelope, write_envelope

__all__ = ["ACS_PORT", "FILE_PORT", "Leg", "PostRoute", "fetch_story"]

ACS_PORT, FILE_PORT = 7547, 8080
_HOST = "127.0.0.1"
_FIRST_PORT = 20_000
_ANSWERS = {FaultKind.ASK_AGAIN: (8005, "retry request"), FaultKind.FAULT: (8002, "internal error")}
_REASONS = {200: "OK", 204: "No Content", 400: "Bad Request", 404: "Not Found", 503: "Service Unavailable"}
_STATUS_CAUSES = {FaultKind.FILE_MISSING: (404, FetchCause.ACCESS), FaultKind.FILE_BROKEN: (503, FetchCause.OTHER)}


class PostRoute(msgspec.Struct, frozen=True):
    """The reply to one POST, on its way: HTTP status, body, cookie to set, and how many seconds the ACS waits with it."""

    status: int
    data: bytes
    cookie: str | None = None
    after: float = 0.0

    @staticmethod
    def fault(request: bytes, kind: FaultKind | None) -> PostRoute | None:
        """The fault with which the ACS answers, if it is told to and the POST is a request."""
        if kind not in _ANSWERS or not request:
            return None
        envelope = read_envelope(request)
        if isinstance(envelope.body, messages.Fault) or messages.rpc_name(envelope.body).endswith("Response"):
            return None
        code, text = _ANSWERS[kind]
        answer = messages.Fault(code, text, "Server")
        return PostRoute(200, write_envelope(answer, id=envelope.header.id or "0", namespace=envelope.namespace))

    def http(self) -> bytes:
        """Its bytes."""
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Other')}"]
        if self.cookie is not None:
            lines.append(f"Set-Cookie: {COOKIE}={self.cookie}; HttpOnly; Path=/")
        if self.status == 200:
            lines.append("Content-Type: text/xml; charset=utf-8")
        if self.status != 204:
            lines.append(f"Content-Length: {len(self.data)}")
        return "\r\n".join([*lines, "", ""]).encode() + self.data


class Leg:
    """One connection of the CPE, recorded."""

    def __init__(self, recorder: Recorder, role: str, server_port: int) -> None:
        self._recorder = recorder
        self._role = role
        self._number = recorder.connection()
        client: Address = (_HOST, _FIRST_PORT + self._number)
        self._ends = (client, (_HOST, server_port))
        self._open = True

    @classmethod
    def to_acs(cls, recorder: Recorder) -> Leg:
        """A connection to the ACS, open."""
        leg = cls(recorder, "acs", ACS_PORT)
        leg.note(Kind.OPENED, Side.CLIENT)
        return leg

    @classmethod
    def to_file_server(cls, recorder: Recorder, *, refused: bool) -> Leg:
        """A connection to the file server, open or refused."""
        leg = cls(recorder, "fileserver", FILE_PORT)
        leg.note(Kind.REFUSED if refused else Kind.OPENED, Side.SERVER if refused else Side.CLIENT)
        leg._open = not refused
        return leg

    def note(self, kind: Kind, side: Side, data: bytes = b"") -> None:
        """Record one event of this connection, while it is open."""
        if self._open:
            self._recorder.record(self._number, self._role, self._ends, kind, side, data)

    def post(self, data: bytes, cookie: str | None) -> None:
        """The CPE posts."""
        lines = ["POST / HTTP/1.1", f"Host: {_HOST}:{ACS_PORT}", "User-Agent: cwmpcheck-cpe"]
        if data:
            lines += ['Content-Type: text/xml; charset="utf-8"', "SOAPAction: "]
        if cookie is not None:
            lines.append(f"Cookie: {COOKIE}={cookie}")
        lines += [f"Content-Length: {len(data)}", "", ""]
        self.note(Kind.DATA, Side.CLIENT, "\r\n".join(lines).encode() + data)

    def get(self, path: str) -> None:
        """The CPE asks for a file."""
        lines = [f"GET {path} HTTP/1.1", f"Host: {_HOST}:{FILE_PORT}", "User-Agent: cwmpcheck-cpe", "", ""]
        self.note(Kind.DATA, Side.CLIENT, "\r\n".join(lines).encode())

    def reply(self, route: PostRoute) -> None:
        """A whole reply arrives."""
        self.note(Kind.DATA, Side.SERVER, route.http())

    def break_off(self, route: PostRoute, *, reset: bool) -> None:
        """The reply breaks off: reset before it begins, or closed in its middle."""
        if not reset:
            data = route.http()
            self.note(Kind.DATA, Side.SERVER, data[: len(data) // 2])
        self.note(Kind.RESET if reset else Kind.CLOSED, Side.SERVER)
        self._open = False

    def close(self) -> None:
        """The CPE closes."""
        self.note(Kind.CLOSED, Side.CLIENT)
        self._open = False


def fetch_story(leg: Leg, content: bytes, kind: FaultKind | None) -> FetchCause | None:
    """What the file server does with a request, on the record; why the fetch has failed, or ``None``.

    Args:
        leg: the connection, on which the file was asked for.
        content: of the file.
        kind: what goes wrong.
    """
    if kind is FaultKind.FILE_REFUSED:
        return FetchCause.CONTACT
    status, cause = _STATUS_CAUSES.get(kind, (200, None)) if kind is not None else (200, None)
    if status == 200 and kind is FaultKind.FILE_CORRUPT:
        content = content[::-1]
    route = PostRoute(status, content if status == 200 else b"")
    if kind in (FaultKind.FILE_RESET, FaultKind.FILE_TRUNCATED):
        leg.break_off(route, reset=kind is FaultKind.FILE_RESET)
        return FetchCause.BROKEN_OFF
    leg.reply(route)
    leg.close()
    return cause
