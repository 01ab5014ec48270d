"""A reference ACS: a core without input or output, and a thin shell of HTTP, files and SQLite around it."""

from __future__ import annotations

from cwmpcheck.acs.auth import Doorkeeper, Verdict
from cwmpcheck.acs.beliefs import Device, Operation, OperationState
from cwmpcheck.acs.campaign import Campaign
from cwmpcheck.acs.core import AcsCore, Reply
from cwmpcheck.acs.progress import DeviceProgress, Progress, campaign_progress, progress_table
from cwmpcheck.acs.run import AcsOptions, run_acs
from cwmpcheck.acs.store import AcsStore

__all__ = [
    "AcsCore",
    "AcsOptions",
    "AcsStore",
    "Campaign",
    "Device",
    "DeviceProgress",
    "Doorkeeper",
    "Operation",
    "OperationState",
    "Progress",
    "Reply",
    "Verdict",
    "campaign_progress",
    "progress_table",
    "run_acs",
]
