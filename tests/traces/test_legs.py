"""Two legs of one exchange, out of made-up captures."""

from __future__ import annotations

from tests.traces.dialogues import CALM, GONE, INFORMED, Load, only, says
from tests.traces.wires import ACK, RST, SYN, Talk, inform, post, reply, session

from cwmpcheck.traces import Broken, Message
from cwmpcheck.wire import (
    Download,
    InformResponse,
    TransferComplete,
    TransferCompleteResponse,
)


def proxied(
    time: float = 1e6, lose: str = "", near: str = "10.0.0.2:50000", acs: str = "10.0.0.8:7547"
) -> tuple[Talk, Talk]:
    """A session through a proxy at 10.0.0.1: the CPE's leg, and the proxy's own leg to the ACS, nested in time.

    ``lose``: "request" (the TransferComplete never reaches the ACS), "reply" (its answer never reaches the CPE).
    """
    outer, inner = Talk(client=near, time=time), Talk(client="10.0.0.1:60000", server=acs, time=time)

    def at(offset: float) -> None:
        outer.time = inner.time = time + offset

    outer.open(), inner.open()
    steps = [
        (post(inform()), reply(InformResponse())),
        (post(TransferComplete("K1")), reply(TransferCompleteResponse())),
    ]
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
    """Through a proxy the CPE's leg is kept, and each message knows its place on the other leg."""
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
        data = frame.data.replace(bytes([10, 0, 0, 8]), bytes([10, 0, 0, 9])).replace(
            bytes([10, 0, 0, 1]), bytes([10, 0, 0, 8])
        )
        inner.frames.append(frame._replace(time=frame.time + delta, data=data))
    device = only(load(outer, middle, inner))
    assert [says(s)[0] for s in device.sessions] == ["cpe:Inform"]
    assert len(device.sessions[0].items) == 6


def test_a_repetition_is_no_leg(load: Load) -> None:
    """The same Inform sent again to the same server while the first one still waits is a second attempt, not a leg."""
    one = Talk(client="10.0.0.2:1", time=1e6).open().ask(post(inform()))
    two = session(Talk(client="10.0.0.2:2", time=1e6 + 5).open()).close()
    assert [says(s) for s in only(load(one, two)).sessions] == [["cpe:Inform", "no_reply by None"], CALM]


def test_a_fleet_is_not_taken_for_legs(load: Load) -> None:
    """Devices that say the same at the same time (one id, one key, nested in time) are devices, not legs."""
    order = Download("K", "1 Firmware Upgrade Image", "http://10.0.0.5/f")
    talks = []
    for n in range(1, 6):
        talk = Talk(client=f"10.0.1.{n}:1", time=1e6 + 0.001 * n, tick=0.01 * (7 - n))
        talks.append(session(talk.open(), f"S{n}", download=order).close())
    trace = load(*talks)
    assert sorted(device.name for device in trace.devices) == [f"00AA00-Box-S{n}" for n in range(1, 6)]
    assert {tuple(says(part)) for device in trace.devices for part in device.sessions} == {
        (*INFORMED, "cpe:", "acs:Download", "cpe:DownloadResponse", "acs:")
    }
    assert trace.troubles == ()


def test_a_fleet_behind_one_proxy(load: Load) -> None:
    """Through a proxy that opens a connection for each request, each device keeps its own dialogue."""
    talks = []
    for n in range(1, 5):
        outer = Talk(client=f"10.0.1.{n}:1", time=1e6 + 0.002 * n).open()
        steps = [(post(inform(f"S{n}")), reply(InformResponse(), Set_Cookie=f"id={n}"))]
        steps += [(post(b"", Cookie=f"id={n}"), reply(status=GONE))]
        for at, (ask, answer) in enumerate(steps):
            outer.ask(ask, 4000)
            inner = Talk(client=f"10.0.0.1:{100 * n + at}", server="10.0.0.8:7547", time=outer.time + 0.1, tick=0.001)
            talks.append(inner.open().ask(ask, 4000).answer(answer).close())
            outer.time += 1
            outer.answer(answer)
        talks.append(outer.close())
    trace = load(*talks)
    assert [[says(part) for part in device.sessions] for device in trace.devices] == [[CALM]] * 4
    parts = [part for device in trace.devices for part in device.sessions]
    assert all(m.also is not None for part in parts for m in part.messages)
    assert trace.troubles == ()
