"""Letters: what can be seen, without where it was seen, each distinct one made once.

A trace is long and its letters are few. Everything that is decided of a letter alone - how the model must show it, which
numbers the ledger reads - is decided once, and the machines that read traces keep their moves by letter.
"""

from __future__ import annotations

from collections.abc import Mapping

from cwmpcheck.protocol import Kind, Observation

FieldValue = bool | int | Kind
Pairs = tuple[tuple[str, FieldValue], ...]

_FIELDS = frozenset(variable.name for variable in Observation.variables())
_known: dict[tuple[Pairs, frozenset[str], Pairs | None], Letter] = {}


class Letter:
    """One thing that can be seen; equal letters are one object. Made by ``letter``.

    Attributes:
        kind: the kind of message or event.
        fields: values by name of the observation's fields; those left out are defaults.
        open_ended: names of fields that the trace does not tell.
        followed: the letter that the model has to show; another one where the monitors see more than the model may be
            asked for, such as a report of a transfer from before the capture.
    """

    __slots__ = ("fields", "followed", "kind", "open_ended")

    def __init__(self, pairs: Pairs, open_ended: frozenset[str], followed: Letter | None) -> None:
        self.fields: Mapping[str, FieldValue] = dict(pairs)
        kind = self.fields["kind"]
        if not isinstance(kind, Kind) or not self.fields.keys() <= _FIELDS:
            raise ValueError(f"no observation has the fields {self.fields}")
        self.kind = kind
        self.open_ended = open_ended
        self.followed: Letter = followed or self

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self.fields.items() if name != "kind" and value)
        return f"{self.kind.value}({told})"


NOTHING_OPEN: frozenset[str] = frozenset()


def letter(pairs: Pairs, open_ended: frozenset[str] = NOTHING_OPEN, followed: Pairs | None = None) -> Letter:
    """The letter with these fields.

    Args:
        pairs: name and value of each field that is told; ``kind`` among them.
        open_ended: names of fields that the trace does not tell.
        followed: fields of the letter that the model has to show, where it is another one.

    >>> letter((("kind", Kind.EMPTY_POST),)) is letter((("kind", Kind.EMPTY_POST),))
    True
    """
    key = (pairs, open_ended, followed)
    known = _known.get(key)
    if known is None:
        other = letter(followed, open_ended) if followed is not None else None
        known = _known[key] = Letter(pairs, open_ended, other)
    return known
