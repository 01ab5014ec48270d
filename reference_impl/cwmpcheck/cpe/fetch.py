"""Fetching the file of a Download over HTTP, from allowed hosts alone, with every failure told by its cause (P-66)."""

from __future__ import annotations

import socket
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from cwmpcheck.cpe.effects import Fetch
from cwmpcheck.cpe.faults import FetchCause
from cwmpcheck.cpe.files import FileStore, TooLarge
from cwmpcheck.cpe.hosts import is_loopback
from cwmpcheck.cpe.image import BadImage, verify_image

__all__ = ["FetchFailed", "LoopbackResolver", "fetch_file"]

_MAX_REDIRECTS = 5
_BLOCK = 1 << 16


class FetchFailed(Exception):
    """The file could not be had or used.

    Attributes:
        cause: the class of reason, which decides the fault code.
    """

    def __init__(self, cause: FetchCause, text: str) -> None:
        super().__init__(text)
        self.cause = cause


class LoopbackResolver(AbstractResolver):
    """Resolves names, and gives loopback addresses alone: a name is checked again once its address is known."""

    def __init__(self) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The loopback addresses of a name.

        Raises:
            OSError: it has none.
        """
        found = await self._resolver.resolve(host, port, family)
        allowed = [result for result in found if is_loopback(result["host"])]
        if not allowed:
            raise OSError(f"{host} is not an allowed host")
        return allowed

    async def close(self) -> None:
        """Release what the resolver holds."""
        await self._resolver.close()


async def fetch_file(order: Fetch, store: FileStore, *, timeout: float = 60.0) -> str:
    """Fetch one file into the store, verify it if it is firmware, and return its digest.

    Args:
        order: what to fetch.
        store: where it is kept.
        timeout: seconds without progress after which the fetch has failed.

    Raises:
        FetchFailed: with the cause.
    """
    limits = aiohttp.ClientTimeout(total=None, sock_connect=timeout, sock_read=timeout)
    connector = aiohttp.TCPConnector(resolver=LoopbackResolver())
    try:
        async with aiohttp.ClientSession(connector=connector, timeout=limits, auto_decompress=False) as client:
            digest = await _fetch(client, order, store)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise FetchFailed(FetchCause.CONTACT, f"no contact with the file server: {error}") from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise FetchFailed(FetchCause.BROKEN_OFF, f"the transfer broke off: {error or type(error).__name__}") from error
    except (TooLarge, OSError) as error:
        raise FetchFailed(FetchCause.OTHER, f"the file cannot be kept: {error}") from error
    if order.firmware:
        _verify(store, digest)
    return digest


async def _fetch(client: aiohttp.ClientSession, order: Fetch, store: FileStore) -> str:
    url, headers = order.url, {"Accept-Encoding": "identity", "User-Agent": "cwmpcheck-cpe"}
    for _ in range(_MAX_REDIRECTS + 1):
        async with client.get(url, allow_redirects=False, headers=headers) as response:
            if response.status in (301, 302, 303, 307, 308):
                url = _redirected(url, response.headers.get("Location", ""))
            elif response.status == 401 and order.username and "Authorization" not in headers:
                # Credentials go out only where they are asked for; digest comes with the wider reference CPE.
                headers["Authorization"] = aiohttp.encode_basic_auth(order.username, order.password)
            elif response.status == 200:
                return await store.keep(response.content.iter_chunked(_BLOCK))
            else:
                raise FetchFailed(_cause(response.status), f"the file server answered {response.status}")
    raise FetchFailed(FetchCause.OTHER, f"more than {_MAX_REDIRECTS} redirects")


def _cause(status: int) -> FetchCause:
    if status in (401, 407):
        return FetchCause.AUTHENTICATION
    return FetchCause.ACCESS if 400 <= status < 500 else FetchCause.OTHER


def _redirected(url: str, location: str) -> str:
    target = urljoin(url, location)
    parts = urlsplit(target)
    lowered = urlsplit(url).scheme == "https" and parts.scheme != "https"
    # No 9013 here: a TransferComplete may not carry it, so a bad target is a plain failure.
    if lowered or parts.scheme not in ("http", "https") or not is_loopback(parts.hostname or ""):
        raise FetchFailed(FetchCause.OTHER, "redirected to where files may not be fetched from")
    return target


def _verify(store: FileStore, digest: str) -> None:
    try:
        verify_image(store.path(digest))
    except BadImage as error:
        store.drop(digest)
        raise FetchFailed(FetchCause.CORRUPT, str(error)) from error
