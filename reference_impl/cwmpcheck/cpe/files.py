"""Fetched files, each kept under the SHA-256 of its content: no name that came over the wire is ever a path."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

__all__ = ["FileStore", "TooLarge"]

_DIGEST = re.compile(r"[0-9a-f]{64}")


class TooLarge(Exception):
    """More bytes than there is room for."""


class FileStore:
    """A folder of files by content.

    Args:
        folder: where they lie; made if missing.
        room: how many bytes one file may have.
    """

    def __init__(self, folder: Path, room: int = 64 * 1024 * 1024) -> None:
        self.folder = folder
        self.room = room
        folder.mkdir(parents=True, exist_ok=True)
        for leftover in folder.glob("incoming-*"):
            leftover.unlink()  # a fetch that the power cut ended; it starts anew

    def path(self, digest: str) -> Path:
        """Where the file with this digest lies.

        Raises:
            ValueError: ``digest`` is no SHA-256 in hex.
        """
        if not _DIGEST.fullmatch(digest):
            raise ValueError(f"{digest!r} is no SHA-256 in hex")
        return self.folder / digest

    async def keep(self, blocks: AsyncIterator[bytes]) -> str:
        """Write a file as it comes, have it on the disk, and return its digest.

        Raises:
            TooLarge: it does not fit; nothing is left of it.
        """
        handle, name = tempfile.mkstemp(prefix="incoming-", dir=self.folder)
        try:
            hashed, size = hashlib.sha256(), 0
            with os.fdopen(handle, "wb") as file:
                async for block in blocks:
                    size += len(block)
                    if size > self.room:
                        raise TooLarge(f"more than {self.room} bytes")
                    hashed.update(block)
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path(hashed.hexdigest()))
        finally:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
        return hashed.hexdigest()

    def sweep(self, needed: set[str]) -> None:
        """Remove every file whose digest is not among those needed."""
        for file in self.folder.iterdir():
            if _DIGEST.fullmatch(file.name) and file.name not in needed:
                file.unlink()

    def drop(self, digest: str) -> None:
        """Remove a file that nobody needs any more."""
        self.path(digest).unlink(missing_ok=True)
