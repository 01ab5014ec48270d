"""The reason beside a finding: the false condition of the model that belongs to the very property that was broken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from cwmpcheck.catalogue import Property
from cwmpcheck.conformance.findings import Because, Finding
from cwmpcheck.conformance.letters import FieldValue
from cwmpcheck.conformance.seen import Seen
from cwmpcheck.protocol import Kind

WORDS: Mapping[str, str] = {
    "transfer_complete": "the Inform lists 7 TRANSFER COMPLETE",
    "m_download": "the Inform lists M Download",
    "key": "the CommandKey is that of the Download",
    "boot": "the Inform lists 1 BOOT",
    "retry": "RetryCount counts the failed attempts",
    "updated": "SoftwareVersion is the requested one",
    "hold": "HoldRequests is true",
    "delayed": "DelaySeconds is above 0",
    "status": "the Status of DownloadResponse",
    "success": "FaultCode is 0",
}
"""The fields of an observation, as an implementer knows them."""

COUNTED = frozenset({"retry", "status", "key"})

SPEAKS_OF: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("P-31", "P-32", "P-33", "P-82", "P-100"), frozenset({"transfer_complete", "m_download"})),
    **dict.fromkeys(("P-15", "P-16", "P-49"), frozenset({"key"})),
    **dict.fromkeys(("P-34", "P-35"), frozenset({"retry"})),
    **dict.fromkeys(("P-41", "P-46", "P-109"), frozenset({"success"})),
    "P-42": frozenset({"updated"}),
    "P-102": frozenset({"boot"}),
}
"""The fields of a message that a property speaks of."""


def differing(field: str, expected: int, seen: FieldValue) -> Because:
    """The reason that a message carries another value than any state of the model would show."""
    number = 0 if isinstance(seen, Kind) else int(seen)
    told = (str(expected), str(number)) if field in COUNTED else (_yes(expected), _yes(number))
    return Because(WORDS.get(field, field), None, {field: f"{told[0]} expected, {told[1]} seen"})


def _yes(value: int) -> str:
    return "yes" if value else "no"


def belongs(reason: Because, item: Property) -> bool:
    """Whether a false condition is one that the property is about."""
    if reason.rule is not None:
        return reason.rule == item.id or reason.rule in item.rules
    return bool(SPEAKS_OF.get(item.id, frozenset()) & set(reason.values))


def with_reason(
    finding: Finding, item: Property, index: int, reasons: Mapping[int, Sequence[Because]], seen: Sequence[Seen]
) -> Finding:
    """The finding with the condition that was false at its observation, or earlier in its session, if one belongs to it."""
    session = seen[index].session
    for earlier in range(index, -1, -1):
        if seen[earlier].session not in (session, None):
            break
        for reason in reasons.get(earlier, ()):
            if belongs(reason, item):
                return msgspec.structs.replace(finding, because=reason)
    return finding
