"""The real runs: both sources tell one dialogue, and it is what the ground truth says."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from tests.traces.wires import Frame, pcap

from cwmpcheck.traces import (
    Broken,
    HttpError,
    Message,
    Request,
    Response,
    Session,
    TcpFact,
    Trace,
    load_trace,
    outline,
    read_events,
)
from cwmpcheck.traces.link import FIN, RST, Segment, decode
from cwmpcheck.traces.pcap import read_pcap
from cwmpcheck.wire import Download, Inform, TransferComplete

TRACES = Path(__file__).resolve().parents[3] / "shared" / "traces"
RUNS = sorted(path.parent.name for path in TRACES.glob("*/exchanges.jsonl"))

pytestmark = pytest.mark.skipif(not RUNS, reason="no ../shared/traces beside this checkout")


def run(name: str, source: str = "capture.pcap") -> Trace:
    """One run, from one source."""
    return load_trace(TRACES / name / source)


def truth(name: str) -> str:
    """What the ground truth says of a run, as one text."""
    entry = json.loads((TRACES / "ground_truth.json").read_text())[name]
    return "\n".join(text for texts in entry["codes"].values() for text in texts)


@pytest.mark.parametrize("name", RUNS)
def test_both_sources_tell_the_same(name: str) -> None:
    """capture.pcap and exchanges.jsonl give the same sessions, messages, failures and transfers, with no exception."""
    one, two = run(name), run(name, "exchanges.jsonl")
    assert list(outline(one)) == list(outline(two))
    both = load_trace(TRACES / name)
    assert both.sources == ("capture.pcap", "exchanges.jsonl")
    assert [trouble for trouble in both.troubles if trouble.inconclusive] == []


@pytest.mark.parametrize("name", RUNS)
def test_every_message_is_the_same_byte_for_byte(name: str) -> None:
    """Every message and TCP fact of exchanges.jsonl, made by other tools, comes out of our reassembly too."""
    ours = read_events(TRACES / name / "capture.pcap").events
    theirs = read_events(TRACES / name / "exchanges.jsonl").events

    def key(event: object) -> tuple[object, ...]:
        if isinstance(event, TcpFact):
            return event.what, event.by, event.client, event.server, round(event.time, 6)
        assert isinstance(event, Request | Response)
        first = event.method if isinstance(event, Request) else event.status
        return (
            first,
            event.client,
            event.server,
            round(event.time, 6),
            event.headers,
            event.body[:512],
            event.body_length,
        )

    mine = {key(event) for event in ours}
    assert [event for event in theirs if key(event) not in mine] == []
    messages = [event for event in ours if isinstance(event, Request | Response)]
    assert len(messages) == sum(isinstance(event, Request | Response) for event in theirs)


def failed(part: Session) -> bool:
    """Whether a session did not come to its regular end."""
    return part.outcome == "failed"


@pytest.mark.parametrize("name", RUNS)
def test_sessions_agree_with_the_ground_truth(name: str) -> None:
    """Session numbers, their events, failures and what came later are as an independent checker found them."""
    (device,) = run(name).devices
    sessions, text = device.sessions, truth(name)
    assert all(part.number == n for n, part in enumerate(sessions))
    for number, events in re.findall(r"^session (\d+) \(([^)]*)\):", text, re.MULTILINE):
        first = sessions[int(number)].messages[0]
        assert first.envelope is not None
        assert isinstance(first.envelope.body, Inform)
        assert ",".join(event.code for event in first.envelope.body.events) == events
    for number in re.findall(r"session (\d+) failed", text):
        assert failed(sessions[int(number)])
    for number in re.findall(r"TransferComplete in session (\d+)", text):
        assert "TransferComplete" in [m.rpc for m in sessions[int(number)].messages]
    numbers = [int(number) for number in re.findall(r"\bsession (\d+)\b", text)]
    every = [number for number in numbers if re.search(rf"session {number}: (no soap-enc|ParameterList)", text)]
    if every:
        assert max(every) == len(sessions) - 1, "the codes that every Inform has name the last session"


@pytest.mark.parametrize("name", [name for name in RUNS if "never acknowledged" in (truth(name) if RUNS else "")])
def test_later_sessions_are_counted_alike(name: str) -> None:
    """After a TransferComplete that was never acknowledged, as many sessions completed as the ground truth counts."""
    (device,) = run(name).devices
    found = re.search(r"TransferComplete (\w+) never acknowledged; (\d+) later sessions completed", truth(name))
    assert found is not None
    sent = next(
        part.number
        for part in device.sessions
        for m in part.messages
        if m.envelope and isinstance(m.envelope.body, TransferComplete) and m.envelope.body.command_key == found[1]
    )
    later = [part for part in device.sessions[sent + 1 :] if part.outcome == "completed"]
    assert (len(later), failed(device.sessions[sent])) == (int(found[2]), True)


@pytest.mark.parametrize("name", RUNS)
def test_transfers_are_found(name: str) -> None:
    """Every GET of a file belongs to a Download with its URL; connection requests are none; nothing is left over."""
    (device,) = run(name).devices
    urls = {
        m.envelope.body.url: m.envelope.body.command_key
        for part in device.sessions
        for m in part.messages
        if m.envelope and isinstance(m.envelope.body, Download)
    }
    assert urls
    for fetch in device.fetches:
        assert fetch.keys == (urls[fetch.url],)
    gets = [
        json.loads(text)
        for text in (TRACES / name / "exchanges.jsonl").read_text().splitlines()
        if '"role": "fileserver"' in text and '"dir": "request"' in text
    ]
    assert [fetch.start for fetch in device.fetches] == pytest.approx([get["t"] for get in gets], abs=1e-6)


def test_no_packet_is_lost_in_silence(tmp_path: Path) -> None:
    """With any one packet missing, a real capture tells the same dialogue or says that something is missing.

    Except a lone FIN or RST: nothing else shows that it was ever sent.
    """
    data = (TRACES / "genieacs__cpe-labs-tr181__acs_killed_on_tc" / "capture.pcap").read_bytes()
    records = list(read_pcap(io.BytesIO(data), lambda *_: None, most=1 << 20))
    frames = [Frame(when, raw) for _n, when, _link, raw, _length in records]
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(frames))
    whole = list(outline(load_trace(path)))
    for lost in range(0, len(frames), 9):
        segment = decode(1, frames[lost].data)
        assert isinstance(segment, Segment)
        path.write_bytes(pcap(frames[:lost] + frames[lost + 1 :]))
        trace = load_trace(path)
        told = any(trouble.inconclusive for trouble in trace.troubles)
        assert told or list(outline(trace)) == whole or segment.flags & (FIN | RST)


def test_legs_and_losses() -> None:
    """The CPE's leg is kept: what the proxy lost, what it answered itself and what the ACS refused it, as it was."""
    lost = run("genieacs__genieacs-sim__tcr_lost").devices[0].sessions[2].items[-1]
    assert isinstance(lost, Broken)
    assert lost.unseen is not None
    assert (lost.what, lost.unseen.rpc) == ("reset", "TransferCompleteResponse")
    before = run("genieacs__anlix-sim__tc_lost_before_acs").devices[0].sessions[2].items
    assert isinstance(before[-2], Message)
    assert isinstance(before[-1], Broken)
    assert (before[-2].rpc, before[-2].also, before[-1].unseen) == ("TransferComplete", None, None)
    own = run("genieacs__softov-cwmp-sim__tcr_503").devices[0].sessions[2].items[-1]
    assert isinstance(own, HttpError)
    assert (own.status, own.also) == (503, None)
    killed = run("genieacs__cpe-labs-tr181__acs_killed_on_tc").devices[0].sessions
    assert [part.items[-1].what for part in killed if isinstance(part.items[-1], Broken)] == [
        "closed",
        "reset",
        "reset",
    ]
    response = run("genieacs__cpe-labs-arris__dl_response_lost").devices[0].sessions[1].items
    assert isinstance(response[-2], Message)
    assert (response[-2].rpc, response[-2].also) == ("DownloadResponse", None)
    assert isinstance(response[-1], Broken)


def test_a_run_without_transfer_still_saw_the_file_server() -> None:
    """Only the folder's note says that the file server's leg was recorded; the bare file cannot."""
    name = "genieacs__cpe-labs-arris__bad_args"
    assert run(name).devices[0].fetches == ()
    assert (load_trace(TRACES / name).file_server_seen, run(name).file_server_seen) == (True, False)
