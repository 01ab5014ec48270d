"""File transfers, out of made-up captures."""

from __future__ import annotations

from tests.traces.dialogues import GONE, Load, only
from tests.traces.wires import RST, Talk, inform, post, reply, session, texts

from cwmpcheck.wire import (
    Download,
    InformResponse,
)

URL = "http://10.0.0.5:8080/fw/a%20b.bin?v=2"


def file_request(target: str, host: str = "10.0.0.5:8080", method: str = "GET") -> bytes:
    """A request to a file server."""
    return f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def test_fetches_belong_to_downloads(load: Load) -> None:
    """A GET of the Download's URL, in another spelling too, is its fetch, with lengths and times."""
    cpe = session(Talk().open(), download=Download("K1", "1 Firmware Upgrade Image", URL)).close()
    files = Talk(client="10.0.0.2:50001", server="10.0.0.5:8080", time=cpe.time + 1)
    files.open().ask(file_request("/fw/a b.bin?v=2".replace(" ", "%20"))).answer(reply(bytes(9000))).close()
    trace = load(cpe, files)
    (fetch,) = only(trace).fetches
    assert (fetch.status, fetch.length, fetch.expected_length, fetch.complete) == (200, 9000, 9000, True)
    assert (fetch.keys, fetch.broken, trace.file_server_seen) == (("K1",), None, True)
    assert fetch.answered is not None
    assert fetch.end is not None
    assert fetch.start < fetch.answered < fetch.end


def test_broken_fetches(load: Load) -> None:
    """A transfer cut by a reset is incomplete, with what had arrived; one never answered has no status."""
    cpe = session(Talk().open(), download=Download("K1", "1 Firmware Upgrade Image", URL)).close()
    cut = Talk(client="10.0.0.2:50001", server="10.0.0.5:8080", time=cpe.time + 1)
    cut.open().ask(file_request("/fw/a%20b.bin?v=2")).answer(reply(bytes(9000))[:4000]).put(1, RST)
    mute = Talk(client="10.0.0.2:50002", server="10.0.0.5:8080", time=cpe.time + 2)
    mute.open().ask(file_request("/fw/a%20b.bin?v=2")).close(1)
    first, second = only(load(cpe, cut, mute)).fetches
    assert (first.status, first.expected_length, first.complete, first.broken) == (200, 9000, False, "reset")
    assert 3900 < first.length < 4000
    assert (second.status, second.length, second.complete, second.broken) == (None, 0, False, "closed")


def test_connection_requests_are_no_fetches(load: Load) -> None:
    """A GET of the ConnectionRequestURL, or of the CPE's host by the ACS's host, is neither a fetch nor a session."""
    known = inform("S1", ManagementServer__ConnectionRequestURL="http://10.0.0.2:7547/cr")
    talk = Talk().open().ask(post(known)).answer(reply(InformResponse())).ask(post()).answer(reply(status=GONE)).close()
    listed = Talk(client="10.0.0.77:9", server="10.0.0.2:7547", time=talk.time).open()
    listed.ask(file_request("/cr", "10.0.0.2:7547")).answer(reply(status="401 No")).ask(
        file_request("/cr", "10.0.0.2:7547")
    ).answer(reply())
    natted = (
        Talk(client="10.0.0.1:9", server="10.0.0.2:999", time=talk.time)
        .open()
        .ask(file_request("/x", "cpe"))
        .answer(reply())
    )
    trace = load(talk, listed.close(), natted.close())
    assert only(trace).fetches == ()
    assert (len(only(trace).sessions), trace.file_server_seen) == (1, False)


def test_a_redirected_fetch_keeps_its_download(load: Load) -> None:
    """The target of a redirect belongs to the Download of the URL that was asked for first."""
    cpe = session(Talk().open(), download=Download("K1", "1 Firmware Upgrade Image", URL)).close()
    first = Talk(client="10.0.0.2:50001", server="10.0.0.5:8080", time=cpe.time + 1).open()
    first.ask(file_request("/fw/a%20b.bin?v=2")).answer(
        reply(status="302 Found", Location="http://10.0.0.6/b.bin")
    ).close()
    second = Talk(client="10.0.0.2:50002", server="10.0.0.6:80", time=cpe.time + 2).open()
    second.ask(file_request("/b.bin", "10.0.0.6")).answer(reply(bytes(10))).close()
    fetches = only(load(cpe, first, second)).fetches
    assert [(fetch.status, fetch.keys) for fetch in fetches] == [(302, ("K1",)), (200, ("K1",))]


def test_one_file_for_two_devices(load: Load) -> None:
    """Two devices with Downloads of one URL: each fetch goes to the device at its address."""
    talks = []
    for n in (1, 2):
        talk = session(
            Talk(client=f"10.0.1.{n}:1", time=1e6 + n).open(),
            f"S{n}",
            download=Download(f"K{n}", "1 Firmware Upgrade Image", URL),
        )
        files = Talk(client=f"10.0.1.{n}:2", server="10.0.0.5:8080", time=1e6 + 20 - n).open()
        talks += [talk.close(), files.ask(file_request("/fw/a%20b.bin?v=2")).answer(reply(bytes(9))).close()]
    trace = load(*talks)
    assert [[fetch.keys for fetch in device.fetches] for device in trace.devices] == [[("K1",)], [("K2",)]]


def test_content_of_nobody_is_told(load: Load) -> None:
    """A transfer that no Download names, from an address of no device, is told but accuses nobody."""
    other = Talk(client="10.9.9.9:1", server="10.0.0.5:80").open().ask(file_request("/x")).answer(reply()).close()
    trace = load(session(Talk(time=1e6 + 5).open()).close(), other)
    assert only(trace).fetches == ()
    assert "belongs to no Download" in texts(trace.troubles)
