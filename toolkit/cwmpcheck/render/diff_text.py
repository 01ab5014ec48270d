"""The verdict on traces for people: as text for a terminal of any width, and as inert HTML.

Everything in a verdict may quote a capture, so everything is made plain before it is shown.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable, Iterator
from html import escape

from cwmpcheck.conformance.findings import At, Divergence, Finding, TraceVerdict
from cwmpcheck.render.plain_text import plain, shortened

COLOURS = {"conforms": "green", "deviates": "red", "inconclusive": "yellow", "unreadable": "red"}
MOST_OF_A_VALUE = 160


def diff_text(traces: Iterable[TraceVerdict], *, width: int = 80, unverified: Collection[str] = frozenset()) -> str:
    """All verdicts, one paragraph each; ``unverified`` are the ids of properties that were recalled, not read."""
    return "\n\n".join("\n".join(trace_lines(trace, width=width, unverified=unverified)) for trace in traces)


def trace_lines(trace: TraceVerdict, *, width: int = 80, unverified: Collection[str] = frozenset()) -> Iterator[str]:
    """One verdict as lines: the verdict, the devices, the findings with their place and their reason."""
    yield headline(trace)
    for device in trace.devices:
        failed = f", {device.failed_sessions} failed" if device.failed_sessions else ""
        keys = f"; transfers {', '.join(map(plain, device.transfers))}" if device.transfers else ""
        text = f"{plain(device.name)}: {_some(device.sessions, 'session')}{failed}{keys}; "
        yield from _wrapped(text + f"{device.followed} of {device.observations} messages followed", width, "  ", "    ")
    for finding in trace.findings:
        yield from _finding(finding, width, unverified, several=len(trace.devices) > 1)
    for divergence in trace.divergences:
        yield from _divergence(divergence, width)
    for reason, count in trace.tolerances.items():
        yield from _wrapped(f"tolerated {_some(count, 'time')}: {plain(reason)}", width, "  ", "    ")
    for note in trace.notes:
        yield from _wrapped(f"note: {plain(note)}", width, "  ", "    ")


def headline(trace: TraceVerdict) -> str:
    """Which trace, and the verdict on it."""
    if trace.verdict == "unreadable":
        return f"{plain(trace.source)}: UNREADABLE"
    parts = f"protocol {trace.protocol}, messages {trace.messages}"
    return f"{plain(trace.source)}: {trace.verdict.upper()} ({parts})"


def _some(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def place(at: At) -> str:
    """Where something was seen: packet or line, time, session, message.

    >>> place(At(packet=7, line=None, time=1.25, session=0, message="Inform"))
    'packet 7, 1.250 s, session 0, Inform'
    """
    parts = [
        f"packet {at.packet}" if at.packet is not None else "",
        f"line {at.line}" if at.line is not None else "",
        f"{at.time:.3f} s" if at.time is not None else "",
        f"session {at.session}" if at.session is not None else "",
        plain(at.message) if at.message else "",
    ]
    return ", ".join(part for part in parts if part)


def _named(finding: Finding, unverified: Collection[str]) -> str:
    return f"{finding.property} (unverified)" if finding.property in unverified else finding.property


def _finding(finding: Finding, width: int, unverified: Collection[str], *, several: bool) -> Iterator[str]:
    times = f", {finding.times} times, first" if finding.times > 1 else ""
    device = f", {plain(finding.device)}" if several else ""
    head = f"{_named(finding, unverified)} [{finding.severity.value}] {finding.party}{device}{times} at {place(finding.at)}"
    yield from _wrapped(plain(head), width, "  ", "    ")
    yield from _wrapped(f"expected: {_value(finding.expected)}", width, "      ", "        ")
    yield from _wrapped(f"got:      {_value(finding.got)}", width, "      ", "        ")
    if finding.because is not None:
        because = finding.because
        rule = f" ({because.rule})" if because.rule else ""
        values = "; ".join(f"{name} = {value}" for name, value in because.values.items())
        text = f"because:  not so: {because.guard}{rule}" + (f" -- {values}" if values else "")
        yield from _wrapped(plain(text), width, "      ", "        ")
    if finding.under:
        yield from _wrapped(f"conforms under {plain(finding.under)}", width, "      ", "        ")


def _divergence(divergence: Divergence, width: int) -> Iterator[str]:
    head = f"the model cannot follow {plain(divergence.device)}, transfer {plain(divergence.transfer)}, "
    yield from _wrapped(f"{head}beyond {place(divergence.at)}: {_value(divergence.observed)}", width, "  ", "    ")
    if divergence.because is not None:
        rule = f" ({divergence.because.rule})" if divergence.because.rule else ""
        values = "; ".join(f"{name} = {value}" for name, value in divergence.because.values.items())
        text = f"not so: {divergence.because.guard}{rule}" + (f" -- {values}" if values else "")
        yield from _wrapped(plain(text), width, "      ", "        ")
    if divergence.mend:
        yield from _wrapped(f"what would mend it: {plain(divergence.mend)}", width, "      ", "        ")


def _value(text: str) -> str:
    return shortened(plain(text), MOST_OF_A_VALUE)


def _wrapped(text: str, width: int, first: str, later: str) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=later) or [first.rstrip()]


def diff_html(traces: Iterable[TraceVerdict], *, unverified: Collection[str] = frozenset()) -> str:
    """All verdicts as HTML without a script, a link or an image."""
    parts = []
    for trace in traces:
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in _cells(finding, unverified)) + "</tr>"
            for finding in trace.findings
        )
        names = ("Property", "Weight", "Party", "Where", "Expected", "Got", "Because")
        head = "".join(f"<th>{name}</th>" for name in names)
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
        parts.append(f"<p>{escape(headline(trace))}</p>{table}")
    return "".join(parts)


def _cells(finding: Finding, unverified: Collection[str]) -> tuple[str, ...]:
    because = finding.because.guard if finding.because else ""
    cells = (_named(finding, unverified), finding.severity.value, finding.party, place(finding.at))
    return tuple(_value(cell) for cell in (*cells, finding.expected, finding.got, because))
