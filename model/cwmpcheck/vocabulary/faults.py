"""Fault codes: what they mean, and which may be said where (rules.md 1.5, 1.7, 2.6 and 3.4)."""

from __future__ import annotations

import enum

from cwmpcheck.vocabulary.namespaces import CWMP_1_0, CWMP_1_1
from cwmpcheck.vocabulary.rpcs import RPCS, Direction

__all__ = [
    "ACS_FAULTS",
    "CPE_FAULTS",
    "NO_FAULT",
    "RETRY_REQUEST",
    "FaultSide",
    "fault_defined_in",
    "fault_legal_for",
    "fault_meaning",
    "fault_side",
    "soap_fault_code",
    "transfer_fault_legal",
]

NO_FAULT = 0
"""The FaultCode of a TransferComplete that reports success."""

RETRY_REQUEST = 8005
"""The one ACS fault that asks for the same request again, at once."""

CPE_FAULTS: dict[int, str] = {
    9000: "method not supported",
    9001: "request denied (no reason specified)",
    9002: "internal error",
    9003: "invalid arguments",
    9004: "resources exceeded",
    9005: "invalid parameter name",
    9006: "invalid parameter type",
    9007: "invalid parameter value",
    9008: "attempt to set a non-writable parameter",
    9009: "notification request rejected",
    9010: "file transfer failure",
    9011: "upload failure",
    9012: "file transfer server authentication failure",
    9013: "unsupported protocol for file transfer",
    9014: "file transfer failure: unable to join multicast group",
    9015: "file transfer failure: unable to contact file server",
    9016: "file transfer failure: unable to access file",
    9017: "file transfer failure: unable to complete download",
    9018: "file transfer failure: file corrupted or unusable",
    9019: "file transfer failure: file authentication failure",
    9020: "file transfer failure: unable to complete download within the time windows",
    9021: "cancelation of file transfer not permitted in current transfer state",
    9022: "invalid UUID format",
    9023: "unknown execution environment",
    9024: "disabled execution environment",
    9025: "deployment unit to execution environment mismatch",
    9026: "duplicate deployment unit",
    9027: "system resources exceeded",
    9028: "unknown deployment unit",
    9029: "invalid deployment unit state",
    9030: "invalid deployment unit update: downgrade not permitted",
    9031: "invalid deployment unit update: version not specified",
    9032: "invalid deployment unit update: version already exists",
}
"""What each CPE fault code means."""

ACS_FAULTS: dict[int, str] = {
    8000: "method not supported",
    8001: "request denied (no reason specified)",
    8002: "internal error",
    8003: "invalid arguments",
    8004: "resources exceeded",
    8005: "retry request",
    8006: "ACS version incompatible with CPE",
}
"""What each ACS fault code means."""


class FaultSide(enum.StrEnum):
    """Who says a fault code."""

    CPE = "cpe"
    ACS = "acs"


_CPE = range(9000, 9800)
_CPE_VENDOR = range(9800, 9900)
_ACS = range(8000, 8800)
_ACS_VENDOR = range(8800, 8900)
_EXTENSION = range(9033, 9800)

_FAULTS_1_0 = frozenset({*range(9000, 9014), *range(8000, 8006)})
_TRANSFER_1_0 = frozenset({NO_FAULT, 9001, 9002, 9010, 9011, 9012})
_TRANSFER_1_1 = _TRANSFER_1_0 | set(range(9014, 9020))
_TRANSFER_1_2 = _TRANSFER_1_0 | set(range(9014, 9021))
_FUTURE_1_1 = range(9020, 9800)

_CLIENT = frozenset({9003, 9005, 9006, 9007, 9008, 9020, 9021, 8003})

_GENERIC = frozenset({9000, 9001, 9002, 9003, 9004})
_LEGAL: dict[str, frozenset[int]] = {
    "Download": _GENERIC | {9010, *range(9012, 9020)},
    "ScheduleDownload": _GENERIC | {9010, 9013},
    "CancelTransfer": frozenset({9000, 9001, 9002, 9003, 9021}),
}


def transfer_fault_legal(code: int, namespace: str) -> bool:
    """Whether a TransferComplete (or the autonomous one) may carry this FaultCode in this namespace.

    A namespace that no schema has is judged as CWMP 1.2.

    >>> from cwmpcheck.vocabulary.namespaces import CWMP_1_2
    >>> [code for code in (0, 9003, 9010, 9013, 9020) if transfer_fault_legal(code, CWMP_1_2)]
    [0, 9010, 9020]
    """
    if namespace == CWMP_1_0:
        return code in _TRANSFER_1_0
    if namespace == CWMP_1_1:
        return code in _TRANSFER_1_1 or code in _FUTURE_1_1 or code in _CPE_VENDOR
    return code in _TRANSFER_1_2 or code in _EXTENSION or code in _CPE_VENDOR


def fault_side(code: int) -> FaultSide | None:
    """Who says this code, or ``None`` if no SOAP Fault may carry it.

    >>> str(fault_side(9010)), str(fault_side(8005)), fault_side(0)
    ('cpe', 'acs', None)
    """
    if code in _CPE or code in _CPE_VENDOR:
        return FaultSide.CPE
    if code in _ACS or code in _ACS_VENDOR:
        return FaultSide.ACS
    return None


def fault_defined_in(code: int, namespace: str) -> bool:
    """Whether the schema behind ``namespace`` admits this code in a SOAP Fault: CWMP 1.0 has a closed list.

    >>> from cwmpcheck.vocabulary.namespaces import CWMP_1_2
    >>> [fault_defined_in(9016, namespace) for namespace in (CWMP_1_0, CWMP_1_2)]
    [False, True]
    """
    if namespace == CWMP_1_0:
        return code in _FAULTS_1_0 or code in _CPE_VENDOR or code in _ACS_VENDOR
    return fault_side(code) is not None


def fault_legal_for(code: int, rpc: str) -> bool:
    """Whether the receiver of ``rpc`` may refuse it with this code.

    The ACS refuses what a CPE calls with any of its own codes. Of the CPE's, the sets are known for Download,
    ScheduleDownload and CancelTransfer; for any other RPC every one is admitted but 9020, which only a TransferComplete
    carries.

    >>> [code for code in (8000, 9004, 9011, 9020, 9021, 9022, 9800) if fault_legal_for(code, "Download")]
    [9004, 9800]
    >>> [code for code in (8005, 9001) if fault_legal_for(code, "TransferComplete")]
    [8005]
    """
    side = fault_side(code)
    direction = RPCS[rpc].direction if rpc in RPCS else Direction.EITHER
    if side is None or code == 9020:
        return False
    if side is FaultSide.ACS or direction is Direction.FROM_CPE:
        return side is FaultSide.ACS and direction is not Direction.FROM_ACS
    legal = _LEGAL.get(rpc)
    return legal is None or code in legal or code in _EXTENSION or code in _CPE_VENDOR


def fault_meaning(code: int) -> str:
    """A fault code in words.

    >>> fault_meaning(9016), fault_meaning(9850), fault_meaning(42)
    ('file transfer failure: unable to access file', 'vendor-specific CPE fault', 'no fault code of CWMP')
    """
    if code == NO_FAULT:
        return "no fault"
    named = CPE_FAULTS.get(code) or ACS_FAULTS.get(code)
    if named is not None:
        return named
    side = fault_side(code)
    if side is None:
        return "no fault code of CWMP"
    vendor = code in _CPE_VENDOR or code in _ACS_VENDOR
    return f"{'vendor-specific' if vendor else 'unassigned'} {side.upper()} fault"


def soap_fault_code(code: int) -> str:
    """The SOAP class of a CWMP fault: ``Client`` where the requester can mend it, else ``Server``.

    >>> soap_fault_code(9003), soap_fault_code(9010)
    ('Client', 'Server')
    """
    return "Client" if code in _CLIENT else "Server"
