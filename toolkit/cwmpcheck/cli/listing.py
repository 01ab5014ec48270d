"""``cwmpcheck list``."""

from __future__ import annotations

import msgspec
from rich.table import Table
from rich.text import Text

from cwmpcheck.api.listing import Entry, KindOfThing, list_of
from cwmpcheck.cli.screen import console, show_table, write
from cwmpcheck.render.plain_text import plain


def run(kind: KindOfThing, form: str) -> int:
    """Print a list."""
    entries = list_of(kind)
    if form == "json":
        write(msgspec.json.encode(entries).decode())
        return 0
    screen = console()
    if not entries:
        write(f"There are no {kind}.")
        return 0
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Id", no_wrap=True)
    table.add_column("What", overflow="fold")
    for entry in entries:
        table.add_row(Text(plain(str(entry["id"]))), Text(plain(_told(entry))))
    show_table(screen, table)
    return 0


def _told(entry: Entry) -> str:
    values = entry.get("values")
    chosen = f" [{' | '.join(map(str, values))}]" if isinstance(values, list) else ""
    return f"{entry['title']}{chosen}{' (unverified)' if entry.get('unverified') else ''}"
