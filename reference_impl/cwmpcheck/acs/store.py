"""The beliefs of the ACS on disk: SQLite with a write-ahead log and full synchronisation."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec

from cwmpcheck.acs.beliefs import Device, Operation, SaveDevice, SaveOperation, StateChange, Unsolicited
from cwmpcheck.vocabulary.errors import UnreadableInput

__all__ = ["AcsStateUnreadable", "AcsStore"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS devices (name TEXT PRIMARY KEY, record BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS operations (key TEXT PRIMARY KEY, record BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS unsolicited (number INTEGER PRIMARY KEY, record BLOB NOT NULL);
"""


class AcsStateUnreadable(UnreadableInput):
    """The state file is there, and is not what an ACS wrote."""


class AcsStore:
    """The state file of one ACS.

    Args:
        path: the file; made, with its folder, if missing.

    Raises:
        AcsStateUnreadable: the file is no database.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._connection = sqlite3.connect(path, isolation_level=None)
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise AcsStateUnreadable(f"{path} is not a state file of the ACS ({error}); name another file") from error

    def load(self) -> tuple[list[Device], list[Operation]]:
        """The beliefs as committed last, operations in the order in which they were sent.

        Raises:
            AcsStateUnreadable: a record is not one that an ACS wrote.
        """
        try:
            devices = [msgspec.json.decode(record, type=Device) for record in self._records("devices")]
            operations = [msgspec.json.decode(record, type=Operation) for record in self._records("operations")]
        except (sqlite3.DatabaseError, msgspec.DecodeError) as error:
            raise AcsStateUnreadable(f"{self.path} cannot be read ({error}); remove it to start anew") from error
        return devices, sorted(operations, key=lambda operation: operation.sent)

    def unsolicited(self) -> list[Unsolicited]:
        """The reports that no operation accounts for."""
        return [msgspec.json.decode(record, type=Unsolicited) for record in self._records("unsolicited")]

    def commit(self, changes: tuple[StateChange, ...]) -> None:
        """Write all the changes, or none if the power goes."""
        if not changes:
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for change in changes:
                self._write(change)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _records(self, table: str) -> list[bytes]:
        return [record for (record,) in self._connection.execute(f"SELECT record FROM {table}")]

    def _write(self, change: StateChange) -> None:
        execute = self._connection.execute
        match change:
            case SaveDevice(device=device):
                execute("INSERT OR REPLACE INTO devices VALUES (?, ?)", (device.name, msgspec.json.encode(device)))
            case SaveOperation(operation=operation):
                record = msgspec.json.encode(operation)
                execute("INSERT OR REPLACE INTO operations VALUES (?, ?)", (operation.key, record))
            case Unsolicited():
                execute("INSERT INTO unsolicited (record) VALUES (?)", (msgspec.json.encode(change),))
