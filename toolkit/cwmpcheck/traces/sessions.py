"""Sessions as conformance reads them: the items of each draft, the failed attempts without a message, the owners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal
from urllib.parse import quote

import msgspec

from cwmpcheck.traces.assign import Draft, assign_sessions
from cwmpcheck.traces.dialogue import Broken, HttpError, Item, Message, Party, Session
from cwmpcheck.traces.events import Request, Response, TcpFact, Trouble, Where
from cwmpcheck.traces.legs import Legs
from cwmpcheck.traces.pairing import Exchange, host
from cwmpcheck.traces.redaction import Pseudonyms
from cwmpcheck.wire import DeviceId, Envelope

__all__ = ["Sessions", "build_sessions", "device_name"]

_SIDES: dict[str, Party] = {"client": "cpe", "server": "acs"}


def device_name(device: DeviceId) -> str:
    """OUI-ProductClass-Serial; a part that is empty is left out, a ``-`` inside a part is ``%2D``.

    >>> device_name(DeviceId("Acme", "00AA00", "HG-8", "S1"))
    '00AA00-HG%2D8-S1'
    """
    parts = (device.oui, device.product_class, device.serial_number)
    return "-".join(quote(part, safe="").replace("-", "%2D") for part in parts if part) or "unnamed"


class Sessions:
    """What was found.

    Attributes:
        of: sessions by name of the device, in order of time.
        hosts: names of the devices seen at each address.
        servers: the ``host:port`` of every ACS, as the CPEs see it.
        unknown: how many devices no Inform has named.
        used: the exchanges that went into sessions.
        troubles: attempts that belong to nobody known.
    """

    def __init__(self) -> None:
        self.of: dict[str, list[Session]] = {}
        self.hosts: defaultdict[str, set[str]] = defaultdict(set)
        self.servers: set[str] = set()
        self.unknown = 0
        self.used: set[Exchange] = set()
        self.troubles: list[Trouble] = []


def build_sessions(legs: Legs, idle: Iterable[TcpFact], secrets: Pseudonyms | None) -> Sessions:
    """Tell devices and sessions apart.

    Args:
        legs: the exchanges as the CPEs saw them.
        idle: facts of connections that carried no message.
        secrets: masks credentials; ``None`` keeps them.
    """
    found = Sessions()
    speaking = {exchange.connection for exchange in legs.near if exchange.speaks_cwmp}
    found.servers = {exchange.server for exchange in legs.near if exchange.speaks_cwmp and exchange.method == "POST"}
    cwmp = [
        exchange
        for exchange in legs.near
        if exchange.method == "POST"
        and exchange.server in found.servers
        and (exchange.request is not None or exchange.connection in speaking)
    ]
    found.used = set(cwmp)
    drafts = assign_sessions(cwmp)
    for draft in drafts:
        if draft.device is not None:
            for address in draft.hosts:
                found.hosts[address].add(device_name(draft.device))
    last = _last_of_each(drafts)
    owned = [(_owner(draft, found), _session(draft, at in last, secrets)) for at, draft in enumerate(drafts)]
    owned += _attempts(legs, idle, found)
    owned.sort(key=lambda pair: pair[1].start)
    for name, session in owned:
        sessions = found.of.setdefault(name, [])
        sessions.append(msgspec.structs.replace(session, number=len(sessions)))
    return found


def _last_of_each(drafts: list[Draft]) -> set[int]:
    """The drafts after which their device was not heard of again: a missing reply may lie beyond the recording."""
    last = {draft.device: at for at, draft in enumerate(drafts) if draft.device is not None}
    return {*last.values(), len(drafts) - 1}


def _owner(draft: Draft, found: Sessions) -> str:
    if draft.device is not None:
        return device_name(draft.device)
    names = {name for address in draft.hosts for name in found.hosts.get(address, ())}
    if len(names) == 1:
        return names.pop()
    found.unknown += 1
    name = f"unknown-{found.unknown}"
    if not names:
        for address in draft.hosts:  # the next session from there, without an Inform too, is the same device's
            found.hosts[address].add(name)
    return name


def _attempts(legs: Legs, idle: Iterable[TcpFact], found: Sessions) -> list[tuple[str, Session]]:
    """Connections to an ACS that broke before the CPE could say a word: failed attempts of their own."""
    attempts: list[tuple[str, Session]] = []
    for fact in idle:
        broke = fact.what in ("refused", "unanswered") or (fact.what == "reset" and fact.by == "server")
        if not broke or fact.server not in found.servers or legs.of_proxy(fact):
            continue
        names = found.hosts.get(host(fact.client), set())
        if len(names) != 1:
            what = f"a connection to the ACS was {fact.what}, by one of {len(names)} devices at {host(fact.client)}"
            found.troubles.append(Trouble(time=fact.time, what=what, where=fact.where, inconclusive=True))
            continue
        kinds: dict[str, Literal["timeout", "refused", "reset"]] = {"unanswered": "timeout", "refused": "refused"}
        by = None if fact.what == "unanswered" else _SIDES[fact.by]
        broken = Broken(time=fact.time, what=kinds.get(fact.what, "reset"), by=by, where=fact.where)
        attempts.append((min(names), Session(number=0, items=(broken,), connections=(fact.connection,))))
    return attempts


def _session(draft: Draft, last: bool, secrets: Pseudonyms | None) -> Session:
    items: list[Item] = []
    for at, exchange in enumerate(draft.exchanges):
        if exchange.request is not None:
            far = exchange.far.request if exchange.far else None
            items.append(_message(exchange.request, exchange.asked, len(items), far, secrets))
        known = not (last and at == len(draft.exchanges) - 1)
        items.append(_reply(exchange, known, len(items), secrets))
    far_connections = [exchange.far.connection for exchange in draft.exchanges if exchange.far]
    return Session(
        number=0, items=tuple(items), connections=tuple(dict.fromkeys(e.connection for e in draft.exchanges)),
        far_connections=tuple(dict.fromkeys(far_connections)), challenges=draft.challenges,
    )  # fmt: skip


def _reply(exchange: Exchange, known: bool, index: int, secrets: Pseudonyms | None) -> Item:
    """What the CPE got; ``known`` tells that it went on afterwards, so that a missing reply never came."""
    far = exchange.far.response if exchange.far else None
    response = exchange.response
    if response is not None and 200 <= response.status < 300:
        return _message(response, exchange.answered, index, far, secrets)
    if response is not None:
        headers = secrets.headers(response.headers) if secrets else response.headers
        also = far.where if far else None
        return HttpError(time=response.time, status=response.status, where=response.where, headers=headers, also=also)
    unseen = None
    if far is not None and exchange.far is not None and 200 <= far.status < 300:
        unseen = _message(far, exchange.far.answered, index, None, secrets)
    if exchange.broken is not None:
        by = _SIDES[exchange.broken.by] if exchange.broken.by else None
        return Broken(
            time=exchange.broken.time, what=exchange.broken.what, by=by, where=exchange.broken.where, unseen=unseen
        )
    asked = exchange.partial or exchange.request
    assert asked is not None  # an exchange has at least one of them
    return Broken(
        time=asked.end, what="no_reply" if known else "capture_ends", by=None, where=asked.where, unseen=unseen
    )


def _message(
    message: Request | Response,
    envelope: Envelope | None,
    index: int,
    far: Request | Response | None,
    secrets: Pseudonyms | None,
) -> Message:
    headers = message.headers
    also: Where | None = far.where if far is not None else None
    if secrets is not None:
        headers = secrets.headers(headers)
        envelope = secrets.envelope(envelope)
    return Message(
        time=message.time, end=message.end, sender="cpe" if isinstance(message, Request) else "acs", envelope=envelope,
        http_status=message.status if isinstance(message, Response) else None, headers=headers, where=message.where,
        index=index, also=also, truncated=message.truncated or message.capped,
    )  # fmt: skip
