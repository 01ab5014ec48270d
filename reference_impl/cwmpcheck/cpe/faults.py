"""Which fault a CPE reports for which cause: before a Download is accepted, and after (rules.md 3.4, P-66)."""

from __future__ import annotations

import enum
from urllib.parse import urlsplit

from cwmpcheck.cpe.hosts import named
from cwmpcheck.cpe.settings import FIRMWARE, STORED_FIRMWARE, VENDOR_CONFIGURATION
from cwmpcheck.vocabulary.departures import Departure, DepartureKind
from cwmpcheck.wire.messages import Download, Fault, ScheduleDownload, rpc_name

__all__ = ["FetchCause", "client_fault", "fault_text", "refusal", "server_fault", "transfer_fault", "url_refusal"]

_KNOWN_TYPES = (FIRMWARE, VENDOR_CONFIGURATION, STORED_FIRMWARE)
_SCHEMES = ("http", "https")
_INVALID = {
    DepartureKind.TOO_LONG,
    DepartureKind.BAD_INTEGER,
    DepartureKind.BAD_PATTERN,
    DepartureKind.ARRAY_TOO_LONG,
    DepartureKind.ARRAY_TOO_SHORT,
}


class FetchCause(enum.StrEnum):
    """Why a file could not be fetched, or not be used."""

    AUTHENTICATION = "authentication"
    CONTACT = "contact"
    """The server's name does not resolve, or nobody answers there."""
    ACCESS = "access"
    """The server is there, and does not give the file."""
    BROKEN_OFF = "broken off"
    CORRUPT = "corrupt"
    SIGNATURE = "signature"
    """The image is whole, and not signed with the key that this device trusts."""
    OTHER = "other"


_CODES = {
    FetchCause.AUTHENTICATION: 9012,
    FetchCause.CONTACT: 9015,
    FetchCause.ACCESS: 9016,
    FetchCause.BROKEN_OFF: 9017,
    FetchCause.CORRUPT: 9018,
    FetchCause.SIGNATURE: 9019,
    FetchCause.OTHER: 9010,
}


def transfer_fault(cause: FetchCause) -> int:
    """The FaultCode of a TransferComplete for a cause; always one that TransferComplete may carry (P-06).

    >>> transfer_fault(FetchCause.ACCESS), transfer_fault(FetchCause.CORRUPT)
    (9016, 9018)
    """
    return _CODES[cause]


def fault_text(text: str) -> str:
    """A FaultString from any text: one line of printable characters, at most 256, fit for XML.

    >>> fault_text("no such\\n file\\x00 ")
    'no such file?'
    """
    line = " ".join(text.split())
    return "".join(sign if sign.isprintable() else "?" for sign in line)[:256].strip()


def refusal(
    download: Download | ScheduleDownload,
    departures: tuple[Departure, ...],
    pending: int,
    capacity: int,
    hosts: tuple[str, ...] = (),
) -> Fault | None:
    """The fault with which a download is refused at once, or ``None``: what a TransferComplete could not say later.

    Args:
        download: the request.
        departures: what the reader found irregular in it.
        pending: how many transfers are pending.
        capacity: how many may be.
        hosts: from which files may be fetched, besides this machine.
    """
    name = rpc_name(download)
    wrong = next((found for found in departures if found.message == name and found.kind in _INVALID), None)
    if wrong is not None:
        return client_fault(9003, f"{name} {wrong.path}: {wrong.detail}")
    if download.file_type not in _KNOWN_TYPES:
        return client_fault(9003, f"FileType {download.file_type!r} is not supported")
    fault = url_refusal(download.url, hosts)
    if fault is not None:
        return fault
    if pending >= capacity:
        return server_fault(9004, f"{pending} transfers are pending already")
    return None


def url_refusal(url: str, hosts: tuple[str, ...] = ()) -> Fault | None:
    """The fault for a URL from which no file may be fetched, by its spelling alone, or ``None``."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return client_fault(9003, "the URL cannot be read")
    if not parts.scheme or (parts.scheme in _SCHEMES and not host):
        return client_fault(9003, "the URL is not complete")
    if parts.scheme not in _SCHEMES:
        return server_fault(9013, f"scheme {parts.scheme!r} is not supported")
    if parts.username is not None or parts.password is not None:
        return client_fault(9003, "the URL must not hold user information")
    if not named(host or "", hosts):
        return server_fault(9001, "files are fetched from allowed hosts only")
    return None


def client_fault(code: int, text: str) -> Fault:
    """A fault of the class Client: the request is at fault."""
    return Fault(code, fault_text(text), "Client")


def server_fault(code: int, text: str) -> Fault:
    """A fault of the class Server: this device is."""
    return Fault(code, fault_text(text), "Server")
