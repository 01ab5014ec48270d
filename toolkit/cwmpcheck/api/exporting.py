"""A scenario for other tools: TLC, Spin, SMT solvers, readers of traces, readers of JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, get_args

from cwmpcheck.api.readings import parameters_of
from cwmpcheck.catalogue import instrumented
from cwmpcheck.compile.description import description
from cwmpcheck.compile.exporting import identifiers
from cwmpcheck.compile.promela import promela
from cwmpcheck.compile.smt2 import horn, unrolled
from cwmpcheck.compile.tla import tla
from cwmpcheck.engines.explore import explore
from cwmpcheck.engines.itf import to_itf
from cwmpcheck.kernel import System, Value
from cwmpcheck.protocol import scenario
from cwmpcheck.vocabulary.errors import UsageError

Language = Literal["tla", "promela", "smt2", "itf", "json"]
DEFAULT_SCENARIO = "unicast"


def export(
    language: Language,
    scenario_name: str = DEFAULT_SCENARIO,
    *,
    properties: Sequence[str] | None = None,
    readings: Mapping[str, str] | None = None,
    depth: int = 10,
    progress: Callable[[str], None] | None = None,
) -> dict[str, str]:
    """The files of a scenario in another tool's language.

    Args:
        language: ``tla`` (a module and TLC's configuration), ``promela``, ``smt2`` (Horn clauses, and the runs of a bounded
            length), ``itf`` (a run to every situation that a property speaks of, and one that breaks each broken
            property), or ``json``.
        scenario_name: which scenario.
        properties: ids of the safety properties that go with it; all that apply unless told, and none for an empty list.
        readings: values of readings by id.
        depth: for ``smt2``, how many steps the bounded runs have.
        progress: is told what takes time.

    Returns:
        Texts by the name of their file.

    Raises:
        UsageError: for a language, a scenario or a property that does not exist.
    """
    if language not in get_args(Language):
        raise UsageError(f"no language {language!r}; there are {', '.join(get_args(Language))}")
    chosen = scenario(scenario_name)
    parameters = {**parameters_of(readings or {}), **chosen.fixed}
    if progress:
        progress(f"preparing {chosen.name}")
    plain = properties is not None and not properties
    system = chosen.system if plain else instrumented(chosen.name, properties)
    never = [watch.name for watch in system.watches if not watch.name.startswith("witness ")]
    if language == "tla":
        made = tla(system, parameters, never=never)
        return {f"{made.name}.tla": made.module, f"{made.name}.cfg": made.config}
    if language == "promela":
        return {f"{chosen.name}.pml": promela(system, parameters, never=never)}
    if language == "smt2":
        if not never:
            raise UsageError("SMT-LIB asks about properties; name one that applies, or leave --property away for all")
        opened = [p.name for p in system.parameters if p.unbounded and p.name not in parameters]
        return {
            f"{chosen.name}-horn.smt2": horn(system, parameters, leave_open=opened, never=never),
            f"{chosen.name}-{depth}-steps.smt2": unrolled(system, depth, parameters, leave_open=opened, never=never),
        }
    if language == "json":
        return {f"{chosen.name}.json": json.dumps(description(system, parameters), indent=1) + "\n"}
    return _traces(system, parameters, progress)


def _traces(system: System, parameters: Mapping[str, Value], progress: Callable[[str], None] | None) -> dict[str, str]:
    if not system.watches:
        raise UsageError("a trace leads to what a property speaks of; name one, or leave --property away for all")
    if progress:
        progress(f"exploring {system.name}")
    found = explore(system, parameters).occurrences
    names = identifiers(found)
    return {
        f"{system.name}-{names[name]}.itf.json": json.dumps(to_itf(system, path, parameters), indent=1) + "\n"
        for name, path in sorted(found.items())
    }
