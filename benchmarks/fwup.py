"""The benchmark system in the kernel language: firmware upgrade of N CPEs over lossy one-message channels.

The same transition system is written for TLC, Spin and in plain Python beside the checkout (``shared/benchmark``); it
is smaller than the project's own model and exists so that explorers can be compared on equal work. Time is an action
of its own here, not the kernel's timers, because the delay counts only while a transfer is scheduled and the
window only while a multicast transfer is under way.

Each CPE owns its power, session, transfer, pending events, version and reboot budget; the channel to the ACS holds one
request and one response; the ACS's half is what it believes of the transfer and which version it was told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cwmpcheck.kernel import (
    OneOf,
    Party,
    Range,
    Record,
    System,
    Term,
    Watch,
    both,
    choose,
    compose,
    either,
    flag,
    parts,
    require,
    state_of,
    var,
)
from fwup_words import SIZES, STATES, Belief, Request, Response, Session, Size, Transfer

__all__ = ["SIZES", "STATES", "Size", "fwup"]


def fwup(size: Size) -> System:
    """The benchmark system of a size, with the watch ``invariant broken``."""

    class Cpe(Record):
        """One CPE, its channel and what the ACS knows of it."""

        power = flag(True)
        session = var(OneOf(Session), Session.NONE)
        transfer = var(OneOf(Transfer), Transfer.NONE)
        boot = flag(True)
        complete = flag(False)
        poke = flag(False)
        upgraded = flag(False)
        multicast = flag(False)
        delay = var(Range(0, size.delay), 0)
        window = var(Range(0, size.window), 0)
        request = var(OneOf(Request), Request.NONE)
        response = var(OneOf(Response), Response.NONE)
        belief = var(OneOf(Belief), Belief.IDLE)
        told = flag(False)
        reboots = var(Range(0, size.reboots), size.reboots)

    class State(Record):
        """Everything."""

        losses = var(Range(0, size.losses), size.losses)
        cpe = parts(Cpe, size.cpes)

    each = range(size.cpes)
    cpe, acs, network, time = (Party[Any](name) for name in ("cpe", "acs", "network", "time"))
    _power(cpe, each)
    _transfer(cpe, each, size)
    _session(cpe, each)
    _answers(cpe, each, size)
    _acs(acs, each)
    _network(network, each)
    _time(time)
    system = compose("fwup", State, [cpe, acs, network, time])
    return system.with_watches([Watch("invariant broken", state=(~_invariant(state_of(State), size)).expr)])


Rows = Sequence[int]
State = Any
"""The records depend on the size, so they have no name outside of ``fwup``."""


def _loading(s: State, size: Size) -> list[Term]:
    return [both(s.cpe[i].transfer == Transfer.LOADING, ~s.cpe[i].multicast) for i in range(size.cpes)]


def _at_most(terms: list[Term], most: int) -> Term:
    """No more than ``most`` of the terms hold."""
    count = choose(terms[0], 1, _number(0))
    for term in terms[1:]:
        count = count + choose(term, 1, _number(0))
    return count <= most


def _number(value: int) -> Term:
    return Term(Range(value, value).literal(value), Range(0, 1))


def _invariant(s: State, size: Size) -> Term:
    rows = [s.cpe[i] for i in range(size.cpes)]
    return both(
        *((c.belief == Belief.DONE_OK).implies(c.upgraded) for c in rows),
        *(c.complete.implies(c.transfer.among(Transfer.APPLIED, Transfer.FAILED)) for c in rows),
        _at_most(_loading(s, size), size.slots),
    )


def _power(cpe: Party[Any], each: Rows) -> None:
    @cpe.action(i=each)
    def boot_plain(s: State, i: int) -> None:
        c = s.cpe[i]
        require(~c.power, "it is off")
        require(c.transfer != Transfer.APPLYING, "nothing is being applied")
        c.power = True
        c.boot = True

    @cpe.action(i=each)
    def boot_ok(s: State, i: int) -> None:
        c = s.cpe[i]
        require(~c.power, "it is off")
        require(c.transfer == Transfer.APPLYING, "an image is being applied")
        require(~both(c.multicast, c.window == 0), "the window of a multicast transfer has not closed")
        c.power = True
        c.transfer = Transfer.APPLIED
        c.upgraded = True
        c.boot = True
        c.complete = True

    @cpe.action(i=each)
    def boot_fail(s: State, i: int) -> None:
        c = s.cpe[i]
        require(~c.power, "it is off")
        require(c.transfer == Transfer.APPLYING, "an image is being applied")
        c.power = True
        c.transfer = Transfer.FAILED
        c.boot = True
        c.complete = True

    @cpe.action(i=each)
    def reboot(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.power, "it is on")
        require(c.reboots > 0, "the budget of reboots is not spent")
        busy = c.transfer.among(Transfer.LOADING, Transfer.LOADED)
        c.reboots = c.reboots - 1
        c.power = False
        c.session = Session.NONE
        c.request = Request.NONE
        c.response = Response.NONE
        c.poke = False
        c.transfer = choose(busy, Transfer.FAILED, c.transfer)
        c.complete = choose(busy, True, c.complete)


def _transfer(cpe: Party[Any], each: Rows, size: Size) -> None:
    @cpe.action(i=each)
    def start_download(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.power, "it is on")
        require(c.transfer == Transfer.QUEUED, "a transfer is queued")
        require(c.delay == 0, "its delay is over")
        require(_at_most(_loading(s, size), size.slots - 1), "the file server has a free slot")
        c.transfer = Transfer.LOADING

    @cpe.action(i=each)
    def download_done(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.power, "it is on")
        require(c.transfer == Transfer.LOADING, "the file is being fetched")
        c.transfer = Transfer.LOADED

    @cpe.action(i=each)
    def download_fails(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.power, "it is on")
        require(c.transfer == Transfer.LOADING, "the file is being fetched")
        c.transfer = Transfer.FAILED
        c.complete = True

    @cpe.action(i=each)
    def apply(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.power, "it is on")
        require(c.transfer == Transfer.LOADED, "the file is here")
        require(c.session == Session.NONE, "no session is open")
        c.transfer = Transfer.APPLYING
        c.power = False


def _session(cpe: Party[Any], each: Rows) -> None:
    @cpe.action(i=each)
    def open_session(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.power, "it is on")
        require(c.session == Session.NONE, "no session is open")
        require(either(c.boot, c.complete, c.poke), "an event is pending")
        c.request = Request.INFORM
        c.session = Session.INFORM_SENT

    @cpe.action(i=each)
    def connection_request(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.power, "it is on")
        require(c.session == Session.NONE, "no session is open")
        require(~c.poke, "no connection request is pending")
        require(c.belief.among(Belief.IDLE, Belief.ASKED, Belief.ACCEPTED), "the ACS waits for something")
        c.poke = True

    @cpe.action(i=each)
    def send_complete(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.power, "it is on")
        require(c.session == Session.MAY_SPEAK, "it may send")
        require(c.complete, "an outcome is to be told")
        c.request = choose(c.transfer == Transfer.APPLIED, Request.TC_OK, Request.TC_FAILED)
        c.session = Session.TC_SENT

    @cpe.action(i=each)
    def send_empty(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.power, "it is on")
        require(c.session == Session.MAY_SPEAK, "it may send")
        require(~c.complete, "no outcome is to be told")
        c.request = Request.EMPTY
        c.session = Session.EMPTY_SENT

    @cpe.action(i=each)
    def timeout(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.power, "it is on")
        require(c.session.among(Session.INFORM_SENT, Session.TC_SENT, Session.EMPTY_SENT), "it waits for an answer")
        require(c.request == Request.NONE, "its request is gone")
        require(c.response == Response.NONE, "no answer is under way")
        c.session = Session.NONE
        c.poke = True


def _answers(cpe: Party[Any], each: Rows, size: Size) -> None:
    @cpe.action(i=each)
    def inform_answered(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.response == Response.INFORM, "the answer to its Inform is here")
        c.response = Response.NONE
        c.session = Session.MAY_SPEAK
        c.boot = False
        c.poke = False

    @cpe.action(i=each)
    def complete_answered(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.response == Response.TC, "the answer to its TransferComplete is here")
        c.response = Response.NONE
        c.session = Session.MAY_SPEAK
        c.complete = False
        c.transfer = Transfer.NONE
        c.multicast = False
        c.window = 0

    @cpe.action(i=each)
    def accept_unicast(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.response == Response.DOWNLOAD_UNICAST, "a unicast Download is here")
        require(c.transfer == Transfer.NONE, "no transfer is under way")
        c.response = Response.NONE
        c.request = Request.DOWNLOAD_LATER
        c.transfer = Transfer.QUEUED
        c.delay = size.delay
        c.multicast = False

    @cpe.action(i=each)
    def download_now(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.response == Response.DOWNLOAD_UNICAST, "a unicast Download is here")
        require(c.transfer == Transfer.NONE, "no transfer is under way")
        c.response = Response.NONE
        c.request = Request.DOWNLOAD_NOW
        c.upgraded = True

    @cpe.action(i=each)
    def accept_multicast(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.response == Response.DOWNLOAD_MULTICAST, "a multicast Download is here")
        require(c.transfer == Transfer.NONE, "no transfer is under way")
        c.response = Response.NONE
        c.request = Request.DOWNLOAD_LATER
        c.transfer = Transfer.LOADING
        c.multicast = True
        c.window = size.window

    @cpe.action(i=each)
    def refuse(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.response.among(Response.DOWNLOAD_UNICAST, Response.DOWNLOAD_MULTICAST), "a Download is here")
        c.response = Response.NONE
        c.request = Request.DOWNLOAD_FAULT

    @cpe.action(i=each)
    def session_ends(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.response == Response.NO_CONTENT, "the ACS has nothing more")
        c.response = Response.NONE
        c.session = Session.NONE


def _acs(acs: Party[Any], each: Rows) -> None:
    @acs.action(i=each)
    def answer_inform(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.request == Request.INFORM, "an Inform is here")
        c.request = Request.NONE
        c.response = Response.INFORM
        c.told = c.upgraded

    @acs.action(i=each)
    def answer_complete(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.request.among(Request.TC_OK, Request.TC_FAILED), "a TransferComplete is here")
        good = both(c.request == Request.TC_OK, c.told)
        waiting = c.belief.among(Belief.ASKED, Belief.ACCEPTED)
        c.request = Request.NONE
        c.response = Response.TC
        c.belief = choose(waiting, choose(good, Belief.DONE_OK, Belief.DONE_FAILED), c.belief)

    @acs.action(i=each, how=(Response.DOWNLOAD_UNICAST, Response.DOWNLOAD_MULTICAST))
    def ask(s: State, i: int, how: Response) -> None:
        c = s.cpe[i]
        require(c.request == Request.EMPTY, "the CPE has nothing more")
        require(c.belief.among(Belief.IDLE, Belief.ASKED), "no Download was accepted")
        c.request = Request.NONE
        c.response = how
        c.belief = Belief.ASKED

    @acs.action(i=each)
    def nothing_more(s: State, i: int) -> None:
        c = s.cpe[i]
        require(c.request == Request.EMPTY, "the CPE has nothing more")
        require(c.belief.among(Belief.ACCEPTED, Belief.DONE_OK, Belief.DONE_FAILED), "a Download was accepted")
        c.request = Request.NONE
        c.response = Response.NO_CONTENT

    @acs.action(i=each)
    def hear_download_answer(s: State, i: int) -> None:
        c = s.cpe[i]
        answers = {
            Request.DOWNLOAD_LATER: Belief.ACCEPTED,
            Request.DOWNLOAD_NOW: Belief.DONE_OK,
            Request.DOWNLOAD_FAULT: Belief.DONE_FAILED,
        }
        require(c.request.among(*answers), "an answer to the Download is here")
        heard: Term = c.belief
        for answer, belief in answers.items():
            heard = choose(both(c.request == answer, c.belief == Belief.ASKED), belief, heard)
        c.request = Request.NONE
        c.response = Response.NO_CONTENT
        c.belief = heard


def _network(network: Party[Any], each: Rows) -> None:
    @network.action(i=each)
    def lose_request(s: State, i: int) -> None:
        require(s.losses > 0, "the budget of losses is not spent")
        require(s.cpe[i].request != Request.NONE, "a request is under way")
        s.cpe[i].request = Request.NONE
        s.losses = s.losses - 1

    @network.action(i=each)
    def lose_response(s: State, i: int) -> None:
        require(s.losses > 0, "the budget of losses is not spent")
        require(s.cpe[i].response != Response.NONE, "a response is under way")
        s.cpe[i].response = Response.NONE
        s.losses = s.losses - 1


def _time(time: Party[Any]) -> None:
    @time.action()
    def tick(s: State) -> None:
        waiting = [both(c.transfer == Transfer.QUEUED, c.delay > 0) for c in s.cpe]
        busy = (Transfer.LOADING, Transfer.LOADED, Transfer.APPLYING)
        closing = [both(c.multicast, c.window > 0, c.transfer.among(*busy)) for c in s.cpe]
        require(either(*waiting, *closing), "a delay or a window is running")
        for c, late, shut in zip(s.cpe, waiting, closing, strict=True):
            missed = both(~late, shut, c.window == 1, c.transfer != Transfer.APPLYING)
            c.delay = choose(late, c.delay - 1, c.delay)
            c.window = choose(both(~late, shut), c.window - 1, c.window)
            c.transfer = choose(missed, Transfer.FAILED, c.transfer)
            c.complete = choose(missed, True, c.complete)
