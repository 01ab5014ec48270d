"""Findings on form and on time: what weighs how much, and what is tolerated."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from tests.conformance.dialogues import Script, download, inform, other, upgrade

from cwmpcheck.conformance import Finding, Severity, diff_trace
from cwmpcheck.conformance.timing import LAST_ROW, retry_window
from cwmpcheck.conformance.tolerances import Tally, Tolerance
from cwmpcheck.traces import Device, Message, Where
from cwmpcheck.vocabulary.departures import Departure, DepartureKind
from cwmpcheck.wire import Body, Fault, Reboot


def departed(script: Script, number: int, departure: Departure, *, also: Where | None = None, cut: bool = False) -> Device:
    """The dialogue with a departure in one message of its first session."""
    device = script.device()
    items = list(device.sessions[0].items)
    message = items[number]
    assert isinstance(message, Message)
    assert message.envelope is not None
    envelope = msgspec.structs.replace(message.envelope, departures=(departure,))
    items[number] = msgspec.structs.replace(message, envelope=envelope, also=also, truncated=cut)
    session = msgspec.structs.replace(device.sessions[0], items=tuple(items))
    return msgspec.structs.replace(device, sessions=(session, *device.sessions[1:]))


NO_VERSION = Departure(DepartureKind.FORCED_PARAMETER_MISSING, "Inform", "ParameterList", "no SoftwareVersion")
NO_ARRAY = Departure(DepartureKind.ARRAY_TYPE_MISSING, "Inform", "Event/@arrayType", "absent")
NO_USERNAME = Departure(DepartureKind.MISSING_ELEMENT, "Download", "Username", "absent")
STRANGE = Departure(DepartureKind.NAMESPACE, "Envelope", "", "a namespace of one's own")


def judged(device: Device) -> Sequence[Finding]:
    """The findings that are neither open nor conditional."""
    trace = msgspec.structs.replace(Script().trace(), devices=(device,))
    return [f for f in diff_trace(trace).findings if f.severity in (Severity.PROTOCOL, Severity.MESSAGE, Severity.MINOR)]


def test_departures_break_the_properties_that_select_them() -> None:
    """A departure becomes a finding with the property's weight, the place and the sender; one without a rule does not."""
    (found,) = judged(departed(upgrade(), 0, NO_VERSION))
    assert (found.property, found.severity, found.party, found.at.packet) == ("P-18", Severity.MESSAGE, "cpe", 1)
    assert "no SoftwareVersion" in found.got
    (minor,) = judged(departed(upgrade(), 0, NO_ARRAY))
    assert (minor.property, minor.severity) == ("P-106", Severity.MINOR)
    assert judged(departed(upgrade(), 0, STRANGE)) == []


def test_a_proxy_excuses_the_form_of_what_the_acs_sent() -> None:
    """With a proxy between, the ACS's form is passed over and counted; without one it is judged."""
    assert [f.property for f in judged(departed(upgrade(), 3, NO_USERNAME))] == ["P-01"]
    device = departed(upgrade(), 3, NO_USERNAME, also=Where("far leg", packet=9))
    verdict = diff_trace(msgspec.structs.replace(Script().trace(), devices=(device,)))
    assert verdict.messages == "clean"
    assert verdict.tolerances[Tolerance.PROXY_FORM.value] == 1


def test_a_message_that_is_cut_off_is_not_judged_for_form() -> None:
    """What the capture lacks is not held against the sender; the verdict is inconclusive instead."""
    assert judged(departed(upgrade(), 0, NO_VERSION, cut=True)) == []


def test_minor_findings_do_not_make_it_deviate() -> None:
    """Only minor departures: messages minor, verdict conforms."""
    device = departed(upgrade(), 0, NO_ARRAY)
    verdict = diff_trace(msgspec.structs.replace(Script().trace(), devices=(device,)))
    assert (verdict.verdict, verdict.protocol, verdict.messages) == ("conforms", "conforms", "minor")


def test_findings_alike_are_counted_once() -> None:
    """The same property broken again and again is one finding, with the first place and how often."""
    script = Script()
    for _ in range(3):
        script.opens("M Reboot|r").closes()
    (found,) = [f for f in diff_trace(script.trace()).findings if f.property == "P-102"]
    assert (found.times, found.at.packet) == (3, 1)


@pytest.mark.parametrize(
    ("asked", "answer", "broken"),
    [
        (Reboot("r"), Fault(9000), True),
        (Reboot("r"), Fault(9002), False),
        (other("X_00AA00_Sing"), Fault(9000), False),
    ],
)
def test_reboot_is_no_unknown_method(asked: Body, answer: Body, broken: bool) -> None:
    """Fault 9000 to Reboot breaks P-108 as a matter of messages; another fault, or 9000 to another method, does not."""
    verdict = diff_trace(Script().opens().cpe().acs(asked).cpe(answer).acs().trace())
    assert [f.severity for f in verdict.findings if f.property == "P-108"] == ([Severity.MESSAGE] if broken else [])


def early(seconds_after: float, delay: int = 60) -> Script:
    """A fetch so many seconds after its Download of a made-up delay."""
    script = Script().asks(delay=delay)
    asked = next(m for m in script.device().sessions[0].messages if m.rpc == "Download")
    script.time = asked.end + seconds_after - script.tick
    return script.get()


def test_a_get_before_its_time_is_a_breach_of_the_protocol() -> None:
    """P-53: before Download plus DelaySeconds the file is not fetched; the second in which clocks may differ is tolerated."""
    verdicts = {after: diff_trace(early(after).trace()) for after in (30.0, 59.5, 60.0, 90.0)}
    broken = {after: [f.severity for f in v.findings if f.property == "P-53"] for after, v in verdicts.items()}
    assert broken == {30.0: [Severity.PROTOCOL], 59.5: [], 60.0: [], 90.0: []}
    assert verdicts[30.0].verdict == "deviates"
    assert [Tolerance.WHOLE_SECONDS.value in v.tolerances for v in verdicts.values()] == [False, True, False, False]


def test_a_get_counts_for_the_download_that_it_can_be_for() -> None:
    """A fetch early for the second Download of its key is in time for the first: not violated."""
    script = Script().asks().wait(5).asks(delay=600).get()
    assert "P-53" not in {f.property for f in diff_trace(script.trace()).findings}


def test_the_retry_table() -> None:
    """Rows of 5 to 10, 10 to 20, ... seconds, and from the tenth retry on the same."""
    assert [retry_window(n)[0] for n in (1, 2, 3, 9)] == [5.0, 10.0, 20.0, 1280.0]
    assert retry_window(LAST_ROW) == retry_window(99) == (2560.0, 5120.0)


@pytest.mark.parametrize(("wait", "event", "told"), [(0, "2 PERIODIC", True), (6, "2 PERIODIC", False), (0, "1 BOOT", False)])
def test_retries_wait_unless_an_event_comes_up(wait: float, event: str, told: bool) -> None:
    """P-85: a retry too early is told as conditional; one within its row, or with a new event, is not."""
    script = Script().cpe(inform("2 PERIODIC")).fails().wait(wait).opens(event, retry=1).closes()
    verdict = diff_trace(script.trace())
    assert [f.severity for f in verdict.findings if f.property == "P-85"] == ([Severity.CONDITIONAL] if told else [])
    assert verdict.verdict == "conforms"


def test_every_tolerance_has_a_reason_of_its_own() -> None:
    """The list of tolerances is what verdicts quote: sentences, all different, counted in the order of the list."""
    assert len({each.value for each in Tolerance}) == len(Tolerance)
    assert all(len(each.value.split()) > 5 for each in Tolerance)
    tally = Tally()
    tally.count(Tolerance.SHARED_KEY)
    tally.count(Tolerance.CHALLENGED, 2)
    assert list(tally.told().items()) == [(Tolerance.CHALLENGED.value, 2), (Tolerance.SHARED_KEY.value, 1)]


def test_a_download_refused_with_a_fault_of_uploads() -> None:
    """A Fault that may not refuse a Download breaks P-07 in its envelope, whatever else the dialogue does."""
    for code, broken in ((9011, ["P-07"]), (9004, [])):
        script = Script().opens().cpe().acs(download()).cpe(Fault(code)).acs()
        assert [f.property for f in judged(script.device())] == broken


def test_a_good_dialogue_gives_no_finding() -> None:
    """Envelopes without a departure give no finding on form."""
    assert judged(upgrade().device()) == []
