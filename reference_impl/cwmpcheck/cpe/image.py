"""The firmware image of the reference CPE: a magic line, the length of a header, the header in JSON, the payload.

The header says the version, and the size and SHA-256 of the payload, so that a cut or altered file is known for one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

import msgspec

from cwmpcheck.vocabulary.errors import UnreadableInput

__all__ = ["MAGIC", "BadImage", "Header", "build_image", "digest_of", "verify_image"]

MAGIC = b"cwmpcheck image 1\n"
_LENGTH = 4
_MAX_HEADER = 4096
_BLOCK = 1 << 16


class BadImage(UnreadableInput):
    """A file that is not a whole, unaltered image."""


class Header(msgspec.Struct, frozen=True):
    """What an image says about itself: version, payload size in bytes, SHA-256 of the payload in hex."""

    version: str
    size: int
    sha256: str


def build_image(version: str, payload: bytes) -> bytes:
    """The bytes of an image file.

    >>> build_image("2.0", b"code")[:17]
    b'cwmpcheck image 1'
    """
    header = msgspec.json.encode(Header(version, len(payload), hashlib.sha256(payload).hexdigest()))
    return MAGIC + len(header).to_bytes(_LENGTH, "big") + header + payload


def verify_image(path: Path) -> Header:
    """The header of an image file, after its payload was found whole.

    Raises:
        BadImage: not an image, cut short, too long, or altered.
    """
    with path.open("rb") as file:
        header = _read_header(file)
        seen, hashed = 0, hashlib.sha256()
        while block := file.read(_BLOCK):
            seen += len(block)
            hashed.update(block)
    if seen != header.size:
        raise BadImage(f"the payload has {seen} bytes; the header says {header.size}")
    if hashed.hexdigest() != header.sha256:
        raise BadImage("the payload does not match its checksum")
    return header


def digest_of(path: Path) -> str:
    """The SHA-256 of a whole file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_header(file: BinaryIO) -> Header:
    if file.read(len(MAGIC)) != MAGIC:
        raise BadImage("not a firmware image: it does not begin as one")
    length = int.from_bytes(file.read(_LENGTH), "big")
    if not 0 < length <= _MAX_HEADER:
        raise BadImage(f"not a firmware image: a header of {length} bytes")
    try:
        return msgspec.json.decode(file.read(length), type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadImage(f"not a firmware image: its header cannot be read ({error})") from error
