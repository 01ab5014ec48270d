"""The catalogue: every behavioural property, looked up by id, and put beside a scenario's system as watches."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from functools import cache

from cwmpcheck.catalogue.form import FORM_PROPERTIES, FormProperty
from cwmpcheck.catalogue.ledger import Ledger, new_suite
from cwmpcheck.catalogue.liveness import LIVENESS
from cwmpcheck.catalogue.property import Property
from cwmpcheck.catalogue.session import SESSION
from cwmpcheck.catalogue.timing import TIMING
from cwmpcheck.catalogue.transfer import TRANSFER
from cwmpcheck.kernel import System
from cwmpcheck.kernel.instrument import instrument
from cwmpcheck.kernel.monitor import Suite
from cwmpcheck.protocol import Observation, Upgrade, scenario
from cwmpcheck.vocabulary.errors import UsageError

VANTAGE = "cpe"
"""Observations are made at the CPE's end: its posts when it sends them, replies when they arrive."""


def _order(id: str) -> tuple[str, int]:
    letter, _, number = id.partition("-")
    return ("A" if letter == "P" else "B", int(number))


PROPERTIES: tuple[Property, ...] = tuple(sorted((*SESSION, *TRANSFER, *LIVENESS, *TIMING), key=lambda p: _order(p.id)))

TIMESTAMPS = "a matter of seconds or of a single answer, which the model leaves out; decided on captures"
TRANSPORT = "a fact of HTTP or of the envelope that the model leaves out; decided on captures"


@cache
def suite() -> Suite[Observation, Ledger, Upgrade]:
    """Every check and every witness of the catalogue, declared once."""
    declared = new_suite()
    for item in PROPERTIES:
        if item.check is not None:
            declared.add(item.id, item.check)
        if item.witness is not None:
            declared.add(f"witness {item.id}", item.witness)
        if item.trace_check is not None:
            declared.add(f"trace {item.id}", item.trace_check)
    return declared


def find(id: str) -> Property | FormProperty:
    """The property of that id; raises UsageError naming near matches."""
    known: dict[str, Property | FormProperty] = {item.id: item for item in PROPERTIES}
    known |= {item.id: item for item in FORM_PROPERTIES}
    if id in known:
        return known[id]
    near = difflib.get_close_matches(id.upper(), known, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise UsageError(f"no property {id}{hint} (cwmpcheck list properties shows all)")


def applicable(item: Property | FormProperty, scenario_name: str) -> str | None:
    """None when the question arises in the scenario, else why it does not."""
    scenario(scenario_name)
    if isinstance(item, FormProperty):
        return "a matter of message form, which the model leaves out; decided on every envelope of a capture"
    if item.nature == "transport":
        return TRANSPORT
    if item.nature == "timing":
        return TIMESTAMPS
    return item.not_in.get(scenario_name)


def watched(scenario_name: str, ids: Sequence[str] | None = None) -> tuple[Property, ...]:
    """The safety properties that are decided in a scenario by exploring it, in order.

    Raises UsageError for an id that the catalogue does not have.
    """
    for id in ids or ():
        find(id)
    return tuple(
        item
        for item in PROPERTIES
        if item.check is not None and applicable(item, scenario_name) is None and (ids is None or item.id in ids)
    )


def instrumented(scenario_name: str, ids: Sequence[str] | None = None, *, of: System | None = None) -> System:
    """The scenario's system with the registers that the checks need, and their watches.

    A watch named as a property occurs where the property is broken; one named ``witness ID`` occurs where the situation it
    speaks of comes up.

    Args:
        scenario_name: which scenario.
        ids: the properties wanted; all that apply unless told.
        of: a changed system of this scenario (a mutant, a designer's own) instead of the scenario's.
    """
    system = of if of is not None else scenario(scenario_name).system
    items = watched(scenario_name, ids)
    declared = suite()
    witnesses = {item.id: declared.checks[f"witness {item.id}"].holds for item in items if item.witness is not None}
    return instrument(system, declared, vantage=VANTAGE, checks=[item.id for item in items], witnesses=witnesses)


def judged_on_traces() -> tuple[tuple[Property, str], ...]:
    """The properties that captures are judged by observation for observation, each with the name of its check in the suite."""
    judged = [item for item in PROPERTIES if item.on_traces is not None and item.nature != "timing"]
    return tuple((item, f"trace {item.id}" if item.trace_check is not None else item.id) for item in judged)
