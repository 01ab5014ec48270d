"""exchanges.jsonl: good lines are read, bad ones are told by number."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.traces.wires import inform, texts

from cwmpcheck.traces import Limits, Request, Response, TcpFact, Trouble, load_trace, read_events
from cwmpcheck.traces.exchanges import ExchangesReader
from cwmpcheck.vocabulary.errors import UnreadableInput
from cwmpcheck.wire import InformResponse, write_envelope

ENDS = {"client": "10.0.0.2:1", "server": "10.0.0.1:7547", "conn": 0}


def line(**values: Any) -> str:
    """One line of the file."""
    return json.dumps({"t": 1.0, "t_end": 1.5, **ENDS, **values}) + "\n"


def request(body: str = "", **values: Any) -> str:
    """A line with a request."""
    return line(
        dir="request", method="POST", path="/", headers=[["Host", "acs"], ["Cookie", "a=b"]], body=body, **values
    )


def test_each_kind_of_line(tmp_path: Path) -> None:
    """Requests, responses, binary bodies and TCP facts come out with their line numbers."""
    text = (
        request("<a/>") + "\n" + line(dir="response", status=200, reason="OK", headers=[], body_b64="AAEC", body_len=9)
    )
    text += line(dir="tcp", event="reset", by="server", t=3) + line(dir="response", status=204, truncated=True)
    (tmp_path / "x.jsonl").write_text(text)
    asked, told, cut, fact = read_events(tmp_path / "x.jsonl").events
    assert isinstance(asked, Request)
    assert (asked.body, asked.headers[0], asked.where.line, asked.end) == (b"<a/>", ("host", "acs"), 1, 1.5)
    assert isinstance(told, Response)
    assert (told.body, told.body_length, told.capped, told.truncated, told.where.line) == (b"\0\1\2", 9, True, False, 3)
    assert isinstance(cut, Response)
    assert cut.truncated
    assert isinstance(fact, TcpFact)
    assert (fact.what, fact.by, fact.time, fact.where.line) == ("reset", "server", 3.0, 4)


@pytest.mark.parametrize(
    "bad",
    [
        "{",
        "[]",
        "{}",
        '"x"',
        "[" * 100_000,
        line(dir="sideways"),
        line(dir="tcp", event="vanished", by="server"),
        line(dir="tcp", event="reset", by="me"),
        line(dir="response", status="200"),
        line(dir="request", body_b64="%%%"),
        line(dir="request", headers=[["a"]]),
    ],
)
def test_a_bad_line_is_told_and_the_rest_is_read(tmp_path: Path, bad: str) -> None:
    """A line that cannot be read is one inconclusive trouble with its number; the others are read."""
    (tmp_path / "x.jsonl").write_text(request() + bad.rstrip("\n") + "\n" + request())
    events = read_events(tmp_path / "x.jsonl").events
    (trouble,) = (event for event in events if isinstance(event, Trouble))
    assert (trouble.where.line, trouble.inconclusive) == (2, True)
    assert sum(isinstance(event, Request) for event in events) == 2


def test_a_cut_file_is_told(tmp_path: Path) -> None:
    """Cut anywhere, the file gives the whole lines before the cut, and a trouble if a line was cut."""
    text = request("<a>\u00e4</a>").encode() * 3
    size = len(text) // 3
    for cut in range(size, len(text), 17):
        (tmp_path / "x.jsonl").write_bytes(text[:cut])
        events = read_events(tmp_path / "x.jsonl").events
        assert sum(isinstance(event, Request) for event in events) == cut // size + (cut % size == size - 1)
        assert ("cut off" in texts([e for e in events if isinstance(e, Trouble)])) == (cut % size not in (0, size - 1))


def test_long_lines_and_bodies_are_capped(tmp_path: Path) -> None:
    """A line too long is left out with a trouble, a body too long is kept in part."""
    (tmp_path / "x.jsonl").write_text(request("y" * 9000) + request("<b/>"))
    events = read_events(tmp_path / "x.jsonl", Limits(line_bytes=2000)).events
    assert [event.where.line for event in events] == [1, 2]
    assert "more than 2000 bytes" in texts(events[:1])
    capped = read_events(tmp_path / "x.jsonl").events[0]
    assert isinstance(capped, Request)
    assert (len(capped.body), capped.body_length, capped.capped) == (4096, 9000, True)


def test_gzipped_and_in_a_folder(tmp_path: Path) -> None:
    """A gzipped file is read, alone or as the only source of a folder; a note beside it adds its end, and not its start."""
    body = write_envelope(inform(), id="1").decode()
    answer = line(dir="response", status=200, headers=[], body=write_envelope(InformResponse(), id="1").decode(), t=2)
    (tmp_path / "exchanges.jsonl.gz").write_bytes(gzip.compress((request(body) + answer).encode()))
    (tmp_path / "capture.json").write_text('{"t_start": 0.5, "t_end": 9.0, "legs": ["cpe-acs", "cpe-fileserver"]}')
    alone = load_trace(tmp_path / "exchanges.jsonl.gz")
    folder = load_trace(tmp_path)
    assert alone.devices == folder.devices
    assert [m.rpc for m in alone.devices[0].sessions[0].messages] == ["Inform", "InformResponse"]
    assert (folder.start, folder.end, folder.file_server_seen, folder.sources) == (
        alone.start,
        9.0,
        True,
        ("exchanges.jsonl.gz",),
    )
    assert (alone.start, alone.end, alone.file_server_seen) == (1.0, 2.0, False)


def test_a_source_that_disagrees_is_told(tmp_path: Path, shared_dir: Path) -> None:
    """In a folder the capture leads; where the file of exchanges tells something else, that is a trouble."""
    run = shared_dir / "traces/genieacs__genieacs-sim__success"
    (tmp_path / "capture.pcap").write_bytes((run / "capture.pcap").read_bytes())
    lines = (run / "exchanges.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "exchanges.jsonl").write_text("".join(text for text in lines if "TransferCompleteResponse" not in text))
    (tmp_path / "capture.json").write_text("not JSON")
    trace = load_trace(tmp_path)
    assert trace.devices == load_trace(tmp_path / "capture.pcap").devices
    assert "exchanges.jsonl does not tell: 202BC1-BM632w-000100 session 2: acs TransferCompleteResponse" in texts(
        trace.troubles
    )
    assert "cannot be read" in texts(trace.troubles)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.just(request("<a/>").encode()), st.binary(max_size=80)), max_size=6))
def test_any_bytes_are_survived(lines: list[bytes]) -> None:
    """Whatever the lines hold, each is an event or a trouble."""
    reader = ExchangesReader("x", Limits())
    reader.read(io.BytesIO(b"\n".join(lines)))
    assert all(event.where.line is not None and event.where.line <= reader.lines for event in reader.events)


def test_a_folder_with_damaged_second_source(tmp_path: Path, shared_dir: Path) -> None:
    """A second source that cannot be read does not spoil the first."""
    run = shared_dir / "traces/genieacs__genieacs-sim__success"
    (tmp_path / "capture.pcap").write_bytes((run / "capture.pcap").read_bytes())
    (tmp_path / "exchanges.jsonl").write_bytes(b"\0" * 100)
    trace = load_trace(tmp_path)
    assert len(trace.devices) == 1
    assert "neither a packet capture nor" in texts(trace.troubles)
    with pytest.raises(UnreadableInput):
        load_trace(tmp_path / "exchanges.jsonl")
