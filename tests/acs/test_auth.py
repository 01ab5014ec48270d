"""The doorkeeper: who knows a password comes in once for each count, and nobody comes in twice with the same request."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwmpcheck.acs import Doorkeeper, Verdict

USER, PASSWORD = "box", "pass:word"


def doorkeeper(*, basic: bool = False, most: int = 10) -> Doorkeeper:
    """One with one account and nonces that can be told apart."""
    names = itertools.count(1)
    return Doorkeeper({USER: PASSWORD}, lambda: f"nonce{next(names)}", basic=basic, lifetime=60.0, most=most)


def nonce_of(verdict: Verdict) -> str:
    """The nonce of a challenge."""
    found = re.search(r'nonce="([^"]+)"', verdict.challenges[0])
    assert found is not None
    return found[1]


def credentials(
    nonce: str, count: int = 1, *, algorithm: str = "SHA-256", changed: dict[str, str] | None = None
) -> str:
    """Digest credentials, written from RFC 7616 on its own."""
    hashing = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}[algorithm]

    def of(text: str) -> str:
        return hashing(text.encode("utf-8", "surrogatepass")).hexdigest()

    said = {"username": USER, "realm": "cwmpcheck", "nonce": nonce, "uri": "/", "cnonce": "c"}
    secret, request = of(f"{USER}:cwmpcheck:{PASSWORD}"), of("POST:/")
    said["response"] = of(f"{secret}:{nonce}:{count:08x}:c:auth:{request}")
    said |= changed or {}
    quoted = ", ".join(f'{name}="{value}"' for name, value in said.items())
    return f"Digest {quoted}, algorithm={algorithm}, qop=auth, nc={count:08x}"


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_a_right_answer_comes_in_and_a_replay_does_not(algorithm: str) -> None:
    """Each count is good once; the same request again gets 401, and the next count comes in."""
    door = doorkeeper()
    nonce = nonce_of(door.judge("POST", "/", None, 0.0))
    first = credentials(nonce, 1, algorithm=algorithm)
    assert door.judge("POST", "/", first, 1.0) == Verdict(True, USER)
    again = door.judge("POST", "/", first, 2.0)
    assert (again.passes, again.why) == (False, "a replay")
    assert door.judge("POST", "/", credentials(nonce, 3, algorithm=algorithm), 3.0).passes
    assert not door.judge("POST", "/", credentials(nonce, 2, algorithm=algorithm), 3.0).passes


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"response": "0" * 64}, "a wrong password"),
        ({"username": "nobody"}, "a wrong password"),
        ({"realm": "elsewhere"}, "something else"),
        ({"uri": "/other"}, "something else"),
    ],
)
def test_what_is_wrong_in_any_part_stays_out(changed: dict[str, str], why: str) -> None:
    """A wrong response, user, realm or target is refused, and the count is not used up by it."""
    door = doorkeeper()
    nonce = nonce_of(door.judge("POST", "/", None, 0.0))
    refused = door.judge("POST", "/", credentials(nonce, 1, changed=changed), 1.0)
    assert not refused.passes
    assert why in refused.why
    assert door.judge("POST", "/", credentials(nonce), 1.0).passes


def test_a_nonce_grows_old_and_foreign_ones_are_none() -> None:
    """After its lifetime, or once forgotten, a nonce is stale: the client is told to try again with a new one."""
    door = doorkeeper(most=2)
    nonce = nonce_of(door.judge("POST", "/", None, 0.0))
    for header in (credentials(nonce), credentials("made-up")):
        stale = door.judge("POST", "/", header, 61.0)
        assert not stale.passes
        assert "stale=true" in stale.challenges[0]
    fresh = nonce_of(door.judge("POST", "/", None, 62.0))
    assert door.judge("POST", "/", credentials(fresh), 63.0).passes


def test_a_password_in_the_clear_is_taken_only_where_it_is_offered() -> None:
    """Basic works with the right password where it is switched on, and nowhere else."""
    right = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    wrong = "Basic " + base64.b64encode(f"{USER}:no".encode()).decode()
    assert not doorkeeper().judge("POST", "/", right, 0.0).passes
    assert doorkeeper(basic=True).judge("POST", "/", right, 0.0).passes
    assert not doorkeeper(basic=True).judge("POST", "/", wrong, 0.0).passes


def test_without_accounts_everybody_comes_in() -> None:
    """An empty list of accounts asks for nothing."""
    assert Doorkeeper({}, lambda: "n").judge("POST", "/", None, 0.0) == Verdict(True)


@given(
    text=st.text(st.characters(exclude_categories=()), max_size=200),
    scheme=st.sampled_from(["Digest ", "Basic ", "", "Bearer "]),
)
def test_any_header_gets_a_verdict(text: str, scheme: str) -> None:
    """Noise in the header is refused, never an error."""
    door = doorkeeper(basic=True)
    nonce = nonce_of(door.judge("POST", "/", None, 0.0))
    for header in (scheme + text, credentials(nonce).replace("response=", f"opaque=x, {text}="), credentials(text)):
        assert not door.judge("POST", "/", header, 0.0).passes or not text.strip(", ")
