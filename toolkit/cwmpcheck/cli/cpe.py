"""``cwmpcheck cpe``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from cwmpcheck.cpe import Access, CpeOptions, Profile, Settings, run_cpe
from cwmpcheck.vocabulary.errors import UsageError

PASSWORD = "CWMPCHECK_PASSWORD"
CALL_PASSWORD = "CWMPCHECK_CONNECTION_REQUEST_PASSWORD"
SIGNATURE_KEY = "CWMPCHECK_SIGNATURE_KEY"


def run(
    acs: str,
    state: Path,
    serial: str,
    version: str,
    periodic: float,
    username: str,
    call_username: str,
    ca_file: Path | None,
    listen: int | None,
    hosts: tuple[str, ...],
    **wishes: Any,
) -> int:
    """Run the reference CPE until it is interrupted; its log is one JSON object a line. Passwords come from the environment."""
    if not acs.startswith(("http://", "https://")):
        raise UsageError(f"{acs!r} is no URL of an ACS; it begins with http:// or https://")
    try:
        settings = Settings(periodic_interval=periodic, allowed_hosts=hosts)
    except ValueError as error:
        raise UsageError(str(error)) from error
    profile = Profile()
    options = CpeOptions(
        acs_url=acs,
        state=state,
        settings=settings,
        profile=msgspec.structs.replace(profile, device=msgspec.structs.replace(profile.device, serial_number=serial)),
        factory_version=version,
        access=Access(username, os.environ.get(PASSWORD, ""), call_username, os.environ.get(CALL_PASSWORD, "")),
        ca_file=ca_file,
        signature_key=os.environ.get(SIGNATURE_KEY, ""),
        listen=listen,
        **wishes,
    )
    return run_cpe(options)
