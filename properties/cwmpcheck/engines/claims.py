"""What a prover is asked and what it answers: properties of one system, over integers without upper bounds."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import z3

from cwmpcheck.compile import Relation, relation, valuation
from cwmpcheck.engines.certificate import split
from cwmpcheck.engines.conditions import Condition, about_to_occur, as_watch
from cwmpcheck.engines.lemmas import proved_lemmas
from cwmpcheck.engines.verdicts import Verdict
from cwmpcheck.engines.wording import named_value
from cwmpcheck.kernel import Boolean, DeclarationError, Parameter, Range, System, Value, Watch

LEMMA_SHARE = 0.2
"""The part of the time that may go into lemmas: they help, but are no answer."""


@dataclass(frozen=True)
class ProofResult:
    """What a prover found out about one property.

    Attributes:
        verdict: Proved, Refuted or Unknown.
        certificate: the inductive invariant in the model's names, one clause a line; or None.
        seconds: the time it took; properties proved together share it.
        parameters: the values of open parameters on a refuting run.
    """

    verdict: Verdict
    certificate: str | None
    seconds: float
    parameters: Mapping[str, Value] = field(default_factory=dict)


class Problem:
    """A system with the properties that are asked about.

    Args:
        system: the system.
        bad: by name, what must never occur.
        parameters: chosen values; None leaves every parameter open.
        leave_open: parameters that stay open although others are chosen.
        seconds: when to give up.
    """

    def __init__(
        self,
        system: System,
        bad: Mapping[str, Condition],
        parameters: Mapping[str, Value] | None,
        leave_open: Iterable[str],
        seconds: float,
    ) -> None:
        self.deadline = time.monotonic() + seconds
        self.fixed: Mapping[str, Value] = _fixed(system, parameters, frozenset(leave_open))
        self.watches: dict[str, Watch] = {name: as_watch(system, name, condition) for name, condition in bad.items()}
        self.relation: Relation = partly_open(system, self.fixed)
        self.bad: dict[str, z3.BoolRef] = {
            name: self.relation.translate(about_to_occur(system, watch)) for name, watch in self.watches.items()
        }
        self.lemmas = proved_lemmas(self.relation, time.monotonic() + seconds * LEMMA_SHARE)

    def scope(self) -> str:
        """For which values of parameters and timers a proof holds."""
        system = self.relation.system
        values = [
            f"{p.name} = {getattr(self.fixed[p.name], 'name', self.fixed[p.name])}"
            if p.name in self.fixed
            else f"any {_range(p)}"
            for p in system.parameters
        ]
        timers = ["timers of any length"] if any(variable.timer for variable in system.variables) else []
        return "; ".join(["every reachable state", *values, *timers])


def _fixed(system: System, parameters: Mapping[str, Value] | None, leave_open: frozenset[str]) -> dict[str, Value]:
    numbers = valuation(system, parameters)
    if unknown := sorted(leave_open - {p.name for p in system.parameters}):
        raise DeclarationError(f"system {system.name} has no parameter {unknown[0]} to leave open")
    if parameters is None:
        return {}
    pairs = zip(system.parameters, numbers, strict=True)
    return {p.name: named_value(p.domain, number) for p, number in pairs if p.name not in leave_open}


def partly_open(system: System, fixed: Mapping[str, Value]) -> Relation:
    """The transition relation without upper bounds of timers, some parameters being fixed and the others open."""
    whole = relation(system, None, unbounded=True)
    values = {p.name: valuation(system, fixed)[i] for i, p in enumerate(system.parameters)}
    pairs = [
        (p.term.expr, z3.BoolVal(bool(values[p.name])) if isinstance(p.domain, Boolean) else z3.IntVal(values[p.name]))
        for p in system.parameters
        if p.name in fixed
    ]

    def put(formula: z3.ExprRef) -> z3.ExprRef:
        return z3.substitute(formula, *pairs) if pairs else formula

    return replace(
        whole,
        parameters=[c for p, c in zip(system.parameters, whole.parameters, strict=True) if p.name not in fixed],
        actions=[put(action) for action in whole.actions],
        bounds=z3.And(*_open_bounds(whole.bounds, pairs)),
        bounds_primed=z3.And(*_open_bounds(whole.bounds_primed, pairs)),
        translate=put,
    )


def _open_bounds(bounds: z3.BoolRef, pairs: list[tuple[z3.ExprRef, z3.ExprRef]]) -> list[z3.BoolRef]:
    fixed = {constant.get_id() for constant, _ in pairs}
    return [part for part in split(bounds) if not any(child.get_id() in fixed for child in part.children())]


def _range(parameter: Parameter) -> str:
    if not isinstance(parameter.domain, Range):
        return parameter.name
    if parameter.unbounded:
        return f"{parameter.name} from {parameter.domain.low} up"
    return f"{parameter.name} from {parameter.domain.low} to {parameter.domain.high}"
