"""How it is decided: explore, fairness, bmc, prove, stateful.

Fairness and the stateful engine are loaded when they are first asked for, because scipy and hypothesis take longer to
import than most commands take to run.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cwmpcheck.engines.assumptions import (
    Assumption,
    FinitelyOften,
    Strong,
    Weak,
    finitely_often,
    strong,
    weak,
)
from cwmpcheck.engines.bmc import bmc
from cwmpcheck.engines.claims import ProofResult
from cwmpcheck.engines.conditions import Condition
from cwmpcheck.engines.explore import Exploration, Limits, Progress, ReachableOverflow, explore
from cwmpcheck.engines.graph import Graph, GraphTooLarge, build_graph
from cwmpcheck.engines.induction import k_induction
from cwmpcheck.engines.paths import path_of_actions, path_through
from cwmpcheck.engines.prove import prove
from cwmpcheck.engines.verdicts import (
    HoldsWithin,
    NotApplicable,
    Path,
    PathStep,
    Proved,
    Refuted,
    Unknown,
    Vacuous,
    Verdict,
)

if TYPE_CHECKING:
    from cwmpcheck.engines.fairness import LeadsTo, Necessity, leads_to, needed
    from cwmpcheck.engines.stateful import ModelMachine, WatchOccurred, state_machine, stateful_check

_LATER = {
    **dict.fromkeys(("LeadsTo", "Necessity", "leads_to", "needed"), "fairness"),
    **dict.fromkeys(("ModelMachine", "WatchOccurred", "state_machine", "stateful_check"), "stateful"),
}
"""The module of each name that is loaded when it is first asked for."""


def __getattr__(name: str) -> Any:
    """Load the engine that a name belongs to."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


__all__ = [
    "Assumption",
    "Condition",
    "Exploration",
    "FinitelyOften",
    "Graph",
    "GraphTooLarge",
    "HoldsWithin",
    "LeadsTo",
    "Limits",
    "ModelMachine",
    "Necessity",
    "NotApplicable",
    "Path",
    "PathStep",
    "Progress",
    "ProofResult",
    "Proved",
    "ReachableOverflow",
    "Refuted",
    "Strong",
    "Unknown",
    "Vacuous",
    "Verdict",
    "WatchOccurred",
    "Weak",
    "bmc",
    "build_graph",
    "explore",
    "finitely_often",
    "k_induction",
    "leads_to",
    "needed",
    "path_of_actions",
    "path_through",
    "prove",
    "state_machine",
    "stateful_check",
    "strong",
    "weak",
]
