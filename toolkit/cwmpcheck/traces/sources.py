"""From a file, or the folder of one run, to a :class:`Trace`."""

from __future__ import annotations

import difflib
from pathlib import Path

import msgspec

from cwmpcheck.traces.bytesource import open_bytes
from cwmpcheck.traces.capture import CaptureReader, is_capture, read_capture
from cwmpcheck.traces.dialogue import Device, Session, Trace, outline
from cwmpcheck.traces.events import Limits, Request, TcpFact, Trouble, Where
from cwmpcheck.traces.exchanges import ExchangesReader, read_exchanges
from cwmpcheck.traces.fetches import build_fetches
from cwmpcheck.traces.legs import join_legs
from cwmpcheck.traces.pairing import pair_events
from cwmpcheck.traces.redaction import Pseudonyms
from cwmpcheck.traces.sessions import build_sessions
from cwmpcheck.vocabulary.errors import UnreadableInput

__all__ = ["load_trace", "read_events"]

_RANKED = ("capture.pcap", "capture.pcapng", "*.pcap", "*.pcapng", "*.cap", "exchanges.jsonl", "*.exchanges.jsonl")
_FILE_LEG = "cpe-fileserver"
_MOST_DIFFERENCES = 5


class _Recording(msgspec.Struct):
    """``capture.json`` of a run: when the recording ended, and which legs it covers."""

    t_end: float | None = None
    legs: list[str] = []  # msgspec copies an empty default, it is not shared


def load_trace(path: Path | str, *, limits: Limits | None = None, keep_secrets: bool = False) -> Trace:
    """Read what was recorded of one run.

    Args:
        path: a capture (pcap, pcapng), a file of exchanges, either of them gzipped, or the folder of one run. Of a
            folder the richest source is read; another one is cross-checked, and what differs becomes a trouble.
        limits: bounds on what is taken in.
        keep_secrets: leave credentials and cookies as they are.

    Raises:
        UnreadableInput: there is no such file, it is empty, or it is none of these.
    """
    limits = limits or Limits()
    path = Path(path)
    if not path.is_dir():
        return _trace(path, limits, keep_secrets)
    files = _files(path)
    trace = _trace(files[0], limits, keep_secrets)
    troubles = list(trace.troubles)
    sources = [files[0].name]
    for other in files[1:]:
        try:
            again = _trace(other, limits, keep_secrets)
        except UnreadableInput as error:
            troubles.append(Trouble(time=trace.end, what=str(error), where=Where(other.name), inconclusive=False))
            continue
        sources.append(other.name)
        troubles += _differences(trace, again)
    trace = msgspec.structs.replace(trace, source=str(path), sources=tuple(sources), troubles=tuple(troubles))
    return _with_recording(trace, path / "capture.json")


def read_events(path: Path, limits: Limits | None = None) -> CaptureReader | ExchangesReader:
    """Read one file as raw events; which format it has is told by its first bytes, never by its name.

    Raises:
        UnreadableInput: as :func:`load_trace`.
    """
    limits = limits or Limits()
    with open_bytes(path, limits, lambda _what: None) as stream:
        magic = stream.peek(4)[:4]
    return read_capture(path, limits) if is_capture(magic) else read_exchanges(path, limits)


def _files(folder: Path) -> list[Path]:
    """The best packet capture of a folder and the best file of exchanges, as far as there are."""
    ranked: dict[bool, Path] = {}
    for pattern in _RANKED:
        for suffix in ("", ".gz"):
            for found in sorted(folder.glob(pattern + suffix)):
                ranked.setdefault("exchanges" in pattern, found)
    if not ranked:
        raise UnreadableInput(f"{folder}: no capture in this folder (looked for {', '.join(_RANKED)}, also with .gz)")
    return [ranked[text] for text in (False, True) if text in ranked]


def _trace(path: Path, limits: Limits, keep_secrets: bool) -> Trace:
    reader = read_events(path, limits)
    pairs = pair_events(reader.events)
    legs = join_legs(pairs.exchanges)
    secrets = None if keep_secrets else Pseudonyms()
    sessions = build_sessions(legs, pairs.idle, secrets)
    rest = [exchange for exchange in legs.near if exchange not in sessions.used]
    fetches, unowned = build_fetches(rest, sessions)
    names = sorted({*sessions.of, *fetches}, key=lambda name: _first(sessions.of.get(name)))
    devices = tuple(
        Device(name=name, sessions=tuple(sessions.of.get(name, ())), fetches=tuple(fetches.get(name, ())))
        for name in names
    )
    troubles = [*pairs.troubles, *legs.troubles, *sessions.troubles, *unowned]
    if not devices:
        troubles.append(_silence(reader))
    elif legs.strays:
        what = f"{len(legs.strays)} exchanges on the far side of a proxy match nothing on the CPE's side"
        troubles.append(Trouble(time=legs.strays[0].start, what=what, where=Where(path.name), inconclusive=False))
    troubles.sort(key=lambda trouble: trouble.time)
    return Trace(
        source=str(path), sources=(path.name,), devices=devices, troubles=tuple(troubles),
        start=reader.start, end=reader.end,
        file_server_seen=any(device.fetches for device in devices),
    )  # fmt: skip


def _first(sessions: list[Session] | None) -> float:
    return sessions[0].start if sessions else float("inf")


def _silence(reader: CaptureReader | ExchangesReader) -> Trouble:
    requests = sum(isinstance(event, Request) for event in reader.events)
    facts = len({event.connection for event in reader.events if isinstance(event, TcpFact)})
    what = f"no CWMP session was found ({requests} HTTP requests, {facts} TCP connections)"
    where = reader.events[0].where if reader.events else Where("the input")
    return Trouble(time=reader.end, what=what, where=Where(where.source), inconclusive=True)


def _differences(trace: Trace, other: Trace) -> list[Trouble]:
    """Where two sources of one run tell another dialogue; the leading one stands."""
    found = [
        line
        for line in difflib.unified_diff(list(outline(trace)), list(outline(other)), lineterm="", n=0)
        if line[:1] in "+-" and line[:3] not in ("+++", "---")
    ]
    name = other.sources[0]
    texts = [
        f"{name} {'also tells' if line[0] == '+' else 'does not tell'}: {line[1:]}"
        for line in found[:_MOST_DIFFERENCES]
    ]
    if len(found) > _MOST_DIFFERENCES:
        texts.append(f"{name} differs in {len(found) - _MOST_DIFFERENCES} more places")
    return [Trouble(time=trace.end, what=text, where=Where(name), inconclusive=False) for text in texts]


def _with_recording(trace: Trace, path: Path) -> Trace:
    """Add what the run's own note says; a note that cannot be read is a trouble, not an error.

    The trace begins with what is in it, whenever the recorder was started: times then agree with those of a packet viewer.
    """
    if not path.is_file():
        return trace
    try:
        note = msgspec.json.decode(path.read_bytes()[: 1 << 20], type=_Recording)
    except (msgspec.MsgspecError, UnicodeDecodeError, OSError) as error:
        trouble = Trouble(time=trace.end, what=f"cannot be read: {error}", where=Where(path.name), inconclusive=False)
        return msgspec.structs.replace(trace, troubles=(*trace.troubles, trouble))
    return msgspec.structs.replace(
        trace,
        end=max(trace.end, note.t_end or trace.end),
        file_server_seen=trace.file_server_seen or _FILE_LEG in note.legs,
    )
