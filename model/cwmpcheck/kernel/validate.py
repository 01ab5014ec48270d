"""Whether a system means what it says: refusals before any engine runs, each with its place and its remedy.

An engine trusts a validated system: every name is declared, every rule exists, every message has its fields, and no write
can leave its domain. What z3 cannot decide in time is a complaint too, never silently fine.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

import z3

from cwmpcheck.kernel.actions import Action, Shown
from cwmpcheck.kernel.complaints import Complaint, Problem
from cwmpcheck.kernel.domains import Boolean, Domain, OneOf, Value
from cwmpcheck.kernel.errors import DeclarationError
from cwmpcheck.kernel.monitor import observed
from cwmpcheck.kernel.proof import Answer, Finding, Proof, at_start
from cwmpcheck.kernel.shape import Record
from cwmpcheck.kernel.system import System
from cwmpcheck.kernel.terms import Term
from cwmpcheck.vocabulary.errors import UsageError
from cwmpcheck.vocabulary.rules import rule

NOTHING_REQUIRED: Mapping[Value, frozenset[str]] = {}


def validate(
    system: System,
    *,
    observation: type[Record] | None = None,
    required_fields: Mapping[Value, frozenset[str]] = NOTHING_REQUIRED,
    milliseconds: int = 2000,
) -> tuple[Complaint, ...]:
    """Everything that is wrong with a system; empty when it is clean.

    Auxiliary invariants are assumed in the proofs. Each is itself shown to hold at the start and to follow from
    all of them in one step; where it does not, a warning says that an explicit engine has to check it.

    Args:
        system: what to look at.
        observation: the record of what can be seen, whose ``kind`` is the enumeration of kinds; without it kinds
            and fields are taken as they come.
        required_fields: by kind, the fields that such a message must be given.
        milliseconds: how long one question to the solver may take.
    """
    found = [*_names(system), *_terms(system)]
    for action in system.actions:
        found += _words(action)
        found += _rules(action)
        for shown in action.shown:
            found += _message(action, shown, observation, required_fields)
    if not any(complaint.problem in (Problem.UNDECLARED, Problem.WRONG_SORT) for complaint in found):
        found += _proofs(system, observation, milliseconds)
    return tuple(found)


def check(
    system: System,
    *,
    observation: type[Record] | None = None,
    required_fields: Mapping[Value, frozenset[str]] = NOTHING_REQUIRED,
    milliseconds: int = 2000,
) -> None:
    """Refuse a system that ``validate`` complains of; warnings pass.

    Raises:
        DeclarationError: the first complaint, and how many there are.
    """
    complaints = validate(system, observation=observation, required_fields=required_fields, milliseconds=milliseconds)
    grave = [complaint for complaint in complaints if not complaint.warning]
    if grave:
        first = grave[0]
        more = f" (the first of {len(grave)} complaints of system {system.name})" if len(grave) > 1 else ""
        raise DeclarationError(first.what + more, action=first.action, place=first.place)


def _about(action: Action, problem: Problem, what: str) -> Complaint:
    return Complaint(problem, what, action.name, action.place or None)


def _names(system: System) -> Iterator[Complaint]:
    for action, count in Counter(action.name for action in system.actions).items():
        if count > 1:
            places = ", ".join(a.place for a in system.actions if a.name == action and a.place)
            what = f"{count} actions are called {action}; rename all but one"
            yield Complaint(Problem.NAME_TWICE, what, action, places or None)
    named = [v.name for v in system.variables] + [p.name for p in system.parameters]
    for name, count in Counter(named).items():
        if count > 1:
            yield Complaint(
                Problem.NAME_TWICE, f"{count} variables or parameters are called {name}; rename all but one"
            )


def _domains(system: System) -> dict[str, Domain]:
    return {v.name: v.domain for v in system.variables} | {p.name: p.domain for p in system.parameters}


def _terms(system: System) -> Iterator[Complaint]:
    """Undeclared names, foreign sorts, and what starts outside."""
    domains = _domains(system)
    for action in system.actions:
        labelled = [(f"the guard {guard.reason!r}", guard.term) for guard in action.guards]
        labelled += [(f"the update of {name}", term.expr) for name, term in action.updates.items()]
        labelled += [(f"the field {n} of {_label(s.kind)}", t.expr) for s in action.shown for n, t in s.fields.items()]
        for what, term in labelled:
            for stranger in _strangers(term, domains):
                yield _about(
                    action, Problem.UNDECLARED, f"{what} mentions {stranger}; declare it, or mend the spelling"
                )
        yield from _assigned(action, {v.name: v.domain for v in system.variables})
    for name, term in system.auxiliary.items():
        for stranger in _strangers(term, domains):
            what = f"the auxiliary invariant {name!r} mentions {stranger}; declare it, or mend the spelling"
            yield Complaint(Problem.UNDECLARED, what)
    starts = [(v.name, v.domain, v.initial) for v in system.variables]
    starts += [(p.name, p.domain, p.default) for p in system.parameters]
    for name, domain, number in starts:
        if not domain.low <= number <= domain.high:
            what = (
                f"{name} starts with {number}, outside {domain.low}..{domain.high}: widen the domain or start inside it"
            )
            yield Complaint(Problem.INITIAL, what)


def _assigned(action: Action, variables: Mapping[str, Domain]) -> Iterator[Complaint]:
    for name, term in action.updates.items():
        domain = variables.get(name)
        if domain is None:
            yield _about(action, Problem.UNDECLARED, f"it assigns {name}, which is no variable of the system")
        elif isinstance(domain, Boolean) != z3.is_bool(term.expr):
            needed = "a truth value" if isinstance(domain, Boolean) else "a number"
            yield _about(action, Problem.WRONG_SORT, f"it assigns {term.expr} to {name}, which holds {needed}")


def _strangers(term: z3.ExprRef, domains: Mapping[str, Domain]) -> list[str]:
    """Constants that are not declared, or declared as something else; the sort counts, or a solver sees two."""
    found: dict[str, None] = {}
    visited: set[int] = set()
    todo = [term]
    while todo:
        node = todo.pop()
        if node.get_id() in visited:
            continue
        visited.add(node.get_id())
        if z3.is_const(node) and node.decl().kind() == z3.Z3_OP_UNINTERPRETED:
            name = node.decl().name()
            if name not in domains:
                found[f"{name}, which the system does not declare"] = None
            elif isinstance(domains[name], Boolean) != z3.is_bool(node):
                found[f"{name} as a {node.sort()}, which it is not"] = None
        todo.extend(node.children())
    return list(found)


def _words(action: Action) -> Iterator[Complaint]:
    if not action.summary.strip():
        yield _about(action, Problem.NO_WORDS, "it has no docstring; say in a sentence what is done")
    for guard in action.guards:
        if not guard.reason.strip():
            yield _about(
                action, Problem.NO_WORDS, f"the guard {guard.term} has no reason; say it in the reader's words"
            )
    if not action.updates and not action.shown:
        yield _about(action, Problem.IDLE, "it assigns nothing and shows nothing; give it an effect or leave it out")


def _rules(action: Action) -> Iterator[Complaint]:
    cited = [("it cites", id) for id in action.cites]
    cited += [(f"the guard {guard.reason!r} cites", guard.rule) for guard in action.guards if guard.rule is not None]
    for who, id in cited:
        try:
            rule(id)
        except UsageError as error:
            yield _about(action, Problem.NO_RULE, f"{who} {id}: {error}")


def _label(kind: Value) -> str:
    return str(getattr(kind, "name", kind))


def _message(
    action: Action, shown: Shown, observation: type[Record] | None, required: Mapping[Value, frozenset[str]]
) -> Iterator[Complaint]:
    missing = sorted(required.get(shown.kind, frozenset()) - set(shown.fields))
    if missing:
        what = f"{_label(shown.kind)} is shown without {', '.join(missing)}; its kind needs {'them' if missing[1:] else 'it'}"
        yield _about(action, Problem.FIELD_MISSING, what)
    if observation is None:
        return
    kinds = next((v.domain for v in observation.variables() if v.name == "kind"), None)
    if not isinstance(kinds, OneOf) or not isinstance(shown.kind, kinds.members):
        have = kinds.members.__name__ if isinstance(kinds, OneOf) else "no kinds"
        yield _about(action, Problem.NO_KIND, f"it shows {shown.kind!r}, and the observation has {have}")
    try:
        observed(observation, {name: term for name, term in shown.fields.items() if name != "kind"})
    except DeclarationError as error:
        yield _about(action, Problem.NO_FIELD, f"{_label(shown.kind)}: {error.what}")


def _proofs(system: System, observation: type[Record] | None, milliseconds: int) -> Iterator[Complaint]:
    """What needs the solver; every term is known to mention declared names only."""
    proof = Proof(system, milliseconds)
    yield from _claims_at_start(system, milliseconds)
    seen = {v.name: v.domain for v in observation.variables()} if observation is not None else {}
    variables = {v.name: v for v in system.variables}
    for action in system.actions:
        with proof.taking(action) as possible:
            if possible.answer is Answer.REFUTED:
                reasons = " and ".join(repr(action.guards[i].reason) for i in possible.guards)
                yield _about(action, Problem.DEAD, f"it can never be taken: {reasons or 'its guards'} cannot hold")
                continue
            if possible.answer is Answer.OPEN:
                yield _about(action, Problem.UNDECIDED, f"whether its guards can hold is open after {milliseconds} ms")
            for name, term in action.updates.items():
                variable = variables[name]
                high = None if variable.timer else variable.domain.high
                yield from _stays(action, f"sets {name}", term, variable.domain.low, high, proof)
            for shown in action.shown:
                for name in shown.fields.keys() & seen.keys():
                    what = f"shows {_label(shown.kind)} with {name}"
                    yield from _stays(action, what, shown.fields[name], seen[name].low, seen[name].high, proof)
            yield from _claims_kept(system, action, proof)


def _stays(action: Action, what: str, term: Term, low: int, high: int | None, proof: Proof) -> Iterator[Complaint]:
    finding = proof.inside(term.expr, low, high)
    if finding.answer is Answer.SHOWN:
        return
    bounds = f"{low}..{'' if high is None else high}"
    if finding.answer is Answer.OPEN:
        yield _about(action, Problem.UNDECIDED, f"it {what} to a value that could not be shown to stay inside {bounds}")
        return
    remedy = "widen the domain, guard the action, or declare an auxiliary invariant"
    yield _about(action, Problem.OUTSIDE, f"it {what} outside {bounds}{_when(finding)}: {remedy}")


def _when(finding: Finding) -> str:
    return f", as when {finding.example}" if finding.example else ""


def _claims_at_start(system: System, milliseconds: int) -> Iterator[Complaint]:
    """Whether the claims hold in the initial state, whatever the parameters are; nothing is assumed here."""
    proof = Proof(replace(system, auxiliary={}), milliseconds)
    for name, claim in system.auxiliary.items():
        finding = proof.never(z3.Not(at_start(claim, system.variables)), claim)
        if finding.answer is Answer.REFUTED:
            what = f"the auxiliary invariant {name!r} is false in the initial state; mend it or the initial values"
            yield Complaint(Problem.INITIAL, what)
        elif finding.answer is Answer.OPEN:
            yield Complaint(Problem.UNDECIDED, f"whether the auxiliary invariant {name!r} holds at the start is open")


def _claims_kept(system: System, action: Action, proof: Proof) -> Iterator[Complaint]:
    after = [
        (v.domain.constant(v.name), action.updates[v.name].expr) for v in system.variables if v.name in action.updates
    ]
    for name, claim in system.auxiliary.items():
        later = z3.substitute(claim, *after)
        finding = proof.never(z3.Not(later), claim, later)
        if finding.answer is not Answer.SHOWN:
            what = f"the auxiliary invariant {name!r} is not shown to survive it{_when(finding)}: check it by exploring"
            yield _about(action, Problem.NOT_INDUCTIVE, what)
