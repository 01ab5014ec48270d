"""Readings by the names that people write, as parameter values of the model."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping

from cwmpcheck.kernel import Value
from cwmpcheck.protocol import READINGS, reading
from cwmpcheck.vocabulary.errors import UsageError


def parameters_of(readings: Mapping[str, str]) -> dict[str, Value]:
    """The parameter values of chosen readings; raises UsageError for an id or a value that the model does not have."""
    return {reading(id).parameter.name: reading(id).choose(value) for id, value in readings.items()}


def whole(readings: Mapping[str, str]) -> dict[str, str]:
    """Every reading with its value, the default where none is chosen."""
    return {each.id: readings.get(each.id, default_of(each.id)) for each in READINGS}


def default_of(id: str) -> str:
    """The name of a reading's default value."""
    return str(next(iter(reading(id).values)).value)


def every(readings: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """All combinations of readings that agree with the chosen ones, the default one first."""
    parameters_of(readings)
    choices = [[readings[e.id]] if e.id in readings else [str(m.value) for m in e.values] for e in READINGS]
    for values in itertools.product(*choices):
        yield dict(zip((each.id for each in READINGS), values, strict=True))


def parsed(options: Iterable[str]) -> dict[str, str]:
    """Readings written as ``A-08=restarts``; raises UsageError for any other form.

    >>> parsed(["A-08=restarts"])
    {'A-08': 'restarts'}
    """
    chosen: dict[str, str] = {}
    for option in options:
        id, equals, value = option.partition("=")
        if not equals or not value:
            raise UsageError(f"{option!r} is no reading; write it as A-08=restarts (cwmpcheck list readings shows all)")
        if chosen.setdefault(id.strip(), value.strip()) != value.strip():
            raise UsageError(f"{id} is given two values, {chosen[id]} and {value}; choose one")
    parameters_of(chosen)
    return chosen
