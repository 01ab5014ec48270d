"""Colours by what a step is, the same in every drawing; told apart without colour by the style of the line too."""

from __future__ import annotations

from cwmpcheck.kernel import Action
from cwmpcheck.render.chart import FAULT_PARTIES, Nature

COLOURS: dict[Nature, str] = {"message": "#1a5fb4", "internal": "#26762b", "fault": "#813d9c"}
BROKEN = "#c01c28"
INK = "#1c1c1c"
FAINT = "#5e5c64"

MEANINGS: dict[Nature, str] = {
    "message": "a message is sent or taken",
    "internal": "a step inside a party",
    "fault": "network, file server, power",
}


def nature_of(action: Action) -> Nature:
    """Whether an action is a message, a step inside a party, or befalls the parties from outside."""
    if action.party in FAULT_PARTIES:
        return "fault"
    return "message" if action.shown else "internal"
