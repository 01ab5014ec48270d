"""A diagram in the DOT language, with quoting of our own: a label can neither end its string nor be read as markup."""

from __future__ import annotations

from cwmpcheck.render.diagram import ANYWHERE, Diagram
from cwmpcheck.render.palette import COLOURS
from cwmpcheck.render.plain_text import label

STYLES = {"message": "solid", "internal": "solid", "fault": "dashed"}


def quoted(*lines: str) -> str:
    r"""Lines of a label as one DOT string; nothing in them is read as an escape, as markup or as an address.

    >>> print(quoted('say "x"', "a\\N"))
    "say \"x\"\na\\N"
    """
    escaped = (label(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    text = "\\n".join(escaped)
    # A string in angle brackets would be taken for HTML by some readers, quotes or not.
    return f'" {text}"' if text.startswith("<") else f'"{text}"'


def diagram_dot(diagram: Diagram) -> str:
    """The diagram as DOT text, sorted as the diagram is."""
    lines = [
        f"digraph {quoted(diagram.name)} {{",
        f"  graph [label={quoted(diagram.title)}, labelloc=t, fontname=Helvetica, fontsize=16, rankdir={'LR' if diagram.across else 'TB'}, nodesep=0.4];",
        "  node [shape=box, style=rounded, fontname=Helvetica, fontsize=12];",
        "  edge [fontname=Helvetica, fontsize=10];",
    ]
    for node in diagram.nodes:
        extra = ", penwidth=2.5" if node.initial else ""
        shape = ", shape=box3d, style=solid" if node.box else ", shape=plain" if node is ANYWHERE else ""
        lines.append(f"  {node.id} [label={quoted(*node.lines)}{extra}{shape}];")
    for edge in diagram.edges:
        colour = COLOURS[edge.nature]
        weight = 3 if edge.nature == "message" else 1
        lines.append(
            f"  {edge.source} -> {edge.target} [label={quoted(*edge.labels)}, "
            f'color="{colour}", fontcolor="{colour}", style={STYLES[edge.nature]}, weight={weight}];'
        )
    return "\n".join([*lines, "}"]) + "\n"
