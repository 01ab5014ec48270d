"""From hostile bytes to an XML tree, or to the reason why not.

Everything that could cost more than a small multiple of the bytes is refused before or by the parser: other encodings than
SOAP's, any document type declaration (so there are no entities to expand and nothing external to fetch), too many bytes,
elements or attributes, and nesting beyond what libxml2 allows without its ``huge_tree`` switch.
"""

from __future__ import annotations

import re

import msgspec
from lxml import etree

from cwmpcheck.vocabulary.departures import DepartureKind

__all__ = ["Limits", "Refusal", "parse_xml"]


class Limits(msgspec.Struct, frozen=True):
    """How much of a message is read at most.

    Attributes:
        max_bytes: size of the whole document. Receivers of CWMP need to take 32 KiB; answers to GetParameterValues
            are larger.
        max_elements: elements in the document.
        max_attributes: attributes in the document, namespace declarations included.
    """

    max_bytes: int = 4 * 1024 * 1024
    max_elements: int = 100_000
    max_attributes: int = 200_000


class Refusal(msgspec.Struct, frozen=True):
    """Why bytes are no readable XML document."""

    kind: DepartureKind
    reason: str


_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_SAFE_ENCODINGS = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252", "utf-16"})
_DECLARATION = re.compile(rb"<\?xml\s[^>]*?>")
_ENCODING = re.compile(rb"""encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
# Atomic and possessive groups: a prolog of many comments cannot make this backtrack.
_DOCTYPE = re.compile(rb"(?>\s+|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
_CLOSED = re.compile(rb"</[^<>\s]*Envelope\s*>\s*\Z")

_UNDEFINED_PREFIX = etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE


def parse_xml(data: bytes, limits: Limits) -> etree._Element | Refusal:
    """The root element of a document within ``limits``, or why there is none.

    An undeclared namespace prefix is tolerated: the tag keeps its prefix and has no namespace.
    """
    refusal = _refuse_early(data, limits)
    if refusal is not None:
        return refusal
    text = _as_ascii_compatible(data)
    if isinstance(text, Refusal):
        return text
    if _DOCTYPE.match(text):
        return Refusal(
            DepartureKind.DOCTYPE_REFUSED, "a document type declaration: SOAP forbids it, entities hide in it"
        )
    return _refuse_wide(text, limits) or _parse(text)


def _refuse_early(data: bytes, limits: Limits) -> Refusal | None:
    if len(data) > limits.max_bytes:
        return Refusal(DepartureKind.TOO_LARGE, f"{len(data)} bytes; at most {limits.max_bytes} are read")
    if not data.strip():
        return Refusal(DepartureKind.NOT_SOAP, "no bytes, or nothing but whitespace")
    return None


def _as_ascii_compatible(data: bytes) -> bytes | Refusal:
    """The document in an encoding where ``<`` is the byte ``<``, so that counting bytes counts markup."""
    if data.startswith(_UTF16_BOMS):
        try:
            text = data.decode("utf-16").encode()
        except UnicodeError:
            return Refusal(DepartureKind.MALFORMED_XML, "a UTF-16 byte order mark before what is not UTF-16")
        return _DECLARATION.sub(b"", text, count=1)
    data = data.removeprefix(_UTF8_BOM).lstrip()
    if not data.startswith(b"<"):
        return Refusal(DepartureKind.NOT_SOAP, f"does not begin with an XML tag but with {data[:20]!r}")
    declaration = _DECLARATION.match(data)
    encoding = _ENCODING.search(declaration[0]) if declaration else None
    if encoding and encoding[1].decode("ascii").lower() not in _SAFE_ENCODINGS:
        return Refusal(DepartureKind.MALFORMED_XML, f"encoding {encoding[1].decode('ascii')} is not one that SOAP uses")
    return data


def _refuse_wide(data: bytes, limits: Limits) -> Refusal | None:
    """Counts markup characters: never fewer than the elements and attributes there are."""
    elements = data.count(b"<") - data.count(b"</")
    if elements > limits.max_elements:
        return Refusal(DepartureKind.TOO_LARGE, f"up to {elements} elements; at most {limits.max_elements} are read")
    attributes = data.count(b"=")
    if attributes > limits.max_attributes:
        return Refusal(
            DepartureKind.TOO_LARGE, f"up to {attributes} attributes; at most {limits.max_attributes} are read"
        )
    return None


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
    )


def _parse(data: bytes) -> etree._Element | Refusal:
    try:
        root = etree.fromstring(data, _parser(recover=False))
    except etree.XMLSyntaxError as error:
        undeclared = getattr(error, "code", None) == _UNDEFINED_PREFIX
        return _parse_despite_prefixes(data, error) if undeclared else _malformed(data, error)
    except ValueError as error:  # lxml: characters that no XML document may hold
        return Refusal(DepartureKind.MALFORMED_XML, str(error))
    return _refuse_dtd(root)


def _parse_despite_prefixes(data: bytes, first: etree.XMLSyntaxError) -> etree._Element | Refusal:
    """A second attempt that passes over undeclared prefixes, and over nothing else."""
    parser = _parser(recover=True)
    root = etree.fromstring(data, parser)
    if root is None or any(entry.type != _UNDEFINED_PREFIX for entry in parser.error_log):
        return _malformed(data, first)
    return _refuse_dtd(root)


def _refuse_dtd(root: etree._Element) -> etree._Element | Refusal:
    if root.getroottree().docinfo.internalDTD is not None:
        return Refusal(DepartureKind.DOCTYPE_REFUSED, "a document type declaration")
    return root


def _malformed(data: bytes, error: etree.XMLSyntaxError) -> Refusal:
    message = " ".join((error.msg or "not well-formed").split())
    if b"Envelope" in data and not _CLOSED.search(data[-200:]):
        return Refusal(DepartureKind.TRUNCATED, f"ends before the envelope does ({message})")
    too_deep = "depth" in message.lower() or "huge" in message.lower()
    return Refusal(DepartureKind.TOO_LARGE if too_deep else DepartureKind.MALFORMED_XML, message)
