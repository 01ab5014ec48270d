"""Small systems for the back ends: one that uses every kind of variable, and random ones."""

from __future__ import annotations

import enum

import z3
from hypothesis import strategies as st

from cwmpcheck.kernel import (
    BOOLEAN,
    Action,
    Boolean,
    Domain,
    Guard,
    OneOf,
    Parameter,
    Party,
    Range,
    Record,
    System,
    Term,
    Variable,
    Watch,
    both,
    choose,
    compose,
    flag,
    parameter,
    require,
    state_of,
    timer,
    var,
)


class Light(enum.Enum):
    """What a traffic light shows."""

    RED = 0
    GREEN = 1
    AMBER = 2


class Crossing(Record):
    """A traffic light with a button, a balance that may be negative, and fillers that need a second word."""

    light = var(OneOf(Light), Light.RED)
    pressed = flag()
    always_five = var(Range(5, 5), 5)
    balance = var(Range(-3, 4), 0)
    wait = timer(2)
    wide = var(Range(0, 2**40), 7)
    wider = var(Range(-(2**40), 2**40), -7)


def crossing() -> System:
    """A system that uses every kind of variable, parameters, and watches on states and on steps."""
    patience = parameter("patience", Range(0, 3), 1, unbounded=True)
    strict = parameter("strict", BOOLEAN, True)
    walker: Party[Crossing] = Party("walker")
    lamp: Party[Crossing] = Party("lamp")

    @walker.action()
    def press(s: Crossing) -> None:
        """Press the button once."""
        require(~s.pressed, "not pressed yet")
        s.pressed = True
        s.wait.set(patience.term)

    @walker.action(by=(-2, 1))
    def pay(s: Crossing, by: int) -> None:
        """Change the balance."""
        require(both(s.balance + by >= -3, s.balance + by <= 4), "the balance stays in its range")
        require(s.light.among(Light.RED, Light.AMBER), "cars may not pass")
        s.balance = s.balance + by

    @lamp.action()
    def change(s: Crossing) -> None:
        """Go to the next light."""
        require(s.wait.elapsed | ~strict.term, "the wait is over")
        require(s.pressed.implies(s.light != Light.GREEN) | (s.balance > 0), "nobody waits")
        s.light = choose(s.light == Light.RED, Light.GREEN, choose(s.light == Light.GREEN, Light.AMBER, Light.RED))
        s.pressed = s.pressed & (s.light != Light.RED)

    @lamp.action()
    def swap(s: Crossing) -> None:
        """Exchange signs between the fillers."""
        require(s.balance == 4, "a full balance")
        s.wide = choose(s.wide == 7, 2**40, 7)
        s.wider = choose(s.wider < 0, 2**40 - 1, -7)

    s = state_of(Crossing)
    system = compose("crossing", Crossing, [walker, lamp], parameters=[patience, strict])
    return system.with_watches(
        [
            Watch("green and broke", state=both(s.light == Light.GREEN, s.balance < 0).expr),
            Watch("late change", step={"change": (s.wait.running & s.pressed).expr, "tick": s.pressed.expr}),
            Watch("either way", state=(s.wide > 100).expr, step={"press": (s.balance == 2).expr}),
        ]
    )


class Full(Record):
    """One counter that overflows."""

    count = var(Range(-1, 2), 0)


def overflowing() -> System:
    """A system whose third step upwards would leave the domain, and whose second downwards would."""
    party: Party[Full] = Party("party")

    @party.action()
    def up(s: Full) -> None:
        """Count up without looking."""
        s.count = s.count + 1

    @party.action()
    def down(s: Full) -> None:
        """Count down from below 1, without looking further."""
        require(s.count < 1, "low")
        s.count = s.count - 1

    return compose("overflowing", Full, [party])


DOMAINS: tuple[Domain, ...] = (BOOLEAN, BOOLEAN, Range(0, 2), Range(-2, 1), Range(4, 4), OneOf(Light), Range(0, 2**50))


@st.composite
def numbers(draw: st.DrawFn, constants: list[Term], depth: int) -> z3.ArithRef:
    """A random integer term."""
    leaves = [c.expr for c in constants if not isinstance(c.domain, Boolean)]
    kind = draw(st.sampled_from(["leaf", "value", "add", "sub", "mul", "minus", "if"] if depth else ["leaf", "value"]))
    if kind == "value" or (kind == "leaf" and not leaves):
        return z3.IntVal(draw(st.integers(-3, 4)))
    if kind == "leaf":
        return draw(st.sampled_from(leaves))
    first = draw(numbers(constants, depth - 1))
    if kind == "minus":
        return -first
    second = draw(numbers(constants, depth - 1))
    if kind == "if":
        return z3.If(draw(truths(constants, depth - 1)), first, second)
    # Reuses the first operand, so that terms are graphs and not trees.
    return {"add": first + second + first, "sub": first - second, "mul": first * z3.IntVal(2)}[kind]


@st.composite
def truths(draw: st.DrawFn, constants: list[Term], depth: int) -> z3.BoolRef:
    """A random truth value."""
    leaves = [c.expr for c in constants if isinstance(c.domain, Boolean)]
    kinds = ["leaf", "order", "order", "equal", "distinct", "and", "or", "not", "implies", "iff", "xor", "if"]
    kind = draw(st.sampled_from(kinds if depth else ["leaf", "equal"]))
    if kind == "leaf":
        return draw(st.sampled_from([*leaves, z3.BoolVal(True), z3.BoolVal(False)]))
    if kind in ("order", "equal", "distinct"):
        a, b, c = (draw(numbers(constants, max(depth - 1, 0))) for _ in range(3))
        compare = draw(st.sampled_from([a < b, a <= b, a > b, a >= b]))
        return {"order": compare, "equal": a == b, "distinct": z3.Distinct(a, b, c)}[kind]
    a, b, c = (draw(truths(constants, depth - 1)) for _ in range(3))
    made = {"and": z3.And(a, b, c), "or": z3.Or(a, b, a), "not": z3.Not(a), "implies": z3.Implies(a, b)}
    made |= {"iff": a == b, "xor": z3.Xor(a, b), "if": z3.If(a, b, c)}
    return made[kind]


@st.composite
def updates(draw: st.DrawFn, variables: tuple[Variable, ...], constants: list[Term]) -> dict[str, Term]:
    """New values for some variables, most of them kept inside the domain."""
    made = {}
    for variable in draw(st.lists(st.sampled_from(variables), min_size=1, max_size=3, unique=True)):
        domain = variable.domain
        if isinstance(domain, Boolean):
            truth = draw(truths(constants, 2))
            made[variable.name] = Term(z3.Xor(truth, domain.constant(variable.name)), domain)
            continue
        value = draw(numbers(constants, 2)) + draw(st.integers(0, 1)) * domain.constant(variable.name)
        if draw(st.integers(0, 19)):
            floored = z3.If(value < domain.low, z3.IntVal(domain.low), value)
            wrapped = z3.IntVal(draw(st.sampled_from([domain.low, domain.high])))
            value = floored if variable.timer else z3.If(floored > domain.high, wrapped, floored)
        if domain.high > 2**20:  # a wide domain would have too many values to see them all
            value = z3.If(value > 1, z3.IntVal(domain.high), z3.IntVal(domain.low))
        made[variable.name] = Term(value, domain)
    return made


@st.composite
def systems(draw: st.DrawFn) -> System:
    """A random system of few variables, with terms of every operator, timers, parameters and watches."""
    domains = draw(st.lists(st.sampled_from(DOMAINS), min_size=3, max_size=6))
    variables = [
        Variable(f"v[{i}]", d, draw(st.integers(d.low, min(d.high, d.low + 3)))) for i, d in enumerate(domains)
    ]
    if draw(st.booleans()):
        variables.append(Variable("timer", Range(0, 2), 0, timer=True))
    rows = tuple(variables)
    extra = (
        Parameter("level", Range(-1, 3), draw(st.integers(-1, 3)), unbounded=draw(st.booleans())),
        Parameter("switch", BOOLEAN, draw(st.integers(0, 1))),
    )
    constants = [Term(v.domain.constant(v.name), v.domain) for v in rows] + [p.term for p in extra]
    actions = []
    for i in range(draw(st.integers(2, 5))):
        # A disjunction, or hardly anything would ever be enabled.
        allowed = [
            z3.Or(draw(truths(constants, 1)), draw(truths(constants, 2))) for _ in range(draw(st.integers(0, 2)))
        ]
        guards = [Guard(term, "allowed") for term in allowed]
        actions.append(Action(f"a{i}", "party", tuple(guards), draw(updates(rows, constants))))
    steps = draw(st.sets(st.sampled_from([action.name for action in actions])))
    watches = (
        Watch("state", draw(truths(constants, 2))),
        Watch("step", step={name: draw(truths(constants, 2)) for name in sorted(steps)}),
        Watch("both", draw(truths(constants, 3)), {name: draw(truths(constants, 1)) for name in sorted(steps)}),
    )
    return System("random", rows, tuple(actions), extra, {}, watches)
