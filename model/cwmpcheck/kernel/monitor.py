"""Monitors: what must hold, as terms over what is seen, what is remembered and what is so.

A check is a term over four views of one step:

* ``seen`` - the observation: the message or event the step shows at one vantage (defaults when it shows nothing),
* ``ledger`` - registers, all functions of the history of observations,
* ``state`` and ``after`` - the model's hidden state before and after the step.

A check that mentions only ``seen`` and ``ledger`` runs on the model and on a captured trace alike. Past operators allocate
ghost registers. The convention is one for all of them: a register is updated *after* the step, so inside a check it
holds what was so before, and an operator's own value includes the present step. The vantage decides whether a message is seen when
it is sent or when it is delivered: at a party's own end, what it sends is seen when it is sent, what it is sent when it arrives.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import z3

from cwmpcheck.kernel.domains import BOOLEAN, Boolean, Domain, Range, Value
from cwmpcheck.kernel.errors import DeclarationError
from cwmpcheck.kernel.shape import Record, StepContext, Variable
from cwmpcheck.kernel.terms import Operand, Term, as_term, choose, truth

SEEN = "seen"
LEDGER = "ledger"
PRIMED = "'"

O = TypeVar("O", bound=Record)
L = TypeVar("L", bound=Record)
S = TypeVar("S", bound=Record)


@dataclass(frozen=True)
class Register:
    """A ghost variable: its initial number and its value after a step, over observation, registers and state."""

    variable: Variable
    update: z3.ExprRef


@dataclass
class RegisterPool:
    """The registers that the checks of one suite share; equal operators get one register."""

    registers: dict[str, Register] = field(default_factory=dict)
    _by_term: dict[tuple[str, int, int, int], tuple[str, z3.ExprRef, z3.ExprRef]] = field(default_factory=dict)

    def allocate(
        self, operator: str, domain: Domain, initial: int, key: tuple[z3.ExprRef, z3.ExprRef]
    ) -> tuple[Term, bool]:
        """The register for this use of an operator, and whether it is new."""
        identity = (operator, initial, key[0].get_id(), key[1].get_id())
        # The terms are kept beside the name: z3 reuses the ids of terms that are no longer held.
        known = self._by_term.get(identity)
        name = known[0] if known else f"{operator}#{len(self._by_term)}"
        if known is None:
            self._by_term[identity] = (name, *key)
            self.registers[name] = Register(Variable(name, domain, initial), domain.constant(name))
        return Term(domain.constant(name), domain), known is None

    def define(self, register: Term, update: Term) -> None:
        """Say what a register becomes after a step."""
        name = str(register.expr)
        self.registers[name] = Register(self.registers[name].variable, update.expr)


_POOL: contextvars.ContextVar[RegisterPool] = contextvars.ContextVar("register_pool")


def _pool() -> RegisterPool:
    try:
        return _POOL.get()
    except LookupError:
        raise DeclarationError("past operators belong inside a check that a Suite declares") from None


def once(condition: Operand) -> Term:
    """The condition holds now or held at some step before."""
    now = Term(truth(condition), BOOLEAN)
    register, new = _pool().allocate("once", BOOLEAN, 0, (now.expr, now.expr))
    value = register | now
    if new:
        _pool().define(register, value)
    return value


def historically(condition: Operand) -> Term:
    """The condition holds now and held at every step before."""
    return ~once(~Term(truth(condition), BOOLEAN))


def since(condition: Operand, anchor: Operand) -> Term:
    """The anchor holds now, or it held once and the condition has held at every step after it."""
    kept, now = Term(truth(condition), BOOLEAN), Term(truth(anchor), BOOLEAN)
    register, new = _pool().allocate("since", BOOLEAN, 0, (kept.expr, now.expr))
    value = now | (kept & register)
    if new:
        _pool().define(register, value)
    return value


def previously(condition: Operand) -> Term:
    """The condition held at the step before; false at the first step."""
    now = Term(truth(condition), BOOLEAN)
    register, new = _pool().allocate("previously", BOOLEAN, 0, (now.expr, now.expr))
    if new:
        _pool().define(register, now)
    return register


def stored(value: Term, when: Operand, *, initial: Value) -> Term:
    """The value that a term had at the last earlier step at which ``when`` held."""
    now = Term(truth(when), BOOLEAN)
    register, new = _pool().allocate("stored", value.domain, value.domain.number(initial), (value.expr, now.expr))
    if new:
        _pool().define(register, choose(now, value, register))
    return register


def counted(event: Operand, *, restart: Operand, most: int) -> Term:
    """How many earlier steps have shown the event since the last restart, counted up to ``most``."""
    now, again = Term(truth(event), BOOLEAN), Term(truth(restart), BOOLEAN)
    domain = Range(0, most)
    register, new = _pool().allocate(f"counted{most}", domain, 0, (now.expr, again.expr))
    if new:
        more = choose(register < most, register + 1, register)
        _pool().define(register, choose(again, 0, choose(now, more, register)))
    return register


@dataclass(frozen=True)
class View(Generic[O, L, S]):
    """The four views of one step that a check may mention."""

    seen: O
    ledger: L
    state: S
    after: S


Check = Callable[[View[O, L, S]], Term]


@dataclass(frozen=True)
class Compiled:
    """A check as terms over named constants, with every constant it needs.

    Attributes:
        name: the property's id.
        holds: the condition, true at every step of a good run.
        needs_state: whether it mentions the model's hidden state.
    """

    name: str
    holds: z3.BoolRef
    needs_state: bool


def _frozen(record: type[Record], path: str, suffix: str = "") -> Record:
    context = StepContext(suffix)
    context.frozen = True
    return record(context, path)


class Suite(Generic[O, L, S]):
    """A set of checks over one observation, one ledger and one state.

    Args:
        observation: the record of what can be seen; its ``kind`` field is the enumeration of kinds.
        ledger: the record of registers that all checks share.
        update: writes the ledger after a step, given what was seen.
        state: the record of the model's variables.
    """

    def __init__(self, observation: type[O], ledger: type[L], update: Callable[[O, L], None], state: type[S]) -> None:
        self.observation = observation
        self.state = state
        self.pool = RegisterPool()
        self.checks: dict[str, Compiled] = {}
        seen = observation(_context(), SEEN)
        self.view = View(seen, ledger(_context(), LEDGER), state(_context()), state(_context(PRIMED)))
        self._state_names = {v.name for v in state.variables()}
        writing = StepContext()
        update(seen, ledger(writing, LEDGER))
        for variable in ledger.variables(LEDGER):
            written = writing.writes.get(variable.name)
            update = variable.domain.constant(variable.name) if written is None else written.expr
            self.pool.registers[variable.name] = Register(variable, update)

    def add(self, name: str, check: Check[O, L, S]) -> Compiled:
        """Declare a check; raises DeclarationError when the name is taken or the check is no truth value."""
        if name in self.checks:
            raise DeclarationError(f"two checks are called {name}; rename one")
        token = _POOL.set(self.pool)
        try:
            holds = truth(check(self.view))
        finally:
            _POOL.reset(token)
        names = self.cone(holds)
        compiled = Compiled(name, holds, any(n.removesuffix(PRIMED) in self._state_names for n in names))
        self.checks[name] = compiled
        return compiled

    def cone(self, *terms: z3.ExprRef) -> frozenset[str]:
        """The names of all constants that the terms depend on, through the registers' updates."""
        found: set[str] = set()
        todo = list(terms)
        while todo:
            for name in constants(todo.pop()):
                if name not in found:
                    found.add(name)
                    if name in self.pool.registers:
                        todo.append(self.pool.registers[name].update)
        return frozenset(found)

    def registers(self, *terms: z3.ExprRef) -> tuple[Register, ...]:
        """The registers that the terms depend on, in order of declaration."""
        names = self.cone(*terms)
        return tuple(r for name, r in self.pool.registers.items() if name in names)


def _context(suffix: str = "") -> StepContext:
    context = StepContext(suffix)
    context.frozen = True
    return context


def constants(term: z3.ExprRef) -> frozenset[str]:
    """The names of the uninterpreted constants in a term."""
    found: set[str] = set()
    visited: set[int] = set()
    todo = [term]
    while todo:
        node = todo.pop()
        if node.get_id() in visited:
            continue
        visited.add(node.get_id())
        if z3.is_const(node) and node.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            found.add(node.decl().name())
        todo.extend(node.children())
    return frozenset(found)


def observed(observation: type[Record], fields: Mapping[str, Operand]) -> dict[str, Term]:
    """A whole observation: the given fields, and the declared default for every other one.

    Raises DeclarationError for a field that the observation does not have.
    """
    variables = {v.name: v for v in observation.variables()}
    unknown = set(fields) - set(variables)
    if unknown:
        have = ", ".join(variables)
        raise DeclarationError(f"the observation has no field {', '.join(sorted(unknown))}; it has {have}")
    return {name: as_term(fields[name], v.domain) if name in fields else _default(v) for name, v in variables.items()}


def _default(variable: Variable) -> Term:
    if isinstance(variable.domain, Boolean):
        return Term(z3.BoolVal(bool(variable.initial)), variable.domain)
    return Term(z3.IntVal(variable.initial), variable.domain)


def names_of(registers: Iterable[Register]) -> tuple[str, ...]:
    """The names of some registers."""
    return tuple(register.variable.name for register in registers)
