"""One session as the CPE sees it: whose turn it is, what is owed, and when it is over (rules.md 2.2, 2.3).

Owns the hold, the closed request phase and the one outstanding request. Knows nothing of transfers, time or retries.
What comes in is classified into exactly one of `Answered`, `Asked`, `Quiet`, `Again`, `Over` and `Failed`.
"""

from __future__ import annotations

import msgspec

from cwmpcheck.vocabulary.departures import Departure
from cwmpcheck.wire import read_envelope, write_envelope
from cwmpcheck.wire.messages import Body, Fault, Inform, RequestDownload, Unreadable, rpc_name

__all__ = ["Again", "Answered", "Asked", "Failed", "Heard", "Outstanding", "Over", "Quiet", "Session"]

_RETRY_REQUEST = 8005


class Outstanding(msgspec.Struct):
    """A request of the CPE that the ACS has yet to answer; ``transfer`` is the one that it reports, if any."""

    id: str
    body: Body
    data: bytes
    transfer: int | None
    resent: int = 0


class Answered(msgspec.Struct, frozen=True):
    """The ACS answered the outstanding request, perhaps with a fault."""

    request: Outstanding
    body: Body


class Asked(msgspec.Struct, frozen=True):
    """The ACS asks something; the next POST must answer it."""

    id: str
    body: Body
    departures: tuple[Departure, ...]


class Quiet(msgspec.Struct, frozen=True):
    """The ACS has nothing to say for now."""


class Again(msgspec.Struct, frozen=True):
    """Fault 8005: the same bytes must be sent once more."""

    data: bytes


class Over(msgspec.Struct, frozen=True):
    """The session has ended well."""


class Failed(msgspec.Struct, frozen=True):
    """The session has failed."""

    reason: str


Heard = Answered | Asked | Quiet | Again | Over | Failed


class Session:
    """The turn-taking of one session.

    Args:
        namespace: the CWMP namespace to write.
        announced: numbers of the transfers whose events are in the Inform.
        resend_limit: how often one request may be sent again after a fault 8005.
    """

    def __init__(self, namespace: str, announced: frozenset[int], resend_limit: int) -> None:
        self.namespace = namespace
        self.announced = announced
        self.accepted: set[int] = set()
        """Transfers that were asked for in this session."""
        self.refused: set[int] = set()
        """Transfers whose report the ACS answered with a fault: not again before the next session."""
        self.requests: list[RequestDownload] = []
        """Downloads to ask the ACS for, announced in the Inform."""
        self.hold = False
        self.closed = False
        """Whether an empty POST without hold was sent: the CPE may ask no more (S-12)."""
        self.outstanding: Outstanding | None = None
        self._resend_limit = resend_limit

    def ask(self, body: Body, message_id: str, transfer: int | None = None) -> bytes:
        """The bytes of a request, which is outstanding from now on."""
        data = write_envelope(body, id=message_id, namespace=self.namespace)
        self.outstanding = Outstanding(message_id, body, data, transfer)
        return data

    def answer(self, body: Body, message_id: str) -> bytes:
        """The bytes of a response to the ACS."""
        return write_envelope(body, id=message_id, namespace=self.namespace)

    def may_ask(self) -> bool:
        """Whether the CPE may send a request now (S-10 to S-12)."""
        return not self.hold and not self.closed

    def hear(self, status: int, data: bytes) -> Heard:
        """Take in one HTTP reply.

        Args:
            status: its HTTP status; redirects have been followed.
            data: its body.
        """
        if status not in (200, 204):
            return Failed(f"HTTP status {status}")
        if status == 204 or not data.strip():
            return self._hear_nothing()
        envelope = read_envelope(data)
        if isinstance(envelope.body, Unreadable):
            return Failed(f"unreadable reply: {envelope.body.reason}")
        self.hold = bool(envelope.header.hold_requests)
        name = rpc_name(envelope.body)
        if isinstance(envelope.body, Fault) or name.endswith("Response"):
            return self._hear_answer(envelope.header.id, envelope.body)
        if self.outstanding is not None:
            return Failed(f"{name} instead of the answer to {rpc_name(self.outstanding.body)}")
        return Asked(envelope.header.id or "0", envelope.body, envelope.departures)

    def _hear_nothing(self) -> Heard:
        self.hold = False  # an empty reply carries no HoldRequests (A-26 a)
        if self.outstanding is not None:
            # An empty reply delivers nothing (E-06): the request counts as unanswered.
            return Failed(f"empty reply to {rpc_name(self.outstanding.body)}")
        return Over() if self.closed else Quiet()

    def _hear_answer(self, message_id: str | None, body: Body) -> Heard:
        request = self.outstanding
        if request is None:
            return Failed(f"{rpc_name(body)} to no request")
        if message_id is not None and message_id != request.id:
            return Failed(f"{rpc_name(body)} with ID {message_id!r}; the request has {request.id!r}")
        if isinstance(body, Fault):
            return self._hear_fault(request, body)
        if rpc_name(body) != rpc_name(request.body) + "Response":
            return Failed(f"{rpc_name(body)} to {rpc_name(request.body)}")
        self.outstanding = None
        return Answered(request, body)

    def _hear_fault(self, request: Outstanding, fault: Fault) -> Heard:
        if fault.code == _RETRY_REQUEST:
            request.resent += 1
            if request.resent > self._resend_limit:
                return Failed(f"fault 8005 to {rpc_name(request.body)}, {request.resent} times")
            return Again(request.data)
        if isinstance(request.body, Inform):
            return Failed(f"fault {fault.code} to Inform")
        self.outstanding = None
        return Answered(request, fault)
