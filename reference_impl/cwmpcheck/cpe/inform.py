"""The Inform of a CPE: who, why, which attempt, and the forced parameters (rules.md 1.2)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from cwmpcheck.cpe.parameters import MANAGEMENT, PARAMETER_KEY, Leaf
from cwmpcheck.cpe.settings import Profile
from cwmpcheck.wire.messages import Event, Inform, Parameter

__all__ = ["inform"]

_FORCED = (
    "Device.RootDataModelVersion",
    "Device.DeviceInfo.HardwareVersion",
    "Device.DeviceInfo.SoftwareVersion",
    "Device.DeviceInfo.ProvisioningCode",
    PARAMETER_KEY,
    MANAGEMENT + "ConnectionRequestURL",
    MANAGEMENT + "AliasBasedAddressing",
)


def inform(
    profile: Profile, leaves: Mapping[str, Leaf], events: tuple[Event, ...], retry_count: int, now: float
) -> Inform:
    """The first message of a session at the instant ``now``; the version is that of the image which runs."""
    return Inform(
        device=profile.device,
        events=events,
        max_envelopes=1,
        current_time=datetime.datetime.fromtimestamp(now).astimezone().isoformat(timespec="microseconds"),
        retry_count=retry_count,
        parameters=tuple(Parameter(name, leaves[name].value, leaves[name].type) for name in _FORCED),
    )
