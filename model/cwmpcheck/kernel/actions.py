"""Actions as data: named guards, updates, and what a step shows on the wire.

An action is declared by a function that runs once, on a symbolic state, and leaves an ``Action`` behind. Named guards
are what lets a verdict on a trace say which condition was false, by which rule, and with which values.
"""

from __future__ import annotations

import contextvars
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

import z3

from cwmpcheck.kernel.domains import Value
from cwmpcheck.kernel.errors import DeclarationError
from cwmpcheck.kernel.shape import Record, StepContext
from cwmpcheck.kernel.terms import Operand, Term, truth


@dataclass(frozen=True)
class Guard:
    """One named condition of an action.

    Attributes:
        term: the condition over the state before the step.
        reason: the condition in the reader's words.
        rule: the id of the rule behind it, or None.
    """

    term: z3.BoolRef
    reason: str
    rule: str | None = None


@dataclass(frozen=True)
class Shown:
    """What a step shows to somebody who watches the wire at one vantage.

    Attributes:
        vantage: the party at whose end the watcher stands, such as ``cpe``.
        kind: the kind of message or event, a member of the system's enumeration of kinds.
        fields: terms over the state before the step, by field name.
    """

    vantage: str
    kind: Value
    fields: Mapping[str, Term]


@dataclass(frozen=True)
class Action:
    """One thing a party can do.

    Attributes:
        name: unique in the system, with its parameter values, as in ``start(slot=1)``.
        party: who takes it.
        guards: all must hold.
        updates: the new value of each variable that it assigns, over the state before the step.
        shown: what it shows, at each vantage.
        cites: ids of the rules it follows.
        summary: the first line of its docstring.
        place: ``file:line`` of its function.
    """

    name: str
    party: str
    guards: tuple[Guard, ...]
    updates: Mapping[str, Term]
    shown: tuple[Shown, ...] = ()
    cites: tuple[str, ...] = ()
    summary: str = ""
    place: str = ""

    def without_guard(self, index: int) -> Action:
        """The same action with one guard dropped: the mutant of a careless implementer."""
        return replace(self, guards=self.guards[:index] + self.guards[index + 1 :])

    def shown_at(self, vantage: str) -> Shown | None:
        """What it shows at a vantage, or None."""
        return next((shown for shown in self.shown if shown.vantage == vantage), None)


@dataclass
class _Declaring:
    party: str
    context: StepContext
    guards: list[Guard] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)


_DECLARING: contextvars.ContextVar[_Declaring] = contextvars.ContextVar("declaring")


def _current() -> _Declaring:
    try:
        return _DECLARING.get()
    except LookupError:
        raise DeclarationError("require() and shows() belong inside the function of an action") from None


def require(condition: Operand, reason: str, rule: str | None = None) -> None:
    """Guard the action that is being declared.

    Args:
        condition: a truth value over the state before the step.
        reason: the condition in the reader's words, shown when it was false.
        rule: the id of the rule behind it.
    """
    declaring = _current()
    if declaring.context.writes:
        raise DeclarationError(f"the guard {reason!r} comes after an assignment; put every require() first")
    declaring.guards.append(Guard(truth(condition), reason, rule))


def shows(kind: Value, *, vantage: str | None = None, **fields: Operand) -> None:
    """Say what the step shows on the wire.

    Args:
        kind: a member of the system's enumeration of kinds.
        vantage: where it is seen; the acting party's own end unless told.
        fields: the message's fields, each a term or a value.
    """
    declaring = _current()
    where = vantage or declaring.party
    if any(shown.vantage == where for shown in declaring.shown):
        raise DeclarationError(f"two things are shown at the {where}'s end in one step; split the action")
    terms = {name: value if isinstance(value, Term) else _literal(value) for name, value in fields.items()}
    declaring.shown.append(Shown(where, kind, terms))


def _literal(value: Value) -> Term:
    from cwmpcheck.kernel.terms import _domain_of, as_term

    domain = _domain_of(value)
    if domain is None:
        raise DeclarationError(f"{value!r} is no value of a message field")
    return as_term(value, domain)


S = TypeVar("S", bound=Record)
Body = Callable[..., None]


@dataclass(frozen=True)
class Declaration(Generic[S]):
    """An action's function with what its decorator said, before it is run on a state."""

    body: Body
    party: str
    cites: tuple[str, ...]
    given: Mapping[str, Sequence[Value]]

    def actions(self, state: type[S]) -> Iterator[Action]:
        """Run the function once for each combination of its parameter values."""
        names = list(self.given)
        for values in itertools.product(*(self.given[name] for name in names)):
            yield self._action(state, dict(zip(names, values, strict=True)))

    def _action(self, state: type[S], given: dict[str, Value]) -> Action:
        label = ", ".join(f"{name}={getattr(value, 'name', value)}" for name, value in given.items())
        name = f"{self.body.__name__}({label})" if label else self.body.__name__
        code = inspect.unwrap(self.body).__code__
        place = f"{Path(code.co_filename).name}:{code.co_firstlineno}"
        declaring = _Declaring(self.party, StepContext())
        token = _DECLARING.set(declaring)
        try:
            self.body(state(declaring.context), **given)
        except DeclarationError as error:
            raise error.within(name, place) from error
        finally:
            _DECLARING.reset(token)
        summary = (inspect.getdoc(self.body) or "").split("\n", 1)[0]
        return Action(
            name=name,
            party=self.party,
            guards=tuple(declaring.guards),
            updates=dict(declaring.context.writes),
            shown=tuple(declaring.shown),
            cites=self.cites,
            summary=summary,
            place=place,
        )


class Party(Generic[S]):
    """An actor or resource, to which actions are attached with a decorator.

    Args:
        name: who it is: ``cpe``, ``acs``, ``network``, ``fileserver``, ``environment``, ``time``.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.declarations: list[Declaration[S]] = []

    def action(self, *, cites: Sequence[str] = (), **given: Sequence[Value]) -> Callable[[Body], Body]:
        """Declare an action; ``given`` names parameters and the values the function runs with."""

        def attach(body: Body) -> Body:
            self.declarations.append(Declaration(body, self.name, tuple(cites), given))
            return body

        return attach
