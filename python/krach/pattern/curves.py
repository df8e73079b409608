"""Continuous patterns: values for a control that move during each cycle.

Without `steps` the value moves with every sample; with `steps=k` it has k held values per cycle. `over(n)`
stretches a curve over n cycles.
"""

from __future__ import annotations

from krach import _krach, _place
from krach._entrance import entrance
from krach._krach import Pattern


def _curve(shape: str, lo: float, hi: float, steps: int | None) -> Pattern:
    return _krach.pattern_curve(shape, lo, hi, steps, _place.user_place())


@entrance
def sine(lo: float, hi: float, steps: int | None = None) -> Pattern:
    """A sine between `lo` and `hi`, one period per cycle: starts in the middle and rises.

    >>> sine(0, 1).at(0.25)
    1.0
    >>> sine(0, 1, steps=4)
    Pattern(ctrl=0.5, ctrl=1, ctrl=0.5, ctrl=0)
    """
    return _curve("sine", lo, hi, steps)


@entrance
def saw(lo: float, hi: float, steps: int | None = None) -> Pattern:
    """A straight line from `lo` up to `hi` in each cycle, then back at once.

    >>> saw(0, 10).at(0.5)
    5.0
    """
    return _curve("ramp", lo, hi, steps)


@entrance
def ramp(start: float, end: float, steps: int | None = None) -> Pattern:
    """A straight line from `start` to `end` in each cycle.

    >>> ramp(200, 2000).over(4).at(2)
    1100.0
    """
    return _curve("ramp", start, end, steps)


@entrance
def ramp_down(lo: float, hi: float, steps: int | None = None) -> Pattern:
    """A straight line from `hi` down to `lo` in each cycle.

    >>> ramp_down(0, 1).at(0.25)
    0.75
    """
    return _curve("ramp_down", lo, hi, steps)


@entrance
def tri(lo: float, hi: float, steps: int | None = None) -> Pattern:
    """From `lo` up to `hi` in the first half of each cycle, and down again in the second.

    >>> tri(0, 1).at(0.5)
    1.0
    """
    return _curve("tri", lo, hi, steps)


@entrance
def square(lo: float, hi: float, steps: int | None = None) -> Pattern:
    """`hi` in the first half of each cycle, `lo` in the second.

    >>> square(0, 1).at(0.25)
    1.0
    """
    return _curve("square", lo, hi, steps)


@entrance
def exp(lo: float, hi: float, steps: int | None = None) -> Pattern:
    """From `lo` to `hi` in each cycle, slowly at first: the square of the position.

    >>> exp(0, 1).at(0.5)
    0.25
    """
    return _curve("exp", lo, hi, steps)


@entrance
def rand(lo: float, hi: float, steps: int = 64, seed: int = 0) -> Pattern:
    """`steps` random values in each cycle, equally likely between `lo` and `hi`, other ones in each cycle.

    The same `seed` draws the same values again, live and off-line.

    >>> rand(0, 1, steps=2).at(0) == rand(0, 1, steps=2).at(0)
    True
    """
    return _krach.pattern_rand(lo, hi, steps, seed, _place.user_place())


mod_sine = sine
mod_tri = tri
mod_ramp = saw
mod_ramp_down = ramp_down
mod_square = square
mod_exp = exp
