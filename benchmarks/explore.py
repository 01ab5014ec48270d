"""Explores the benchmark system and prints one JSON line: ``python benchmarks/explore.py M [--versus spin]``.

``seconds_total`` is the whole time to the answer: from the start of this process (interpreter, imports, building the
system, a compile that is not cached, the search) to the verdict. ``--fresh`` empties the cache of compiled code by
using another one. ``--versus spin`` does that too, and then times Spin on the same system (``fwup.pml``): generating,
compiling and running the verifier, with gcc -O2, or -O0 for the small sizes, where that is faster. ``ratio`` is
Spin's whole time over ours, ``cpu_ratio`` the same of processor time, which other work on the machine disturbs less.
Exit code 1 when a count differs from the known one.
"""

from __future__ import annotations

import time

IMPORTED = time.time()

import argparse  # the clock is read before the imports, which are part of the time
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from cwmpcheck.compile.symmetry import equal_parts
from cwmpcheck.engines.explore import explore
from fwup import SIZES, STATES, Size, fwup

OPTIMISED = {"one": "-O0", "S": "-O0"}
"""Where gcc's work on Spin's verifier outweighs its run; -O2 elsewhere."""


def started() -> float:
    """When this process began; where the system does not tell, when it began to import."""
    try:
        ticks = int(Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19])
        up = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return IMPORTED
    return time.time() - (up - ticks / os.sysconf("SC_CLK_TCK"))


def processor_seconds(who: int) -> float:
    """Time of processors, of this process or of the ended children."""
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def spin(size: Size, level: str, folder: Path) -> dict[str, float | int | str]:
    """Spin's whole time on a size, the states that it stored, and its processor time."""
    names = zip(("N", "L", "R", "D", "W", "CAP"), vars(size).values(), strict=True)
    model = Path(__file__).with_name("fwup.pml")
    before, begun = processor_seconds(resource.RUSAGE_CHILDREN), time.perf_counter()
    steps = [
        ["spin", *(f"-D{name}={value}" for name, value in names), "-a", str(model)],
        ["gcc", level, "-DSAFETY", "-w", "-o", "pan", "pan.c"],
        ["./pan", "-m20000000", "-w25"],
    ]
    said = ""
    for step in steps:
        said = subprocess.run(step, cwd=folder, capture_output=True, text=True, check=True).stdout
    seconds = time.perf_counter() - begun
    stored = re.search(r"(\d+) states, stored", said)
    return {
        "spin_states": int(stored.group(1)) if stored and "errors: 0" in said else -1,
        "spin_flags": level,
        "spin_seconds": round(seconds, 3),
        "spin_cpu_seconds": round(processor_seconds(resource.RUSAGE_CHILDREN) - before, 3),
    }


def main() -> int:
    """Explore one size and print what came out."""
    parser = argparse.ArgumentParser(description="Explore the benchmark system.")
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("--backend", choices=["auto", "tables", "native", "numpy", "python"], default="auto")
    parser.add_argument("--fresh", action="store_true", help="with an empty cache of compiled code")
    parser.add_argument("--symmetry", action="store_true", help="states that differ in the order of CPEs count as one")
    parser.add_argument("--versus", choices=["spin"], help="time Spin on the same system as well")
    options = parser.parse_args()
    if options.versus and not shutil.which("spin"):
        parser.error("spin is not installed: apt-get install spin")
    with tempfile.TemporaryDirectory() as folder:
        if options.fresh or options.versus:
            os.environ["XDG_CACHE_HOME"] = folder
        system = fwup(SIZES[options.size])
        if options.symmetry:
            system = replace(system, interchangeable=(equal_parts(system, "cpe"),))
        found = explore(system, backend=options.backend, symmetry=options.symmetry)
        total = time.time() - started()
        used = processor_seconds(resource.RUSAGE_SELF) + processor_seconds(resource.RUSAGE_CHILDREN)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        other = spin(SIZES[options.size], OPTIMISED.get(options.size, "-O2"), Path(folder)) if options.versus else {}
    good = found.exhausted and not found.occurrences
    good = good and (options.symmetry or found.states == STATES[options.size])
    good = good and (not other or options.symmetry or other["spin_states"] == found.states)
    figures = {
        "size": options.size,
        "backend": found.backend,
        "states": found.states,
        "transitions": found.transitions,
        "depth": found.depth,
        "seconds_total": round(total, 3),
        "seconds_search": round(found.seconds, 3),
        "cpu_seconds": round(used, 3),
        "peak_mb": round(peak),
        "candidates": found.candidates,
        "invariant_holds": not found.occurrences,
        "as_known": good,
        **other,
    }
    if other:
        figures["ratio"] = round(float(other["spin_seconds"]) / total, 1)
        figures["cpu_ratio"] = round(float(other["spin_cpu_seconds"]) / used, 1)
    print(json.dumps(figures))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
