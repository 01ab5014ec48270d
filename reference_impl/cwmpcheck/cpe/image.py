"""The firmware image of the reference CPE: a magic line, the length of a header, the header in JSON, the payload.

The header says the version, and the size and SHA-256 of the payload, so that a cut or altered file is known for one.
It may be signed: with a keyed digest (HMAC-SHA256) over the header's other fields. A secret key that maker and device
share stands in for a pair of keys, which is what a real device would have; how the device behaves is the same.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import BinaryIO

import msgspec

from cwmpcheck.vocabulary.errors import UnreadableInput

__all__ = ["MAGIC", "BadImage", "BadSignature", "Header", "build_image", "digest_of", "verify_image"]

MAGIC = b"cwmpcheck image 1\n"
_LENGTH = 4
_MAX_HEADER = 4096
_BLOCK = 1 << 16


class BadImage(UnreadableInput):
    """A file that is not a whole, unaltered image."""


class BadSignature(BadImage):
    """A whole image that is not signed with the key that the device trusts."""


class Header(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an image says about itself.

    Attributes:
        version: of the software.
        size: of the payload, in bytes.
        sha256: of the payload, in hex.
        boots: whether the software comes up; one that does not is how a fall-back is tried out.
        signature: keyed digest over all of the above, in hex; empty for none.
    """

    version: str
    size: int
    sha256: str
    boots: bool = True
    signature: str = ""


def build_image(version: str, payload: bytes, *, boots: bool = True, key: bytes = b"") -> bytes:
    """The bytes of an image file, signed if there is a key.

    >>> build_image("2.0", b"code")[:17]
    b'cwmpcheck image 1'
    """
    plain = Header(version, len(payload), hashlib.sha256(payload).hexdigest(), boots)
    header = msgspec.json.encode(msgspec.structs.replace(plain, signature=_signature(plain, key) if key else ""))
    return MAGIC + len(header).to_bytes(_LENGTH, "big") + header + payload


def _signature(header: Header, key: bytes) -> str:
    signed = msgspec.json.encode([header.version, header.size, header.sha256, header.boots])
    return hmac.new(key, signed, hashlib.sha256).hexdigest()


def verify_image(path: Path, key: bytes = b"") -> Header:
    """The header of an image file, after its payload was found whole, and signed with ``key`` unless that is empty.

    Raises:
        BadSignature: whole, but not signed with that key.
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
    if key and not hmac.compare_digest(_signature(header, key).encode(), header.signature.encode()):
        raise BadSignature("the image is not signed with the key of this device")
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
