"""Text from a capture or a model file, made harmless before a terminal, a browser or a graph language sees it."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

# C0 (but for tab, newline, carriage return, which become blanks), DEL, C1, what turns the direction of text or is
# invisible, line and paragraph separators, surrogates and non-characters, tags.
_HARMFUL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\ufff9-\uffff\U000e0000-\U000e007f]"
)
_BLANKS = re.compile(r"[\t\r\n ]+")
_ADDRESS = re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]*://|javascript:|vbscript:|data:)\S*")


def plain(text: str) -> str:
    r"""One line without control characters, escape sequences' starters, or marks that turn the direction of text.

    >>> plain("\x1b[31mred\u202e and\nmore")
    '[31mred and more'
    """
    return _BLANKS.sub(" ", _HARMFUL.sub("", text))


def label(text: str) -> str:
    """Plain text for a drawing, where an address is never of use and could be made to be followed.

    >>> label("see javascript:alert(1)")
    'see (address)'
    """
    return _ADDRESS.sub("(address)", plain(text))


def for_xml(text: str) -> str:
    """A label as XML text or attribute value.

    >>> for_xml('a < "b"')
    'a &lt; &quot;b&quot;'
    """
    return escape(label(text), {'"': "&quot;", "'": "&#39;"})


def shortened(text: str, width: int) -> str:
    """At most ``width`` characters, the last three of them dots where something was cut off.

    >>> shortened("InformResponse", 9)
    'Inform...'
    """
    return text if len(text) <= width else text[: max(0, width - 3)] + "..."
