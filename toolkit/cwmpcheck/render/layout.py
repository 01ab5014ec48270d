"""Layout by Graphviz in a child process with a time limit, because it can hang in code that nothing interrupts.

The wheel of pygraphviz carries Graphviz with it, so no ``dot`` has to be installed. Where one layout takes too long the
next simpler one is tried, and at the end of the ladder stands a table.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from cwmpcheck.render.diagram import MOST_NODES, Diagram
from cwmpcheck.render.dot import diagram_dot
from cwmpcheck.render.inert import inert_svg
from cwmpcheck.render.table_svg import table_svg
from cwmpcheck.vocabulary.errors import CwmpcheckError

SECONDS = 20.0
LADDER = ("dot", "sfdp")

# Run with -c: a module of ours might not be importable in the child, as when tests run without an installation.
_CHILD = """
import sys, pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.read())
sys.stdout.buffer.write(graph.draw(format=sys.argv[2], prog=sys.argv[1]))
"""


class LayoutFailed(CwmpcheckError):
    """No layout program placed the diagram; the text formats (dot, mermaid, graphml) need none."""


def diagram_svg(diagram: Diagram, *, seconds: float = SECONDS, ladder: Sequence[str] = LADDER) -> str:
    """The diagram as one inert SVG element; a table of its edges where no layout comes to an end in time.

    Args:
        diagram: what to draw.
        seconds: how long each layout may take.
        ladder: names of layout programs, best first.
    """
    drawn = _drawn(diagram, "svg", seconds, ladder)
    return table_svg(diagram) if drawn is None else inert_svg(drawn.decode(errors="replace"))


def diagram_png(diagram: Diagram, *, seconds: float = SECONDS, ladder: Sequence[str] = LADDER) -> bytes:
    """The diagram as a PNG picture; raises LayoutFailed when no layout comes to an end in time."""
    drawn = _drawn(diagram, "png", seconds, ladder)
    if drawn is None:
        raise LayoutFailed(f"no layout of {diagram.name} within {seconds:g} s; take --format svg, dot or mermaid")
    return drawn


def _drawn(diagram: Diagram, form: str, seconds: float, ladder: Sequence[str]) -> bytes | None:
    source = diagram_dot(diagram)
    if len(diagram.nodes) > MOST_NODES:
        ladder = [program for program in ladder if program != "dot"]
    for program in ladder:
        command = [sys.executable, "-c", _CHILD, program, form]
        try:
            done = subprocess.run(command, input=source.encode(), capture_output=True, check=False, timeout=seconds)
        except subprocess.TimeoutExpired:
            continue
        if done.returncode == 0 and done.stdout:
            return done.stdout
    return None
