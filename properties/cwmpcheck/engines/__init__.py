"""How it is decided: explore, fairness, bmc, prove, stateful.

Fairness and the stateful engine are loaded when they are first asked for, because scipy and hypothesis take longer to
import than most commands take to run.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cwmpcheck.engines.ask import Answer, Found, NoneAtAll, NoneWithin, ask
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
from cwmpcheck.engines.itf import from_itf, to_itf
from cwmpcheck.engines.paths import path_of_actions, path_through
from cwmpcheck.engines.prove import prove
from cwmpcheck.engines.recorded import Recorded, RecordedStep, parse_script, script
from cwmpcheck.engines.replay import ReplayError, replay
from cwmpcheck.engines.samples import NearMiss, near_misses
from cwmpcheck.engines.simulate import Simulation, Walk, simulate
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
    "Answer",
    "Assumption",
    "Condition",
    "Exploration",
    "FinitelyOften",
    "Found",
    "Graph",
    "GraphTooLarge",
    "HoldsWithin",
    "LeadsTo",
    "Limits",
    "ModelMachine",
    "NearMiss",
    "Necessity",
    "NoneAtAll",
    "NoneWithin",
    "NotApplicable",
    "Path",
    "PathStep",
    "Progress",
    "ProofResult",
    "Proved",
    "ReachableOverflow",
    "Recorded",
    "RecordedStep",
    "Refuted",
    "ReplayError",
    "Simulation",
    "Strong",
    "Unknown",
    "Vacuous",
    "Verdict",
    "Walk",
    "WatchOccurred",
    "Weak",
    "ask",
    "bmc",
    "build_graph",
    "explore",
    "finitely_often",
    "from_itf",
    "k_induction",
    "leads_to",
    "near_misses",
    "needed",
    "parse_script",
    "path_of_actions",
    "path_through",
    "prove",
    "replay",
    "script",
    "simulate",
    "state_machine",
    "stateful_check",
    "strong",
    "to_itf",
    "weak",
]
