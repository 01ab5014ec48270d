"""Two legs of one exchange: what a proxy passed on, seen a second time on its other side.

Theory: a proxy's onward exchange begins after the CPE's own has begun and before it is over (nesting in time),
and says the same. Only an Inform proves it by its content, because it names device and time; other messages, and
empty ones all the more, may be the same for a thousand devices. So for them the two connections, or the same pair
of hosts and servers, must already be known from an Inform. Ports, roles and names are never looked at.

The outer exchange is kept, because it is what the CPE saw; the inner one hangs on it as ``far``.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterable

from cwmpcheck.traces.events import TcpFact, Trouble, header
from cwmpcheck.traces.pairing import Exchange, host
from cwmpcheck.wire import Envelope, Inform, rpc_name

__all__ = ["Legs", "join_legs"]

_SLACK = 0.005  # seconds by which captures may swap packets of two connections that are known to be legs
_NEAR = 64  # equal exchanges under way at once that are looked through


class Legs:
    """The exchanges of the near legs, and what is known of the far ones.

    Attributes:
        near: exchanges as the CPE saw them, by start.
        strays: exchanges on the far side that match nothing on the near side.
        near_routes: host and server of every exchange of a near leg.
        far_servers: servers behind a proxy, each with the hosts of the proxies that call it.
        troubles: places where the two legs do not say the same.
    """

    def __init__(self) -> None:
        self.near: list[Exchange] = []
        self.strays: list[Exchange] = []
        self.near_routes: set[tuple[str, str]] = set()
        self.far_servers: defaultdict[str, set[str]] = defaultdict(set)
        self.troubles: list[Trouble] = []

    def of_proxy(self, fact: TcpFact) -> bool:
        """Whether a connection without any exchange is one that a proxy made, not a CPE."""
        direct = (host(fact.client), fact.server) in self.near_routes
        return host(fact.client) in self.far_servers.get(fact.server, ()) and not direct


def join_legs(exchanges: Iterable[Exchange]) -> Legs:
    """Find the pairs; every exchange is near, or the ``far`` of another, or a stray of a far connection."""
    every = sorted(exchanges, key=lambda exchange: exchange.start)
    joiner = _Joiner()
    joiner.by_content(every)
    joiner.by_connection(every)
    joiner.by_hosts(every)
    legs = Legs()
    for exchange in every:
        if exchange in joiner.outer:
            legs.far_servers[exchange.server].add(host(exchange.client))
        elif exchange.connection in joiner.far_connections:
            legs.strays.append(exchange)
        else:
            legs.near.append(exchange)
    legs.near_routes = {_route(exchange) for exchange in legs.near}
    legs.troubles = [trouble for exchange in legs.near if exchange.far for trouble in _compare(exchange, exchange.far)]
    return legs


class _Joiner:
    def __init__(self) -> None:
        self.outer: dict[Exchange, Exchange] = {}  # inner -> outer
        self.connections: defaultdict[int, set[int]] = defaultdict(set)  # inner -> outer connections
        self.far_connections: set[int] = set()
        self.routes: defaultdict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)

    def _join(self, inner: Exchange, outer: Exchange) -> None:
        self.outer[inner] = outer
        outer.far = inner
        self.connections[inner.connection].add(outer.connection)
        self.far_connections.add(inner.connection)
        self.routes[_route(inner)].add(_route(outer))

    def by_content(self, every: list[Exchange]) -> None:
        """Join exchanges that carry the same Inform, or ask for the same file."""
        groups: defaultdict[object, list[Exchange]] = defaultdict(list)
        for exchange in every:
            if _informs(exchange):
                groups[exchange.digest].append(exchange)
            elif exchange.request is not None and exchange.method != "POST":
                groups[exchange.method, _path(exchange.request.path)].append(exchange)
        for group in groups.values():
            for at, inner in enumerate(group):
                for outer in reversed(group[max(0, at - _NEAR) : at]):
                    if outer.far is None and _nested(inner, outer) and _may_be_legs(inner, outer):
                        self._join(inner, outer)
                        break

    def by_connection(self, every: list[Exchange]) -> None:
        """Join what is left over on connections that are known to be two legs."""
        lists: defaultdict[int, list[Exchange]] = defaultdict(list)
        for exchange in every:
            lists[exchange.connection].append(exchange)
        for number, outers in list(self.connections.items()):
            candidates = sorted((e for outer in outers for e in lists[outer]), key=lambda e: e.start)
            for inner in lists[number]:
                if inner not in self.outer:
                    self._join_similar(inner, candidates, _SLACK)

    def by_hosts(self, every: list[Exchange]) -> None:
        """Join what is left over between the same hosts and servers as pairs already known."""
        lists: defaultdict[tuple[str, str], list[Exchange]] = defaultdict(list)
        direct = {e.connection for e in every if _informs(e) and e not in self.outer}
        for exchange in every:
            lists[_route(exchange)].append(exchange)
        for route, outers in list(self.routes.items()):
            candidates = sorted((e for outer in outers for e in lists[outer]), key=lambda e: e.start)
            for inner in lists[route]:
                if inner not in self.outer and inner.method == "POST" and inner.connection not in direct:
                    self._join_similar(inner, candidates, 0.0)

    def _join_similar(self, inner: Exchange, candidates: list[Exchange], slack: float) -> None:
        """Join with the most similar exchange around it; of equals the innermost."""
        at = bisect.bisect_right(candidates, inner.start + slack, key=lambda e: e.start)
        best: Exchange | None = None
        for outer in reversed(candidates[max(0, at - _NEAR) : at]):
            free = outer.far is None and outer is not inner and outer.connection != inner.connection
            possible = free and _nested(inner, outer, slack) and _similar(inner, outer)
            if possible and (best is None or _likeness(inner, outer) > _likeness(inner, best)):
                best = outer
        if best is not None:
            self._join(inner, best)


def _informs(exchange: Exchange) -> bool:
    return exchange.asked is not None and isinstance(exchange.asked.body, Inform)


def _likeness(inner: Exchange, outer: Exchange) -> tuple[bool, bool, bool]:
    """How much speaks for two legs: the same request, cookie, answer."""
    a, b = inner.request, outer.request
    cookie = a is not None and b is not None and header(a.headers, "cookie") == header(b.headers, "cookie")
    a2, b2 = inner.response, outer.response
    answer = a2 is not None and b2 is not None and (a2.status, a2.body) == (b2.status, b2.body)
    return inner.digest == outer.digest, cookie, answer


def _route(exchange: Exchange) -> tuple[str, str]:
    return host(exchange.client), exchange.server


def _path(target: str) -> str:
    """The path of a request target, which is a whole URL when it is sent to a proxy."""
    return "/" + target.split("/", 3)[3] if target.startswith("http") and target.count("/") > 2 else target


def _nested(inner: Exchange, outer: Exchange, slack: float = 0.0) -> bool:
    return outer.start - slack <= inner.start <= outer.end


def _may_be_legs(inner: Exchange, outer: Exchange) -> bool:
    if inner.connection == outer.connection:
        return False
    if inner.server == outer.server and host(inner.client) == host(outer.client):
        return False  # the same party asking the same server twice is a repetition
    if inner.digest:
        return True
    # Two CPEs may well fetch one file at a time: only the host that was asked can be the one that asks on.
    return inner.server != outer.server and host(inner.client) == host(outer.server)


def _similar(inner: Exchange, outer: Exchange) -> bool:
    if bool(inner.digest) != bool(outer.digest) or inner.method != outer.method:
        return False
    return inner.digest == outer.digest or _name(inner.asked) == _name(outer.asked)


def _name(envelope: Envelope | None) -> str:
    return "" if envelope is None else rpc_name(envelope.body)


def _compare(near: Exchange, far: Exchange) -> Iterable[Trouble]:
    """What a proxy changed on the way; the near leg stands."""
    if near.request is not None and near.digest != far.digest:
        yield _differs(near, f"the proxy changed the request ({_name(near.asked) or 'empty'})")
    a, b = near.response, far.response
    if a is None or b is None:
        return
    if a.status != b.status:
        yield _differs(near, f"the ACS answered HTTP {b.status}, the CPE got HTTP {a.status}")
    elif _name(near.answered) != _name(far.answered):
        yield _differs(
            near,
            f"the ACS answered {_name(far.answered) or 'nothing'}, the CPE got {_name(near.answered) or 'nothing'}",
        )
    elif near.answered != far.answered:
        yield _differs(near, f"the proxy changed the answer ({_name(near.answered)})")


def _differs(near: Exchange, what: str) -> Trouble:
    message = near.response or near.request
    assert message is not None
    return Trouble(
        time=message.time,
        what=f"the two legs differ: {what}; the CPE's leg is kept",
        where=message.where,
        inconclusive=False,
    )
