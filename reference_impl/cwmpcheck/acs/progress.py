"""How far a campaign has come: one row for each device it is for, as a table for people and as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from cwmpcheck.acs.beliefs import Device, Operation, OperationState
from cwmpcheck.acs.campaign import Campaign

__all__ = ["DeviceProgress", "Progress", "campaign_progress", "progress_table"]

_TITLES = ("device", "version", "state", "attempts", "code", "text")


class DeviceProgress(msgspec.Struct, frozen=True):
    """Where one device stands.

    Attributes:
        device: its name.
        version: in its last Inform, which counts more than any report.
        state: ``done``, ``waiting`` (nothing sent yet, or to be sent again), ``given up``, or that of the open operation.
        attempts: Downloads sent.
        code: of the last outcome, ``None`` without one.
        text: what the last outcome said.
    """

    device: str
    version: str
    state: str
    attempts: int
    code: int | None = None
    text: str = ""


class Progress(msgspec.Struct, frozen=True):
    """Where a campaign stands: how many devices are in each state, and each of them."""

    campaign: str
    counts: dict[str, int]
    devices: tuple[DeviceProgress, ...]


def campaign_progress(campaign: Campaign, devices: Iterable[Device], operations: Iterable[Operation]) -> Progress:
    """Where a campaign stands.

    Args:
        campaign: which.
        devices: all that the ACS knows.
        operations: all that it has sent, in order.
    """
    of: dict[str, list[Operation]] = {}
    for operation in operations:
        if (operation.campaign, operation.version) == (campaign.name, campaign.version):
            of.setdefault(operation.device, []).append(operation)
    rows = tuple(
        _row(campaign, device, of.get(device.name, []))
        for device in sorted(devices, key=lambda known: known.name)
        if campaign.includes(device.name)
    )
    return Progress(campaign.name, dict(sorted(Counter(row.state for row in rows).items())), rows)


def _row(campaign: Campaign, device: Device, operations: list[Operation]) -> DeviceProgress:
    last = operations[-1] if operations else None
    if last is not None and last.is_open:
        state = str(last.state)
    elif campaign.lacks(device, operations):
        state = "waiting"
    elif (campaign.version and device.version == campaign.version) or (
        last is not None and last.state is OperationState.SUCCEEDED
    ):
        state = "done"
    else:
        state = "given up"
    code, text = (last.code, last.text) if last is not None else (None, "")
    return DeviceProgress(device.name, device.version, state, len(operations), code, text)


def progress_table(progress: Progress) -> str:
    """The same for people: aligned columns, and a line that adds up; what devices said is shown without control characters.

    >>> print(progress_table(Progress("fw", {"done": 1}, (DeviceProgress("0C0FFE-Box-7", "2.0", "done", 1, 0),))))
    device        version  state  attempts  code  text
    0C0FFE-Box-7  2.0      done   1         0
    fw: 1 done
    """
    rows = [_TITLES] + [
        tuple(_plain("" if value is None else str(value)) for value in msgspec.structs.astuple(row))
        for row in progress.devices
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    total = ", ".join(f"{count} {state}" for state, count in progress.counts.items()) or "no devices yet"
    return "\n".join([*lines, f"{_plain(progress.campaign)}: {total}"])


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:80]
