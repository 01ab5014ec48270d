"""What a layout program drew, cut down to shapes and text: nothing that runs, loads or leads anywhere."""

from __future__ import annotations

from lxml import etree

from cwmpcheck.render.plain_text import label

SVG = "{http://www.w3.org/2000/svg}"
WIDEST = 940
"""Pixels that a page has room for."""

SHAPES = frozenset(
    {"svg", "g", "title", "desc", "path", "polygon", "polyline", "ellipse", "circle", "rect", "line", "text", "tspan"}
)
ATTRIBUTES = frozenset(
    {
        *("id", "class", "transform", "viewBox", "width", "height", "role"),
        *("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "dx", "dy", "d", "points"),
        *("fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity"),
        *("text-anchor", "font-family", "font-size", "font-weight"),
    }
)


def inert_svg(text: str) -> str:
    """The drawing with only known shapes and attributes left, ready to be embedded.

    Args:
        text: an SVG document.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(text.encode(), parser)
    _clean(root)
    _fit(root)
    etree.cleanup_namespaces(root)
    return etree.tostring(root, encoding="unicode")


def _fit(root: etree._Element) -> None:
    """Give the drawing a size in pixels that a page has room for; its view box scales the rest."""
    corners = [float(number) for number in (root.get("viewBox") or "").split()]
    if len(corners) == 4 and corners[2] > 0:
        scale = min(1.0, WIDEST / corners[2])
        root.set("width", f"{corners[2] * scale:.0f}")
        root.set("height", f"{corners[3] * scale:.0f}")


def _clean(element: etree._Element) -> None:
    for name in list(element.attrib):
        if name not in ATTRIBUTES or ":" in str(element.attrib[name]):
            del element.attrib[name]
    if element.text:
        element.text = label(element.text)
    element.tail = None
    for child in list(element):
        tag = child.tag if isinstance(child.tag, str) else ""
        if tag.startswith(SVG) and tag.removeprefix(SVG) in SHAPES:
            _clean(child)
        elif tag == f"{SVG}a":
            # Graphviz wraps what has an address; what is inside is harmless without it.
            child.tag = f"{SVG}g"
            _clean(child)
        else:
            element.remove(child)
