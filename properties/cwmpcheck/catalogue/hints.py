"""Hints for provers: what ties the ledger to the CPE's hidden state, claimed, and proved before it is used.

A search for an inductive invariant over ledger and state has to find out first that the watcher's books agree with the
device's. These claims say so. Nothing rests on them: a prover drops whatever it cannot show to be inductive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from cwmpcheck.catalogue.ledger import Ledger, Life
from cwmpcheck.catalogue.registry import suite
from cwmpcheck.kernel import Range, System, Term, both
from cwmpcheck.kernel.monitor import constants
from cwmpcheck.protocol import Kind, Upgrade
from cwmpcheck.protocol.observation import FIRST_KEY, SECOND_KEY, STRANGE_KEY
from cwmpcheck.protocol.state import Awaits, Owes, Phase, Turn

Claim = Callable[[Upgrade, Ledger], Term]

WHOLE = (Phase.FETCHED, Phase.INSTALLED, Phase.SUCCEEDED)


def _key(term: Term) -> Term:
    """A key of the state, in the domain of the ledger's keys."""
    return Term(term.expr, Range(0, STRANGE_KEY))


HINTS: Mapping[str, Claim] = {
    "the books owe a Download exactly when the CPE does": lambda s, m: (
        (s.session.owes == Owes.DOWNLOAD_RESPONSE) == (m.owes == Kind.DOWNLOAD)
    ),
    "the books owe another answer exactly when the CPE does": lambda s, m: (
        (s.session.owes == Owes.RESPONSE) == (m.owes == Kind.ACS_REQUEST)
    ),
    "a Download that is owed has its key in the books": lambda s, m: (
        (s.session.owes == Owes.DOWNLOAD_RESPONSE).implies(m.owed_key == _key(s.session.key))
    ),
    "a Download that is owed has a key": lambda s, m: (
        (s.session.owes == Owes.DOWNLOAD_RESPONSE).implies(s.session.key.among(FIRST_KEY, SECOND_KEY))
    ),
    "a Download on its way has a key": lambda s, m: (
        (s.channel.down == Kind.DOWNLOAD).implies(s.channel.down_key.among(FIRST_KEY, SECOND_KEY))
    ),
    "an accepted transfer has a key": lambda s, m: s.transfer.accepted.implies(
        s.transfer.key.among(FIRST_KEY, SECOND_KEY)
    ),
    "a transfer in the slot is accepted": lambda s, m: s.transfer.accepted == (s.transfer.phase != Phase.NONE),
    "an accepted transfer is accepted in the books": lambda s, m: both(
        (s.transfer.accepted & (s.transfer.key == FIRST_KEY)).implies(m.life_1 == Life.ACCEPTED),
        (s.transfer.accepted & (s.transfer.key == SECOND_KEY)).implies(m.life_2 == Life.ACCEPTED),
    ),
    "the books know which report has no reply": lambda s, m: (
        (s.session.awaits == Awaits.TRANSFER_COMPLETE_RESPONSE).implies(
            both(s.transfer.accepted, m.reported_key == _key(s.transfer.key))
        )
    ),
    "who awaits something waits": lambda s, m: (s.session.awaits != Awaits.NOTHING).implies(
        s.session.turn == Turn.WAIT
    ),
    "the books hold a whole file when the CPE does": lambda s, m: s.transfer.phase.among(*WHOLE).implies(
        both(m.fetched, ~m.fetching)
    ),
    "nothing is on its way without a session": lambda s, m: (s.session.turn != Turn.WAIT).implies(
        both(s.channel.up == Kind.NOTHING, s.channel.down == Kind.NOTHING)
    ),
    "outside a session nothing is owed or awaited": lambda s, m: (s.session.turn == Turn.CLOSED).implies(
        both(s.session.owes == Owes.NOTHING, s.session.awaits == Awaits.NOTHING)
    ),
    "who waits owes nothing": lambda s, m: (s.session.turn == Turn.WAIT).implies(s.session.owes == Owes.NOTHING),
    "one message at a time": lambda s, m: (s.channel.up == Kind.NOTHING) | (s.channel.down == Kind.NOTHING),
    "the books know that Inform has no reply": lambda s, m: (
        (s.session.awaits == Awaits.INFORM_RESPONSE) == (m.outstanding == Kind.INFORM)
    ),
    "a post has no reply exactly while the CPE waits": lambda s, m: (
        (s.session.turn == Turn.WAIT) == (m.outstanding != Kind.NOTHING)
    ),
}
"""By what they say: claims that hold in the scenarios of an accepted Download."""


def hinted(system: System) -> System:
    """The instrumented system with every hint that speaks only of what it has, as an auxiliary claim.

    Args:
        system: as ``registry.instrumented`` makes it; the more checks it watches, the more of the ledger it has.
    """
    view = suite().view
    have = set(system.index) | {parameter.name for parameter in system.parameters}
    claims = {name: claim(view.state, view.ledger).expr for name, claim in HINTS.items()}
    usable = {name: term for name, term in claims.items() if constants(term) <= have}
    return replace(system, auxiliary={**system.auxiliary, **usable})
