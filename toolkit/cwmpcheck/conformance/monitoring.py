"""The catalogue's checks, run over observations: the ledger as a machine, and what it finds broken.

The checks are the very terms that the model is verified with; here the observation comes from a trace. A check that
fails only under the default of a reading is reported as open, with the reading that admits what was seen. What the machine did
for a letter is kept, and shared by all traces under one choice of readings, so a fleet is judged at the speed of a dictionary.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import msgspec
import z3

from cwmpcheck.catalogue import Property, judged_on_traces, suite
from cwmpcheck.catalogue.ledger import Life, Outcome
from cwmpcheck.compile.python import PythonBackend, compile_python
from cwmpcheck.conformance.letters import Letter, letter
from cwmpcheck.conformance.observing import FAILED
from cwmpcheck.conformance.seen import EndOfSession, Seen
from cwmpcheck.kernel import Action, System, Term, Value, Watch
from cwmpcheck.kernel.monitor import LEDGER, SEEN, Register, constants
from cwmpcheck.protocol import READINGS, Kind, Observation
from cwmpcheck.protocol.scenarios import PARAMETERS

ALWAYS = ("open", "life_1", "outcome_1")
"""Registers that are kept whatever the checks need."""

LIVES, OUTCOMES = list(Life), list(Outcome)
STOPS = "the session stops here, not at its regular end"
ENDS = "the trace ends without it"
NOTHING = letter((("kind", Kind.NOTHING),))


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


class Page:
    """One state of the ledger, with the moves that were made from it.

    Attributes:
        registers: their numbers.
        open: a session is open.
        life: what is known of the slice's transfer.
        outcome: what was reported of it.
        moves: by letter, the ledger afterwards and what the letter breaks, with the reading that admits it.
    """

    __slots__ = ("life", "moves", "open", "outcome", "registers")

    def __init__(self, registers: tuple[int, ...], read: Mapping[str, int]) -> None:
        self.registers = registers
        self.open = bool(registers[read["open"]])
        self.life = LIVES[registers[read["life_1"]]]
        self.outcome = OUTCOMES[registers[read["outcome_1"]]]
        self.moves: dict[Letter, tuple[Page, tuple[tuple[Property, str | None], ...]]] = {}


class LedgerBook:
    """Every page of the ledger that was met, under one choice of readings.

    Args:
        readings: values of the readings' parameters; defaults for the others.
    """

    def __init__(self, readings: Mapping[str, Value]) -> None:
        self._system, registers = ledger_machine()
        self._readings = dict(readings)
        self._backend = compile_python(self._system, self._readings)
        self._items = {item.id: item for item, _ in judged_on_traces()}
        self._width = len(self._system.variables) - len(registers)
        self._read = {name: self._system.index[f"{LEDGER}.{name}"] - self._width for name in ALWAYS}
        self._pages: dict[tuple[int, ...], Page] = {}
        self.first = self._page(tuple(register.variable.initial for register in registers))

    def _page(self, registers: tuple[int, ...]) -> Page:
        page = self._pages.get(registers)
        if page is None:
            page = self._pages[registers] = Page(registers, self._read)
        return page

    def move(self, page: Page, letter: Letter) -> tuple[Page, tuple[tuple[Property, str | None], ...]]:
        """The ledger after a letter, and what the letter breaks; kept with the page."""
        state = (*self._numbers(letter), *page.registers)
        broken = tuple((self._items[name], self._admitted(name, state)) for name in sorted(self._backend.holding(state)))
        after = self._page(self._backend.successor(state, 0)[self._width :])
        page.moves[letter] = after, broken
        return page.moves[letter]

    def _numbers(self, letter: Letter) -> Iterator[int]:
        for variable in self._system.variables[: self._width]:
            value = letter.fields.get(variable.name.removeprefix(f"{SEEN}."))
            yield variable.initial if value is None else variable.domain.number(value)

    def _admitted(self, name: str, state: tuple[int, ...]) -> str | None:
        for reading in READINGS:
            if reading.parameter.name not in _mentioned()[name]:
                continue
            for value in reading.values:
                other: PythonBackend = compile_python(self._system, {**self._readings, reading.parameter.name: value})
                if name not in other.holding(state):
                    return f"{reading.id}={value.value}"
        return None


@cache
def ledger_book(readings: frozenset[tuple[str, Value]]) -> LedgerBook:
    """The one book for a choice of readings."""
    return LedgerBook(dict(readings))


class Monitor:
    """The ledger and every check, fed one observation after the other.

    Args:
        readings: values of the readings' parameters; defaults for the others.
        skip: ids of properties that this trace cannot decide.
    """

    def __init__(self, readings: Mapping[str, Value], skip: Iterable[str] = ()) -> None:
        self._book = ledger_book(frozenset(readings.items()))
        self._skip = frozenset(skip)
        self.page = self._book.first
        self.count = 0

    def feed(self, seen: Seen) -> Sequence[Breach]:
        """What the observation breaks; the ledger then takes it in."""
        page, letter = self.page, seen.letter
        self.page, broken = page.moves.get(letter) or self._book.move(page, letter)
        self.count += 1
        return self._breaches(page, seen, broken, at_end=False) if broken else ()

    def close(self, last: Seen) -> Sequence[Breach]:
        """What is broken now that nothing more comes after the last observation."""
        _, broken = self.page.moves.get(NOTHING) or self._book.move(self.page, NOTHING)
        return self._breaches(self.page, msgspec.structs.replace(last, note=ENDS), broken, at_end=True)

    def _breaches(
        self, page: Page, seen: Seen, broken: Iterable[tuple[Property, str | None]], *, at_end: bool
    ) -> Sequence[Breach]:
        waiting = page.life in (Life.REQUESTED, Life.ACCEPTED)
        return [
            Breach(item, self.count - 1, seen, under, waiting)
            for item, under in broken
            if item.id not in self._skip and item.at_end is at_end
        ]


def judge(events: Iterable[Seen | EndOfSession], monitor: Monitor) -> tuple[Sequence[Seen], Sequence[Breach]]:
    """Run the monitor over a slice.

    A session that its items do not bring to an end in the ledger's eyes has failed where they stop.

    Returns:
        every observation that was made, the failures of sessions included, and every breach.
    """
    seen: list[Seen] = []
    breaches: list[Breach] = []
    for event in events:
        if isinstance(event, EndOfSession):
            if not (event.decided and monitor.page.open):
                continue
            event = Seen(FAILED, event.item, event.session, event.start, STOPS)
        seen.append(event)
        broken = monitor.feed(event)
        if broken:
            breaches.extend(broken)
    if seen:
        breaches.extend(monitor.close(seen[-1]))
    return seen, breaches
