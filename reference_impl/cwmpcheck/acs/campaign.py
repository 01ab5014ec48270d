"""One campaign: which file, for whom, and whether this device should be asked now."""

from __future__ import annotations

import fnmatch
from urllib.parse import quote

import msgspec

from cwmpcheck.acs.beliefs import Device, Operation, OperationState
from cwmpcheck.wire.messages import Download

__all__ = ["Campaign"]

_GRACE = 3600.0
"""A CPE may start this late (P-54), so an outcome may come this much later than expected."""
_RETRIES = 7200.0
"""Room for the transfer itself, a reboot, and sessions that fail."""

_LONGEST_QUERY = 97
"""A question mark and a key of 32 characters, each escaped."""


class Campaign(msgspec.Struct, frozen=True):
    """What every device should have.

    Attributes:
        name: at most 16 characters; the CommandKeys begin with it.
        url: of the file, as the CPE should fetch it.
        version: the SoftwareVersion after it; empty for a file that is no firmware, sent once to each device.
        file_size: in bytes, 0 for not known.
        delay_seconds: of the Download.
        max_attempts: how many Downloads one device is sent at most, whatever becomes of them (P-95).
        hold: ask under HoldRequests, so that the outcome can come in the same session (A-01).
        settle_seconds: under hold, how long the next request waits, to give the CPE time to finish.
        own_urls: give each Download a URL of its own, its key as the query, so that a log tells for which one a file
            was fetched.
        devices: patterns of device names (``0C0FFE-*``), one of which must fit; none means every device.
        opens: seconds since 1970 before which no Download is sent.
        closes: after which none is sent, neither a first one nor a repeated one; ``None``: it stays open.
        back_off_seconds: between the first Download and the second at least; twice that before the third, and so on.
        username: for the file server, if it asks.
        password: that goes with it.
    """

    name: str
    url: str
    version: str = ""
    file_type: str = "1 Firmware Upgrade Image"
    file_size: int = 0
    target_file_name: str = ""
    delay_seconds: int = 0
    max_attempts: int = 3
    hold: bool = False
    settle_seconds: float = 0.0
    own_urls: bool = False
    devices: tuple[str, ...] = ()
    opens: float = 0.0
    closes: float | None = None
    back_off_seconds: float = 0.0
    username: str = ""
    password: str = ""

    def __post_init__(self) -> None:
        """Refuse what could not become a correct Download."""
        if not 0 < len(self.name) <= 16:
            raise ValueError(f"the campaign's name {self.name!r} must have 1 to 16 characters: keys begin with it")
        room = 256 - _LONGEST_QUERY * self.own_urls
        if not 0 < len(self.url) <= room:
            raise ValueError(f"the campaign's URL has {len(self.url)} characters; it may have 1 to {room}")

    def includes(self, device: str) -> bool:
        """Whether the campaign is for the device of this name."""
        return not self.devices or any(fnmatch.fnmatchcase(device, pattern) for pattern in self.devices)

    def wants(self, device: Device, operations: list[Operation], now: float) -> bool:
        """Whether to send this device a Download now.

        Never while one is unfinished (P-94), never more than ``max_attempts``, and not before the back-off is over.

        Args:
            device: as its Inform just said.
            operations: all of this campaign for it, in order.
            now: seconds since 1970.
        """
        open_now = self.opens <= now and (self.closes is None or now <= self.closes)
        if not (self.includes(device.name) and open_now):
            return False
        return self.lacks(device, operations) and now >= self._not_before(operations)

    def lacks(self, device: Device, operations: list[Operation]) -> bool:
        """Whether the device does not have what it should, nothing is under way, and attempts are left."""
        if any(operation.is_open for operation in operations):
            return False
        if self.version and device.version == self.version:
            return False
        if not self.version and any(operation.state is OperationState.SUCCEEDED for operation in operations):
            return False
        return len(operations) < self.max_attempts

    def _not_before(self, operations: list[Operation]) -> float:
        """When the next attempt may be made."""
        if not operations:
            return 0.0
        return operations[-1].sent + self.back_off_seconds * 2.0 ** (len(operations) - 1)

    def operation(self, device: Device, key: str, now: float) -> Operation:
        """The record of a Download that is about to be sent."""
        deadline = now + self.delay_seconds + _GRACE + _RETRIES
        return Operation(key, device.name, self.name, self.version, now, deadline)

    def download(self, key: str) -> Download:
        """The request itself."""
        return Download(
            command_key=key,
            file_type=self.file_type,
            url=f"{self.url}?{quote(key, safe='')}" if self.own_urls else self.url,
            username=self.username,
            password=self.password,
            file_size=self.file_size,
            target_file_name=self.target_file_name,
            delay_seconds=self.delay_seconds,
        )
