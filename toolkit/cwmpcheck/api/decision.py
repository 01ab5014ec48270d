"""One verdict with everything around it: what was asked where, how far the search went, whether it was expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cwmpcheck.api.expected import Defect
from cwmpcheck.api.rows import ResultRow, StepRow, VerdictName
from cwmpcheck.catalogue import FORM_PROPERTIES, PROPERTIES, FormProperty, Property
from cwmpcheck.engines.verdicts import HoldsWithin, NotApplicable, Path, Proved, Refuted, Unknown, Vacuous, Verdict
from cwmpcheck.kernel import System
from cwmpcheck.render.chart import Chart, chart_of_path
from cwmpcheck.render.chart_picture import chart_svg
from cwmpcheck.render.drawing import Drawing
from cwmpcheck.render.exchange_text import exchange

ALL_PROPERTIES: tuple[Property | FormProperty, ...] = (*PROPERTIES, *FORM_PROPERTIES)

NAMES: dict[type, VerdictName] = {
    Proved: "proved",
    HoldsWithin: "holds_within",
    Refuted: "refuted",
    NotApplicable: "not_applicable",
    Vacuous: "vacuous",
    Unknown: "unknown",
}


@dataclass(frozen=True)
class Effort:
    """How far a search went: distinct states, transitions, steps to the farthest state, seconds; None where unknown."""

    states: int | None = None
    transitions: int | None = None
    depth: int | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Decision:
    """The verdict on one property in one scenario under one reading.

    Attributes:
        scenario: name of the scenario.
        reading: every reading with its value.
        item: the property.
        verdict: what the engine says.
        effort: how far the search went.
        defect: the known defect that explains a refutation.
        system: whose run a counterexample is; None where there is none.
    """

    scenario: str
    reading: Mapping[str, str]
    item: Property | FormProperty
    verdict: Verdict
    effort: Effort = Effort()
    defect: Defect | None = None
    system: System | None = None

    @property
    def name(self) -> VerdictName:
        """The verdict's name in JSON."""
        return NAMES[type(self.verdict)]

    @property
    def settled(self) -> bool:
        """Whether it needs no more work: everything but a bound or a limit that was reached."""
        return not isinstance(self.verdict, HoldsWithin | Unknown)

    @property
    def expected(self) -> bool:
        """Whether it is what should come out: proved, or refuted by a known defect, or no question at all."""
        if isinstance(self.verdict, Refuted):
            return self.defect is not None
        return isinstance(self.verdict, Proved | NotApplicable) and self.defect is None

    @property
    def unverified(self) -> bool:
        """Whether the property rests on recollection alone."""
        return unverified(self.item)

    @property
    def path(self) -> Path | None:
        """The counterexample, if it was refuted."""
        return self.verdict.path if isinstance(self.verdict, Refuted) else None

    @property
    def how(self) -> str | None:
        """How it was decided, or why it was not."""
        match self.verdict:
            case Proved(how, _):
                return how
            case HoldsWithin(bound):
                return bound
            case NotApplicable(why) | Vacuous(why) | Unknown(why):
                return why
            case Refuted(path):
                return f"a run of {len(path)} steps" + (" that ends in a loop" if path.loop_from is not None else "")

    def to_row(self) -> ResultRow:
        """As ``verify --format json`` prints it."""
        steps = self.path.steps if self.path else ()
        return ResultRow(
            scenario=self.scenario,
            reading=dict(self.reading),
            property=self.item.id,
            verdict=self.name,
            how=self.how,
            scope=self.verdict.scope if isinstance(self.verdict, Proved) else None,
            expected=self.expected,
            defect=self.defect.id if self.defect else None,
            states=self.effort.states,
            transitions=self.effort.transitions,
            depth=self.effort.depth,
            seconds=round(self.effort.seconds, 3),
            path=tuple(StepRow(s.number, s.party, s.action, s.message, dict(s.changed)) for s in steps),
        )

    def chart(self) -> Chart | None:
        """The counterexample as a chart, the broken rule below it; None where there is none."""
        if self.path is None or self.system is None:
            return None
        title = f"{self.item.id} does not hold in scenario {self.scenario}: a run of {len(self.path)} steps"
        return chart_of_path(self.system, self.path, title=title, remarks=self.remarks())

    def remarks(self) -> list[str]:
        """The rule that is broken, in sentences."""
        doubt = " This rule is unverified: it was recalled, not read." if self.unverified else ""
        said = [f"Broken: {self.item.id}. {self.item.title}{doubt}", f"Rules: {', '.join(rules_of(self.item))}."]
        if self.defect:
            said.append(f"Expected: {self.defect.id}. {self.defect.because}")
        return said

    def drawing(self) -> Drawing | None:
        """The counterexample as a picture and as text."""
        chart = self.chart()
        return None if chart is None else Drawing(chart_svg(chart), exchange(chart))


def rules_of(item: Property | FormProperty) -> tuple[str, ...]:
    """The ids of the rules that a property rests on."""
    return item.rule if isinstance(item, FormProperty) else item.rules


def unverified(item: Property | FormProperty) -> bool:
    """Whether a property rests on recollection alone (an ``M`` mark and no better one)."""
    return "M" in item.mark and not any(mark in item.mark for mark in ("R", "S"))
