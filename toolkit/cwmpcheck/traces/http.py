"""HTTP messages of one TCP connection, read passively with h11.

h11 is made for one of the two peers; a bystander needs a fresh h11 connection for each message, so that one odd
message cannot spoil the next. The head is collected here first, which gives the time of its first byte and lets
an absent Host header pass (h11 refuses it; a bystander should not). Responses wait until their request is known,
because only its method tells how they are framed.

After a gap inside a body of known length the framing goes on over the missing bytes. Anywhere else the message
is given up, and reading takes up again at the next segment that begins like a message.
"""

from __future__ import annotations

import functools
import re
from collections import deque
from collections.abc import Callable
from typing import Literal

import h11

from cwmpcheck.traces.content import Content
from cwmpcheck.traces.events import Headers, Limits

__all__ = ["Head", "MessageReader", "Said", "start_of"]

_REQUEST_START = re.compile(rb"[A-Z][A-Z-]{1,19} [^\s]")
_RESPONSE_START = re.compile(rb"HTTP/1\.[01] ?")
_SWITCHES = re.compile(rb"HTTP/1\.[01] 101\b")
_HEAD_END = re.compile(rb"\n\r?\n")
_HOST = re.compile(rb"(?im)^host[ \t]*:")
_NO_HOST = b"host: absent.invalid\r\n"

Said = Literal["request", "response", "unknown", "other"]


def start_of(data: bytes) -> Said:
    """What a text beginning with ``data`` can be; ``unknown`` while it is too short to tell.

    >>> start_of(b"POST / HTTP/1.1"), start_of(b"HTTP/1.1 200 OK"), start_of(b"PO"), start_of(b"\\x16\\x03\\x01")
    ('request', 'response', 'unknown', 'other')
    """
    data = data.lstrip(b"\r\n")[:32]
    if _RESPONSE_START.match(data):
        return "response"
    if _REQUEST_START.match(data):
        return "request"
    partial = data.rstrip(b" ")
    if b"HTTP/1.1 ".startswith(data) or (len(data) < 21 and re.fullmatch(rb"[A-Z][A-Z-]*", partial)) or not data:
        return "unknown"
    return "other"


@functools.lru_cache(maxsize=64)
def _asked_by(method: str) -> h11.Request:
    """A request of this method, to tell h11 which answer is due; making one costs as much as parsing an answer."""
    return h11.Request(method=method, target="*", headers=[("host", "seen.invalid")])


_NO_MORE = h11.EndOfMessage()


class Head:
    """The start line and headers of a message, and what is known of its body so far."""

    __slots__ = (
        "content",
        "end",
        "expected",
        "first",
        "headers",
        "lost",
        "method",
        "path",
        "reason",
        "start",
        "status",
    )

    def __init__(self, start: float, first: int) -> None:
        self.start, self.end, self.first = start, start, first
        self.method = self.path = self.reason = ""
        self.status = 0
        self.headers: Headers = ()
        self.expected: int | None = None  # the Content-Length, where that frames the body
        self.lost = 0
        self.content: Content


class MessageReader:
    """One direction: bytes in, whole messages out.

    Args:
        side: whether these are requests or responses.
        limits: bounds of heads and bodies.
        tell: takes each message: its head, and whether it is whole.
        complain: takes what cannot be read: words, time, packet, and whether it may change a verdict.
        room: how many bytes of bodies may still be kept in all.
    """

    def __init__(
        self,
        side: Literal["request", "response"],
        limits: Limits,
        tell: Callable[[Head, bool], None],
        complain: Callable[[str, float, int, bool], None],
        room: Callable[[], int],
    ) -> None:
        self._side = side
        self._limits, self._tell, self._complain, self._room = limits, tell, complain, room
        self._text = bytearray()
        self._head: Head | None = None
        self._peer: h11.Connection | None = None
        self._latest = 0.0  # start of the message begun last
        self.lost = False  # out of step: waiting for a segment that begins like a message
        self.opaque = False  # no longer HTTP (CONNECT, 101)
        self.methods: deque[str] = deque()  # of the requests not answered yet; used by the response side
        self.asked: Callable[[Head], None] = lambda _head: None  # told of each request head
        self.ready: Callable[[], bool] = lambda: True  # whether another message may begin

    @property
    def busy(self) -> bool:
        """Whether a message has begun and is not complete."""
        return self._head is not None

    def feed(self, data: bytes, time: float, packet: int) -> bytes:
        """Take the next bytes in order; what is not taken, because the next message must wait, is given back."""
        if self.lost and start_of(data) == self._side:
            self.lost = False
        while data and not self.lost and not self.opaque:
            head = self._head
            if head is None:
                data = data if self._text else data.lstrip(b"\r\n")  # empty lines between messages (RFC 9112, 2.2)
                if not data:
                    return b""
                if not self.ready():
                    return data
                # Captures swap packets that are close together: what comes later in the stream began no earlier.
                self._latest = max(self._latest, time)
                head = self._head = Head(self._latest, packet)
            head.end = max(head.end, time)
            if self._peer is None:
                data = self._collect_head(head, data, time, packet)
            else:
                self._peer.receive_data(data)
                data = self._pump(head, time, packet)
        return b""

    def _collect_head(self, head: Head, data: bytes, time: float, packet: int) -> bytes:
        seen = max(0, len(self._text) - 3)
        self._text += data
        end = _HEAD_END.search(self._text, seen)
        if end is None:
            if len(self._text) > self._limits.head_bytes:
                self._give_up(f"an HTTP head of more than {self._limits.head_bytes} bytes", time, packet)
            return b""
        text, rest = bytes(self._text[: end.end()]), bytes(self._text[end.end() :])
        self._text.clear()
        if _SWITCHES.match(text):
            self._head, self.opaque = None, True
            return b""
        self._peer = self._new_peer(self.methods[0] if self.methods else "POST")
        try:
            self._peer.receive_data(self._with_host(text) + rest)
        except h11.RemoteProtocolError as error:
            self._give_up(f"HTTP that breaks the rules: {error}", time, packet)
            return b""
        return self._pump(head, time, packet)

    def _with_host(self, text: bytes) -> bytes:
        if self._side == "response" or _HOST.search(text):
            return text
        line = text.find(b"\n") + 1
        return text[:line] + _NO_HOST + text[line:]

    def _new_peer(self, method: str) -> h11.Connection:
        if self._side == "request":
            return h11.Connection(h11.SERVER, max_incomplete_event_size=self._limits.head_bytes)
        peer = h11.Connection(h11.CLIENT, max_incomplete_event_size=self._limits.head_bytes)
        peer.send(_asked_by(method))
        peer.send(_NO_MORE)
        return peer

    def _pump(self, head: Head, time: float, packet: int) -> bytes:
        """Take events until h11 wants more bytes; what it leaves over belongs to the next message."""
        peer = self._peer
        assert peer is not None
        while True:
            try:
                event = peer.next_event()
            except h11.RemoteProtocolError as error:
                self._give_up(f"HTTP that breaks the rules: {error}", time, packet)
                return b""
            if isinstance(event, h11.Data):
                head.content.add(bytes(event.data))
            elif isinstance(event, h11.Request | h11.Response):
                self._begin(head, event)
            elif isinstance(event, h11.InformationalResponse):
                return self._interim(peer)
            elif isinstance(event, h11.EndOfMessage):
                rest = peer.trailing_data[0]
                self._finish(True)
                return rest
            elif event is h11.PAUSED:
                self.opaque = True
                self._finish(True)
                return b""
            else:
                return b""

    def _interim(self, peer: h11.Connection) -> bytes:
        """A 1xx is no answer: the next head belongs to the same request."""
        self._head = self._peer = None
        rest: bytes = peer.trailing_data[0]
        return rest

    def _begin(self, head: Head, event: h11.Request | h11.Response) -> None:
        pairs = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers)
        head.headers = tuple((n, v) for n, v in pairs if v != "absent.invalid")
        lengths = [value for name, value in head.headers if name == "content-length"]
        chunked = any(name == "transfer-encoding" for name, _value in head.headers)
        coding = next((value for name, value in head.headers if name == "content-encoding"), "")
        head.content = Content(coding.strip().lower(), self._limits, self._room())
        if lengths and not chunked:
            head.expected = int(lengths[0])
        if lengths and chunked:
            # RFC 9112, 6.3: chunked wins; but a peer that counts otherwise would read another text.
            self._complain("a message with both Content-Length and Transfer-Encoding", head.start, head.first, True)
        if isinstance(event, h11.Request):
            head.method, head.path = event.method.decode("latin-1"), event.target.decode("latin-1")
            self.asked(head)
        else:
            head.status, head.reason = event.status_code, event.reason.decode("latin-1")

    def _finish(self, whole: bool) -> None:
        head, self._head, self._peer = self._head, None, None
        if head is None:
            return
        head.content.finish(whole)
        if head.content.trouble:
            self._complain(head.content.trouble, head.start, head.first, True)
        elif head.content.shortened:
            self._complain("a text too long to be read whole", head.start, head.first, False)
        self._tell(head, whole and not head.lost)
        if head.status and self.methods:
            self.methods.popleft()
        # What follows is whatever the tunnel carries, if the proxy agrees; a refused one is not used again either.
        self.opaque = self.opaque or head.method == "CONNECT"

    def _give_up(self, why: str, time: float, packet: int) -> None:
        self._complain(why, time, packet, True)
        self.cut()
        self.lost = True

    def gap(self, length: int, time: float, packet: int) -> None:
        """The capture lacks ``length`` bytes here."""
        head = self._head
        if head is not None and head.expected is not None and self._peer is not None:
            here = min(length, head.expected - head.content.length)
            head.lost += here
            head.end = max(head.end, time)
            head.content.skip(here)
            length -= here
            self._resume(head.expected - head.content.length)
        if length and not self.opaque:
            self.cut(length)
            self.lost = True

    def _resume(self, left: int) -> None:
        """Go on in the middle of a body of which so many bytes are left, as if it were a message of its own."""
        if not left:
            self._finish(True)
            return
        start = "POST * HTTP/1.1\r\nHost: seen.invalid" if self._side == "request" else "HTTP/1.1 200 OK"
        self._peer = self._new_peer("POST")
        self._peer.receive_data(f"{start}\r\nContent-Length: {left}\r\n\r\n".encode())
        self._peer.next_event()

    def close(self, clean: bool) -> bool:
        """The direction is over, by FIN if ``clean``; tells what was left and whether it was complete."""
        if self._head is None:
            return True
        peer = self._peer
        if clean and peer is not None:
            try:
                peer.receive_data(b"")
                event = peer.next_event()
                while isinstance(event, h11.Data):
                    self._head.content.add(bytes(event.data))
                    event = peer.next_event()
                if isinstance(event, h11.EndOfMessage):
                    self._finish(True)
                    return True
            except h11.RemoteProtocolError:
                pass  # the peer closed before its message was complete: that is what cut() tells
        self.cut()
        return False

    def cut(self, lost: int = 0) -> None:
        """Tell the message in progress as not whole; a head that never ended is dropped."""
        head, self._text = self._head, bytearray()
        if head is not None and (head.status or head.method):
            head.lost += lost
            self._finish(False)
        self._head = self._peer = None
