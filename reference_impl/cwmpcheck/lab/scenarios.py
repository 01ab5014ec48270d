"""What the laboratory can do, as data."""

from __future__ import annotations

import msgspec

from cwmpcheck.acs import Campaign
from cwmpcheck.cpe import FIRMWARE, VENDOR_CONFIGURATION, Phase, Settings

__all__ = ["KILL_POINTS", "SCENARIOS", "Scenario"]

KILL_POINTS = (Phase.FETCHED, Phase.REPORTABLE, Phase.FETCHING, Phase.APPLYING, Phase.QUEUED)
"""Where the power goes in ``power-loss``: the seed picks one, the first for seed 0."""


class Scenario(msgspec.Struct, frozen=True):
    """One run of the laboratory.

    Attributes:
        name: as on the command line.
        summary: one sentence.
        settings: of the CPE; waits are short, so that a run takes seconds.
        file_type: what is transferred; firmware brings a new version and a reboot.
        delay_seconds: of the Download.
        hold: whether the ACS asks under HoldRequests.
        power_loss: whether the CPE is killed, at the point that the seed picks.
        lose_acknowledgement: whether the first TransferCompleteResponse is swallowed and the connection reset.
    """

    name: str
    summary: str
    settings: Settings
    file_type: str = FIRMWARE
    delay_seconds: int = 0
    hold: bool = False
    power_loss: bool = False
    lose_acknowledgement: bool = False

    def campaign(self, url: str, version: str, size: int) -> Campaign:
        """The campaign that the ACS runs.

        Args:
            url: of the file.
            version: that the file brings, if it is firmware.
            size: of the file in bytes.
        """
        return Campaign(
            name="lab",
            url=url,
            version=version if self.file_type == FIRMWARE else "",
            file_type=self.file_type,
            file_size=size,
            delay_seconds=self.delay_seconds,
            hold=self.hold,
            settle_seconds=0.5 if self.hold else 0.0,
        )


_QUICK = Settings(retry_minimum_wait=1, retry_multiplier=2000, periodic_interval=2.0)

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "unicast",
            "First contact, a delayed Download, the file fetched and applied, a restart, the outcome reported.",
            _QUICK,
            delay_seconds=1,
        ),
        Scenario(
            "power-loss",
            "The same upgrade, with the CPE killed in the middle and started again.",
            msgspec.structs.replace(_QUICK, apply_after=0.5),
            delay_seconds=1,
            power_loss=True,
        ),
        Scenario(
            "ack-loss",
            "The same upgrade; the first TransferCompleteResponse is lost, and the report must come again.",
            _QUICK,
            delay_seconds=1,
            lose_acknowledgement=True,
        ),
        Scenario(
            "status0",
            "A configuration file, fetched and applied before the Download is answered with Status 0.",
            msgspec.structs.replace(_QUICK, synchronous_types=(VENDOR_CONFIGURATION,)),
            file_type=VENDOR_CONFIGURATION,
        ),
        Scenario(
            "same-session",
            "A configuration file asked for under HoldRequests, and reported later in the same session.",
            _QUICK,
            file_type=VENDOR_CONFIGURATION,
            hold=True,
        ),
    )
}
"""Every scenario by name."""
