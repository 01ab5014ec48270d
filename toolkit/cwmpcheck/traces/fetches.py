"""File transfers: which HTTP requests are fetches of a Download's file, and whose they are.

A request is a fetch when it asks for the URL of a Download (host, port, path, query), or for what such a fetch was
redirected to, or when its server is neither an ACS nor a connection-request listener. A listener is known by the
ConnectionRequestURL that its CPE reports; failing that, as a server on a CPE's host that an ACS's host calls.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from cwmpcheck.traces.dialogue import Fetch, Message
from cwmpcheck.traces.events import Response, Trouble, header
from cwmpcheck.traces.pairing import Exchange, host
from cwmpcheck.traces.redaction import without_userinfo
from cwmpcheck.traces.sessions import Sessions
from cwmpcheck.wire import Download, Inform, ScheduleDownload

__all__ = ["Place", "build_fetches", "place_of"]

Place: TypeAlias = tuple[str, int, str]
"""Where a file is: host, port, and path with query."""

_PORTS = {"http": 80, "https": 443, "ftp": 21}


class _Order(NamedTuple):
    """A Download seen in a session."""

    time: float
    device: str
    key: str


def place_of(url: str) -> Place | None:
    """The place that a URL names, in one spelling; ``None`` if it is none.

    >>> place_of("http://joe:pw@Files.example/a%62.bin?v=1")
    ('files.example', 80, '/ab.bin?v=1')
    """
    try:
        parts: SplitResult = urlsplit(url.strip())
        port = parts.port or _PORTS.get(parts.scheme.lower(), 0)
    except ValueError:  # a port that is no number, brackets that do not close
        return None
    if not parts.hostname:
        return None
    return parts.hostname.lower(), port, _spelling(parts.path or "/", parts.query)


def _spelling(path: str, query: str) -> str:
    return unquote(path) + (f"?{query}" if query else "")


def build_fetches(exchanges: Iterable[Exchange], sessions: Sessions) -> tuple[dict[str, list[Fetch]], list[Trouble]]:
    """The fetches of each device, by start, and those that belong to nobody known.

    Args:
        exchanges: near legs that are no part of a session.
        sessions: with the Downloads and the listeners in them.
    """
    finder = _Finder(sessions)
    fetches: defaultdict[str, list[Fetch]] = defaultdict(list)
    troubles: list[Trouble] = []
    for exchange in exchanges:
        if exchange.request is None or not finder.is_fetch(exchange):
            continue
        orders = finder.orders(exchange)
        owner = finder.owner(exchange, orders)
        fetch = _fetch(exchange, tuple(dict.fromkeys(order.key for order in orders if order.device == owner)))
        finder.follow(exchange, orders)
        if owner is None:
            what = f"{fetch.method} {fetch.url} from {fetch.client} belongs to no Download and no device known"
            troubles.append(Trouble(time=fetch.start, what=what, where=fetch.where, inconclusive=False))
        else:
            fetches[owner].append(fetch)
    return dict(fetches), troubles


class _Finder:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._orders: defaultdict[Place, defaultdict[str, list[_Order]]] = defaultdict(lambda: defaultdict(list))
        self._listeners: set[Place] = set()
        self._acs_hosts = {host(server) for server in sessions.servers}
        self._fetched: set[_Order] = set()
        for name, some in sessions.of.items():
            for session in some:
                for message in session.messages:
                    self._learn(name, message)

    def _learn(self, device: str, message: Message) -> None:
        body = message.envelope.body if message.envelope is not None else None
        if isinstance(body, Download | ScheduleDownload) and (place := place_of(body.url)):
            self._orders[place][device].append(_Order(message.time, device, body.command_key))
        elif isinstance(body, Inform):
            place = place_of(body.value_of("ManagementServer.ConnectionRequestURL") or "")
            if place:
                self._listeners.add(place)

    def is_fetch(self, exchange: Exchange) -> bool:
        """Whether this is no connection request and not meant for the ACS."""
        places = list(_places(exchange))
        if any(place in self._orders for place in places):
            return True
        if exchange.server in self._sessions.servers or any(place in self._listeners for place in places):
            return False
        # Behind address translation host and port differ from what the CPE reports; the path still tells.
        caller, called = host(exchange.client), host(exchange.server)
        return not (caller != called and caller in self._acs_hosts and called in self._sessions.hosts)

    def orders(self, exchange: Exchange) -> list[_Order]:
        """The Downloads of this URL that the fetch can follow from, in order; if any, those of devices at its address."""
        here = self._sessions.hosts.get(host(exchange.client), set())
        places = [self._orders[place] for place in _places(exchange) if place in self._orders]
        near = {order for orders in places for name in here for order in orders.get(name, ())}
        near = {order for order in near if order.time <= exchange.start}
        if near:
            return sorted(near)
        every = {order for orders in places for some in orders.values() for order in some}
        return sorted(order for order in every if order.time <= exchange.start)

    def owner(self, exchange: Exchange, orders: list[_Order]) -> str | None:
        """The device that fetches: by the Download, of several the one that has not fetched yet; or by the address."""
        if not orders:
            here = self._sessions.hosts.get(host(exchange.client), set())
            return min(here) if len(here) == 1 else None
        fresh = [order for order in orders if order not in self._fetched] or orders
        chosen = fresh[0] if len({order.device for order in fresh}) > 1 else fresh[-1]
        self._fetched.add(chosen)
        return chosen.device

    def follow(self, exchange: Exchange, orders: list[_Order]) -> None:
        """A redirect passes the Downloads on to its target."""
        response = exchange.response
        location = header(response.headers, "location") if response is not None else None
        if response is None or location is None or not 300 <= response.status < 400:
            return
        for url in _urls(exchange):
            if place := place_of(urljoin(url, location)):
                for order in orders:
                    known = self._orders[place][order.device]
                    known += [] if order in known else [order]


def _urls(exchange: Exchange) -> Iterator[str]:
    """What was asked for: by the request itself, by its Host header, by the address that was called."""
    request = exchange.request
    assert request is not None
    if request.path.startswith(("http://", "https://")):
        yield request.path
        return
    path = request.path if request.path.startswith("/") else "/"
    named = header(request.headers, "host")
    if named:
        yield f"http://{named}{path}"
    yield f"http://{exchange.server}{path}"


def _places(exchange: Exchange) -> Iterator[Place]:
    for url in _urls(exchange):
        if place := place_of(url):
            yield place


def _fetch(exchange: Exchange, keys: tuple[str, ...]) -> Fetch:
    request = exchange.request
    assert request is not None
    answer = exchange.response or exchange.partial
    whole = exchange.response is not None and not exchange.response.truncated
    broken: Literal["reset", "closed", "no_reply", "capture_ends"] | None = None
    if exchange.response is None:
        broken = exchange.broken.what if exchange.broken else "capture_ends"
    end = exchange.response.end if exchange.response else exchange.broken.time if exchange.broken else None
    return Fetch(
        url=without_userinfo(next(_urls(exchange))), start=request.time, end=end,
        status=answer.status if answer else None, length=answer.body_length if answer else 0,
        expected_length=_expected(answer), complete=whole, where=request.where,
        answered=answer.time if answer else None, method=request.method, client=exchange.client, server=exchange.server,
        connection=exchange.connection, keys=keys, broken=broken, lost=answer.lost if answer else 0,
    )  # fmt: skip


def _expected(answer: Response | None) -> int | None:
    said = header(answer.headers, "content-length") if answer is not None else None
    chunked = answer is not None and header(answer.headers, "transfer-encoding") is not None
    return int(said) if said is not None and said.isdecimal() and not chunked else None
