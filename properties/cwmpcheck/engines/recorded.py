"""Runs as text: a script that a person can read and edit, and the rows that ``verify --format json`` prints.

A script has one action a line, by its whole name. ``#`` begins a comment. A line ``system: NAME`` says whose run it is,
``parameter: NAME = VALUE`` chooses a parameter, and ``loop:`` stands before the part that is repeated for ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cwmpcheck.compile import valuation
from cwmpcheck.engines.verdicts import Path, State
from cwmpcheck.kernel import System, Value
from cwmpcheck.vocabulary.errors import UnreadableInput

NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class RecordedStep:
    """One step of a run that somebody wrote down.

    Attributes:
        action: the name of the action, or None when only states were written down.
        where: the place in the text, as ``line 7``.
        changed: for some variables the value after the step, as text.
        state: the whole state after the step, or None.
    """

    action: str | None
    where: str
    changed: Mapping[str, str] = field(default_factory=dict)
    state: State | None = None


@dataclass(frozen=True)
class Recorded:
    """A run that somebody wrote down, not yet believed.

    Attributes:
        steps: in order.
        system: the name of the system, if it is told.
        parameters: chosen values as text, by name.
        initial: the initial state, if it is told.
        loop_from: how many steps precede the loop, or None.
    """

    steps: tuple[RecordedStep, ...]
    system: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    initial: State | None = None
    loop_from: int | None = None


def script(system: System, path: Path, parameters: Mapping[str, Value] | None = None) -> str:
    """A path as a script that ``parse_script`` reads and ``replay`` repeats.

    Args:
        system: whose path it is.
        path: the path.
        parameters: chosen values of parameters; all values are written down.
    """
    lines = [f"# {len(path)} steps; `cwmpcheck replay FILE` repeats them", f"system: {system.name}"]
    numbers = valuation(system, parameters)
    lines += [f"parameter: {p.name} = {p.domain.show(n)}" for p, n in zip(system.parameters, numbers, strict=True)]
    width = max((len(step.action) for step in path.steps), default=0)
    for step in path.steps:
        if path.loop_from == step.number - 1:
            lines.append("loop:")
        shown = f" {step.message}" if step.message else ""
        lines.append(f"{step.action:{width}}  # {step.number} {step.party}{shown}")
    return "\n".join(lines) + "\n"


def parse_script(text: str) -> Recorded:
    """A script as a run.

    Raises UnreadableInput, naming the line, when a line is no action and no heading, or when there is no action at all.

    >>> parse_script("parameter: DelaySeconds = 2\\nboot  # power is back").steps[0].action
    'boot'
    """
    steps: list[RecordedStep] = []
    headings: dict[str, str] = {}
    parameters: dict[str, str] = {}
    loop_from: int | None = None
    for number, line in enumerate(text.splitlines(), 1):
        content = line.split("#", 1)[0].strip()
        if not content:
            continue
        heading = re.fullmatch(r"(system|parameter|loop)\s*:\s*(.*)", content)
        if heading is None:
            if not re.fullmatch(r"\w+(\(.*\))?", content):
                raise UnreadableInput(
                    f"line {number}: {content!r} is no action; write one action a line, or # before a comment"
                )
            steps.append(RecordedStep(content, f"line {number}"))
        elif heading[1] == "loop":
            loop_from = len(steps)
        elif heading[1] == "system":
            headings["system"] = heading[2]
        else:
            name, equals, value = heading[2].partition("=")
            if not equals or not value.strip():
                raise UnreadableInput(f"line {number}: write a parameter as `parameter: NAME = VALUE`")
            parameters[name.strip()] = value.strip()
    if not steps:
        raise UnreadableInput("the script names no action")
    return Recorded(tuple(steps), headings.get("system"), parameters, None, loop_from)


def from_rows(
    rows: Sequence[Mapping[str, object]], *, system: str | None = None, parameters: Mapping[str, str] = NOTHING
) -> Recorded:
    """The ``path`` of a result of ``verify --format json`` as a run.

    Args:
        rows: objects with ``action`` and, if they have it, ``changed`` with ``old -> new`` by variable.
        system: the scenario's name.
        parameters: chosen values as text.

    Raises:
        UnreadableInput: for a row that names no action.
    """
    return Recorded(tuple(_rows(rows)), system, dict(parameters))


def _rows(rows: Iterable[Mapping[str, object]]) -> Iterable[RecordedStep]:
    for number, row in enumerate(rows, 1):
        action = row.get("action") if isinstance(row, Mapping) else None
        if not isinstance(action, str):
            raise UnreadableInput(f"step {number} of the path names no action")
        told = row.get("changed")
        changed = told if isinstance(told, Mapping) else {}
        after = {str(name): str(value).rpartition(" -> ")[2] for name, value in changed.items()}
        yield RecordedStep(action, f"step {number}", after)
