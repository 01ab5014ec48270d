"""``cwmpcheck simulate``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import click

from cwmpcheck.api.readings import parsed
from cwmpcheck.api.runs import Run, run_of, simulate, walk
from cwmpcheck.cli.screen import write
from cwmpcheck.kernel import Action


def run(scenario: str, seed: int, steps: int, interactive: bool, readings: Sequence[str], form: str) -> int:
    """Walk, and print the run as a script that ``replay`` reads."""
    chosen = parsed(readings)
    made = (
        by_hand(scenario, steps, chosen) if interactive else simulate(scenario, seed=seed, steps=steps, readings=chosen)
    )
    show(made, form)
    return 0


def show(made: Run, form: str) -> None:
    """Print a run in a form: ``text``, ``json`` or ``itf``."""
    if form == "json":
        write(json.dumps(made.to_row()))
    elif form == "itf":
        write(json.dumps(made.to_itf()))
    else:
        write(made.to_script())


def by_hand(scenario: str, steps: int, readings: Mapping[str, str]) -> Run:
    """Let somebody choose every step, until nothing can be done, enough is done, or a 0 ends it."""
    walked = walk(scenario, readings=readings)
    while len(walked.taken) < steps and (choices := walked.choices()):
        number = _chosen(choices, len(walked.taken) + 1)
        if number == 0:
            break
        before = walked.state
        walked.take(choices[number - 1])
        changed = walked.system.changed(before, walked.state)
        click.echo(
            "   " + (", ".join(f"{name} {change}" for name, change in changed.items()) or "nothing changes"), err=True
        )
    return run_of(scenario, walked)


def _chosen(choices: Sequence[Action], step: int) -> int:
    for number, action in enumerate(choices, 1):
        click.echo(f"{number:3} {action.name}: {action.summary}", err=True)
    chosen: int = click.prompt(
        f"step {step} (0 ends)", type=click.IntRange(0, len(choices)), err=True, prompt_suffix=": "
    )
    return chosen
