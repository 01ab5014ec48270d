"""One suite for every back end; z3, asked about one concrete state at a time, is the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest
import z3
from tests.compile.toys import crossing, overflowing

from cwmpcheck.compile import Backend, State, compile_native, compile_numpy, compile_python, compiler
from cwmpcheck.kernel import Boolean, DeclarationError, DomainOverflow, System, Value

Compile = Callable[[System, Mapping[str, Value] | None], Backend]

COMPILERS: dict[str, Compile] = {"python": compile_python, "numpy": compile_numpy, "native": compile_native}

CROSSING = crossing()


@pytest.fixture(params=COMPILERS)
def compiled(request: pytest.FixtureRequest) -> Compile:
    """Each back end in turn."""
    if request.param == "native" and compiler() is None:
        pytest.skip("there is no C compiler here")
    return COMPILERS[request.param]


def reachable(backend: Backend) -> list[State]:
    """All states that a back end reaches, by its own single steps."""
    found = {backend.initial(): None}
    todo = [backend.initial()]
    while todo:
        state = todo.pop()
        for action in backend.enabled(state):
            after = backend.successor(state, action)
            if after not in found:
                found[after] = None
                todo.append(after)
    return sorted(found)


class Judge:
    """Evaluates terms by substitution and z3's simplifier."""

    def __init__(self, system: System, parameters: tuple[int, ...], state: State) -> None:
        named = [(v.name, v.domain, n) for v, n in zip(system.variables, state, strict=True)]
        named += [(p.name, p.domain, n) for p, n in zip(system.parameters, parameters, strict=True)]
        self._pairs = [
            (d.constant(name), z3.BoolVal(bool(n)) if isinstance(d, Boolean) else z3.IntVal(n)) for name, d, n in named
        ]

    def value(self, term: z3.ExprRef) -> int:
        """The number of a term here."""
        result = z3.simplify(z3.substitute(term, self._pairs))
        return int(z3.is_true(result)) if z3.is_bool(result) else int(result.as_long())


def judged(backend: Backend) -> Iterator[tuple[State, Judge]]:
    """A sample of the reachable states, each with its judge."""
    states = reachable(backend)
    assert len(states) > 100
    for state in states[:: len(states) // 60]:
        yield state, Judge(backend.system, backend.parameters, state)


CHOICES: list[dict[str, Value]] = [{}, {"patience": 9, "strict": False}]


@pytest.mark.parametrize("chosen", CHOICES)
def test_guards_are_what_z3_says(compiled: Compile, chosen: dict[str, Value]) -> None:
    """Every guard of every action has the truth that z3 gives it, and enabled means that all of them hold."""
    backend = compiled(CROSSING, chosen)
    for state, judge in judged(backend):
        for number, action in enumerate(CROSSING.actions):
            truths = tuple(bool(judge.value(guard.term)) for guard in action.guards)
            assert backend.guards(state, number) == truths
            assert (number in backend.enabled(state)) == all(truths)


@pytest.mark.parametrize("chosen", CHOICES)
def test_successors_are_what_z3_says(compiled: Compile, chosen: dict[str, Value]) -> None:
    """A step gives each variable its update's value, a timer no more than its bound, and leaves the others alone."""
    backend = compiled(CROSSING, chosen)
    for state, judge in judged(backend):
        for number in backend.enabled(state):
            action = CROSSING.actions[number]
            wanted = list(state)
            for place, variable in enumerate(CROSSING.variables):
                if variable.name in action.updates:
                    value = judge.value(action.updates[variable.name].expr)
                    wanted[place] = min(value, variable.domain.high) if variable.timer else value
            assert backend.successor(state, number) == tuple(wanted)


@pytest.mark.parametrize("chosen", CHOICES)
def test_watches_are_what_z3_says(compiled: Compile, chosen: dict[str, Value]) -> None:
    """State conditions are told of a state, step conditions of an action taken in it."""
    backend = compiled(CROSSING, chosen)
    seen: set[str] = set()
    for state, judge in judged(backend):
        wanted = {w.name for w in CROSSING.watches if w.state is not None and judge.value(w.state)}
        assert backend.holding(state) == wanted
        seen |= wanted
        for number in backend.enabled(state):
            name = CROSSING.actions[number].name
            wanted = {w.name for w in CROSSING.watches if name in w.step and judge.value(w.step[name])}
            assert backend.occurring(state, number) == wanted
            seen |= wanted
    assert "green and broke" in seen


def test_enabled_actions_are_in_ascending_order(compiled: Compile) -> None:
    """The initial state is the declared one, and its actions come in the order of the system."""
    backend = compiled(CROSSING, None)
    assert backend.initial() == (0, 0, 5, 0, 0, 7, -7)
    names = [CROSSING.actions[number].name for number in backend.enabled(backend.initial())]
    assert names == ["press", "pay(by=-2)", "pay(by=1)", "change"]


def test_a_timer_saturates_at_its_bound(compiled: Compile) -> None:
    """A timer that is set above its bound holds the bound."""
    backend = compiled(CROSSING, {"patience": 1000})
    assert backend.successor(backend.initial(), 0)[4] == 2


@pytest.mark.parametrize(("state", "action", "value"), [((2,), 0, 3), ((-1,), 1, -2)])
def test_a_write_outside_the_domain_is_refused(compiled: Compile, state: State, action: int, value: int) -> None:
    """The error names the action, the variable and the value, above the domain as well as below it."""
    backend = compiled(overflowing(), None)
    assert action in backend.enabled(state)
    with pytest.raises(DomainOverflow) as caught:
        backend.successor(state, action)
    assert (caught.value.action, caught.value.variable, caught.value.value) == (["up", "down"][action], "count", value)
    assert "-1..2" in str(caught.value)


def test_an_overflow_elsewhere_does_not_hide_an_action(compiled: Compile) -> None:
    """An action whose write is fine is executed although another one's would leave the domain here."""
    assert compiled(overflowing(), None).successor((-1,), 0) == (0,)


def test_unknown_parameters_are_refused(compiled: Compile) -> None:
    """A misspelt parameter is an error that lists the ones there are."""
    with pytest.raises(DeclarationError, match="it has patience, strict"):
        compiled(CROSSING, {"patiance": 1})


def test_a_bounded_parameter_keeps_to_its_domain(compiled: Compile) -> None:
    """Only a parameter flagged unbounded may be chosen above its domain, and none below."""
    with pytest.raises(DeclarationError, match="lies outside"):
        compiled(CROSSING, {"patience": -1})
    with pytest.raises(DeclarationError):
        compiled(CROSSING, {"strict": 2})
