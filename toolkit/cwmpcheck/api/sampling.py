"""What explains a pass: for each property that holds, the runs that came closest to breaking it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from cwmpcheck.api.decision import Decision
from cwmpcheck.api.readings import parameters_of
from cwmpcheck.catalogue import Property
from cwmpcheck.engines.explore import Limits
from cwmpcheck.engines.samples import NearMiss, near_misses
from cwmpcheck.engines.verdicts import Refuted
from cwmpcheck.protocol import scenario


@dataclass(frozen=True)
class Sample:
    """A run that came close to breaking a property.

    Attributes:
        property: its id.
        scenario: name of the scenario.
        reading: every reading with its value.
        near: the run, and the one condition that was missing.
    """

    property: str
    scenario: str
    reading: Mapping[str, str]
    near: NearMiss

    def __str__(self) -> str:
        run = ", ".join(step.action for step in self.near.path.steps) or "the initial state"
        return f"{self.property} in {self.scenario} would be broken had this held: {self.near.missing}\n    after {run}"

    def to_row(self) -> dict[str, object]:
        """As ``verify --samples --format json`` prints it, the run in the form of a counterexample."""
        steps = self.near.path.steps
        return {
            "property": self.property,
            "scenario": self.scenario,
            "reading": dict(self.reading),
            "missing": self.near.missing,
            "path": [
                {
                    "step": s.number,
                    "party": s.party,
                    "action": s.action,
                    "message": s.message,
                    "changed": dict(s.changed),
                }
                for s in steps
            ],
        }


def samples(decisions: Iterable[Decision], *, most: int = 3, limits: Limits | None = None) -> Iterator[Sample]:
    """The near misses of every safety property that was decided and not refuted.

    Args:
        decisions: as ``verify`` made them.
        most: how many for each property.
        limits: what one exploration must not exceed.
    """
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], list[Decision]] = {}
    for decision in decisions:
        if isinstance(decision.item, Property) and decision.item.check is not None and decision.system is not None:
            groups.setdefault((decision.scenario, tuple(decision.reading.items())), []).append(decision)
    for (name, reading), group in groups.items():
        system = group[0].system
        assert system is not None
        have = {watch.name for watch in system.watches}
        ids = [each.item.id for each in group if each.item.id in have and not isinstance(each.verdict, Refuted)]
        parameters = {**parameters_of(dict(reading)), **scenario(name).fixed}
        for id, misses in near_misses(system, ids, parameters, most=most, limits=limits).items():
            yield from (Sample(id, name, dict(reading), near) for near in misses)
