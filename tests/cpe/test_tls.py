"""HTTPS to the ACS and the file server: believed with the right CA file, refused without."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from aiohttp import web

from cwmpcheck.cpe import build_image
from cwmpcheck.cpe.effects import Fetch
from cwmpcheck.cpe.faults import FetchCause
from cwmpcheck.cpe.fetch import FetchFailed, fetch_file
from cwmpcheck.cpe.files import FileStore
from cwmpcheck.cpe.http import AcsClient, PostFailed
from cwmpcheck.cpe.tls import trust
from cwmpcheck.vocabulary.errors import UnreadableInput

IMAGE = build_image("2.0", b"payload")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A throwaway certificate for this machine, its own authority, and its key."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("no openssl on this machine to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    pem, key = folder / "cert.pem", folder / "key.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    made = subprocess.run(
        [program, "req", *kind, *names, "-keyout", str(key), "-out", str(pem)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip(f"this openssl makes no certificate: {made.stderr[-200:]!r}")
    return pem, key


async def answer(request: web.BaseRequest) -> web.StreamResponse:
    """A file for GET; for POST, hello to whoever gives a password away, as one may over TLS."""
    if request.method == "GET":
        return web.Response(body=IMAGE)
    if request.path == "/down":
        return web.Response(status=307, headers={"Location": f"http://127.0.0.1:{request.url.port}/"})
    if request.headers.get("Authorization") != "Basic bWU6d29yZA==":
        return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="acs"'})
    return web.Response(text="hello")


async def serve(certificate: tuple[Path, Path]) -> tuple[web.ServerRunner, int]:
    """An HTTPS server on the loopback."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    return runner, runner.addresses[0][1]


def test_the_acs_is_believed_with_its_ca_file_alone(certificate: tuple[Path, Path]) -> None:
    """With the CA file the session works, basic included; without, there is none; and no redirect leaves HTTPS."""

    async def run() -> None:
        runner, port = await serve(certificate)
        url = f"https://127.0.0.1:{port}/"
        known = AcsClient(url, timeout=5, tls=trust(certificate[0]), credentials=lambda: ("me", "word"))
        stranger = AcsClient(url, timeout=5, tls=trust(None))
        leaving = AcsClient(url + "down", timeout=5, tls=trust(certificate[0]))
        try:
            assert await known.post(b"<x/>") == (200, b"hello")
            with pytest.raises(PostFailed, match="CERTIFICATE_VERIFY_FAILED"):
                await stranger.post(b"<x/>")
            with pytest.raises(PostFailed, match="redirected from https to 'http'"):
                await leaving.post(b"<x/>")
        finally:
            for client in (known, stranger, leaving):
                await client.end()
            await runner.cleanup()

    asyncio.run(run())


def test_a_file_comes_over_https(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    """With the CA file the image comes; without, there is no contact with that server (9015)."""

    async def run() -> None:
        runner, port = await serve(certificate)
        order = Fetch(1, f"https://localhost:{port}/image", "", "", True)
        store = FileStore(tmp_path / "files")
        try:
            digest = await fetch_file(order, store, timeout=5, tls=trust(certificate[0]))
            assert store.path(digest).read_bytes() == IMAGE
            with pytest.raises(FetchFailed) as caught:
                await fetch_file(order, store, timeout=5, tls=trust(None))
            assert caught.value.cause is FetchCause.CONTACT
        finally:
            await runner.cleanup()

    asyncio.run(run())


@pytest.mark.parametrize("text", [None, "no certificate at all"])
def test_a_ca_file_that_is_none_is_a_line_for_people(tmp_path: Path, text: str | None) -> None:
    """A missing file, or one without certificates, is said in words."""
    path = tmp_path / "ca.pem"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UnreadableInput, match="holds no certificates"):
        trust(path)
