"""To which session an exchange belongs.

A session starts with an Inform. What follows belongs to it by cookie; failing that (an ACS that gives none, a CPE
that returns none or an old one) by connection; failing that by the CPE's address. An Inform does not start a
session where it only repeats the last one: after an HTTP authentication challenge or a redirect, or after the
fault 8005 "Retry request".
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from cwmpcheck.traces.events import Headers, header
from cwmpcheck.traces.pairing import Exchange, host
from cwmpcheck.wire import DeviceId, Fault, Inform

__all__ = ["Draft", "assign_sessions"]

_RETRY_REQUEST = 8005
_CHALLENGES = frozenset({401, 407})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(eq=False)
class Draft:
    """A session while it is put together: its exchanges in order, and whose it is (if an Inform told)."""

    device: DeviceId | None
    exchanges: list[Exchange] = field(default_factory=list)
    challenges: int = 0

    @property
    def hosts(self) -> set[str]:
        """Where the CPE called from."""
        return {host(exchange.client) for exchange in self.exchanges}


def assign_sessions(exchanges: list[Exchange]) -> list[Draft]:
    """Sort CWMP exchanges (near legs only, by start) into sessions, in order of their beginning."""
    assigner = _Assigner()
    for exchange in exchanges:
        assigner.take(exchange)
    return assigner.drafts


class _Assigner:
    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self._latest: dict[DeviceId, Draft] = {}
        self._cookies: defaultdict[str, list[Draft]] = defaultdict(list)
        self._connections: dict[int, Draft] = {}
        self._hosts: defaultdict[str, list[Draft]] = defaultdict(list)

    def take(self, exchange: Exchange) -> None:
        """Put one exchange where it belongs."""
        body = exchange.asked.body if exchange.asked is not None else None
        if isinstance(body, Inform):
            draft = self._repeated(exchange, body.device) or self._start(body.device)
        else:
            draft = self._continued(exchange) or self._start(None)
        if draft.exchanges and _was_put_off(draft.exchanges[-1], exchange):
            draft.exchanges.pop()
            draft.challenges += 1
        draft.exchanges.append(exchange)
        self._connections[exchange.connection] = draft
        self._remember(exchange, draft)

    def _start(self, device: DeviceId | None) -> Draft:
        draft = Draft(device)
        self.drafts.append(draft)
        if device is not None:
            self._latest[device] = draft
        return draft

    def _remember(self, exchange: Exchange, draft: Draft) -> None:
        here = self._hosts[host(exchange.client)]
        if draft in here:
            here.remove(draft)
        here.append(draft)
        del here[:-64]
        if exchange.response is not None:
            for pair in _cookies(exchange.response.headers, "set-cookie"):
                owners = self._cookies[pair]
                if draft not in owners:
                    owners.append(draft)
                    del owners[:-64]

    def _current(self, draft: Draft) -> bool:
        return draft.device is None or self._latest.get(draft.device) is draft

    def _repeated(self, exchange: Exchange, device: DeviceId) -> Draft | None:
        draft = self._latest.get(device)
        if draft is None:
            return None
        last = draft.exchanges[-1]
        fault = last.answered.body if last.answered is not None else None
        asked_again = isinstance(fault, Fault) and fault.code == _RETRY_REQUEST
        return draft if asked_again or _was_put_off(last, exchange) else None

    def _continued(self, exchange: Exchange) -> Draft | None:
        return self._by_cookie(exchange) or self._connections.get(exchange.connection) or self._by_host(exchange)

    def _by_cookie(self, exchange: Exchange) -> Draft | None:
        """The one session of today that every cookie sent points at; load balancers' shared cookies point at many."""
        if exchange.request is None:
            return None
        best: list[Draft] = []
        for pair in _cookies(exchange.request.headers, "cookie"):
            owners = [draft for draft in self._cookies.get(pair, ()) if self._current(draft)]
            if owners and (not best or len(owners) < len(best)):
                best = owners
        if len(best) > 1:
            here = [draft for draft in best if host(exchange.client) in draft.hosts]
            best = here or best
        return best[-1] if best and len(best) == 1 else None

    def _by_host(self, exchange: Exchange) -> Draft | None:
        """The session used last from this address."""
        here = [draft for draft in self._hosts.get(host(exchange.client), ()) if self._current(draft)]
        return here[-1] if here else None


def _was_put_off(last: Exchange, now: Exchange) -> bool:
    """Whether ``last`` was only answered by a challenge or a redirect, and ``now`` says the same again."""
    if last.response is None or last.request is None or now.request is None or host(last.client) != host(now.client):
        return False
    a, b = last.asked, now.asked
    if (a is None) != (b is None) or (a is not None and b is not None and type(a.body) is not type(b.body)):
        return False
    status = last.response.status
    if status in _CHALLENGES:
        name = "authorization" if status == 401 else "proxy-authorization"
        credentials = header(now.request.headers, name)
        # The same credentials again are no answer to a challenge, but a new attempt.
        return credentials is not None and credentials != header(last.request.headers, name)
    return status in _REDIRECTS and (now.server, now.request.path) != (last.server, last.request.path)


def _cookies(headers: Headers, name: str) -> list[str]:
    """``name=value`` of each cookie; of Set-Cookie the attributes are left out."""
    values = [value for key, value in headers if key == name]
    if name == "set-cookie":
        return [value.split(";", 1)[0].strip() for value in values]
    return [
        part.strip()
        for value in values
        for part in value.split(";")
        if part.strip() and not part.lstrip().startswith("$")
    ]
