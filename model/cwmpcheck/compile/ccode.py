"""The C text of a system: its actions and watches over packed states, behind the search of ``search.c``.

What was measured to pay: conditions that compare variables with constants become one masked comparison for each word;
constants that an action assigns become one mask and one pattern; a domain is checked at run time only where the
terms' own intervals do not already show that the value lies inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import z3

from cwmpcheck.compile.dag import Node
from cwmpcheck.compile.packing import Condition, packing_of, watch_order
from cwmpcheck.compile.printing import Language, Printer, binary, joined, pairwise
from cwmpcheck.compile.symmetry import symmetry_of
from cwmpcheck.kernel import Action, DeclarationError, System

C = Language(
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
        "if": lambda o: f"({o[0]} ? {o[1]} : {o[2]})",
    },
    literal=lambda node: str(node.value) if node.boolean else f"({node.value}LL)",
    local=lambda name, text, node: f"const i64 {name} = {text};",
)

PRELUDE = """#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/mman.h>
typedef uint64_t u64; typedef int64_t i64; typedef uint32_t u32; typedef uint8_t u8;
typedef struct Search Search;
#define NOINLINE __attribute__((noinline))
#define EXPORT __attribute__((visibility("default")))
"""

CHUNK = 24
"""How many actions or watches share one C function: longer ones take the compiler disproportionately long."""


class CodeWriter:
    """Writes the pieces of a system's C text."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.packing = packing_of(system)
        self.layout = self.packing.layout
        self.dag = self.packing.dag
        self.printer = Printer(self.dag, C, self.constant)

    def constant(self, node: Node) -> str:
        """A variable or a parameter as C reads it."""
        if node.name in self.packing.parameters:
            return f"p[{self.packing.parameters[node.name]}]"
        if node.name not in self.packing.places:
            raise DeclarationError(f"a term mentions {node.name}, which is no variable or parameter of the system")
        field = self.packing.places[node.name]
        if not field.width:
            return f"({field.low}LL)"
        bits = f"(i64)((s{field.word} >> {field.shift}) & {(1 << field.width) - 1}ULL)"
        return f"({bits} + ({field.low}LL))" if field.low else f"({bits})"

    def words(self) -> str:
        """The statements that load the words of the state."""
        return " ".join(f"const u64 s{i} = s[{i}];" for i in range(self.layout.words))

    def condition(self, condition: Condition, prefix: str) -> tuple[list[str], str]:
        """A conjunction: shared parts first, then one expression."""
        if condition.never:
            return [], "0"
        tests = [f"(s{test.word} & {test.mask}ULL) == {test.pattern}ULL" for test in condition.tests]
        statements, texts = self.printer.write(condition.others, prefix)
        return statements, " && ".join([*tests, *texts]) or "1"

    def action(self, number: int, action: Action, watches: Sequence[tuple[int, z3.BoolRef]]) -> list[str]:
        """One action: its condition, what is watched on it, and its successor."""
        statements, condition = self.condition(self.packing.guard(action), "g")
        lines = [*statements, f"if ({condition}) {{"]
        shared, texts = self.printer.write(self.dag.add_all(term for _, term in watches), "w")
        lines += shared
        lines += [
            f"if (x->pending[{watch}] && {text}) hit(x, {watch}, x->next - 1, {number});"
            for (watch, _), text in zip(watches, texts, strict=True)
        ]
        return ["{", *lines, *self.successor(number, action), "}", "}"]

    def successor(self, number: int, action: Action) -> list[str]:
        """The writes of an action into the next free step of ``out``."""
        writes = self.packing.writes(action)
        lines, texts = self.printer.write([move.term for move in writes.moves], "t")
        checks: list[str] = []
        moving: list[list[str]] = [[] for _ in writes.masks]
        for move, text in zip(writes.moves, texts, strict=True):
            value, low = f"to{move.place}", move.field.low
            lines.append(f"i64 {value} = {text};")
            if move.ceiling is not None:
                lines.append(f"if ({value} > {move.ceiling}) {value} = {move.ceiling};")
            outside = [f"{value} < ({move.lowest}LL)"] if move.lowest is not None else []
            outside += [f"{value} > ({move.highest}LL)"] if move.highest is not None else []
            if outside:
                checks.append(f"if ({' || '.join(outside)}) leaves(x, {number}, {move.place}, {value}); else")
            moved = f"{value} - ({low}LL)" if low else value
            moving[move.field.word].append(f"((u64)({moved}) << {move.field.shift})")
        stores = [
            f"out[n].w[{i}] = " + " | ".join([f"(s{i} & {~mask & (2**64 - 1)}ULL)", f"{pattern}ULL", *dynamic]) + ";"
            for i, (mask, pattern, dynamic) in enumerate(zip(writes.masks, writes.patterns, moving, strict=True))
        ]
        return [*lines, *checks, "{", *stores, f"out[n].action = {number};", "n++;", "}"]


def _chunks(lines: Sequence[list[str]]) -> list[list[str]]:
    return [[line for part in lines[i : i + CHUNK] for line in part] for i in range(0, len(lines), CHUNK)]


def _defines(writer: CodeWriter) -> str:
    words = writer.layout.words
    system = writer.system
    mixed = "(w)[0]"
    for i in range(1, words):
        # Two words that change together must not cancel out, so each is multiplied in turn.
        mixed = f"(({mixed}) ^ (({mixed}) >> 29)) * 0xbf58476d1ce4e5b9ULL + (w)[{i}]"
    sizes = {
        "WORDS": words,
        "ACTIONS": len(system.actions),
        "WATCHES": len(system.watches),
        "STATE_WATCHES": sum(watch.state is not None for watch in system.watches),
        "PARAMETERS": len(system.parameters),
    }
    lines = [f"#define {name} {value}" for name, value in sizes.items()]
    same = " && ".join(f"(a)[{i}] == (b)[{i}]" for i in range(words))
    copy = " ".join(f"(a)[{i}] = (b)[{i}];" for i in range(words))
    lines += [f"#define SAME(a, b) ({same})", f"#define COPY(a, b) do {{ {copy} }} while (0)"]
    lines.append(f"static inline u64 mixed(const u64 *w) {{ return {mixed}; }}")
    lines.append("#define HASH(w) ((mixed(w) ^ (mixed(w) >> 32)) * 0x9e3779b97f4a7c15ULL)")
    return "\n".join(lines)


def _functions(name: str, head: str, parts: list[list[str]], before: str, after: str) -> tuple[str, list[str]]:
    texts, calls = [], []
    for i, part in enumerate(_chunks(parts)):
        texts.append(
            f"static NOINLINE {head.format(name=f'{name}_{i}')} {{\n{before}\n" + "\n".join(part) + f"\n{after}\n}}"
        )
        calls.append(f"{name}_{i}")
    return "\n".join(texts), calls


def search_source(system: System, *, symmetry: bool = False) -> str:
    """The C text that searches a system; parameters are values at run time.

    Args:
        system: what to search.
        symmetry: whether every state found is brought into its canonical form.
    """
    writer = CodeWriter(system)
    order = watch_order(system)
    unused = "(void)p;" + "".join(f" (void)s{i};" for i in range(writer.layout.words))
    before = f"const i64 *p = x->p; {writer.words()} {unused}"
    actions = []
    for number, action in enumerate(system.actions):
        watched = [(i, watch.step[action.name]) for i, watch in enumerate(order) if action.name in watch.step]
        actions.append(writer.action(number, action, watched))
    head = "int {name}(Search *x, const u64 *s, Step *out, int n)"
    expanders, calls = _functions("expand", head, actions, before, "return n;")
    expand = "".join(f"n = {call}(x, s, out, n); " for call in calls)
    watches = []
    for i, watch in enumerate(order):
        if watch.state is not None:
            statements, condition = writer.condition(writer.packing.condition([writer.dag.add(watch.state)]), "g")
            watches.append([f"if (x->pending[{i}]) {{", *statements, f"if ({condition}) hit(x, {i}, number, -1);", "}"])
    head = "void {name}(Search *x, const u64 *s, u64 number)"
    watchers, watch_calls = _functions("watch", head, watches, before, "")
    watch_state = "".join(f"{call}(x, s, number); " for call in watch_calls)
    return "\n".join(
        [
            PRELUDE,
            _defines(writer),
            f"static void canonical(u64 *w) {{ {symmetry_of(system).c_text()} }}" if symmetry else "",
            f"#define CANONICAL(w) {'canonical(w)' if symmetry else '(void)0'}",
            Path(__file__).with_name("search.c").read_text(encoding="utf-8"),
            expanders,
            f"static int expand(Search *x, const u64 *s, Step *out) {{ int n = 0; {expand}return n; }}",
            watchers,
            f"static void watch_state(Search *x, const u64 *s, u64 number) {{ {watch_state}}}",
            "",
        ]
    )


def guards_source(system: System) -> str:
    """The C text that tells each guard of each action apart, which the search has no need to."""
    writer = CodeWriter(system)
    parts: list[list[str]] = []
    for number, action in enumerate(system.actions):
        statements, texts = writer.printer.write(writer.dag.add_all(g.term for g in action.guards), "g")
        stores = [f"out[{number}][{i}] = (u8)({text});" for i, text in enumerate(texts)]
        parts.append(["{", *statements, *stores, "}"])
    most = max((len(action.guards) for action in system.actions), default=0)
    unused = "(void)p;" + "".join(f" (void)s{i};" for i in range(writer.layout.words))
    head = f"void {{name}}(const i64 *p, const u64 *s, u8 (*out)[{most + 1}])"
    functions, calls = _functions("guards", head, parts, f"{writer.words()} {unused}", "")
    every = "".join(f"{call}(p, s, out); " for call in calls)
    counts = ", ".join(str(len(action.guards)) for action in system.actions)
    return "\n".join(
        [
            PRELUDE,
            f"enum {{ ACTIONS = {len(system.actions)}, MOST = {most + 1}, WORDS = {writer.layout.words} }};",
            f"static const int guards_in[ACTIONS + 1] = {{ {counts} }};",
            functions,
            f"EXPORT void guards_of(const i64 *p, const u64 *s, u8 (*out)[MOST]) {{ {every}}}",
            SOLE,
        ]
    )


SOLE = """
/* For each guard, in how many of the states it was the only false one of its action. */
EXPORT void sole_false(const i64 *p, const u64 *states, u64 count, u64 (*sole)[MOST]) {
    static _Thread_local u8 truths[ACTIONS + 1][MOST];
    for (u64 i = 0; i < count; i++) {
        guards_of(p, states + i * WORDS, truths);
        for (int a = 0; a < ACTIONS; a++) {
            int wrong = 0, which = 0;
            for (int g = 0; g < guards_in[a] && wrong < 2; g++)
                if (!truths[a][g]) { wrong++; which = g; }
            if (wrong == 1) sole[a][which]++;
        }
    }
}
"""
