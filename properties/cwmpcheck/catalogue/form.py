"""The properties that the form of one message decides, as data: which departures break which.

The reader of messages records departures without knowing a property; this table alone says what they break. A departure
that no property selects is an irregularity without a rule behind it (a foreign namespace, a missing ``mustUnderstand``).
Provenance and party come from the rule book, so they cannot disagree with it. The titles are this table's own: a title
is what a reader of a finding was to expect, so it states the demand, and names all that the property selects.

Severities follow the classes of the notes on real captures: ``message`` for what misleads a receiver, ``minor`` for what only
a validator sees (the order of elements, counts of arrays, a value that the next version of the schema admits).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Literal

from cwmpcheck.vocabulary.departures import Departure, DepartureKind
from cwmpcheck.vocabulary.rules import PropertySketch, rule

__all__ = ["FORM_PROPERTIES", "FormProperty", "Party", "Severity", "broken_by"]

Severity = Literal["protocol", "message", "minor"]
Party = Literal["cpe", "acs", "both"]

_MINOR_KINDS = frozenset({DepartureKind.ORDER, DepartureKind.LATER_VERSION})


@dataclasses.dataclass(frozen=True)
class FormProperty:
    """A property that single messages keep or break.

    Attributes:
        id: its id in the rule book.
        title: what must hold, in one sentence; findings show it as what was expected.
        rule: ids of the rule book and clauses that it rests on.
        mark: the strongest provenance behind it: ``R``, ``S``, ``M+`` or ``M?`` (the last two are unverified).
        party: whom it binds.
        severity: how grave the gravest breach is; `severity_of` says it for one departure.
        selects: whether a departure breaks the property.
        admitted: kinds of departure that another reading of the standard admits, with that reading.
    """

    id: str
    title: str
    rule: tuple[str, ...]
    mark: str
    party: Party
    severity: Severity
    selects: Callable[[Departure], bool]
    admitted: tuple[tuple[DepartureKind, str], ...] = ()

    def severity_of(self, departure: Departure) -> Severity:
        """How grave this departure is: what only a validator sees is ``minor`` even under a graver property."""
        return "minor" if departure.kind in _MINOR_KINDS else self.severity

    def admitted_under(self, departure: Departure) -> str | None:
        """The reading that admits this departure (``A-24=b``), or ``None``."""
        return dict(self.admitted).get(departure.kind)


def broken_by(departures: Iterable[Departure]) -> tuple[str, ...]:
    """The ids of the form properties that these departures break, in the order of the table.

    >>> late = Departure(DepartureKind.NOT_A_DATETIME, "TransferComplete", "StartTime", "'' is no xs:dateTime")
    >>> broken_by([late])
    ('P-17',)
    """
    seen = tuple(departures)
    return tuple(form.id for form in FORM_PROPERTIES if any(form.selects(departure) for departure in seen))


def _select(
    kinds: Iterable[DepartureKind], messages: Iterable[str] | None = None, slots: Iterable[str] | None = None
) -> Callable[[Departure], bool]:
    """Selects departures of these kinds, in these messages and at these places (``None``: in any, at any)."""
    of_kind, of_message, at_slot = frozenset(kinds), messages and frozenset(messages), slots and frozenset(slots)

    def selects(departure: Departure) -> bool:
        return (
            departure.kind in of_kind
            and (of_message is None or departure.message in of_message)
            and (at_slot is None or departure.slot in at_slot)
        )

    return selects


def _any(*selections: Callable[[Departure], bool]) -> Callable[[Departure], bool]:
    return lambda departure: any(selects(departure) for selects in selections)


def _form(
    id: str,
    title: str,
    clause: str,
    selects: Callable[[Departure], bool],
    *,
    rests_on: tuple[str, ...] = (),
    severity: Severity = "message",
    party: Party = "cpe",
    admitted: tuple[tuple[DepartureKind, str], ...] = (),
) -> FormProperty:
    """A property whose mark and (where it says one) party are those of the rule book."""
    entry = rule(id)
    stated = entry.detail.party if isinstance(entry.detail, PropertySketch) else ""
    bound: Party = "acs" if stated == "acs" else "both" if stated == "both" else "cpe" if stated else party
    return FormProperty(id, title, (id, *rests_on, clause), str(entry.grade), bound, severity, selects, admitted)


_K = DepartureKind
_SHAPE = (_K.MISSING_ELEMENT, _K.EXTRA_ELEMENT, _K.ORDER)
_TIME_SLOTS = ("StartTime", "CompleteTime")
_DATE_TIME = (_K.NOT_A_DATETIME, _K.UNKNOWN_TIME_FORM, _K.NOT_UTC, _K.OFFSET_MISSING, _K.RELATIVE_TIME)
_OUTCOMES = ("TransferComplete", "AutonomousTransferComplete")
_EVENT = "Event/EventStruct"
_FAULT_STRUCT = ("FaultStruct", "FaultStruct/FaultCode", "FaultStruct/FaultString")


def _outcome_shape(departure: Departure) -> bool:
    """The sequence of a TransferComplete but for absent times, which are no times (P-17)."""
    if departure.message not in _OUTCOMES:
        return False
    if departure.kind is _K.MISSING_ELEMENT:
        return departure.slot not in _TIME_SLOTS
    return departure.kind in _SHAPE or (
        departure.kind is _K.TOO_LONG and departure.slot in (*_FAULT_STRUCT, "CommandKey")
    )


FORM_PROPERTIES: tuple[FormProperty, ...] = (
    _form(
        "P-01",
        "Download has the schema's ten elements in its order, CommandKey to FailureURL; FileSize and DelaySeconds are numbers.",
        "XSD A.3.2.8",
        _select((*_SHAPE, _K.BAD_INTEGER), ("Download",)),
    ),
    _form(
        "P-02",
        "In Download, CommandKey has at most 32 characters, FileType 64, and every other string 256.",
        "XSD A.3.2.8",
        _select((_K.TOO_LONG,), ("Download",)),
    ),
    _form(
        "P-03",
        "FileType of Download is one of the namespace in use, or the vendor's own in the form X <OUI> <name>.",
        "XSD A.3.2.8",
        _select((_K.BAD_PATTERN, _K.NOT_IN_ENUMERATION, _K.LATER_VERSION), ("Download",), ("FileType",)),
    ),
    _form(
        "P-04",
        "DownloadResponse has a Status, and it is 0 or 1.",
        "XSD A.3.2.8",
        _select((_K.NOT_IN_ENUMERATION, _K.BAD_INTEGER, _K.MISSING_ELEMENT), ("DownloadResponse",), ("Status",)),
    ),
    _form(
        "P-05",
        "TransferComplete has, in this order, CommandKey (at most 32 characters), FaultStruct with FaultCode and FaultString "
        "(at most 256), StartTime, CompleteTime.",
        "XSD A.3.3.2",
        _outcome_shape,
    ),
    _form(
        "P-06",
        "FaultCode of a TransferComplete is one that the schema of the namespace in use lists.",
        "XSD A.3.3.2",
        _select((_K.FAULT_CODE_ILLEGAL, _K.LATER_VERSION, _K.BAD_INTEGER), _OUTCOMES, ("FaultStruct/FaultCode",)),
    ),
    _form(
        "P-07",
        "A Fault that answers Download has a code for it: 9000 to 9004, 9010, 9012 to 9019, or 9033 to 9899.",
        "A.5.1",
        _select((_K.FAULT_CODE_ILLEGAL,), ("Fault to Download",)),
    ),
    _form(
        "P-10",
        "Inform lists at most 64 events, each an EventCode of the schema, then a CommandKey of at most 32 characters.",
        "XSD A.3.3.1",
        _any(
            _select((_K.ARRAY_TOO_LONG,), ("Inform",), ("Event",)),
            _select((_K.BAD_PATTERN, _K.LATER_VERSION), ("Inform",), (f"{_EVENT}/EventCode",)),
            _select((*_SHAPE, _K.TOO_LONG), ("Inform",), (_EVENT, f"{_EVENT}/EventCode", f"{_EVENT}/CommandKey")),
        ),
    ),
    _form(
        "P-11",
        "MaxEnvelopes is there, and is 1.",
        "A.3.3.1",
        _select(
            (_K.MAX_ENVELOPES, _K.BAD_INTEGER, _K.MISSING_ELEMENT), ("Inform", "InformResponse"), ("MaxEnvelopes",)
        ),
        rests_on=("S-06",),
        severity="minor",
    ),
    _form(
        "P-12",
        "The CommandKey of an event is empty, unless the event is a method's, such as M Download.",
        "A.3.3.1",
        _select((_K.KEY_ON_PLAIN_EVENT,), ("Inform",)),
    ),
    _form(
        "P-14",
        "The URL of Download holds neither user name nor password.",
        "A.3.2.8",
        _select((_K.USERINFO_IN_URL,), ("Download",)),
    ),
    _form(
        "P-17",
        "StartTime and CompleteTime are dateTimes in UTC, or 0001-01-01T00:00:00Z where the time is not known.",
        "A.3.3.2",
        _any(
            _select((*_DATE_TIME, _K.MISSING_ELEMENT), ("DownloadResponse",), _TIME_SLOTS),
            _select((*_DATE_TIME, _K.MISSING_ELEMENT), _OUTCOMES, _TIME_SLOTS),
        ),
        rests_on=("T-27",),
        admitted=((_K.RELATIVE_TIME, "A-24=b"),),
    ),
    _form(
        "P-18",
        "Inform lists SoftwareVersion in its ParameterList.",
        "TR-181 forcedInform",
        _select((_K.FORCED_PARAMETER_MISSING,), ("Inform",)),
    ),
    _form(
        "P-62",
        "DownloadResponse with Status 1 has 0001-01-01T00:00:00Z as its StartTime and as its CompleteTime.",
        "A.3.2.8",
        _select((_K.NOT_UNKNOWN_TIME,), ("DownloadResponse",)),
        rests_on=("T-27",),
    ),
    _form(
        "P-63",
        "In DownloadResponse with Status 0, CompleteTime is not before StartTime.",
        "A.3.2.8",
        _select((_K.TIMES_REVERSED,), ("DownloadResponse",)),
        rests_on=("T-27",),
    ),
    _form(
        "P-64",
        "In TransferComplete, CompleteTime is not before StartTime.",
        "A.3.3.2",
        _select((_K.TIMES_REVERSED,), _OUTCOMES),
        rests_on=("T-27",),
    ),
    _form(
        "P-104",
        "CurrentTime of Inform is a dateTime that says its offset from UTC.",
        "A.3.3.1",
        _select((_K.OFFSET_MISSING, _K.NOT_A_DATETIME, _K.MISSING_ELEMENT), ("Inform",), ("CurrentTime",)),
    ),
    _form(
        "P-105",
        "soap-enc:arrayType says as many elements as the array has.",
        "SOAP 1.1",
        _select((_K.ARRAY_COUNT,)),
        severity="minor",
        party="both",
    ),
    _form(
        "P-106",
        "Every array, such as Event and ParameterList, says its type and size in soap-enc:arrayType.",
        "XSD",
        _select((_K.ARRAY_TYPE_MISSING,)),
        severity="minor",
        party="both",
    ),
    _form("P-107", "Inform lists at least one event.", "A.3.3.1", _select((_K.EMPTY_EVENT_LIST,), ("Inform",))),
)
"""Every property that the form of one message decides."""
