"""Records of variables, and the symbolic state that an action's function reads and writes.

A model declares its variables as classes::

    class Session(Record):
        hold = flag(False)
        owes = var(OneOf(Owes), Owes.NOTHING)

    class State(Record):
        session = part(Session)

``state.session.owes`` then yields a term of the state *before* the step, and an assignment records what the
variable becomes *after* it. All assignments of an action take effect together, as in TLA+, so a variable that is
assigned twice is a mistake and raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar, overload

import z3

from cwmpcheck.kernel.domains import BOOLEAN, Domain, Range, Value
from cwmpcheck.kernel.errors import DeclarationError
from cwmpcheck.kernel.terms import Operand, Term, as_term, choose


@dataclass(frozen=True)
class Variable:
    """One variable of a system.

    Attributes:
        name: dotted path, such as ``transfer[0].phase``.
        domain: what it may hold.
        initial: the number it starts with.
        timer: whether it counts down with time.
    """

    name: str
    domain: Domain
    initial: int
    timer: bool = False


class StepContext:
    """What one symbolic step has read and written so far."""

    def __init__(self, suffix: str = "") -> None:
        self.suffix = suffix
        self.writes: dict[str, Term] = {}
        self.frozen = False

    def read(self, name: str, domain: Domain) -> Term:
        """The term of a variable before the step."""
        return Term(domain.constant(name + self.suffix), domain)

    def write(self, name: str, domain: Domain, value: Operand) -> None:
        """Record what a variable becomes; raises DeclarationError on a second write or a foreign value."""
        if self.frozen:
            raise DeclarationError(f"{name} is assigned where the state may only be read")
        if name in self.writes:
            raise DeclarationError(f"{name} is assigned twice in one step; combine the two with choose()")
        self.writes[name] = as_term(value, domain)


class Record:
    """A group of variables, bound to a path and to the step that is being declared."""

    def __init__(self, context: StepContext, path: str = "") -> None:
        self._context = context
        self._path = path

    if not TYPE_CHECKING:  # a static checker knows the fields of each record and refuses a misspelt one itself

        def __setattr__(self, name: str, value: object) -> None:
            # Python would keep a misspelt name as an attribute of its own, and the assignment would be lost.
            if not name.startswith("_") and not isinstance(getattr(type(self), name, None), Field):
                raise DeclarationError(self._unknown(name))
            object.__setattr__(self, name, value)

        def __getattr__(self, name: str) -> object:
            if name.startswith("_"):
                raise AttributeError(name)
            raise DeclarationError(self._unknown(name))

    def _unknown(self, name: str) -> str:
        kind = type(self)
        if isinstance(getattr(kind, name, None), (Part, Parts)):
            return f"{self._name(name)} is a record: assign its variables one by one"
        have = ", ".join(n for owner in reversed(kind.__mro__) for n, a in vars(owner).items() if isinstance(a, MEMBERS))
        return f"{kind.__name__} has no variable {name}; it has {have or 'none'}"

    def _name(self, field: str) -> str:
        return f"{self._path}.{field}" if self._path else field

    @classmethod
    def variables(cls, path: str = "") -> Iterator[Variable]:
        """The variables of the record, in the order of their declaration."""
        prefix = f"{path}." if path else ""
        for owner in reversed(cls.__mro__):
            for name, attribute in vars(owner).items():
                if isinstance(attribute, Field):
                    yield attribute.variable(prefix + name)
                elif isinstance(attribute, (Part, Parts)):
                    yield from attribute.variables(prefix + name)


class Field:
    """One variable of a record; declare with ``var``, ``flag`` or ``timer``."""

    def __init__(self, domain: Domain, initial: Value, *, timer: bool = False) -> None:
        self.domain = domain
        self.initial = domain.number(initial)
        self.timer = timer
        self.field = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.field = name

    def variable(self, name: str) -> Variable:
        """The variable this field declares under the given full name."""
        return Variable(name, self.domain, self.initial, self.timer)

    @overload
    def __get__(self, record: None, owner: type) -> Field: ...
    @overload
    def __get__(self, record: Record, owner: type) -> Term: ...
    def __get__(self, record: Record | None, owner: type) -> Field | Term:
        if record is None:
            return self
        return record._context.read(record._name(self.field), self.domain)

    def __set__(self, record: Record, value: Operand) -> None:
        record._context.write(record._name(self.field), self.domain, value)


def var(domain: Domain, initial: Value) -> Field:
    """A variable of the given domain, starting with ``initial``."""
    return Field(domain, initial)


def flag(initial: bool = False) -> Field:
    """A Boolean variable."""
    return Field(BOOLEAN, initial)


class TimerView(Term):
    """A timer before the step: a count of ticks that can be set and asked whether it has elapsed."""

    __slots__ = ("_name", "_step")

    def __init__(self, term: Term, step: StepContext, name: str) -> None:
        super().__init__(term.expr, term.domain)
        self._step = step
        self._name = name

    @property
    def elapsed(self) -> Term:
        """The term that holds when no time is left."""
        return self == 0

    @property
    def running(self) -> Term:
        """The term that holds while time is left."""
        return self > 0

    def set(self, ticks: Operand) -> None:
        """Start the timer with so many ticks; a value above the timer's bound counts as the bound.

        Explicit engines saturate at the largest duration that the scenario compares, which changes no
        verdict because nothing distinguishes longer ones; the prover has no bound at all.
        """
        if isinstance(ticks, int) and not isinstance(ticks, bool) and ticks > self.domain.high:
            ticks = Term(z3.IntVal(ticks), Range(ticks, ticks))
        self._step.write(self._name, self.domain, ticks)

    def stop(self) -> None:
        """Let no time be left."""
        self._step.write(self._name, self.domain, 0)


class Timer(Field):
    """A field that counts ticks down to 0."""

    @overload
    def __get__(self, record: None, owner: type) -> Timer: ...
    @overload
    def __get__(self, record: Record, owner: type) -> TimerView: ...
    def __get__(self, record: Record | None, owner: type) -> Timer | TimerView:
        if record is None:
            return self
        name = record._name(self.field)
        return TimerView(record._context.read(name, self.domain), record._context, name)


def timer(most: int) -> Timer:
    """A timer that starts elapsed and holds at most ``most`` ticks in explicit engines."""
    return Timer(Range(0, most), 0, timer=True)


R = TypeVar("R", bound=Record)


class Part(Generic[R]):
    """A record inside a record; declare with ``part``."""

    def __init__(self, record: type[R]) -> None:
        self.record = record
        self.field = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.field = name

    def variables(self, path: str) -> Iterator[Variable]:
        """The variables of the inner record under ``path``."""
        return self.record.variables(path)

    @overload
    def __get__(self, record: None, owner: type) -> Part[R]: ...
    @overload
    def __get__(self, record: Record, owner: type) -> R: ...
    def __get__(self, record: Record | None, owner: type) -> Part[R] | R:
        if record is None:
            return self
        return self.record(record._context, record._name(self.field))


def part(record: type[R]) -> Part[R]:
    """A record inside a record."""
    return Part(record)


class Bank(Generic[R]):
    """An array of records, indexed by a Python integer while the model is declared."""

    def __init__(self, rows: tuple[R, ...]) -> None:
        self._rows = rows

    def __getitem__(self, index: int) -> R:
        if not isinstance(index, int) or not 0 <= index < len(self._rows):
            raise DeclarationError(
                f"there is no row {index!r} of {len(self._rows)}: rows are chosen by a number from 0 while the model is "
                "declared, such as a parameter of the action"
            )
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[R]:
        return iter(self._rows)


class Parts(Generic[R]):
    """Several records of one shape; declare with ``parts``."""

    def __init__(self, record: type[R], count: int) -> None:
        self.record = record
        self.count = count
        self.field = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.field = name

    def variables(self, path: str) -> Iterator[Variable]:
        """The variables of every row under ``path[i]``."""
        for index in range(self.count):
            yield from self.record.variables(f"{path}[{index}]")

    @overload
    def __get__(self, record: None, owner: type) -> Parts[R]: ...
    @overload
    def __get__(self, record: Record, owner: type) -> Bank[R]: ...
    def __get__(self, record: Record | None, owner: type) -> Parts[R] | Bank[R]:
        if record is None:
            return self
        rows = (self.record(record._context, f"{record._name(self.field)}[{i}]") for i in range(self.count))
        return Bank(tuple(rows))


def parts(record: type[R], count: int) -> Parts[R]:
    """``count`` records of one shape, reached as ``state.name[index]``."""
    return Parts(record, count)


MEMBERS = (Field, Part, Parts)
"""What a record is made of."""


def saturated(value: Term, most: int) -> Term:
    """``value``, or ``most`` where it is larger."""
    return Term(choose(value > most, most, value).expr, Range(value.domain.low, most))
