"""Bytes of a file, plain or gzipped, in bounded pieces.

Compressed input is inflated piece by piece and never grows past a ratio cap, so a bomb costs neither memory
nor time; a cut or damaged gzip stream gives what could be inflated and says so.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import cast

from cwmpcheck.traces.events import Limits
from cwmpcheck.vocabulary.errors import UnreadableInput

__all__ = ["GZIP_MAGIC", "Inflating", "open_bytes"]

GZIP_MAGIC = b"\x1f\x8b"
_BLOCK = 1 << 16


class Inflating(io.RawIOBase):
    """A readable stream of what a gzip file holds; damage ends the stream and is told to ``report`` in words."""

    def __init__(self, raw: io.RawIOBase, limits: Limits, report: Callable[[str], None]) -> None:
        super().__init__()
        self._raw = raw
        self._limits = limits
        self._report = report
        self._inflate = zlib.decompressobj(31)
        self._in = 0
        self._out = 0
        self._left = b""
        self._over = False

    def readable(self) -> bool:
        """True: it is a stream to read from."""
        return True

    def close(self) -> None:
        """Close the compressed file too."""
        self._raw.close()
        super().close()

    def readinto(self, buffer: object) -> int:
        """Fill ``buffer`` with inflated bytes; 0 at the end of the stream."""
        view = memoryview(cast(bytearray, buffer)).cast("B")
        while not self._over:
            piece = self._piece(len(view))
            if piece:
                view[: len(piece)] = piece
                return len(piece)
        return 0

    def _piece(self, size: int) -> bytes:
        source = self._left or self._raw.read(_BLOCK) or b""
        self._in += 0 if self._left else len(source)
        self._left = b""
        if not source:
            return self._end(None if self._inflate.eof else "the gzip stream is cut off")
        if self._inflate.eof:
            if not source.strip(b"\0"):
                return self._end(None)  # padding after the last member is common and harmless
            self._inflate = zlib.decompressobj(31)  # the next member of a multi-member file
        try:
            piece = self._inflate.decompress(source, size)
        except zlib.error as error:
            return self._end(f"the gzip stream is damaged ({error})")
        self._left = self._inflate.unconsumed_tail or self._inflate.unused_data
        self._out += len(piece)
        if self._out > max(self._limits.inflate_free, self._limits.inflate_ratio * self._in):
            return self._end(f"the gzip stream grows more than {self._limits.inflate_ratio} times: reading stops here")
        return piece

    def _end(self, why: str | None) -> bytes:
        self._over = True
        if why:
            self._report(why)
        return b""


def open_bytes(path: Path, limits: Limits, report: Callable[[str], None]) -> io.BufferedReader:
    """A buffered reader over the content of ``path``, inflated if it is gzipped.

    Args:
        path: a regular file.
        limits: how far compressed content may grow.
        report: is told, in words, when compressed content is cut, damaged or a bomb.

    Raises:
        UnreadableInput: there is no such file, it is a folder, it is empty, or it may not be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise UnreadableInput(f"{path}: not a regular file; save the capture to a file first")
        raw = path.open("rb", buffering=0)
        magic = raw.read(2)
        raw.seek(0)
    except FileNotFoundError:
        raise UnreadableInput(f"{path}: there is no such file; check the path") from None
    except OSError as error:
        raise UnreadableInput(
            f"{path}: cannot be read ({error.strerror}); give a capture file or the folder of one run"
        ) from None
    if not magic:
        raw.close()
        raise UnreadableInput(f"{path}: the file is empty; nothing was captured, or the recording never started")
    if magic == GZIP_MAGIC:
        return io.BufferedReader(Inflating(raw, limits, report), 1 << 20)
    return io.BufferedReader(raw, 1 << 20)
