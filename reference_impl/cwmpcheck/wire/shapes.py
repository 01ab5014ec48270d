"""How the elements of a message and the attributes of its `messages` class correspond, for reading and writing alike."""

from __future__ import annotations

from typing import Any

from cwmpcheck.wire import messages as m

__all__ = ["ATTRIBUTES", "BODIES", "ITEMS"]

BODIES: dict[str, type[Any]] = {
    body.rpc: body
    for body in (
        m.Inform,
        m.InformResponse,
        m.Download,
        m.DownloadResponse,
        m.TransferComplete,
        m.TransferCompleteResponse,
        m.AutonomousTransferComplete,
        m.AutonomousTransferCompleteResponse,
        m.ScheduleDownload,
        m.ScheduleDownloadResponse,
        m.Upload,
        m.UploadResponse,
        m.CancelTransfer,
        m.CancelTransferResponse,
        m.GetAllQueuedTransfers,
        m.GetAllQueuedTransfersResponse,
        m.GetQueuedTransfers,
        m.GetQueuedTransfersResponse,
        m.SetParameterValues,
        m.SetParameterValuesResponse,
        m.GetParameterValues,
        m.GetParameterValuesResponse,
        m.GetParameterNames,
        m.GetParameterNamesResponse,
        m.RequestDownload,
        m.RequestDownloadResponse,
        m.Reboot,
        m.RebootResponse,
        m.FactoryReset,
        m.FactoryResetResponse,
        m.GetRPCMethods,
        m.GetRPCMethodsResponse,
    )
}
"""The class of each message that is read argument by argument, by its element."""

ITEMS: dict[str, type[Any]] = {
    "DeviceId": m.DeviceId,
    "EventStruct": m.Event,
    "ParameterInfoStruct": m.ParameterInfo,
    "ParameterValueStruct": m.Parameter,
    "QueuedTransferStruct": m.TransferState,
    "TimeWindowStruct": m.TimeWindow,
    "AllQueuedTransferStruct": m.QueuedTransfer,
    "ArgStruct": m.FileTypeArg,
}
"""The class of each struct that is a value of its own, by its element. Other structs are spread over their message."""

ATTRIBUTES: dict[str, str] = {
    "AnnounceURL": "announce_url",
    "CommandKey": "command_key",
    "CompleteTime": "complete_time",
    "CurrentTime": "current_time",
    "DelaySeconds": "delay_seconds",
    "DeviceId": "device",
    "Event": "events",
    "EventCode": "code",
    "FailureURL": "failure_url",
    "FaultCode": "fault_code",
    "FaultString": "fault_string",
    "FileSize": "file_size",
    "FileType": "file_type",
    "FileTypeArg": "arguments",
    "IsDownload": "is_download",
    "Manufacturer": "manufacturer",
    "MaxEnvelopes": "max_envelopes",
    "MaxRetries": "max_retries",
    "MethodList": "methods",
    "Name": "name",
    "NextLevel": "next_level",
    "OUI": "oui",
    "ParameterKey": "parameter_key",
    "ParameterList": "parameters",
    "ParameterNames": "names",
    "ParameterPath": "path",
    "Password": "password",
    "ProductClass": "product_class",
    "RetryCount": "retry_count",
    "SerialNumber": "serial_number",
    "StartTime": "start_time",
    "State": "state",
    "Status": "status",
    "SuccessURL": "success_url",
    "TargetFileName": "target_file_name",
    "TimeWindowList": "windows",
    "TransferList": "transfers",
    "TransferURL": "transfer_url",
    "URL": "url",
    "UserMessage": "user_message",
    "Username": "username",
    "Value": "value",
    "WindowEnd": "end",
    "WindowMode": "mode",
    "WindowStart": "start",
    "Writable": "writable",
}
"""The attribute that holds an element's value."""
