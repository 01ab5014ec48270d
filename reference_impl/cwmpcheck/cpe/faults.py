"""Which fault a CPE reports for which cause: before a Download is accepted, and after (rules.md 3.4, P-66)."""

from __future__ import annotations

import enum
import ipaddress
from urllib.parse import urlsplit

from cwmpcheck.cpe.settings import FIRMWARE, VENDOR_CONFIGURATION
from cwmpcheck.vocabulary.departures import Departure, DepartureKind
from cwmpcheck.wire.messages import Download, Fault

__all__ = ["FetchCause", "fault_text", "is_loopback", "refusal", "transfer_fault"]

_KNOWN_TYPES = (FIRMWARE, VENDOR_CONFIGURATION)
_SCHEMES = ("http", "https")
_INVALID = {DepartureKind.TOO_LONG, DepartureKind.BAD_INTEGER, DepartureKind.BAD_PATTERN}


class FetchCause(enum.StrEnum):
    """Why a file could not be fetched, or not be used."""

    AUTHENTICATION = "authentication"
    CONTACT = "contact"
    """The server's name does not resolve, or nobody answers there."""
    ACCESS = "access"
    """The server is there, and does not give the file."""
    BROKEN_OFF = "broken off"
    CORRUPT = "corrupt"
    OTHER = "other"


_CODES = {
    FetchCause.AUTHENTICATION: 9012,
    FetchCause.CONTACT: 9015,
    FetchCause.ACCESS: 9016,
    FetchCause.BROKEN_OFF: 9017,
    FetchCause.CORRUPT: 9018,
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


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very spelling; other names must pass again after they are resolved.

    An IPv4 address mapped into IPv6 is refused, as any other way to say one address differently.

    >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "::ffff:127.0.0.1", "10.0.0.1", "2130706433")]
    [True, True, True, False, False, False]
    """
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return False
    return address.is_loopback


def refusal(download: Download, departures: tuple[Departure, ...], pending: int, capacity: int) -> Fault | None:
    """The fault with which a Download is refused at once, or ``None``: what a TransferComplete could not say later.

    Args:
        download: the request.
        departures: what the reader found irregular in it.
        pending: how many transfers are pending.
        capacity: how many may be.
    """
    wrong = next((found for found in departures if found.message == "Download" and found.kind in _INVALID), None)
    if wrong is not None:
        return _client(9003, f"Download {wrong.path}: {wrong.detail}")
    if download.file_type not in _KNOWN_TYPES:
        return _client(9003, f"FileType {download.file_type!r} is not supported")
    fault = _url_refusal(download.url)
    if fault is not None:
        return fault
    if pending >= capacity:
        return _server(9004, f"{pending} transfers are pending already")
    return None


def _url_refusal(url: str) -> Fault | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return _client(9003, "the URL cannot be read")
    if not parts.scheme or (parts.scheme in _SCHEMES and not host):
        return _client(9003, "the URL is not complete")
    if parts.scheme not in _SCHEMES:
        return _server(9013, f"scheme {parts.scheme!r} is not supported")
    if parts.username is not None or parts.password is not None:
        return _client(9003, "the URL must not hold user information")
    if not is_loopback(host or ""):
        return _server(9001, "files are fetched from allowed hosts only")
    return None


def _client(code: int, text: str) -> Fault:
    return Fault(code, fault_text(text), "Client")


def _server(code: int, text: str) -> Fault:
    return Fault(code, fault_text(text), "Server")
