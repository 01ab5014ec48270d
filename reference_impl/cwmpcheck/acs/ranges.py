"""Which part of a file a request asks for (RFC 9110, 14.2): one range of bytes, or all of it."""

from __future__ import annotations

import re

__all__ = ["Unsatisfiable", "byte_range"]

_ONE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Unsatisfiable(Exception):
    """The range lies outside the file."""


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last, or ``None`` for the whole file.

    What is no range of bytes, or several, is not looked at, as the standard allows.

    Args:
        header: the ``Range`` of the request.
        size: of the file, in bytes.

    Raises:
        Unsatisfiable: no byte of it is in the file.

    >>> byte_range("bytes=2-4", 10), byte_range("bytes=-3", 10), byte_range("bytes=4-", 10), byte_range("lines=1-2", 10)
    ((2, 5), (7, 10), (4, 10), None)
    """
    match = _ONE.fullmatch((header or "").strip())
    if match is None or match[0] == "bytes=-":
        return None
    if not match[1]:
        if int(match[2]) == 0:
            raise Unsatisfiable(header)
        return max(0, size - int(match[2])), size
    first, end = int(match[1]), int(match[2]) + 1 if match[2] else size
    if first >= end and match[2]:
        return None  # the last byte before the first: no range at all
    if first >= size:
        raise Unsatisfiable(header)
    return first, min(end, size)
