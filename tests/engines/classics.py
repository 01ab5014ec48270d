"""Small systems with known answers, most of them textbook examples of TLA+, restated in the kernel language."""

from __future__ import annotations

import enum
from typing import Any

from cwmpcheck.kernel import (
    OneOf,
    Party,
    Range,
    Record,
    System,
    both,
    choose,
    compose,
    flag,
    parameter,
    part,
    parts,
    require,
    state_of,
    timer,
    var,
)


def idling() -> Party[Any]:
    """A party that lets any run stand still, as TLA+'s runs may."""
    party: Party[Any] = Party("environment")

    @party.action()
    def idle(s: Any) -> None:
        """Nothing changes."""

    return party


class Clock(Record):
    """The hour that a clock shows."""

    hour = var(Range(1, 12), 1)


def hour_clock(*, may_idle: bool = False) -> System:
    """Lamport's hour clock (Specifying Systems, chapter 2), which may stand still or not."""
    clock: Party[Clock] = Party("clock")

    @clock.action()
    def tick_over(s: Clock) -> None:
        """The next hour."""
        s.hour = choose(s.hour == 12, 1, s.hour + 1)

    return compose("hour clock", Clock, [clock, *([idling()] if may_idle else [])])


class Bit(enum.Enum):
    """What a channel of one place holds."""

    EMPTY = 0
    ZERO = 1
    ONE = 2


class AlternatingBit(Record):
    """A sender and a receiver with a bit each, and a channel each way."""

    sending = flag()
    expected = flag()
    data = var(OneOf(Bit), Bit.EMPTY)
    answer = var(OneOf(Bit), Bit.EMPTY)


def alternating_bit() -> System:
    """The alternating bit protocol over channels of one place that lose what they hold."""
    sender: Party[AlternatingBit] = Party("sender")
    receiver: Party[AlternatingBit] = Party("receiver")
    network: Party[AlternatingBit] = Party("network")

    @sender.action()
    def send(s: AlternatingBit) -> None:
        """Send the current bit, again if need be."""
        require(s.data == Bit.EMPTY, "the channel is free")
        s.data = choose(s.sending, Bit.ONE, Bit.ZERO)

    @receiver.action()
    def receive(s: AlternatingBit) -> None:
        """Take what came, and answer with its bit."""
        require(s.data != Bit.EMPTY, "something came")
        require(s.answer == Bit.EMPTY, "the way back is free")
        new = (s.data == Bit.ONE) == s.expected
        s.expected = choose(new, ~s.expected, s.expected)
        s.answer = s.data
        s.data = Bit.EMPTY

    @sender.action()
    def acknowledged(s: AlternatingBit) -> None:
        """Take the answer, and go on to the next bit if it is for this one."""
        require(s.answer != Bit.EMPTY, "an answer came")
        s.sending = choose((s.answer == Bit.ONE) == s.sending, ~s.sending, s.sending)
        s.answer = Bit.EMPTY

    @network.action()
    def lose_data(s: AlternatingBit) -> None:
        """Lose what the sender sent."""
        require(s.data != Bit.EMPTY, "there is something to lose")
        s.data = Bit.EMPTY

    @network.action()
    def lose_answer(s: AlternatingBit) -> None:
        """Lose what the receiver answered."""
        require(s.answer != Bit.EMPTY, "there is something to lose")
        s.answer = Bit.EMPTY

    return compose("alternating bit", AlternatingBit, [sender, receiver, network])


class At(enum.Enum):
    """Where a process stands."""

    IDLE = 0
    FLAGGED = 1
    WAITING = 2
    CRITICAL = 3


class Process(Record):
    """One process of a mutual exclusion algorithm."""

    at = var(OneOf(At), At.IDLE)
    wants = flag()


class Two(Record):
    """Two processes, and whose turn it is."""

    process = parts(Process, 2)
    turn = var(Range(0, 1), 0)


def peterson(*, polite: bool = True, may_idle: bool = False) -> System:
    """Peterson's algorithm; an impolite process keeps the turn to itself instead, and exclusion is lost."""
    parties: list[Party[Two]] = []
    for me in (0, 1):
        party: Party[Two] = Party(f"process{me}")
        parties.append(party)
        _peterson_process(party, me, polite)
    return compose("Peterson", Two, [*parties, *([idling()] if may_idle else [])])


def _peterson_process(party: Party[Two], me: int, polite: bool) -> None:
    @party.action(i=[me])
    def want(s: Two, i: int) -> None:
        """Raise the flag."""
        require(s.process[i].at == At.IDLE, "idle")
        s.process[i].wants = True
        s.process[i].at = At.FLAGGED

    @party.action(i=[me])
    def give_way(s: Two, i: int) -> None:
        """Leave the turn to the other."""
        require(s.process[i].at == At.FLAGGED, "the flag is up")
        s.turn = 1 - i if polite else i
        s.process[i].at = At.WAITING

    @party.action(i=[me])
    def enter(s: Two, i: int) -> None:
        """Enter when the other does not want to, or has given way."""
        require(s.process[i].at == At.WAITING, "waiting")
        require(~s.process[1 - i].wants | (s.turn == i), "the other lets me")
        s.process[i].at = At.CRITICAL

    @party.action(i=[me])
    def leave(s: Two, i: int) -> None:
        """Leave, and lower the flag."""
        require(s.process[i].at == At.CRITICAL, "inside")
        s.process[i].wants = False
        s.process[i].at = At.IDLE


class Guarded(Record):
    """Two processes and a semaphore."""

    process = parts(Process, 2)
    free = flag(True)


def semaphore(*, may_idle: bool = False) -> System:
    """Mutual exclusion by a semaphore: the example for which weak fairness is not enough."""
    party: Party[Guarded] = Party("process")

    @party.action(i=[0, 1])
    def want(s: Guarded, i: int) -> None:
        """Begin to wait."""
        require(s.process[i].at == At.IDLE, "idle")
        s.process[i].at = At.WAITING

    @party.action(i=[0, 1])
    def enter(s: Guarded, i: int) -> None:
        """Take the semaphore."""
        require(s.process[i].at == At.WAITING, "waiting")
        require(s.free, "the semaphore is free")
        s.free = False
        s.process[i].at = At.CRITICAL

    @party.action(i=[0, 1])
    def leave(s: Guarded, i: int) -> None:
        """Give it back."""
        require(s.process[i].at == At.CRITICAL, "inside")
        s.free = True
        s.process[i].at = At.IDLE

    return compose("semaphore", Guarded, [party, *([idling()] if may_idle else [])])


class Post(Record):
    """A letter that is sent again until it has arrived."""

    sent = flag()
    arrived = flag()


def lossy_channel() -> System:
    """A sender that repeats over a channel that loses, delivers at last, and stops when it has arrived."""
    sender: Party[Post] = Party("sender")
    network: Party[Post] = Party("network")

    @sender.action()
    def send(s: Post) -> None:
        """Put the letter into the channel."""
        require(~s.sent & ~s.arrived, "nothing is under way or has arrived")
        s.sent = True

    @network.action()
    def deliver(s: Post) -> None:
        """It arrives."""
        require(s.sent, "it is under way")
        s.sent = False
        s.arrived = True

    @network.action()
    def lose(s: Post) -> None:
        """It does not arrive."""
        require(s.sent, "it is under way")
        s.sent = False

    return compose("lossy channel", Post, [sender, network])


class Job(enum.Enum):
    """How far a job has come."""

    IDLE = 0
    WAITING = 1
    DONE = 2


class Delayed(Record):
    """A job that is done when its delay is over."""

    phase = var(OneOf(Job), Job.IDLE)
    due = timer(3)
    early = flag()


class Delays(Record):
    """Several delayed jobs."""

    job = parts(Delayed, 2)


def delayed(*, careless: bool = False) -> System:
    """Jobs with a delay of any length, started at any time; a careless worker does one before its time."""
    delay = parameter("delay", Range(0, 3), 2, unbounded=True)
    worker: Party[Delays] = Party("worker")

    @worker.action(i=[0, 1])
    def start(s: Delays, i: int) -> None:
        """Take the job on."""
        require(s.job[i].phase == Job.IDLE, "idle")
        s.job[i].phase = Job.WAITING
        s.job[i].due.set(delay.term)

    @worker.action(i=[0, 1])
    def finish(s: Delays, i: int) -> None:
        """Do it when it is due."""
        require(s.job[i].phase == Job.WAITING, "started")
        if not (careless and i == 1):
            require(s.job[i].due.elapsed, "its delay is over")
        s.job[i].phase = Job.DONE
        s.job[i].early = s.job[i].due.running
        s.job[i].due.stop()

    view = state_of(Delays)
    urgent = both(view.job[0].phase == Job.WAITING, view.job[0].due.elapsed)
    return compose("delayed jobs", Delays, [worker], parameters=[delay], urgent=urgent)


class Cell(Record):
    """One bounded counter."""

    count = var(Range(0, 6), 0)


class Counting(Record):
    """A counter and what it has come to."""

    cell = part(Cell)
    done = flag()


def counter() -> System:
    """Counts to six by twos and back to zero at any time: odd numbers never come up."""
    party: Party[Counting] = Party("counter")

    @party.action()
    def up(s: Counting) -> None:
        """Two more."""
        require(s.cell.count <= 4, "there is room")
        s.cell.count = s.cell.count + 2

    @party.action()
    def reset(s: Counting) -> None:
        """Back to zero."""
        require(s.cell.count > 0, "something to reset")
        s.cell.count = 0

    @party.action()
    def finish(s: Counting) -> None:
        """Notice that the top is reached."""
        require(s.cell.count == 6, "full")
        s.done = True

    return compose("counter", Counting, [party])
