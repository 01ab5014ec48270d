"""The upgrade protocol: CPE, ACS, channel, file server, environment; readings and scenarios."""

from cwmpcheck.protocol.observation import Kind, Observation
from cwmpcheck.protocol.readings import READINGS, Reading, reading
from cwmpcheck.protocol.scenarios import SCENARIOS, Scenario, scenario
from cwmpcheck.protocol.state import Upgrade

__all__ = ["READINGS", "SCENARIOS", "Kind", "Observation", "Reading", "Scenario", "Upgrade", "reading", "scenario"]
