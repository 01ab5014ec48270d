"""Captures and logs as one neutral stream of events, and as the dialogue of CPE and ACS.

Theory of operation, bottom up: `bytesource`, `pcap` and `pcapng` give packets, `link` TCP segments, `stream` and
`tcp` connections in order, `http` (with `content`) and `flow` HTTP messages; `capture` ties these together, and
`exchanges` reads messages that were extracted before. Both give the raw `events`. From there on nothing depends on
the source: `pairing` puts answers to questions, `legs` recognises a proxy's far side, `assign` and `sessions` tell
sessions and devices apart, `fetches` the file transfers, and `dialogue` is what comes out. `sources.load_trace` does
it all. Every bound is in `events.Limits`; what could not be read is a `Trouble`.
"""

from __future__ import annotations

from cwmpcheck.traces.dialogue import Broken, Device, Fetch, HttpError, Item, Message, Session, Trace, outline
from cwmpcheck.traces.events import Headers, Limits, Request, Response, TcpFact, TraceEvent, Trouble, Where, header
from cwmpcheck.traces.redaction import redacted
from cwmpcheck.traces.sources import load_trace, read_events

__all__ = [
    "Broken",
    "Device",
    "Fetch",
    "Headers",
    "HttpError",
    "Item",
    "Limits",
    "Message",
    "Request",
    "Response",
    "Session",
    "TcpFact",
    "Trace",
    "TraceEvent",
    "Trouble",
    "Where",
    "header",
    "load_trace",
    "outline",
    "read_events",
    "redacted",
]
