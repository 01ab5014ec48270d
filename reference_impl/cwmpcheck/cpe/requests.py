"""The answers to what the ACS asks, apart from the downloads: pure functions of what the CPE knows.

What an answer needs to be true (a commit, an order to a bank) is done before it is sent; the core sees to that.
"""

from __future__ import annotations

from collections.abc import Mapping

from cwmpcheck.cpe.faults import client_fault, server_fault
from cwmpcheck.cpe.ledger import Ledger
from cwmpcheck.cpe.parameters import Leaf, found, infos
from cwmpcheck.cpe.queue import all_queued, queued
from cwmpcheck.vocabulary.namespaces import CWMP_1_2
from cwmpcheck.wire import messages
from cwmpcheck.wire.messages import Body

__all__ = ["answer_about", "methods", "unknown"]

_METHODS = (
    "GetRPCMethods",
    "SetParameterValues",
    "GetParameterValues",
    "GetParameterNames",
    "Download",
    "Reboot",
    "FactoryReset",
    "GetQueuedTransfers",
)
_LATER_METHODS = ("GetAllQueuedTransfers", "ScheduleDownload", "CancelTransfer")


def methods(namespace: str) -> tuple[str, ...]:
    """The RPCs that the ACS may call; earlier namespaces have no ScheduleDownload and what came with it."""
    return (*_METHODS, *(_LATER_METHODS if namespace == CWMP_1_2 else ()))


def answer_about(body: Body, ledger: Ledger, leaves: Mapping[str, Leaf], oui: str, namespace: str) -> Body | None:
    """The answer to a question that changes nothing; ``None`` if it is none.

    Args:
        body: what was asked.
        ledger: for the queue.
        leaves: the parameters.
        oui: of the device, for vendor file types.
        namespace: of the session.
    """
    transfers = [ledger.transfers[number] for number in sorted(ledger.transfers)]
    match body:
        case messages.GetRPCMethods():
            return messages.GetRPCMethodsResponse(methods(namespace))
        case messages.GetQueuedTransfers():
            return messages.GetQueuedTransfersResponse(queued(transfers))
        case messages.GetAllQueuedTransfers():
            return messages.GetAllQueuedTransfersResponse(all_queued(transfers, oui))
        case messages.GetParameterValues(names=names):
            values = found(leaves, names)
            if isinstance(values, str):
                return client_fault(9005, f"there is no {values[:200]!r}")
            return messages.GetParameterValuesResponse(tuple(values))
        case messages.GetParameterNames(path=path, next_level=next_level):
            names_found = infos(leaves, path, next_level=bool(next_level)) if next_level is not None else []
            if not names_found:
                code = 9003 if next_level is None or path in leaves else 9005
                return client_fault(code, f"nothing lies under {path[:200]!r}")
            return messages.GetParameterNamesResponse(tuple(names_found))
    return None


def unknown(body: Body) -> messages.Fault:
    """The fault for an RPC that this device does not have."""
    return server_fault(9000, f"{messages.rpc_name(body)} is not supported")
