"""Digest and basic authentication: both sides agree, passwords stay where they belong, and nothing is heard twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwmpcheck.cpe.digest import Authorizer, Gate, challenges

NOW = 1000.0
NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=":"), min_size=1, max_size=20)


def admitted(gate: Gate, header: str | None, uri: str = "/call", password: str = "word", now: float = NOW) -> bool:
    """Whether the gate takes this header for a GET by ``me``."""
    return header is not None and gate.admits(header, "GET", uri, "me", password, now)


def knocking(gate: Gate, password: str = "word") -> Authorizer:
    """A client that has heard the gate's challenge."""
    client = Authorizer("me", password, basic=False)
    assert client.challenged([gate.challenge(NOW)])
    return client


def test_the_published_example_gives_the_published_response(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of RFC 2617 section 3.5 (MD5) and of RFC 7616 section 3.9.1 (SHA-256), to the digit."""
    rest = 'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"'
    cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    monkeypatch.setattr("cwmpcheck.cpe.digest.secrets.token_hex", lambda _: cnonce)
    for algorithm, expected in (
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ):
        client = Authorizer("Mufasa", "Circle of Life", basic=False)
        assert client.challenged([f"Digest {rest}, algorithm={algorithm}"])
        assert f'response="{expected}"' in str(client.header("GET", "/dir/index.html"))


@given(NAMES, NAMES)
def test_both_sides_agree(username: str, password: str) -> None:
    """Whatever the name and the password are, quotes and commas too, the gate takes the client's answer."""
    gate = Gate("realm")
    client = Authorizer(username, password, basic=False)
    assert client.challenged([gate.challenge(NOW)])
    assert gate.admits(str(client.header("GET", "/call?x=1")), "GET", "/call?x=1", username, password, NOW)


def test_every_replay_is_refused() -> None:
    """The same header twice, an older count after a newer one: refused; a fresh count on the same nonce: taken."""
    gate = Gate("realm")
    client = knocking(gate)
    first, second, third = (client.header("GET", "/call") for _ in range(3))
    assert admitted(gate, first)
    assert not admitted(gate, first)
    assert admitted(gate, third)
    assert not admitted(gate, second)
    assert admitted(gate, client.header("GET", "/call"))


def test_what_does_not_fit_is_refused() -> None:
    """Another password, path, method, gate, or an expired nonce opens nothing; nor does an empty name."""
    gate = Gate("realm")
    assert not admitted(gate, knocking(gate, "other").header("GET", "/call"))
    assert not admitted(gate, knocking(gate).header("GET", "/elsewhere"))
    assert not admitted(gate, knocking(gate).header("POST", "/call"))
    assert not admitted(gate, knocking(Gate("realm")).header("GET", "/call"))
    assert not admitted(gate, knocking(gate).header("GET", "/call"), now=NOW + 301)
    assert not gate.admits(str(knocking(gate).header("GET", "/call")), "GET", "/call", "", "", NOW)
    assert admitted(gate, knocking(gate).header("GET", "/call"))


@given(st.text(max_size=200))
def test_noise_is_refused(header: str) -> None:
    """Any header at all is judged, and noise opens nothing."""
    assert not admitted(Gate("realm"), header)
    challenges([header])


def test_old_nonces_are_forgotten() -> None:
    """However many challenges are asked for, only so many nonces are kept."""
    gate = Gate("realm")
    for _ in range(3000):
        gate.challenge(NOW)
    assert len(gate._nonces) <= 1000


def test_a_refused_answer_is_not_given_again() -> None:
    """A second challenge means that the password is wrong, unless the server says that the nonce is stale."""
    client = Authorizer("me", "word", basic=False)
    assert client.challenged(['Digest realm="r", nonce="1", qop="auth"'])
    assert not client.challenged(['Digest realm="r", nonce="2", qop="auth"'])
    assert client.challenged(['Digest realm="r", nonce="2", qop="auth", stale=true'])


def test_a_password_is_given_away_only_where_that_is_allowed() -> None:
    """Basic is answered only if allowed; digest is preferred; an unknown algorithm is not answered."""
    assert not Authorizer("me", "word", basic=False).challenged(['Basic realm="r"'])
    assert not Authorizer("", "", basic=True).challenged(['Basic realm="r"'])
    assert not Authorizer("me", "word", basic=True).challenged(['Digest realm="r", nonce="1", algorithm=SHA-1'])
    client = Authorizer("me", "word", basic=True)
    assert client.challenged(['Basic realm="r"', 'Digest realm="r", nonce="1", qop="auth"'])
    assert str(client.header("GET", "/")).startswith("Digest ")
    plain = Authorizer("me", "word", basic=True)
    assert plain.challenged(['Basic realm="r"'])
    assert plain.header("GET", "/") == "Basic bWU6d29yZA=="
