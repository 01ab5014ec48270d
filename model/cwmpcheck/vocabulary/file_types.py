"""FileType values: strings of a number and words, or of a vendor; which are known depends on RPC and namespace (rules.md 1.3)."""

from __future__ import annotations

import enum
import re

from cwmpcheck.vocabulary.namespaces import CWMP_1_0, CWMP_1_1

__all__ = [
    "FIRMWARE_IMAGE",
    "MAX_FILE_TYPE",
    "RINGER_FILE",
    "STORED_FIRMWARE_IMAGE",
    "TONE_FILE",
    "VENDOR_CONFIGURATION_FILE",
    "WEB_CONTENT",
    "FileTypeUse",
    "FileTypeVerdict",
    "is_firmware",
    "judge_file_type",
]

FIRMWARE_IMAGE = "1 Firmware Upgrade Image"
WEB_CONTENT = "2 Web Content"
VENDOR_CONFIGURATION_FILE = "3 Vendor Configuration File"
TONE_FILE = "4 Tone File"
RINGER_FILE = "5 Ringer File"
STORED_FIRMWARE_IMAGE = "6 Stored Firmware Image"

MAX_FILE_TYPE = 64
"""Longest FileType, in characters."""


class FileTypeUse(enum.StrEnum):
    """Which of the three numberings a FileType belongs to: the number alone means another file in each."""

    DOWNLOAD = "download"
    """Download, ScheduleDownload, RequestDownload."""
    UPLOAD = "upload"
    TRANSFER = "transfer"
    """AutonomousTransferComplete and the list of queued transfers."""


class FileTypeVerdict(enum.StrEnum):
    """How a FileType stands to the schema and to the defined types."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    """The schema's pattern admits it, but no such type is defined."""
    MALFORMED = "malformed"
    """The schema's pattern refuses it."""


_DOWNLOAD_1_0 = frozenset({FIRMWARE_IMAGE, WEB_CONTENT, VENDOR_CONFIGURATION_FILE})
_KNOWN = {
    FileTypeUse.DOWNLOAD: _DOWNLOAD_1_0 | {TONE_FILE, RINGER_FILE, STORED_FIRMWARE_IMAGE},
    FileTypeUse.UPLOAD: frozenset({"1 Vendor Configuration File", "2 Vendor Log File"}),
    FileTypeUse.TRANSFER: _DOWNLOAD_1_0 | {"4 Vendor Log File", TONE_FILE, RINGER_FILE},
}
_KNOWN_EARLY = {
    FileTypeUse.DOWNLOAD: _DOWNLOAD_1_0,
    FileTypeUse.UPLOAD: _KNOWN[FileTypeUse.UPLOAD],
    FileTypeUse.TRANSFER: _DOWNLOAD_1_0 | {"4 Vendor Log File"},
}
_INSTANCES = {
    FileTypeUse.UPLOAD: re.compile(r"(3 Vendor Configuration File|4 Vendor Log File) [1-9]\d*", re.ASCII),
    FileTypeUse.TRANSFER: re.compile(r"(6 Vendor Configuration File|7 Vendor Log File) [1-9]\d*", re.ASCII),
}
_EARLY_VENDOR = re.compile(r"X [0-9A-F]{6} [^\n\r]*", re.ASCII)
_VENDOR = re.compile(r"X \S+ [^\n\r]+", re.ASCII)
_NUMBERED = re.compile(r"[1-9]\d*( \S+)+", re.ASCII)


def judge_file_type(text: str, namespace: str, use: FileTypeUse = FileTypeUse.DOWNLOAD) -> FileTypeVerdict:
    """Whether a FileType is defined, merely admitted by the pattern, or refused by it.

    CWMP 1.0 and 1.1 have closed lists; a namespace that no schema has is judged as CWMP 1.2. Length is judged apart.

    >>> from cwmpcheck.vocabulary.namespaces import CWMP_1_0, CWMP_1_2
    >>> [str(judge_file_type("4 Tone File", namespace)) for namespace in (CWMP_1_0, CWMP_1_2)]
    ['malformed', 'known']
    >>> [str(judge_file_type(text, CWMP_1_2)) for text in ("9 Bogus", "1", "X 00AA55 Splash Screen")]
    ['unknown', 'malformed', 'known']
    """
    early = namespace in {CWMP_1_0, CWMP_1_1}
    if text in (_KNOWN_EARLY if early else _KNOWN)[use]:
        return FileTypeVerdict.KNOWN
    if early:
        return FileTypeVerdict.KNOWN if _EARLY_VENDOR.fullmatch(text) else FileTypeVerdict.MALFORMED
    instances = _INSTANCES.get(use)
    if _VENDOR.fullmatch(text) or (instances is not None and instances.fullmatch(text)):
        return FileTypeVerdict.KNOWN
    return FileTypeVerdict.UNKNOWN if _NUMBERED.fullmatch(text) else FileTypeVerdict.MALFORMED


def is_firmware(text: str) -> bool:
    """Whether a Download of this type replaces the running software: type 1, not the stored image of type 6.

    >>> is_firmware("1 Firmware Upgrade Image"), is_firmware("6 Stored Firmware Image")
    (True, False)
    """
    return text.split(" ", 1)[0] == "1"
