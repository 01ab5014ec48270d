"""Devices, sessions, legs and transfers out of made-up captures."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.traces.wires import ACK, RST, SYN, Talk, inform, merged, pcap, post, reply, session, texts

from cwmpcheck.traces import Broken, Device, HttpError, Message, Session, Trace, load_trace
from cwmpcheck.wire import (
    Download,
    DownloadResponse,
    Fault,
    InformResponse,
    TransferComplete,
    TransferCompleteResponse,
    Unreadable,
)

GONE = "204 No Content"


@pytest.fixture
def load(tmp_path: Path) -> object:
    """Loads connections as one capture."""

    def read(*talks: Talk) -> Trace:
        (tmp_path / "made.pcap").write_bytes(pcap(merged(*talks)))
        return load_trace(tmp_path / "made.pcap")

    return read


class Load:
    """The type of the fixture ``load``."""

    def __call__(self, *talks: Talk) -> Trace: ...  # type: ignore[empty-body]  # a declaration only


def says(part: Session) -> list[str]:
    """The items of a session in words."""
    words = []
    for item in part.items:
        if isinstance(item, Message):
            words.append(f"{item.sender}:{item.rpc}")
        else:
            words.append(f"HTTP {item.status}" if isinstance(item, HttpError) else f"{item.what} by {item.by}")
    return words


def only(trace: Trace) -> Device:
    """The one device of a trace."""
    assert [device.name for device in trace.devices] == ["00AA00-Box-S1"]
    return trace.devices[0]


INFORMED = ["cpe:Inform", "acs:InformResponse"]
CALM = [*INFORMED, "cpe:", "acs:"]


def test_sessions_over_one_connection(load: Load) -> None:
    """Two sessions on one kept-alive connection are two, and both are complete."""
    device = only(load(session(session(Talk().open(), cookie="a"), cookie="b").close()))
    assert [says(s) for s in device.sessions] == [CALM, CALM]
    assert [(s.number, s.outcome, s.connections) for s in device.sessions] == [(0, "completed", (0,)), (1, "completed", (0,))]
    assert [m.index for m in device.sessions[1].messages] == [0, 1, 2, 3]


def test_a_session_over_many_connections(load: Load) -> None:
    """A new connection for each request: the cookie holds the session together, or the address without a cookie."""
    for cookie in ("c1", ""):
        given = {"Set_Cookie": f"id={cookie}"} if cookie else {}
        sent = {"Cookie": f"id={cookie}"} if cookie else {}
        one = Talk().open().ask(post(inform())).answer(reply(InformResponse(), **given)).close()
        two = Talk(client="10.0.0.2:40001", time=one.time).open().ask(post(b"", **sent)).answer(reply(status=GONE)).close()
        (only_session,) = only(load(one, two)).sessions
        assert says(only_session) == CALM
        assert only_session.connections == (0, 1)


def test_devices_behind_one_address(load: Load) -> None:
    """Two devices behind one address at the same time are told apart by cookie, each request on its own connection."""
    talks = []
    for n, serial in enumerate(("S1", "S2")):
        start = 1e6 + n * 0.005
        one = Talk(client=f"10.0.0.9:{1000 + n}", time=start).open().ask(post(inform(serial)))
        one.answer(reply(InformResponse(), Set_Cookie=f"id={serial}; Path=/; Max-Age=9")).close()
        two = Talk(client=f"10.0.0.9:{2000 + n}", time=start + 1).open().ask(post(b"", Cookie=f"lb=1; id={serial}"))
        talks += [one, two.answer(reply(status=GONE)).close()]
    trace = load(*talks)
    assert {device.name: [says(s) for s in device.sessions] for device in trace.devices} == {
        "00AA00-Box-S1": [CALM],
        "00AA00-Box-S2": [CALM],
    }


def test_an_old_cookie_does_not_mislead(load: Load) -> None:
    """A CPE that still sends the cookie of its last session is in today's one all the same."""
    talk = session(Talk().open(), cookie="old").ask(post(inform(), Cookie="session=old"))
    talk.answer(reply(InformResponse())).ask(post(b"", Cookie="session=old")).answer(reply(status=GONE))
    assert [says(s) for s in only(load(talk.close())).sessions] == [CALM, CALM]


def test_broken_sessions(load: Load) -> None:
    """Reset, close, HTTP error, no reply and the end of the capture each have their own item."""
    ask = [post(inform(retry=n)) for n in range(9)]
    at = [1e6 + 10 * n for n in range(9)]
    talks = [
        Talk(client="10.0.0.2:1", time=at[0]).open().ask(ask[0]).put(1, RST),
        Talk(client="10.0.0.2:2", time=at[1]).open().ask(ask[1]).close(1),
        Talk(client="10.0.0.2:3", time=at[2]).open().ask(ask[2]).answer(reply(status="503 Busy")).close(),
        Talk(client="10.0.0.2:4", time=at[3]).open().ask(ask[3]),
        Talk(client="10.0.0.2:5", time=at[4]).open().ask(ask[4]).answer(reply(InformResponse())[:-20]).put(1, RST),
        Talk(client="10.0.0.2:6", time=at[5]).put(0, SYN).put(1, RST | ACK),
        Talk(client="10.0.0.2:7", time=at[6]).put(0, SYN).wait(1).put(0, SYN, seq=1000),
        Talk(client="10.0.0.2:8", time=at[7]).open().put(1, RST),
        Talk(client="10.0.0.2:9", time=at[8]).open().ask(ask[8]),
    ]
    device = only(load(*talks))
    assert [says(s)[-1] for s in device.sessions] == [
        "reset by acs", "closed by acs", "HTTP 503", "no_reply by None", "reset by acs", "refused by acs",
        "timeout by None", "reset by acs", "capture_ends by None",
    ]  # fmt: skip
    assert [s.outcome for s in device.sessions] == ["failed"] * 8 + ["open"]
    assert [len(s.items) for s in device.sessions] == [2, 2, 2, 2, 2, 1, 1, 1, 2]


def test_refused_among_many_devices_is_open(load: Load) -> None:
    """A refused connection from an address of two devices belongs to neither: an inconclusive trouble."""
    talks = [session(Talk(client=f"10.0.0.9:{n}", time=1e6 + n).open(), serial=f"S{n}").close() for n in (1, 2)]
    trace = load(*talks, Talk(client="10.0.0.9:3", time=1e6 + 9).put(0, SYN).put(1, RST | ACK))
    assert [len(device.sessions) for device in trace.devices] == [1, 1]
    assert any("one of 2 devices" in t.what and t.inconclusive for t in trace.troubles)


def test_a_reset_after_the_end_changes_nothing(load: Load) -> None:
    """A connection torn down after a complete session leaves it complete."""
    (only_session,) = only(load(session(Talk().open()).put(0, RST))).sessions
    assert only_session.outcome == "completed"


def test_what_is_owed_makes_a_session_fail(load: Load) -> None:
    """An empty answer to a TransferComplete is no end: the response is owed."""
    talk = Talk().open().ask(post(inform())).answer(reply(InformResponse()))
    talk.ask(post(TransferComplete("K1"))).answer(reply(status=GONE)).close()
    (only_session,) = only(load(talk)).sessions
    assert only_session.outcome == "failed"


def test_authentication_is_below_the_session(load: Load) -> None:
    """A challenge and the same request again with credentials are one message; without new credentials they are two tries."""
    challenge = reply(status="401 Unauthorized", WWW_Authenticate='Digest realm="a", nonce="n"')
    talk = Talk().open().ask(post(inform())).answer(challenge)
    talk.ask(post(inform(), Authorization='Digest username="u", response="9"')).answer(reply(InformResponse()))
    talk.ask(post()).answer(challenge).ask(post(b"", Authorization='Digest username="u", response="8"')).answer(reply(status=GONE))
    (calm,) = only(load(talk.close())).sessions
    assert (says(calm), calm.challenges) == (CALM, 2)
    wrong = {"Authorization": "Basic dTpw"}
    talk = Talk().open().ask(post(inform(), **wrong)).answer(challenge).ask(post(inform(retry=1), **wrong)).answer(challenge)
    assert [says(s) for s in only(load(talk.close())).sessions] == [["cpe:Inform", "HTTP 401"]] * 2


def test_a_redirect_goes_on_in_the_same_session(load: Load) -> None:
    """An Inform redirected to another ACS and sent again there is one session."""
    one = Talk().open().ask(post(inform())).answer(reply(status="307 Elsewhere", Location="http://10.0.0.7:80/")).close()
    two = session(Talk(server="10.0.0.7:80", client="10.0.0.2:40001", time=one.time).open()).close()
    (calm,) = only(load(one, two)).sessions
    assert (says(calm), calm.challenges, calm.connections) == (CALM, 1, (1,))


def test_retry_request_stays_in_the_session(load: Load) -> None:
    """An Inform repeated after the fault 8005 is the same session; the repetition is seen."""
    talk = Talk().open().ask(post(inform())).answer(reply(Fault(8005, "Retry request")))
    (one,) = only(load(session(talk).close())).sessions
    assert says(one) == ["cpe:Inform", "acs:Fault", *CALM]


def test_capture_from_the_middle(load: Load) -> None:
    """What comes before the first Inform is a session of its own, of the device that is heard of later."""
    talk = Talk().open().ask(post(inform())).answer(reply(InformResponse())).ask(post(DownloadResponse(1))).answer(reply(status=GONE))
    talk.frames = talk.frames[5:]
    device = only(load(session(talk).close()))
    assert [says(s) for s in device.sessions] == [["acs:InformResponse", "cpe:DownloadResponse", "acs:"], CALM]


def test_nobody_known(load: Load) -> None:
    """Without any Inform the device is unknown, and all the same its sessions are there."""
    talk = Talk().open().ask(post(TransferComplete("K"))).answer(reply(TransferCompleteResponse())).ask(post()).answer(reply(status=GONE))
    trace = load(talk.close())
    assert [(d.name, [says(s) for s in d.sessions]) for d in trace.devices] == [
        ("unknown-1", [["cpe:TransferComplete", "acs:TransferCompleteResponse", "cpe:", "acs:"]])
    ]


def test_unreadable_bodies_are_kept(load: Load) -> None:
    """A page in place of an answer is a message whose envelope says that it cannot be read."""
    talk = Talk().open().ask(post(inform())).answer(reply(b"<html>hello</html>")).close()
    (part,) = only(load(talk)).sessions
    last = part.items[-1]
    assert isinstance(last, Message)
    assert last.envelope is not None
    assert isinstance(last.envelope.body, Unreadable)


def proxied(time: float = 1e6, lose: str = "", near: str = "10.0.0.2:50000", acs: str = "10.0.0.8:7547") -> tuple[Talk, Talk]:
    """A session through a proxy at 10.0.0.1: the CPE's leg, and the proxy's own leg to the ACS, nested in time.

    ``lose``: "request" (the TransferComplete never reaches the ACS), "reply" (its answer never reaches the CPE).
    """
    outer, inner = Talk(client=near, time=time), Talk(client="10.0.0.1:60000", server=acs, time=time)

    def at(offset: float) -> None:
        outer.time = inner.time = time + offset

    outer.open(), inner.open()
    steps = [(post(inform()), reply(InformResponse())), (post(TransferComplete("K1")), reply(TransferCompleteResponse()))]
    steps.append((post(), reply(status=GONE)))
    for n, (ask, answer) in enumerate(steps):
        at(n + 0.1)
        outer.ask(ask, 4000)
        at(n + 0.2)
        if n == 1 and lose == "request":
            outer.put(1, RST)
            inner.put(0, RST)
            break
        inner.ask(ask, 4000)
        at(n + 0.3)
        inner.answer(answer)
        at(n + 0.4)
        if n == 1 and lose == "reply":
            outer.put(1, RST)
            inner.put(0, RST)
            break
        outer.answer(answer)
    return outer, inner


def test_two_legs_are_one_dialogue(load: Load) -> None:
    """Through a proxy, the CPE's leg is kept, each message knows its place on the other leg, and no more devices appear."""
    trace = load(*proxied())
    (part,) = only(trace).sessions
    assert says(part) == [*INFORMED, "cpe:TransferComplete", "acs:TransferCompleteResponse", "cpe:", "acs:"]
    assert (part.connections, part.far_connections) == ((0,), (1,))
    assert all(m.also is not None and m.also.packet != m.where.packet for m in part.messages)
    assert trace.troubles == ()


def test_what_a_proxy_lost(load: Load) -> None:
    """A request that never reached the ACS has no place on the far leg; a lost reply is shown as unseen by the CPE."""
    (part,) = only(load(*proxied(lose="request"))).sessions
    asked, broken = part.items[-2:]
    assert isinstance(asked, Message)
    assert isinstance(broken, Broken)
    assert (asked.also, broken.what, broken.unseen) == (None, "reset", None)
    (part,) = only(load(*proxied(lose="reply"))).sessions
    asked, broken = part.items[-2:]
    assert isinstance(asked, Message)
    assert isinstance(broken, Broken)
    assert asked.also is not None
    assert broken.unseen is not None
    assert broken.unseen.rpc == "TransferCompleteResponse"


def test_refusals_of_the_far_leg_are_not_the_cpes(load: Load) -> None:
    """A proxy refused by its ACS is not an attempt of the CPE."""
    refused = Talk(client="10.0.0.1:60009", server="10.0.0.8:7547", time=1e6 + 30).put(0, SYN).put(1, RST | ACK)
    assert len(only(load(*proxied(), refused)).sessions) == 1


def test_a_chain_of_proxies(load: Load) -> None:
    """Of three legs the outermost is kept."""
    outer, middle = proxied(acs="10.0.0.8:7547")
    inner = Talk(client="10.0.0.8:1", server="10.0.0.9:7547", time=1e6)
    _again, copy = proxied()
    shift = [(frame, 0.05 if frame.data[47:].find(b"POST") >= 0 else -0.05) for frame in copy.frames]
    inner.open()
    inner.frames = []
    for frame, delta in shift:
        data = frame.data.replace(bytes([10, 0, 0, 8]), bytes([10, 0, 0, 9])).replace(bytes([10, 0, 0, 1]), bytes([10, 0, 0, 8]))
        inner.frames.append(frame._replace(time=frame.time + delta, data=data))
    device = only(load(outer, middle, inner))
    assert [says(s)[0] for s in device.sessions] == ["cpe:Inform"]
    assert len(device.sessions[0].items) == 6


def test_a_repetition_is_no_leg(load: Load) -> None:
    """The same Inform sent again to the same server while the first one still waits is a second attempt, not a leg."""
    one = Talk(client="10.0.0.2:1", time=1e6).open().ask(post(inform()))
    two = session(Talk(client="10.0.0.2:2", time=1e6 + 5).open()).close()
    assert [says(s) for s in only(load(one, two)).sessions] == [["cpe:Inform", "no_reply by None"], CALM]


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
    listed.ask(file_request("/cr", "10.0.0.2:7547")).answer(reply(status="401 No")).ask(file_request("/cr", "10.0.0.2:7547")).answer(reply())
    natted = Talk(client="10.0.0.1:9", server="10.0.0.2:999", time=talk.time).open().ask(file_request("/x", "cpe")).answer(reply())
    trace = load(talk, listed.close(), natted.close())
    assert only(trace).fetches == ()
    assert (len(only(trace).sessions), trace.file_server_seen) == (1, False)


def test_a_redirected_fetch_keeps_its_download(load: Load) -> None:
    """The target of a redirect belongs to the Download of the URL that was asked for first."""
    cpe = session(Talk().open(), download=Download("K1", "1 Firmware Upgrade Image", URL)).close()
    first = Talk(client="10.0.0.2:50001", server="10.0.0.5:8080", time=cpe.time + 1).open()
    first.ask(file_request("/fw/a%20b.bin?v=2")).answer(reply(status="302 Found", Location="http://10.0.0.6/b.bin")).close()
    second = Talk(client="10.0.0.2:50002", server="10.0.0.6:80", time=cpe.time + 2).open()
    second.ask(file_request("/b.bin", "10.0.0.6")).answer(reply(bytes(10))).close()
    fetches = only(load(cpe, first, second)).fetches
    assert [(fetch.status, fetch.keys) for fetch in fetches] == [(302, ("K1",)), (200, ("K1",))]


def test_one_file_for_two_devices(load: Load) -> None:
    """Two devices with Downloads of one URL: each fetch goes to the device at its address."""
    talks = []
    for n in (1, 2):
        talk = session(Talk(client=f"10.0.1.{n}:1", time=1e6 + n).open(), f"S{n}", download=Download(f"K{n}", "1 Firmware Upgrade Image", URL))
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
