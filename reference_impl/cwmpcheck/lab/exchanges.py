"""``exchanges.jsonl``: the record as one HTTP message, or one fact of TCP, a line."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

import h11
import msgspec

from cwmpcheck.lab.recorder import Kind, Side, TcpEvent

__all__ = ["write_exchanges"]

_Line = dict[str, Any]


def write_exchanges(events: Iterable[TcpEvent]) -> bytes:
    """The lines of the file, in order of the time at which each message or fact began.

    Args:
        events: in order of time; the HTTP in them does not pipeline.
    """
    lines: list[_Line] = []
    flows: dict[int, list[TcpEvent]] = {}
    for event in events:
        flows.setdefault(event.connection, []).append(event)
    for flow in flows.values():
        lines += _messages(flow)
        lines += _facts(flow)
    lines.sort(key=lambda line: float(line["t"]))
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


def _facts(flow: list[TcpEvent]) -> list[_Line]:
    """The end of a connection: a reset or a refusal, else the first side to close."""
    ends = [event for event in flow if event.kind in (Kind.RESET, Kind.REFUSED, Kind.CLOSED)]
    ends.sort(key=lambda event: event.kind is Kind.CLOSED)  # a reset tells more than a close before it
    return [
        {"t": event.time, "dir": "tcp", "event": str(event.kind), "by": str(event.side), **_where(event)}
        for event in ends[:1]
    ]


def _where(event: TcpEvent) -> _Line:
    return {
        "client": f"{event.client[0]}:{event.client[1]}",
        "server": f"{event.server[0]}:{event.server[1]}",
        "role": event.role,
        "conn": event.connection,
    }


def _messages(flow: list[TcpEvent]) -> list[_Line]:
    lines: list[_Line] = []
    requests = _Stream([event for event in flow if event.kind is Kind.DATA and event.side is Side.CLIENT])
    responses = _Stream([event for event in flow if event.kind is Kind.DATA and event.side is Side.SERVER])
    while not requests.done:
        request, line = requests.message(h11.Connection(h11.SERVER), "request")
        if line is None:
            break
        lines.append(line)
        if not isinstance(request, h11.Request) or responses.done:
            continue
        reader = h11.Connection(h11.CLIENT)
        # A response is read in the light of its request: HEAD and CONNECT have other rules for the body.
        reader.send(h11.Request(method=request.method, target=request.target, headers=[("Host", "none")]))
        reader.send(h11.EndOfMessage())
        _, line = responses.message(reader, "response")
        if line is None:
            break
        lines.append(line)
    return lines


class _Stream:
    """The bytes of one direction, each piece with its time."""

    def __init__(self, pieces: list[TcpEvent]) -> None:
        self._pieces = pieces
        self._rest = b""
        self._time = pieces[0].time if pieces else 0.0
        self._last = pieces[-1] if pieces else None

    @property
    def done(self) -> bool:
        return not self._rest and not self._pieces

    def message(self, reader: h11.Connection, direction: str) -> tuple[h11.Request | h11.Response | None, _Line | None]:
        """The next message, as h11 sees it and as a line; both ``None`` where the bytes are no HTTP."""
        begun: float | None = None
        head: h11.Request | h11.Response | None = None
        body = bytearray()
        complete = False
        try:
            while not complete:
                event = reader.next_event()
                if isinstance(event, h11.Request | h11.Response):
                    head = event
                elif isinstance(event, h11.Data):
                    body += event.data
                elif isinstance(event, h11.EndOfMessage):
                    complete = True
                elif event is h11.NEED_DATA:
                    if self.done:
                        break
                    data = self._take()
                    begun = self._time if begun is None else begun
                    reader.receive_data(data)
                elif isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
                    break
        except h11.RemoteProtocolError:
            self._pieces = []
            self._rest = b""
        self._rest = reader.trailing_data[0] if complete else b""
        if head is None or self._last is None:
            return None, None
        line: _Line = {"t": begun, "t_end": self._time, "dir": direction, **_where(self._last), **_head(head)}
        line |= _body(bytes(body))
        if not complete:
            line["truncated"] = True
        return head, line

    def _take(self) -> bytes:
        if self._rest:
            data, self._rest = self._rest, b""
            return data
        piece = self._pieces.pop(0)
        self._time = piece.time
        return piece.data


def _head(head: h11.Request | h11.Response) -> _Line:
    headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in head.headers.raw_items()]
    if isinstance(head, h11.Request):
        return {"method": head.method.decode(), "path": head.target.decode("latin-1"), "headers": headers}
    return {"status": head.status_code, "reason": head.reason.decode("latin-1"), "headers": headers}


def _body(body: bytes) -> _Line:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_b64": base64.b64encode(body).decode(), "body_len": len(body)}
