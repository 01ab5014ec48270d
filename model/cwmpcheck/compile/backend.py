"""The contract that every back end fulfils, and that is all an engine may use of a system's behaviour."""

from __future__ import annotations

from typing import Protocol

from cwmpcheck.kernel import System

State = tuple[int, ...]


class Backend(Protocol):
    """A system made executable.

    A state is a tuple with one number for each variable of ``system.variables``; actions are numbered by their
    position in ``system.actions``.
    """

    system: System
    parameters: tuple[int, ...]

    def initial(self) -> State:
        """The initial state."""

    def enabled(self, state: State) -> list[int]:
        """The actions whose guards all hold, in ascending order."""

    def successor(self, state: State, action: int) -> State:
        """The state after an enabled action; raises DomainOverflow when a value would leave its domain."""

    def guards(self, state: State, action: int) -> tuple[bool, ...]:
        """The truth of each of the action's guards, in order."""

    def holding(self, state: State) -> frozenset[str]:
        """The names of the watches whose state condition holds here."""

    def occurring(self, state: State, action: int) -> frozenset[str]:
        """The names of the watches whose step condition holds when the action is taken here."""
