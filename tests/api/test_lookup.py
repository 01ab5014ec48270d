"""What there is, and what an id means."""

from __future__ import annotations

from typing import get_args

import pytest

from cwmpcheck.api import explain, explore, list_of
from cwmpcheck.api.listing import KindOfThing
from cwmpcheck.engines.explore import Limits
from cwmpcheck.protocol import READINGS
from cwmpcheck.protocol.mutants import MUTANTS
from cwmpcheck.vocabulary.errors import UsageError
from cwmpcheck.vocabulary.rules import rules


@pytest.mark.parametrize("kind", get_args(KindOfThing))
def test_every_entry_of_a_list_can_be_explained(kind: KindOfThing) -> None:
    """Each id that a list shows is one that explain knows, with the list's own title."""
    for entry in list_of(kind)[:40]:
        assert str(explain(str(entry["id"])))


def test_every_rule_can_be_explained_and_doubt_is_shown() -> None:
    """No rule breaks the explanation, and an unverified one says so."""
    for rule in rules():
        assert ("unverified" in str(explain(rule.id))) is rule.unverified or rule.id.startswith(("P-", "H-"))


def test_a_rule_tells_where_it_is_used() -> None:
    """Actions that cite it, guards that enforce it, properties that rest on it."""
    parts = dict(explain("S-12").parts)
    assert "P-23" in parts["properties that rest on it"]
    assert "send_request" in parts["guards that enforce it"]


def test_codes_events_and_readings_are_known() -> None:
    """Fault codes by number, events in any case, readings with their values and default."""
    assert explain("9010").title == "file transfer failure"
    assert explain("m download").id == "M Download"
    for reading in READINGS:
        assert "default" in dict(explain(reading.id).parts)["values"]


@pytest.mark.parametrize("id", ["P-41", "A-08", "unicast", MUTANTS[0].name, "9010", "M Download"])
def test_an_id_is_found_in_any_case(id: str) -> None:
    """The answer has the id as it is written in the rule book."""
    assert explain(id.lower()) == explain(id.upper()) == explain(id)
    assert explain(id.lower()).id == id


def test_an_unknown_id_gets_its_near_matches() -> None:
    """The message names what may have been meant."""
    with pytest.raises(UsageError, match="did you mean P-31"):
        explain("P31")
    with pytest.raises(UsageError, match="no list of"):
        list_of("things")  # type: ignore[arg-type]  # the point of the test


def test_exploring_shows_the_size_and_never_hides_a_limit() -> None:
    """The sentence says how many states there are, or that the search was cut short."""
    assert "cut short" in str(explore("status0", limits=Limits(states=10)))
    space = explore("status0")
    assert f"{space.exploration.states:,} states (all of them)" in str(space)
    assert "open_session" in space._repr_html_()
