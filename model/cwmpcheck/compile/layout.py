"""How a state is packed into 64-bit words.

Each variable takes the bits that its domain needs, and no variable lies across two words. The highest bit of the
first word is always set, so that a word of zeros marks an empty slot of a hash table whose key is the packed
state itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmpcheck.compile.backend import State
from cwmpcheck.compile.dag import once_per_system
from cwmpcheck.kernel import System, Variable

OCCUPIED = 1 << 63
"""The bit of the first word that is set in every state."""

Words = NDArray[np.uint64]


@dataclass(frozen=True)
class Field:
    """Where one variable lies.

    Attributes:
        word: which word.
        shift: its lowest bit there.
        width: how many bits, 0 for a variable that has one value only.
        low: the number that is stored as 0.
    """

    word: int
    shift: int
    width: int
    low: int

    @property
    def mask(self) -> int:
        """The bits of the word that belong to the variable."""
        return ((1 << self.width) - 1) << self.shift

    def placed(self, number: int) -> int:
        """A number at its place in the word."""
        return (number - self.low) << self.shift


@dataclass(frozen=True)
class Layout:
    """Where every variable of a system lies.

    Attributes:
        fields: in the order of the variables.
        words: how many words a state takes.
    """

    fields: tuple[Field, ...]
    words: int

    def pack(self, state: State) -> list[int]:
        """A state as words."""
        words = [OCCUPIED] + [0] * (self.words - 1)
        for field, number in zip(self.fields, state, strict=True):
            words[field.word] |= field.placed(number)
        return words

    def unpack(self, words: Sequence[int]) -> State:
        """A state from its words."""
        return tuple(((int(words[f.word]) & f.mask) >> f.shift) + f.low for f in self.fields)

    def column(self, rows: Words, variable: int) -> NDArray[np.int64]:
        """One variable of many packed states (one row of words each)."""
        field = self.fields[variable]
        bits = (rows[:, field.word] >> np.uint64(field.shift)) & np.uint64((1 << field.width) - 1)
        return bits.astype(np.int64) + field.low

    def unpack_all(self, rows: Words) -> NDArray[Any]:
        """Many packed states as one row of numbers each."""
        table = np.empty((len(rows), len(self.fields)), dtype=np.int64)
        for variable in range(len(self.fields)):
            table[:, variable] = self.column(rows, variable)
        return table


def layout(variables: Sequence[Variable]) -> Layout:
    """Pack variables in their order, each into the first word that has room.

    >>> from cwmpcheck.kernel import Range
    >>> packed = layout([Variable("a", Range(2, 5), 2), Variable("b", Range(0, 8), 0)])
    >>> [hex(word) for word in packed.pack((3, 8))], packed.unpack(packed.pack((3, 8)))
    (['0x8000000000000021'], (3, 8))
    """
    used = [0]
    room = [63]
    fields = []
    for variable in variables:
        low = variable.domain.low
        width = (variable.domain.high - low).bit_length()
        word = next((i for i, bits in enumerate(used) if bits + width <= room[i]), len(used))
        if word == len(used):
            used.append(0)
            room.append(64)
        fields.append(Field(word, used[word], width, low))
        used[word] += width
    return Layout(tuple(fields), len(used))


@once_per_system
def layout_of(system: System) -> Layout:
    """The layout of a system's variables."""
    return layout(system.variables)
