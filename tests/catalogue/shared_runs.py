"""What the tests of the catalogue share: explorations and graphs, made once."""

from __future__ import annotations

from functools import cache

from cwmpcheck.catalogue import instrumented
from cwmpcheck.engines.explore import Exploration, explore
from cwmpcheck.engines.graph import Graph, build_graph
from cwmpcheck.kernel import System
from cwmpcheck.protocol import scenario


@cache
def watched_system(name: str) -> System:
    """A scenario's system with every check and witness that applies there."""
    return instrumented(name)


@cache
def explored(name: str) -> Exploration:
    """The whole exploration of a scenario under the default reading, everything watched."""
    return explore(watched_system(name), scenario(name).fixed)


@cache
def graph_of(name: str) -> Graph:
    """The graph of a scenario's own system, without registers."""
    return build_graph(scenario(name).system, scenario(name).fixed)
