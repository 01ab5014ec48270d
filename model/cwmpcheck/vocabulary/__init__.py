"""The standard's own words: RPCs, events, faults, file types, times. No behaviour.

Names are imported from the modules themselves, so that what needs only the errors does not load the tables.
"""

__all__ = ["departures", "errors", "events", "faults", "file_types", "namespaces", "rpcs", "rules", "times"]
