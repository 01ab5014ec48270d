"""The words of the benchmark system: what its variables may hold, its sizes, and their known numbers of states."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Session(enum.Enum):
    """Where a CPE stands in a session."""

    NONE = 0
    INFORM_SENT = 1
    MAY_SPEAK = 2
    TC_SENT = 3
    EMPTY_SENT = 4


class Transfer(enum.Enum):
    """What has become of the file transfer."""

    NONE = 0
    QUEUED = 1
    LOADING = 2
    LOADED = 3
    APPLYING = 4
    APPLIED = 5
    FAILED = 6


class Request(enum.Enum):
    """What the CPE has on the wire."""

    NONE = 0
    INFORM = 1
    TC_OK = 2
    TC_FAILED = 3
    EMPTY = 4
    DOWNLOAD_LATER = 5
    DOWNLOAD_NOW = 6
    DOWNLOAD_FAULT = 7


class Response(enum.Enum):
    """What the ACS has on the wire."""

    NONE = 0
    INFORM = 1
    TC = 2
    DOWNLOAD_UNICAST = 3
    DOWNLOAD_MULTICAST = 4
    NO_CONTENT = 5


class Belief(enum.Enum):
    """What the ACS believes of the transfer."""

    IDLE = 0
    ASKED = 1
    ACCEPTED = 2
    DONE_OK = 3
    DONE_FAILED = 4


@dataclass(frozen=True)
class Size:
    """How large the system is: CPEs, losses, reboots of each, ticks of delay and window, file-server slots."""

    cpes: int
    losses: int
    reboots: int
    delay: int
    window: int
    slots: int


SIZES = {
    "one": Size(1, 2, 2, 3, 3, 1),
    "S": Size(2, 1, 0, 1, 1, 1),
    "M": Size(2, 1, 1, 1, 1, 1),
    "L": Size(2, 2, 1, 2, 2, 1),
    "T3": Size(3, 0, 0, 0, 1, 1),
}
"""The sizes whose numbers of distinct states are known."""

STATES = {"one": 12_846, "S": 156_703, "M": 2_013_405, "L": 9_563_257, "T3": 2_718_144}
"""Distinct states of each size, on which TLC, Spin and plain Python agree."""
