"""XML namespaces of SOAP 1.1 and of CWMP, and which CWMP versions share one (rules.md 0.2 and 1.1)."""

from __future__ import annotations

__all__ = [
    "CWMP_1_0",
    "CWMP_1_1",
    "CWMP_1_2",
    "CWMP_NAMESPACES",
    "SOAP_ENCODING",
    "SOAP_ENVELOPE",
    "XML_SCHEMA",
    "XML_SCHEMA_INSTANCE",
    "looks_like_cwmp",
]

SOAP_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
XML_SCHEMA = "http://www.w3.org/2001/XMLSchema"
XML_SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"

CWMP_1_0 = "urn:dslforum-org:cwmp-1-0"
CWMP_1_1 = "urn:dslforum-org:cwmp-1-1"
CWMP_1_2 = "urn:dslforum-org:cwmp-1-2"
"""The namespace of CWMP 1.2, 1.3 and 1.4 alike: the later schemas keep it."""

CWMP_NAMESPACES: tuple[str, ...] = (CWMP_1_0, CWMP_1_1, CWMP_1_2)
"""Every namespace that a published CWMP schema has as its target."""

_FAMILY = "urn:dslforum-org:cwmp-"


def looks_like_cwmp(namespace: str) -> bool:
    """Whether a namespace is meant as CWMP, though perhaps no schema has it (``cwmp-1-3``, ``cwmp-1-4``).

    >>> looks_like_cwmp("urn:dslforum-org:cwmp-1-4"), looks_like_cwmp("urn:example")
    (True, False)
    """
    return namespace.startswith(_FAMILY)
