"""What verification is expected to find: ``expected.toml`` of the catalogue, read and compared.

Defects of the protocol itself are expected refutations, each with an id and a sentence. Everything else is expected to
be proved. The sizes of the state spaces are expected too: a model that changed shows there first.
"""

from __future__ import annotations

import functools
import importlib.resources
import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec

from cwmpcheck.vocabulary.errors import UsageError

FILE = "expected.toml"


class SpaceSize(msgspec.Struct, frozen=True):
    """The size of a scenario's state space under the default reading, all safety properties watched at once."""

    states: int
    transitions: int
    depth: int


class Defect(msgspec.Struct, frozen=True):
    """A refutation that is expected, because the protocol itself has the flaw.

    Attributes:
        id: ``DEF-1`` and so on.
        property: which property does not hold.
        scenarios: where.
        because: the flaw in a sentence.
        reading: the readings under which alone it does not hold; empty for every reading.
    """

    id: str
    property: str
    scenarios: tuple[str, ...]
    because: str
    reading: Mapping[str, str] = {}


class Expected(msgspec.Struct, frozen=True):
    """The whole file."""

    spaces: Mapping[str, SpaceSize] = {}
    defects: tuple[Defect, ...] = ()

    def defect_of(self, property: str, scenario: str, reading: Mapping[str, str]) -> Defect | None:
        """The defect that refutes a property in a scenario under a reading, or None when none is known."""
        for defect in self.defects:
            under = all(reading.get(id) == value for id, value in defect.reading.items())
            if defect.property == property and scenario in defect.scenarios and under:
                return defect
        return None

    def defect(self, id: str) -> Defect:
        """The defect of that id; raises UsageError listing what there is."""
        for defect in self.defects:
            if defect.id == id:
                return defect
        have = ", ".join(defect.id for defect in self.defects) or "none is known"
        raise UsageError(f"no defect {id}; there are: {have}")


@functools.cache
def expected() -> Expected:
    """What the catalogue's ``expected.toml`` says."""
    text = importlib.resources.files("cwmpcheck.catalogue").joinpath(FILE).read_text(encoding="utf-8")
    return parsed(text)


def parsed(text: str) -> Expected:
    """The expectations that a TOML text states; raises UsageError where it is not of the right shape."""
    try:
        content: dict[str, Any] = tomllib.loads(text)
        return msgspec.convert(content, Expected)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise UsageError(f"{FILE}: {error}") from error
