"""What the core has decided but not yet handed out: the parts of the core share one, so that their effects stay in order."""

from __future__ import annotations

from cwmpcheck.cpe.effects import Change, Effect, Note, Persist
from cwmpcheck.cpe.ledger import Ledger

__all__ = ["Outbox"]


class Outbox:
    """Effects in the order in which they are to be performed.

    Args:
        ledger: changed by `persist`, and by nothing else.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._effects: list[Effect] = []

    def persist(self, *changes: Change) -> None:
        """Commit changes together, in memory now and on the disk before whatever follows."""
        if changes:
            self.ledger.apply(changes)
            self.do(Persist(changes))

    def do(self, effect: Effect) -> None:
        """Ask for one effect, after all earlier ones."""
        self._effects.append(effect)

    def note(self, what: str, **details: str | int | bool) -> None:
        """A line for the log."""
        self.do(Note(what, details))

    def take(self) -> tuple[Effect, ...]:
        """Everything asked for since the last time."""
        effects, self._effects = tuple(self._effects), []
        return effects
