"""Content of an HTTP message: counted whole, kept in part, inflated with bounds."""

from __future__ import annotations

import zlib

from cwmpcheck.traces.events import Limits

__all__ = ["Content"]

_RATIO_FREE = 1 << 16  # small bodies may compress as well as they like
_CODINGS = frozenset({"gzip", "x-gzip", "deflate"})


def _has_header(data: bytes) -> bool:
    """Whether compressed content begins like gzip or zlib.

    "deflate" is a zlib stream by RFC 9110, but many senders leave the zlib header (RFC 1950, 2.2) out.
    """
    return data[:2] == b"\x1f\x8b" or (data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0)


class Content:
    """Collects the content of one message.

    Attributes:
        length: bytes as transferred.
        capped: only the beginning is kept.
        shortened: and it looks like text, of which nothing should be missing.
        trouble: why the content could not be decoded, or ``None``.
    """

    def __init__(self, coding: str, limits: Limits, room: int) -> None:
        """``coding`` is the Content-Encoding, ``room`` what may still be kept of all bodies together."""
        self._limits = limits
        self._room = room
        self._kept = bytearray()
        self._most: int | None = None
        self._compressed = coding in _CODINGS
        self._inflate = zlib.decompressobj(47) if self._compressed and coding != "deflate" else None
        self._start = b""
        self._closed = False
        self.length = 0
        self.capped = self.shortened = self._text = False
        self.trouble: str | None = None
        if coding and coding != "identity" and coding not in _CODINGS:
            self.trouble = f"a content coding that is not understood: {coding[:40]!r}"

    def add(self, data: bytes) -> None:
        """Take the next bytes as transferred."""
        self.length += len(data)
        if self._closed:
            self.capped = self.capped or not self.trouble
            return
        if self._compressed:
            self._expand(data)
        else:
            self._keep(data)

    def _expand(self, data: bytes) -> None:
        if self._inflate is None:
            data = self._start + data
            if len(data) < 2:
                self._start = data
                return
            self._inflate = zlib.decompressobj(47 if _has_header(data) else -15)
        while data and not self._closed:
            try:
                piece = self._inflate.decompress(data, 1 << 16)
            except zlib.error as error:
                self._stop(f"the compressed content is damaged ({error})")
                return
            self._keep(piece)
            data = self._inflate.unconsumed_tail
            if len(self._kept) > max(_RATIO_FREE, self._limits.inflate_ratio * self.length):
                self._stop(f"the content grows more than {self._limits.inflate_ratio} times when inflated: refused")

    def _keep(self, data: bytes) -> None:
        if not data:
            return
        if self._most is None:
            text = data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1] == b"<"
            most = self._limits.soap_bytes if text else self._limits.other_bytes
            self._most = max(0, min(most, self._room))
            self._text = text
        free = self._most - len(self._kept)
        self._kept += data[:free]
        if len(data) > free:
            self.capped = self._closed = True
            self.shortened = self._text

    def skip(self, length: int) -> None:
        """Count bytes that are not there; what comes after them is not kept."""
        self.length += length
        self.capped = self._closed = True

    def _stop(self, why: str) -> None:
        self.trouble, self.capped, self._closed = why, True, True

    def finish(self, whole: bool) -> None:
        """The message is over; compressed content that ends early is a trouble if the message is ``whole``."""
        ended = self._inflate is not None and self._inflate.eof
        if whole and self._compressed and self.length and not (ended or self._closed or self.trouble):
            self.trouble = "the compressed content ends before its own end mark"
            self.capped = True

    @property
    def kept(self) -> bytes:
        """The decoded content, or its beginning."""
        return bytes(self._kept)
