"""What ``verify --format json`` and ``diff --format json`` print: a contract, so these shapes only ever grow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

VerdictName = Literal["proved", "holds_within", "refuted", "not_applicable", "vacuous", "unknown"]


class StepRow(msgspec.Struct, frozen=True):
    """One step of a counterexample; ``changed`` holds ``old -> new`` by variable."""

    step: int
    party: str
    action: str
    message: str | None
    changed: Mapping[str, str]


class ResultRow(msgspec.Struct, frozen=True):
    """The verdict on one property in one scenario under one reading."""

    scenario: str
    reading: Mapping[str, str]
    property: str
    verdict: VerdictName
    how: str | None
    scope: str | None
    expected: bool
    defect: str | None
    states: int | None
    transitions: int | None
    depth: int | None
    seconds: float
    path: tuple[StepRow, ...] = ()


class VerifyDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything that ``verify`` prints as JSON; ``notes`` only where there are some."""

    results: tuple[ResultRow, ...]
    exit: int
    notes: tuple[str, ...] = ()


class AtRow(msgspec.Struct, frozen=True):
    """Where in a trace something was seen."""

    packet: int | None
    line: int | None
    time: float | None
    session: int | None
    message: str | None


class BecauseRow(msgspec.Struct, frozen=True):
    """The condition of the model that was false."""

    guard: str
    rule: str | None
    values: Mapping[str, str]


class FindingRow(msgspec.Struct, frozen=True):
    """One departure of a trace from what a property demands; ``unverified`` where that was recalled, not read."""

    property: str
    severity: Literal["protocol", "message", "minor", "open", "conditional"]
    party: str
    at: AtRow
    expected: str
    got: str
    because: BecauseRow | None
    under: str | None
    times: int = 1
    device: str = ""
    unverified: bool = False


class DeviceRow(msgspec.Struct, frozen=True):
    """What was told apart for one device."""

    name: str
    sessions: int
    failed_sessions: int
    transfers: tuple[str, ...]
    followed: int
    observations: int


class TraceRow(msgspec.Struct, frozen=True):
    """The verdict on one trace."""

    source: str
    verdict: Literal["conforms", "deviates", "inconclusive", "unreadable"]
    protocol: Literal["conforms", "deviates", "inconclusive"]
    messages: Literal["clean", "minor", "deviates"]
    devices: tuple[DeviceRow, ...]
    findings: tuple[FindingRow, ...]
    notes: tuple[str, ...] = ()


class DiffDocument(msgspec.Struct, frozen=True):
    """Everything that ``diff`` prints as JSON."""

    traces: tuple[TraceRow, ...]
    exit: int
