"""The block diagram of a DspDef."""

from __future__ import annotations


class Diagram:
    """A picture of a program: blocks, wires, feedback below. Notebooks show it; `svg` is the picture itself,
    `str(diagram)` the same as a list.
    """

    __slots__ = ("_name", "_svg", "_text")

    def __init__(self, name: str, svg: str, text: str) -> None:
        """Holds a finished drawing; `DspDef.diagram` draws it."""
        self._name = name
        self._svg = svg
        self._text = text

    @property
    def svg(self) -> str:
        """The picture, as SVG: write it to a file that ends in `.svg` and open it in a browser."""
        return self._svg

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<Diagram of {self._name}, {len(self._svg) // 1000} kB of SVG>"

    def _repr_svg_(self) -> str:
        return self._svg
