"""Which fields a message or event must be given when an action shows it: those that a watcher could read off the wire."""

from __future__ import annotations

from collections.abc import Mapping

from cwmpcheck.kernel import Value
from cwmpcheck.protocol.observation import Kind

_FIELDS: Mapping[Kind, frozenset[str]] = {
    Kind.INFORM: frozenset(
        {"transfer_complete", "m_download", "key", "boot", "other_event", "retry", "updated"},
    ),
    Kind.INFORM_RESPONSE: frozenset({"hold"}),
    Kind.DOWNLOAD: frozenset({"key", "delayed", "hold"}),
    Kind.DOWNLOAD_RESPONSE: frozenset({"status", "key"}),
    Kind.DOWNLOAD_FAULT: frozenset({"key"}),
    Kind.TRANSFER_COMPLETE: frozenset({"key", "success"}),
    Kind.ACS_REQUEST: frozenset({"hold"}),
    Kind.FETCH_ENDS: frozenset({"success"}),
}

REQUIRED_FIELDS: Mapping[Value, frozenset[str]] = {kind: _FIELDS.get(kind, frozenset()) for kind in Kind}
"""For ``validate``: a message shown without one of these would be seen with the field's default, and believed."""
