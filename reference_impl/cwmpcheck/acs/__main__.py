"""``python -m cwmpcheck.acs``: one ACS as a process, its options as one JSON object in the first argument."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from cwmpcheck.acs.run import AcsOptions, run_acs
from cwmpcheck.vocabulary.errors import CwmpcheckError

_USAGE = "usage: python -m cwmpcheck.acs '{\"state\": FILE, ...}' (the fields of AcsOptions)"


def main(arguments: list[str]) -> int:
    """Run one ACS; the return value is the exit code of the process."""
    if len(arguments) != 1:
        print(_USAGE, file=sys.stderr)
        return 2
    try:
        options = msgspec.json.decode(arguments[0], type=AcsOptions, dec_hook=_decode)
    except (msgspec.DecodeError, ValueError) as error:
        print(f"{_USAGE}\n{error}", file=sys.stderr)
        return 2
    try:
        return run_acs(options)
    except CwmpcheckError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def _decode(kind: type, value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(f"{kind} cannot be read from JSON")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
