"""HTTP digest and basic authentication without input or output: answering a challenge, and setting one (RFC 7616, 7617)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable

import msgspec

__all__ = ["MAX_ANSWERS", "Authorizer", "Challenge", "Gate", "challenges", "parameters_of"]

_PART = re.compile(r'\s*,?\s*([A-Za-z0-9_-]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]+))?')
_ALGORITHMS: dict[str, Callable[[bytes], str]] = {
    "sha-256": lambda data: hashlib.sha256(data).hexdigest(),
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
}
MAX_ANSWERS = 3
"""How many challenges one request answers: a server that calls every nonce stale must not keep a client busy."""

_NONCE_SECONDS = 300.0
_MOST_NONCES = 1000


class Challenge(msgspec.Struct, frozen=True):
    """One way in which a server lets itself be convinced: ``basic`` or ``digest``, with its parameters in lower case."""

    scheme: str
    values: dict[str, str]


def challenges(headers: Iterable[str]) -> list[Challenge]:
    """What the values of ``WWW-Authenticate`` headers offer.

    >>> [challenge.scheme for challenge in challenges(['Digest realm="a, b", nonce="1", qop="auth", Basic realm="c"'])]
    ['digest', 'basic']
    """
    found: list[Challenge] = []
    for header in headers:
        for match in _PART.finditer(header):
            name, value = match[1].lower(), match[2]
            if value is None:
                found.append(Challenge(name, {}))
            elif found:
                found[-1].values[name] = _unquoted(value)
    return found


def parameters_of(header: str) -> dict[str, str] | None:
    """The parameters of an ``Authorization: Digest`` header; ``None`` for any other scheme, or several."""
    offered = challenges([header])
    return offered[0].values if len(offered) == 1 and offered[0].scheme == "digest" else None


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


class Authorizer:
    """A client's answers to the challenges of one server, as long as it keeps to one nonce.

    Args:
        username: empty for none: no challenge is answered.
        password: that goes with it.
        basic: whether the password may be given away in the clear.
    """

    def __init__(self, username: str, password: str, *, basic: bool) -> None:
        self._username = username
        self._password = password
        self._basic = basic
        self._challenge: Challenge | None = None
        self._count = 0

    def challenged(self, headers: Iterable[str]) -> bool:
        """Take in a refusal; whether it is worth trying again: something new can be answered."""
        offered = challenges(headers)
        usable = [challenge for challenge in offered if self._usable(challenge)]
        if not (usable and self._username):
            return False
        best = max(usable, key=lambda challenge: challenge.scheme == "digest")
        before = self._challenge
        if before is not None and best.values.get("stale", "").lower() != "true":
            return False  # it was answered already, and the answer was not good
        if before is not None and before.values.get("nonce") == best.values.get("nonce"):
            return False
        self._challenge, self._count = best, 0
        return True

    def header(self, method: str, uri: str) -> str | None:
        """The ``Authorization`` for one request; ``None`` before any challenge.

        Args:
            method: of HTTP.
            uri: path and query, as in the request line.
        """
        challenge = self._challenge
        if challenge is None:
            return None
        if challenge.scheme == "basic":
            pair = f"{self._username}:{self._password}".encode()
            return f"Basic {base64.b64encode(pair).decode()}"
        self._count += 1
        values = {"username": self._username, "realm": challenge.values.get("realm", ""), "uri": uri}
        values["nonce"] = challenge.values["nonce"]
        if "opaque" in challenge.values:
            values["opaque"] = challenge.values["opaque"]
        bare = {"algorithm": challenge.values.get("algorithm", "MD5")}
        if "qop" in challenge.values:
            values["cnonce"] = secrets.token_hex(8)
            bare |= {"qop": "auth", "nc": f"{self._count:08x}"}
        values["response"] = _response(values | bare, self._password, method)
        quoted = [f'{name}="{_quotable(value)}"' for name, value in values.items()]
        return "Digest " + ", ".join([*quoted, *(f"{name}={value}" for name, value in bare.items())])

    def _usable(self, challenge: Challenge) -> bool:
        if challenge.scheme == "basic":
            return self._basic
        values = challenge.values
        known = values.get("algorithm", "MD5").lower() in _ALGORITHMS
        offered = [option.strip() for option in values.get("qop", "auth").split(",")]
        return challenge.scheme == "digest" and known and "auth" in offered and "nonce" in values


def _quotable(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _response(values: dict[str, str], password: str, method: str) -> str:
    digest = _ALGORITHMS[values.get("algorithm", "MD5").lower()]

    def of(*parts: str) -> str:
        return digest(":".join(parts).encode())

    secret = of(values["username"], values["realm"], password)
    request = of(method, values["uri"])
    if "qop" not in values:
        return of(secret, values["nonce"], request)
    return of(secret, values["nonce"], values["nc"], values["cnonce"], values["qop"], request)


class Gate:
    """A server's side: challenges with nonces of its own, each good for a while and for rising counts only.

    Args:
        realm: said in the challenge.
    """

    def __init__(self, realm: str) -> None:
        self._realm = realm
        self._nonces: dict[str, tuple[float, int]] = {}

    def challenge(self, now: float, *, stale: bool = False) -> str:
        """A ``WWW-Authenticate`` value with a new nonce."""
        self._nonces = {nonce: state for nonce, state in self._nonces.items() if state[0] > now}
        while len(self._nonces) >= _MOST_NONCES:
            self._nonces.pop(next(iter(self._nonces)))
        nonce = secrets.token_hex(16)
        self._nonces[nonce] = (now + _NONCE_SECONDS, 0)
        end = ", stale=true" if stale else ""
        return f'Digest realm="{self._realm}", nonce="{nonce}", qop="auth", algorithm=MD5{end}'

    def admits(self, header: str, method: str, uri: str, username: str, password: str, now: float) -> bool:
        """Whether an ``Authorization`` proves the password, for this request and for the first time.

        A header heard before is refused: its count is not above the last one of its nonce.
        """
        values = parameters_of(header)
        needed = {"username", "realm", "nonce", "uri", "response", "nc", "cnonce", "qop"}
        if not username or values is None or not needed <= values.keys():
            return False
        expiry, last = self._nonces.get(values["nonce"], (0.0, 0))
        if now >= expiry or not re.fullmatch(r"[0-9a-fA-F]{8}", values["nc"]) or int(values["nc"], 16) <= last:
            return False
        if (values["username"], values["realm"], values["uri"]) != (username, self._realm, uri):
            return False
        if values.get("algorithm", "MD5").lower() != "md5" or values["qop"] != "auth":
            return False
        if not hmac.compare_digest(_response(values, password, method).encode(), values["response"].encode()):
            return False
        self._nonces[values["nonce"]] = (expiry, int(values["nc"], 16))
        return True
