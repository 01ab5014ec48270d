"""Documents made to hurt a reader are refused at once, and cost no more than their bytes."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from cwmpcheck.vocabulary.departures import DepartureKind
from cwmpcheck.wire import Inform, Limits, Unreadable, read_envelope

OPEN = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
CLOSE = b"</s:Body></s:Envelope>"
INFORM = b'<c:Inform xmlns:c="urn:dslforum-org:cwmp-1-0">'
MILLION = 1_000_000


def billion_laughs() -> bytes:
    """Ten entities, each ten times the one before."""
    entities = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 11))
    return b'<!DOCTYPE s [<!ENTITY e0 "ha">' + entities + b"]>" + OPEN + b"&e10;" + CLOSE


DOCTYPE, LARGE, MALFORMED = DepartureKind.DOCTYPE_REFUSED, DepartureKind.TOO_LARGE, DepartureKind.MALFORMED_XML
NOT_SOAP, CUT = DepartureKind.NOT_SOAP, DepartureKind.TRUNCATED

HOSTILE: dict[str, tuple[bytes, DepartureKind]] = {
    "entity bomb": (billion_laughs(), DOCTYPE),
    "quadratic blow-up": (
        b'<!DOCTYPE s [<!ENTITY e "' + b"a" * 50_000 + b'">]>' + OPEN + b"&e;" * 50_000 + CLOSE,
        DOCTYPE,
    ),
    "external entity": (b'<!DOCTYPE s [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + OPEN + b"&e;" + CLOSE, DOCTYPE),
    "external entity by network": (b'<!DOCTYPE s SYSTEM "http://127.0.0.1:9/x.dtd">' + OPEN + CLOSE, DOCTYPE),
    "parameter entity": (b'<!DOCTYPE s [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>' + OPEN + CLOSE, DOCTYPE),
    "doctype behind comments": (b"<!-- x --><?a b?>\n" * 20_000 + b"<!DOCTYPE s []>" + OPEN + CLOSE, DOCTYPE),
    "doctype in UTF-16": ("<!DOCTYPE s []>".encode("utf-16") + (OPEN + CLOSE).decode().encode("utf-16-le"), DOCTYPE),
    "deep nesting": (OPEN + b"<a>" * MILLION + b"</a>" * MILLION + CLOSE, LARGE),
    "nesting below the count": (OPEN + b"<a>" * 90_000 + b"</a>" * 90_000 + CLOSE, LARGE),
    "a million elements": (OPEN + b"<a/>" * MILLION + CLOSE, LARGE),
    "a million attributes": (OPEN + b"<a " + b" ".join(b'a%d=""' % n for n in range(MILLION)) + b"/>" + CLOSE, LARGE),
    "many short attributes": (OPEN + b"<a " + b" ".join(b'a%d=""' % n for n in range(250_000)) + b"/>" + CLOSE, LARGE),
    "hundred megabytes": (OPEN + b" " * (100 * MILLION) + CLOSE, LARGE),
    "one attribute a hundred thousand times": (OPEN + b"<a " + b'a="" ' * 100_000 + b"/>" + CLOSE, MALFORMED),
    "a name of three megabytes": (OPEN + b"<" + b"a" * 3_000_000 + b"/>" + CLOSE, MALFORMED),
    "undefined entity": (OPEN + b"&boom;" + CLOSE, MALFORMED),
    "UTF-7": (b'<?xml version="1.0" encoding="UTF-7"?>' + OPEN + CLOSE, MALFORMED),
    "EBCDIC": ('<?xml version="1.0" encoding="IBM037"?><a/>'.encode("cp037"), NOT_SOAP),
    "UTF-16 without a mark": ("<!DOCTYPE s []><s/>".encode("utf-16-le"), MALFORMED),
    "bad UTF-8": (OPEN + b"\xc3\x28" + CLOSE, MALFORMED),
    "null character": (OPEN + b"\x00" + CLOSE, MALFORMED),
    "control character by reference": (OPEN + b"&#8;" + CLOSE, MALFORMED),
    "unfinished comment": (OPEN + b"<!-- " + b"-" * 100_000, CUT),
    "two envelopes": ((OPEN + CLOSE) * 2, MALFORMED),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_quickly(name: str) -> None:
    """Refused for the reason it should be, within two seconds on a busy machine."""
    data, kind = HOSTILE[name]
    begun = time.perf_counter()
    envelope = read_envelope(data)
    assert time.perf_counter() - begun < 2
    assert isinstance(envelope.body, Unreadable)
    assert [departure.kind for departure in envelope.departures] == [kind]


def test_nothing_is_fetched_or_included(tmp_path: Path) -> None:
    """An XInclude is an element like any other: the file it names is not read."""
    secret = tmp_path / "secret"
    secret.write_text("planted")
    include = f'<i:include xmlns:i="http://www.w3.org/2001/XInclude" parse="text" href="{secret.as_uri()}"/>'
    key = b'<c:Reboot xmlns:c="urn:dslforum-org:cwmp-1-0"><CommandKey>' + include.encode() + b"</CommandKey></c:Reboot>"
    assert "planted" not in repr(read_envelope(OPEN + key + CLOSE))


def test_a_flood_of_departures_is_bounded() -> None:
    """Fifty thousand empty events are read, and recorded by kind and place rather than one by one."""
    data = OPEN + INFORM + b"<Event>" + b"<EventStruct/>" * 50_000 + b"</Event></c:Inform>" + CLOSE
    begun = time.perf_counter()
    envelope = read_envelope(data)
    assert time.perf_counter() - begun < 5
    assert isinstance(envelope.body, Inform)
    assert len(envelope.body.events) == 50_000
    assert len(envelope.departures) < 1100
    assert DepartureKind.ARRAY_TOO_LONG in {departure.kind for departure in envelope.departures}


def test_memory_stays_near_the_size_of_the_document() -> None:
    """The widest document within the limits costs Python less than 100 MB."""
    data = OPEN + b"<a/>" * 99_000 + CLOSE
    tracemalloc.start()
    read_envelope(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * MILLION


def test_limits_can_be_narrowed() -> None:
    """A caller with less to spare says so, and the refusal names the figure."""
    envelope = read_envelope(OPEN + CLOSE, limits=Limits(max_bytes=10))
    assert isinstance(envelope.body, Unreadable)
    assert "at most 10" in envelope.body.reason
