"""Scenarios: named cross-sections of the protocol, each with losses, resets and every fault outcome switched on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from cwmpcheck.kernel import System, Value, compose
from cwmpcheck.protocol.acs import acs
from cwmpcheck.protocol.cpe_session import cpe_session
from cwmpcheck.protocol.cpe_transfer import cpe_transfer
from cwmpcheck.protocol.readings import DELAY_SECONDS, FREE_ACS, NEEDS_REBOOT, READINGS
from cwmpcheck.protocol.state import Upgrade
from cwmpcheck.protocol.world import environment, fileserver, network
from cwmpcheck.vocabulary.errors import UsageError

PARTIES = (cpe_session, cpe_transfer, acs, network, fileserver, environment)
PARAMETERS = (DELAY_SECONDS, NEEDS_REBOOT, FREE_ACS, *(reading.parameter for reading in READINGS))


@dataclass(frozen=True)
class Scenario:
    """A named cross-section.

    Attributes:
        name: as on the command line.
        title: what it is about, in a sentence.
        without: actions that take no part in it.
        fixed: parameters that make it what it is.
        abstracts: what it leaves out, for people.
    """

    name: str
    title: str
    without: tuple[str, ...] = ()
    fixed: Mapping[str, Value] = field(default_factory=dict)
    abstracts: tuple[str, ...] = ()

    @property
    def system(self) -> System:
        """The scenario's system, built once."""
        return _system(self.name)


IN_CALL = ("fetch_within_call", "answer_completed")
BY_REBOOT = ("install", "reboot_to_apply", "boot_new_image", "fall_back")
COMMON = ("one transfer slot", "one kind of failure", "the wait before a session retry", "one other request stands for many")

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "unicast",
        "Download answered with Status 1, applied by a reboot, reported in a later session.",
        without=("apply_in_place", *IN_CALL),
        fixed={"needs_reboot": True},
        abstracts=COMMON,
    ),
    Scenario(
        "status0",
        "Download fetched and applied within the call, answered with Status 0 or a Fault.",
        without=("accept_download", "begin_fetch", "report", "receive_acknowledgement", "acknowledge", *BY_REBOOT),
        fixed={"needs_reboot": False},
        abstracts=COMMON,
    ),
    Scenario(
        "same-session",
        "Download applied without a reboot, reported in the same session under HoldRequests or in a later one.",
        without=(*BY_REBOOT, *IN_CALL),
        fixed={"needs_reboot": False},
        abstracts=COMMON,
    ),
)


def scenario(name: str) -> Scenario:
    """The scenario of that name; raises UsageError listing what there is."""
    for candidate in SCENARIOS:
        if candidate.name == name:
            return candidate
    raise UsageError(f"no scenario {name!r}; there are {', '.join(s.name for s in SCENARIOS)}")


@cache
def _system(name: str) -> System:
    chosen = scenario(name)
    return compose(name, Upgrade, PARTIES, parameters=PARAMETERS, without=chosen.without)
