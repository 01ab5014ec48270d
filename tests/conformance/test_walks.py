"""What the model does is what a diff admits, and what a mutant of it does is what a diff finds."""

from __future__ import annotations

import pytest
from tests.conformance.walks import Walk

from cwmpcheck.conformance import Severity, TraceVerdict, diff_trace

HARD = (Severity.PROTOCOL, Severity.MESSAGE, Severity.MINOR)
SCENARIOS = ("unicast", "same-session", "status0")
SEEDS = 10
STEPS = 250

CAUGHT = {
    "response-of-another-request": "P-21",
    "talks-on-after-closing": "P-20",
    "acs-asks-out-of-turn": "P-25",
    "retry-count-forgotten": "P-34",
    "retry-count-stuck": "P-35",
    "fault-ends-session": "P-35",
    "no-m-download": "P-33",
    "m-download-without-key": "P-16",
    "events-delivered-by-inform": "P-100",
    "report-without-announcement": "P-31",
    "report-forgotten": "P-82",
    "report-without-key": "P-15",
    "acknowledgement-ignored": "P-48",
    "failure-becomes-success-by-reboot": "P-46",
    "fall-back-reported-as-success": "P-42",
    "refused-but-queued": "P-48",
    "success-before-fetch": "P-41",
    "failure-before-fetch-ends": "P-109",
    "success-before-apply": "P-42",
    "queue-lost-with-power": "P-81",
    "drop:answer_request:S-16": "P-09",
    "drop:begin_fetch:T-10": "P-52",
    "drop:post_empty:P-26": "P-26",
    "drop:post_empty:V-09": "P-32",
    "drop:report:P-31": "P-31",
    "drop:send_request:S-11": "P-24",
}
"""Mutants with a property that their walks are found to break."""

INVISIBLE = {
    "boot-reported-as-failure": "an honest failure after the file was fetched looks the same on the wire",
    "acs-believes-status-1": "what the ACS believes is not on the wire",
    "acs-believes-any-report": "what the ACS believes is not on the wire",
}
"""Mutants whose walks other walks of the model could have shown too."""


def verdict(name: str, seed: int, mutated: str | None = None) -> TraceVerdict | None:
    """The verdict on one walk; None when it shows no session."""
    walk = Walk(name, seed, STEPS, mutated)
    return diff_trace(walk.script.trace(), expect_version="2.0") if walk.script.sessions else None


def hard(verdict: TraceVerdict) -> set[str]:
    """The properties whose breach would make the trace deviate."""
    return {finding.property for finding in verdict.findings if finding.severity in HARD}


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_the_model_does_conforms(name: str) -> None:
    """Walks with losses, resets and several transfers are followed without a divergence and break nothing."""
    judged = [found for seed in range(SEEDS) if (found := verdict(name, seed)) is not None]
    assert len(judged) > SEEDS // 2
    assert sum(device.observations for found in judged for device in found.devices) > 1000
    for found in judged:
        assert (hard(found), found.divergences) == (set(), ())
        # A walk stops anywhere; what it leaves unfinished is all that may stand against it.
        assert found.verdict == "conforms" or all("the trace ends" in note for note in found.notes), found.notes
        assert all(device.followed == device.observations for device in found.devices)


@pytest.mark.parametrize("name", CAUGHT)
def test_what_a_mutant_does_is_found(name: str) -> None:
    """Within a few walks the mutant shows what the model could not have shown, and breaks the property named for it."""
    found: set[str] = set()
    for seed in range(SEEDS):
        for scenario in SCENARIOS[:2]:
            judged = verdict(scenario, seed, name)
            found |= hard(judged) if judged is not None else set()
            if CAUGHT[name] in found:
                return
    pytest.fail(f"{name}: {CAUGHT[name]} was not found broken, only {sorted(found)}")


@pytest.mark.parametrize("name", INVISIBLE)
def test_what_does_not_show_is_not_held_against_anybody(name: str) -> None:
    """A mutant that differs only in what no watcher sees breaks nothing on a trace."""
    for seed in range(4):
        judged = verdict("unicast", seed, name)
        assert judged is None or hard(judged) == set()
