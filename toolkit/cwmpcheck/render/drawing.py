"""A picture with the text that says the same, for notebooks, for files and for people without pictures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Drawing:
    """One inert SVG element beside its text.

    A notebook shows the picture, an exported page keeps it without any script, a terminal gets the text.

    Attributes:
        svg: the picture; nothing in it runs, loads or leads anywhere.
        text: the same as plain text.
    """

    svg: str
    text: str

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": self.text}

    def __str__(self) -> str:
        return self.text
