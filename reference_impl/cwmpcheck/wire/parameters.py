"""The messages about the data model: parameter values set and read, and the names that there are."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from cwmpcheck.wire.parts import Parameter, ParameterInfo

__all__ = [
    "GetParameterNames",
    "GetParameterNamesResponse",
    "GetParameterValues",
    "GetParameterValuesResponse",
    "SetParameterValues",
    "SetParameterValuesResponse",
]


class SetParameterValues(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The ACS sets parameters, all or none of them, and the ParameterKey with them (A.3.2.1)."""

    rpc: ClassVar[str] = "SetParameterValues"
    parameters: tuple[Parameter, ...]
    parameter_key: str = ""


class SetParameterValuesResponse(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """Status 0: all values are in force; 1: committed, but not yet in force."""

    rpc: ClassVar[str] = "SetParameterValuesResponse"
    status: int | None = 0


class GetParameterValues(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The ACS asks for values: full names, or partial paths that end with a dot (A.3.2.2)."""

    rpc: ClassVar[str] = "GetParameterValues"
    names: tuple[str, ...]


class GetParameterValuesResponse(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The values asked for."""

    rpc: ClassVar[str] = "GetParameterValuesResponse"
    parameters: tuple[Parameter, ...] = ()


class GetParameterNames(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The ACS asks what lies under a path: one level, or everything (A.3.2.3)."""

    rpc: ClassVar[str] = "GetParameterNames"
    path: str
    next_level: bool | None


class GetParameterNamesResponse(msgspec.Struct, frozen=True, tag=True, tag_field="rpc"):
    """The names of parameters, and of objects with a dot at the end."""

    rpc: ClassVar[str] = "GetParameterNamesResponse"
    parameters: tuple[ParameterInfo, ...] = ()
