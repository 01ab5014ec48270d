"""Credentials in a trace are masked, and what a check needs of them is kept."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.traces.wires import Talk, inform, pcap, post, reply

from cwmpcheck.traces import Message, Trace, header, load_trace, redacted
from cwmpcheck.traces.redaction import Pseudonyms
from cwmpcheck.wire import DepartureKind, Download, DownloadResponse, Inform, InformResponse, write_envelope

SECRETS = ("dXNlcjpwYXNz", "hunter2", "joe-the-user", "c00k1e", "urlpass", "acspass")


@pytest.fixture
def trace_file(tmp_path: Path) -> Path:
    """A capture in which every place that can hold a credential holds one."""
    order = Download("K1", "1 Firmware Upgrade Image", "http://joe:urlpass@10.0.0.5/f", "joe-the-user", "hunter2")
    ordered = write_envelope(order, id="1", allow=(DepartureKind.USERINFO_IN_URL,))
    talk = (
        Talk().open().ask(post(inform("S1", ManagementServer__Password="acspass"), Authorization="Basic dXNlcjpwYXNz"))
    )
    talk.answer(reply(InformResponse(), Set_Cookie="session=c00k1e; Path=/; HttpOnly"))
    talk.ask(post(b"", Cookie="session=c00k1e; other=c00k1e-2")).answer(reply(ordered))
    talk.ask(post(DownloadResponse(1), Cookie="session=c00k1e")).answer(reply(status="204 No Content")).close()
    files = Talk(client="10.0.0.2:5", server="10.0.0.5:80", time=talk.time).open()
    files.ask(
        b"GET http://joe:urlpass@10.0.0.5/f HTTP/1.1\r\nHost: x\r\nAuthorization: Basic dXNlcjpwYXNz\r\n\r\n"
    ).answer(reply(b"x"))
    (tmp_path / "a.pcap").write_bytes(pcap(talk.frames + files.close().frames))
    return tmp_path / "a.pcap"


def messages(trace: Trace) -> list[Message]:
    """All messages of the trace."""
    return [m for device in trace.devices for part in device.sessions for m in part.messages]


def test_no_secret_in_any_output(trace_file: Path) -> None:
    """Neither repr nor JSON of a trace shows a planted secret."""
    trace = load_trace(trace_file)
    assert len(trace.devices[0].fetches) == 1
    for text in (repr(trace), msgspec.json.encode(trace).decode(), str(trace.troubles)):
        assert [secret for secret in SECRETS if secret in text] == []


def test_what_checks_need_is_kept(trace_file: Path) -> None:
    """Equal cookies stay equal and others different, the scheme and emptiness stay, the rest is untouched."""
    asked, told, polled, ordered, *_rest = messages(load_trace(trace_file))
    assert header(asked.headers, "authorization") == "Basic <redacted>"
    assert header(told.headers, "set-cookie") == "session=cookie-1; Path=/; HttpOnly"
    assert header(polled.headers, "cookie") == "session=cookie-1; other=cookie-2"
    assert ordered.envelope is not None
    body = ordered.envelope.body
    assert isinstance(body, Download)
    assert (body.username, body.password, body.url) == ("<redacted>", "<redacted>", "http://<redacted>@10.0.0.5/f")
    assert (body.command_key, body.success_url) == ("K1", "")


def test_secrets_can_be_kept(trace_file: Path) -> None:
    """On demand everything stays as it was sent."""
    asked, *_rest = messages(load_trace(trace_file, keep_secrets=True))
    assert header(asked.headers, "authorization") == "Basic dXNlcjpwYXNz"
    assert asked.envelope is not None
    assert isinstance(asked.envelope.body, Inform)
    assert asked.envelope.body.value_of("ManagementServer.Password") == "acspass"


def test_redacted_headers() -> None:
    """Every kind of credential header is masked, whatever its case and form; other headers stay."""
    headers = [
        ("Authorization", 'Digest username="u", response="abc"'),
        ("PROXY-AUTHORIZATION", "tokenwithoutscheme"),
        ("Set-Cookie", "sid=xyz; Expires=Wed, 01 Jan 2031 00:00:00 GMT; Secure"),
        ("Cookie", "$Version=1; sid=xyz; bare; empty="),
        ("Content-Type", "text/xml"),
    ]
    assert [value for _name, value in redacted(headers)] == [
        "Digest <redacted>",
        "<redacted>",
        "sid=<redacted>; Expires=Wed, 01 Jan 2031 00:00:00 GMT; Secure",
        "$Version=1; sid=<redacted>; <redacted>; empty=",
        "text/xml",
    ]


def test_quoted_secrets_are_cleaned() -> None:
    """A departure that quotes a masked value is masked too."""
    secrets = Pseudonyms()
    secrets.struct(Download("K", "1 Firmware Upgrade Image", "http://u:topsecret@h/", password="hunter2"))
    assert (
        secrets.text("'hunter2' is no enumeration; http://u:topsecret@h/")
        == "'<redacted>' is no enumeration; http://<redacted>@h/"
    )
