"""Diagrams are computed from the model, the same every time, and drawn whatever becomes of the layout."""

from __future__ import annotations

import re

import pytest

from cwmpcheck.api import graph
from cwmpcheck.protocol import scenario
from cwmpcheck.render.diagram import MOST_NODES, Diagram, Edge, Node, gathered, parties_and_variables
from cwmpcheck.render.dot import diagram_dot
from cwmpcheck.render.layout import LayoutFailed, diagram_png, diagram_svg


def star(arrows: int) -> Diagram:
    """Nodes that all lead to the first one by the same action."""
    nodes = tuple(Node(f"n{i}", (str(i),)) for i in range(arrows + 1))
    return Diagram("star", "Star", nodes, tuple(Edge(f"n{i}", "n0", "fault", ("fall", f"own{i}")) for i in range(1, arrows + 1)))


def test_a_transfer_goes_the_way_that_the_standard_says() -> None:
    """The projection has the edge of every action that moves a transfer on, and none that the model does not have."""
    diagram = graph("transfer", scenario_name="status0").diagram
    names = {node.id: " ".join(node.lines) for node in diagram.nodes}
    ways = {(names[e.source], name, names[e.target]) for e in diagram.edges for name in e.labels}
    assert ("the file is being fetched", "deliver_file", "the file is complete") in ways
    assert not any(name == "report" for _, name, _ in ways)
    assert [names[node.id] for node in diagram.nodes if node.initial] == ["no transfer"]


def test_what_leads_from_everywhere_is_drawn_once() -> None:
    """One arrow stands for those by which every other state leads to one in the same way; the others stay."""
    diagram = gathered(star(6))
    assert [e for e in diagram.edges if "fall" in e.labels] == [Edge("any", "n0", "fault", ("fall",))]
    assert len(diagram.edges) == 7
    assert gathered(star(3)) == star(3)


def test_a_layout_that_takes_too_long_gives_way_to_a_table() -> None:
    """No time for any layout: an SVG with a row for each edge, and for PNG an error that says what to do."""
    svg = diagram_svg(star(2), seconds=0.001)
    assert svg.count("own1") == 1
    assert "Star" in svg
    with pytest.raises(LayoutFailed, match="--format svg, dot or mermaid"):
        diagram_png(star(2), seconds=0.001)


def test_layout_needs_no_dot_on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """The drawing comes out with an empty PATH, from the layout itself and not from the table."""
    monkeypatch.setenv("PATH", "")
    assert "<ellipse" in (svg := diagram_svg(star(2))) or "<path" in svg


def test_a_diagram_beyond_what_people_read_is_still_drawn() -> None:
    """Above the limit the slow layout is not even tried."""
    assert diagram_svg(star(MOST_NODES + 5), ladder=("dot",)).count("<tspan") == 0


def test_a_png_picture_is_one() -> None:
    """The picture begins as every PNG file does."""
    assert diagram_png(star(2)).startswith(b"\x89PNG")


def test_the_parties_write_what_their_modules_say() -> None:
    """The ACS writes its own beliefs and the channel, and nothing of the CPE."""
    diagram = parties_and_variables(scenario("unicast").system)
    assert {e.target for e in diagram.edges if e.source == "p_acs"} == {"v_acs", "v_channel"}


def test_colours_tell_messages_steps_and_faults() -> None:
    """Each edge of the DOT text has the colour of its nature."""
    dot = diagram_dot(graph("transfer", scenario_name="status0").diagram)
    assert re.search(r'label="lose_power", color="#813d9c"', dot)
    assert re.search(r'label="begin_fetch", color="#1a5fb4"|label="fetch_within_call", color="#1a5fb4"', dot)
