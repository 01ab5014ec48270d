"""Questions and answers: raw events of each connection as exchanges."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Literal

import msgspec

from cwmpcheck.traces.events import Request, Response, TcpFact, TraceEvent, Trouble, Where
from cwmpcheck.vocabulary.departures import ENVELOPE, Departure, DepartureKind
from cwmpcheck.wire import Envelope, Unreadable, read_envelope

__all__ = ["Break", "Exchange", "Pairs", "host", "pair_events"]


def host(endpoint: str) -> str:
    """The host of ``host:port``.

    >>> host("[::1]:7547"), host("10.0.0.1:80")
    ('[::1]', '10.0.0.1')
    """
    return endpoint.rpartition(":")[0]


class Break(msgspec.Struct, frozen=True):
    """How an exchange ended without its answer; ``by`` is the end of the connection that broke it."""

    time: float
    what: Literal["reset", "closed", "no_reply"]
    by: Literal["client", "server"] | None
    where: Where


@dataclass(eq=False)
class Exchange:
    """One request and what became of it; a captured answer whose request was not captured has no request.

    ``response`` is whole, or damaged by the capture only; an answer that the peers broke off is ``partial``, with
    ``broken`` beside it. Neither ``response`` nor ``broken``: it is not known how it went on.
    """

    connection: int
    client: str
    server: str
    request: Request | None
    response: Response | None = None
    partial: Response | None = None
    broken: Break | None = None
    far: Exchange | None = field(default=None, repr=False)
    """The same exchange on the far side of a proxy."""

    @property
    def start(self) -> float:
        """When it began."""
        first = self.request or self.response or self.partial
        assert first is not None
        return first.time

    @property
    def end(self) -> float:
        """When it was over, infinite if that is not known."""
        if self.response is not None:
            return self.response.end
        return self.broken.time if self.broken is not None else float("inf")

    @property
    def method(self) -> str:
        """Of the request; ``POST`` for one that was not captured."""
        return self.request.method if self.request is not None else "POST"

    @cached_property
    def digest(self) -> bytes:
        """Of the request's content; empty for an empty one."""
        body = self.request.body.strip() if self.request is not None else b""
        return blake2b(body, digest_size=16).digest() if body else b""

    @cached_property
    def asked(self) -> Envelope | None:
        """The request's envelope; ``None`` if it has no content."""
        return _envelope(self.request)

    @cached_property
    def answered(self) -> Envelope | None:
        """The response's envelope; ``None`` if it has no content or there is none."""
        return _envelope(self.response)

    @property
    def speaks_cwmp(self) -> bool:
        """Whether one of its two messages is CWMP beyond doubt."""
        return any(e is not None and not isinstance(e.body, Unreadable) for e in (self.asked, self.answered))


def _envelope(message: Request | Response | None) -> Envelope | None:
    if message is None or not (message.body.strip() or message.capped or message.truncated):
        return None
    envelope = read_envelope(message.body)
    cut = message.truncated or message.capped
    if cut and not any(departure.kind == DepartureKind.TRUNCATED for departure in envelope.departures):
        why = "the message is not whole in the capture"
        departure = Departure(DepartureKind.TRUNCATED, ENVELOPE, "", why)
        envelope = msgspec.structs.replace(envelope, departures=(*envelope.departures, departure))
    return envelope


@dataclass
class Pairs:
    """What ``pair_events`` found: exchanges by start, facts of connections that carried none, troubles."""

    exchanges: list[Exchange]
    idle: list[TcpFact]
    troubles: list[Trouble]


def pair_events(events: Iterable[TraceEvent]) -> Pairs:
    """Put the events of each connection together; answers come in the order of their requests (HTTP/1.1).

    Args:
        events: of one source, in order of time.
    """
    found: list[Exchange] = []
    troubles: list[Trouble] = []
    facts: defaultdict[int, list[TcpFact]] = defaultdict(list)
    waiting: defaultdict[int, deque[Exchange]] = defaultdict(deque)
    busy: set[int] = set()
    for event in events:
        if isinstance(event, Trouble):
            troubles.append(event)
        elif isinstance(event, TcpFact):
            facts[event.connection].append(event)
        elif isinstance(event, Request):
            exchange = Exchange(event.connection, event.client, event.server, event)
            waiting[event.connection].append(exchange)
            found.append(exchange)
            busy.add(event.connection)
        else:
            queue = waiting[event.connection]
            if queue:
                _answer(queue.popleft(), event)
            else:
                found.append(Exchange(event.connection, event.client, event.server, None))
                _answer(found[-1], event)
            busy.add(event.connection)
    for exchange in found:
        if exchange.response is None:
            exchange.broken = _break(exchange, facts[exchange.connection])
    idle = [fact for number, some in facts.items() if number not in busy for fact in some]
    idle.sort(key=lambda fact: fact.time)
    return Pairs(found, idle, troubles)


def _answer(exchange: Exchange, response: Response) -> None:
    if response.truncated and not response.lost:
        exchange.partial = response
    else:
        exchange.response = response


def _break(exchange: Exchange, facts: list[TcpFact]) -> Break | None:
    """A reset ends every hope of an answer; a FIN alone may be half a close, so it counts only without a reset."""
    start = exchange.start
    for what in ("reset", "closed"):
        for fact in facts:
            if fact.what == what and fact.time >= start:
                return Break(fact.time, "reset" if what == "reset" else "closed", fact.by, fact.where)
    return None
