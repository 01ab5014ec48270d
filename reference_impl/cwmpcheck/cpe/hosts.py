"""From which hosts a file may be fetched: this machine, and those that the owner of the device has named.

A host is judged twice: as it is spelled in a URL, and again by each address that the name resolves to.
"""

from __future__ import annotations

import ipaddress

__all__ = ["is_loopback", "named", "reachable"]


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
    return _as_itself(address) and address.is_loopback


def named(host: str, allowed: tuple[str, ...]) -> bool:
    """Whether a host in a URL is this machine, or among those allowed, letter for letter.

    >>> named("files.example", ("files.example",)), named("169.254.169.254", ("169.254.169.254",)), named("10.0.0.1", ())
    (True, False, False)
    """
    return is_loopback(host) or (host.lower() in {name.lower() for name in allowed} and not _never(host))


def reachable(host: str, address: str, allowed: tuple[str, ...]) -> bool:
    """Whether the address that an admitted host resolved to may be contacted.

    An allowed name may lead anywhere but to link-local addresses (where clouds keep their secrets), groups, and
    this machine itself; ``localhost`` to this machine alone.

    >>> [reachable("files.example", address, ("files.example",)) for address in ("192.0.2.7", "127.0.0.1", "169.254.1.1")]
    [True, False, False]
    """
    if is_loopback(host):
        return is_loopback(address)
    return named(host, allowed) and not _never(address) and not is_loopback(address)


def _never(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False  # a name
    refused = address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved
    return refused or not _as_itself(address)


def _as_itself(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether it is no IPv4 address in the clothes of an IPv6 one, and names no interface."""
    if isinstance(address, ipaddress.IPv4Address):
        return True
    disguised = address.ipv4_mapped or address.sixtofour or address.teredo
    return disguised is None and address.scope_id is None
