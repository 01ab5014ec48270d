"""An observation of a trace: its letter, and the place it was seen at."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from cwmpcheck.conformance.findings import At
from cwmpcheck.conformance.letters import FieldValue, Letter
from cwmpcheck.conformance.words import name_of, told
from cwmpcheck.protocol import Kind
from cwmpcheck.traces import Fetch, Item, Message


class Seen(msgspec.Struct, frozen=True, gc=False):
    """One observation with its place.

    Attributes:
        letter: what was seen.
        item: what it was seen in.
        session: number of the session; None for a fetch.
        start: time that counts as 0.
        note: what was seen in words, where the item does not tell it.
    """

    letter: Letter
    item: Item | Fetch
    session: int | None
    start: float
    note: str | None = None

    @property
    def kind(self) -> Kind:
        """The kind of what was seen."""
        return self.letter.kind

    @property
    def fields(self) -> Mapping[str, FieldValue]:
        """Values by name of the observation's fields."""
        return self.letter.fields

    @property
    def at(self) -> At:
        """Where it was seen."""
        where = self.item.where
        time = round(moment(self.item, ends=self.kind is Kind.FETCH_ENDS) - self.start, 3)
        return At(where.packet, where.line, time, self.session, name_of(self.item))

    @property
    def got(self) -> str:
        """What was seen, in words."""
        return self.note or told(self.item, self.letter)


class EndOfSession(msgspec.Struct, frozen=True, gc=False):
    """The place where a session's items end; whether it failed is for the ledger to say.

    Attributes:
        decided: the session really ends here, and not only the capture.
    """

    item: Item
    session: int
    start: float
    decided: bool


def moment(item: Item | Fetch, *, ends: bool = False) -> float:
    """When something is seen: a post when it is sent, a reply when it has arrived whole."""
    if isinstance(item, Message):
        return item.time if item.sender == "cpe" else item.end
    if isinstance(item, Fetch):
        return item.end if ends and item.end is not None else item.start
    return item.time
