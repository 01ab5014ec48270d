"""What is always so in the model, whatever is lost and whenever power goes: the meaning of its variables."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import z3

from cwmpcheck.engines.explore import explore
from cwmpcheck.kernel import BOOLEAN, Boolean, Term, Variable, both, state_of
from cwmpcheck.kernel.instrument import state_watch
from cwmpcheck.protocol import SCENARIOS, Kind, Scenario, Upgrade
from cwmpcheck.protocol.observation import ACS_REPLIES, CPE_POSTS, NO_KEY
from cwmpcheck.protocol.state import Awaits, Owes, Phase, Turn

S = state_of(Upgrade)


def as_at_start(variable: Variable) -> Term:
    """The variable has its initial value."""
    boolean = isinstance(variable.domain, Boolean)
    start = z3.BoolVal(bool(variable.initial)) if boolean else z3.IntVal(variable.initial)
    return Term(variable.domain.constant(variable.name) == start, BOOLEAN)


def volatile_as_at_start(*prefixes: str) -> Term:
    """Every variable whose name begins so has its initial value."""
    return both(*(as_at_start(variable) for variable in Upgrade.variables() if variable.name.startswith(prefixes)))


UP_EMPTY = S.channel.up == Kind.NOTHING
DOWN_EMPTY = S.channel.down == Kind.NOTHING
CLOSED = S.session.turn == Turn.CLOSED

FACTS: Mapping[str, Term] = {
    "what is volatile is as at the start whenever the CPE is off": S.cpe.powered
    | volatile_as_at_start("session.", "channel."),
    "the session is closed whenever the CPE is off": S.cpe.powered | CLOSED,
    "a closed session remembers nothing, and nothing is on its way": (~CLOSED)
    | volatile_as_at_start("session.", "channel."),
    "at most one message is on its way": UP_EMPTY | DOWN_EMPTY,
    "while a message is on its way, the CPE waits": (UP_EMPTY & DOWN_EMPTY) | (S.session.turn == Turn.WAIT),
    "only what a CPE posts goes up": UP_EMPTY | S.channel.up.among(*CPE_POSTS),
    "only what an ACS replies comes down": DOWN_EMPTY | S.channel.down.among(*ACS_REPLIES),
    "an empty channel up carries no fields": (~UP_EMPTY) | volatile_as_at_start("channel.up"),
    "an empty channel down carries no fields": (~DOWN_EMPTY) | volatile_as_at_start("channel.down"),
    "the CPE awaits an answer only while it waits": (S.session.awaits == Awaits.NOTHING)
    | (S.session.turn == Turn.WAIT),
    "the CPE owes an answer only on its turn": (S.session.owes == Owes.NOTHING) | (S.session.turn == Turn.CPE),
    "a Download to be answered has a key, nothing else has one": (S.session.owes == Owes.DOWNLOAD_RESPONSE)
    == (S.session.key != NO_KEY),
    "no transfer has no key": (S.transfer.phase != Phase.NONE) | (S.transfer.key == NO_KEY),
    "only an accepted transfer waits": (S.transfer.phase != Phase.QUEUED) | S.transfer.accepted,
    "an accepted transfer is in some phase": ~S.transfer.accepted | (S.transfer.phase != Phase.NONE),
    "only a transfer whose time has come is past waiting": S.transfer.due.elapsed
    | S.transfer.phase.among(Phase.QUEUED, Phase.FAILED),
    "a transfer within the call has an open session": S.transfer.accepted | (S.transfer.phase == Phase.NONE) | ~CLOSED,
    "only a powered CPE fetches": S.cpe.powered | ~S.transfer.phase.among(Phase.FETCHING, Phase.FETCHED),
}


@pytest.mark.parametrize("chosen", SCENARIOS, ids=lambda chosen: chosen.name)
def test_facts_hold_in_every_reachable_state(chosen: Scenario) -> None:
    """Each fact is looked for in one exploration of everything; a shortest run to a state that breaks it is told."""
    system = chosen.system.with_watches(state_watch(name, ~fact) for name, fact in FACTS.items())
    found = explore(system, chosen.fixed)
    broken = {name: [step.action for step in path.steps] for name, path in found.occurrences.items()}
    assert found.exhausted
    assert broken == {}


def test_no_fact_is_empty() -> None:
    """A fact that every value of the variables satisfies would say nothing of the model."""
    domains = {variable.name: variable.domain for variable in Upgrade.variables()}
    for name, fact in FACTS.items():
        solver = z3.Solver()
        for variable, domain in domains.items():
            if not isinstance(domain, Boolean):
                constant = domain.constant(variable)
                solver.add(constant >= domain.low, constant <= domain.high)
        solver.add(z3.Not(fact.expr))
        assert solver.check() == z3.sat, name
