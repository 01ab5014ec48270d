"""What a model's author can get wrong, said with the action, the place and the remedy."""

from __future__ import annotations

from cwmpcheck.vocabulary.errors import CwmpcheckError


class ModelError(CwmpcheckError):
    """The root of the errors that a model's author can cause."""

    exit_code = 2


class DeclarationError(ModelError):
    """A declaration that cannot mean anything: it names the action, the file and line, and what to do.

    Args:
        what: what is wrong and what to do about it.
        action: the action concerned, if any.
        place: ``file:line`` of the declaration, if known.
    """

    def __init__(self, what: str, *, action: str | None = None, place: str | None = None) -> None:
        self.what = what
        self.action = action
        self.place = place
        head = f"action {action}: " if action else ""
        tail = f" ({place})" if place else ""
        super().__init__(f"{head}{what}{tail}")

    def within(self, action: str, place: str) -> DeclarationError:
        """The same error, told of the action in whose declaration it arose."""
        return self if self.action else type(self)(self.what, action=action, place=place)


class NotInSystem(DeclarationError):
    """A change names an action, a guard or a variable that this system does not have; another scenario's may have it."""


class DomainOverflow(ModelError):
    """An engine was about to store a value outside its variable's domain.

    Args:
        action: name of the action that was taken.
        variable: what it assigns.
        value: the number it would have stored.
        low: the lowest number of the variable's domain.
        high: the highest.
    """

    def __init__(self, action: str, variable: str, value: int, low: int, high: int) -> None:
        self.action = action
        self.variable = variable
        self.value = value
        self.low = low
        self.high = high
        super().__init__(
            f"action {action} would set {variable} to {value}, outside {low}..{high}: "
            "widen the domain or guard the action"
        )
