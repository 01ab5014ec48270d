"""The peers of a laboratory as processes of their own: started, listened to, and ended by their id alone."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from typing import Any

import msgspec

from cwmpcheck.vocabulary.errors import CwmpcheckError

__all__ = ["LabError", "Note", "Peer"]

Note = dict[str, Any]
"""One line of a peer's log."""

_STOP_SECONDS = 3.0


class LabError(CwmpcheckError):
    """A run of the laboratory did not come to its end."""

    exit_code = 4


class Peer:
    """One process.

    Args:
        name: ``"cpe"`` or ``"acs"``: the module to run, and the name in the log.
        options: its options, as the module reads them.
        heard: called with each line of its log.
    """

    def __init__(self, name: str, options: msgspec.Struct, heard: Callable[[str, Note], None]) -> None:
        self.name = name
        self._options = options
        self._heard = heard
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._errors: asyncio.Task[bytes] | None = None

    async def start(self) -> None:
        """Start the process."""
        environment = dict(os.environ)
        # The same modules as here, also where the project runs uninstalled.
        environment["PYTHONPATH"] = os.pathsep.join(entry for entry in sys.path if entry)
        arguments = msgspec.json.encode(self._options, enc_hook=str).decode()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            f"cwmpcheck.{self.name}",
            arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
        )
        assert self._process.stdout is not None  # asked for two lines above
        assert self._process.stderr is not None
        self._reader = asyncio.create_task(self._listen(self._process.stdout))
        self._errors = asyncio.create_task(self._process.stderr.read())

    async def wait(self) -> int:
        """The exit code, once the process has ended and its log is read."""
        if self._process is None or self._reader is None:
            raise LabError(f"the {self.name} was never started")
        await asyncio.shield(self._reader)  # giving up waiting must not stop the listening
        return await self._process.wait()

    async def complaint(self) -> str:
        """The last line that the ended process wrote to standard error."""
        text = (await self._errors).decode(errors="replace") if self._errors is not None else ""
        return (text.strip().splitlines() or ["no message"])[-1]

    def kill(self) -> None:
        """Cut its power: SIGKILL, to this process only."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def stop(self) -> None:
        """Ask it to end, and see that it does."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self.wait(), _STOP_SECONDS)
        except TimeoutError:
            self.kill()
            await self._process.wait()

    async def _listen(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            try:
                note = msgspec.json.decode(line, type=Note)
            except msgspec.DecodeError:
                continue  # the line that a SIGKILL cut in two
            self._heard(self.name, note)
