"""A dialogue as observations: what is seen of each message, and whose it is."""

from __future__ import annotations

from tests.conformance.dialogues import Script, download, inform, other, upgrade

from cwmpcheck.conformance.observing import Slice
from cwmpcheck.conformance.scopes import Scope, requests_of
from cwmpcheck.conformance.seen import EndOfSession, Seen
from cwmpcheck.conformance.tolerances import Tally, Tolerance
from cwmpcheck.protocol import Kind
from cwmpcheck.protocol.observation import FIRST_KEY, NO_KEY, STRANGE_KEY
from cwmpcheck.traces import Fetch
from cwmpcheck.wire import DownloadResponse, Fault, InformResponse, TransferComplete, TransferCompleteResponse


def slice_of(script: Script, key: str | None = "K1", tally: Tally | None = None, version: str | None = None) -> Slice:
    """One transfer of a made-up dialogue."""
    device = script.device()
    requests = requests_of(device)
    alone = sum(requests.values()) == 1
    return Slice(device, Scope(key), frozenset(requests), alone, 0.0, version, True, tally or Tally())


def seen_in(script: Script, key: str | None = "K1", version: str | None = None) -> list[Seen]:
    """The observations of a slice."""
    return [each for each in slice_of(script, key, version=version) if isinstance(each, Seen)]


def kinds(script: Script, key: str | None = "K1") -> list[Kind]:
    """The kinds of the observations of a slice."""
    return [each.kind for each in seen_in(script, key)]


def test_a_whole_upgrade() -> None:
    """Every message of an upgrade is seen in order, the fetch among them, and each session has its end."""
    assert kinds(upgrade()) == [
        Kind.INFORM, Kind.INFORM_RESPONSE, Kind.EMPTY_POST, Kind.DOWNLOAD, Kind.DOWNLOAD_RESPONSE, Kind.EMPTY_REPLY,
        Kind.FETCH_BEGINS, Kind.FETCH_ENDS,
        Kind.INFORM, Kind.INFORM_RESPONSE, Kind.TRANSFER_COMPLETE, Kind.TRANSFER_COMPLETE_RESPONSE,
        Kind.EMPTY_POST, Kind.EMPTY_REPLY,
    ]  # fmt: skip
    assert [each.session for each in slice_of(upgrade()) if isinstance(each, EndOfSession)] == [0, 1]


def test_the_other_transfers_slice_sees_requests_and_responses() -> None:
    """What belongs to another transfer is another request or response, and its fetch is not seen at all."""
    script = upgrade().asks("K2")
    assert kinds(script, "K2")[:12] == [
        Kind.INFORM, Kind.INFORM_RESPONSE, Kind.EMPTY_POST, Kind.ACS_REQUEST, Kind.CPE_RESPONSE, Kind.EMPTY_REPLY,
        Kind.INFORM, Kind.INFORM_RESPONSE, Kind.CPE_REQUEST, Kind.ACS_RESPONSE, Kind.EMPTY_POST, Kind.EMPTY_REPLY,
    ]  # fmt: skip
    report = seen_in(script, "K2")[6]
    assert (report.fields["transfer_complete"], report.fields["other_complete"]) == (False, True)


def test_keys_become_symbols() -> None:
    """The slice's key is the first key, an unknown one is the strange key, an absent one is no key."""
    for key, symbol in (("K1", FIRST_KEY), ("K9", STRANGE_KEY), ("", NO_KEY)):
        script = Script().asks().opens("7 TRANSFER COMPLETE", f"M Download|{key}").cpe(TransferComplete(key))
        told = [each.fields["key"] for each in seen_in(script) if each.kind in (Kind.INFORM, Kind.TRANSFER_COMPLETE)]
        assert told == [NO_KEY, symbol, symbol]


def test_an_informs_events_are_told_apart() -> None:
    """Each event that a rule speaks of is a field of its own; RetryCount is counted up to its bound."""
    (found,) = seen_in(Script().cpe(inform("0 BOOTSTRAP", "1 BOOT", "M Reboot|r", retry=9)), None)
    told = {name for name, value in found.fields.items() if value is True}
    assert told >= {"boot", "bootstrap", "m_reboot"}
    assert found.fields["retry"] == 3
    assert "9" in found.got


def test_a_high_retry_count_is_a_counted_tolerance() -> None:
    """Beyond what the model counts, RetryCount is compared as "this or more", and the verdict says how often."""
    tally = Tally()
    list(slice_of(Script().cpe(inform(retry=9)), None, tally))
    assert tally.told()[Tolerance.HIGH_RETRY_COUNT.value] == 1


def test_ids_namespaces_and_cookies() -> None:
    """A foreign ID, another namespace and a missing cookie are marked where they occur, and nowhere else."""
    script = Script().cpe(inform()).acs(InformResponse(), headers=(("set-cookie", "a=1; Path=/"),))
    script.cpe(headers=(("cookie", "b=2; a=1"),)).acs(other()).cpe(other("GetParameterValuesResponse"), id="mine")
    script.acs(other(), namespace="urn:dslforum-org:cwmp-1-0")
    marks = [{n for n in ("foreign_id", "other_namespace", "cookie_missing") if s.fields.get(n)} for s in seen_in(script, None)]
    assert marks == [set(), set(), set(), set(), {"foreign_id", "cookie_missing"}, {"other_namespace"}]


def test_answers_to_download() -> None:
    """Status 0, Status 1 and a Fault are told apart, for this slice's Download alone."""
    for body, kind in ((DownloadResponse(0), Kind.DOWNLOAD_RESPONSE), (Fault(9001), Kind.DOWNLOAD_FAULT)):
        script = Script().opens().cpe().acs(download()).cpe(body)
        assert kinds(script)[-1] is kind
        assert kinds(script, "K2")[-1] is Kind.CPE_RESPONSE
    status = seen_in(Script().opens().cpe().acs(download()).cpe(DownloadResponse(0)))[-1].fields["status"]
    assert status == 0


def test_a_fault_of_the_acs() -> None:
    """A Fault of the ACS is seen as such, whatever it answers."""
    assert kinds(Script().cpe(inform()).acs(Fault(8003)), None) == [Kind.INFORM, Kind.ACS_FAULT]


def test_failures_of_a_session() -> None:
    """A broken exchange and an HTTP error are failures; the end of the capture is none."""
    for script, failed in (
        (Script().cpe(inform()).fails(), True),
        (Script().cpe(inform()).http(500), True),
        (Script().cpe(inform()).fails("capture_ends", None), False),
    ):
        assert (Kind.SESSION_FAILED in kinds(script, None)) is failed


def test_a_challenged_get_is_one_fetch() -> None:
    """401 and the same GET again with credentials are one fetch, counted as a tolerance; 401 alone is a failed one."""
    tally = Tally()
    script = Script().asks().get(status=401).get(status=200)
    found = [each for each in slice_of(script, "K1", tally) if isinstance(each, Seen) and isinstance(each.item, Fetch)]
    assert [(each.kind, each.fields.get("success")) for each in found] == [
        (Kind.FETCH_BEGINS, None),
        (Kind.FETCH_ENDS, True),
    ]
    assert tally.told()[Tolerance.CHALLENGED.value] == 1
    assert seen_in(Script().asks().get(status=401))[-1].fields["success"] is False


def test_fetches_end_well_or_not_or_not_yet() -> None:
    """A whole 200 is a success, a cut or refused one is not, and one that runs on at the end of the capture has no end."""
    assert seen_in(Script().asks().get())[-1].fields["success"] is True
    assert seen_in(Script().asks().get(whole=False))[-1].fields["success"] is False
    assert seen_in(Script().asks().get(ends=False))[-1].kind is Kind.FETCH_BEGINS


def test_the_version_is_followed_where_it_was_told_and_means_this_transfer() -> None:
    """Told, and with one transfer, the version is compared; untold or with several it is open."""
    told = [each for each in seen_in(upgrade(), version="2.0") if each.kind is Kind.INFORM]
    assert [each.fields["updated"] for each in told] == [False, True]
    assert "updated" not in told[0].letter.open_ended
    assert all("updated" in each.letter.open_ended for each in seen_in(upgrade()) if each.kind is Kind.INFORM)
    two = seen_in(upgrade().asks("K2"), version="2.0")
    assert all("updated" in each.letter.open_ended for each in two if each.kind is Kind.INFORM)


def test_a_place_says_packet_time_session_and_name() -> None:
    """Every observation knows where it was made; a reply counts from when it had arrived whole."""
    found = seen_in(upgrade())
    assert (found[1].at.packet, found[1].at.time, found[1].at.session, found[1].at.message) == (2, 2.1, 0, "InformResponse")
    assert [each.at.message for each in found[2:4]] == ["empty POST", "Download"]
    assert found[6].at.session is None


def test_equal_observations_share_a_letter() -> None:
    """The same thing seen twice is one letter, so that what is known of it is known at once."""
    found = seen_in(Script().opens().closes().opens().closes(), None)
    assert [one.letter is two.letter for one, two in zip(found[:4], found[4:], strict=True)] == [True] * 4


def test_a_report_from_before_is_followed_as_any_request() -> None:
    """The monitors see the report, the model is asked for some other request and response."""
    found = seen_in(Script().reports("K0"), None)
    assert [each.kind for each in found[:4]] == [
        Kind.INFORM, Kind.INFORM_RESPONSE, Kind.TRANSFER_COMPLETE, Kind.TRANSFER_COMPLETE_RESPONSE
    ]  # fmt: skip
    assert [each.letter.followed.kind for each in found[2:4]] == [Kind.CPE_REQUEST, Kind.ACS_RESPONSE]
    assert "m_download" not in found[0].letter.followed.fields


def test_an_acknowledgement_belongs_to_its_report() -> None:
    """TransferCompleteResponse is this slice's only after this slice's TransferComplete."""
    script = Script().asks("K1").asks("K2").opens("7 TRANSFER COMPLETE", "M Download|K2")
    script.cpe(TransferComplete("K2")).acs(TransferCompleteResponse())
    assert kinds(script, "K2")[-1] is Kind.TRANSFER_COMPLETE_RESPONSE
    assert kinds(script, "K1")[-1] is Kind.ACS_RESPONSE
