"""Campaigns: which devices, when, how often; how far they have come; and sessions that do not last for ever."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from cwmpcheck.acs import (
    AcsCore,
    Campaign,
    Device,
    Operation,
    OperationState,
    campaign_progress,
    progress_table,
)
from cwmpcheck.wire import messages, read_envelope, write_envelope

BOX = Device("0C0FFE-Box-7", "1.0", 0.0)
CAMPAIGN = Campaign(
    "fw", "http://127.0.0.1/f", "2.0", devices=("0C0FFE-*",), opens=100.0, closes=900.0, back_off_seconds=50.0
)


def failed(sent: float) -> Operation:
    """A Download that failed."""
    return Operation(f"k{sent}", BOX.name, "fw", "2.0", sent, sent + 1e4, OperationState.FAILED, 9016, "not there")


@pytest.mark.parametrize(("now", "wanted"), [(99.0, False), (100.0, True), (900.0, True), (901.0, False)])
def test_nothing_is_sent_outside_the_window(now: float, wanted: bool) -> None:
    """The first Download goes out between the campaign's opening and its close."""
    assert CAMPAIGN.wants(BOX, [], now) is wanted


def test_only_the_devices_that_fit_are_asked() -> None:
    """A device whose name fits no pattern is left alone."""
    assert not CAMPAIGN.wants(Device("AABBCC-Box-7", "1.0", 0.0), [], 100.0)


def test_the_back_off_doubles_and_ends() -> None:
    """50 seconds after the first attempt, 100 after the second, and no fourth attempt at all."""
    one, two, three = failed(100.0), failed(150.0), failed(250.0)
    assert [CAMPAIGN.wants(BOX, [one], now) for now in (149.0, 150.0)] == [False, True]
    assert [CAMPAIGN.wants(BOX, [one, two], now) for now in (249.0, 250.0)] == [False, True]
    assert not CAMPAIGN.wants(BOX, [one, two, three], 900.0)


def test_progress_tells_every_device_and_adds_up() -> None:
    """Waiting, under way, done by version, given up: told for people and as data, and what a device said cannot draw."""
    devices = [BOX] + [msgspec.structs.replace(BOX, name=f"0C0FFE-Box-{n}") for n in (1, 2, 3)]
    devices[1] = msgspec.structs.replace(devices[1], version="2.0")
    sent = msgspec.structs.replace(failed(100.0), device=devices[2].name, state=OperationState.SENT, code=None, text="")
    lost = [msgspec.structs.replace(failed(float(n)), device=devices[3].name, text="\x1b[2Jgone") for n in range(3)]
    progress = campaign_progress(CAMPAIGN, devices, [sent, *lost])
    assert [(row.device[-1], row.state, row.attempts) for row in progress.devices] == [
        ("1", "done", 0),
        ("2", "sent", 1),
        ("3", "given up", 3),
        ("7", "waiting", 0),
    ]
    assert progress.counts == {"done": 1, "given up": 1, "sent": 1, "waiting": 1}
    table = progress_table(progress)
    assert table.splitlines()[-1] == "fw: 1 done, 1 given up, 1 sent, 1 waiting"
    assert "\x1b" not in table
    assert msgspec.json.decode(msgspec.json.encode(progress))["counts"]["done"] == 1


def test_a_session_lasts_only_so_long_and_locks_nobody_out() -> None:
    """A cookie is no good after the CPE was silent for too long; a new Inform of the same device is taken at any time."""
    names = itertools.count(1)
    core = AcsCore(None, [], [], lambda: f"t{next(names)}", session_seconds=60.0)
    hello = messages.Inform(
        messages.DeviceId("maker", "0C0FFE", "Box", "7"),
        (messages.Event("1 BOOT"),),
        current_time="2024-01-01T00:00:00Z",
        parameters=(messages.Parameter("Device.DeviceInfo.SoftwareVersion", "1.0"),),
    )
    data = write_envelope(hello, id="1")
    cookie = core.post(None, data, 0.0).cookie
    assert core.post(cookie, write_envelope(messages.GetRPCMethods(), id="2"), 50.0).status == 200
    assert core.knows(cookie)
    second = core.post(None, data, 60.0)
    assert isinstance(read_envelope(second.data).body, messages.InformResponse)
    assert core.post(cookie, b"", 60.0).status == 400
    assert core.post(second.cookie, b"", 121.0).status == 400


def test_a_campaign_can_be_handed_to_a_process() -> None:
    """As JSON, which is how the ACS gets its options, every campaign stays what it is."""
    for campaign in (CAMPAIGN, Campaign("fw", "http://127.0.0.1/f")):
        assert msgspec.json.decode(msgspec.json.encode(campaign), type=Campaign) == campaign
