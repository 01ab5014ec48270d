"""A search put aside: what is in the file, and what system it belongs to.

Whichever back end searched, the states found and their parents, in the order of discovery, and how many of them are
expanded are all that a search needs to go on; tables are made again from them. So a search may be put aside by one
back end and taken up by another.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cwmpcheck.compile.dag import dag_of
from cwmpcheck.compile.search import Hit, Snapshot
from cwmpcheck.kernel import System
from cwmpcheck.vocabulary.errors import CwmpcheckError

FORMAT = "cwmpcheck exploration 1"


class NotResumable(CwmpcheckError):
    """A file is no saved exploration, or one of another system, of other parameters, or of the other symmetry."""

    exit_code = 2


def fingerprint(system: System, parameters: Sequence[int], *, symmetry: bool) -> str:
    """What a saved search depends on, as a short text: everything that states, steps and watches are made of."""
    dag = dag_of(system)
    numbers = {key: i for i, key in enumerate(dag.nodes)}
    parts: list[object] = [
        [(v.name, v.domain.low, v.domain.high, v.initial, v.timer) for v in system.variables],
        [(n.operator, [numbers[c] for c in n.children], n.boolean, n.value, n.name) for n in dag.nodes.values()],
        [
            (
                action.name,
                [numbers[dag.add(guard.term)] for guard in action.guards],
                sorted((name, numbers[dag.add(term.expr)]) for name, term in action.updates.items()),
            )
            for action in system.actions
        ],
        [
            (
                watch.name,
                None if watch.state is None else numbers[dag.add(watch.state)],
                sorted((name, numbers[dag.add(term)]) for name, term in watch.step.items()),
            )
            for watch in system.watches
        ],
        [parameter.name for parameter in system.parameters],
        list(parameters),
        symmetry,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def save(path: Path, snapshot: Snapshot, mark: str) -> None:
    """Write a search to a file, which is replaced only when all of it is written."""
    about = {
        "format": FORMAT,
        "mark": mark,
        "expanded": snapshot.expanded,
        "transitions": snapshot.transitions,
        "deadlocks": snapshot.deadlocks,
        "deadlock": snapshot.deadlock,
        "fired": list(snapshot.fired),
        "hits": {name: [hit.state, hit.action] for name, hit in snapshot.hits.items()},
    }
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            np.savez(file, about=np.array(json.dumps(about)), packed=snapshot.packed, parents=snapshot.parents)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def load(path: Path, mark: str) -> Snapshot:
    """Read a search from a file.

    Raises NotResumable when it is none, or when its mark is another one than that of the system at hand.
    """
    about, packed, parents = _read(path)
    if about["mark"] != mark:
        raise NotResumable(
            f"{path} is an exploration of another system, other parameters or another version of the model: "
            "begin anew, without resuming"
        )
    return Snapshot(
        packed=packed,
        parents=parents,
        expanded=about["expanded"],
        transitions=about["transitions"],
        deadlocks=about["deadlocks"],
        deadlock=about["deadlock"],
        fired=about["fired"],
        hits={name: Hit(state, action) for name, (state, action) in about["hits"].items()},
    )


def _read(path: Path) -> tuple[Mapping[str, Any], NDArray[Any], NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            packed, parents = file["packed"], file["parents"]
    except FileNotFoundError as error:
        raise NotResumable(f"there is no file {path} to resume from") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise NotResumable(f"{path} is no saved exploration, or a damaged one: {error}") from error
    if not isinstance(about, dict) or about.get("format") != FORMAT or len(packed) != len(parents):
        raise NotResumable(f"{path} is no saved exploration of this version")
    return about, packed, parents
