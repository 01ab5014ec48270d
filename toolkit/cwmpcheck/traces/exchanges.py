"""``exchanges.jsonl``: HTTP messages already taken out of a capture, one JSON object a line.

A line is a request, a response or a TCP fact. Bodies are text (``body``) or the first bytes of something binary
(``body_b64``, with ``body_len`` for the whole length). A line that cannot be read is reported with its number and
the rest is still read. The ``role`` that a line may carry is not looked at: who is who is told by content.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import IO

import msgspec

from cwmpcheck.traces.bytesource import open_bytes
from cwmpcheck.traces.events import Headers, Limits, Request, Response, TcpFact, TraceEvent, Trouble, Where, header
from cwmpcheck.vocabulary.errors import UnreadableInput

__all__ = ["ExchangesReader", "read_exchanges"]

_FACTS = {"opened", "refused", "unanswered", "reset", "closed"}


class _Line(msgspec.Struct):
    t: float
    dir: str
    conn: int
    client: str
    server: str
    t_end: float | None = None
    method: str = ""
    path: str = ""
    status: int = 0
    reason: str = ""
    headers: list[tuple[str, str]] = []  # msgspec copies an empty default, it is not shared
    body: str | None = None
    body_b64: str | None = None
    body_len: int | None = None
    truncated: bool | str | int | None = None
    event: str = ""
    by: str = ""


class ExchangesReader:
    """Reads one file of exchanges once; the attributes are those of ``CaptureReader``, lines in place of packets."""

    def __init__(self, source: str, limits: Limits) -> None:
        self._source, self._limits = source, limits
        self._decode = msgspec.json.Decoder(_Line).decode
        self._room = limits.bodies_total
        self.events: list[TraceEvent] = []
        self.lines = 0
        self.read_lines = 0
        self.start = self.end = 0.0

    def report(self, what: str, line: int, inconclusive: bool) -> None:
        """Record a trouble at a line number (0: the file as a whole)."""
        where = Where(self._source, line=line or None)
        self.events.append(Trouble(time=self.end, what=what, where=where, inconclusive=inconclusive))

    def read(self, stream: IO[bytes]) -> None:
        """Read the whole stream."""
        most = self._limits.line_bytes
        while text := stream.readline(most + 1):
            self.lines += 1
            if len(text) > most:
                self.report(f"a line of more than {most} bytes is left out", self.lines, True)
                if not self.read_lines and not text.lstrip().startswith(b"{"):
                    return  # nothing so far is what it should be, and this is not going to be either
                while text and not text.endswith(b"\n"):
                    text = stream.readline(most)
                continue
            if text.strip():
                self._line(text)
            if not self.read_lines and self.lines >= 20:
                return  # nothing of it is what it should be: do not wade through a megabyte of noise
        self.events.sort(key=lambda event: (event.time, event.where.line or 0))

    def _line(self, text: bytes) -> None:
        try:
            line = self._decode(text)
            event = self._event(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, binascii.Error, RecursionError, ValueError) as error:
            cut = "" if text.endswith(b"\n") else ", which is cut off"
            self.report(f"the line cannot be read{cut}: {str(error)[:120]}", self.lines, True)
            return
        self.start = min(self.start, line.t) if self.read_lines else line.t
        self.end = max(self.end, line.t, line.t_end or line.t)
        self.read_lines += 1
        self.events.append(event)

    def _event(self, line: _Line) -> TraceEvent:
        where = Where(self._source, line=self.lines)
        if line.dir == "tcp":
            if line.event not in _FACTS or line.by not in ("client", "server"):
                raise ValueError(f"a TCP fact of unknown kind {line.event!r} by {line.by!r}")
            facts = {"what": line.event, "by": line.by, "time": line.t, "connection": line.conn, "where": where}
            return msgspec.convert({"event": "tcp", "client": line.client, "server": line.server, **facts}, TcpFact)
        headers: Headers = tuple((name.lower(), value) for name, value in line.headers)
        body, length, capped = self._body(line, headers)
        end = line.t if line.t_end is None else line.t_end
        if line.dir == "request":
            return Request(
                time=line.t, end=end, connection=line.conn, client=line.client, server=line.server, method=line.method,
                path=line.path, headers=headers, body=body, body_length=length, truncated=bool(line.truncated),
                where=where, capped=capped,
            )  # fmt: skip
        if line.dir == "response":
            return Response(
                time=line.t, end=end, connection=line.conn, client=line.client, server=line.server, status=line.status,
                reason=line.reason, headers=headers, body=body, body_length=length, truncated=bool(line.truncated),
                where=where, capped=capped,
            )  # fmt: skip
        raise ValueError(f"'dir' is {line.dir!r}, expected request, response or tcp")

    def _body(self, line: _Line, headers: Headers) -> tuple[bytes, int, bool]:
        if line.body_b64 is not None:
            body = base64.b64decode(line.body_b64, validate=True)
        else:
            body = (line.body or "").encode("utf-8", "surrogatepass")
        whole = max(line.body_len if line.body_len is not None else len(body), 0)
        text = body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
        most = min(self._limits.soap_bytes if text else self._limits.other_bytes, max(self._room, 0))
        self._room -= min(len(body), most)
        length = whole
        if line.body_len is None and line.body is not None and not line.truncated:
            # Text was decoded for the log: the transferred length is what the message itself said, if it did.
            said = header(headers, "content-length")
            coded = header(headers, "content-encoding") is not None
            length = int(said) if coded and said and said.isdecimal() else whole
        return body[:most], length, len(body) > most or whole > len(body)


def read_exchanges(path: Path, limits: Limits | None = None) -> ExchangesReader:
    """Read a file of exchanges, plain or gzipped.

    Raises:
        UnreadableInput: no such file, empty, or no line of it is an exchange.
    """
    limits = limits or Limits()
    reader = ExchangesReader(path.name, limits)
    with open_bytes(path, limits, lambda what: reader.report(what, 0, True)) as stream:
        reader.read(stream)
    if not reader.read_lines:
        raise UnreadableInput(f"{path}: neither a packet capture nor a file of exchanges (one JSON object a line)")
    return reader
