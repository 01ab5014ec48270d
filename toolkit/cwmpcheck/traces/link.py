"""From a captured frame to a TCP segment: link layers, IPv4 and IPv6.

Addresses stay packed (address and port as bytes) until a connection is made of them. Checksums are not looked
at: on captures of the sending machine they are mostly not filled in yet.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

__all__ = ["ACK", "FIN", "LINKS", "RST", "SYN", "Segment", "Skipped", "decode", "endpoint"]

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10

_IPV4, _IPV6, _PPPOE = 0x0800, 0x86DD, 0x8864
_VLANS = frozenset({0x8100, 0x88A8, 0x9100})
_TCP = 6
_EXTENSIONS = frozenset({0, 43, 60, 51})  # hop-by-hop, routing, destination options, authentication
_FRAGMENT = 44
_RAW = frozenset({12, 14, 101, 228, 229})

LINKS: dict[int, str] = {
    0: "loopback (NULL)", 1: "Ethernet", 12: "raw IP", 14: "raw IP", 101: "raw IP", 108: "loopback (LOOP)",
    113: "Linux cooked", 228: "raw IPv4", 229: "raw IPv6", 276: "Linux cooked v2",
}  # fmt: skip
"""The link types that are understood."""


class Segment(NamedTuple):
    """One TCP segment; the ends are packed, ``length`` is that of the payload before the capture cut it."""

    source: bytes
    target: bytes
    seq: int
    ack: int
    flags: int
    payload: bytes
    length: int


class Skipped(NamedTuple):
    """A frame that carries TCP which cannot be used, and why."""

    why: str


def decode(link: int, data: bytes) -> Segment | Skipped | None:
    """The TCP segment of a frame, ``None`` if it carries something else, or why it could not be used.

    Args:
        link: link type of the capture, one of :data:`LINKS` (any other gives ``None``).
        data: the frame, possibly cut by the snapshot length.
    """
    if link == 1:
        at, kind = 14, data[12:14]
    elif link in _RAW:
        return _network(data, 0)
    elif link == 113:
        at, kind = 16, data[14:16]
    elif link == 276:
        at, kind = 20, data[0:2]
    elif link in (0, 108):
        return _network(data, 4)  # the family number differs by system; the IP version says the same
    else:
        return None
    ethertype = int.from_bytes(kind, "big")
    while ethertype in _VLANS:
        ethertype = int.from_bytes(data[at + 2 : at + 4], "big")
        at += 4
    if ethertype == _PPPOE:
        at += 8  # session header and PPP protocol number
    elif ethertype not in (_IPV4, _IPV6):
        return None
    return _network(data, at)


def _network(data: bytes, at: int) -> Segment | Skipped | None:
    if at >= len(data):
        return None
    version = data[at] >> 4
    if version == 4:
        return _ipv4(data, at)
    return _ipv6(data, at) if version == 6 else None


def _ipv4(data: bytes, at: int) -> Segment | Skipped | None:
    if len(data) < at + 20 or data[at + 9] != _TCP:
        return None
    if (data[at + 6] << 8 | data[at + 7]) & 0x3FFF:
        return Skipped("a fragment of an IPv4 packet")
    header = (data[at] & 15) * 4
    total = data[at + 2] << 8 | data[at + 3]
    # 0: left to the network card (segmentation offload); the frame itself says how much there is.
    end = at + total if total else len(data)
    return _tcp(data, at + header, end, data[at + 12 : at + 16], data[at + 16 : at + 20])


def _ipv6(data: bytes, at: int) -> Segment | Skipped | None:
    if len(data) < at + 40:
        return None
    total = data[at + 4] << 8 | data[at + 5]
    end = at + 40 + total if total else len(data)
    source, target = data[at + 8 : at + 24], data[at + 24 : at + 40]
    kind, at = data[at + 6], at + 40
    while kind in _EXTENSIONS:
        if len(data) < at + 8:
            return None
        length = (data[at + 1] + 2) * 4 if kind == 51 else (data[at + 1] + 1) * 8
        kind, at = data[at], at + length
    if kind == _FRAGMENT and len(data) > at and data[at] == _TCP:
        return Skipped("a fragment of an IPv6 packet")
    return _tcp(data, at, end, source, target) if kind == _TCP else None


def _tcp(data: bytes, at: int, end: int, source: bytes, target: bytes) -> Segment | Skipped | None:
    if len(data) < at + 20:
        return Skipped("a TCP header cut by the snapshot length")
    header = (data[at + 12] >> 4) * 4
    start = at + header
    if header < 20 or start > end:
        return Skipped("a TCP header of an impossible length")
    return Segment(
        source + data[at : at + 2],
        target + data[at + 2 : at + 4],
        int.from_bytes(data[at + 4 : at + 8], "big"),
        int.from_bytes(data[at + 8 : at + 12], "big"),
        data[at + 13],
        data[start:end],
        end - start,
    )


def endpoint(packed: bytes) -> str:
    """``host:port`` of a packed end.

    >>> endpoint(bytes([127, 0, 0, 1, 0x1D, 0x7B]))
    '127.0.0.1:7547'
    """
    host, port = packed[:-2], int.from_bytes(packed[-2:], "big")
    if len(host) == 4:
        return f"{host[0]}.{host[1]}.{host[2]}.{host[3]}:{port}"
    return f"[{ipaddress.IPv6Address(host)}]:{port}"
