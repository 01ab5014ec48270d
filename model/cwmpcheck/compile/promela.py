"""A system as a Promela model that Spin accepts.

Every action is one ``d_step`` of a single process, so a state of Spin is a state of the system and their numbers agree.
Variables take only the bits they need, and one that can hold a single value takes none. What is computed on the way
is ``hidden``, which keeps it out of Spin's states. A watch that must not occur is an assertion named after it.

Run it with ``spin -a model.pml && cc -O2 -DSAFETY -o pan pan.c && ./pan -m1000000``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from cwmpcheck.compile.dag import Node
from cwmpcheck.compile.exporting import Export, Step, Write, credits, identifiers, legend
from cwmpcheck.compile.intervals import domains, intervals
from cwmpcheck.compile.printing import Language, Printer, binary, joined, pairwise
from cwmpcheck.compile.valuation import valuation
from cwmpcheck.kernel import Boolean, DeclarationError, System, Value, Variable

PROMELA = Language(
    operators={
        "and": joined("&&", "1"),
        "or": joined("||", "0"),
        "not": lambda o: f"(!{o[0]})",
        "implies": lambda o: f"(!{o[0]} || {o[1]})",
        "xor": binary("!="),
        "eq": binary("=="),
        "distinct": pairwise("!=", "&&"),
        "lt": binary("<"),
        "le": binary("<="),
        "gt": binary(">"),
        "ge": binary(">="),
        "add": joined("+", "0"),
        "sub": joined("-", "0"),
        "mul": joined("*", "1"),
        "minus": lambda o: f"(-{o[0]})",
        "if": lambda o: f"({o[0]} -> {o[1]} : {o[2]})",
    },
    literal=lambda node: str(node.value) if node.value >= 0 else f"({node.value})",
    local=lambda name, text, node: f"{name} = {text};",
)

GUARDS = Language(PROMELA.operators, PROMELA.literal, lambda name, text, node: f"#define {name} {text}")
"""The first statement of a ``d_step`` decides whether it can be taken, so what guards share becomes a macro."""

# Promela's words, C's words, and names of the verifier that Spin writes.
_WORDS = """
    active assert atomic bit bool break byte c_code c_decl c_expr c_state c_track chan cond_expr d_proctype d_step
    do else empty enabled eval false fi for full get_priority goto hidden if in init inline int len local ltl mtype
    nempty never nfull none notrace np_ od of pc_value pid printf printm priority proctype provided return run
    select set_priority short show skip step timeout trace true typedef unless unsigned xr xs auto case char const
    continue default double enum extern float long register restrict signed sizeof static struct switch union void
    volatile while now depth mask nstates main end overflow actions
"""
RESERVED = frozenset(_WORDS.split())

WIDEST_FIELD = 16
"""Spin turns ``unsigned x : n`` into a C bit field; wider variables are an ``int``."""


def promela(
    system: System, parameters: Mapping[str, Value] | None = None, *, never: Collection[str] | None = None
) -> str:
    """A system as the text of a Promela model.

    Args:
        system: what to export, plain or with watches.
        parameters: chosen values of parameters; the others have their defaults. Each can be given anew to
            Spin, as in ``spin -DDelaySeconds=2 -a model.pml``.
        never: names of the watches that must not occur; all of them unless told.

    Raises:
        DeclarationError: for an unknown parameter or watch, or a number beyond Promela's 32 bits.
    """
    return _Promela(Export(system, never), valuation(system, parameters)).text()


class _Promela:
    def __init__(self, export: Export, parameters: tuple[int, ...]) -> None:
        self.export = export
        self.system = export.system
        self.parameters = dict(zip((p.name for p in self.system.parameters), parameters, strict=True))
        named = [v.name for v in self.system.variables] + list(self.parameters)
        self.names = identifiers(named, RESERVED)
        bad = identifiers((f"never {w.name}" for w in export.watches), {*RESERVED, *self.names.values()})
        self.bad = {w.name: bad[f"never {w.name}"] for w in export.watches}
        self.fixed = {v.name: v.initial for v in self.system.variables if v.domain.low == v.domain.high}
        self.offsets = {v.name: v.domain.low for v in self.system.variables}
        self.temporaries: dict[str, None] = {}
        self.macros: list[str] = []
        self.guarding = Printer(export.dag, GUARDS, self.constant)
        self.computing = Printer(export.dag, PROMELA, self.constant)
        _check_width(export, self.parameters)

    def constant(self, node: Node) -> str:
        if node.name in self.fixed:
            return f"({self.fixed[node.name]})"
        low = self.offsets.get(node.name, 0)
        return self.names[node.name] if low == 0 else f"({self.names[node.name]} + ({low}))"

    def text(self) -> str:
        steps = [line for number, step in enumerate(self.export.steps) for line in self.step(number, step)]
        states = [line for name, root in self.export.states.items() for line in self.state(name, root)]
        hidden = [f"hidden int {name};" for name in self.temporaries] + [f"hidden byte {n};" for n in self.bad.values()]
        head = [f"/* {self.system.name}: {len(self.system.actions)} actions, each one d_step; written by cwmpcheck. */"]
        body = ["active proctype actions() {", "end: do", *steps, *states, *self.mentioned(), "  od", "}"]
        return "\n".join([*head, *self.constants(), *self.variables(), *hidden, *self.macros, *body]) + "\n"

    def mentioned(self) -> list[str]:
        """An option that is never taken and reads every variable: Spin leaves out of its states what nothing reads."""
        read = [self.names[v.name] for v in self.system.variables if v.name not in self.fixed]
        return [f"  :: d_step {{ false && ({' || '.join(read)}) -> skip }}"] if read else []

    def constants(self) -> list[str]:
        lines = []
        for parameter in self.system.parameters:
            name = self.names[parameter.name]
            meaning = legend(name, parameter.domain)
            lines += [f"/* {meaning} */"] if meaning else []
            lines += [f"#ifndef {name}", f"#define {name} ({self.parameters[parameter.name]})", "#endif"]
        return lines

    def variables(self) -> list[str]:
        lines = []
        for variable in self.system.variables:
            meaning = legend(variable.name, variable.domain) or variable.name
            if variable.name in self.fixed:
                lines.append(f"/* {meaning}: always {self.fixed[variable.name]} */")
            else:
                lines.append(f"{self.declared(variable)};  /* {meaning} */")
        return lines

    def declared(self, variable: Variable) -> str:
        name, low = self.names[variable.name], variable.domain.low
        start = variable.initial - low
        width = (variable.domain.high - low).bit_length()
        if isinstance(variable.domain, Boolean) or width == 1:
            return f"bit {name} = {start}"
        if width <= WIDEST_FIELD:
            return f"unsigned {name} : {width} = {start}"
        return f"int {name} = {start}"

    def guard(self, prefix: str, roots: tuple[int, ...]) -> str:
        macros, texts = self.guarding.write(roots, prefix)
        self.macros += macros
        return " && ".join(texts) or "true"

    def state(self, name: str, root: int) -> list[str]:
        bad = self.bad[name]
        return [f"  :: d_step {{ {self.guard(f'at_{bad}_', (root,))} -> {bad} = 1; assert(!{bad}) }}"]

    def step(self, number: int, step: Step) -> list[str]:
        writes = [write for write in step.writes if write.variable.name not in self.fixed or write.leaves]
        occurrences = list(step.occurrences.items())
        roots = [write.term for write in writes] + [root for _, root in occurrences]
        statements, texts = self.computing.write(roots, "tmp_")
        self.temporaries |= dict.fromkeys(line.split(" = ", 1)[0] for line in statements)
        values, conditions = texts[: len(writes)], texts[len(writes) :]
        for (name, _), condition in zip(occurrences, conditions, strict=True):
            statements += [f"{self.bad[name]} = {condition};", f"assert(!{self.bad[name]});"]
        written = {write.variable.name for write in writes}
        later = []
        for write, value in zip(writes, values, strict=True):
            if write.leaves or self.export.reads([write.term]) & (written - {write.variable.name}):
                # All assignments read the state before the step, so this one is worked out before any is made.
                value = self.kept(write, value, statements)
            later += self.assigned(write, value)
        condition = self.guard(f"may_{number}_", step.guards)
        end = "" if statements or later else " skip"
        lines = [f"  :: d_step {{ {condition} ->{end}  /* {step.action.name}. {_quiet(credits(step.action))} */"]
        return lines + [f"       {line}" for line in statements + later] + ["     }"]

    def kept(self, write: Write, value: str, statements: list[str]) -> str:
        name = f"new_{self.names[write.variable.name]}"
        self.temporaries[name] = None
        statements.append(f"{name} = {value};")
        if write.leaves:
            domain = write.variable.domain
            statements.append(f"assert(({domain.low}) <= {name} && {name} <= {domain.high});")
        return name

    def assigned(self, write: Write, value: str) -> list[str]:
        if write.variable.name in self.fixed:
            return []
        low = write.variable.domain.low
        return [f"{self.names[write.variable.name]} = {value if low == 0 else f'{value} - ({low})'};"]


def _quiet(text: str) -> str:
    return text.replace("*/", "* /")


def _check_width(export: Export, parameters: Mapping[str, int]) -> None:
    known = domains(export.system)
    known |= {name: known[name]._replace(low=number, high=number) for name, number in parameters.items()}
    for key, interval in intervals(export.dag, known).items():
        if not interval.within(-(2**31), 2**31 - 1):
            node = export.dag.nodes[key]
            what = node.name or f"a term with {node.operator}"
            raise DeclarationError(f"{what} of {export.system.name} can exceed the 32 bits of a Promela integer")
