"""A system: variables, parameters and the actions of several parties, as plain data for every back end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import z3

from cwmpcheck.kernel.actions import Action, Guard, Party, S
from cwmpcheck.kernel.domains import Domain, Range, Value
from cwmpcheck.kernel.errors import DeclarationError
from cwmpcheck.kernel.shape import Record, Variable
from cwmpcheck.kernel.terms import Term

TIME = "time"


@dataclass(frozen=True)
class Parameter:
    """A constant of the system that is chosen when it is run, not when it is compiled.

    Attributes:
        name: as in the terms.
        domain: its values in explicit engines.
        default: the number it has unless told.
        unbounded: whether a prover takes it for any number from the domain's lower bound up.
    """

    name: str
    domain: Domain
    default: int
    unbounded: bool = False

    @property
    def term(self) -> Term:
        """The term that stands for it."""
        return Term(self.domain.constant(self.name), self.domain)


def parameter(name: str, domain: Domain, default: Value, *, unbounded: bool = False) -> Parameter:
    """A constant of the system; ``unbounded`` lets a prover take any number from the lower bound up."""
    return Parameter(name, domain, domain.number(default), unbounded)


@dataclass(frozen=True)
class Watch:
    """Something to look out for while a system runs.

    It occurs at a state where ``state`` holds, or on a step whose action has a term in ``step`` that holds before
    the step (references to the state after the step are already replaced by the action's updates).

    Attributes:
        name: the property's id, or the witness's.
        state: a condition over one state, or None.
        step: by action name, a condition over the state before the step.
    """

    name: str
    state: z3.BoolRef | None = None
    step: Mapping[str, z3.BoolRef] = field(default_factory=dict)


@dataclass(frozen=True)
class System:
    """Variables, parameters and actions, ready for any back end.

    Attributes:
        name: the scenario.
        variables: in packing order.
        actions: in a fixed order; engines number them by position.
        parameters: constants chosen at run time.
        auxiliary: named state conditions that are claimed invariant and checked like any other; the
            validator may use them to show that no write leaves its domain.
        watches: what to look out for; see ``Watch``.
        interchangeable: families of equal parts, such as identical CPEs: each part by the names of its variables, in
            one order. An engine that makes use of it first checks that exchanging two parts changes nothing.
    """

    name: str
    variables: tuple[Variable, ...]
    actions: tuple[Action, ...]
    parameters: tuple[Parameter, ...] = ()
    auxiliary: Mapping[str, z3.BoolRef] = field(default_factory=dict)
    watches: tuple[Watch, ...] = ()
    interchangeable: tuple[tuple[tuple[str, ...], ...], ...] = ()

    @cached_property
    def index(self) -> Mapping[str, int]:
        """The position of each variable in a state."""
        return {variable.name: i for i, variable in enumerate(self.variables)}

    @cached_property
    def initial(self) -> tuple[int, ...]:
        """The one initial state."""
        return tuple(variable.initial for variable in self.variables)

    @cached_property
    def defaults(self) -> tuple[int, ...]:
        """The default value of each parameter."""
        return tuple(parameter.default for parameter in self.parameters)

    def action(self, name: str) -> Action:
        """The action of that name; raises DeclarationError when there is none."""
        for action in self.actions:
            if action.name == name:
                return action
        raise DeclarationError(f"system {self.name} has no action {name}")

    def valuation(self, chosen: Mapping[str, Value]) -> tuple[int, ...]:
        """The parameters' numbers, with ``chosen`` values in place of defaults.

        Raises DeclarationError for a name that the system does not have or a value outside its domain.
        """
        unknown = set(chosen) - {parameter.name for parameter in self.parameters}
        if unknown:
            have = ", ".join(parameter.name for parameter in self.parameters) or "none"
            raise DeclarationError(f"system {self.name} has no parameter {', '.join(sorted(unknown))}; it has {have}")
        return tuple(p.domain.number(chosen[p.name]) if p.name in chosen else p.default for p in self.parameters)

    def show(self, state: tuple[int, ...]) -> dict[str, str]:
        """A state as a person reads it."""
        return {v.name: v.domain.show(number) for v, number in zip(self.variables, state, strict=True)}

    def changed(self, before: tuple[int, ...], after: tuple[int, ...]) -> dict[str, str]:
        """The variables that a step changed, as ``old -> new``."""
        return {
            v.name: f"{v.domain.show(old)} -> {v.domain.show(new)}"
            for v, old, new in zip(self.variables, before, after, strict=True)
            if old != new
        }

    def with_watches(self, watches: Iterable[Watch]) -> System:
        """The same system looking out for more."""
        return replace(self, watches=self.watches + tuple(watches))


def compose(
    name: str,
    state: type[S],
    parties: Iterable[Party[S]],
    *,
    parameters: Iterable[Parameter] = (),
    without: Iterable[str] = (),
    auxiliary: Mapping[str, Term] | None = None,
    urgent: Term | None = None,
) -> System:
    """A system of several parties over one state.

    Time passes by an action ``tick`` of its own when some action sets a timer.

    Args:
        name: the scenario's name.
        state: the record of all variables.
        parties: whose actions take part.
        parameters: constants chosen at run time.
        without: names of actions (without their parameters) that this scenario leaves out.
        auxiliary: named conditions over a state, claimed invariant.
        urgent: while this holds, time may not pass (a deadline).
    """
    left_out = set(without)
    actions: list[Action] = []
    declared = [declaration for party in parties for declaration in party.declarations]
    unknown = left_out - {declaration.body.__name__ for declaration in declared}
    if unknown:
        raise DeclarationError(f"system {name} leaves out {', '.join(sorted(unknown))}, which no party of it can do")
    for declaration in declared:
        if declaration.body.__name__ not in left_out:
            actions.extend(declaration.actions(state))
    variables = tuple(state.variables())
    timers = [variable for variable in variables if variable.timer]
    if any(variable.name in action.updates for variable in timers for action in actions):
        actions.append(_tick(timers, urgent))
    names = [action.name for action in actions]
    for twice in {n for n in names if names.count(n) > 1}:
        places = ", ".join(action.place for action in actions if action.name == twice)
        raise DeclarationError(f"two actions are called {twice}; rename one", place=places)
    claims = {key: term._truth() for key, term in (auxiliary or {}).items()}
    return System(name, variables, tuple(actions), tuple(parameters), claims)


def _tick(timers: list[Variable], urgent: Term | None) -> Action:
    counts = [(v, v.domain.constant(v.name)) for v in timers]
    guards = [Guard(z3.Or(*(count > 0 for _, count in counts)), "a timer is running")]
    if urgent is not None:
        guards.append(Guard(z3.Not(urgent._truth()), "no deadline has come"))
    updates = {
        v.name: Term(z3.If(count > 0, count - 1, z3.IntVal(0)), Range(v.domain.low, v.domain.high))
        for v, count in counts
    }
    return Action("tick", TIME, tuple(guards), updates, summary="One unit of time passes.")


def state_of(record: type[S]) -> S:
    """The record bound to a state that may only be read: for invariants, witnesses and views."""
    from cwmpcheck.kernel.shape import StepContext

    context = StepContext()
    context.frozen = True
    return record(context)


__all__ = ["TIME", "Parameter", "Record", "System", "Watch", "compose", "parameter", "state_of"]
