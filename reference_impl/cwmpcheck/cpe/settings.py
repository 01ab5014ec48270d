"""Who the CPE is, and how it is set up: all that its core is told at the start."""

from __future__ import annotations

import msgspec

from cwmpcheck.vocabulary.namespaces import CWMP_1_2
from cwmpcheck.vocabulary.times import UNKNOWN_TIME
from cwmpcheck.wire.messages import DeviceId

__all__ = ["FIRMWARE", "STORED_FIRMWARE", "VENDOR_CONFIGURATION", "Access", "Profile", "Settings"]

FIRMWARE = "1 Firmware Upgrade Image"
STORED_FIRMWARE = "6 Stored Firmware Image"
VENDOR_CONFIGURATION = "3 Vendor Configuration File"


class Profile(msgspec.Struct, frozen=True):
    """What never changes about one device.

    Attributes:
        device: its DeviceId.
        hardware_version: of the forced Inform parameters.
        provisioning_code: likewise; may be empty.
        connection_request_url: likewise; empty while the CPE has no listener.
    """

    device: DeviceId = DeviceId("cwmpcheck", "0C0FFE", "ReferenceCPE", "000001")
    hardware_version: str = "1.0"
    provisioning_code: str = ""
    connection_request_url: str = ""


class Access(msgspec.Struct, frozen=True):
    """Names and passwords out of the box; the ACS may set others.

    Attributes:
        username: with which the CPE answers a challenge of the ACS; empty for none.
        password: that goes with it.
        connection_request_username: which a connection request must know; empty: none is granted.
        connection_request_password: that goes with it.
    """

    username: str = ""
    password: str = ""
    connection_request_username: str = ""
    connection_request_password: str = ""


class Settings(msgspec.Struct, frozen=True):
    """How the CPE behaves where the standard leaves room.

    Attributes:
        namespace: the CWMP namespace it writes.
        retry_minimum_wait: CWMPRetryMinimumWaitInterval, seconds, 1 to 65535.
        retry_multiplier: CWMPRetryIntervalMultiplier, in thousandths, 1000 to 65535.
        periodic_interval: seconds between periodic Informs.
        periodic_enable: whether there are any.
        periodic_time: an instant that they fall on, give or take whole intervals; unknown: the CPE chooses.
        queue_capacity: how many transfers may be pending at once; at least three (T-07), at most what one list holds.
        start_grace: seconds after its due time within which a transfer may still start (P-54, A-19).
        apply_after: seconds between a verified file and the writing of the other bank.
        synchronous_types: file types answered with Status 0, after they were fetched and applied (A-25: never firmware).
        resend_limit: how often one request is sent again after a fault 8005 before the session fails (E-81).
        schedule_retries: how often a failed attempt is repeated in one window where MaxRetries leaves it to the CPE.
        user_confirms: whether somebody is taken to confirm a download of mode 4 at once; else the mode is refused.
        allowed_hosts: from which files are fetched besides this machine; names or addresses, as spelled in the URL.
    """

    namespace: str = CWMP_1_2
    retry_minimum_wait: int = 5
    retry_multiplier: int = 2000
    periodic_interval: float = 300.0
    periodic_enable: bool = True
    periodic_time: str = UNKNOWN_TIME
    queue_capacity: int = 16
    start_grace: float = 3600.0
    apply_after: float = 0.0
    synchronous_types: tuple[str, ...] = ()
    resend_limit: int = 10
    schedule_retries: int = 3
    user_confirms: bool = False
    allowed_hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values outside the ranges of the data model (rules.md 1.9)."""
        if not 1 <= self.retry_minimum_wait <= 65535:
            raise ValueError(f"retry_minimum_wait is {self.retry_minimum_wait}; choose 1 to 65535 seconds")
        if not 1000 <= self.retry_multiplier <= 65535:
            raise ValueError(f"retry_multiplier is {self.retry_multiplier}; choose 1000 to 65535 thousandths")
        if self.periodic_interval <= 0:
            raise ValueError(f"periodic_interval is {self.periodic_interval}; choose more than 0 seconds")
        if not 3 <= self.queue_capacity <= 16:
            raise ValueError(f"queue_capacity is {self.queue_capacity}; choose 3 (T-07) to 16 (the longest list)")
        if {FIRMWARE, STORED_FIRMWARE} & set(self.synchronous_types):
            raise ValueError("firmware cannot be answered with Status 0: applying it takes a reboot (A-25)")
