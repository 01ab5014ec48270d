"""Everything that is neither CPE nor ACS: the network loses, the file server delivers or not, power comes and goes.

No fault is counted: messages may be lost and power may be cut any number of times, at any instant.
"""

from __future__ import annotations

from cwmpcheck.kernel import Party, choose, require, shows
from cwmpcheck.protocol.channel import clear_post, clear_reply
from cwmpcheck.protocol.cpe_session import count_failure, forget_session
from cwmpcheck.protocol.observation import NO_KEY, Kind
from cwmpcheck.protocol.readings import CRASH_RESUME, RETRY_COUNT, CrashResume, RetryCountOverReboot
from cwmpcheck.protocol.state import Phase, Turn, Upgrade

network: Party[Upgrade] = Party("network")
fileserver: Party[Upgrade] = Party("fileserver")
environment: Party[Upgrade] = Party("environment")

IN_THE_WORKS = (Phase.FETCHING, Phase.FETCHED)


@network.action()
def lose_post(s: Upgrade) -> None:
    """What the CPE posted does not arrive."""
    require(s.channel.up != Kind.NOTHING, "a post is on its way")
    clear_post(s)


@network.action()
def lose_reply(s: Upgrade) -> None:
    """What the ACS replied does not arrive."""
    require(s.channel.down != Kind.NOTHING, "a reply is on its way")
    clear_reply(s)


@fileserver.action(cites=("T-02",))
def deliver_file(s: Upgrade) -> None:
    """The whole file arrives, and is what it should be."""
    require(s.cpe.powered, "the CPE has power")
    require(s.transfer.phase == Phase.FETCHING, "the file is being fetched")
    shows(Kind.FETCH_ENDS, vantage="cpe", success=True)
    s.transfer.phase = Phase.FETCHED


@fileserver.action(cites=("T-05",))
def fail_to_deliver(s: Upgrade) -> None:
    """The file does not arrive, or not whole, or is refused."""
    require(s.cpe.powered, "the CPE has power")
    require(s.transfer.phase == Phase.FETCHING, "the file is being fetched")
    shows(Kind.FETCH_ENDS, vantage="cpe", success=False)
    s.transfer.phase = Phase.FAILED


@environment.action(cites=("T-05",))
def image_unusable(s: Upgrade) -> None:
    """The file is whole, but cannot be installed."""
    require(s.cpe.powered, "the CPE has power")
    require(s.transfer.phase == Phase.FETCHED, "the whole file has come")
    s.transfer.phase = Phase.FAILED


@environment.action(cites=("S-03",))
def raise_event(s: Upgrade) -> None:
    """A period ends, a connection is requested, a value changes."""
    require(s.cpe.powered, "the CPE has power")
    require(s.session.turn == Turn.CLOSED, "events that arise in a session wait for the next one", "S-04")
    require(~s.cpe.other_event, "none is pending")
    s.cpe.other_event = True


@environment.action(cites=("T-08", "V-05"), in_session=(False, True))
def lose_power(s: Upgrade, in_session: bool) -> None:
    """Power is cut, at any instant: what is volatile is gone, and so is the connection."""
    require(s.cpe.powered, "the CPE has power")
    if in_session:
        require(s.session.turn != Turn.CLOSED, "a session is open")
        shows(Kind.SESSION_FAILED, vantage="cpe")
        retry = count_failure(s.cpe.retry)
    else:
        require(s.session.turn == Turn.CLOSED, "no session is open")
        retry = s.cpe.retry
    s.cpe.powered = False
    s.cpe.other_event = False
    s.cpe.retry = retry
    interrupted = choose(CRASH_RESUME.when(CrashResume.RESUME), Phase.QUEUED, Phase.FAILED)
    cut = choose(s.transfer.phase.among(*IN_THE_WORKS), interrupted, s.transfer.phase)
    s.transfer.phase = choose(s.transfer.accepted, cut, Phase.NONE)
    s.transfer.key = choose(s.transfer.accepted, s.transfer.key, NO_KEY)
    forget_session(s)
    clear_post(s)
    clear_reply(s)


def start(s: Upgrade) -> None:
    """Come up with 1 BOOT to be told."""
    s.cpe.powered = True
    s.cpe.boot_event = True
    s.cpe.retry = choose(RETRY_COUNT.when(RetryCountOverReboot.RESTARTS), 0, s.cpe.retry)


@environment.action(cites=("V-03",))
def boot(s: Upgrade) -> None:
    """Power is back, and the same image runs as before."""
    require(~s.cpe.powered, "the CPE is off")
    require(s.transfer.phase != Phase.INSTALLED, "no new image waits to be started")
    start(s)


@environment.action(cites=("T-02", "V-03"))
def boot_new_image(s: Upgrade) -> None:
    """The new image comes up and runs."""
    require(~s.cpe.powered, "the CPE is off")
    require(s.transfer.phase == Phase.INSTALLED, "a new image waits to be started")
    start(s)
    s.cpe.updated = True
    s.transfer.phase = Phase.SUCCEEDED


@environment.action(cites=("T-20",))
def fall_back(s: Upgrade) -> None:
    """The new image does not come up; the old one runs again."""
    require(~s.cpe.powered, "the CPE is off")
    require(s.transfer.phase == Phase.INSTALLED, "a new image waits to be started")
    start(s)
    s.transfer.phase = Phase.FAILED
