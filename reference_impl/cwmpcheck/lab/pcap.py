"""A pcap file of what a proxy saw: TCP segments with sequence numbers, acknowledgements and checksums that are right.

The proxy sees streams, not packets, so segment boundaries are made up (one segment size, each piece acknowledged at
once); order, bytes, times, and who closed or reset are as they were.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator

from cwmpcheck.lab.recorder import Kind, Side, TcpEvent

__all__ = ["SEGMENT", "write_pcap"]

SEGMENT = 1460
"""Bytes of data in one packet at most."""

_MAGIC = 0xA1B2C3D4
_ETHERNET = 1
_SNAPLEN = 262144
_FIN, _SYN, _RST, _PSH, _ACK = 0x01, 0x02, 0x04, 0x08, 0x10
_WINDOW = 65535
_MAXIMUM_SEGMENT_OPTION = struct.pack("!BBH", 2, 4, SEGMENT)


def write_pcap(events: Iterable[TcpEvent]) -> bytes:
    """The bytes of a capture file.

    Args:
        events: in order of time.

    >>> write_pcap([])[:4].hex()
    'd4c3b2a1'
    """
    parts = [struct.pack("<IHHiIII", _MAGIC, 2, 4, 0, 0, _SNAPLEN, _ETHERNET)]
    for moment, packet in _packets(events):
        seconds, micros = divmod(round(moment * 1_000_000), 1_000_000)
        parts.append(struct.pack("<IIII", seconds, micros, len(packet), len(packet)) + packet)
    return b"".join(parts)


def _packets(events: Iterable[TcpEvent]) -> Iterator[tuple[float, bytes]]:
    flows: dict[int, _Flow] = {}
    for event in events:
        flow = flows.setdefault(event.connection, _Flow(event))
        for packet in flow.show(event):
            yield event.time, packet


class _Flow:
    """The two sequence numbers of one connection."""

    def __init__(self, event: TcpEvent) -> None:
        self._ends = {Side.CLIENT: event.client, Side.SERVER: event.server}
        # Different for each flow, and the same each time the same record is written.
        self._next = {Side.CLIENT: 1000 + 100_000 * event.connection, Side.SERVER: 51_000 + 100_000 * event.connection}
        self._packets = 0

    def show(self, event: TcpEvent) -> Iterator[bytes]:
        side = event.side
        match event.kind:
            case Kind.OPENED:
                yield self._packet(Side.CLIENT, _SYN, options=_MAXIMUM_SEGMENT_OPTION)
                yield self._packet(Side.SERVER, _SYN | _ACK, options=_MAXIMUM_SEGMENT_OPTION)
                yield self._packet(Side.CLIENT, _ACK)
            case Kind.REFUSED:
                yield self._packet(Side.CLIENT, _SYN, options=_MAXIMUM_SEGMENT_OPTION)
                yield self._packet(Side.SERVER, _RST | _ACK)
            case Kind.DATA:
                for start in range(0, len(event.data), SEGMENT):
                    yield self._packet(side, _PSH | _ACK, event.data[start : start + SEGMENT])
                yield self._packet(side.other, _ACK)
            case Kind.CLOSED:
                yield self._packet(side, _FIN | _ACK)
                yield self._packet(side.other, _ACK)
            case Kind.RESET:
                yield self._packet(side, _RST | _ACK)

    def _packet(self, sender: Side, flags: int, data: bytes = b"", options: bytes = b"") -> bytes:
        source, target = self._ends[sender], self._ends[sender.other]
        acknowledged = self._next[sender.other] if flags & _ACK else 0
        offset = (20 + len(options)) // 4 << 4
        sequence = self._next[sender] & 0xFFFFFFFF
        head = struct.pack("!HHIIBBHHH", source[1], target[1], sequence, acknowledged, offset, flags, _WINDOW, 0, 0)
        segment = head + options + data
        addresses = socket.inet_aton(source[0]) + socket.inet_aton(target[0])
        pseudo = addresses + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(segment))
        segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
        self._next[sender] += len(data) + (1 if flags & (_SYN | _FIN) else 0)
        self._packets += 1
        return self._frame(addresses, segment)

    def _frame(self, addresses: bytes, segment: bytes) -> bytes:
        total = 20 + len(segment)
        fields = struct.pack("!BBHHHBBH", 0x45, 0, total, self._packets & 0xFFFF, 0x4000, 64, socket.IPPROTO_TCP, 0)
        header = fields[:10] + struct.pack("!H", checksum(fields + addresses)) + addresses
        return bytes(12) + b"\x08\x00" + header + segment


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071) of some bytes.

    >>> hex(checksum(bytes.fromhex("0001f203f4f5f6f7")))
    '0x220d'
    """
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
