"""The 22 real runs: our verdicts, and the properties behind them, against the given ones."""

from __future__ import annotations

from functools import cache

import pytest
from tests.conformance.ground_truth import ARGUED, RUNS, SHARED_TRACES, given

from cwmpcheck.conformance import Severity, TraceVerdict, diff_trace
from cwmpcheck.traces import load_trace

pytestmark = pytest.mark.skipif(not RUNS, reason="no ../shared/traces beside this checkout")

COUNTED = (Severity.PROTOCOL, Severity.MESSAGE, Severity.MINOR)


@cache
def verdict(name: str, source: str = "") -> TraceVerdict:
    """Our verdict on one run, from the folder or from one file of it."""
    return diff_trace(load_trace(SHARED_TRACES / name / source))


def counted(verdict: TraceVerdict) -> set[str]:
    """The properties that a verdict holds broken; open and conditional findings aside."""
    return {finding.property for finding in verdict.findings if finding.severity in COUNTED}


def test_all_runs_are_there() -> None:
    """All 22 runs are judged: 8 that conform and 14 that deviate."""
    words = [given(name).protocol for name in RUNS]
    assert (words.count("conforms"), words.count("deviates")) == (8, 14)


@pytest.mark.parametrize("name", RUNS)
def test_both_verdicts_are_the_given_ones(name: str) -> None:
    """Protocol and messages come out as the ground truth has them."""
    ours = verdict(name)
    assert (ours.protocol, ours.messages) == (given(name).protocol, given(name).messages)
    assert ours.verdict == ("deviates" if "deviates" in (ours.protocol, ours.messages) else "conforms")


@pytest.mark.parametrize("name", RUNS)
def test_the_broken_properties_are_the_given_ones(name: str) -> None:
    """Exactly the given properties are broken, and those added with an argument; open and conditional ones aside."""
    argued = {id for run, id in ARGUED if run == name}
    ours = counted(verdict(name)) - given(name).not_counted
    assert ours - argued == set(given(name).broken)


@pytest.mark.parametrize("name", RUNS)
def test_exchanges_alone_give_the_same(name: str) -> None:
    """From exchanges.jsonl alone the findings are the same, but for what needs the file server's leg where that is missing."""
    whole, part = verdict(name), verdict(name, "exchanges.jsonl")
    lost = counted(whole) - counted(part)
    assert counted(part) <= counted(whole)
    assert lost <= ({"P-41"} if any("no file server" in reason for reason in part.tolerances) else set())


@pytest.mark.parametrize("name", [name for name in RUNS if given(name).protocol == "conforms"])
def test_conforming_runs_are_followed(name: str) -> None:
    """Every observation of a conforming run is followed on the model, under the default readings or under one other."""
    ours = verdict(name)
    unadmitted = [divergence for divergence in ours.divergences if divergence.under is None]
    assert unadmitted == []
    if not ours.divergences:
        assert all(device.followed == device.observations for device in ours.devices)
    else:
        assert {divergence.under for divergence in ours.divergences} == {"A-08=restarts"}
        again = diff_trace(load_trace(SHARED_TRACES / name), readings={"A-08": "restarts"})
        assert (again.divergences, again.protocol) == ((), "conforms")


@pytest.mark.parametrize("name", [name for name in RUNS if given(name).protocol == "deviates"])
def test_protocol_findings_are_told_in_full(name: str) -> None:
    """Each protocol finding says where, when, what was expected and what came; where following stopped, guard and values."""
    ours = verdict(name)
    findings = [finding for finding in ours.findings if finding.severity is Severity.PROTOCOL]
    assert findings
    for finding in findings:
        assert finding.at.packet is not None
        assert finding.at.time is not None
        assert finding.at.time >= 0
        assert finding.expected
        assert finding.got
        if any(divergence.at == finding.at for divergence in ours.divergences):
            assert finding.because is not None
            assert finding.because.guard
            assert finding.because.values
    for divergence in ours.divergences:
        assert divergence.mend


def test_the_packet_is_the_one_of_the_message() -> None:
    """The packet that a finding names is the one in which the capture has the message."""
    if "genieacs__genieacs-sim__success" not in RUNS:
        pytest.skip("this run is not there")
    trace = load_trace(SHARED_TRACES / "genieacs__genieacs-sim__success")
    (found,) = [f for f in diff_trace(trace).findings if f.property == "P-31"]
    (message,) = [
        item for device in trace.devices for session in device.sessions for item in session.messages
        if item.rpc == "TransferComplete"
    ]  # fmt: skip
    assert found.at.packet == message.where.packet
    assert found.at.time == round(message.time - trace.start, 3)


def test_an_expected_version_makes_the_difference() -> None:
    """Told the image's version, a run that never shows it breaks P-42; told the version that it does show, it does not."""
    if "genieacs__genieacs-sim__success" not in RUNS:
        pytest.skip("this run is not there")
    trace = load_trace(SHARED_TRACES / "genieacs__genieacs-sim__success")
    assert "P-42" in counted(diff_trace(trace, expect_version="FW-NEW-1.1"))
    assert "P-42" not in counted(diff_trace(trace, expect_version="V100R001IRQC56B017"))
