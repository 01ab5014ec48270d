"""Dialogues that are not as simple as the textbook's: shared keys, several transfers and devices, cut captures, errors."""

from __future__ import annotations

import msgspec
import pytest
from tests.conformance.dialogues import Script, download, inform, other, upgrade

from cwmpcheck.conformance import Severity, TraceVerdict, diff_trace
from cwmpcheck.conformance.scopes import MOST_ATTRIBUTIONS, attributions
from cwmpcheck.conformance.tolerances import Tolerance
from cwmpcheck.traces import Device, Message, Trace, Trouble, Where
from cwmpcheck.vocabulary.errors import UsageError
from cwmpcheck.wire import (
    DownloadResponse,
    Fault,
    InformResponse,
    TransferComplete,
    TransferCompleteResponse,
    Unreadable,
)

HARD = (Severity.PROTOCOL, Severity.MESSAGE, Severity.MINOR)
BAD_RETRY = "P-34"


def hard(verdict: TraceVerdict) -> set[str]:
    """What makes it deviate."""
    return {finding.property for finding in verdict.findings if finding.severity in HARD}


def left_open(verdict: TraceVerdict) -> dict[str, str | None]:
    """What is left open, with the reading that admits it."""
    return {f.property: f.under for f in verdict.findings if f.severity is Severity.OPEN}


def followed(verdict: TraceVerdict) -> bool:
    """Nothing diverged."""
    return verdict.divergences == () and all(d.followed == d.observations for d in verdict.devices)


def events(*keys: str) -> list[str]:
    """The events that report transfers with these keys."""
    return ["7 TRANSFER COMPLETE", *(f"M Download|{key}" for key in keys)]


# --- other RPCs, several transfers, several devices -------------------------------------------------------------


def test_unknown_rpcs_are_requests_and_responses_like_any_other() -> None:
    """An RPC that nobody has heard of, either way, changes nothing."""
    script = Script().opens().cpe(other("X_00AA00_Sing")).acs(other("X_00AA00_SingResponse")).cpe().acs(other("Dance"))
    verdict = diff_trace(script.cpe(other("DanceResponse")).acs().trace())
    assert (hard(verdict), followed(verdict)) == (set(), True)


def test_an_unreadable_body_is_no_crash() -> None:
    """A body that is no message is seen as some other request or reply, and the rest is judged."""
    script = Script().opens().cpe(Unreadable("noise")).acs(Unreadable("noise")).closes()
    assert diff_trace(script.trace()).devices[0].sessions == 1


def test_two_devices_do_not_disturb_each_other() -> None:
    """The findings on one device are its own, and a good device beside it stays good."""
    bad = Script().cpe(inform()).fails().wait(6).opens(retry=0).closes().device("bad")
    verdict = diff_trace(upgrade().trace(bad))
    assert {(f.device, f.property) for f in verdict.findings if f.severity in HARD} == {("bad", BAD_RETRY)}
    assert {d.name: d.transfers for d in verdict.devices} == {"00AA00-Box-S1": ("K1",), "bad": ()}


def test_several_transfers_are_judged_apart() -> None:
    """Of two transfers that overlap, the one that is never reported is found, and the other is not blamed."""
    script = Script().opens().cpe().acs(download("K1")).cpe(DownloadResponse(1)).acs(download("K2"))
    script.cpe(DownloadResponse(1)).acs().get("K1").get("K2").reports("K2", *events("K2")).opens().closes().opens().closes()
    verdict = diff_trace(script.trace())
    (found,) = [f for f in verdict.findings if f.severity in HARD]
    assert found.property == "P-81"
    assert verdict.devices[0].transfers == ("K1", "K2")


def test_two_reports_in_one_session() -> None:
    """Two transfers reported one after the other in one session conform."""
    script = Script().asks("K1").get("K1").asks("K2").get("K2").opens(*events("K1", "K2"), version="2.0")
    for key in ("K1", "K2"):
        script.cpe(TransferComplete(key)).acs(TransferCompleteResponse())
    verdict = diff_trace(script.closes().trace())
    assert (hard(verdict), followed(verdict)) == (set(), True)


def test_no_download_at_all() -> None:
    """A capture without a Download is judged as to its sessions, and conforms."""
    verdict = diff_trace(Script().opens("0 BOOTSTRAP").closes().opens().closes().trace())
    assert (verdict.verdict, verdict.findings, verdict.devices[0].transfers) == ("conforms", (), ())


# --- keys that do not tell transfers apart ----------------------------------------------------------------------


def test_an_empty_command_key_is_a_key() -> None:
    """A Download with an empty CommandKey is a transfer like any other."""
    script = Script().asks("").get("").reports("", "7 TRANSFER COMPLETE", "M Download")
    verdict = diff_trace(script.trace())
    assert (hard(verdict), followed(verdict)) == (set(), True)


def test_two_good_transfers_under_one_key_conform() -> None:
    """One after the other, or both reported at the end: with the right attribution nothing is broken."""
    after = upgrade().asks().get().reports()
    both = Script().asks().get().asks().get(status=404).opens(*events("K1", "K1"), version="2.0")
    both.cpe(TransferComplete("K1", 0)).acs(TransferCompleteResponse())
    both.cpe(TransferComplete("K1", 9016)).acs(TransferCompleteResponse()).closes()
    for script in (after, both):
        verdict = diff_trace(script.trace())
        assert (hard(verdict), left_open(verdict)) == (set(), {})
        assert Tolerance.SHARED_KEY.value in verdict.tolerances


def test_reports_may_come_in_any_order() -> None:
    """The second Download failed and is reported first: only the attribution that crosses over explains it."""
    script = Script().asks().get().asks().get(status=404).opens(*events("K1", "K1"), version="2.0")
    script.cpe(TransferComplete("K1", 9016)).acs(TransferCompleteResponse())
    script.cpe(TransferComplete("K1", 0)).acs(TransferCompleteResponse()).closes()
    assert hard(diff_trace(script.trace())) == set()


def test_one_report_for_two_downloads_is_open() -> None:
    """Of two transfers under one key one was reported, and the other may not even have begun: open, not violated."""
    script = Script().asks().get().asks().get().reports().opens().closes().opens().closes()
    verdict = diff_trace(script.trace())
    assert hard(verdict) == set()
    assert left_open(verdict) == {"P-81": None}


def test_what_no_attribution_explains_is_violated() -> None:
    """Success twice under one key, and the file server refused both times: broken whichever Download it was."""
    script = Script().asks().get(status=404).asks().get(status=404).reports().reports()
    assert "P-41" in hard(diff_trace(script.trace()))


def test_a_shared_key_excuses_nothing_else() -> None:
    """What has nothing to do with the key is found beside a shared key as anywhere."""
    script = upgrade().asks().get().reports().cpe(inform()).fails().wait(6).opens(retry=0).closes()
    assert hard(diff_trace(script.trace())) == {BAD_RETRY}


def test_too_many_attributions_leave_it_open() -> None:
    """Beyond the bound what the key concerns is open, and the verdict says that it gave up."""
    script = Script()
    for _ in range(8):
        script.asks().get(status=404)
    for _ in range(8):
        script.reports()
    found, whole = attributions(script.device(), "K1")
    assert (len(found), whole) == (MOST_ATTRIBUTIONS, False)
    verdict = diff_trace(script.trace())
    assert hard(verdict) == set()
    assert Tolerance.TOO_MANY_ATTRIBUTIONS.value in verdict.tolerances


# --- captures that begin late or end early ----------------------------------------------------------------------


def test_a_report_of_a_transfer_from_before_the_capture_is_open() -> None:
    """The Download may have been before the capture: open, followed, and not violated."""
    for script in (Script().reports("K0"), Script().reports("K0").asks().get().reports()):
        verdict = diff_trace(script.trace())
        assert (verdict.verdict, hard(verdict), followed(verdict)) == ("conforms", set(), True)
        assert "P-15" in left_open(verdict)
        assert verdict.tolerances[Tolerance.FROM_BEFORE.value] >= 2


def test_a_strange_key_while_a_transfer_is_pending_is_violated() -> None:
    """With the capture's own Download pending, a report under another key is held to be meant for it."""
    assert "P-15" in hard(diff_trace(Script().asks().get().reports("K9", *events("K1")).trace()))


def midway() -> Script:
    """A capture that begins after the Download was sent."""
    return Script().cpe(DownloadResponse(1)).acs().get("K0")


def test_a_capture_that_begins_in_a_session() -> None:
    """Messages before the first Inform are neither violations nor divergences, and what follows is judged."""
    verdict = diff_trace(midway().reports("K0").trace())
    assert (hard(verdict), followed(verdict)) == (set(), True)
    assert verdict.tolerances[Tolerance.STARTS_MIDWAY.value] == 2
    assert hard(diff_trace(midway().opens().closes().cpe(inform()).fails().wait(6).opens(retry=0).trace())) == {BAD_RETRY}


def test_a_capture_without_any_inform() -> None:
    """Without an Inform nothing is held against anybody."""
    script = Script().cpe(TransferComplete("K0")).acs(TransferCompleteResponse()).cpe().acs()
    verdict = diff_trace(script.trace())
    assert (hard(verdict), verdict.divergences) == (set(), ())


@pytest.mark.parametrize("kept", range(1, 17))
def test_a_capture_that_ends_anywhere_is_no_violation(kept: int) -> None:
    """Any beginning of a good upgrade conforms so far: what is promised and not yet kept is open at most."""
    whole = upgrade().device()
    items = [(session.number, item) for session in whole.sessions for item in session.items][:kept]
    script = Script()
    for number, item in items:
        while len(script.sessions) <= number:
            script.sessions.append([])
        script.sessions[number].append(item)
    script.time = items[-1][1].time
    script.fetches = [fetch for fetch in whole.fetches if fetch.start < script.time]
    verdict = diff_trace(script.fails("capture_ends", None).trace())
    assert (hard(verdict), verdict.divergences) == (set(), ())


def test_a_promise_without_its_end_is_open() -> None:
    """An accepted Download at the end of a capture leaves P-81 open; a report without its answer leaves P-82 open."""
    assert left_open(diff_trace(Script().asks().trace())) == {"P-81": None}
    script = Script().asks().get().opens(*events("K1"), version="2.0").cpe(TransferComplete("K1"))
    assert left_open(diff_trace(script.fails("capture_ends", None).trace())) == {"P-82": None}


def test_http_errors_are_failed_sessions() -> None:
    """An HTTP error fails the session: the report comes again with RetryCount 1, which is right; with 0 it is wrong."""
    for retry, wrong in ((1, set()), (0, {BAD_RETRY})):
        script = Script().asks().get().opens(*events("K1"), version="2.0").cpe(TransferComplete("K1")).http(503)
        verdict = diff_trace(script.wait(6).reports("K1", *events("K1"), retry=retry).trace())
        assert hard(verdict) == wrong


def test_retry_request_is_no_failure() -> None:
    """Fault 8005 and the same request again, Inform or TransferComplete, are one request of the session: nothing is broken."""
    script = Script().asks().get().cpe(inform(*events("K1"), version="2.0")).acs(Fault(8005))
    again = inform(*events("K1"), version="2.0")
    script.cpe(again).acs(InformResponse()).cpe(TransferComplete("K1")).acs(Fault(8005))
    verdict = diff_trace(as_one_session(script.cpe(TransferComplete("K1")).acs(TransferCompleteResponse()).closes()))
    assert (hard(verdict), followed(verdict)) == (set(), True)
    assert verdict.tolerances[Tolerance.RETRY_REQUEST.value] == 2


def test_a_retry_request_that_is_not_heeded() -> None:
    """After fault 8005 to TransferComplete the session goes on without it: the fault is seen, the report not delivered."""
    script = Script().asks().get().opens(*events("K1"), version="2.0").cpe(TransferComplete("K1")).acs(Fault(8005)).closes()
    assert "P-100" in hard(diff_trace(script.opens("2 PERIODIC").closes().trace()))


def as_one_session(script: Script) -> Trace:
    """The dialogue with the last two sessions joined: an Inform sent again opens no new one."""
    script.sessions[-2:] = [[*script.sessions[-2], *script.sessions[-1]]]
    script.sessions[-1] = [
        msgspec.structs.replace(item, index=index) if isinstance(item, Message) else item
        for index, item in enumerate(script.sessions[-1])
    ]
    return script.trace()


# --- doubt ------------------------------------------------------------------------------------------------------


def trouble(*, inconclusive: bool, at: float = 0.0) -> Trouble:
    """Something that could not be read."""
    return Trouble(time=at, what="something is missing", where=Where("made up"), inconclusive=inconclusive)


def test_doubtful_input_never_conforms() -> None:
    """With a trouble that may change the verdict, or a message that is cut off, a clean trace is inconclusive."""
    assert diff_trace(upgrade().trace(troubles=(trouble(inconclusive=True),))).verdict == "inconclusive"
    assert diff_trace(upgrade().cpe(inform(), truncated=True).trace()).verdict == "inconclusive"
    harmless = diff_trace(upgrade().trace(troubles=(trouble(inconclusive=False),)))
    assert (harmless.verdict, harmless.notes) == ("conforms", ("something is missing",))


def test_doubt_does_not_hide_a_breach() -> None:
    """What was proven before stays proven; what comes after something that could not be read is open."""
    script = Script().asks().get(status=404).reports()
    end = script.trace().end + 1.0
    assert diff_trace(script.trace(troubles=(trouble(inconclusive=True, at=end),))).verdict == "deviates"
    assert diff_trace(script.trace(troubles=(trouble(inconclusive=True),))).verdict == "inconclusive"


def test_an_empty_trace_is_inconclusive() -> None:
    """Where there is no session there is nothing to conform."""
    verdict = diff_trace(msgspec.structs.replace(Script().trace(), devices=(Device(name="silent", sessions=()),)))
    assert (verdict.verdict, verdict.notes) == ("inconclusive", ("no CWMP session is in it",))


# --- vantage ----------------------------------------------------------------------------------------------------


def test_at_the_acs_end_what_was_lost_is_not_held_against_the_cpe() -> None:
    """A report again after its acknowledgement was sent, and a RetryCount out of nothing: open there, violated at the CPE's."""
    script = Script().asks().get().opens(*events("K1"), version="2.0").cpe(TransferComplete("K1"))
    script.acs(TransferCompleteResponse()).wait(40).reports("K1", *events("K1"), retry=2)
    there, here = diff_trace(script.trace(), vantage="acs"), diff_trace(script.trace())
    assert (hard(there), there.divergences) == (set(), ())
    assert {"P-35", "P-47"} <= set(left_open(there))
    assert Tolerance.SEEN_AT_ACS.value in there.tolerances
    assert {"P-35", "P-47"} <= hard(here)


def test_at_the_acs_end_the_rest_is_judged_all_the_same() -> None:
    """A report in a session that did not announce it is as wrong at the ACS's end, and diverges there too."""
    script = Script().asks().get().opens("2 PERIODIC").cpe(TransferComplete("K1")).acs(TransferCompleteResponse()).closes()
    verdict = diff_trace(script.trace(), vantage="acs")
    assert "P-31" in hard(verdict)
    assert verdict.divergences


def test_an_unknown_vantage_is_refused() -> None:
    """A trace is taken at the CPE's end or at the ACS's; anything else is a mistake, said in one line."""
    with pytest.raises(UsageError, match="no vantage 'proxy'"):
        diff_trace(upgrade().trace(), vantage="proxy")
