"""The standard's own words: RPCs, events, faults, file types, times. No behaviour."""
