"""What the ACS answers, and what it believes, message by message."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwmpcheck.acs import AcsCore, AcsStore, Campaign, Operation, OperationState, Reply
from cwmpcheck.wire import messages, read_envelope, write_envelope
from cwmpcheck.wire.messages import Body, Event, Parameter

CAMPAIGN = Campaign("fw", "http://127.0.0.1/f", "2.0", delay_seconds=5)
DEVICE = messages.DeviceId("maker", "0C0FFE", "Box", "7")


class Dialogue:
    """One CPE that says what it is told to, and the ACS's side of the session."""

    def __init__(self, campaign: Campaign | None = CAMPAIGN, store: AcsStore | None = None) -> None:
        count = itertools.count(1)
        devices, operations = store.load() if store is not None else ([], [])
        self.core = AcsCore(campaign, devices, operations, lambda: f"token-{next(count)}")
        self.store = store
        self.now = 1000.0
        self.cookie: str | None = None
        self.last = Reply(204)

    def say(self, body: Body | None, message_id: str = "cpe-1") -> Body | None:
        """Post one message; what came back, ``None`` for an empty reply."""
        if body is not None and (isinstance(body, messages.Fault) or messages.rpc_name(body).endswith("Response")):
            message_id = read_envelope(self.last.data).header.id or ""
        return self.post(b"" if body is None else write_envelope(body, id=message_id))

    def post(self, data: bytes) -> Body | None:
        """Post bytes."""
        self.last = self.core.post(self.cookie, data, self.now)
        if self.store is not None:
            self.store.commit(self.last.changes)
        self.cookie = self.last.cookie or self.cookie
        if self.last.status != 200:
            return None
        envelope = read_envelope(self.last.data)
        assert envelope.departures == ()
        return envelope.body

    def inform(self, version: str, *events: str, device: messages.DeviceId = DEVICE) -> Body | None:
        """Begin a session."""
        parameters = (Parameter("Device.DeviceInfo.SoftwareVersion", version),)
        codes = tuple(Event(code) for code in events or ("2 PERIODIC",))
        return self.say(messages.Inform(device, codes, current_time="2024-01-01T00:00:00Z", parameters=parameters))

    def accept(self) -> str:
        """A session in which a Download is sent and accepted; its key."""
        self.inform("1.0")
        download = self.say(None)
        assert isinstance(download, messages.Download)
        assert self.say(messages.DownloadResponse(1)) is None
        return download.command_key

    def operation(self, key: str) -> Operation:
        """What the ACS believes of a Download."""
        return self.core.operations[key]


def test_a_device_with_another_version_gets_a_download() -> None:
    """The Download comes as the answer to the empty POST, with the campaign's arguments and a key of its own."""
    acs = Dialogue()
    assert isinstance(acs.inform("1.0"), messages.InformResponse)
    download = acs.say(None)
    assert isinstance(download, messages.Download)
    assert (download.url, download.delay_seconds) == (CAMPAIGN.url, 5)
    assert acs.operation(download.command_key).state is OperationState.SENT


def test_a_device_that_has_the_version_is_left_alone() -> None:
    """Nothing is sent to a device that runs the target version: 204, and the session is over."""
    acs = Dialogue()
    acs.inform("2.0")
    assert acs.say(None) is None
    assert acs.last.status == 204
    assert acs.last.note["what"] == "session over"
    assert acs.core.operations == {}


def test_no_second_download_while_one_is_unfinished() -> None:
    """Neither an accepted Download nor one whose answer was lost is sent again (P-94)."""
    acs = Dialogue()
    acs.inform("1.0")
    assert isinstance(acs.say(None), messages.Download)
    acs.inform("1.0")
    assert acs.say(None) is None


def test_success_needs_the_report_and_the_version() -> None:
    """A report of success counts only if the Inform of its session shows the new version (H-1, P-42)."""
    acs = Dialogue()
    key = acs.accept()
    acs.inform("2.0", "1 BOOT", "7 TRANSFER COMPLETE")
    assert isinstance(acs.say(messages.TransferComplete(key)), messages.TransferCompleteResponse)
    assert acs.operation(key).state is OperationState.SUCCEEDED
    other = Dialogue()
    key = other.accept()
    other.inform("1.0", "7 TRANSFER COMPLETE")
    assert isinstance(other.say(messages.TransferComplete(key)), messages.TransferCompleteResponse)
    assert other.operation(key).state is OperationState.UNCLEAR


def test_a_duplicate_is_acknowledged_without_effect() -> None:
    """The same report again is acknowledged again; the outcome stays, also if the duplicate says otherwise (P-91)."""
    acs = Dialogue()
    key = acs.accept()
    acs.inform("2.0", "7 TRANSFER COMPLETE")
    acs.say(messages.TransferComplete(key))
    assert isinstance(acs.say(messages.TransferComplete(key, 9010, "late")), messages.TransferCompleteResponse)
    assert acs.operation(key).state is OperationState.SUCCEEDED
    assert acs.operation(key).reports == 2


def test_an_unknown_key_is_acknowledged_and_recorded(tmp_path: Path) -> None:
    """A report that nobody asked for is acknowledged and kept as unsolicited; so is another device's key (P-92, A-30 c)."""
    store = AcsStore(tmp_path / "acs.db")
    acs = Dialogue(store=store)
    key = acs.accept()
    acs.inform("1.0", device=messages.DeviceId("maker", "0C0FFE", "Box", "8"))
    for unknown in ("nobody", key):
        assert isinstance(acs.say(messages.TransferComplete(unknown)), messages.TransferCompleteResponse)
    assert [entry.key for entry in store.unsolicited()] == ["nobody", key]
    assert acs.operation(key).state is OperationState.ACCEPTED
    store.close()


def test_failures_are_bounded() -> None:
    """After max_attempts Downloads the ACS asks no more, whatever became of them (P-95)."""
    acs = Dialogue()
    for _ in range(CAMPAIGN.max_attempts):
        key = acs.accept()
        acs.inform("1.0", "7 TRANSFER COMPLETE")
        acs.say(messages.TransferComplete(key, 9016, "not there"))
        assert acs.operation(key).state is OperationState.FAILED
    acs.inform("1.0")
    assert acs.say(None) is None


def test_no_success_is_read_out_of_what_is_missing() -> None:
    """A report without FaultStruct, and an answer without Status, are no success (P-93)."""
    acs = Dialogue()
    key = acs.accept()
    acs.inform("2.0", "7 TRANSFER COMPLETE")
    whole = write_envelope(messages.TransferComplete(key), id="1")
    start, end = whole.index(b"<FaultStruct>"), whole.index(b"</FaultStruct>") + len(b"</FaultStruct>")
    assert isinstance(acs.post(whole[:start] + whole[end:]), messages.TransferCompleteResponse)
    assert acs.operation(key).state is OperationState.UNCLEAR
    other = Dialogue()
    other.inform("1.0")
    download = other.say(None)
    assert isinstance(download, messages.Download)
    message_id = read_envelope(other.last.data).header.id or ""
    answer = write_envelope(messages.DownloadResponse(0), id=message_id)
    other.post(answer.replace(b"<Status>0</Status>", b""))
    assert other.operation(download.command_key).state is OperationState.UNCLEAR


def test_a_restart_in_the_middle_loses_no_belief(tmp_path: Path) -> None:
    """A new process knows the Download that the former one sent: the report is its outcome, and no second one is sent."""
    store = AcsStore(tmp_path / "acs.db")
    first = Dialogue(store=store)
    key = first.accept()
    store.close()
    store = AcsStore(tmp_path / "acs.db")
    second = Dialogue(store=store)
    second.cookie = first.cookie
    assert second.say(None) is None
    assert second.last.status == 400, "the session is not known any more"
    second.inform("2.0", "1 BOOT", "7 TRANSFER COMPLETE")
    second.say(messages.TransferComplete(key))
    assert store.load()[1][0].state is OperationState.SUCCEEDED
    store.close()


def test_an_outcome_has_a_deadline_beyond_delay_and_grace() -> None:
    """A Download without outcome is overdue no earlier than delay plus an hour of grace (P-96), and a late report counts."""
    acs = Dialogue()
    key = acs.accept()
    acs.now += CAMPAIGN.delay_seconds + 3600
    acs.inform("1.0")
    assert acs.operation(key).state is OperationState.ACCEPTED
    acs.now += 24 * 3600
    acs.inform("1.0")
    assert acs.operation(key).state is OperationState.OVERDUE
    acs.inform("2.0", "7 TRANSFER COMPLETE")
    acs.say(messages.TransferComplete(key))
    assert acs.operation(key).state is OperationState.SUCCEEDED


def test_generic_requests_are_asked_one_after_the_other() -> None:
    """Queued requests all go out in one session, each after the answer to the one before (P-38)."""
    acs = Dialogue(campaign=None)
    acs.core.enqueue("0C0FFE-Box-7", messages.GetRPCMethods())
    acs.core.enqueue("0C0FFE-Box-7", messages.Reboot("now"))
    acs.inform("1.0")
    assert isinstance(acs.say(None), messages.GetRPCMethods)
    assert acs.say(messages.GetRPCMethodsResponse(("Reboot",))) == messages.Reboot("now")
    assert acs.say(messages.Fault(9000, "no", "Server")) is None
    assert acs.last.status == 204


def test_hold_lasts_as_long_as_there_are_requests() -> None:
    """Under hold every reply with a request holds, and the empty one releases (P-90)."""
    acs = Dialogue(Campaign("cfg", "http://127.0.0.1/f", file_type="3 Vendor Configuration File", hold=True))

    def held() -> bool | None:
        return read_envelope(acs.last.data).header.hold_requests

    acs.inform("1.0")
    assert held()
    download = acs.say(None)
    assert isinstance(download, messages.Download)
    assert held()
    assert isinstance(acs.say(messages.DownloadResponse(1)), messages.GetRPCMethods)
    assert held()
    assert acs.say(messages.GetRPCMethodsResponse(("Download",))) is None
    assert isinstance(acs.say(messages.TransferComplete(download.command_key)), messages.TransferCompleteResponse)
    assert not held()
    assert acs.say(None) is None
    assert acs.last.note["what"] == "session over"


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"<oops", 400), (b"<html/>", 400), (b"\x00\xff" * 50, 400), (write_envelope(messages.Reboot("x"), id="1"), 400)],
)
def test_what_is_out_of_place_ends_the_session_alone(data: bytes, status: int) -> None:
    """Noise, and a message outside any session, get an HTTP error; beliefs stay, and a new session works."""
    acs = Dialogue()
    key = acs.accept()
    acs.cookie = None
    acs.post(data)
    assert acs.last.status == status
    acs.inform("2.0", "7 TRANSFER COMPLETE")
    acs.say(messages.TransferComplete(key))
    assert acs.operation(key).state is OperationState.SUCCEEDED


@pytest.mark.parametrize(
    "out_of_turn", [None, messages.GetRPCMethods(), messages.RebootResponse(), messages.TransferComplete("k")]
)
def test_an_unanswered_request_is_not_passed_over(out_of_turn: Body | None) -> None:
    """While a request of the ACS is unanswered, nothing but its answer is taken (P-25, P-26)."""
    acs = Dialogue()
    acs.inform("1.0")
    assert isinstance(acs.say(None), messages.Download)
    acs.say(out_of_turn)
    assert acs.last.status == 400


def test_other_requests_of_the_cpe_are_served_or_refused() -> None:
    """AutonomousTransferComplete and RequestDownload are answered (E-36, E-37); what is not supported gets 8000."""
    acs = Dialogue()
    acs.inform("2.0")
    report = messages.AutonomousTransferComplete("", "http://127.0.0.1/f", True, "1 Firmware Upgrade Image")
    assert isinstance(acs.say(report), messages.AutonomousTransferCompleteResponse)
    assert isinstance(acs.say(messages.RequestDownload("2 Web Content")), messages.RequestDownloadResponse)
    assert isinstance(acs.say(messages.GetRPCMethods()), messages.GetRPCMethodsResponse)
    fault = acs.say(messages.FactoryReset())
    assert isinstance(fault, messages.Fault)
    assert fault.code == 8000


def test_an_inform_without_a_device_is_refused() -> None:
    """A DeviceId without SerialNumber gets fault 8003, and no session."""
    acs = Dialogue()
    acs.inform("1.0")
    whole = write_envelope(
        messages.Inform(
            DEVICE,
            (Event("1 BOOT"),),
            current_time="2024-01-01T00:00:00Z",
            parameters=(Parameter("Device.DeviceInfo.SoftwareVersion", "1.0"),),
        ),
        id="1",
    )
    fault = acs.post(whole.replace(b"<SerialNumber>7</SerialNumber>", b"<SerialNumber/>"))
    assert isinstance(fault, messages.Fault)
    assert fault.code == 8003


@given(data=st.binary(max_size=300), cookie=st.sampled_from([None, "", "token-1", "nobody"]))
def test_any_bytes_get_an_answer(data: bytes, cookie: str | None) -> None:
    """Whatever is posted, with whatever cookie, the core replies, and believes nothing new."""
    acs = Dialogue()
    acs.inform("2.0")
    reply = acs.core.post(cookie, data, 1.0)
    assert reply.status in (200, 204, 400)
    assert acs.core.operations == {}
