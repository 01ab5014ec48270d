"""Transcripts: a run by the names of its actions, and the dialogue it shows, to the letter.

A file holds blocks of commands, a line ``----``, and what the commands say, up to an empty line:

* ``scenario NAME [A-xx=option]...`` begins at the initial state and says nothing;
* ``show VARIABLE...`` says what variables hold;
* ``cannot ACTION`` says why the action is not enabled here (the guards that are false, with their rules);
* any other line is an action to be taken. It says what each end sees, or else, in brackets, what happened unseen.

Lines that begin with ``#`` tell what the transcript pins. ``pytest --rewrite-transcripts`` writes the files anew;
commit the changes only when you understand what caused them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cwmpcheck.compile import State, compile_python, evaluator
from cwmpcheck.compile.python import PythonBackend
from cwmpcheck.kernel import Action, Shown, System, Value
from cwmpcheck.protocol import SCENARIOS, Kind, Observation, reading, scenario

FOLDER = Path(__file__).parent / "transcripts"
FILES = sorted(FOLDER.glob("*.txt"))
LINE = "----"
ABSENT = ("no", "0")
DEFAULTS = {variable.name: variable.domain.show(variable.initial) for variable in Observation.variables()}


@dataclass
class Stage:
    """A run that is being told."""

    system: System
    parameters: Mapping[str, Value]
    backend: PythonBackend
    state: State
    used: set[str] = field(default_factory=set)

    @classmethod
    def at_start(cls, words: list[str]) -> Stage:
        """The initial state of a scenario under some readings."""
        name, *options = words
        chosen = scenario(name)
        parameters = dict(chosen.fixed)
        for option in options:
            id, _, member = option.partition("=")
            parameters[reading(id).parameter.name] = reading(id).choose(member)
        backend = compile_python(chosen.system, parameters)
        return cls(chosen.system, parameters, backend, backend.initial())

    def number(self, name: str) -> int:
        """The position of an action."""
        return self.system.actions.index(self.system.action(name))

    def false_guards(self, name: str) -> list[str]:
        """Why an action is not enabled: reasons, with rules where there are some."""
        number = self.number(name)
        guards = self.system.actions[number].guards
        truths = self.backend.guards(self.state, number)
        return [
            guard.reason + (f" [{guard.rule}]" if guard.rule else "")
            for guard, holds in zip(guards, truths, strict=True)
            if not holds
        ]

    def take(self, name: str) -> Iterator[str]:
        """Take an action; what it says."""
        false = self.false_guards(name)
        assert not false, f"{name} is not enabled: {'; '.join(false)}"
        number = self.number(name)
        action = self.system.actions[number]
        self.used.add(name)
        yield from self.said(action)
        self.state = self.backend.successor(self.state, number)

    def said(self, action: Action) -> Iterator[str]:
        """What each end sees of an action in this state."""
        for shown in action.shown:
            assert isinstance(shown.kind, Kind)
            fields = ", ".join(self.fields(shown))
            yield f"{shown.vantage}: {shown.kind.value}{f' ({fields})' if fields else ''}"
        if not action.shown:
            yield f"({action.party}: {action.summary.rstrip('.')})"

    def fields(self, shown: Shown) -> Iterator[str]:
        """Truth values that are so, by their name alone, and numbers; a 0 that is also the default is left out."""
        for name, term in shown.fields.items():
            text = term.domain.show(evaluator(self.system, term, self.parameters)(self.state))
            if text not in ABSENT or DEFAULTS[name] not in ABSENT:
                yield name if text == "yes" else f"{name}={text}"

    def show(self, names: list[str]) -> Iterator[str]:
        """What variables hold."""
        shown = self.system.show(self.state)
        yield from (f"{name} = {shown[name]}" for name in names)


def told(text: str) -> tuple[str, dict[str, set[str]]]:
    """A transcript with what its commands say today, and the actions it takes in each scenario."""
    blocks = []
    stage: Stage | None = None
    used: dict[str, set[str]] = {}
    for block in text.strip().split("\n\n"):
        commands = block.partition(f"\n{LINE}")[0].splitlines()
        lines: list[str] = []
        for command in commands:
            if command.startswith("#"):
                continue
            verb, *words = command.split(" ") if not command.endswith(")") else [command]
            if verb == "scenario":
                stage = Stage.at_start(words)
                continue
            assert stage is not None, "a transcript begins with a scenario"
            lines += obey(stage, command, verb, words)
            used.setdefault(stage.system.name, set()).update(stage.used)
        blocks.append("\n".join([*commands, LINE, *lines] if lines else commands))
    return "\n\n".join(blocks) + "\n", used


def obey(stage: Stage, command: str, verb: str, words: list[str]) -> list[str]:
    """What one command says."""
    if verb == "show":
        return list(stage.show(words))
    if command.startswith("cannot "):
        name = command.removeprefix("cannot ")
        false = stage.false_guards(name)
        assert false, f"{name} can be taken after all"
        return [f"{name} cannot be taken: {'; '.join(false)}"]
    return list(stage.take(command))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_dialogue_is_what_the_transcript_says(path: Path, pytestconfig: pytest.Config) -> None:
    """Every action can be taken where the transcript takes it, and both ends see exactly what it says."""
    written = path.read_text(encoding="utf-8")
    today, _ = told(written)
    if pytestconfig.getoption("--rewrite-transcripts"):
        path.write_text(today, encoding="utf-8")
    else:
        assert today == written


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_transcript_says_what_it_pins(path: Path) -> None:
    """A golden file that nobody can explain is one that nobody can mend."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# ")
    assert first.endswith(".")


def test_every_scenario_has_a_transcript() -> None:
    """A scenario that nobody has walked through is one that nobody has read."""
    used: dict[str, set[str]] = {}
    for path in FILES:
        for name, actions in told(path.read_text(encoding="utf-8"))[1].items():
            used.setdefault(name, set()).update(actions)
    assert {chosen.name for chosen in SCENARIOS} <= set(used)


def test_a_wrong_dialogue_is_noticed() -> None:
    """The comparison is to the letter: a transcript with a wrong answer is not what comes out."""
    wrong = f"# A CPE that boots says so.\nscenario unicast\nopen_session\n{LINE}\ncpe: {Kind.INFORM.value}\n"
    right = wrong.replace("Inform\n", "Inform (boot)\n")
    assert told(wrong)[0] == told(right)[0] == right


def test_an_action_that_is_not_enabled_is_refused_with_its_reason() -> None:
    """A transcript cannot take a step that the model does not have."""
    with pytest.raises(AssertionError, match="boot is not enabled: the CPE is off"):
        told("scenario unicast\nboot\n")
