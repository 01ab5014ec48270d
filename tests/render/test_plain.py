"""Text that a capture chose cannot reach a terminal, a browser or a graph language as more than text."""

from __future__ import annotations

import unicodedata
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwmpcheck.render import chart_mermaid, chart_svg, diagram_dot, diagram_graphml, diagram_mermaid, exchange
from cwmpcheck.render.chart import Chart, Row
from cwmpcheck.render.diagram import Diagram, Edge, Node
from cwmpcheck.render.layout import diagram_svg
from cwmpcheck.render.plain_text import label, plain, shortened

HOSTILE = [
    "\x1b[31mred\x1b]0;title\x07",
    "\x9b31m",
    "abc\u202egnp.exe",
    "\u2066hidden\u2069",
    '"]; n0 [URL="javascript:alert(1)"]; x [label="',
    "<script>alert(1)</script>",
    "</text><image href='http://evil.example/x'/>",
    "end\nparticipant evil",
    "A->>B: <img src=x onerror=alert(1)>",
    "<b>bold</b>",
    "\\N\\G\\E",
    "\ud800 lone",
    "click n0 href 'https://evil.example'",
    "data:text/html,<script>",
]


def chart(text: str) -> Chart:
    """A chart that quotes one text everywhere."""
    rows = (
        Row(text, "message", "cpe", "acs", 1, (text,), broken=True),
        Row(text, "internal", "acs", None, 2, (text,)),
        Row(text, "fault", None, None, 3),
    )
    return Chart(text, rows, (text,))


def diagram(text: str) -> Diagram:
    """A diagram that quotes one text everywhere."""
    nodes = (Node("n0", (text, text), initial=True), Node("n1", ("other",), box=True))
    return Diagram(text, text, nodes, (Edge("n0", "n1", "fault", (text,)),))


def is_harmless(text: str) -> bool:
    """No control but newline, nothing that turns the direction of text or is invisible."""
    return all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") or c == "\n" for c in text)


@given(st.text())
def test_plain_text_is_one_harmless_line(text: str) -> None:
    """Whatever goes in, no control, format, surrogate or separator character comes out."""
    found = plain(text)
    assert "\n" not in found
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in found)
    assert not any(c in found for c in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff")


@pytest.mark.parametrize("text", HOSTILE)
def test_every_text_format_is_harmless(text: str) -> None:
    """Exchange, Mermaid, DOT and GraphML of a hostile text hold no control character."""
    formats = [exchange(chart(text)), chart_mermaid(chart(text)), diagram_mermaid(diagram(text))]
    formats += [diagram_dot(diagram(text)), diagram_graphml(diagram(text))]
    assert all(is_harmless(each) for each in formats)


@pytest.mark.parametrize("text", HOSTILE)
def test_an_svg_holds_shapes_and_text_only(text: str) -> None:
    """Neither our charts nor what the layout program drew hold a script, a link, an image or an event handler."""
    for svg in (chart_svg(chart(text), details=True), diagram_svg(diagram(text)), diagram_svg(diagram(text), ladder=())):
        assert is_harmless(svg)
        for element in ElementTree.fromstring(svg).iter():
            assert element.tag.removeprefix("{http://www.w3.org/2000/svg}") in {
                *("svg", "g", "title", "path", "polygon", "ellipse", "circle", "rect", "line", "text", "polyline")
            }
            assert not any(name.startswith("on") or "href" in name for name in element.attrib)
            assert "javascript:" not in "".join(element.attrib.values())


@pytest.mark.parametrize("text", HOSTILE)
def test_mermaid_is_given_codes_for_everything_special(text: str) -> None:
    """A sequence diagram has as many lines as it has statements, and no markup of the text's own."""
    lines = chart_mermaid(chart(text)).splitlines()
    assert len(lines) == 3 + 3 + 1
    assert "<" not in chart_mermaid(chart(text))


def test_a_label_cannot_end_its_dot_string() -> None:
    """A quote or a backslash in a label is escaped, and an address is gone."""
    dot = diagram_dot(diagram('"]; n0 [URL="javascript:alert(1)"]; x [label="'))
    assert "javascript" not in dot
    assert '\\"]; n0 [URL=\\"(address)' in dot


def test_a_shortened_text_says_so() -> None:
    """What was cut off is marked by three dots."""
    assert shortened("a" * 20, 10) == "aaaaaaa..."
    assert label("http://x/y z") == "(address) z"
