"""The catalogue's checks, run over observations: the ledger as a machine, and what it finds broken.

The checks are the very terms that the model is verified with; here the observation comes from a trace. A check that
fails only under the default of a reading is reported as open, with the reading that admits what was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import z3

from cwmpcheck.catalogue import Property, judged_on_traces, suite
from cwmpcheck.catalogue.ledger import Life
from cwmpcheck.compile.python import PythonBackend, compile_python
from cwmpcheck.conformance.observing import EndOfSession, Seen
from cwmpcheck.kernel import Action, System, Term, Value, Watch
from cwmpcheck.kernel.monitor import LEDGER, SEEN, Register, constants
from cwmpcheck.protocol import READINGS, Kind, Observation
from cwmpcheck.protocol.scenarios import PARAMETERS

ALWAYS = ("open", "life_1", "outcome_1")
"""Registers that are kept whatever the checks need."""


@dataclass(frozen=True)
class Breach:
    """A property that an observation breaks.

    Attributes:
        item: the property.
        index: number of the observation.
        seen: the observation.
        under: readings that admit it, as ``A-08=restarts``.
        transfer_open: the slice's transfer was requested and was not yet acknowledged.
    """

    item: Property
    index: int
    seen: Seen
    under: str | None
    transfer_open: bool


@cache
def ledger_machine() -> tuple[System, tuple[Register, ...]]:
    """The ledger as a system of one action, whose state is an observation and the registers before it."""
    declared = suite()
    checks = {item.id: declared.checks[name].holds for item, name in judged_on_traces()}
    registers = declared.registers(*checks.values(), *(_ledger_constant(name) for name in ALWAYS))
    seen = tuple(Observation.variables(SEEN))
    update = Action(
        "observe",
        "watcher",
        (),
        {r.variable.name: Term(r.update, r.variable.domain) for r in registers},
        summary="One more thing is seen.",
    )
    watches = tuple(Watch(name, state=z3.Not(holds)) for name, holds in checks.items())
    variables = (*seen, *(register.variable for register in registers))
    return System("ledger", variables, (update,), PARAMETERS, watches=watches), registers


def _ledger_constant(name: str) -> z3.ExprRef:
    declared = suite().pool.registers[f"{LEDGER}.{name}"]
    return declared.variable.domain.constant(declared.variable.name)


@cache
def _mentioned() -> Mapping[str, frozenset[str]]:
    system, _ = ledger_machine()
    return {watch.name: constants(watch.state) for watch in system.watches if watch.state is not None}


class Monitor:
    """The ledger and every check, fed one observation after the other.

    Args:
        readings: values of the readings' parameters; defaults for the others.
        skip: ids of properties that this trace cannot decide.
    """

    def __init__(self, readings: Mapping[str, Value], skip: Iterable[str] = ()) -> None:
        self._system, registers = ledger_machine()
        self._readings = dict(readings)
        self._backend = compile_python(self._system, self._readings)
        self._items = {item.id: item for item, _ in judged_on_traces()}
        self._skip = frozenset(skip)
        self._width = len(self._system.variables) - len(registers)
        self._registers = tuple(register.variable.initial for register in registers)
        self._open = self._system.index[f"{LEDGER}.open"] - self._width
        self.count = 0

    @property
    def session_open(self) -> bool:
        """Whether the ledger holds a session open."""
        return bool(self._registers[self._open])

    def register(self, name: str) -> int:
        """The number that a register of the ledger holds."""
        return self._registers[self._system.index[f"{LEDGER}.{name}"] - self._width]

    def feed(self, seen: Seen) -> Iterator[Breach]:
        """What the observation breaks; the ledger then takes it in."""
        state = (*_numbers(self._system, self._width, seen), *self._registers)
        yield from self._broken(state, seen, at_end=False)
        self._registers = self._backend.successor(state, 0)[self._width :]
        self.count += 1

    def close(self, last: Seen) -> Iterator[Breach]:
        """What is broken now that nothing more comes after the last observation."""
        nothing = replace(last, fields={"kind": Kind.NOTHING}, got="the trace ends without it")
        state = (*_numbers(self._system, self._width, nothing), *self._registers)
        self.count -= 1
        yield from self._broken(state, nothing, at_end=True)
        self.count += 1

    def _broken(self, state: tuple[int, ...], seen: Seen, *, at_end: bool) -> Iterator[Breach]:
        waiting = list(Life)[self.register("life_1")] in (Life.REQUESTED, Life.ACCEPTED)
        for name in sorted(self._backend.holding(state)):
            item = self._items[name]
            if name not in self._skip and item.at_end is at_end:
                yield Breach(item, self.count, seen, self._admitted(name, state), waiting)

    def _admitted(self, name: str, state: tuple[int, ...]) -> str | None:
        for reading in READINGS:
            if reading.parameter.name not in _mentioned()[name]:
                continue
            for value in reading.values:
                other: PythonBackend = compile_python(self._system, {**self._readings, reading.parameter.name: value})
                if name not in other.holding(state):
                    return f"{reading.id}={value.value}"
        return None


def _numbers(system: System, width: int, seen: Seen) -> tuple[int, ...]:
    numbers = []
    for variable in system.variables[:width]:
        name = variable.name.removeprefix(f"{SEEN}.")
        value = seen.fields.get(name)
        numbers.append(variable.initial if value is None else variable.domain.number(value))
    return tuple(numbers)


def judge(
    events: Iterable[Seen | EndOfSession], monitor: Monitor
) -> tuple[Sequence[Seen], Sequence[Breach]]:
    """Run the monitor over a slice.

    A session that its items do not bring to an end in the ledger's eyes has failed where they stop.

    Returns:
        every observation that was made, the failures of sessions included, and every breach.
    """
    seen: list[Seen] = []
    breaches: list[Breach] = []
    for event in events:
        if isinstance(event, EndOfSession):
            if not (event.decided and monitor.session_open):
                continue
            event = Seen({"kind": Kind.SESSION_FAILED}, event.at, "the session stops here, not at its regular end")
        seen.append(event)
        breaches.extend(monitor.feed(event))
    if seen:
        breaches.extend(monitor.close(seen[-1]))
    return seen, breaches
