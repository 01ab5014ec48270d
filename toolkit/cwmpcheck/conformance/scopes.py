"""Scopes: which of a device's messages and fetches speak of one transfer.

A CommandKey names a transfer, so mostly the key alone decides. Where several Downloads carry one key (the standard allows it,
and an empty key is a key), what bears the key may speak of any of them. An *attribution* gives each report and each
fetch one of the Downloads before it. A trace is held to break a property only if it does under every attribution.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cwmpcheck.traces import Device, Fetch, Message
from cwmpcheck.vocabulary.events import EVENT_M_DOWNLOAD
from cwmpcheck.wire import Download, Inform, TransferComplete, TransferCompleteResponse

MOST_ATTRIBUTIONS = 64

Spot = tuple[int, int]
"""Where a message stands: number of its session, index in it."""


@dataclass(frozen=True)
class Scope:
    """What belongs to one transfer.

    Attributes:
        key: its CommandKey; None for a device without any Download.
        elsewhere: messages that bear the key and speak of another transfer.
        fetched_elsewhere: numbers of the device's fetches that are another transfer's.
    """

    key: str | None
    elsewhere: frozenset[Spot] = frozenset()
    fetched_elsewhere: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Bearers:
    """Everything in a dialogue that bears one key, in order."""

    downloads: list[tuple[Spot, float]] = field(default_factory=list)
    reports: list[list[tuple[Spot, float]]] = field(default_factory=list)
    """TransferCompletes in groups: one is sent again until it is answered."""
    informs: list[tuple[Spot, int]] = field(default_factory=list)
    """Informs with how often they list ``M Download`` with the key."""
    fetches: list[tuple[int, float]] = field(default_factory=list)


def requests_of(device: Device) -> Mapping[str, int]:
    """How many Downloads carry each CommandKey, in order of first appearance."""
    counts: dict[str, int] = {}
    for session in device.sessions:
        for item in session.items:
            if isinstance(item, Message) and item.envelope is not None and isinstance(item.envelope.body, Download):
                key = item.envelope.body.command_key
                counts[key] = counts.get(key, 0) + 1
    return counts


def bearers_of(device: Device, key: str) -> Bearers:
    """All that bears a key."""
    found = Bearers()
    answered, last = True, None
    for session in device.sessions:
        for message in session.messages:
            body = message.envelope.body if message.envelope is not None else None
            spot = (session.number, message.index)
            if isinstance(body, Download) and body.command_key == key:
                found.downloads.append((spot, message.time))
            elif isinstance(body, TransferComplete) and body.command_key == key:
                if answered or body.fault_code != last:
                    found.reports.append([])
                found.reports[-1].append((spot, message.time))
                answered, last = False, body.fault_code
            elif isinstance(body, TransferCompleteResponse):
                answered = True
            elif isinstance(body, Inform):
                times = sum(e.code == EVENT_M_DOWNLOAD and e.command_key == key for e in body.events)
                found.informs.extend([(spot, times)] if times else [])
    found.fetches.extend((n, fetch.start) for n, fetch in enumerate(device.fetches) if _fetches(fetch, key))
    return found


def _fetches(fetch: Fetch, key: str) -> bool:
    return key in fetch.keys and fetch.method == "GET"


def attributions(device: Device, key: str) -> tuple[Sequence[Sequence[Scope]], bool]:
    """The ways to attribute what bears a key to the Downloads that carry it.

    Returns:
        for each attribution one scope for each Download, the attribution in order first; and whether these are all.
    """
    found = bearers_of(device, key)
    groups = [_candidates(found, group[0][1]) for group in found.reports]
    fetches = [_candidates(found, time) for _, time in found.fetches]
    every = itertools.product(*_in_order_first(groups), *_in_order_first(fetches))
    chosen = list(itertools.islice(every, MOST_ATTRIBUTIONS + 1))
    made = [tuple(_scopes(found, key, c[: len(groups)], c[len(groups) :])) for c in chosen[:MOST_ATTRIBUTIONS]]
    return made, len(chosen) <= MOST_ATTRIBUTIONS


def _candidates(found: Bearers, time: float) -> list[int]:
    before = [n for n, (_, asked) in enumerate(found.downloads) if asked <= time]
    return before or list(range(len(found.downloads)))


def _in_order_first(choices: Sequence[list[int]]) -> list[list[int]]:
    """Each list of choices, beginning with the one that gives the first thing to the first Download, and so on."""
    ordered = []
    for place, some in enumerate(choices):
        first = min(place, some[-1])
        ordered.append([first, *(number for number in some if number != first)])
    return ordered


def _scopes(found: Bearers, key: str, owners: Sequence[int], fetchers: Sequence[int]) -> Iterator[Scope]:
    listed = {spot: _listed(found, spot, times, owners) for spot, times in found.informs}
    for number in range(len(found.downloads)):
        elsewhere = {spot for n, (spot, _) in enumerate(found.downloads) if n != number}
        elsewhere |= {s for owner, group in zip(owners, found.reports, strict=True) if owner != number for s, _ in group}
        elsewhere |= {spot for spot, some in listed.items() if number not in some}
        fetched = {n for owner, (n, _) in zip(fetchers, found.fetches, strict=True) if owner != number}
        yield Scope(key, frozenset(elsewhere), frozenset(fetched))


def _listed(found: Bearers, spot: Spot, times: int, owners: Sequence[int]) -> set[int]:
    """Whose ``M Download`` an Inform lists: of transfers reported from here on, else of those not yet reported, else of the last one."""
    coming = [o for owner, group in zip(owners, found.reports, strict=True) for o in (owner,) if group[-1][0] > spot]
    reported = {owner for owner, group in zip(owners, found.reports, strict=True) if group[-1][0] <= spot}
    asked = [n for n, (request, _) in enumerate(found.downloads) if request < spot and n not in reported]
    return set(list(dict.fromkeys([*coming, *asked, *owners[-1:]]))[:times])
