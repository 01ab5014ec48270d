"""The laboratory: an ACS, a CPE and a file server as processes on loopback, recorded."""

from __future__ import annotations

from cwmpcheck.lab.peers import LabError
from cwmpcheck.lab.run import LabResult, run_lab
from cwmpcheck.lab.scenarios import SCENARIOS, Scenario

__all__ = ["SCENARIOS", "LabError", "LabResult", "Scenario", "run_lab"]
