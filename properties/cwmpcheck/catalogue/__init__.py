"""What must hold: every property with its rule, its provenance, its witness and the mutants that it kills."""

from cwmpcheck.catalogue.form import FORM_PROPERTIES, FormProperty
from cwmpcheck.catalogue.hints import hinted
from cwmpcheck.catalogue.property import Assumed, LeadsTo, Property
from cwmpcheck.catalogue.registry import (
    PROPERTIES,
    VANTAGE,
    applicable,
    find,
    instrumented,
    judged_on_traces,
    suite,
    watched,
)

__all__ = [
    "FORM_PROPERTIES",
    "PROPERTIES",
    "VANTAGE",
    "Assumed",
    "FormProperty",
    "LeadsTo",
    "Property",
    "applicable",
    "find",
    "hinted",
    "instrumented",
    "judged_on_traces",
    "suite",
    "watched",
]
