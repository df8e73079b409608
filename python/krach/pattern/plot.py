"""A pattern as a plot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from krach._entrance import entrance
from krach._krach import Pattern

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@entrance
def plot(pattern: Pattern, cycles: int = 4, axes: Axes | None = None) -> Axes:
    """Draws the notes of the first cycles as a piano roll into `axes` of matplotlib, or into new ones.

    >>> import krach.pattern as krp
    >>> [label.get_text() for label in krp.plot(krp.seq("C4", "E4"), 1).get_yticklabels()]
    ['C4', 'E4']
    """
    from krach import _plots

    return _plots.roll(axes or _plots.new_axes(), pattern, cycles)


__all__ = ["plot"]
