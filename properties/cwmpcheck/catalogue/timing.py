"""Properties of real time and of single answers: decided on captures, by code of their own, and nowhere else.

The model is time-abstract: it has ticks, not seconds. What depends on seconds is stated here, and judged over timestamps.
"""

from __future__ import annotations

from cwmpcheck.catalogue.property import Property

TIMING: tuple[Property, ...] = (
    Property(
        "P-39", "The CPE waits 30 seconds or more for a reply before it gives a session up.", ("P-39",), "M+", "cpe",
        nature="timing", severity="conditional", on_traces="30 s or more of waiting, unless power was lost",
    ),
    Property(
        "P-85", "A failed session is retried after the wait of its row, or earlier on a new event.", ("P-85",), "S", "cpe",
        nature="timing", severity="conditional", on_traces="the next Inform within the wait of its row",
    ),
    Property(
        "P-108", "Reboot is a method that every CPE has.", ("P-108",), "M+", "cpe",
        nature="timing", severity="message", on_traces="RebootResponse, or a Fault other than 9000",
    ),
)
