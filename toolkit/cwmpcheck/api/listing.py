"""What there is: scenarios, properties, readings, mutants, rules, defects, each with a sentence."""

from __future__ import annotations

from typing import Literal, get_args

from cwmpcheck.api.decision import ALL_PROPERTIES, rules_of, unverified
from cwmpcheck.api.expected import expected
from cwmpcheck.catalogue import FormProperty, Property
from cwmpcheck.protocol import READINGS, SCENARIOS
from cwmpcheck.protocol.mutants import MUTANTS
from cwmpcheck.vocabulary.errors import UsageError
from cwmpcheck.vocabulary.rules import rule, rules

KindOfThing = Literal["scenarios", "properties", "readings", "mutants", "rules", "defects"]

Entry = dict[str, object]


def list_of(kind: KindOfThing) -> list[Entry]:
    """All there is of a kind, each with its ``id`` and what a reader needs to choose.

    Raises:
        UsageError: for a kind that does not exist.

    >>> [entry["id"] for entry in list_of("scenarios")]
    ['unicast', 'status0', 'same-session']
    """
    match kind:
        case "scenarios":
            return [{"id": each.name, "title": each.title, "abstracts": list(each.abstracts)} for each in SCENARIOS]
        case "properties":
            return [_property(each) for each in ALL_PROPERTIES]
        case "readings":
            return [
                {"id": each.id, "title": rule(each.id).text, "values": [str(member.value) for member in each.values]}
                for each in READINGS
            ]
        case "mutants":
            return [
                {"id": each.name, "title": each.title, "source": each.source, "scenarios": list(each.scenarios)}
                for each in MUTANTS
            ]
        case "rules":
            return [
                {"id": each.id, "title": each.text, "mark": each.mark, "unverified": each.unverified}
                for each in rules()
            ]
        case "defects":
            return [
                {"id": each.id, "title": each.because, "property": each.property, "scenarios": list(each.scenarios)}
                for each in expected().defects
            ]
    raise UsageError(f"no list of {kind!r}; there are {', '.join(get_args(KindOfThing))}")


def _property(item: Property | FormProperty) -> Entry:
    return {
        "id": item.id,
        "title": item.title,
        "nature": item.nature if isinstance(item, Property) else "form",
        "party": item.party,
        "severity": item.severity,
        "rules": list(rules_of(item)),
        "mark": item.mark,
        "unverified": unverified(item),
    }
