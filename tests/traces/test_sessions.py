"""Devices and sessions out of made-up captures."""

from __future__ import annotations

from tests.traces.dialogues import CALM, GONE, Load, only, says
from tests.traces.wires import ACK, RST, SYN, Talk, inform, post, reply, session

from cwmpcheck.traces import Message
from cwmpcheck.wire import (
    DownloadResponse,
    Fault,
    InformResponse,
    TransferComplete,
    TransferCompleteResponse,
    Unreadable,
)


def test_sessions_over_one_connection(load: Load) -> None:
    """Two sessions on one kept-alive connection are two, and both are complete."""
    device = only(load(session(session(Talk().open(), cookie="a"), cookie="b").close()))
    assert [says(s) for s in device.sessions] == [CALM, CALM]
    assert [(s.number, s.outcome, s.connections) for s in device.sessions] == [
        (0, "completed", (0,)),
        (1, "completed", (0,)),
    ]
    assert [m.index for m in device.sessions[1].messages] == [0, 1, 2, 3]


def test_a_session_over_many_connections(load: Load) -> None:
    """A new connection for each request: the cookie holds the session together, or the address without a cookie."""
    for cookie in ("c1", ""):
        given = {"Set_Cookie": f"id={cookie}"} if cookie else {}
        sent = {"Cookie": f"id={cookie}"} if cookie else {}
        one = Talk().open().ask(post(inform())).answer(reply(InformResponse(), **given)).close()
        two = (
            Talk(client="10.0.0.2:40001", time=one.time)
            .open()
            .ask(post(b"", **sent))
            .answer(reply(status=GONE))
            .close()
        )
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
    """A challenge and the same request again with credentials are one message; without new ones they are two tries."""
    challenge = reply(status="401 Unauthorized", WWW_Authenticate='Digest realm="a", nonce="n"')
    talk = Talk().open().ask(post(inform())).answer(challenge)
    talk.ask(post(inform(), Authorization='Digest username="u", response="9"')).answer(reply(InformResponse()))
    talk.ask(post()).answer(challenge).ask(post(b"", Authorization='Digest username="u", response="8"')).answer(
        reply(status=GONE)
    )
    (calm,) = only(load(talk.close())).sessions
    assert (says(calm), calm.challenges) == (CALM, 2)
    wrong = {"Authorization": "Basic dTpw"}
    talk = (
        Talk()
        .open()
        .ask(post(inform(), **wrong))
        .answer(challenge)
        .ask(post(inform(retry=1), **wrong))
        .answer(challenge)
    )
    assert [says(s) for s in only(load(talk.close())).sessions] == [["cpe:Inform", "HTTP 401"]] * 2


def test_a_redirect_goes_on_in_the_same_session(load: Load) -> None:
    """An Inform redirected to another ACS and sent again there is one session."""
    one = (
        Talk().open().ask(post(inform())).answer(reply(status="307 Elsewhere", Location="http://10.0.0.7:80/")).close()
    )
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
    talk = (
        Talk()
        .open()
        .ask(post(inform()))
        .answer(reply(InformResponse()))
        .ask(post(DownloadResponse(1)))
        .answer(reply(status=GONE))
    )
    talk.frames = talk.frames[5:]
    device = only(load(session(talk).close()))
    assert [says(s) for s in device.sessions] == [["acs:InformResponse", "cpe:DownloadResponse", "acs:"], CALM]


def test_nobody_known(load: Load) -> None:
    """Without any Inform the device is unknown, and all the same its sessions are there."""
    talk = (
        Talk()
        .open()
        .ask(post(TransferComplete("K")))
        .answer(reply(TransferCompleteResponse()))
        .ask(post())
        .answer(reply(status=GONE))
    )
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


def test_one_sided_captures_are_told(load: Load) -> None:
    """Where the packets of one side are missing altogether, that is said, and nobody is accused of silence."""
    for keep in (b"\x0a\0\0\x02\x0a\0\0\x01", b"\x0a\0\0\x01\x0a\0\0\x02"):
        talk = session(Talk().open()).close()
        talk.frames = [frame for frame in talk.frames if keep in frame.data]
        trace = load(talk, Talk(client="10.0.0.9:1", time=talk.time + 10).open())
        assert any("only one side" in trouble.what and trouble.inconclusive for trouble in trace.troubles)
        assert not any("timeout" in word for d in trace.devices for part in d.sessions for word in says(part))
