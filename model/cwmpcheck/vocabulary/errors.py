"""The one root of every error that the project raises on purpose."""

from __future__ import annotations


class CwmpcheckError(Exception):
    """Something a person can act on: the message says what happened, where, and what to do.

    Attributes:
        exit_code: what the command line returns when this error ends a command.
    """

    exit_code: int = 70


class UsageError(CwmpcheckError):
    """The request itself is off: an unknown name, an impossible combination of options."""

    exit_code = 2


class UnreadableInput(CwmpcheckError):
    """A file cannot be taken for what it should be: missing, empty, not a capture, noise."""

    exit_code = 3
