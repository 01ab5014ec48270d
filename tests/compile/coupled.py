"""Random systems of two or three loosely coupled modules: a shared budget, shared slots, a common tick, a glance aside."""

from __future__ import annotations

import z3
from hypothesis import strategies as st

from cwmpcheck.kernel import BOOLEAN, Action, Domain, Guard, Parameter, Range, System, Term, Variable, Watch


def term(variable: Variable) -> z3.ExprRef:
    """The constant that stands for a variable."""
    return variable.domain.constant(variable.name)


@st.composite
def conditions(draw: st.DrawFn, variables: list[Variable]) -> z3.BoolRef:
    """A comparison of one variable with a value, or two of them joined."""
    atoms = []
    for _ in range(draw(st.integers(1, 2))):
        variable = draw(st.sampled_from(variables))
        value = draw(st.integers(variable.domain.low, variable.domain.high))
        if isinstance(variable.domain, Range):
            atoms.append(draw(st.sampled_from([term(variable) == value, term(variable) <= value])))
        else:
            atoms.append(term(variable) if value else z3.Not(term(variable)))
    return draw(st.sampled_from([z3.And, z3.Or]))(*atoms)


@st.composite
def updates(draw: st.DrawFn, variables: list[Variable], *, wild: bool) -> dict[str, Term]:
    """New values for one or two variables; a wild one may leave its domain."""
    made = {}
    for variable in draw(st.lists(st.sampled_from(variables), min_size=1, max_size=2, unique=True)):
        now, domain = term(variable), variable.domain
        if not isinstance(domain, Range):
            value = draw(st.sampled_from([z3.Not(now), z3.BoolVal(True), z3.BoolVal(False)]))
        elif wild:
            value = now + 1
        else:
            up, down = z3.If(now < domain.high, now + 1, z3.IntVal(0)), z3.If(now > 0, now - 1, now)
            value = draw(st.sampled_from([up, up, down, z3.IntVal(0), z3.IntVal(domain.high)]))
        made[variable.name] = Term(value, domain)
    return made


@st.composite
def coupled(draw: st.DrawFn) -> System:
    """Modules that mostly move alone, and sometimes together or under each other's conditions."""
    shapes: tuple[Domain, ...] = (BOOLEAN, Range(0, 2), Range(0, 3))
    modules = [
        [Variable(f"m[{m}].v{i}", draw(st.sampled_from(shapes)), 0) for i in range(draw(st.integers(1, 3)))]
        for m in range(draw(st.integers(2, 3)))
    ]
    budget = Variable("budget", Range(0, 2), draw(st.integers(0, 2)))
    clock = Variable("clock", Range(0, 2), 0, timer=True)
    everything = [variable for module in modules for variable in module]
    wild = draw(st.integers(0, 14)) == 0
    actions = []
    for m, module in enumerate(modules):
        for i in range(draw(st.integers(2, 5))):
            guard = Guard(draw(conditions(module)), "local")
            actions.append(Action(f"move({m}, {i})", "party", (guard,), draw(updates(module, wild=wild))))
    for m, module in enumerate(modules):
        if draw(st.booleans()):
            guards = (Guard(term(budget) > 0, "budget"), Guard(draw(conditions(module)), "local"))
            spend = {"budget": Term(term(budget) - 1, budget.domain)}
            actions.append(Action(f"spend({m})", "party", guards, draw(updates(module, wild=False)) | spend))
        if draw(st.booleans()):
            busy = [z3.If(draw(conditions(other)), z3.IntVal(1), z3.IntVal(0)) for other in modules]
            slots = Guard(z3.Sum(*busy) <= draw(st.integers(0, 2)), "a slot is free")
            actions.append(Action(f"start({m})", "party", (slots,), draw(updates(module, wild=False))))
        other = draw(st.sampled_from([each for each in modules if each is not module]))
        source = draw(st.sampled_from(other))
        if draw(st.booleans()) and isinstance(source.domain, Range):
            target = next((v for v in module if isinstance(v.domain, Range)), None)
            if target is not None:
                value = z3.If(term(source) > target.domain.high, z3.IntVal(0), term(source))
                copied = {target.name: Term(value, target.domain)}
                actions.append(Action(f"copy({m})", "party", (Guard(draw(conditions(module)), "local"),), copied))
    if draw(st.booleans()):
        moving = [draw(conditions(module)) for module in modules]
        new: dict[str, Term] = {"clock": Term(term(clock) + draw(st.integers(0, 1)), clock.domain)}
        for module, when in zip(modules, moving, strict=True):
            for name, after in draw(updates(module, wild=False)).items():
                before = next(term(v) for v in module if v.name == name)
                new[name] = Term(z3.If(when, after.expr, before), after.domain)
        actions.append(Action("tick", "time", (Guard(z3.Or(*moving), "something waits"),), new))
    level = Parameter("level", Range(0, 2), draw(st.integers(0, 2)))
    names = [action.name for action in actions]
    steps = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    alike = z3.And(draw(conditions(everything)), draw(conditions(everything)), term(budget) <= level.term.expr)
    watches = (
        Watch("state", alike),
        Watch("local", draw(conditions(modules[0]))),
        Watch("step", None, {name: draw(conditions(everything)) for name in steps}),
        Watch("both", z3.And(*(draw(conditions(module)) for module in modules)), {steps[0]: term(budget) == 0}),
    )
    return System("coupled", (*everything, budget, clock), tuple(actions), (level,), {}, watches)
