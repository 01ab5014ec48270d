"""State machines generated from actions find, shrink and print what must not occur, and get about."""

from __future__ import annotations

import enum
import io
from contextlib import redirect_stdout

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.engines.classics import At, Counting, Delays, Two, alternating_bit, counter, delayed, peterson

from cwmpcheck.compile import compile_python
from cwmpcheck.engines.stateful import ModelMachine, WatchOccurred, state_machine, stateful_check
from cwmpcheck.engines.verdicts import HoldsWithin, Refuted, Unknown
from cwmpcheck.kernel import (
    DeclarationError,
    OneOf,
    Party,
    Range,
    Record,
    System,
    Watch,
    compose,
    require,
    state_of,
    var,
)

QUIET = settings(
    max_examples=60,
    stateful_step_count=30,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)


def watched(system: System) -> System:
    """Peterson's algorithm looking out for two processes inside."""
    s = state_of(Two)
    both = (s.process[0].at == At.CRITICAL) & (s.process[1].at == At.CRITICAL)
    return system.with_watches([Watch("both inside", both.expr)])


def test_a_sound_algorithm_passes_and_no_more_is_claimed() -> None:
    """Random runs never prove anything: the verdict names how many there were."""
    verdict = stateful_check(watched(peterson()), {"both inside"}, max_examples=50, steps=40)
    assert verdict == HoldsWithin("50 random runs of at most 40 steps; every action taken")


def test_a_failing_run_shrinks_to_a_shortest_one() -> None:
    """The run into the critical section of both shrinks to the six steps that it takes."""
    verdict = stateful_check(watched(peterson(polite=False)), {"both inside"}, max_examples=200, steps=40)
    assert isinstance(verdict, Refuted)
    assert len(verdict.path) == 6


def test_a_seed_repeats_the_check() -> None:
    """The same seed finds the same run."""
    system = watched(peterson(polite=False))
    first, second = (stateful_check(system, {"both inside"}, max_examples=100, seed=2) for _ in range(2))
    assert isinstance(first, Refuted)
    assert first == second


@pytest.fixture(scope="module")
def failure() -> tuple[type[ModelMachine], WatchOccurred]:
    """A machine that hypothesis made fail, and how."""
    machine = state_machine(watched(peterson(polite=False)), forbidden={"both inside"})
    with redirect_stdout(io.StringIO()), pytest.raises(WatchOccurred) as caught:
        run_state_machine_as_test(machine, settings=QUIET)
    return machine, caught.value


def test_a_failure_prints_text_that_repeats_it(failure: tuple[type[ModelMachine], WatchOccurred]) -> None:
    """What hypothesis prints runs as Python and ends in the same failure, with actions called by name."""
    machine, found = failure
    script = [line for note in found.__notes__ for line in note.splitlines() if line.startswith("state")]
    assert "state.want_i_0()" in script
    with pytest.raises(WatchOccurred) as again:
        exec("\n".join(script), {"Machine": machine})  # noqa: S102  # the very text that the test is about
    assert again.value.path == found.path


def test_the_message_tells_the_run(failure: tuple[type[ModelMachine], WatchOccurred]) -> None:
    """A reader sees what occurred, and who did what."""
    _, found = failure
    assert str(found).startswith("both inside occurred after 6 steps\n1. process")
    assert [step.action for step in found.path.steps] == [line.split(": ")[1] for line in str(found).splitlines()[1:]]


def test_there_is_a_rule_for_each_action_enabled_by_its_guards() -> None:
    """Names become Python names, and a rule's precondition is the action's guards at the current state."""
    system = alternating_bit()
    machine = state_machine(system)
    rules = {rule.function.__name__: rule for rule in machine.setup_state().rules}
    assert set(rules) == {action.name for action in system.actions} | {"advance", "rest"}
    run = machine()
    backend = compile_python(system)
    for name in ("send", "receive", "send", "acknowledged"):
        enabled = {system.actions[i].name for i in backend.enabled(run.state)}
        assert enabled == {a.name for a in system.actions if rules[a.name].preconditions[0](run)}
        getattr(run, name)()


def test_names_that_hypothesis_or_python_use_are_given_way_to() -> None:
    """Actions called as Python words or as methods of the machine get a name of their own."""

    class Nothing(Record):
        n = var(Range(0, 1), 0)

    party: Party[Nothing] = Party("party")
    for name in ("teardown", "advance", "take", "bundle"):

        def body(s: Nothing) -> None:
            s.n = 1

        body.__name__ = name
        party.action()(body)
    machine = state_machine(compose("names", Nothing, [party]))
    names = {rule.function.__name__ for rule in machine.setup_state().rules}
    assert names == {"teardown_", "advance_", "take_", "bundle_", "advance", "rest"}


class Stage(enum.Enum):
    """Twenty stages in a row."""

    S0, S1, S2, S3, S4, S5, S6, S7, S8, S9, S10, S11, S12, S13, S14, S15, S16, S17, S18, S19 = range(20)


class Staged(Record):
    """How far it has come."""

    stage = var(OneOf(Stage), Stage.S0)


def staircase() -> System:
    """Twenty actions of which only one and a step back are ever enabled."""
    party: Party[Staged] = Party("party")

    @party.action(n=list(range(19)))
    def climb(s: Staged, n: int) -> None:
        """One stage up."""
        require(s.stage == list(Stage)[n], "at the stage below")
        s.stage = list(Stage)[n + 1]

    @party.action()
    def fall(s: Staged) -> None:
        """Back to the start."""
        require(s.stage != Stage.S0, "off the ground")
        s.stage = Stage.S0

    return compose("staircase", Staged, [party])


def test_a_machine_of_which_most_rules_are_disabled_gets_on() -> None:
    """The top of a staircase is reached though one of twenty rules is enabled at a time, and each step may fall back."""
    top = Watch("top", (state_of(Staged).stage == Stage.S19).expr)
    verdict = stateful_check(staircase().with_watches([top]), {"top"}, max_examples=100, steps=60)
    assert isinstance(verdict, Refuted)
    assert len(verdict.path) == 19


def test_coverage_is_counted_for_each_action() -> None:
    """A machine class remembers how often each action was taken over all its runs."""
    machine = state_machine(counter())
    run_state_machine_as_test(machine, settings=QUIET)
    assert set(machine.fired) == {"up", "reset", "finish"}
    assert state_machine(counter()).fired == {}


def test_step_conditions_are_looked_out_for() -> None:
    """A watch on a step occurs when the action is taken where its condition holds."""
    full = (state_of(Counting).cell.count == 6).expr
    system = counter().with_watches([Watch("finished", None, {"finish": full})])
    verdict = stateful_check(system, {"finished"}, max_examples=100, steps=30)
    assert isinstance(verdict, Refuted)
    assert [step.action for step in verdict.path.steps] == ["up", "up", "up", "finish"]


def test_parameters_are_chosen_and_runs_may_end() -> None:
    """A careless worker is early where there is a delay; runs that come to an end are no error."""
    early = Watch("early", state_of(Delays).job[1].early.expr)
    system = delayed(careless=True).with_watches([early])
    assert isinstance(stateful_check(system, {"early"}, parameters={"delay": 0}, max_examples=30), HoldsWithin)
    verdict = stateful_check(system, {"early"}, parameters={"delay": 3}, max_examples=30)
    assert isinstance(verdict, Refuted)
    assert len(verdict.path) == 2


def test_a_property_broken_at_the_start_needs_no_step() -> None:
    """The initial state is judged too."""
    system = counter().with_watches([Watch("zero", (state_of(Counting).cell.count == 0).expr)])
    verdict = stateful_check(system, {"zero"}, max_examples=10)
    assert isinstance(verdict, Refuted)
    assert verdict.path.steps == ()


def test_a_system_in_which_nothing_happens_is_unknown() -> None:
    """No step was taken, so nothing was looked at worth the name."""

    class Still(Record):
        n = var(Range(0, 1), 0)

    party: Party[Still] = Party("party")

    @party.action()
    def never(s: Still) -> None:
        """Never enabled."""
        require(s.n == 1, "impossible")
        s.n = 0

    system = compose("still", Still, [party]).with_watches([Watch("one", (state_of(Still).n == 1).expr)])
    assert isinstance(stateful_check(system, {"one"}, max_examples=5), Unknown)


def test_forbidding_an_unknown_watch_is_refused() -> None:
    """A misspelt name would forbid nothing."""
    with pytest.raises(DeclarationError, match="boht inside"):
        state_machine(watched(peterson()), forbidden={"boht inside"})


class TestGenerated(state_machine(alternating_bit()).TestCase):  # type: ignore[misc]  # a base made by hypothesis
    """A generated machine is an ordinary test case of pytest."""

    settings = QUIET


def test_the_generated_class_is_a_model_machine() -> None:
    """Its attributes are part of the contract."""
    assert issubclass(state_machine(counter()), ModelMachine)
