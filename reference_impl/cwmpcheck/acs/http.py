"""The ACS's HTTP server and file server: nothing decided here but the errors of HTTP itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from aiohttp import web

from cwmpcheck.acs.core import AcsCore, Reply
from cwmpcheck.acs.guard import BodyEncoded, BodyTooLarge, BodyTooSlow, GuardedServer, read_body
from cwmpcheck.acs.store import AcsStore

__all__ = ["COOKIE", "Log", "acs_server", "file_server"]

COOKIE = "session"

Log = Callable[[Mapping[str, str | int | bool]], None]
"""Takes one line of the log."""


def acs_server(
    core: AcsCore,
    store: AcsStore,
    log: Log,
    *,
    max_body: int = 1024 * 1024,
    body_timeout: float = 30.0,
    idle_timeout: float = 60.0,
) -> GuardedServer:
    """A server for CPEs.

    Args:
        core: decides.
        store: where its changes are committed before a reply goes out.
        log: what happened.
        max_body: bytes of a request that are taken; beyond that, HTTP 413.
        body_timeout: seconds for a body to arrive; beyond that, HTTP 408.
        idle_timeout: seconds for a header to arrive.
    """

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.method != "POST":
            return _error(405, "CWMP uses POST", log)
        try:
            data = await read_body(request, max_body, body_timeout)
        except BodyTooLarge as error:
            return _error(413, str(error), log)
        except BodyTooSlow as error:
            return _error(408, str(error), log)
        except BodyEncoded as error:
            return _error(415, str(error), log)
        except web.RequestPayloadError:
            return _error(400, "the body is not as its headers say", log)
        reply = core.post(request.cookies.get(COOKIE), data, time.time())
        store.commit(reply.changes)
        if reply.note:
            log(reply.note)
        if reply.after:
            await asyncio.sleep(reply.after)
        return _response(reply)

    return GuardedServer(handle, idle_timeout=idle_timeout)


def file_server(files: Mapping[str, Path], log: Log, *, idle_timeout: float = 60.0) -> GuardedServer:
    """A server of named files: a request names one of ``files`` or gets 404; no path is made from what was asked.

    Args:
        files: path on disk by name in the URL, without the leading slash.
        log: what happened.
        idle_timeout: seconds for a header to arrive.
    """

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.method not in ("GET", "HEAD"):
            return _error(405, "files are fetched with GET", log)
        path = files.get(request.path.removeprefix("/"))
        if path is None or not path.is_file():
            return _error(404, "no such file", log)
        data = await asyncio.to_thread(path.read_bytes)
        log({"what": "file", "name": request.path, "bytes": len(data)})
        return web.Response(body=data, content_type="application/octet-stream")

    return GuardedServer(handle, idle_timeout=idle_timeout)


def _response(reply: Reply) -> web.Response:
    if reply.status != 200:
        response = web.Response(status=reply.status, body=reply.data or None)
    else:
        response = web.Response(body=reply.data, content_type="text/xml", charset="utf-8")
        response.headers["SOAPServer"] = "cwmpcheck-acs"
    if reply.cookie is not None:
        response.set_cookie(COOKIE, reply.cookie, httponly=True)
    if reply.status >= 400:
        response.force_close()
    return response


def _error(status: int, why: str, log: Log) -> web.Response:
    log({"what": "refused", "status": status, "why": why})
    response = web.Response(status=status, text=why)
    response.force_close()
    return response
