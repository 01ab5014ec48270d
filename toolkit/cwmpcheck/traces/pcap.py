"""Classic pcap: a bounded reader of packet records that never stops in silence.

Both byte orders, microseconds and nanoseconds. A record header that cannot be true (longer than any packet,
more captured than was on the wire, a fraction above one second, all zero) ends the reading with a report: after
it, the place of the next record is unknown.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import IO, TypeAlias

__all__ = ["MAGICS", "Packet", "Report", "read_pcap"]

Packet: TypeAlias = tuple[int, float, int, bytes, int]
"""Number (from 1), time in seconds, link type, the bytes captured, and the length on the wire."""

Report: TypeAlias = Callable[[str, int, bool], None]
"""Is told what went wrong, at which packet number, and whether it may change a verdict."""

MAGICS: dict[bytes, tuple[str, int]] = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1_000_000_000),
    b"\xa1\xb2\x3c\x4d": (">", 1_000_000_000),
}
_YEARS = 10 * 365 * 86400


def read_pcap(stream: IO[bytes], report: Report, *, most: int) -> Iterator[Packet]:
    """The packets of a classic pcap file, from its first byte on.

    Args:
        stream: at the start of the file; its magic number is known to be one of :data:`MAGICS`.
        report: is told when the file is cut off or damaged; what came before has been yielded.
        most: the longest packet (bytes) that is believed.
    """
    head = stream.read(24)
    if len(head) < 24:
        report("the file is cut off inside its header", 0, True)
        return
    order, unit = MAGICS[head[:4]]
    (network,) = struct.unpack_from(order + "I", head, 20)
    link = network & 0xFFFF  # the upper bits tell the length of a frame check sequence
    unpack = struct.Struct(order + "IIII").unpack
    read = stream.read
    number, last = 0, 0.0
    while record := read(16):
        number += 1
        if len(record) < 16:
            report(f"the file is cut off inside the header of packet {number}", number, True)
            return
        seconds, fraction, captured, length = unpack(record)
        time = seconds + fraction / unit
        why = _implausible(captured, length, fraction, unit, most) or _leap(time, last)
        if why:
            report(f"the file is damaged at packet {number}: {why}; what follows cannot be read", number, True)
            return
        data = read(captured)
        if len(data) < captured:
            report(f"the file is cut off inside packet {number} ({len(data)} of {captured} bytes)", number, True)
            return
        last = time
        yield number, time, link, data, length


def _implausible(captured: int, length: int, fraction: int, unit: int, most: int) -> str:
    if captured > most:
        return f"a packet of {captured} bytes"
    if captured > length:
        return f"{captured} bytes captured of a packet of {length}"
    if fraction >= unit:
        return "a time of more than a second past the second"
    return "a packet of no bytes" if not length else ""


def _leap(time: float, last: float) -> str:
    return f"the clock leaps from {last:.0f} to {time:.0f}" if last and abs(time - last) > _YEARS else ""
