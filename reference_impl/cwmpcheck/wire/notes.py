"""Where a reader writes down what departs from the form of a message."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from cwmpcheck.vocabulary.departures import Departure, DepartureKind

__all__ = ["Notes", "local_name", "namespace_of", "shown", "text_of"]

_XML_SPACE = " \t\r\n"
_SHOWN = 80
_FULL = 1000


class Notes:
    """The departures of one message, in the order found; beyond a thousand only one of each kind and place.

    Args:
        message: the RPC element that the departures belong to.
        namespace: the CWMP namespace that decides what is allowed.
    """

    def __init__(self, message: str, namespace: str) -> None:
        self.message = message
        self.namespace = namespace
        self.found: list[Departure] = []
        self._missing: set[str] = set()
        self._places: set[tuple[DepartureKind, str]] = set()

    def add(self, kind: DepartureKind, path: str, detail: str, message: str = "") -> None:
        """Notes one departure, of the message at hand unless another one is named."""
        departure = Departure(kind, message or self.message, path, detail)
        if len(self.found) >= _FULL:
            place = (kind, departure.slot)
            if place in self._places:
                return
            self._places.add(place)
        self.found.append(departure)
        if kind is DepartureKind.MISSING_ELEMENT:
            self._missing.add(path)

    def present(self, path: str) -> bool:
        """Whether neither the element at ``path`` nor one around it was noted as missing."""
        return not self._missing or not any(above in self._missing for above in _upwards(path))


def _upwards(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]


def local_name(element: etree._Element) -> str:
    """An element's name without namespace, nor a prefix that nobody declared."""
    tag = str(element.tag)
    return tag.rpartition("}")[2].rpartition(":")[2]


def namespace_of(element: etree._Element) -> str:
    """An element's namespace, empty if it has none."""
    tag = str(element.tag)
    return tag[1:].partition("}")[0] if tag.startswith("{") else ""


def text_of(element: etree._Element) -> str:
    """An element's text without surrounding whitespace."""
    return (element.text or "").strip(_XML_SPACE)


def shown(text: str) -> str:
    """A text from the wire, quoted and cut for a message to people.

    >>> shown("b" * 100).count("b")
    80
    """
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
