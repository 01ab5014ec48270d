"""At which end of the wire a trace was taken, and what can be said from there.

At the CPE's end a post is seen when it is sent and a reply when it has arrived: this is what the properties speak of. At the
ACS's end a post is seen when it has arrived and a reply when it is sent. There a post that was lost, and the session that
failed with it, leave no trace, and a reply that is seen may never have come. What depends on that is left open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from cwmpcheck.vocabulary.errors import UsageError

Vantage = Literal["cpe", "acs"]

OPEN_AT_ACS: Mapping[str, str] = {
    "P-16": "the acknowledgement that was sent may not have arrived, so M Download may come again",
    "P-34": "an attempt that failed before it reached the ACS is counted by the CPE and not seen here",
    "P-35": "attempts that failed before they reached the ACS are counted by the CPE and not seen here",
    "P-39": "when the CPE gave up is not seen here",
    "P-47": "the acknowledgement that was sent may not have arrived, so TransferComplete may come again",
    "P-49": "the DownloadResponse may have been sent and lost",
    "P-85": "attempts that did not reach the ACS are not seen here",
    "P-101": "an earlier attempt to make first contact may not have reached the ACS",
}
"""Properties that a trace taken at the ACS's end leaves open, each with the reason."""


def vantage_of(name: str) -> Vantage:
    """The vantage of that name; raises UsageError for any other."""
    for each in get_args(Vantage):
        if each == name:
            return each  # type: ignore[no-any-return]  # get_args is untyped: these are the members of Vantage
    raise UsageError(f"no vantage {name!r}; a trace is taken at the end of the cpe or of the acs")
