"""A diagram as data: nodes and labelled edges, in a fixed order, obtained from a model's own states and actions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from cwmpcheck.engines.graph import Graph
from cwmpcheck.kernel import TIME, Boolean, Domain, OneOf, System
from cwmpcheck.kernel.monitor import constants
from cwmpcheck.render.chart import Nature
from cwmpcheck.render.palette import nature_of

MOST_NODES = 80
"""More than a person can read, and than a layout program places in reasonable time."""

FEWEST_GATHERED = 5
"""Fewer arrows than this to one node are drawn one by one."""

_PARAMETERS = re.compile(r"\(.*\)$")


@dataclass(frozen=True)
class Node:
    """One node: an id that is safe in every language, and its label line by line."""

    id: str
    lines: tuple[str, ...]
    initial: bool = False
    box: bool = False


ANYWHERE = Node("any", ("in any other state",), box=False)


@dataclass(frozen=True)
class Edge:
    """One arrow: what leads from node to node, all of one nature."""

    source: str
    target: str
    nature: Nature
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Diagram:
    """Nodes and edges, sorted, so that the same model always gives the same text."""

    name: str
    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    across: bool = False
    """Whether it reads from left to right."""


@dataclass(frozen=True)
class View:
    """What is kept of a state when many are drawn as one.

    Attributes:
        name: as on the command line.
        title: what it shows.
        words: by variable, what to write where it is true (flags), or before its value (others); an empty text
            writes the value alone.
    """

    name: str
    title: str
    words: Mapping[str, str]


VIEWS: tuple[View, ...] = (
    View(
        "session",
        "A session, as the CPE sees it",
        {
            "session.turn": "",
            "session.awaits": "to answer:",
            "session.owes": "owes an answer to:",
            "session.hold": "HoldRequests is set",
            "session.closing": "the CPE asks no more",
        },
    ),
    View("transfer", "A transfer, in the CPE", {"transfer.phase": "", "cpe.powered": "powered"}),
    View("acs", "What the ACS believes of the upgrade", {"acs.belief": ""}),
    View(
        "events",
        "What the CPE has still to tell",
        {
            "cpe.powered": "powered",
            "cpe.boot_event": "1 BOOT is pending",
            "cpe.other_event": "another event is pending",
        },
    ),
)


def project(system: System, graph: Graph, view: View) -> Diagram:
    """The reachable states of a system, taken together where a view sees no difference.

    An edge stands for every action that leads from some state of one node to some state of another; what stays
    inside a node is not drawn.

    Args:
        system: whose states they are.
        graph: all of them, with all steps.
        view: which variables count.
    """
    columns = [system.index[name] for name in view.words]
    rows, group = np.unique(graph.states[:, columns], axis=0, return_inverse=True)
    group = group.reshape(-1)
    ids = [f"n{number}" for number in range(len(rows))]
    domains = [system.variables[column].domain for column in columns]
    start = int(group[graph.initial])
    nodes = tuple(
        Node(ids[number], _lines(view, domains, [int(n) for n in row]), number == start)
        for number, row in enumerate(rows)
    )
    steps = np.unique(np.stack([group[graph.sources], group[graph.targets], graph.actions], axis=1), axis=0)
    labels: dict[tuple[int, int, Nature], set[str]] = {}
    for source, target, action in steps.tolist():
        if source != target:
            taken = system.actions[action]
            labels.setdefault((source, target, nature_of(taken)), set()).add(_PARAMETERS.sub("", taken.name))
    edges = [Edge(ids[s], ids[t], nature, tuple(sorted(names))) for (s, t, nature), names in sorted(labels.items())]
    return gathered(Diagram(view.name, f"{view.title} (scenario {system.name})", nodes, tuple(edges)))


def gathered(diagram: Diagram) -> Diagram:
    """The diagram with one edge in place of those by which every other node leads to the same one in the same way.

    Such as power lost at any instant: fifteen arrows that say one thing hide the protocol.
    """
    ways: dict[tuple[str, Nature, str], set[str]] = {}
    for edge in diagram.edges:
        for name in edge.labels:
            ways.setdefault((edge.target, edge.nature, name), set()).add(edge.source)
    others = len(diagram.nodes) - 1
    common = {way for way, sources in ways.items() if len(sources) == others and others >= FEWEST_GATHERED}
    if not common:
        return diagram
    edges = []
    for edge in diagram.edges:
        labels = tuple(name for name in edge.labels if (edge.target, edge.nature, name) not in common)
        if labels:
            edges.append(replace(edge, labels=labels))
    edges += [Edge(ANYWHERE.id, target, nature, (name,)) for target, nature, name in sorted(common)]
    return replace(diagram, nodes=(*diagram.nodes, ANYWHERE), edges=tuple(edges))


def _lines(view: View, domains: list[Domain], values: list[int]) -> tuple[str, ...]:
    lines = []
    for (name, word), domain, value in zip(view.words.items(), domains, values, strict=True):
        if isinstance(domain, Boolean):
            if name == "cpe.powered":
                lines.extend([] if value else ["(without power)"])
            elif value:
                lines.append(word)
        elif isinstance(domain, OneOf):
            if value or not word:
                lines.append(f"{word} {list(domain.members)[value].value}".strip())
        else:
            lines.append(f"{word} {domain.show(value)}".strip())
    return tuple(lines) or ("nothing is pending",)


def parties_and_variables(system: System) -> Diagram:
    """Who writes which part of the state, and whose guards and updates read it."""
    parts = sorted({variable.name.split(".")[0].split("[")[0] for variable in system.variables})
    actors = sorted({action.party for action in system.actions if action.party != TIME})
    nodes = [Node(f"p_{actor}", (actor,)) for actor in actors]
    nodes += [Node(f"v_{part}", (part,), box=True) for part in parts]
    written: dict[tuple[str, str], set[str]] = {}
    read: dict[tuple[str, str], set[str]] = {}
    for action in system.actions:
        if action.party == TIME:
            continue
        terms = [guard.term for guard in action.guards] + [term.expr for term in action.updates.values()]
        for name in {name for term in terms for name in constants(term)} & set(system.index):
            read.setdefault((f"v_{_part(name)}", f"p_{action.party}"), set()).add(action.name)
        for name in action.updates:
            written.setdefault((f"p_{action.party}", f"v_{_part(name)}"), set()).add(action.name)
    edges = [Edge(s, t, "message", (f"written by {_count(names)}",)) for (s, t), names in sorted(written.items())]
    edges += [
        Edge(s, t, "internal", (f"read by {_count(names)}",))
        for (s, t), names in sorted(read.items())
        if (t, s) not in written
    ]
    return Diagram(
        "system", f"Who writes and reads what (scenario {system.name})", tuple(nodes), tuple(edges), across=True
    )


def _part(name: str) -> str:
    return name.split(".")[0].split("[")[0]


def _count(names: set[str]) -> str:
    bare = {_PARAMETERS.sub("", name) for name in names}
    return f"{len(bare)} action{'s' if len(bare) > 1 else ''}"
