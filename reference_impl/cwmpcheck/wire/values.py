"""Parameter values: the XML Schema types that one may state, and whether a text is of its type."""

from __future__ import annotations

import re
from collections.abc import Callable

from cwmpcheck.vocabulary.times import TimeKind, parse_cwmp_time

__all__ = ["VALUE_TYPES", "fits"]

_INTEGER = re.compile(r"[+-]?\d{1,20}", re.ASCII)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


def _integer(low: int, high: int) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        return _INTEGER.fullmatch(text) is not None and low <= int(text) <= high

    return check


_CHECKS: dict[str, Callable[[str], bool]] = {
    "xsd:string": lambda text: True,
    "xsd:boolean": lambda text: text in {"0", "1", "true", "false"},
    "xsd:int": _integer(-(2**31), 2**31 - 1),
    "xsd:long": _integer(-(2**63), 2**63 - 1),
    "xsd:unsignedInt": _integer(0, 2**32 - 1),
    "xsd:unsignedLong": _integer(0, 2**64 - 1),
    "xsd:dateTime": lambda text: parse_cwmp_time(text).kind is not TimeKind.INVALID,
    "xsd:hexBinary": lambda text: _HEX.fullmatch(text) is not None,
    "xsd:base64Binary": lambda text: _BASE64.fullmatch(text) is not None,
}

VALUE_TYPES: tuple[str, ...] = tuple(_CHECKS)
"""The types that a written parameter value may have, as ``xsi:type`` names them."""


def fits(text: str, type: str) -> bool:
    """Whether a text is a value of one of `VALUE_TYPES`.

    >>> fits("12", "xsd:unsignedInt"), fits("-1", "xsd:unsignedInt"), fits("x", "no:type")
    (True, False, False)
    """
    check = _CHECKS.get(type)
    return check is not None and check(text)
