"""Small random systems for engines to agree on."""

from __future__ import annotations

import z3
from hypothesis import strategies as st

from cwmpcheck.kernel import BOOLEAN, Action, Boolean, Domain, Guard, Parameter, Range, System, Term, Variable, Watch

DOMAINS: tuple[Domain, ...] = (BOOLEAN, Range(0, 2), Range(0, 3), Range(-1, 2))


@st.composite
def conditions(draw: st.DrawFn, variables: tuple[Variable, ...], parts: int = 2) -> z3.BoolRef:
    """A conjunction or disjunction of comparisons with values."""
    atoms = []
    for _ in range(draw(st.integers(1, parts))):
        variable = draw(st.sampled_from(variables))
        constant = variable.domain.constant(variable.name)
        if isinstance(variable.domain, Boolean):
            atoms.append(constant if draw(st.booleans()) else z3.Not(constant))
        else:
            value = draw(st.integers(variable.domain.low, variable.domain.high))
            atoms.append(
                draw(st.sampled_from([constant == value, constant <= value, constant > value, constant != value]))
            )
    return z3.And(*atoms) if draw(st.booleans()) else z3.Or(*atoms)


@st.composite
def updates(draw: st.DrawFn, variables: tuple[Variable, ...], level: Parameter) -> dict[str, Term]:
    """New values that stay inside the domains."""
    found = {}
    for variable in draw(st.lists(st.sampled_from(variables), min_size=1, max_size=2, unique=True)):
        domain, constant = variable.domain, variable.domain.constant(variable.name)
        if isinstance(domain, Boolean):
            expr = draw(st.sampled_from([z3.BoolVal(True), z3.BoolVal(False), z3.Not(constant)]))
        else:
            bounded = z3.If(level.term.expr <= domain.high, level.term.expr, z3.IntVal(domain.high))
            expr = draw(
                st.sampled_from(
                    [
                        z3.If(constant < domain.high, constant + 1, z3.IntVal(domain.low)),
                        z3.If(constant > domain.low, constant - 1, constant),
                        z3.IntVal(domain.high),
                        bounded,
                    ]
                )
            )
        found[variable.name] = Term(expr, domain)
    return found


@st.composite
def systems(draw: st.DrawFn) -> System:
    """A system of two to four variables, a parameter and up to five actions, with the watches ``state`` and ``step``."""
    names = [f"v[{i}].x" for i in range(draw(st.integers(2, 4)))]
    domains: list[Domain] = [draw(st.sampled_from(DOMAINS)) for _ in names]
    variables = tuple(Variable(name, domain, domain.low) for name, domain in zip(names, domains, strict=True))
    level = Parameter("level", Range(0, 3), draw(st.integers(0, 3)))
    actions = tuple(
        Action(
            f"a({i})",
            "party",
            (Guard(draw(conditions(variables)), "allowed"),) if draw(st.booleans()) else (),
            draw(updates(variables, level)),
        )
        for i in range(draw(st.integers(1, 5)))
    )
    some = draw(st.sets(st.sampled_from([action.name for action in actions]), min_size=1))
    watches = (
        Watch("state", z3.And(draw(conditions(variables, 3)), draw(conditions(variables)))),
        Watch("step", None, {name: draw(conditions(variables, 3)) for name in sorted(some)}),
    )
    return System("random", variables, actions, (level,), {}, watches)
