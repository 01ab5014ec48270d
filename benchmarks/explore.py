"""Explores the benchmark system and prints one JSON line: ``python benchmarks/explore.py M [--backend numpy]``.

``seconds_total`` counts from the start of building the system to the answer, a compile that is not cached included;
``--fresh`` empties the cache first by using another one. Exit code 1 when a count differs from the known one.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time

from cwmpcheck.engines.explore import explore
from fwup import SIZES, STATES, fwup


def main() -> int:
    """Explore one size and print what came out."""
    parser = argparse.ArgumentParser(description="Explore the benchmark system.")
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("--backend", choices=["auto", "native", "numpy", "python"], default="auto")
    parser.add_argument("--fresh", action="store_true", help="with an empty cache of compiled code")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.fresh:
            os.environ["XDG_CACHE_HOME"] = folder
        started = time.perf_counter()
        found = explore(fwup(SIZES[options.size]), backend=options.backend)
        total = time.perf_counter() - started
    good = found.states == STATES[options.size] and found.exhausted and not found.occurrences
    figures = {
        "size": options.size,
        "backend": found.backend,
        "states": found.states,
        "transitions": found.transitions,
        "depth": found.depth,
        "seconds_total": round(total, 3),
        "seconds_search": round(found.seconds, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "invariant_holds": not found.occurrences,
        "as_known": good,
    }
    print(json.dumps(figures))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
