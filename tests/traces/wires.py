"""Made-up wires for the tests: TCP conversations as frames, and files of frames."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cwmpcheck.wire import (
    Body,
    DeviceId,
    Download,
    DownloadResponse,
    Event,
    Inform,
    InformResponse,
    Parameter,
    write_envelope,
)

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


class Frame(NamedTuple):
    """One frame on the wire and when it was captured."""

    time: float
    data: bytes


def address(end: str) -> tuple[bytes, int]:
    """The packed address and the port of ``host:port`` (IPv6 in brackets)."""
    host, _, port = end.rpartition(":")
    return ipaddress.ip_address(host.strip("[]")).packed, int(port)


def segment(source: str, target: str, seq: int, ack: int, flags: int, payload: bytes = b"") -> bytes:
    """An IP packet with one TCP segment."""
    (a, sport), (b, dport) = address(source), address(target)
    tcp = struct.pack(">HHIIBBHHH", sport, dport, seq % 2**32, ack % 2**32, 5 << 4, flags, 65535, 0, 0) + payload
    if len(a) == 4:
        return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + a + b + tcp
    return struct.pack(">IHBB", 6 << 28, len(tcp), 6, 64) + a + b + tcp


def link_frame(link: int, packet: bytes) -> bytes:
    """The IP packet in a frame of the link type (1, 0, 108, 101, 113, 276)."""
    kind = 0x0800 if packet[0] >> 4 == 4 else 0x86DD
    heads = {
        1: bytes(12) + struct.pack(">H", kind),
        0: struct.pack("<I", 2 if kind == 0x0800 else 30),
        108: struct.pack(">I", 2 if kind == 0x0800 else 24),
        101: b"",
        113: struct.pack(">HHHQH", 0, 1, 6, 0, kind),
        276: struct.pack(">HHIHBBQ", kind, 0, 1, 1, 0, 6, 0),
    }
    return heads[link] + packet


def pcap(
    frames: Iterable[Frame], *, order: str = "<", nano: bool = False, link: int = 1, snaplen: int = 262144
) -> bytes:
    """A classic pcap file."""
    unit = 10**9 if nano else 10**6
    out = [struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snaplen, link)]
    for time, data in frames:
        kept = data[:snaplen]
        seconds, rest = divmod(round(time * unit), unit)
        out += [struct.pack(order + "IIII", seconds, rest, len(kept), len(data)), kept]
    return b"".join(out)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """One pcapng block."""
    body += bytes(-len(body) % 4)
    total = len(body) + 12
    return struct.pack(order + "II", kind, total) + body + struct.pack(order + "I", total)


def section(order: str = "<", link: int = 1, resolution: int | None = None) -> bytes:
    """A pcapng section header and one interface; ``resolution`` is the byte of if_tsresol."""
    head = block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)
    options = b"" if resolution is None else struct.pack(order + "HHB3xHH", 9, 1, resolution, 0, 0)
    return head + block(1, struct.pack(order + "HHI", link, 0, 262144) + options, order)


def pcapng(frames: Iterable[Frame], *, order: str = "<", link: int = 1, nano: bool = False) -> bytes:
    """A pcapng file of enhanced packet blocks."""
    out = [section(order, link, 9 if nano else None)]
    for time, data in frames:
        ticks = round(time * (10**9 if nano else 10**6))
        head = struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data))
        out.append(block(6, head + data, order))
    return b"".join(out)


@dataclass
class Talk:
    """One TCP connection as frames; each call takes a step of ``tick`` seconds."""

    client: str = "10.0.0.2:40000"
    server: str = "10.0.0.1:7547"
    time: float = 1_000_000.0
    tick: float = 0.01
    seqs: list[int] = field(default_factory=lambda: [1000, 5000])
    link: int = 1
    frames: list[Frame] = field(default_factory=list)

    def put(self, side: int, flags: int, payload: bytes = b"", seq: int | None = None) -> Talk:
        """A segment of the client (0) or the server (1); a given ``seq`` does not move the count on."""
        ends = (self.client, self.server) if side == 0 else (self.server, self.client)
        at = self.seqs[side] if seq is None else seq
        packet = segment(*ends, at, self.seqs[1 - side], flags, payload)
        self.frames.append(Frame(self.time, link_frame(self.link, packet)))
        self.time += self.tick
        if seq is None:
            self.seqs[side] += len(payload) + bool(flags & (SYN | FIN))
        return self

    def open(self) -> Talk:
        """The three-way handshake."""
        return self.put(0, SYN).put(1, SYN | ACK).put(0, ACK)

    def ask(self, data: bytes, cut: int = 1460) -> Talk:
        """The client sends, in segments of at most ``cut`` bytes."""
        return self._send(0, data, cut)

    def answer(self, data: bytes, cut: int = 1460) -> Talk:
        """The server sends."""
        return self._send(1, data, cut)

    def _send(self, side: int, data: bytes, cut: int) -> Talk:
        for start in range(0, len(data), cut):
            self.put(side, ACK | PSH, data[start : start + cut])
        return self

    def close(self, first: int = 0) -> Talk:
        """Both FINs."""
        return self.put(first, FIN | ACK).put(1 - first, FIN | ACK).put(first, ACK)

    def wait(self, seconds: float) -> Talk:
        """Nothing happens for a while."""
        self.time += seconds
        return self


def post(body: bytes | Body = b"", host: str = "acs", path: str = "/", id: str = "1", **headers: str) -> bytes:
    """A POST; ``headers`` have ``_`` for ``-``."""
    data = body if isinstance(body, bytes) else write_envelope(body, id=id)
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(data)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + data


def reply(body: bytes | Body = b"", status: str = "200 OK", id: str = "1", **headers: str) -> bytes:
    """A response with its length."""
    data = body if isinstance(body, bytes) else write_envelope(body, id=id)
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(data)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + data


def inform(serial: str = "S1", *codes: str, retry: int = 0, **values: str) -> Inform:
    """An Inform of a device with this serial number; ``values`` are parameters, ``__`` for ``.``."""
    parameters = (
        Parameter("Device.DeviceInfo.HardwareVersion", "1"),
        Parameter("Device.DeviceInfo.SoftwareVersion", "1.0"),
        Parameter("Device.DeviceInfo.ProvisioningCode", ""),
        Parameter("Device.ManagementServer.ParameterKey", ""),
        *(Parameter("Device." + name.replace("__", "."), value) for name, value in values.items()),
    )
    return Inform(
        DeviceId("Acme", "00AA00", "Box", serial), tuple(Event(code) for code in codes or ("2 PERIODIC",)),
        current_time="2026-01-01T00:00:00Z", retry_count=retry, parameters=parameters,
    )  # fmt: skip


def session(talk: Talk, serial: str = "S1", cookie: str = "", download: Download | None = None) -> Talk:
    """A whole session on an open connection: Inform, empty POST, perhaps a Download, the end."""
    given = {"Set_Cookie": f"session={cookie}; Path=/"} if cookie else {}
    sent = {"Cookie": f"session={cookie}"} if cookie else {}
    talk.ask(post(inform(serial))).answer(reply(InformResponse(), **given)).ask(post(b"", **sent))
    if download is not None:
        talk.answer(reply(download)).ask(post(DownloadResponse(1), **sent))
    return talk.answer(reply(status="204 No Content"))


def merged(*talks: Talk) -> list[Frame]:
    """The frames of several connections by time."""
    return sorted((frame for talk in talks for frame in talk.frames), key=lambda frame: frame.time)


def texts(troubles: Sequence[object]) -> str:
    """What the troubles say, in one text."""
    return "\n".join(str(getattr(trouble, "what", trouble)) for trouble in troubles)
