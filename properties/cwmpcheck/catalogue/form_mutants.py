"""For each form property an envelope that exercises it, and named mutations of that envelope that break it and nothing else.

Envelopes are bytes and mutations functions of bytes, so that any reader can be tried on them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

__all__ = ["FORM_MUTANTS", "WITNESSES", "FormMutant", "mutants_of"]

_SHELL = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:cwmp="urn:dslforum-org:cwmp-1-2">'
    '<soapenv:Header><cwmp:ID soapenv:mustUnderstand="1">1</cwmp:ID></soapenv:Header>'
    "<soapenv:Body>{}</soapenv:Body></soapenv:Envelope>"
)
_UNKNOWN = "0001-01-01T00:00:00Z"


def _envelope(body: str) -> bytes:
    return _SHELL.format(body).encode()


WITNESSES: dict[str, bytes] = {
    "Inform": _envelope(
        "<cwmp:Inform><DeviceId><Manufacturer>ACME</Manufacturer><OUI>00AA55</OUI><ProductClass>Box</ProductClass>"
        "<SerialNumber>1</SerialNumber></DeviceId>"
        '<Event soapenc:arrayType="cwmp:EventStruct[2]">'
        "<EventStruct><EventCode>7 TRANSFER COMPLETE</EventCode><CommandKey></CommandKey></EventStruct>"
        "<EventStruct><EventCode>M Download</EventCode><CommandKey>k1</CommandKey></EventStruct></Event>"
        "<MaxEnvelopes>1</MaxEnvelopes><CurrentTime>2024-05-01T12:00:00+02:00</CurrentTime><RetryCount>0</RetryCount>"
        '<ParameterList soapenc:arrayType="cwmp:ParameterValueStruct[1]"><ParameterValueStruct>'
        '<Name>Device.DeviceInfo.SoftwareVersion</Name><Value xsi:type="xsd:string">2.0</Value>'
        "</ParameterValueStruct></ParameterList></cwmp:Inform>"
    ),
    "Download": _envelope(
        "<cwmp:Download><CommandKey>k1</CommandKey><FileType>1 Firmware Upgrade Image</FileType>"
        "<URL>http://files.example/fw.bin</URL><Username>u</Username><Password>p</Password><FileSize>0</FileSize>"
        "<TargetFileName>fw.bin</TargetFileName><DelaySeconds>0</DelaySeconds><SuccessURL></SuccessURL>"
        "<FailureURL></FailureURL></cwmp:Download>"
    ),
    "DownloadResponse, Status 1": _envelope(
        f"<cwmp:DownloadResponse><Status>1</Status><StartTime>{_UNKNOWN}</StartTime>"
        f"<CompleteTime>{_UNKNOWN}</CompleteTime></cwmp:DownloadResponse>"
    ),
    "DownloadResponse, Status 0": _envelope(
        "<cwmp:DownloadResponse><Status>0</Status><StartTime>2024-05-01T10:00:00Z</StartTime>"
        "<CompleteTime>2024-05-01T10:00:05Z</CompleteTime></cwmp:DownloadResponse>"
    ),
    "TransferComplete": _envelope(
        "<cwmp:TransferComplete><CommandKey>k1</CommandKey><FaultStruct><FaultCode>9016</FaultCode>"
        "<FaultString>404</FaultString></FaultStruct><StartTime>2024-05-01T10:00:00Z</StartTime>"
        f"<CompleteTime>{_UNKNOWN}</CompleteTime></cwmp:TransferComplete>"
    ),
    "Fault to Download": _envelope(
        "<soapenv:Fault><faultcode>soapenv:Server</faultcode><faultstring>CWMP fault</faultstring><detail><cwmp:Fault>"
        "<FaultCode>9004</FaultCode><FaultString>queue full</FaultString></cwmp:Fault></detail></soapenv:Fault>"
    ),
}
"""Correct envelopes by what they hold; each form property is exercised by at least one."""


@dataclasses.dataclass(frozen=True)
class FormMutant:
    """A mutation of a correct envelope that breaks exactly one form property.

    Attributes:
        property: id of the property.
        name: what is done to the envelope.
        witness: the key in `WITNESSES` of the envelope that it is done to.
        breaks: the mutation.
        minor: whether the breach is one that only a validator sees.
    """

    property: str
    name: str
    witness: str
    breaks: Callable[[bytes], bytes]
    minor: bool = False


def mutants_of(property: str) -> tuple[FormMutant, ...]:
    """The mutants of one property.

    >>> [mutant.name for mutant in mutants_of("P-14")]
    ['user information in the URL']
    """
    return tuple(mutant for mutant in FORM_MUTANTS if mutant.property == property)


def _swap(old: str, new: str) -> Callable[[bytes], bytes]:
    """Replaces the one occurrence of ``old``."""

    def mutate(envelope: bytes) -> bytes:
        if envelope.count(old.encode()) != 1:
            raise ValueError(f"{old!r} occurs {envelope.count(old.encode())} times, so the mutation is ambiguous")
        return envelope.replace(old.encode(), new.encode())

    return mutate


_KEY = "<CommandKey>k1</CommandKey>"
_FAULT = "<FaultStruct><FaultCode>9016</FaultCode><FaultString>404</FaultString></FaultStruct>"
_START = "<StartTime>2024-05-01T10:00:00Z</StartTime>"
_FIRST_KEY = "COMPLETE</EventCode><CommandKey></CommandKey>"
_EVENTS = (
    '<Event soapenc:arrayType="cwmp:EventStruct[2]">'
    f"<EventStruct><EventCode>7 TRANSFER {_FIRST_KEY}</EventStruct>"
    f"<EventStruct><EventCode>M Download</EventCode>{_KEY}</EventStruct></Event>"
)
_MANY = "<EventStruct><EventCode>2 PERIODIC</EventCode><CommandKey></CommandKey></EventStruct>" * 65
_STATUS_1 = f"<Status>1</Status><StartTime>{_UNKNOWN}</StartTime>"

FORM_MUTANTS: tuple[FormMutant, ...] = (
    FormMutant("P-01", "no Username", "Download", _swap("<Username>u</Username>", "")),
    FormMutant(
        "P-01", "an eleventh argument", "Download", _swap("<FailureURL></FailureURL>", "<FailureURL/><NotifyURL/>")
    ),
    FormMutant("P-01", "FileSize is no number", "Download", _swap("<FileSize>0<", "<FileSize>64 KiB<")),
    FormMutant(
        "P-01",
        "FileSize before Password",
        "Download",
        _swap("<Password>p</Password><FileSize>0</FileSize>", "<FileSize>0</FileSize><Password>p</Password>"),
        minor=True,
    ),
    FormMutant("P-02", "a CommandKey of 33", "Download", _swap(_KEY, f"<CommandKey>{'k' * 33}</CommandKey>")),
    FormMutant("P-02", "a URL of 257", "Download", _swap("/fw.bin</URL>", f"/{'f' * 236}</URL>")),
    FormMutant("P-03", "a FileType that nobody defined", "Download", _swap("1 Firmware Upgrade Image", "9 Bogus")),
    FormMutant("P-03", "a FileType that is only a number", "Download", _swap("1 Firmware Upgrade Image", "1")),
    FormMutant("P-04", "Status 2", "DownloadResponse, Status 0", _swap("<Status>0<", "<Status>2<")),
    FormMutant("P-04", "no Status", "DownloadResponse, Status 0", _swap("<Status>0</Status>", "")),
    FormMutant("P-04", "an empty Status", "DownloadResponse, Status 0", _swap("<Status>0<", "<Status><")),
    FormMutant("P-05", "no FaultStruct", "TransferComplete", _swap(_FAULT, "")),
    FormMutant("P-05", "no FaultString", "TransferComplete", _swap("<FaultString>404</FaultString>", "")),
    FormMutant("P-05", "a FaultString of 257", "TransferComplete", _swap(">404<", f">{'x' * 257}<")),
    FormMutant(
        "P-05", "FaultStruct after StartTime", "TransferComplete", _swap(_FAULT + _START, _START + _FAULT), minor=True
    ),
    FormMutant("P-06", "FaultCode 9013", "TransferComplete", _swap(">9016<", ">9013<")),
    FormMutant("P-06", "FaultCode is no number", "TransferComplete", _swap(">9016<", ">none<")),
    FormMutant("P-06", "9016 under CWMP 1.0", "TransferComplete", _swap("cwmp-1-2", "cwmp-1-0"), minor=True),
    FormMutant("P-07", "refused as an upload failure", "Fault to Download", _swap(">9004<", ">9011<")),
    FormMutant("P-07", "refused as a software-module fault", "Fault to Download", _swap(">9004<", ">9027<")),
    FormMutant("P-10", "65 events", "Inform", _swap(_EVENTS, f'<Event soapenc:arrayType="E[65]">{_MANY}</Event>')),
    FormMutant("P-10", "an event without a number", "Inform", _swap("7 TRANSFER COMPLETE", "TRANSFER COMPLETE")),
    FormMutant("P-10", "an event key of 33", "Inform", _swap(_KEY, f"<CommandKey>{'k' * 33}</CommandKey>")),
    FormMutant("P-10", "an event without CommandKey", "Inform", _swap(_FIRST_KEY, "COMPLETE</EventCode>")),
    FormMutant("P-11", "MaxEnvelopes 2", "Inform", _swap("<MaxEnvelopes>1<", "<MaxEnvelopes>2<"), minor=True),
    FormMutant("P-12", "a key on 7 TRANSFER COMPLETE", "Inform", _swap(_FIRST_KEY, f"COMPLETE</EventCode>{_KEY}")),
    FormMutant("P-14", "user information in the URL", "Download", _swap("http://files", "http://u:p@files")),
    FormMutant("P-17", "an empty StartTime", "TransferComplete", _swap(_START, "<StartTime/>")),
    FormMutant("P-17", "no StartTime", "TransferComplete", _swap(_START, "")),
    FormMutant("P-17", "local time", "TransferComplete", _swap("10:00:00Z", "12:00:00+02:00")),
    FormMutant("P-17", "no offset", "TransferComplete", _swap("10:00:00Z", "10:00:00")),
    FormMutant("P-17", "the Unknown Time with +00:00", "TransferComplete", _swap(_UNKNOWN, _UNKNOWN[:-1] + "+00:00")),
    FormMutant("P-17", "the Unknown Time without Z", "TransferComplete", _swap(_UNKNOWN, _UNKNOWN[:-1])),
    FormMutant("P-18", "no SoftwareVersion", "Inform", _swap("SoftwareVersion", "HardwareVersion")),
    FormMutant(
        "P-62",
        "a real StartTime",
        "DownloadResponse, Status 1",
        _swap(_STATUS_1, _STATUS_1.replace(_UNKNOWN, "2024-05-01T10:00:00Z")),
    ),
    FormMutant("P-63", "complete before it started", "DownloadResponse, Status 0", _swap("10:00:05Z", "09:00:05Z")),
    FormMutant("P-64", "complete before it started", "TransferComplete", _swap(_UNKNOWN, "2024-05-01T09:00:05Z")),
    FormMutant("P-104", "no UTC offset", "Inform", _swap("12:00:00+02:00", "12:00:00")),
    FormMutant("P-104", "an empty CurrentTime", "Inform", _swap("2024-05-01T12:00:00+02:00", "")),
    FormMutant("P-105", "three events counted", "Inform", _swap("EventStruct[2]", "EventStruct[3]"), minor=True),
    FormMutant(
        "P-106", "no arrayType", "Inform", _swap(' soapenc:arrayType="cwmp:ParameterValueStruct[1]"', ""), minor=True
    ),
    FormMutant("P-107", "no events", "Inform", _swap(_EVENTS, '<Event soapenc:arrayType="cwmp:EventStruct[0]"/>')),
)
"""Every named mutation; each property of `form` has at least one."""
