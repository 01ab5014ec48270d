"""How fast traces are judged, warm: ``python benchmarks/diff.py [TRACE...] [--repeat N]`` prints one JSON line.

Traces are read once; a first diff fills what is kept (sets of model states, pages of the ledger), then ``--repeat`` rounds are
timed. ``diff`` is the whole verdict on read traces; ``follow`` and ``monitor`` are the two machines alone, on letters. Without
arguments the traces are those of ``../shared/traces``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cwmpcheck.conformance import diff_trace
from cwmpcheck.conformance.judging import team_for
from cwmpcheck.conformance.letters import Letter
from cwmpcheck.conformance.monitoring import Monitor, judge
from cwmpcheck.conformance.observing import Slice
from cwmpcheck.conformance.scopes import Scope, requests_of
from cwmpcheck.conformance.seen import Seen
from cwmpcheck.conformance.tracking import Team, follow
from cwmpcheck.protocol.observation import INTERNAL
from cwmpcheck.traces import Trace, load_trace

SHARED_TRACES = Path(__file__).resolve().parents[2] / "shared" / "traces"


def slices(traces: Sequence[Trace]) -> list[tuple[Sequence[Seen], bool]]:
    """The observations of every transfer of every device, and whether fetches are among them."""
    found = []
    for trace in traces:
        for device in trace.devices:
            requests = requests_of(device)
            for key in requests or (None,):
                stream = Slice(device, Scope(key), frozenset(requests), False, trace.start, None, trace.file_server_seen)
                found.append((judge(stream, Monitor({}))[0], trace.file_server_seen))
    return found


def timed(work: Callable[[], object], repeat: int) -> float:
    """Seconds that one round of the work takes, after one that is not counted."""
    work()
    started = time.perf_counter()
    for _ in range(repeat):
        work()
    return (time.perf_counter() - started) / repeat


def main() -> int:
    """Judge the traces over and over and print the figures."""
    parser = argparse.ArgumentParser(description="How fast traces are judged, warm.")
    parser.add_argument("traces", nargs="*", type=Path)
    parser.add_argument("--repeat", type=int, default=10)
    options = parser.parse_args()
    paths = options.traces or sorted(path.parent for path in SHARED_TRACES.glob("*/exchanges.jsonl"))
    if not paths:
        print("no traces given, and no ../shared/traces beside this checkout", file=sys.stderr)
        return 2
    started = time.perf_counter()
    traces = [load_trace(path) for path in paths]
    reading = time.perf_counter() - started
    streams = slices(traces)
    words = [([s.letter.followed for s in seen if s.kind not in INTERNAL], team_for({}, files)) for seen, files in streams]
    messages = sum(len(session.items) for trace in traces for device in trace.devices for session in device.sessions)
    observations = sum(len(word) for word, _ in words)
    whole = timed(lambda: [diff_trace(trace) for trace in traces], options.repeat)
    following = timed(lambda: _follow_all(words), options.repeat)
    monitoring = timed(lambda: [judge(seen, Monitor({})) for seen, _ in streams], options.repeat)
    teams = {team for _, team in words}
    figures = {
        "traces": len(traces),
        "messages": messages,
        "observations": observations,
        "seconds_reading": round(reading, 3),
        "seconds_diff": round(whole, 4),
        "diff_observations_per_second": round(observations / whole),
        "follow_observations_per_second": round(observations / following),
        "monitor_observations_per_second": round(observations / monitoring),
        "sets": sum(team.met[0] for team in teams),
        "largest_set": max(team.met[1] for team in teams),
    }
    print(json.dumps(figures))
    return 0


def _follow_all(words: Sequence[tuple[Sequence[Letter], Team]]) -> None:
    for word, team in words:
        follow(word, team)


if __name__ == "__main__":
    sys.exit(main())
