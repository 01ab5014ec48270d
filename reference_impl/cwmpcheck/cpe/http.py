"""The CPE's HTTP client: one connection and one cookie jar for each session, nothing decided here."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import aiohttp
import yarl
from multidict import CIMultiDictProxy

from cwmpcheck.cpe.digest import MAX_ANSWERS, Authorizer
from cwmpcheck.cpe.hosts import is_loopback

__all__ = ["AcsClient", "PostFailed"]

_MAX_REDIRECTS = 5


class PostFailed(Exception):
    """No whole reply came."""


class AcsClient:
    """POSTs to the ACS.

    Args:
        url: where the ACS listens.
        timeout: seconds to wait for a reply; the standard asks for no less than 30.
        max_reply: bytes of a reply that are read at most.
        credentials: gives the user name and password for the ACS; no name for none.
        tls: whom to believe over HTTPS.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 30.0,
        max_reply: int = 4 * 1024 * 1024,
        credentials: Callable[[], tuple[str, str]] = lambda: ("", ""),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._home = url
        self._url = url
        self._timeout = timeout
        self._max_reply = max_reply
        self._credentials = credentials
        self._tls = tls
        self._authorizer: Authorizer | None = None
        self._client: aiohttp.ClientSession | None = None

    async def post(self, data: bytes) -> tuple[int, bytes]:
        """Send one envelope, or an empty POST, and return status and body of the reply.

        Raises:
            PostFailed: the connection was refused or broke, the reply took too long or was too long.
        """
        try:
            redirects = answers = 0
            while redirects <= _MAX_REDIRECTS:
                status, body, headers = await self._post(data)
                offers = headers.getall("WWW-Authenticate", [])
                if status == 401 and answers < MAX_ANSWERS and self._may_answer(offers):
                    answers += 1
                    continue
                if status not in (302, 307):
                    return status, body
                self._redirect(headers.get("Location", ""))
                redirects += 1
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise PostFailed(f"{type(error).__name__}: {error}") from error
        raise PostFailed(f"more than {_MAX_REDIRECTS} redirects")

    async def end(self) -> None:
        """The session is over: its cookies, its connection and its redirects are forgotten."""
        client, self._client = self._client, None
        self._authorizer = None
        self._url = self._home
        if client is not None:
            await client.close()

    async def _post(self, data: bytes) -> tuple[int, bytes, CIMultiDictProxy[str]]:
        if self._client is None:
            # unsafe: cookies of a host named by its address count too
            jar = aiohttp.CookieJar(unsafe=True)
            limits = aiohttp.ClientTimeout(total=self._timeout)
            connector = aiohttp.TCPConnector(ssl=self._tls or True)
            self._client = aiohttp.ClientSession(cookie_jar=jar, timeout=limits, connector=connector)
        headers = {"User-Agent": "cwmpcheck-cpe"}
        if data:
            headers |= {"Content-Type": 'text/xml; charset="utf-8"', "SOAPAction": ""}
        url = yarl.URL(self._url)
        authorization = self._authorizer.header("POST", url.raw_path_qs) if self._authorizer is not None else None
        if authorization is not None:
            headers["Authorization"] = authorization
        async with self._client.post(
            url,
            data=data or None,
            headers=headers,
            allow_redirects=False,
            skip_auto_headers=("Content-Type", "Accept-Encoding"),
        ) as response:
            body = bytearray()
            async for block in response.content.iter_any():
                body += block
                if len(body) > self._max_reply:
                    raise PostFailed(f"a reply of more than {self._max_reply} bytes")
            return response.status, bytes(body), response.headers

    def _may_answer(self, offers: list[str]) -> bool:
        """Whether the request is worth sending again, with an answer to the challenge."""
        if self._authorizer is None:
            # Without TLS the password is never given away in the clear (rules.md 2.7).
            basic = urlsplit(self._url).scheme == "https"
            self._authorizer = Authorizer(*self._credentials(), basic=basic)
        return self._authorizer.challenged(offers)

    def _redirect(self, location: str) -> None:
        target = urljoin(self._url, location)
        parts, before = urlsplit(target), urlsplit(self._url)
        host = parts.hostname or ""
        if host != urlsplit(self._home).hostname and not is_loopback(host):
            raise PostFailed(f"redirected to {host!r}, which is neither the ACS's host nor this machine")
        if parts.scheme not in ("http", "https") or (before.scheme, parts.scheme) == ("https", "http"):
            raise PostFailed(f"redirected from {before.scheme} to {parts.scheme!r}")
        if parts.netloc != before.netloc:
            self._authorizer = None  # a nonce belongs to one server
        self._url = target
