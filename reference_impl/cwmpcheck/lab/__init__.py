"""The laboratory: an ACS, a CPE and a file server on loopback or under a virtual clock, disturbed and recorded."""

from __future__ import annotations

from cwmpcheck.lab.breaker import PROXY_FAULTS
from cwmpcheck.lab.faults import Fault, FaultKind, Schedule, make_schedule, read_schedule
from cwmpcheck.lab.peers import LabError
from cwmpcheck.lab.run import LabResult, run_lab
from cwmpcheck.lab.scenarios import SCENARIOS, Scenario
from cwmpcheck.lab.virtual import VirtualRun, run_virtual

__all__ = [
    "PROXY_FAULTS",
    "SCENARIOS",
    "Fault",
    "FaultKind",
    "LabError",
    "LabResult",
    "Scenario",
    "Schedule",
    "VirtualRun",
    "make_schedule",
    "read_schedule",
    "run_lab",
    "run_virtual",
]
