"""A system as a TLA+ module, with the configuration that TLC checks it by.

An action is an operator of its own name with its guards, its updates and an ``UNCHANGED``; parameters are constants. A
watch that must not occur is an invariant: it says of a state that the watch does not hold there, and that no step
out of it is one on which the watch would occur.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from cwmpcheck.compile.dag import Node
from cwmpcheck.compile.exporting import Export, Step, credits, identifiers, legend
from cwmpcheck.compile.printing import Language, Printer, binary, joined, pairwise
from cwmpcheck.compile.valuation import valuation
from cwmpcheck.kernel import Boolean, Parameter, System, Value
from cwmpcheck.kernel.domains import Domain

TLA = Language(
    operators={
        "and": joined("/\\", "TRUE"),
        "or": joined("\\/", "FALSE"),
        "not": lambda o: f"(~{o[0]})",
        "implies": binary("=>"),
        "xor": binary("#"),
        "eq": binary("="),
        "distinct": pairwise("#", "/\\"),
        "lt": binary("<"),
        "le": binary("<="),
        "gt": binary(">"),
        "ge": binary(">="),
        "add": joined("+", "0"),
        "sub": joined("-", "0"),
        "mul": joined("*", "1"),
        "minus": lambda o: f"(-{o[0]})",
        "if": lambda o: f"(IF {o[0]} THEN {o[1]} ELSE {o[2]})",
    },
    literal=lambda node: _literal(node.boolean, node.value),
    local=lambda name, text, node: f"{name} == {text}",
)

# TLA+'s words, those of the modules it extends, and the names that every exported module defines.
_WORDS = """
    ACTION ASSUME ASSUMPTION AXIOM BOOLEAN BY CASE CHOOSE CONSTANT CONSTANTS COROLLARY DEF DEFINE DEFS DOMAIN ELSE
    ENABLED EXCEPT EXTENDS FALSE HAVE HIDE IF IN INSTANCE Init Int LAMBDA LEMMA LET LOCAL MODULE NEW Nat Next
    OBVIOUS OMITTED ONLY OTHER PICK PROOF PROPOSITION PROVE QED RECURSIVE SF_ STATE STRING SUBSET SUFFICES Spec TAKE
    TEMPORAL THEN THEOREM TRUE TypeOK UNCHANGED UNION USE VARIABLE VARIABLES WF_ WITH WITNESS vars
"""
RESERVED = frozenset(_WORDS.split())


@dataclass(frozen=True)
class TlaModule:
    """A TLA+ module and its configuration for TLC.

    Attributes:
        name: the module's name, and so the name of its file without ``.tla``.
        module: the text of the module.
        config: the text of the ``.cfg`` file.
    """

    name: str
    module: str
    config: str


def tla(
    system: System, parameters: Mapping[str, Value] | None = None, *, never: Collection[str] | None = None
) -> TlaModule:
    """A system as a TLA+ module.

    Args:
        system: what to export, plain or with watches.
        parameters: what the configuration sets them to; those it does not name have their defaults.
        never: names of the watches that must not occur; all of them unless told.

    Raises:
        DeclarationError: for an unknown parameter or watch, or a term that TLA+ is not given words for.
    """
    return _Tla(Export(system, never), valuation(system, parameters)).module()


def names_in_tla(system: System) -> dict[str, str]:
    """The word that stands for each variable and parameter in the exported module."""
    return identifiers([v.name for v in system.variables] + [p.name for p in system.parameters], RESERVED)


def _literal(boolean: bool, value: int) -> str:
    if boolean:
        return "TRUE" if value else "FALSE"
    return str(value) if value >= 0 else f"({value})"


def _set(domain: Domain) -> str:
    return "BOOLEAN" if isinstance(domain, Boolean) else f"{_literal(False, domain.low)}..{domain.high}"


class _Tla:
    def __init__(self, export: Export, parameters: tuple[int, ...]) -> None:
        self.export = export
        self.system = export.system
        self.parameters = parameters
        self.names = names_in_tla(self.system)
        taken = {*RESERVED, *self.names.values()}
        self.actions = identifiers((a.name for a in self.system.actions), taken)
        taken |= set(self.actions.values())
        never = identifiers((f"Never {w.name}" for w in export.watches), taken)
        self.never = {w.name: never[f"Never {w.name}"] for w in export.watches}
        taken |= set(self.never.values())
        # Names inside LET may not hide those outside.
        self.prefix = "t"
        while any(word.startswith(self.prefix) and word[len(self.prefix) :].isdigit() for word in taken):
            self.prefix += "_"
        self.name = identifiers([self.system.name], taken)[self.system.name]
        self.printer = Printer(export.dag, TLA, self.constant)

    def constant(self, node: Node) -> str:
        return self.names[node.name]

    def module(self) -> TlaModule:
        title = f" MODULE {self.name} "
        lines = [
            title.center(78, "-"),
            f"(* The system {self.system.name}, written by cwmpcheck. *)",
            "EXTENDS Integers",
        ]
        lines += ["", *self.constants(), "", *self.variables(), "", *self.typed(), "", *self.initial()]
        for step in self.export.steps:
            lines += ["", *self.step(step)]
        lines += ["", "Next ==", *(f"    \\/ {name}" for name in self.actions.values() or ["FALSE"])]
        lines += ["", "Spec == Init /\\ [][Next]_vars"]
        for watch in self.export.watches:
            lines += ["", *self.invariant(watch.name)]
        return TlaModule(self.name, "\n".join([*lines, "=" * 78]) + "\n", self.config())

    def constants(self) -> list[str]:
        lines = []
        for parameter, number in zip(self.system.parameters, self.parameters, strict=True):
            name = self.names[parameter.name]
            meaning = legend(name, parameter.domain)
            lines += [f"\\* {meaning}"] if meaning else []
            lines += [f"CONSTANT {name}", f"ASSUME {self.assumed(parameter)}"]
            if number < 0:
                # A configuration file has no words for a negative number; it names this definition instead.
                lines.append(f"{name}_chosen == {number}")
        return lines

    def assumed(self, parameter: Parameter) -> str:
        name, domain = self.names[parameter.name], parameter.domain
        if parameter.unbounded and not isinstance(domain, Boolean):
            return f"{name} \\in Int /\\ {name} >= {_literal(False, domain.low)}"
        return f"{name} \\in {_set(domain)}"

    def variables(self) -> list[str]:
        names = [self.names[v.name] for v in self.system.variables]
        meanings = filter(None, (legend(self.names[v.name], v.domain) for v in self.system.variables))
        head = [f"\\* {meaning}" for meaning in meanings]
        return [*head, f"VARIABLES {', '.join(names)}", f"vars == <<{', '.join(names)}>>"]

    def typed(self) -> list[str]:
        return ["TypeOK ==", *(f"    /\\ {self.names[v.name]} \\in {_set(v.domain)}" for v in self.system.variables)]

    def initial(self) -> list[str]:
        pairs = [(v, _literal(isinstance(v.domain, Boolean), v.initial)) for v in self.system.variables]
        return ["Init ==", *(f"    /\\ {self.names[v.name]} = {value}" for v, value in pairs)]

    def step(self, step: Step) -> list[str]:
        lets, texts = self.printer.write([*step.guards, *(write.term for write in step.writes)], self.prefix)
        guards, values = texts[: len(step.guards)], texts[len(step.guards) :]
        written = {write.variable.name for write in step.writes}
        kept = [self.names[v.name] for v in self.system.variables if v.name not in written]
        reasons = (f"  \\* {guard.reason}" if guard.reason else "" for guard in step.action.guards)
        rows = [f"{text}{reason}" for text, reason in zip(guards, reasons, strict=True)]
        rows += [f"{self.names[w.variable.name]}' = {value}" for w, value in zip(step.writes, values, strict=True)]
        rows += [f"UNCHANGED <<{', '.join(kept)}>>"] if kept else []
        return [f"\\* {credits(step.action)}", f"{self.actions[step.action.name]} ==", *_body(lets, rows, "/\\")]

    def invariant(self, name: str) -> list[str]:
        """That a watch does not hold, and that no step on which it occurs can be taken."""
        roots: list[int] = []
        counts: list[int] = []
        if name in self.export.states:
            roots.append(self.export.states[name])
            counts.append(1)
        for step in self.export.steps:
            if name in step.occurrences:
                roots += [*step.guards, step.occurrences[name]]
                counts.append(len(step.guards) + 1)
        lets, texts = self.printer.write(roots, self.prefix)
        rows = []
        for count in counts:
            rows.append("~(" + " /\\ ".join(texts[:count]) + ")")
            texts = texts[count:]
        return [f"{self.never[name]} ==", *_body(lets, rows or ["TRUE"], "/\\")]

    def config(self) -> str:
        lines = []
        for parameter, number in zip(self.system.parameters, self.parameters, strict=True):
            name, boolean = self.names[parameter.name], isinstance(parameter.domain, Boolean)
            value = f"<- {name}_chosen" if number < 0 else f"= {_literal(boolean, number)}"
            lines.append(f"CONSTANT {name} {value}")
        lines += ["SPECIFICATION Spec", "INVARIANT TypeOK", *(f"INVARIANT {name}" for name in self.never.values())]
        # A run that ends is no error here: whether a state may be the last one is a property of its own.
        return "\n".join([*lines, "CHECK_DEADLOCK FALSE"]) + "\n"


def _body(lets: Sequence[str], rows: Sequence[str], bullet: str) -> list[str]:
    if not lets:
        return [f"    {bullet} {row}" for row in rows]
    head = [f"    {'LET ' if i == 0 else '    '}{line}" for i, line in enumerate(lets)]
    return [*head, *(f"    {'IN  ' if i == 0 else '    '}{bullet} {row}" for i, row in enumerate(rows))]
