"""Credentials in traces: masked by default, in a way that keeps what a check needs.

A check needs to know whether the CPE returned the cookie of the ACS, not what the cookie was. So the value of
each cookie becomes ``cookie-1``, ``cookie-2``, ... in order of first appearance: equal values stay equal. Of an
``Authorization`` only the scheme is kept. Empty values stay empty, because emptiness is part of the protocol.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from cwmpcheck.wire import Envelope

__all__ = ["MASK", "Pseudonyms", "redacted", "without_userinfo"]

MASK = "<redacted>"

_SCHEME_ONLY = frozenset({"authorization", "proxy-authorization", "authentication-info", "proxy-authentication-info"})
_COOKIES = frozenset({"cookie", "set-cookie", "cookie2", "set-cookie2"})
# Attributes of Set-Cookie, which are no cookies themselves (RFC 6265, 4.1.1; $-names are those of RFC 2965).
_ATTRIBUTES = frozenset(
    {"expires", "max-age", "domain", "path", "secure", "httponly", "samesite", "version", "comment", "port", "discard"}
)
_USERINFO = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^/?#\s@]*@")
_SECRET_NAME = re.compile(
    r"password|passphrase|presharedkey|secret|\.username$|connectionrequestusername$", re.IGNORECASE
)

_S = TypeVar("_S", bound=msgspec.Struct)


def _always(_value: str) -> str:
    return MASK


def redacted(headers: Iterable[tuple[str, str]], mask: Callable[[str], str] = _always) -> tuple[tuple[str, str], ...]:
    """The headers with cookie values and credentials masked; names, order and everything else stay.

    Args:
        headers: pairs of name and value; the name may have any case.
        mask: what a cookie value becomes.

    >>> redacted([("Cookie", "session=98a7; lang=en"), ("Authorization", "Basic dTpw"), ("Host", "acs")])
    (('Cookie', 'session=<redacted>; lang=<redacted>'), ('Authorization', 'Basic <redacted>'), ('Host', 'acs'))
    """
    return tuple((name, _value(name.lower(), value, mask)) for name, value in headers)


def _value(name: str, value: str, mask: Callable[[str], str]) -> str:
    if name in _COOKIES:
        return "; ".join(_crumb(part.strip(), mask) for part in value.split(";"))
    if name in _SCHEME_ONLY and value:
        scheme, space, _rest = value.partition(" ")
        # Without a space there is no scheme: the whole value may be the secret.
        return f"{scheme} {MASK}" if space else MASK
    if name in ("location", "referer", "content-location"):
        return without_userinfo(value)
    return value


def _crumb(part: str, mask: Callable[[str], str]) -> str:
    key, equals, secret = part.partition("=")
    if key.lower().lstrip("$") in _ATTRIBUTES:
        return part
    if not equals:
        return mask(key) if key else ""
    return f"{key}={mask(secret)}" if secret else part


def without_userinfo(url: str) -> str:
    """The URL with ``user:password@`` masked.

    >>> without_userinfo("http://joe:pw@files/fw.bin")
    'http://<redacted>@files/fw.bin'
    """
    return _USERINFO.sub(rf"\g<scheme>{MASK}@", url)


class Pseudonyms:
    """Masks for one trace; remembers each secret it met, so that other texts can be cleaned of it."""

    def __init__(self) -> None:
        self._cookies: dict[str, str] = {}
        self._secrets: set[str] = set()

    def headers(self, headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """The headers as :func:`redacted` gives them, with a stable name in place of each cookie value."""
        return redacted(headers, self._cookie)

    def _cookie(self, value: str) -> str:
        return self._cookies.setdefault(value, f"cookie-{len(self._cookies) + 1}")

    def struct(self, body: _S) -> _S:
        """The message with the text of every credential masked; empty ones stay empty.

        Which fields are credentials is told by their names, at any depth.
        """
        changes: dict[str, object] = {}
        for field in body.__struct_fields__:
            old = getattr(body, field)
            new = self._field(field, old, body)
            if new is not old:
                changes[field] = new
        return msgspec.structs.replace(body, **changes) if changes else body

    def envelope(self, envelope: Envelope | None) -> Envelope | None:
        """The envelope with its message masked, and its departures cleaned of what they quote."""
        if envelope is None:
            return None
        body = self.struct(envelope.body)
        departures = tuple(msgspec.structs.replace(d, detail=self.text(d.detail)) for d in envelope.departures)
        return msgspec.structs.replace(envelope, body=body, departures=departures)

    def _field(self, field: str, value: object, owner: msgspec.Struct) -> object:
        if isinstance(value, str):
            if field in ("username", "password") or (field == "value" and self._names_secret(owner)):
                return self._remember(value)
            return self._url(value) if "url" in field or field == "value" else value
        if isinstance(value, msgspec.Struct):
            return self.struct(value)
        if isinstance(value, tuple) and any(isinstance(part, msgspec.Struct) for part in value):
            masked = tuple(self.struct(part) if isinstance(part, msgspec.Struct) else part for part in value)
            return value if all(a is b for a, b in zip(masked, value, strict=True)) else masked
        return value

    @staticmethod
    def _names_secret(owner: msgspec.Struct) -> bool:
        name = getattr(owner, "name", "")
        return isinstance(name, str) and _SECRET_NAME.search(name) is not None

    def _remember(self, secret: str) -> str:
        if not secret:
            return secret
        self._secrets.add(secret)
        return MASK

    def _url(self, text: str) -> str:
        if "@" not in text:
            return text
        for found in _USERINFO.finditer(text):
            userinfo = found[0][len(found["scheme"]) : -1]
            self._secrets.update(part for part in (userinfo, userinfo.partition(":")[2]) if part)
        return without_userinfo(text)

    def text(self, text: str) -> str:
        """A text that may quote the trace (a departure's detail), cleaned of every secret met so far."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            if len(secret) > 2 and secret in text:
                text = text.replace(secret, MASK)
        return without_userinfo(text)
