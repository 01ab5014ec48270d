"""What a property is: an id, a sentence, its rules and their provenance, and the terms that decide it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from cwmpcheck.catalogue.ledger import Ledger
from cwmpcheck.kernel import Term, Value
from cwmpcheck.kernel.monitor import View
from cwmpcheck.protocol import Observation, Upgrade

UpgradeView = View[Observation, Ledger, Upgrade]
Check = Callable[[UpgradeView], Term]

Party = Literal["cpe", "acs", "both"]
Nature = Literal["safety", "liveness", "form", "transport", "timing"]
Severity = Literal["protocol", "message", "minor", "conditional"]


@dataclass(frozen=True)
class Assumed:
    """One thing that a liveness demand assumes of a run, kept or dropped as a whole; one of the three is given.

    Actions are named by their functions (``lose_power``), or with parameters (``answer_inform(hold=True)``) when only
    that one is meant; what a scenario leaves out is not assumed there.

    Attributes:
        title: the assumption in a sentence.
        weak: parties, each of whose actions is weakly fair: never enabled for ever and never taken.
        strong: actions that are strongly fair as a group: enabled again and again, so taken again and again.
        finitely_often: actions that are taken only finitely often.
    """

    title: str
    weak: tuple[str, ...] = ()
    strong: tuple[str, ...] = ()
    finitely_often: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeadsTo:
    """A liveness demand: whenever ``trigger`` holds, ``goal`` holds then or later, under named assumptions.

    Attributes:
        trigger: a condition over a state.
        goal: a condition over a state.
        assuming: what has to be assumed; empty when no run can go on for ever without reaching the goal.
    """

    trigger: Callable[[Upgrade], Term]
    goal: Callable[[Upgrade], Term]
    assuming: tuple[Assumed, ...] = ()


@dataclass(frozen=True)
class Property:
    """One thing that must hold.

    Attributes:
        id: as in rules.md (``P-..``, ``H-..``).
        title: the demand in a sentence.
        rules: ids of the rules behind it.
        mark: provenance, as rules.md gives it; ``M`` marks are unverified.
        party: whom it binds.
        nature: how it is decided.
        severity: what a breach weighs on a trace.
        check: a term that is true at every step of a good run, or None (form, transport, liveness).
        witness: a term that must be true at some step, lest the check be vacuous.
        leads_to: the liveness demand, if it is one.
        on_traces: what a capture is expected to show, in words, when the property is also judged on captures; None when
            it is decided on the model alone.
        trace_check: the check to run on captures where it differs from ``check``; it mentions no hidden state.
        at_end: a capture is judged by where it ends alone: until then the promise could still be kept.
        needs_files: on captures it can be judged only where the transfers of files were recorded too.
        not_in: by scenario, why the question does not arise there.
        requires: parameter values without which the check says nothing.
        kills: names of mutants that it must kill.
    """

    id: str
    title: str
    rules: tuple[str, ...]
    mark: str
    party: Party
    nature: Nature = "safety"
    severity: Severity = "protocol"
    check: Check | None = None
    witness: Check | None = None
    leads_to: LeadsTo | None = None
    on_traces: str | None = None
    trace_check: Check | None = None
    at_end: bool = False
    needs_files: bool = False
    not_in: Mapping[str, str] = field(default_factory=dict)
    requires: Mapping[str, Value] = field(default_factory=dict)
    kills: tuple[str, ...] = ()

    @property
    def unverified(self) -> bool:
        """Whether it rests on recollection alone: shown to people wherever it is named."""
        return "M" in self.mark and not any(mark in self.mark for mark in ("R", "S"))
