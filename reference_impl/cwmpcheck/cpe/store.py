"""The memory of the CPE on disk: SQLite with a write-ahead log and full synchronisation.

A `Persist` effect is one transaction; when `commit` returns, it is on the disk. Nothing else is ever written here.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec

from cwmpcheck.cpe.effects import (
    AddEvent,
    Change,
    DropEvent,
    DropTransfer,
    FactoryDefaults,
    InstallFile,
    SaveTransfer,
    SetFact,
    SetParameter,
)
from cwmpcheck.cpe.ledger import KEPT_FACT, Ledger, stands_once
from cwmpcheck.cpe.transfers import Transfer
from cwmpcheck.vocabulary.errors import UnreadableInput
from cwmpcheck.wire.messages import Event

__all__ = ["CpeStore", "StoreUnreadable"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS transfers (number INTEGER PRIMARY KEY, record BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS events (position INTEGER PRIMARY KEY, code TEXT NOT NULL, command_key TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS files (file_type TEXT PRIMARY KEY, digest TEXT NOT NULL, target_file_name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS parameters (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class StoreUnreadable(UnreadableInput):
    """The state file is there, and is not what a CPE wrote."""


class CpeStore:
    """The state file of one CPE.

    Args:
        path: the file; made, with its folder, if missing.

    Raises:
        StoreUnreadable: the file is no database.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            raise StoreUnreadable(f"{path} is not a state file of the CPE ({error}); name another file") from error

    def load(self) -> Ledger:
        """What was committed last.

        Raises:
            StoreUnreadable: a record is not one that a CPE wrote.
        """
        try:
            return self._load()
        except (sqlite3.DatabaseError, msgspec.DecodeError) as error:
            raise StoreUnreadable(f"{self.path} cannot be read ({error}); remove it to start anew") from error

    def _load(self) -> Ledger:
        select = self._connection.execute
        transfers = (msgspec.json.decode(record, type=Transfer) for (record,) in select("SELECT record FROM transfers"))
        events = select("SELECT code, command_key FROM events ORDER BY position")
        facts = select("SELECT name, value FROM facts")
        files = select("SELECT file_type, digest, target_file_name FROM files")
        return Ledger(
            transfers={transfer.number: transfer for transfer in transfers},
            events=[Event(code, key) for code, key in events],
            facts={name: msgspec.json.decode(value, type=int | str) for name, value in facts},
            parameters=dict(select("SELECT name, value FROM parameters")),
            files={file_type: (digest, name) for file_type, digest, name in files},
        )

    def commit(self, changes: tuple[Change, ...]) -> None:
        """Write all the changes, or none if the power goes."""
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

    def _write(self, change: Change) -> None:
        execute = self._connection.execute
        match change:
            case SaveTransfer(transfer=transfer):
                record = msgspec.json.encode(transfer)
                execute("INSERT OR REPLACE INTO transfers VALUES (?, ?)", (transfer.number, record))
            case DropTransfer(number=number):
                execute("DELETE FROM transfers WHERE number = ?", (number,))
            case AddEvent(code=code, command_key=key):
                if stands_once(code) and execute("SELECT 1 FROM events WHERE code = ?", (code,)).fetchone():
                    return
                execute("INSERT INTO events (code, command_key) VALUES (?, ?)", (code, key))
            case DropEvent(code=code, command_key=key):
                execute(
                    "DELETE FROM events WHERE position IN "
                    "(SELECT position FROM events WHERE code = ? AND command_key = ? ORDER BY position LIMIT 1)",
                    (code, key),
                )
            case SetFact(name=name, value=value):
                execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, msgspec.json.encode(value)))
            case InstallFile(file_type=file_type, digest=digest, target_file_name=name):
                execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", (file_type, digest, name))
            case SetParameter(name=name, value=value):
                execute("INSERT OR REPLACE INTO parameters VALUES (?, ?)", (name, value))
            case FactoryDefaults():
                for table in ("events", "files", "parameters"):
                    execute(f"DELETE FROM {table}")
                execute("DELETE FROM facts WHERE name != ?", (KEPT_FACT,))
