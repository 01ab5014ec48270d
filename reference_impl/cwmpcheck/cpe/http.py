"""The CPE's HTTP client: one connection and one cookie jar for each session, nothing decided here."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import aiohttp

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
    """

    def __init__(self, url: str, *, timeout: float = 30.0, max_reply: int = 4 * 1024 * 1024) -> None:
        self._home = url
        self._url = url
        self._timeout = timeout
        self._max_reply = max_reply
        self._client: aiohttp.ClientSession | None = None

    async def post(self, data: bytes) -> tuple[int, bytes]:
        """Send one envelope, or an empty POST, and return status and body of the reply.

        Raises:
            PostFailed: the connection was refused or broke, the reply took too long or was too long.
        """
        try:
            for _ in range(_MAX_REDIRECTS + 1):
                status, body, location = await self._post(data)
                if status not in (302, 307):
                    return status, body
                self._url = self._redirected(location)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise PostFailed(f"{type(error).__name__}: {error}") from error
        raise PostFailed(f"more than {_MAX_REDIRECTS} redirects")

    async def end(self) -> None:
        """The session is over: its cookies, its connection and its redirects are forgotten."""
        client, self._client = self._client, None
        self._url = self._home
        if client is not None:
            await client.close()

    async def _post(self, data: bytes) -> tuple[int, bytes, str]:
        if self._client is None:
            # unsafe: cookies of a host named by its address count too
            jar = aiohttp.CookieJar(unsafe=True)
            limits = aiohttp.ClientTimeout(total=self._timeout)
            self._client = aiohttp.ClientSession(cookie_jar=jar, timeout=limits)
        headers = {"User-Agent": "cwmpcheck-cpe"}
        if data:
            headers |= {"Content-Type": 'text/xml; charset="utf-8"', "SOAPAction": ""}
        async with self._client.post(
            self._url,
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
            return response.status, bytes(body), response.headers.get("Location", "")

    def _redirected(self, location: str) -> str:
        target = urljoin(self._url, location)
        host = urlsplit(target).hostname or ""
        if host != urlsplit(self._home).hostname and not is_loopback(host):
            raise PostFailed(f"redirected to {host!r}, which is neither the ACS's host nor this machine")
        return target
