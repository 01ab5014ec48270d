"""What a prover is asked and what it answers: properties of one system, over integers without upper bounds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import z3

from cwmpcheck.compile import Relation, relation, valuation
from cwmpcheck.engines.conditions import Condition, about_to_occur, as_watch
from cwmpcheck.engines.lemmas import proved_lemmas
from cwmpcheck.engines.verdicts import Verdict
from cwmpcheck.kernel import Parameter, Range, System, Value, Watch

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
    """A system with the properties that are asked about."""

    def __init__(
        self, system: System, bad: Mapping[str, Condition], parameters: Mapping[str, Value] | None, seconds: float
    ) -> None:
        self.deadline = time.monotonic() + seconds
        self.parameters = parameters
        self.watches: dict[str, Watch] = {name: as_watch(system, name, condition) for name, condition in bad.items()}
        self.relation: Relation = relation(system, parameters, unbounded=True)
        self.bad: dict[str, z3.BoolRef] = {
            name: self.relation.translate(about_to_occur(system, watch)) for name, watch in self.watches.items()
        }
        self.lemmas = proved_lemmas(self.relation, time.monotonic() + seconds * LEMMA_SHARE)

    def scope(self) -> str:
        """For which values of parameters and timers a proof holds."""
        system = self.relation.system
        if self.parameters is None:
            values = [f"any {_range(parameter)}" for parameter in system.parameters]
        else:
            numbers = valuation(system, self.parameters)
            values = [f"{p.name} = {p.domain.show(n)}" for p, n in zip(system.parameters, numbers, strict=True)]
        timers = ["timers of any length"] if any(variable.timer for variable in system.variables) else []
        return "; ".join(["every reachable state", *values, *timers])


def _range(parameter: Parameter) -> str:
    if not isinstance(parameter.domain, Range):
        return parameter.name
    if parameter.unbounded:
        return f"{parameter.name} from {parameter.domain.low} up"
    return f"{parameter.name} from {parameter.domain.low} to {parameter.domain.high}"
