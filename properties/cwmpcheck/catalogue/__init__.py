"""What must hold: every property with its rule, its provenance, its witness and the mutants that it kills."""

from cwmpcheck.catalogue.form import FORM_PROPERTIES, FormProperty
from cwmpcheck.catalogue.property import LeadsTo, Property
from cwmpcheck.catalogue.registry import PROPERTIES, VANTAGE, applicable, find, instrumented, judged_on_traces, suite, watched

__all__ = [
    "FORM_PROPERTIES",
    "PROPERTIES",
    "VANTAGE",
    "FormProperty",
    "LeadsTo",
    "Property",
    "applicable",
    "find",
    "instrumented",
    "judged_on_traces",
    "suite",
    "watched",
]
