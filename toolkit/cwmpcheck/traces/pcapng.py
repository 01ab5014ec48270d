"""pcapng: a bounded reader of blocks (draft-ietf-opsawg-pcapng), as far as packets need it.

Sections of either byte order, interfaces with their own link type and time resolution, enhanced, simple and the
obsolete packet blocks; every other block is skipped by its length. A block whose two lengths differ ends the
reading with a report.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO, NamedTuple

from cwmpcheck.traces.pcap import Packet, Report

__all__ = ["SECTION_MAGIC", "read_pcapng"]

SECTION_MAGIC = b"\x0a\x0d\x0d\x0a"
_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_INTERFACE, _OBSOLETE, _SIMPLE, _ENHANCED = 1, 2, 3, 6
_TIME_RESOLUTION, _TIME_OFFSET = 9, 14
_BLOCK_SLACK = 1 << 16  # options beside the packet itself


class _Interface(NamedTuple):
    link: int
    snaplen: int
    tick: float  # seconds
    offset: int  # seconds


class _Damage(Exception):
    """The block structure is broken here; the text says how."""


def read_pcapng(stream: IO[bytes], report: Report, *, most: int) -> Iterator[Packet]:
    """The packets of a pcapng file, from its first byte on; the arguments are those of ``read_pcap``."""
    number, last = 0, 0.0
    order = "<"
    interfaces: list[_Interface] = []
    while True:
        try:
            block = _block(stream, order, most + _BLOCK_SLACK)
            if block is None:
                return
            kind, body, order = block
            if kind == int.from_bytes(SECTION_MAGIC, "big"):
                interfaces = []
            elif kind == _INTERFACE:
                interfaces.append(_interface(body, order))
            elif kind in (_ENHANCED, _OBSOLETE, _SIMPLE):
                number += 1
                time, link, data, length = _packet(kind, body, order, interfaces, last)
                last = time
                yield number, time, link, data, length
        except _Damage as damage:
            at = number + 1
            report(f"{damage} after packet {number}; what follows cannot be read", at, True)
            return


def _block(stream: IO[bytes], order: str, most: int) -> tuple[int, bytes, str] | None:
    head = stream.read(8)
    if not head:
        return None
    if len(head) < 8:
        raise _Damage("the file is cut off inside a block header")
    extra = b""
    if head[:4] == SECTION_MAGIC:
        extra = stream.read(4)
        if len(extra) < 4:
            raise _Damage("the file is cut off inside a section header")
        if extra not in _ORDERS:
            raise _Damage("the file is damaged: a section of unknown byte order")
        order = _ORDERS[extra]
    kind, total = struct.unpack(order + "II", head)
    if total < 12 + len(extra) or total % 4:
        raise _Damage(f"the file is damaged: a block of {total} bytes")
    if total > most:
        raise _Damage(f"a block of {total} bytes is longer than any packet: the file is damaged or not what it seems")
    rest = stream.read(total - 8 - len(extra))
    if len(rest) < total - 8 - len(extra):
        raise _Damage("the file is cut off inside a block")
    (again,) = struct.unpack(order + "I", rest[-4:])
    if again != total:
        raise _Damage(f"the file is damaged: a block says {total} bytes at its start and {again} at its end")
    return kind, extra + rest[:-4], order


def _interface(body: bytes, order: str) -> _Interface:
    if len(body) < 8:
        raise _Damage("the file is damaged: an interface block too short")
    link, _reserved, snaplen = struct.unpack_from(order + "HHI", body)
    tick, offset = 1e-6, 0
    for code, value in _options(body, 8, order):
        if code == _TIME_RESOLUTION and value:
            power = value[0] & 0x7F
            tick = 2.0**-power if value[0] & 0x80 else 10.0**-power
        elif code == _TIME_OFFSET and len(value) == 8:
            (offset,) = struct.unpack(order + "q", value)
    return _Interface(link, snaplen, tick, offset)


def _options(body: bytes, at: int, order: str) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, at)
        if code == 0:
            return
        yield code, body[at + 4 : at + 4 + length]
        at += 4 + (length + 3 & ~3)


def _packet(
    kind: int, body: bytes, order: str, interfaces: list[_Interface], last: float
) -> tuple[float, int, bytes, int]:
    """Time, link type, data and length on the wire; a simple packet has no time of its own and takes the last one."""
    if kind == _SIMPLE:
        if len(body) < 4 or not interfaces:
            raise _Damage("the file is damaged: a simple packet without an interface")
        (length,) = struct.unpack_from(order + "I", body)
        captured = min(length, interfaces[0].snaplen or length)
        if captured > len(body) - 4:
            raise _Damage("the file is damaged: a packet longer than its block")
        return last, interfaces[0].link, body[4 : 4 + captured], length
    if len(body) < 20:
        raise _Damage("the file is damaged: a packet block too short")
    index, high, low, captured, length = struct.unpack_from(order + "IIIII", body)
    if kind == _OBSOLETE:
        index = struct.unpack_from(order + "H", body)[0]  # its other half counts drops
    if index >= len(interfaces):
        raise _Damage(f"the file is damaged: a packet of interface {index}, which was never described")
    if captured > len(body) - 20:
        raise _Damage("the file is damaged: a packet longer than its block")
    interface = interfaces[index]
    time = (high << 32 | low) * interface.tick + interface.offset
    return time, interface.link, body[20 : 20 + captured], length
