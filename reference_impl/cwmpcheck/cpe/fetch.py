"""Fetching the file of a Download over HTTP, from allowed hosts alone, with every failure told by its cause (P-66)."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urljoin, urlsplit

import aiohttp
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from cwmpcheck.cpe.digest import MAX_ANSWERS, Authorizer
from cwmpcheck.cpe.effects import Fetch
from cwmpcheck.cpe.faults import FetchCause
from cwmpcheck.cpe.files import FileStore, TooLarge
from cwmpcheck.cpe.hosts import named, reachable
from cwmpcheck.cpe.image import BadImage, BadSignature, verify_image

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
    """Resolves names, and gives admitted addresses alone: a name is checked again once its address is known.

    Args:
        hosts: names that may lead elsewhere than to this machine.
    """

    def __init__(self, hosts: tuple[str, ...] = ()) -> None:
        self._resolver = ThreadedResolver()
        self._hosts = hosts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The admitted addresses of a name.

        Raises:
            OSError: it has none.
        """
        found = await self._resolver.resolve(host, port, family)
        allowed = [result for result in found if reachable(host, result["host"], self._hosts)]
        if not allowed:
            raise OSError(f"{host} is not an allowed host")
        return allowed

    async def close(self) -> None:
        """Release what the resolver holds."""
        await self._resolver.close()


async def fetch_file(
    order: Fetch,
    store: FileStore,
    *,
    timeout: float = 60.0,
    hosts: tuple[str, ...] = (),
    tls: ssl.SSLContext | None = None,
    key: bytes = b"",
) -> str:
    """Fetch one file into the store, verify it if it is an image, and return its digest.

    Args:
        order: what to fetch.
        store: where it is kept.
        timeout: seconds without progress after which the fetch has failed.
        hosts: from which files may be fetched, besides this machine.
        tls: whom to believe over HTTPS.
        key: with which an image must be signed; empty: signatures do not matter.

    Raises:
        FetchFailed: with the cause.
    """
    limits = aiohttp.ClientTimeout(total=None, sock_connect=timeout, sock_read=timeout)
    # A host that is an address is never resolved: its spelling decides, here and after each redirect.
    if not named(urlsplit(order.url).hostname or "", hosts):
        raise FetchFailed(FetchCause.OTHER, "files are fetched from allowed hosts only")
    connector = aiohttp.TCPConnector(resolver=LoopbackResolver(hosts), ssl=tls or True)
    try:
        async with aiohttp.ClientSession(connector=connector, timeout=limits, auto_decompress=False) as client:
            digest = await _fetch(client, order, store, hosts)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise FetchFailed(FetchCause.CONTACT, f"no contact with the file server: {error}") from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise FetchFailed(FetchCause.BROKEN_OFF, f"the transfer broke off: {error or type(error).__name__}") from error
    except (TooLarge, OSError) as error:
        raise FetchFailed(FetchCause.OTHER, f"the file cannot be kept: {error}") from error
    if order.firmware:
        _verify(store, digest, key)
    return digest


async def _fetch(client: aiohttp.ClientSession, order: Fetch, store: FileStore, hosts: tuple[str, ...]) -> str:
    url, redirects, answers = order.url, 0, 0
    authorizer = Authorizer(order.username, order.password, basic=True)
    while redirects <= _MAX_REDIRECTS:
        headers = {"Accept-Encoding": "identity", "User-Agent": "cwmpcheck-cpe"}
        target = yarl.URL(url)
        # Credentials go out only where they are asked for.
        authorization = authorizer.header("GET", target.raw_path_qs)
        if authorization is not None:
            headers["Authorization"] = authorization
        async with client.get(target, allow_redirects=False, headers=headers) as response:
            if response.status in (301, 302, 303, 307, 308):
                before, url = url, _redirected(url, response.headers.get("Location", ""), hosts)
                redirects += 1
                if urlsplit(before).netloc != urlsplit(url).netloc:
                    authorizer = Authorizer("", "", basic=False)  # they were meant for the first server
            elif response.status == 200:
                return await store.keep(response.content.iter_chunked(_BLOCK))
            elif (
                response.status == 401
                and answers < MAX_ANSWERS
                and authorizer.challenged(response.headers.getall("WWW-Authenticate", []))
            ):
                answers += 1
            else:
                raise FetchFailed(_cause(response.status), f"the file server answered {response.status}")
    raise FetchFailed(FetchCause.OTHER, f"more than {_MAX_REDIRECTS} redirects")


def _cause(status: int) -> FetchCause:
    if status in (401, 407):
        return FetchCause.AUTHENTICATION
    return FetchCause.ACCESS if 400 <= status < 500 else FetchCause.OTHER


def _redirected(url: str, location: str, hosts: tuple[str, ...]) -> str:
    target = urljoin(url, location)
    parts = urlsplit(target)
    lowered = urlsplit(url).scheme == "https" and parts.scheme != "https"
    # No 9013 here: a TransferComplete may not carry it, so a bad target is a plain failure.
    if lowered or parts.scheme not in ("http", "https") or not named(parts.hostname or "", hosts):
        raise FetchFailed(FetchCause.OTHER, "redirected to where files may not be fetched from")
    return target


def _verify(store: FileStore, digest: str, key: bytes) -> None:
    try:
        verify_image(store.path(digest), key)
    except BadSignature as error:
        store.drop(digest)
        raise FetchFailed(FetchCause.SIGNATURE, str(error)) from error
    except BadImage as error:
        store.drop(digest)
        raise FetchFailed(FetchCause.CORRUPT, str(error)) from error
