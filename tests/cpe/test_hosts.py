"""Files come only from where they may, and no name that came over the wire ever becomes a path."""

from __future__ import annotations

import asyncio
import copy
import random
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cwmpcheck.cpe import CpeCore, CpeStore, Ledger, Profile, RunningImage, Settings
from cwmpcheck.cpe.effects import Fetch, Persist
from cwmpcheck.cpe.faults import FetchCause, url_refusal
from cwmpcheck.cpe.fetch import FetchFailed, fetch_file
from cwmpcheck.cpe.files import FileStore
from cwmpcheck.cpe.hosts import named, reachable
from cwmpcheck.wire import messages, read_envelope, write_envelope
from cwmpcheck.wire.writer import CannotWrite

ELSEWHERE = [
    "169.254.169.254",
    "metadata.google.internal",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[fd00::1]",
    "[fe80::1]",
    "0.0.0.0",
    "2130706433",
    "0x7f.1",
    "127.1",
    "localhost.example",
    "example.org",
]


@pytest.mark.parametrize("host", ELSEWHERE)
def test_a_url_of_another_machine_is_refused_at_once_and_again_at_the_fetch(tmp_path: Path, host: str) -> None:
    """Metadata, private, mapped and disguised addresses: 9001 to the request, and no connection from the fetch."""
    fault = url_refusal(f"http://{host}/image")
    assert fault is not None
    assert fault.code in (9001, 9003)
    order = Fetch(1, f"http://{host}/image", "", "", True)
    with pytest.raises(FetchFailed, match="allowed hosts only") as caught:
        asyncio.run(fetch_file(order, FileStore(tmp_path / "files"), timeout=1))
    assert caught.value.cause is FetchCause.OTHER


@pytest.mark.parametrize("host", ["169.254.169.254", "::ffff:10.0.0.1", "fe80::1", "224.0.0.1", "0.0.0.0"])
def test_some_addresses_cannot_even_be_allowed(host: str) -> None:
    """Link-local, mapped, multicast and unspecified addresses stay closed though they are on the list."""
    assert not named(host, (host,))


def test_an_allowed_name_does_not_lead_home_and_this_machine_not_away() -> None:
    """A name on the list resolved to loopback or to metadata is refused, as is localhost resolved to elsewhere."""
    allowed = ("files.example",)
    assert reachable("files.example", "192.0.2.1", allowed)
    assert not reachable("files.example", "127.0.0.1", allowed)
    assert not reachable("files.example", "169.254.169.254", allowed)
    assert not reachable("localhost", "192.0.2.1", allowed)
    assert not reachable("other.example", "192.0.2.1", allowed)


async def content() -> AsyncIterator[bytes]:
    """A small file."""
    yield b"file"


def everything(folder: Path) -> set[str]:
    """Every path below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.builds(
    "".join, st.lists(st.sampled_from(["..", "/", "\\", "\x00", "a", "~", "C:", "%2e", "$HOME", "."]), max_size=12)
)


def check_name(name: str) -> None:
    """A Download with this TargetFileName is carried out in a folder of its own; nothing appears but the digest."""
    try:
        body = messages.Download(
            "k", "3 Vendor Configuration File", "http://127.0.0.1/f", target_file_name=name.strip()
        )
        data = write_envelope(body, id="1")
    except CannotWrite:
        return  # XML cannot carry it, so that no peer can send it
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        files = FileStore(root / "state" / "files")
        core = CpeCore(
            Profile(), Settings(), Ledger(), RunningImage("a", "1", "d"), "http://127.0.0.1/", random.Random(1)
        )
        effects = list(core.start(0.0))
        effects += core.reply(200, write_envelope(messages.InformResponse(), id="cpe-1"), 1.0)
        effects += core.reply(200, data, 2.0)
        assert [effect for effect in effects if isinstance(effect, Fetch)]
        digest = asyncio.run(files.keep(content()))
        effects += core.fetched(1, digest, 3.0)
        assert core.ledger.files["3 Vendor Configuration File"] == (digest, read_envelope(data).body.target_file_name)  # type: ignore[union-attr]  # a Download
        files.sweep(core.ledger.digests)
        assert everything(root) == {"state", "state/files", f"state/files/{digest}"}


@settings(max_examples=150, deadline=None)
@given(NAMES)
def test_a_target_file_name_is_never_a_path(name: str) -> None:
    """Whatever the name, the file lies under its digest and nothing else is written."""
    check_name(name)


@pytest.mark.slow
@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(NAMES)
def test_ten_thousand_target_file_names_are_never_paths(name: str) -> None:
    """The same for ten thousand names."""
    check_name(name)


def test_the_name_is_kept_as_it_was_sent(tmp_path: Path) -> None:
    """The database gives back a hostile name as plain text."""
    core = CpeCore(Profile(), Settings(), Ledger(), RunningImage("a", "1", "d"), "http://127.0.0.1/", random.Random(1))
    store = CpeStore(tmp_path / "cpe.db")
    hostile = "../../etc/passwd'); DROP TABLE files; --"
    request = messages.Download("k", "3 Vendor Configuration File", "http://127.0.0.1/f", target_file_name=hostile)
    effects = [*core.start(0.0), *core.reply(200, write_envelope(messages.InformResponse(), id="cpe-1"), 1.0)]
    effects += [*core.reply(200, write_envelope(request, id="1"), 2.0), *core.fetched(1, "ab" * 32, 3.0)]
    for effect in effects:
        if isinstance(effect, Persist):
            store.commit(effect.changes)
    assert store.load().files["3 Vendor Configuration File"] == ("ab" * 32, hostile)
    assert store.load() == copy.deepcopy(core.ledger)
    store.close()
