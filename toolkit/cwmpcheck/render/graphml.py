"""A diagram as GraphML, for yEd, Gephi and networkx."""

from __future__ import annotations

from cwmpcheck.render.diagram import Diagram
from cwmpcheck.render.plain_text import label


def diagram_graphml(diagram: Diagram) -> str:
    """The diagram as GraphML, labels, natures and the initial node as attributes."""
    import networkx

    graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph(name=label(diagram.name), title=label(diagram.title))
    for node in diagram.nodes:
        graph.add_node(node.id, label=label(", ".join(node.lines)), initial=node.initial)
    for number, edge in enumerate(diagram.edges):
        text = label(", ".join(edge.labels))
        graph.add_edge(edge.source, edge.target, key=f"e{number}", label=text, nature=str(edge.nature))
    return "\n".join(networkx.generate_graphml(graph)) + "\n"
