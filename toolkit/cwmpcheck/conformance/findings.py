"""What a diff says of a trace: findings with their place and their reason, and the verdict they add up to."""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec


class Severity(enum.StrEnum):
    """How much a finding weighs; only the first two, and by choice the third, make a trace deviate."""

    PROTOCOL = "protocol"
    MESSAGE = "message"
    MINOR = "minor"
    OPEN = "open"
    CONDITIONAL = "conditional"


class At(msgspec.Struct, frozen=True):
    """Where in a trace something was seen.

    Attributes:
        packet: number of the packet in the capture, from 1.
        line: number of the line in a log, from 1.
        time: seconds since the trace began.
        session: number of the device's session, from 0.
        message: the message's name.
    """

    packet: int | None
    line: int | None
    time: float | None
    session: int | None
    message: str | None


class Because(msgspec.Struct, frozen=True):
    """The condition of the model that was false.

    Attributes:
        guard: the condition in words.
        rule: id of the rule behind it.
        values: the variables it speaks of, with the values they had.
    """

    guard: str
    rule: str | None
    values: Mapping[str, str]


class Finding(msgspec.Struct, frozen=True):
    """One departure of a trace from what a property demands.

    Attributes:
        property: id of the property broken.
        severity: see ``Severity``.
        party: who broke it, ``cpe`` or ``acs``.
        device: name of the device.
        at: where.
        expected: what the property demands, in words.
        got: what was seen.
        because: the false condition of the model, where following the trace tells it.
        under: a reading that would admit it, such as ``A-08=restarts``.
        times: how many like it were found; the first is shown.
    """

    property: str
    severity: Severity
    party: str
    device: str
    at: At
    expected: str
    got: str
    because: Because | None = None
    under: str | None = None
    times: int = 1


class Divergence(msgspec.Struct, frozen=True):
    """Where no state of the model could have shown what was seen, and what would mend it.

    Attributes:
        transfer: CommandKey of the transfer that was followed; empty for none.
        observed: what was seen, in words.
        because: the false guard of the nearest step.
        under: readings under which the whole trace can be followed.
    """

    device: str
    transfer: str
    at: At
    observed: str
    because: Because | None
    mend: str | None = None
    under: str | None = None


class DeviceSummary(msgspec.Struct, frozen=True):
    """What was told apart for one device."""

    name: str
    sessions: int
    failed_sessions: int
    transfers: tuple[str, ...]
    followed: int
    observations: int


class TraceVerdict(msgspec.Struct, frozen=True):
    """The verdict on one trace, as ``diff --format json`` gives it.

    Attributes:
        verdict: ``conforms``, ``deviates``, ``inconclusive`` or ``unreadable``.
        protocol: ``conforms``, ``deviates`` or ``inconclusive``.
        messages: ``clean``, ``minor`` or ``deviates``.
    """

    source: str
    verdict: str
    protocol: str
    messages: str
    devices: tuple[DeviceSummary, ...]
    findings: tuple[Finding, ...]
    divergences: tuple[Divergence, ...] = ()
    tolerances: Mapping[str, int] = {}
    notes: tuple[str, ...] = ()
