"""``cwmpcheck acs``."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import msgspec

from cwmpcheck.acs import AcsOptions, AcsStore, Campaign, campaign_progress, progress_table, run_acs
from cwmpcheck.cli.screen import write
from cwmpcheck.vocabulary.errors import UsageError


def run(
    *,
    state: Path,
    port: int,
    file_port: int,
    image: Path | None,
    version: str | None,
    name: str,
    devices: tuple[str, ...],
    delay: int,
    attempts: int,
    back_off: float,
    accounts: Path | None,
    progress: bool,
    form: str,
) -> int:
    """Serve until Ctrl-C, or say where the campaign stands."""
    campaign = _campaign(image, version, name, devices, delay, attempts, back_off, file_port)
    if progress:
        return _progress(state, campaign, form)
    files = {image.name: image} if image is not None else {}
    known = _accounts(accounts) if accounts is not None else {}
    return run_acs(AcsOptions(state, port, file_port, files, campaign, accounts=known))


def _campaign(
    image: Path | None,
    version: str | None,
    name: str,
    devices: tuple[str, ...],
    delay: int,
    attempts: int,
    back_off: float,
    file_port: int,
) -> Campaign | None:
    if image is None and version is None:
        return None
    if image is None or not version:
        raise UsageError("a campaign needs both the image that is sent (--image) and the version it brings (--version)")
    if not image.is_file():
        raise UsageError(f"there is no file {image}; name the image with --image")
    url = f"http://127.0.0.1:{file_port}/{quote(image.name)}"
    try:
        return Campaign(
            name, url, version, file_size=image.stat().st_size, delay_seconds=delay, max_attempts=attempts,
            back_off_seconds=back_off, devices=devices, own_urls=True,
        )  # fmt: skip
    except ValueError as error:
        raise UsageError(str(error)) from error


def _progress(state: Path, campaign: Campaign | None, form: str) -> int:
    if campaign is None:
        raise UsageError("progress is that of a campaign: say --image and --version as when it was started")
    if not state.is_file():
        raise UsageError(f"there is no state file {state}: no ACS has run with it")
    store = AcsStore(state)
    try:
        found = campaign_progress(campaign, *store.load())
    finally:
        store.close()
    write(msgspec.json.encode(found).decode() if form == "json" else progress_table(found))
    return 0


def _accounts(path: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError) as error:
        why = "no JSON object of passwords by user name, or not readable"
        raise UsageError(f"{path} cannot be used as a file of accounts: {why}") from error
