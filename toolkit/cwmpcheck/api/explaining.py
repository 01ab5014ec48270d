"""What an id means: its text, how sure anybody is of it, and where the model and the properties use it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from cwmpcheck.api.decision import ALL_PROPERTIES, rules_of, unverified
from cwmpcheck.api.expected import expected
from cwmpcheck.api.readings import default_of
from cwmpcheck.catalogue import PROPERTIES, FormProperty, Property, applicable
from cwmpcheck.protocol import READINGS, SCENARIOS
from cwmpcheck.protocol.mutants import MUTANTS
from cwmpcheck.vocabulary.errors import UsageError
from cwmpcheck.vocabulary.events import EVENTS
from cwmpcheck.vocabulary.faults import NO_FAULT, fault_meaning, fault_side
from cwmpcheck.vocabulary.rules import Ambiguity, EdgeCase, PropertySketch, Rule, rules, sources

UNVERIFIED = "unverified: recalled, not read in any document at hand"


@dataclass(frozen=True)
class Explanation:
    """An id in sentences: a title, and named paragraphs below it."""

    id: str
    title: str
    parts: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, object]:
        """For ``--format json``."""
        return {"id": self.id, "title": self.title, "parts": [{"name": n, "text": t} for n, t in self.parts]}

    def __str__(self) -> str:
        return "\n".join([f"{self.id}  {self.title}", *(f"  {name}: {text}" for name, text in self.parts)])

    def _repr_html_(self) -> str:
        rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in self.parts)
        return f"<p><b>{escape(self.id)}</b> {escape(self.title)}</p><dl>{rows}</dl>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": str(self)}


def explain(id: str) -> Explanation:
    """What a rule, property, reading, fault code, event, defect, scenario or mutant is.

    Raises:
        UsageError: when nothing has that id; the message names the nearest ones.

    >>> print(explain("9010").title)
    file transfer failure
    """
    wanted = id.strip()
    for found in (_catalogued(wanted), _fault(wanted), _event(wanted), _named(wanted)):
        if found is not None:
            return found
    spelled = {each.upper(): each for each in _known()}
    near = difflib.get_close_matches(wanted.upper(), spelled, n=4, cutoff=0.5)
    hint = f"; did you mean {', '.join(spelled[each] for each in near)}?" if near else ""
    raise UsageError(f"nothing is called {wanted!r}{hint} (cwmpcheck list rules shows all rules)")


def _known() -> list[str]:
    names = [each.id for each in rules()] + list(EVENTS) + [each.id for each in expected().defects]
    return names + [each.name for each in SCENARIOS] + [each.name for each in MUTANTS]


def _same(id: str, wanted: str) -> bool:
    return id.casefold() == wanted.casefold()


def _catalogued(id: str) -> Explanation | None:
    rule = next((each for each in rules() if _same(each.id, id)), None)
    item = next((each for each in ALL_PROPERTIES if _same(each.id, id)), None)
    if rule is None and item is None:
        return None
    id = item.id if item else rule.id if rule else id
    title = item.title if item else rule.text if rule else ""
    parts = [*(_of_rule(rule, title) if rule else ()), *(_of_property(item) if item else ()), *_uses(id)]
    return Explanation(id, title, tuple(parts))


def _of_rule(rule: Rule, title: str) -> Iterator[tuple[str, str]]:
    yield "what it is", f"{rule.kind.value}, section {rule.section}"
    yield from [("text", rule.text)] if rule.text != title else []
    read = {each.id: f"{each.id} {each.what} (trust {each.trust})" for each in sources()}
    named = [text for id, text in read.items() if id in rule.mark.replace(",", " ").replace("(", " ").split()]
    mark = rule.mark or "this project's own derivation"
    yield "source", "; ".join([f"{mark} ({UNVERIFIED})" if rule.unverified else mark, *named])
    match rule.detail:
        case PropertySketch(sketch=sketch, clause=clause):
            yield from [("formula", sketch)] if sketch else []
            yield from [("clause", f"{clause} (not checked)")] if clause else []
        case Ambiguity(readings=readings, why=why):
            yield "readings", readings
            yield "why it matters", why
        case EdgeCase(source=source, catches=catches):
            yield "seen in", source
            yield "caught by", catches
    for reading in READINGS:
        if reading.id == rule.id:
            yield "values", f"{', '.join(str(m.value) for m in reading.values)}; default {default_of(rule.id)}"


def _of_property(item: Property | FormProperty) -> Iterator[tuple[str, str]]:
    doubt = f" ({UNVERIFIED})" if unverified(item) else ""
    nature = item.nature if isinstance(item, Property) else "form of single messages"
    yield "property", f"{nature}; binds {item.party}; a breach weighs {item.severity}; mark {item.mark}{doubt}"
    yield "rests on", ", ".join(rules_of(item))
    where = [each.name for each in SCENARIOS if applicable(item, each.name) is None]
    yield "decided in", ", ".join(where) or "no scenario: on captures alone"
    if isinstance(item, Property):
        if item.on_traces:
            yield "on a capture", f"expects {item.on_traces}"
        if item.kills:
            yield "kills the mutants", ", ".join(item.kills)
    for defect in expected().defects:
        if defect.property == item.id:
            yield "known defect", f"{defect.id} in {', '.join(defect.scenarios)}: {defect.because}"


def _uses(id: str) -> Iterator[tuple[str, str]]:
    """Where the model and the catalogue name an id."""
    items = [each.id for each in ALL_PROPERTIES if id in rules_of(each) and each.id != id]
    if items:
        yield "properties that rest on it", ", ".join(items)
    actions: dict[str, None] = {}
    guards: dict[str, None] = {}
    for scenario in SCENARIOS:
        for action in scenario.system.actions:
            name = action.name.split("(")[0]
            if id in action.cites:
                actions[f"{name} ({action.place})"] = None
            for guard in action.guards:
                if guard.rule == id:
                    guards[f'{name}: "{guard.reason}"'] = None
    if actions:
        yield "actions that follow it", ", ".join(actions)
    if guards:
        yield "guards that enforce it", "; ".join(guards)
    mutants = [each.name for each in MUTANTS if each.source == id]
    if mutants:
        yield "mutants that break it", ", ".join(mutants)


def _fault(id: str) -> Explanation | None:
    if not id.isdigit():
        return None
    code = int(id)
    side = fault_side(code)
    if side is None and code != NO_FAULT:
        return None
    what = f"fault code said by the {side.value}" if side else "FaultCode of a TransferComplete that reports success"
    return Explanation(id, fault_meaning(code), (("what it is", what),))


def _event(id: str) -> Explanation | None:
    for event in EVENTS.values():
        if event.code.casefold() == id.casefold():
            parts = [(name.replace("_", " "), str(getattr(event, name))) for name in event.__struct_fields__]
            return Explanation(event.code, "Inform event", tuple(p for p in parts if p[0] != "code"))
    return None


def _named(id: str) -> Explanation | None:
    for defect in expected().defects:
        if _same(defect.id, id):
            parts = (("refutes", defect.property), ("in scenarios", ", ".join(defect.scenarios)))
            return Explanation(defect.id, defect.because, parts)
    for scenario in SCENARIOS:
        if _same(scenario.name, id):
            parts = (("leaves out", ", ".join(scenario.without)), ("abstracts", "; ".join(scenario.abstracts)))
            return Explanation(scenario.name, scenario.title, parts)
    for mutant in MUTANTS:
        if _same(mutant.name, id):
            killers = [each.id for each in PROPERTIES if mutant.name in each.kills]
            parts = (("restates", mutant.source), ("killed by", ", ".join(killers) or "see verify --mutants"))
            return Explanation(mutant.name, mutant.title, parts)
    return None
