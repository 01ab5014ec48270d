"""A schedule of faults carried out by a proxy on real sockets: requests are counted, and pieces of data broken."""

from __future__ import annotations

from collections.abc import Callable

from cwmpcheck.lab.faults import Fault, FaultKind, Schedule
from cwmpcheck.lab.proxy import Breakage
from cwmpcheck.lab.recorder import Side

__all__ = ["PROXY_FAULTS", "Breaker"]

_ON_REQUEST = {FaultKind.LOSE_REQUEST: Breakage.SWALLOW}
_ON_REPLY = {
    FaultKind.LOSE_REPLY: Breakage.SWALLOW,
    FaultKind.RESET: Breakage.RESET,
    FaultKind.TRUNCATE: Breakage.TRUNCATE,
    FaultKind.FILE_RESET: Breakage.RESET,
    FaultKind.FILE_TRUNCATED: Breakage.TRUNCATE,
}
_DELAYS = (FaultKind.DELAY, FaultKind.FILE_DELAY)

PROXY_FAULTS = (*_ON_REQUEST, *_ON_REPLY, *_DELAYS)
"""The kinds of fault that a proxy can bring about."""


class Breaker:
    """Says of each piece of data of one proxied server what becomes of it.

    Args:
        schedule: what goes wrong.
        method: how a request begins; each such piece counts.
        kinds: the faults that concern this server.
        struck: called with each fault as it happens.
    """

    def __init__(
        self, schedule: Schedule, method: bytes, kinds: tuple[FaultKind, ...], struck: Callable[[Fault], None]
    ) -> None:
        self._faults = [fault for fault in schedule.faults if fault.kind in kinds]
        self._method = method
        self._struck = struck
        self._count = 0

    def __call__(self, sender: Side, data: bytes) -> Breakage | float | None:
        """What becomes of a piece: see `cwmpcheck.lab.proxy.Break`."""
        if sender is Side.CLIENT:
            self._count += data.startswith(self._method)
        for fault in self._faults:
            if fault.at == self._count and (sender is Side.CLIENT) == (fault.kind in _ON_REQUEST):
                self._faults.remove(fault)
                self._struck(fault)
                if fault.kind in _DELAYS:
                    return fault.seconds
                return _ON_REQUEST.get(fault.kind) or _ON_REPLY[fault.kind]
        return None
