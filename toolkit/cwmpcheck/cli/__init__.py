"""The command line. Commands are imported when they are called, so that ``--help`` answers at once."""

from __future__ import annotations

from cwmpcheck.cli.ending import main

__all__ = ["main"]
