"""A system as SMT-LIB2 text: Horn clauses for a solver of such, and runs of a bounded length for any solver.

Both are written over truth values and integers, so parameters may be left open and timers need no bound. The text
opens with ``Init``, ``Next`` and ``Bad`` as defined functions; ``Bad`` holds at a state where a watch occurs, or where an
action can be taken on whose step it occurs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cwmpcheck.compile.dag import Node
from cwmpcheck.compile.exporting import Export, Step, credits
from cwmpcheck.compile.printing import Language, Printer, Writer
from cwmpcheck.compile.valuation import valuation
from cwmpcheck.kernel import Boolean, DeclarationError, Parameter, System, Value, Variable
from cwmpcheck.kernel.domains import Domain


def _prefix(symbol: str, neutral: str = "") -> Writer:
    def write(operands: list[str]) -> str:
        if neutral and len(operands) < 2:
            return operands[0] if operands else neutral
        return f"({symbol} {' '.join(operands)})"

    return write


SMT2 = Language(
    operators={
        "and": _prefix("and", "true"),
        "or": _prefix("or", "false"),
        "not": _prefix("not"),
        "implies": _prefix("=>"),
        "xor": _prefix("xor"),
        "eq": _prefix("="),
        "distinct": _prefix("distinct"),
        "lt": _prefix("<"),
        "le": _prefix("<="),
        "gt": _prefix(">"),
        "ge": _prefix(">="),
        "add": _prefix("+", "0"),
        "sub": _prefix("-", "0"),
        "mul": _prefix("*", "1"),
        "minus": _prefix("-"),
        "if": _prefix("ite"),
    },
    literal=lambda node: _literal(node.boolean, node.value),
    local=lambda name, text, node: f"({name} {text})",
)

PRIME = "'"


def horn(
    system: System,
    parameters: Mapping[str, Value] | None = None,
    *,
    leave_open: Collection[str] = (),
    never: Collection[str] | None = None,
    unbounded: bool = True,
) -> str:
    """A system as constrained Horn clauses: ``sat`` says that the watches never occur, ``unsat`` that one does.

    Args:
        system: what to export, with watches.
        parameters: None leaves every parameter open, for any value; a mapping fixes them all, those it does not
            name to their defaults.
        leave_open: names of parameters that stay open all the same.
        never: names of the watches that must not occur; all of them unless told.
        unbounded: timers, and parameters flagged unbounded, have no upper bound; else timers saturate.

    Raises:
        DeclarationError: for an unknown parameter or watch, or when no watch is left to ask about.
    """
    text = _Smt(system, parameters, leave_open, never, unbounded)
    state, after, known = text.state, text.after, text.known
    bound = " ".join(f"({name} {sort})" for name, sort in text.sorts(state))
    both = " ".join(f"({name} {sort})" for name, sort in text.sorts([*state, *text.primed]))
    sorts = " ".join(sort for _, sort in text.sorts(state))
    here, there = f"(Reached {' '.join(state)})", f"(Reached {' '.join(after)})"
    step = f"(Next {' '.join([*state, *text.primed])})"
    lines = [
        "(set-logic HORN)",
        *text.definitions(),
        f"(declare-fun Reached ({sorts}) Bool)",
        f"(assert (forall ({bound}) (=> (and {known} (Init {' '.join(state)})) {here})))",
        f"(assert (forall ({both}) (=> (and {here} {step}) {there})))",
        f"(assert (forall ({bound}) (=> (and {here} (Bad {' '.join(state)})) false)))",
        "(check-sat)",
    ]
    return "\n".join([f"; {system.name}: sat says that nothing bad is ever reached.", *lines]) + "\n"


def unrolled(
    system: System,
    depth: int,
    parameters: Mapping[str, Value] | None = None,
    *,
    leave_open: Collection[str] = (),
    never: Collection[str] | None = None,
    unbounded: bool = False,
) -> str:
    """All runs of at most ``depth`` steps: one ``(check-sat)`` for each length from 0, ``sat`` where a watch occurs.

    Arguments and errors are those of ``horn``; ``depth`` is a number of steps, 0 or more.
    """
    if depth < 0:
        raise DeclarationError(f"a run of {depth} steps is none; give 0 or more")
    text = _Smt(system, parameters, leave_open, never, unbounded)
    lines = ["(set-logic QF_LIA)", *text.definitions()]
    lines += [f"(declare-fun {_symbol(p.name)} () {_sort(p.domain)})" for p in text.open]
    lines.append(f"(assert {text.known})")
    constants: list[list[str]] = []
    for number in range(depth + 1):
        names = [_symbol(f"{v.name}@{number}") for v in system.variables]
        constants.append([*names, *(_symbol(p.name) for p in text.open)])
        pairs = zip(names, system.variables, strict=True)
        lines += [f"(declare-fun {name} () {_sort(v.domain)})" for name, v in pairs]
        if number:
            lines.append(f"(assert (Next {' '.join([*constants[number - 1], *names])}))")
        else:
            lines.append(f"(assert (Init {' '.join(constants[0])}))")
        lines += ["(push 1)", f"(assert (Bad {' '.join(constants[number])}))", "(check-sat)", "(pop 1)"]
    head = f"; {system.name}: the first sat is a shortest run on which something bad occurs; after it, (get-model)."
    return "\n".join([head, *lines]) + "\n"


def _symbol(name: str) -> str:
    """A name as an SMT-LIB symbol; quoted, since names of a model hold dots, brackets and words of the language."""
    return f"|{name}|"


def _sort(domain: Domain) -> str:
    return "Bool" if isinstance(domain, Boolean) else "Int"


def _literal(boolean: bool, value: int) -> str:
    if boolean:
        return "true" if value else "false"
    return str(value) if value >= 0 else f"(- {-value})"


class _Smt:
    def __init__(
        self,
        system: System,
        parameters: Mapping[str, Value] | None,
        leave_open: Collection[str],
        never: Collection[str] | None,
        unbounded: bool,
    ) -> None:
        self.export = Export(system, never, saturating=not unbounded)
        if not self.export.watches:
            raise DeclarationError(f"system {system.name} has no watch to ask about; instrument it, or name one")
        self.system = system
        self.unbounded = unbounded
        pairs = list(zip(system.parameters, valuation(system, parameters), strict=True))
        if unknown := sorted(set(leave_open) - {p.name for p in system.parameters}):
            raise DeclarationError(f"system {system.name} has no parameter {unknown[0]} to leave open")
        self.fixed = {p: number for p, number in pairs if parameters is not None and p.name not in leave_open}
        self.open: Sequence[Parameter] = [p for p in system.parameters if p not in self.fixed]
        self.printer = Printer(self.export.dag, SMT2, lambda node: _constant(node))
        before = [_symbol(v.name) for v in system.variables]
        opened = [_symbol(p.name) for p in self.open]
        self.primed = [_symbol(v.name + PRIME) for v in system.variables]
        self.state = before + opened
        self.after = self.primed + opened
        domains = [v.domain for v in system.variables] + [p.domain for p in self.open]
        self._sorts = dict(zip(self.state, map(_sort, domains), strict=True))
        self._sorts |= dict(zip(self.primed, (_sort(v.domain) for v in system.variables), strict=True))
        self.known = SMT2.operators["and"]([text for p in self.open for text in self.inside(p)])

    def sorts(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """Names with their sorts."""
        return [(name, self._sorts[name]) for name in names]

    def inside(self, parameter: Parameter) -> list[str]:
        """That an open parameter lies in its domain."""
        if isinstance(parameter.domain, Boolean):
            return []
        name, domain = _symbol(parameter.name), parameter.domain
        lower = f"(<= {_literal(False, domain.low)} {name})"
        if parameter.unbounded and self.unbounded:
            return [lower]
        return [lower, f"(<= {name} {_literal(False, domain.high)})"]

    def definitions(self) -> list[str]:
        """``Init``, ``Next``, ``Bad``, and the values of parameters that are not open."""
        values = [
            f"(define-fun {_symbol(p.name)} () {_sort(p.domain)} {_literal(isinstance(p.domain, Boolean), n)})"
            for p, n in self.fixed.items()
        ]
        arguments = " ".join(f"({name} {sort})" for name, sort in self.sorts(self.state))
        both = " ".join(f"({name} {sort})" for name, sort in self.sorts([*self.state, *self.primed]))
        steps = [line for step in self.export.steps for line in self.step(step)]
        return [
            *values,
            f"(define-fun Init ({arguments}) Bool {self.initial()})",
            f"(define-fun Next ({both}) Bool (or false",
            *steps,
            "))",
            f"(define-fun Bad ({arguments}) Bool (or false",
            *self.bad(),
            "))",
        ]

    def initial(self) -> str:
        texts = [
            f"(= {_symbol(v.name)} {_literal(isinstance(v.domain, Boolean), v.initial)})" for v in self.system.variables
        ]
        return SMT2.operators["and"](texts)

    def step(self, step: Step) -> list[str]:
        lets, texts = self.printer.write([*step.guards, *(write.term for write in step.writes)], "let!")
        guards, values = texts[: len(step.guards)], texts[len(step.guards) :]
        new = {write.variable.name: value for write, value in zip(step.writes, values, strict=True)}
        rows = guards + [self.becomes(v, new.get(v.name, _symbol(v.name))) for v in self.system.variables]
        return [f"  ; {step.action.name}. {credits(step.action)}", f"  {_within(lets, SMT2.operators['and'](rows))}"]

    def becomes(self, variable: Variable, value: str) -> str:
        return f"(= {_symbol(variable.name + PRIME)} {value})"

    def bad(self) -> list[str]:
        lines = []
        for name, root in self.export.states.items():
            lets, (text,) = self.printer.write([root], "let!")
            lines += [f"  ; {name}", f"  {_within(lets, text)}"]
        for step in self.export.steps:
            if step.occurrences:
                roots = [*step.guards, *step.occurrences.values()]
                lets, texts = self.printer.write(roots, "let!")
                some = SMT2.operators["or"](texts[len(step.guards) :])
                body = SMT2.operators["and"]([*texts[: len(step.guards)], some])
                lines += [f"  ; {', '.join(step.occurrences)} on {step.action.name}", f"  {_within(lets, body)}"]
        return lines


def _constant(node: Node) -> str:
    return _symbol(node.name)


def _within(lets: Sequence[str], body: str) -> str:
    """A term inside the bindings of what it shares."""
    return "".join(f"(let ({line}) " for line in lets) + body + ")" * len(lets)
