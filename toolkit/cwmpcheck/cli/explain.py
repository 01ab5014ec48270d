"""``cwmpcheck explain``."""

from __future__ import annotations

import textwrap

import msgspec

from cwmpcheck.api.explaining import explain
from cwmpcheck.cli.screen import console, write
from cwmpcheck.render.plain_text import plain


def run(id: str, form: str) -> int:
    """Print what an id means."""
    found = explain(id)
    if form == "json":
        write(msgspec.json.encode(found.to_dict()).decode())
        return 0
    width = min(console().width, 100)
    lines = textwrap.wrap(f"{found.id}  {plain(found.title)}", width, subsequent_indent="    ")
    for name, text in found.parts:
        lines += textwrap.wrap(f"{name}: {plain(text)}", width, initial_indent="  ", subsequent_indent="    ")
    write("\n".join(lines))
    return 0
