"""The ACS as a process, with its file server: two ports on loopback, log lines on standard output."""

from __future__ import annotations

import asyncio
import secrets
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec
from aiohttp import web

from cwmpcheck.acs.auth import Doorkeeper
from cwmpcheck.acs.campaign import Campaign
from cwmpcheck.acs.core import AcsCore
from cwmpcheck.acs.guard import GuardedServer
from cwmpcheck.acs.http import acs_server, file_server
from cwmpcheck.acs.store import AcsStore

__all__ = ["AcsOptions", "run_acs"]

_BACKLOG = 2048
"""Connections that may wait to be accepted: a fleet comes all at once after an outage."""


class AcsOptions(msgspec.Struct, frozen=True):
    """How one ACS process is started.

    Attributes:
        state: the SQLite file.
        port: of the ACS; 0 for any free one, named in the first log line.
        file_port: of the file server, likewise.
        files: what the file server has: path on disk by name in the URL.
        campaign: what devices should have, or ``None``.
        host: the address of this machine to listen on.
        accounts: passwords by user name that CPEs must know; empty lets every CPE in.
        file_accounts: likewise for the file server; with some, the campaign should have one of them.
        basic: also take passwords in the clear.
        session_seconds: how long a session stays open without a word of the CPE.
    """

    state: Path
    port: int = 0
    file_port: int = 0
    files: dict[str, Path] = {}
    campaign: Campaign | None = None
    host: str = "127.0.0.1"
    accounts: dict[str, str] = {}
    file_accounts: dict[str, str] = {}
    basic: bool = False
    session_seconds: float = 300.0


def run_acs(options: AcsOptions) -> int:
    """Run one ACS until it is told to stop (SIGTERM, SIGINT).

    Log lines go to standard output, one JSON object each; the first has ``"what": "ready"`` and the two ports.

    Returns:
        0 when stopped.

    Raises:
        AcsStateUnreadable: the state file is not one.
        OSError: a port is taken.
    """
    store = AcsStore(options.state)
    try:
        asyncio.run(_serve(options, store))
    finally:
        store.close()
    return 0


async def _serve(options: AcsOptions, store: AcsStore) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    core = AcsCore(options.campaign, *store.load(), token=_token, session_seconds=options.session_seconds)
    door = Doorkeeper(options.accounts, _token, basic=options.basic)
    file_door = Doorkeeper(options.file_accounts, _token, basic=options.basic)
    server = acs_server(core, store, _log, doorkeeper=door)
    acs = await _listen(server, options.host, options.port)
    files = await _listen(file_server(options.files, _log, doorkeeper=file_door), options.host, options.file_port)
    _log({"what": "ready", "port": _port(acs), "file_port": _port(files)})
    await stop.wait()
    await acs.cleanup()
    await files.cleanup()


def _token() -> str:
    return secrets.token_hex(8)


async def _listen(server: GuardedServer, host: str, port: int) -> web.ServerRunner:
    runner = web.ServerRunner(server, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, host, port, backlog=_BACKLOG).start()
    return runner


def _port(runner: web.ServerRunner) -> int:
    port: int = runner.addresses[0][1]
    return port


def _log(note: Mapping[str, str | int | bool]) -> None:
    print(msgspec.json.encode({"t": round(time.time(), 6), **note}).decode(), flush=True)
