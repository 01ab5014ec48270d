"""What a step shows, in the words of the standard instead of the model's field names."""

from __future__ import annotations

import re
from typing import Literal

from cwmpcheck.protocol import Kind
from cwmpcheck.protocol.observation import ACS_REPLIES, CPE_POSTS, NO_KEY

Side = Literal["cpe", "acs"]

_SHOWN = re.compile(r"(\w+)\((.*)\)", re.DOTALL)

_WORDS = {
    ("hold", "yes"): "HoldRequests",
    ("transfer_complete", "yes"): "7 TRANSFER COMPLETE",
    ("m_download", "yes"): "M Download",
    ("boot", "yes"): "1 BOOT",
    ("other_event", "yes"): "another event",
    ("updated", "yes"): "new version",
    ("delayed", "yes"): "DelaySeconds > 0",
}
_NO_OUTCOME = {Kind.TRANSFER_COMPLETE: "fault", Kind.FETCH_ENDS: "failed"}
_OUTCOME = {Kind.TRANSFER_COMPLETE: "FaultCode 0", Kind.FETCH_ENDS: "whole"}


def kind_of(message: str | None) -> Kind | None:
    """The kind of what a path step shows, or None when it shows nothing that the protocol knows."""
    match = _SHOWN.fullmatch(message or "")
    return Kind.__members__.get(match[1]) if match else None


def fields_of(message: str) -> dict[str, str]:
    """The fields of what a path step shows, as written there.

    >>> fields_of("DOWNLOAD(key=1, hold=no)")
    {'key': '1', 'hold': 'no'}
    """
    match = _SHOWN.fullmatch(message)
    pairs = (pair.partition("=") for pair in match[2].split(", ")) if match and match[2] else ()
    return {name: value for name, _, value in pairs}


def told(message: str) -> str:
    """What a path step shows, for people.

    >>> told("INFORM(transfer_complete=yes, m_download=yes, key=1, boot=no, retry=2)")
    'Inform (7 TRANSFER COMPLETE, M Download, key 1, RetryCount 2)'
    """
    kind = kind_of(message)
    if kind is None:
        return message
    words = [word for name, value in fields_of(message).items() if (word := _word(kind, name, value))]
    return f"{kind.value} ({', '.join(words)})" if words else kind.value


def _word(kind: Kind, name: str, value: str) -> str | None:
    if name == "success":
        return (_OUTCOME if value == "yes" else _NO_OUTCOME).get(kind)
    if name == "status":
        return f"Status {value}" if kind is Kind.DOWNLOAD_RESPONSE else None
    if name == "key":
        return f"key {value}" if value != str(NO_KEY) else None
    if name == "retry":
        return f"RetryCount {value}" if value != "0" else None
    return _WORDS.get((name, value))


def direction(message: str | None) -> tuple[Side, Side] | None:
    """From whom to whom a shown message goes, or None for what is no message between CPE and ACS."""
    kind = kind_of(message)
    if kind in CPE_POSTS:
        return "cpe", "acs"
    if kind in ACS_REPLIES:
        return "acs", "cpe"
    return None
