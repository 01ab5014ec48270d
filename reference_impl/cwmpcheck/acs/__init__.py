"""A reference ACS: a core without input or output, and a thin shell of HTTP, files and SQLite around it."""

from __future__ import annotations

from cwmpcheck.acs.beliefs import Device, Operation, OperationState
from cwmpcheck.acs.campaign import Campaign
from cwmpcheck.acs.core import AcsCore, Reply
from cwmpcheck.acs.run import AcsOptions, run_acs
from cwmpcheck.acs.store import AcsStore

__all__ = [
    "AcsCore",
    "AcsOptions",
    "AcsStore",
    "Campaign",
    "Device",
    "Operation",
    "OperationState",
    "Reply",
    "run_acs",
]
