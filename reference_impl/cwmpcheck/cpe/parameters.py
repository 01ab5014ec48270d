"""The small TR-181 tree of the CPE: its parameters with their values, and the rules for setting them.

A value set by the ACS is in the ledger under its full name; every other one comes from the profile, the settings, the
banks. Nothing here changes anything: `assignment` gives the changes, or the faults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from cwmpcheck.cpe.settings import Access, Profile, Settings
from cwmpcheck.cpe.slots import BANKS, Slots
from cwmpcheck.cpe.transfers import RunningImage
from cwmpcheck.vocabulary.times import UNKNOWN_TIME
from cwmpcheck.wire.messages import Parameter, ParameterFault, ParameterInfo
from cwmpcheck.wire.values import fits

__all__ = [
    "BOOT_IMAGE",
    "MANAGEMENT",
    "PARAMETER_KEY",
    "POLICY",
    "Facts",
    "Leaf",
    "effective",
    "found",
    "image_path",
    "infos",
    "normal",
    "policy_value",
    "tree",
    "wrong",
]

MANAGEMENT = "Device.ManagementServer."
POLICY = MANAGEMENT + "AutonomousTransferCompletePolicy."
PARAMETER_KEY = MANAGEMENT + "ParameterKey"
_INFO = "Device.DeviceInfo."
BOOT_IMAGE = _INFO + "BootFirmwareImage"
_BOOLEANS = {"1": "true", "0": "false"}


class Leaf(msgspec.Struct, frozen=True):
    """One parameter.

    Attributes:
        value: in force.
        type: as ``xsi:type`` states it.
        writable: whether the ACS may set it.
        secret: whether it reads as empty.
        most: longest text, in characters.
        low: smallest number.
        high: largest number.
        choices: the only values; any if empty.
    """

    value: str
    type: str = "xsd:string"
    writable: bool = False
    secret: bool = False
    most: int = 256
    low: int = 0
    high: int = 2**32 - 1
    choices: tuple[str, ...] = ()


class Facts(msgspec.Struct, frozen=True):
    """What the tree is made of, besides what the ACS has set."""

    profile: Profile
    settings: Settings
    running: RunningImage
    slots: Slots
    downloading: bool = False
    access: Access = Access()


def tree(facts: Facts, assigned: Mapping[str, str]) -> dict[str, Leaf]:
    """Every parameter by its full name, in order.

    Args:
        facts: the device as it is.
        assigned: what the ACS has set, by full name.
    """
    leaves = {"Device.RootDataModelVersion": Leaf("2.15")} | _device(facts) | _images(facts) | _management(facts)
    return {
        name: msgspec.structs.replace(leaf, value=assigned[name]) if name in assigned else leaf
        for name, leaf in leaves.items()
    }


def image_path(bank: str) -> str:
    """The row of a bank in the FirmwareImage table.

    >>> image_path("b")
    'Device.DeviceInfo.FirmwareImage.2'
    """
    return f"{_INFO}FirmwareImage.{BANKS.index(bank) + 1}"


def _device(facts: Facts) -> dict[str, Leaf]:
    device = facts.profile.device
    leaves = {
        "Manufacturer": Leaf(device.manufacturer),
        "ManufacturerOUI": Leaf(device.oui),
        "ProductClass": Leaf(device.product_class),
        "SerialNumber": Leaf(device.serial_number),
        "HardwareVersion": Leaf(facts.profile.hardware_version),
        "SoftwareVersion": Leaf(facts.running.version),
        "ProvisioningCode": Leaf(facts.profile.provisioning_code, writable=True, most=64),
        "ActiveFirmwareImage": Leaf(image_path(facts.running.bank)),
        "BootFirmwareImage": Leaf(image_path(facts.slots.boot), writable=True),
        "FirmwareImageNumberOfEntries": Leaf(str(len(BANKS)), "xsd:unsignedInt"),
    }
    return {_INFO + name: leaf for name, leaf in leaves.items()}


def _images(facts: Facts) -> dict[str, Leaf]:
    leaves: dict[str, Leaf] = {}
    for bank in BANKS:
        slot, path = facts.slots.slot(bank), image_path(bank)
        leaves |= {
            f"{path}.Alias": Leaf(f"cpe-{bank}", writable=True, most=64),
            f"{path}.Name": Leaf("cwmpcheck reference image" if slot.version else ""),
            f"{path}.Version": Leaf(slot.version[:64]),
            f"{path}.Available": Leaf("true" if slot.available else "false", "xsd:boolean", writable=True),
            f"{path}.Status": Leaf(_status(facts, bank)),
            f"{path}.BootFailureLog": Leaf(slot.failure),
        }
    return leaves


def _status(facts: Facts, bank: str) -> str:
    slot = facts.slots.slot(bank)
    if bank == facts.running.bank:
        return "Active"
    if facts.downloading:
        return "Downloading"
    if not slot.version:
        return "NoImage"
    return "ActivationFailed" if slot.failure else "Available"


def _management(facts: Facts) -> dict[str, Leaf]:
    settings, access = facts.settings, facts.access
    boolean = "xsd:boolean"
    leaves = {
        "Username": Leaf(access.username, writable=True),
        "Password": Leaf(access.password, writable=True, secret=True),
        "PeriodicInformEnable": Leaf("true" if settings.periodic_enable else "false", boolean, writable=True),
        "PeriodicInformInterval": _number(round(settings.periodic_interval) or 1, 1, 2**32 - 1),
        "PeriodicInformTime": Leaf(settings.periodic_time, "xsd:dateTime", writable=True),
        "ParameterKey": Leaf("", most=32),
        "ConnectionRequestURL": Leaf(facts.profile.connection_request_url),
        "ConnectionRequestUsername": Leaf(access.connection_request_username, writable=True),
        "ConnectionRequestPassword": Leaf(access.connection_request_password, writable=True, secret=True),
        "UpgradesManaged": Leaf("true", boolean, writable=True),
        "CWMPRetryMinimumWaitInterval": _number(settings.retry_minimum_wait, 1, 65535),
        "CWMPRetryIntervalMultiplier": _number(settings.retry_multiplier, 1000, 65535),
        "AliasBasedAddressing": Leaf("false", boolean),
    }
    return {MANAGEMENT + name: leaf for name, leaf in leaves.items()} | _policy()


def _policy() -> dict[str, Leaf]:
    leaves = {
        "Enable": Leaf("false", "xsd:boolean", writable=True),
        "TransferTypeFilter": _choice("Both", "Upload", "Download", "Both"),
        "ResultTypeFilter": _choice("Both", "Success", "Failure", "Both"),
        "FileTypeFilter": Leaf("", writable=True, most=1024),
    }
    return {POLICY + name: leaf for name, leaf in leaves.items()}


def policy_value(assigned: Mapping[str, str], name: str) -> str:
    """A parameter of AutonomousTransferCompletePolicy, by the last part of its name."""
    return assigned.get(POLICY + name, _policy()[POLICY + name].value)


def _number(value: int, low: int, high: int) -> Leaf:
    return Leaf(str(value), "xsd:unsignedInt", writable=True, low=low, high=high)


def _choice(value: str, *choices: str) -> Leaf:
    return Leaf(value, writable=True, choices=choices)


def found(leaves: Mapping[str, Leaf], names: Iterable[str]) -> list[Parameter] | str:
    """The values under each name or partial path, or the first one that does not exist."""
    result: dict[str, Parameter] = {}
    for name in names:
        matching = [full for full in leaves if full == name or not name or (name[-1] == "." and full.startswith(name))]
        if not matching:
            return name
        for full in matching:
            leaf = leaves[full]
            result[full] = Parameter(full, "" if leaf.secret else leaf.value, leaf.type)
    return list(result.values())


def infos(leaves: Mapping[str, Leaf], path: str, *, next_level: bool) -> list[ParameterInfo] | None:
    """What lies under a path, or ``None`` if there is no such path, or a parameter's with ``next_level``.

    >>> leaves = {"Device.A.B": Leaf("1", writable=True), "Device.C": Leaf("2")}
    >>> [info.name for info in infos(leaves, "Device.", next_level=True)]
    ['Device.A.', 'Device.C']
    """
    if path in leaves:
        return None if next_level else [ParameterInfo(path, leaves[path].writable)]
    if path and not path.endswith("."):
        return None
    names: dict[str, bool] = {}
    for full, leaf in leaves.items():
        if not full.startswith(path):
            continue
        parts = full[len(path) :].split(".")
        if not next_level:
            names.setdefault(path, False)
        for depth in range(1, 2 if next_level else len(parts) + 1):
            whole = depth == len(parts)
            names[path + ".".join(parts[:depth]) + ("" if whole else ".")] = whole and leaf.writable
    names.pop("", None)
    return [ParameterInfo(name, writable) for name, writable in names.items()] or None


def wrong(leaf: Leaf | None, parameter: Parameter) -> ParameterFault | None:
    """Why a parameter cannot be set to this value by the rules of its own leaf, or ``None``."""
    name, value = parameter.name, parameter.value
    if leaf is None:
        return ParameterFault(name, 9005, "no such parameter")
    if not leaf.writable:
        return ParameterFault(name, 9008, "not writable")
    stated = parameter.type.rpartition(":")[2]
    if (stated and stated != leaf.type.rpartition(":")[2]) or not fits(value, leaf.type):
        return ParameterFault(name, 9006, f"not of type {leaf.type.rpartition(':')[2]}")
    if leaf.choices and value not in leaf.choices:
        return ParameterFault(name, 9007, f"not one of {', '.join(leaf.choices)}")
    if leaf.type == "xsd:unsignedInt" and not leaf.low <= int(value) <= leaf.high:
        return ParameterFault(name, 9007, f"not from {leaf.low} to {leaf.high}")
    if leaf.type == "xsd:string" and len(value) > leaf.most:
        return ParameterFault(name, 9007, f"longer than {leaf.most} characters")
    return None


def normal(leaf: Leaf, value: str) -> str:
    """A value in the one spelling that is kept.

    >>> normal(Leaf("", "xsd:boolean"), "1"), normal(Leaf("", "xsd:unsignedInt"), "007")
    ('true', '7')
    """
    if leaf.type == "xsd:boolean":
        return _BOOLEANS.get(value, value)
    return str(int(value)) if leaf.type == "xsd:unsignedInt" else value


def effective(settings: Settings, assigned: Mapping[str, str]) -> Settings:
    """The settings with what the ACS has set of them."""
    readers: dict[str, tuple[str, Callable[[str], object]]] = {
        "PeriodicInformEnable": ("periodic_enable", lambda text: text == "true"),
        "PeriodicInformInterval": ("periodic_interval", float),
        "PeriodicInformTime": ("periodic_time", lambda text: text or UNKNOWN_TIME),
        "CWMPRetryMinimumWaitInterval": ("retry_minimum_wait", int),
        "CWMPRetryIntervalMultiplier": ("retry_multiplier", int),
    }
    changed = {
        field: read(assigned[MANAGEMENT + name])
        for name, (field, read) in readers.items()
        if MANAGEMENT + name in assigned
    }
    return msgspec.structs.replace(settings, **changed)
