"""The ACS's HTTP server and file server: nothing decided here but the errors of HTTP itself."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from aiohttp import web

from cwmpcheck.acs.auth import Doorkeeper
from cwmpcheck.acs.core import AcsCore, Reply
from cwmpcheck.acs.guard import BodyEncoded, BodyTooLarge, BodyTooSlow, GuardedServer, read_body
from cwmpcheck.acs.ranges import Unsatisfiable, byte_range
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
    doorkeeper: Doorkeeper | None = None,
    max_body: int = 1024 * 1024,
    body_timeout: float = 30.0,
    idle_timeout: float = 60.0,
) -> GuardedServer:
    """A server for CPEs.

    Args:
        core: decides.
        store: where its changes are committed before a reply goes out.
        log: what happened.
        doorkeeper: asks for credentials; ``None`` lets everybody in.
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
        cookie = request.cookies.get(COOKIE)
        # Once a session is open its cookie, which nobody can guess, stands for the credentials.
        if doorkeeper is not None and not core.knows(cookie):
            refused = _challenged(doorkeeper, request, log)
            if refused is not None:
                return refused
        reply = core.post(cookie, data, time.time())
        store.commit(reply.changes)
        if reply.note:
            log(reply.note)
        if reply.after:
            await asyncio.sleep(reply.after)
        return _response(reply)

    return GuardedServer(handle, idle_timeout=idle_timeout, refused=_refusals(log))


def file_server(
    files: Mapping[str, Path], log: Log, *, doorkeeper: Doorkeeper | None = None, idle_timeout: float = 60.0
) -> GuardedServer:
    """A server of named files: a request names one of ``files`` or gets 404; no path is made from what was asked.

    One range of bytes is served as 206; ``ETag`` and ``Repr-Digest`` (RFC 9530) tell the SHA-256 of the whole file.

    Args:
        files: path on disk by name in the URL, without the leading slash.
        log: what happened.
        doorkeeper: asks for credentials; ``None`` lets everybody in.
        idle_timeout: seconds for a header to arrive.
    """
    kept: dict[Path, tuple[tuple[int, int], bytes]] = {}

    def digest_of(path: Path, data: bytes) -> bytes:
        """The SHA-256 of a file, kept for as long as the file is the same: a thousand CPEs fetch one image."""
        state = (path.stat().st_mtime_ns, len(data))
        if path not in kept or kept[path][0] != state:
            kept[path] = (state, hashlib.sha256(data).digest())
        return kept[path][1]

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.method not in ("GET", "HEAD"):
            return _error(405, "files are fetched with GET", log)
        path = files.get(request.path.removeprefix("/"))
        if path is None or not path.is_file():
            return _error(404, "no such file", log)
        if doorkeeper is not None and (refused := _challenged(doorkeeper, request, log)) is not None:
            return refused
        data = await asyncio.to_thread(path.read_bytes)
        digest = digest_of(path, data)
        response = _part(request, data, f'"{digest.hex()}"', log)
        if response.status < 400:
            log({"what": "file", "name": request.path, "bytes": len(data), "status": response.status})
            response.headers["Accept-Ranges"] = "bytes"
            response.headers["ETag"] = f'"{digest.hex()}"'
            response.headers["Repr-Digest"] = f"sha-256=:{base64.b64encode(digest).decode()}:"
        return response

    return GuardedServer(handle, idle_timeout=idle_timeout, refused=_refusals(log))


def _part(request: web.BaseRequest, data: bytes, tag: str, log: Log) -> web.Response:
    """What was asked for of a file: a part only if it is still the file that the client has the rest of (If-Range)."""
    wanted = request.headers.get("Range") if request.headers.get("If-Range", tag) == tag else None
    try:
        part = byte_range(wanted, len(data))
    except Unsatisfiable:
        response = _error(416, "no such part of the file", log)
        response.headers["Content-Range"] = f"bytes */{len(data)}"
        return response
    if part is None:
        return web.Response(body=data, content_type="application/octet-stream")
    first, end = part
    headers = {"Content-Range": f"bytes {first}-{end - 1}/{len(data)}"}
    return web.Response(status=206, body=data[first:end], headers=headers, content_type="application/octet-stream")


def _challenged(doorkeeper: Doorkeeper, request: web.BaseRequest, log: Log) -> web.Response | None:
    """The 401 for a request that may not pass."""
    header = request.headers.get("Authorization")
    verdict = doorkeeper.judge(request.method, request.path_qs, header, time.time())
    if verdict.passes:
        return None
    log({"what": "refused", "status": 401, "why": verdict.why})
    response = web.Response(status=401, text=verdict.why)
    for challenge in verdict.challenges:
        response.headers.add("WWW-Authenticate", challenge)
    return response


def _refusals(log: Log) -> Callable[[int, str], None]:
    return lambda status, why: log({"what": "refused", "status": status, "why": why})


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
