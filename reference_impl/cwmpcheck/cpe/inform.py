"""The Inform of a CPE: who, why, which attempt, and the forced parameters (rules.md 1.2)."""

from __future__ import annotations

import datetime

from cwmpcheck.cpe.settings import Profile
from cwmpcheck.cpe.transfers import RunningImage, Transfer
from cwmpcheck.vocabulary.events import EVENT_M_DOWNLOAD, EVENT_TRANSFER_COMPLETE
from cwmpcheck.wire.messages import Event, Inform, Parameter

__all__ = ["inform", "with_completions"]


def with_completions(events: tuple[Event, ...], reportable: list[Transfer]) -> tuple[Event, ...]:
    """The events of a session that also reports transfers: all that has one cause goes together (V-02).

    ``7 TRANSFER COMPLETE`` stands once, ``M Download`` once for each transfer, with its key.
    """
    if not reportable:
        return events
    keys = (Event(EVENT_M_DOWNLOAD, transfer.command_key) for transfer in reportable)
    return (*events, Event(EVENT_TRANSFER_COMPLETE), *keys)


def inform(profile: Profile, running: RunningImage, events: tuple[Event, ...], retry_count: int, now: float) -> Inform:
    """The first message of a session at the instant ``now``; the version is that of the image which runs."""
    return Inform(
        device=profile.device,
        events=events,
        max_envelopes=1,
        current_time=datetime.datetime.fromtimestamp(now).astimezone().isoformat(timespec="microseconds"),
        retry_count=retry_count,
        parameters=(
            Parameter("Device.RootDataModelVersion", "2.15"),
            Parameter("Device.DeviceInfo.HardwareVersion", profile.hardware_version),
            Parameter("Device.DeviceInfo.SoftwareVersion", running.version),
            Parameter("Device.DeviceInfo.ProvisioningCode", profile.provisioning_code),
            Parameter("Device.ManagementServer.ParameterKey", ""),
            Parameter("Device.ManagementServer.ConnectionRequestURL", profile.connection_request_url),
            Parameter("Device.ManagementServer.AliasBasedAddressing", "false", "xsd:boolean"),
        ),
    )
