"""The RPCs: direction, and the arguments of request and response as the schemas give them (rules.md 1.2 to 1.7).

One table serves the reader, the writer and whoever explains a message. Unless an `Argument` says otherwise its element is
required exactly once, in the order listed; an unused text is an empty element, not an absent one.
"""

from __future__ import annotations

import enum

import msgspec

__all__ = ["MESSAGES", "RPCS", "Argument", "ArgumentType", "Direction", "Rpc", "direction_of", "request_of"]


class ArgumentType(enum.StrEnum):
    """The schema type of one argument."""

    STRING = "string"
    UNSIGNED_INT = "unsignedInt"
    INT = "int"
    BOOLEAN = "boolean"
    DATE_TIME = "dateTime"
    ANY_SIMPLE = "anySimpleType"
    """A value whose type the sender states in ``xsi:type``."""
    STRUCT = "struct"
    ARRAY = "array"


class Argument(msgspec.Struct, frozen=True):
    """One argument of a message, or one member of a struct.

    Attributes:
        name: the element.
        type: its schema type.
        max_length: longest text in characters, or most items of an array; ``None`` if unbounded.
        min_items: fewest items of an array.
        members: of a struct, or of each item of an array of structs.
        item: the element of each item of an array.
        empty: what an empty text (or 0) means, where that is not plain.
        item_length: longest item, in characters, of an array of texts.
    """

    name: str
    type: ArgumentType
    max_length: int | None = None
    min_items: int = 0
    members: tuple[Argument, ...] = ()
    item: str = ""
    empty: str = ""
    item_length: int = 64


class Direction(enum.StrEnum):
    """Who sends the request of an RPC."""

    FROM_CPE = "CPE to ACS"
    FROM_ACS = "ACS to CPE"
    EITHER = "either"


class Rpc(msgspec.Struct, frozen=True):
    """One RPC.

    Attributes:
        name: the request element; the response element has ``Response`` after it.
        direction: who may call it.
        annex: where the standard describes it, if the schemas say so.
        arguments: of the request; ``None`` where this project has no table of them.
        results: of the response; ``None`` likewise.
    """

    name: str
    direction: Direction
    annex: str
    arguments: tuple[Argument, ...] | None = None
    results: tuple[Argument, ...] | None = None


def _text(name: str, length: int | None, empty: str = "") -> Argument:
    return Argument(name, ArgumentType.STRING, length, empty=empty)


def _number(name: str, empty: str = "") -> Argument:
    return Argument(name, ArgumentType.UNSIGNED_INT, empty=empty)


def _struct(name: str, *members: Argument) -> Argument:
    return Argument(name, ArgumentType.STRUCT, members=members)


def _array(name: str, item: str, most: int | None, *members: Argument, least: int = 0) -> Argument:
    return Argument(name, ArgumentType.ARRAY, most, least, members, item)


_KEY = _text("CommandKey", 32, "a key like any other: the standard asks for no uniqueness")
_FILE_TYPE = _text("FileType", 64)
_URL = _text("URL", 256)
_CREDENTIALS = (_text("Username", 256, "no credentials"), _text("Password", 256, "no credentials"))
_FILE_SIZE = _number("FileSize", "0: no information; the CPE must try")
_TARGET = _text("TargetFileName", 256, "the CPE chooses")
_STATUS = Argument("Status", ArgumentType.INT)
_FAULT_STRUCT = _struct("FaultStruct", _number("FaultCode", "0: success"), _text("FaultString", 256, "success"))
_TIMES = (Argument("StartTime", ArgumentType.DATE_TIME), Argument("CompleteTime", ArgumentType.DATE_TIME))
_MAX_ENVELOPES = _number("MaxEnvelopes")
_VALUES = _array(
    "ParameterList",
    "ParameterValueStruct",
    None,
    _text("Name", 256),
    Argument("Value", ArgumentType.ANY_SIMPLE),
)
_NAMES = Argument("ParameterNames", ArgumentType.ARRAY, None, 1, (), "string", item_length=256)
_INFOS = _array(
    "ParameterList",
    "ParameterInfoStruct",
    None,
    _text("Name", 256),
    Argument("Writable", ArgumentType.BOOLEAN),
)

_INFORM = (
    _struct(
        "DeviceId", _text("Manufacturer", 64), _text("OUI", 6), _text("ProductClass", 64), _text("SerialNumber", 64)
    ),
    _array("Event", "EventStruct", 64, _text("EventCode", 64), _text("CommandKey", 32, "no method caused the event")),
    _MAX_ENVELOPES,
    Argument("CurrentTime", ArgumentType.DATE_TIME),
    _number("RetryCount", "0: the previous session, if any, succeeded"),
    _VALUES,
)
_DOWNLOAD = (
    _KEY,
    _FILE_TYPE,
    _URL,
    *_CREDENTIALS,
    _FILE_SIZE,
    _TARGET,
    _number("DelaySeconds", "0: at once"),
    _text("SuccessURL", 256, "no redirect"),
    _text("FailureURL", 256, "no redirect"),
)
_TIME_WINDOW = (
    _number("WindowStart"),
    _number("WindowEnd"),
    _text("WindowMode", 64),
    _text("UserMessage", 256, "no message to the user"),
    Argument("MaxRetries", ArgumentType.INT, empty="0: none; -1: as the CPE decides"),
)
_SCHEDULE_DOWNLOAD = (
    _KEY,
    _FILE_TYPE,
    _URL,
    *_CREDENTIALS,
    _FILE_SIZE,
    _TARGET,
    _array("TimeWindowList", "TimeWindowStruct", 2, *_TIME_WINDOW, least=1),
)
_AUTONOMOUS = (
    _text("AnnounceURL", 1024, "not from an announcement"),
    _text("TransferURL", 1024, "no URL"),
    Argument("IsDownload", ArgumentType.BOOLEAN),
    _FILE_TYPE,
    _FILE_SIZE,
    _TARGET,
    _FAULT_STRUCT,
    *_TIMES,
)
_STATE = Argument("State", ArgumentType.INT)
_ALL_QUEUED = (
    _array(
        "TransferList",
        "AllQueuedTransferStruct",
        16,
        _KEY,
        _STATE,
        Argument("IsDownload", ArgumentType.BOOLEAN),
        _FILE_TYPE,
        _FILE_SIZE,
        _TARGET,
    ),
)
_QUEUED = (_array("TransferList", "QueuedTransferStruct", 16, _KEY, _STATE),)
_REQUEST_DOWNLOAD = (
    _FILE_TYPE,
    _array("FileTypeArg", "ArgStruct", 16, _text("Name", 64), _text("Value", 256)),
)
_METHODS = (_array("MethodList", "string", None, least=1),)

RPCS: dict[str, Rpc] = {
    rpc.name: rpc
    for rpc in (
        Rpc("GetRPCMethods", Direction.EITHER, "A.3.1.1", (), _METHODS),
        Rpc("SetParameterValues", Direction.FROM_ACS, "A.3.2.1", (_VALUES, _text("ParameterKey", 32)), (_STATUS,)),
        Rpc("GetParameterValues", Direction.FROM_ACS, "A.3.2.2", (_NAMES,), (_VALUES,)),
        Rpc(
            "GetParameterNames",
            Direction.FROM_ACS,
            "A.3.2.3",
            (_text("ParameterPath", 256, "the whole data model"), Argument("NextLevel", ArgumentType.BOOLEAN)),
            (_INFOS,),
        ),
        Rpc("SetParameterAttributes", Direction.FROM_ACS, "A.3.2.4"),
        Rpc("GetParameterAttributes", Direction.FROM_ACS, "A.3.2.5"),
        Rpc("AddObject", Direction.FROM_ACS, "A.3.2.6"),
        Rpc("DeleteObject", Direction.FROM_ACS, "A.3.2.7"),
        Rpc("Download", Direction.FROM_ACS, "A.3.2.8", _DOWNLOAD, (_STATUS, *_TIMES)),
        Rpc("Reboot", Direction.FROM_ACS, "A.3.2.9", (_KEY,), ()),
        Rpc("Inform", Direction.FROM_CPE, "A.3.3.1", _INFORM, (_MAX_ENVELOPES,)),
        Rpc("TransferComplete", Direction.FROM_CPE, "A.3.3.2", (_KEY, _FAULT_STRUCT, *_TIMES), ()),
        Rpc("AutonomousTransferComplete", Direction.FROM_CPE, "A.3.3.3", _AUTONOMOUS, ()),
        Rpc("GetQueuedTransfers", Direction.FROM_ACS, "A.4.1.1", (), _QUEUED),
        Rpc("ScheduleInform", Direction.FROM_ACS, "A.4.1.2"),
        Rpc("SetVouchers", Direction.FROM_ACS, "A.4.1.3"),
        Rpc("GetOptions", Direction.FROM_ACS, "A.4.1.4"),
        Rpc(
            "Upload",
            Direction.FROM_ACS,
            "A.4.1.5",
            (_KEY, _FILE_TYPE, _URL, *_CREDENTIALS, _number("DelaySeconds", "0: at once")),
            (_STATUS, *_TIMES),
        ),
        Rpc("FactoryReset", Direction.FROM_ACS, "A.4.1.6", (), ()),
        Rpc("GetAllQueuedTransfers", Direction.FROM_ACS, "A.4.1.7", (), _ALL_QUEUED),
        Rpc("ScheduleDownload", Direction.FROM_ACS, "A.4.1.8", _SCHEDULE_DOWNLOAD, ()),
        Rpc("CancelTransfer", Direction.FROM_ACS, "A.4.1.9", (_KEY,), ()),
        Rpc("ChangeDUState", Direction.FROM_ACS, ""),
        Rpc("Kicked", Direction.FROM_CPE, "A.4.2.1"),
        Rpc("RequestDownload", Direction.FROM_CPE, "A.4.2.2", _REQUEST_DOWNLOAD, ()),
        Rpc("DUStateChangeComplete", Direction.FROM_CPE, ""),
        Rpc("AutonomousDUStateChangeComplete", Direction.FROM_CPE, ""),
    )
}
"""Every RPC of the published schemas, by the name of its request."""

MESSAGES: dict[str, tuple[Argument, ...]] = {
    name: arguments
    for rpc in RPCS.values()
    for name, arguments in ((rpc.name, rpc.arguments), (rpc.name + "Response", rpc.results))
    if arguments is not None
}
"""The arguments of every message that this project has a table of, by the message's element."""


def request_of(message: str) -> Rpc | None:
    """The RPC that a message element belongs to, be it the request or the response; ``None`` if none does.

    >>> request_of("DownloadResponse").name
    'Download'
    """
    return RPCS.get(message) or RPCS.get(message.removesuffix("Response"))


def direction_of(message: str) -> Direction | None:
    """Who sends this message element: a response goes the other way round than its request.

    >>> str(direction_of("Download")), str(direction_of("DownloadResponse")), direction_of("Nonsense")
    ('ACS to CPE', 'CPE to ACS', None)
    """
    rpc = request_of(message)
    if rpc is None or rpc.direction is Direction.EITHER or message == rpc.name:
        return None if rpc is None else rpc.direction
    return Direction.FROM_ACS if rpc.direction is Direction.FROM_CPE else Direction.FROM_CPE
