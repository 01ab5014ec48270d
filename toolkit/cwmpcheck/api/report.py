"""The report of a verification: all decisions, what differs from what was expected, and the exit code they add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from cwmpcheck.api.decision import Decision
from cwmpcheck.api.readings import default_of
from cwmpcheck.api.rows import VerifyDocument
from cwmpcheck.render.verify_table import Line, verify_html, verify_text

ALL_WELL, BROKEN, INCONCLUSIVE, INTERRUPTED = 0, 1, 4, 130


@dataclass(frozen=True, repr=False)
class VerifyReport:
    """What ``verify`` found.

    Attributes:
        decisions: one for each property, scenario and reading.
        notes: what differs from ``expected.toml`` without being a verdict, such as the size of a state space.
        strict: whether known defects count as broken.
        interrupted: whether it ends before everything was decided.
    """

    decisions: tuple[Decision, ...]
    notes: tuple[str, ...] = ()
    strict: bool = False
    interrupted: bool = False

    def __repr__(self) -> str:
        return f"<VerifyReport: {self.summary()}>"

    def is_well(self, decision: Decision) -> bool:
        """Whether a verdict is as it should be; with ``strict`` a known defect is none the better for being known."""
        return decision.expected and not (self.strict and decision.name == "refuted")

    @property
    def unexpected(self) -> tuple[Decision, ...]:
        """The settled decisions that are not as they should be."""
        return tuple(each for each in self.decisions if each.settled and not self.is_well(each))

    @property
    def unsettled(self) -> tuple[Decision, ...]:
        """The decisions that a bound or a limit cut short."""
        return tuple(each for each in self.decisions if not each.settled)

    @property
    def exit_code(self) -> int:
        """0 when all is as it should be, 1 when something is not, 4 when a bound or a limit leaves it open, 130 when interrupted."""
        if self.interrupted:
            return INTERRUPTED
        if self.unexpected:
            return BROKEN
        return INCONCLUSIVE if self.unsettled else ALL_WELL

    def counts(self) -> Counter[str]:
        """How many verdicts there are of each name."""
        return Counter(each.name for each in self.decisions)

    def to_json(self) -> str:
        """As ``verify --format json`` prints it."""
        rows = tuple(each.to_row() for each in self.decisions)
        return msgspec.json.encode(VerifyDocument(rows, self.exit_code, self.notes)).decode()

    def lines(self) -> list[Line]:
        """The decisions as lines of a table."""
        return [line_of(each, well=self.is_well(each), under=self.under(each)) for each in self.decisions]

    def under(self, decision: Decision) -> str:
        """The reading of a decision, where not all have the same: what differs from the defaults; else an empty text."""
        if all(each.reading == decision.reading for each in self.decisions):
            return ""
        return reading_text(decision.reading)

    def where(self, decision: Decision) -> str:
        """The scenario of a decision, and its reading where not all have the same."""
        under = self.under(decision)
        return decision.scenario + (f" under {under}" if under else "")

    def summary(self) -> str:
        """One sentence: how many verdicts of which name, and whether all is as it should be."""
        counts = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in self.counts().most_common())
        end = {
            ALL_WELL: "all as expected",
            BROKEN: f"{len(self.unexpected)} not as expected",
            INCONCLUSIVE: f"{len(self.unsettled)} left open by a bound or a limit",
            INTERRUPTED: "interrupted before the rest was decided",
        }
        total = len(self.decisions)
        return f"{total} verdict{'' if total == 1 else 's'}: {counts or 'none'}; {end[self.exit_code]}."

    def __str__(self) -> str:
        return verify_text(self.lines(), self.summary())

    def _repr_html_(self) -> str:
        return verify_html(self.lines(), self.summary())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": str(self)}


def reading_text(reading: Mapping[str, str]) -> str:
    """A reading in words: what differs from the defaults.

    >>> reading_text({"A-08": "restarts"})
    'A-08=restarts'
    """
    other = [f"{id}={value}" for id, value in reading.items() if value != default_of(id)]
    return ", ".join(other) or "the default readings"


def line_of(decision: Decision, *, well: bool, under: str = "") -> Line:
    """A decision as a line of a table; ``under`` names its reading where that has to be told."""
    return Line(
        property=decision.item.id,
        scenario=decision.scenario,
        verdict=decision.name.replace("_", " ") + (f" ({decision.defect.id})" if decision.defect else ""),
        well=well,
        states=decision.effort.states,
        seconds=decision.effort.seconds,
        source=decision.item.mark + (" unverified" if decision.unverified else ""),
        title=decision.item.title,
        quiet=decision.name == "not_applicable",
        why=decision.how or "",
        under=under,
    )
