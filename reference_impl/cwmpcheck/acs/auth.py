"""Who may talk to the ACS or fetch a file: digest (RFC 7616) and basic (RFC 7617) authentication with a store of nonces.

A nonce is good for a while and for one client's rising count: a request that was seen before is never taken again, and gets
401 like a wrong password. Nothing here reads a socket or a clock.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping

import msgspec

__all__ = ["Accounts", "Doorkeeper", "Verdict"]

_PART = re.compile(r'\s*([A-Za-z0-9_-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]+)\s*(?:,|$)')
_ALGORITHMS: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}
_NEEDED = ("username", "realm", "nonce", "uri", "response", "nc", "cnonce", "qop")
_LONGEST_HEADER = 4096

Accounts = Mapping[str, str]
"""Passwords by user name; without any, everybody may come in."""


class Verdict(msgspec.Struct, frozen=True):
    """Whether a request may pass; if not, the ``WWW-Authenticate`` values to send with the 401, and why.

    Attributes:
        user: who it is, empty where nobody need be anybody.
    """

    passes: bool
    user: str = ""
    challenges: tuple[str, ...] = ()
    why: str = ""


class _Nonce:
    def __init__(self, born: float) -> None:
        self.born = born
        self.count = 0


class Doorkeeper:
    """Lets in requests that prove to know a password.

    Args:
        accounts: passwords by user name; empty lets everybody in.
        token: gives a fresh unguessable name each time: for nonces.
        realm: as in the challenge.
        basic: also take a password in the clear; for TLS and the loopback alone.
        lifetime: seconds for which a nonce is good.
        most: how many nonces are remembered; beyond that the oldest is forgotten, and its client is challenged anew.
    """

    def __init__(
        self,
        accounts: Accounts,
        token: Callable[[], str],
        *,
        realm: str = "cwmpcheck",
        basic: bool = False,
        lifetime: float = 300.0,
        most: int = 10_000,
    ) -> None:
        self._accounts = dict(accounts)
        self._token = token
        self._realm = realm
        self._basic = basic
        self._lifetime = lifetime
        self._most = most
        self._nonces: OrderedDict[str, _Nonce] = OrderedDict()

    def judge(self, method: str, target: str, header: str | None, now: float) -> Verdict:
        """Whether a request may pass.

        Args:
            method: of HTTP.
            target: path and query, as in the request line.
            header: its ``Authorization``, if it has one.
            now: seconds since 1970.
        """
        if not self._accounts:
            return Verdict(True)
        if header is None:
            return self._refusal("no credentials", now)
        scheme, _, rest = header[:_LONGEST_HEADER].partition(" ")
        if scheme.lower() == "basic" and self._basic:
            return self._basic_verdict(rest, now)
        if scheme.lower() == "digest":
            return self._digest_verdict(method, target, rest, now)
        return self._refusal("a scheme that is not offered", now)

    def _basic_verdict(self, rest: str, now: float) -> Verdict:
        try:
            user, _, password = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
        except ValueError:
            return self._refusal("basic credentials that cannot be read", now)
        known = self._accounts.get(user, "")
        return (
            Verdict(True, user)
            if _same(known, password) and user in self._accounts
            else self._refusal("a wrong password", now)
        )

    def _digest_verdict(self, method: str, target: str, rest: str, now: float) -> Verdict:
        said = _parameters(rest)
        if said is None or any(name not in said for name in _NEEDED) or said["qop"] != "auth":
            return self._refusal("digest credentials that cannot be read", now)
        digest = _ALGORITHMS.get(said.get("algorithm", "MD5").upper())
        if digest is None or said["realm"] != self._realm or said["uri"] != target:
            return self._refusal("credentials for something else", now)
        try:
            count = int(said["nc"], 16)
        except ValueError:
            return self._refusal("a count that is no number", now)
        known = said["username"] in self._accounts
        password = self._accounts.get(said["username"], "")
        if not (_same(_response(said, password, method, digest), said["response"]) and known):
            return self._refusal("a wrong password", now)
        nonce = self._nonces.get(said["nonce"])
        if nonce is None or now > nonce.born + self._lifetime:
            return self._refusal("a nonce that is not good any more", now, stale=True)
        if count <= nonce.count:
            return self._refusal("a replay", now)
        nonce.count = count
        return Verdict(True, said["username"])

    def _refusal(self, why: str, now: float, *, stale: bool = False) -> Verdict:
        name = self._token()
        self._nonces[name] = _Nonce(now)
        while len(self._nonces) > self._most:
            self._nonces.popitem(last=False)
        more = ", stale=true" if stale else ""
        offers = [f'Digest realm="{self._realm}", nonce="{name}", qop="auth", algorithm={algorithm}{more}'
                  for algorithm in ("SHA-256", "MD5")]  # fmt: skip
        if self._basic:
            offers.append(f'Basic realm="{self._realm}"')
        return Verdict(False, challenges=tuple(offers), why=why)


def _same(one: str, other: str) -> bool:
    """Compared in a time that tells nothing; a header may hold bytes that are no text, which are kept apart."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def _parameters(text: str) -> dict[str, str] | None:
    """The parameters of digest credentials; ``None`` if one is there twice or something else stands between them."""
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _PART.match(text, at)
        if match is None or match[1].lower() in found:
            return None
        value = match[2]
        found[match[1].lower()] = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        at = match.end()
    return found


def _response(said: Mapping[str, str], password: str, method: str, digest: Callable[[bytes], str]) -> str:
    def of(*parts: str) -> str:
        return digest(":".join(parts).encode("utf-8", "surrogatepass"))

    secret = of(said["username"], said["realm"], password)
    return of(secret, said["nonce"], said["nc"], said["cnonce"], said["qop"], of(method, said["uri"]))
