"""What can be irregular in the form of one message, as data that anybody may select from.

The reader of messages records departures and never refuses a message for one; which property of
the catalogue a departure breaks is said by the catalogue alone.
"""

from __future__ import annotations

import enum
import re

import msgspec

__all__ = ["ENVELOPE", "Departure", "DepartureKind"]

ENVELOPE = "Envelope"
"""The ``message`` of a departure that is about the SOAP envelope, not about the RPC inside."""

_INDEX = re.compile(r"\[\d+\]")


class DepartureKind(enum.StrEnum):
    """In which way a message departs from the schema or from the rules on its form."""

    MISSING_ELEMENT = "missing_element"
    EXTRA_ELEMENT = "extra_element"
    ORDER = "order"
    TOO_LONG = "too_long"
    NOT_IN_ENUMERATION = "not_in_enumeration"
    BAD_PATTERN = "bad_pattern"
    LATER_VERSION = "later_version"
    """A value that a later CWMP namespace admits, but not the one in use."""
    NOT_A_DATETIME = "not_a_datetime"
    NOT_UTC = "not_utc"
    OFFSET_MISSING = "offset_missing"
    UNKNOWN_TIME_FORM = "unknown_time_form"
    """The instant of the Unknown Time in another lexical form (``...+00:00``, no ``Z``)."""
    RELATIVE_TIME = "relative_time"
    """Time counted from boot where the Unknown Time is expected; another reading of the standard admits it."""
    NOT_UNKNOWN_TIME = "not_unknown_time"
    TIMES_REVERSED = "times_reversed"
    ARRAY_TYPE_MISSING = "array_type_missing"
    ARRAY_COUNT = "array_count"
    ARRAY_TOO_LONG = "array_too_long"
    ARRAY_TOO_SHORT = "array_too_short"
    BAD_INTEGER = "bad_integer"
    BAD_BOOLEAN = "bad_boolean"
    TYPE_MISSING = "type_missing"
    """A parameter's Value without ``xsi:type``."""
    NAMESPACE = "namespace"
    ID_MISSING = "id_missing"
    MUST_UNDERSTAND_MISSING = "must_understand_missing"
    KEY_ON_PLAIN_EVENT = "key_on_plain_event"
    FORCED_PARAMETER_MISSING = "forced_parameter_missing"
    USERINFO_IN_URL = "userinfo_in_url"
    EMPTY_EVENT_LIST = "empty_event_list"
    FAULT_CODE_ILLEGAL = "fault_code_illegal"
    MAX_ENVELOPES = "max_envelopes"
    NOT_SOAP = "not_soap"
    MALFORMED_XML = "malformed_xml"
    DOCTYPE_REFUSED = "doctype_refused"
    TOO_LARGE = "too_large"
    TRUNCATED = "truncated"


class Departure(msgspec.Struct, frozen=True):
    """One irregularity of one message.

    Attributes:
        kind: in which way the message departs.
        message: the RPC element as on the wire (``"TransferComplete"``, ``"DownloadResponse"``,
            ``"Fault"``), or ``"Envelope"`` for what lies outside it.
        path: the element below the message, names joined by ``/``, the items of an array numbered
            from one, an attribute with ``@``: ``"FaultStruct/FaultCode"``,
            ``"Event/EventStruct[2]/CommandKey"``, ``"ParameterList/@arrayType"``. Empty for the message itself.
        detail: what was found and what is allowed, for people.
    """

    kind: DepartureKind
    message: str
    path: str
    detail: str

    @property
    def slot(self) -> str:
        """The path without the numbers of array items, to select by.

        >>> Departure(DepartureKind.TOO_LONG, "Inform", "Event/EventStruct[2]/CommandKey", "40 of 32").slot
        'Event/EventStruct/CommandKey'
        """
        return _INDEX.sub("", self.path)
