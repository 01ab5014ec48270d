"""Every property that is judged on traces: a dialogue that breaks it, and its nearest neighbour that does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.conformance.dialogues import NAMESPACE, Script, download, inform, other, upgrade

from cwmpcheck.catalogue import PROPERTIES
from cwmpcheck.conformance import Severity, diff_trace
from cwmpcheck.wire import (
    DownloadResponse,
    Fault,
    InformResponse,
    Reboot,
    TransferComplete,
    TransferCompleteResponse,
)

Make = Callable[[], Script]
DONE = ("7 TRANSFER COMPLETE", "M Download|K1")


def calm() -> Script:
    """A session in which nothing happens."""
    return Script().opens().closes()


def asked() -> Script:
    """A session in which the ACS has asked for something, not yet answered."""
    return Script().opens().cpe().acs(other())


def accepted() -> Script:
    """An accepted Download whose file was fetched."""
    return Script().asks().get()


def reported(*events: str, retry: int = 0) -> Script:
    """The same, in a session that is to report it."""
    return accepted().opens(*(events or DONE), retry=retry, version="2.0")


def tc(key: str = "K1", code: int = 0) -> TransferComplete:
    """A TransferComplete."""
    return TransferComplete(key, code)


def cookie(returned: bool) -> Script:
    """A session whose ACS sets a cookie."""
    script = Script().cpe(inform()).acs(InformResponse(), headers=(("set-cookie", "id=1; Path=/"),))
    return script.cpe(headers=(("cookie", "a=b; id=1"),) if returned else ()).acs()


def failed_then(retry: int) -> Script:
    """A failed session and the next."""
    return Script().cpe(inform()).fails().wait(6).opens(retry=retry).closes()


GOOD_END = TransferCompleteResponse()

CASES: dict[str, tuple[Make, Make]] = {
    "P-08": (
        lambda: asked().cpe(other("GetParameterValuesResponse"), id="mine").acs(),
        lambda: asked().cpe(other("GetParameterValuesResponse")).acs(),
    ),
    "P-09": (
        lambda: Script().cpe(inform()).acs(other("GetRPCMethodsResponse")).closes(),
        lambda: Script().cpe(inform()).acs(InformResponse()).closes(),
    ),
    "P-13": (
        lambda: Script().opens().cpe(other("GetRPCMethods"), namespace="urn:dslforum-org:cwmp-1-0")
        .acs(other("GetRPCMethodsResponse")).closes(),
        lambda: Script().opens().cpe(other("GetRPCMethods"), namespace=NAMESPACE)
        .acs(other("GetRPCMethodsResponse")).closes(),
    ),
    "P-15": (
        lambda: reported().cpe(tc("K9")).acs(GOOD_END).closes(),
        lambda: reported().cpe(tc()).acs(GOOD_END).closes(),
    ),
    "P-16": (
        lambda: accepted().opens("7 TRANSFER COMPLETE", "M Download|K9").cpe(tc()).acs(GOOD_END).closes(),
        lambda: accepted().opens(*DONE).cpe(tc()).acs(GOOD_END).closes(),
    ),
    "P-20": (
        lambda: calm().cpe(other("GetRPCMethods")).acs(other("GetRPCMethodsResponse")),
        lambda: calm().opens().cpe(other("GetRPCMethods")).acs(other("GetRPCMethodsResponse")),
    ),
    "P-21": (
        lambda: Script().opens().cpe(other("GetRPCMethods")).acs(InformResponse()).closes(),
        lambda: Script().opens().cpe(other("GetRPCMethods")).acs(other("GetRPCMethodsResponse")).closes(),
    ),
    "P-23": (
        lambda: asked().cpe(other("GetParameterValuesResponse")).acs(other()).cpe(other("GetParameterValuesResponse"))
        .acs(other()).cpe(other("GetRPCMethods")).acs(other("GetRPCMethodsResponse")),
        lambda: Script().opens().cpe(other("GetRPCMethods")).acs(other("GetRPCMethodsResponse")).closes(),
    ),
    "P-24": (
        lambda: Script().opens(hold=True).cpe(other("GetRPCMethods")).acs(other("GetRPCMethodsResponse")),
        lambda: Script().opens(hold=True).cpe().acs(other(), hold=False).cpe(other("GetParameterValuesResponse"))
        .acs().cpe(other("GetRPCMethods")).acs(other("GetRPCMethodsResponse")),
    ),
    "P-25": (
        lambda: Script().opens().cpe(other("GetRPCMethods")).acs(other()).cpe(other("GetParameterValuesResponse")).acs(),
        lambda: Script().opens().cpe().acs(other()).cpe(other("GetParameterValuesResponse")).acs(),
    ),
    "P-26": (
        lambda: asked().cpe().acs(),
        lambda: asked().cpe(other("GetParameterValuesResponse")).acs(),
    ),
    "P-27": (
        lambda: Script().opens().cpe().acs(Fault(8002)).closes(),
        lambda: Script().opens().cpe(other("GetRPCMethods")).acs(Fault(8002)).closes(),
    ),
    "P-28": (
        lambda: Script().opens().cpe().cpe().acs(),
        lambda: Script().opens().cpe().acs(),
    ),
    "P-31": (
        lambda: accepted().opens("2 PERIODIC").cpe(tc()).acs(GOOD_END).closes(),
        lambda: reported().cpe(tc()).acs(GOOD_END).closes(),
    ),
    "P-32": (
        lambda: reported().closes(),
        lambda: reported().cpe(tc()).acs(GOOD_END).closes(),
    ),
    "P-33": (
        lambda: accepted().opens("7 TRANSFER COMPLETE").cpe(tc()).acs(GOOD_END).closes(),
        lambda: accepted().opens("7 TRANSFER COMPLETE", "M Upload|U1").cpe(tc("U1")).acs(GOOD_END).closes(),
    ),
    "P-34": (lambda: failed_then(0), lambda: failed_then(1)),
    "P-35": (lambda: failed_then(2), lambda: failed_then(1)),
    "P-39": (
        lambda: Script().cpe(inform()).wait(20).fails("reset", "cpe"),
        lambda: Script().cpe(inform()).wait(31).fails("reset", "cpe"),
    ),
    "P-41": (
        lambda: Script().asks().get(status=404).reports(),
        lambda: Script().asks().get().reports(),
    ),
    "P-42": (
        lambda: Script().asks().get().reports(version="1.0"),
        lambda: Script().asks().get().reports(version="2.0"),
    ),
    "P-46": (
        lambda: reported().cpe(tc(code=9010)).fails().reports(code=0, retry=1),
        lambda: reported().cpe(tc()).fails().reports(code=0, retry=1),
    ),
    "P-47": (
        lambda: upgrade().opens(*DONE).cpe(tc()).acs(GOOD_END).closes(),
        lambda: reported().cpe(tc()).fails().opens(*DONE, retry=1).cpe(tc()).acs(GOOD_END).closes(),
    ),
    "P-48": (
        lambda: Script().asks(fault=9001).reports(code=9010),
        lambda: Script().asks(status=1).get(status=404).reports(code=9010),
    ),
    "P-49": (
        lambda: Script().opens().cpe().acs(download()).fails().wait(6).get().reports(retry=1),
        lambda: Script().asks().get().reports(),
    ),
    "P-52": (
        lambda: Script().opens().cpe().acs(download(delay=1)).cpe(DownloadResponse(1)).get().acs().reports(),
        lambda: Script().asks(delay=1).get().reports(),
    ),
    "P-53": (
        lambda: Script().asks(delay=600).get().reports(),
        lambda: Script().asks(delay=600).wait(600).get().reports(),
    ),
    "P-81": (
        lambda: accepted().opens().closes().opens().closes(),
        lambda: accepted().opens().closes().reports(),
    ),
    "P-82": (
        lambda: reported().cpe(tc()).fails().opens(*DONE, retry=1).closes(),
        lambda: reported().cpe(tc()).fails().opens(*DONE, retry=1).cpe(tc()).acs(GOOD_END).closes(),
    ),
    "P-85": (
        lambda: Script().cpe(inform()).fails().wait(60).opens(retry=1).closes(),
        lambda: failed_then(1),
    ),
    "P-100": (
        lambda: reported().cpe(tc()).fails().opens("2 PERIODIC", retry=1).closes(),
        lambda: reported().cpe(tc()).fails().opens(*DONE, retry=1).cpe(tc()).acs(GOOD_END).closes(),
    ),
    "P-101": (calm, lambda: Script().opens("0 BOOTSTRAP", "1 BOOT").closes()),
    "P-102": (
        lambda: Script().opens("M Reboot|R1").closes(),
        lambda: Script().opens("1 BOOT", "M Reboot|R1").closes(),
    ),
    "P-103": (lambda: cookie(False), lambda: cookie(True)),
    "P-108": (
        lambda: Script().opens().cpe().acs(Reboot("r")).cpe(Fault(9000)).acs(),
        lambda: Script().opens().cpe().acs(Reboot("r")).cpe(other("RebootResponse")).acs(),
    ),
    "P-109": (
        lambda: Script().asks().get(lasts=0, ends=False).reports("K1", *DONE, code=9010),
        lambda: Script().asks().get(status=404).reports(code=9010),
    ),
}  # fmt: skip


def broken(script: Script) -> dict[str, Severity]:
    """The properties that a dialogue breaks, with the weight."""
    return {finding.property: finding.severity for finding in diff_trace(script.trace()).findings}


def test_every_property_judged_on_traces_is_here() -> None:
    """A new property that speaks of traces needs a dialogue that breaks it."""
    assert set(CASES) == {item.id for item in PROPERTIES if item.on_traces is not None} | {"P-53"}


@pytest.mark.parametrize("id", CASES)
def test_the_dialogue_breaks_it(id: str) -> None:
    """A dialogue made to break one property is found to break it."""
    assert id in broken(CASES[id][0]())


@pytest.mark.parametrize("id", CASES)
def test_its_neighbour_does_not(id: str) -> None:
    """The dialogue next to it, as it should be, is not found to break it."""
    assert id not in broken(CASES[id][1]())


@pytest.mark.parametrize("id", sorted(item.id for item in PROPERTIES if item.severity == "conditional" and item.id in CASES))
def test_conditional_ones_decide_nothing(id: str) -> None:
    """What a capture alone cannot decide is told, and never weighs more than conditional."""
    assert broken(CASES[id][0]())[id] is Severity.CONDITIONAL


def test_a_version_that_was_told_makes_p_42_hard() -> None:
    """With the expected version told, success under another version is a breach of the protocol."""
    trace = CASES["P-42"][0]().trace()
    (found,) = [f for f in diff_trace(trace, expect_version="2.0").findings if f.property == "P-42"]
    assert found.severity is Severity.PROTOCOL


def test_under_another_reading_it_is_open() -> None:
    """RetryCount 0 after a boot in between is left open, and names the reading that admits it."""
    script = Script().cpe(inform()).fails().wait(6).opens("1 BOOT", retry=0).closes()
    (found,) = [f for f in diff_trace(script.trace()).findings if f.property == "P-34"]
    assert (found.severity, found.under) == (Severity.OPEN, "A-08=restarts")
    assert diff_trace(script.trace(), readings={"A-08": "restarts"}).findings == tuple(
        f for f in diff_trace(script.trace()).findings if f.property != "P-34"
    )
