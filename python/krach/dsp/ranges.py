"""Safe ranges: arguments are held within those that a formula can bear.

A value is held within the range, unless it is proved to lie there already. That happens before the function
begins, so that the printed Faust shows it: `fi.svf.lp(min(cutoff, 0.49 * ma.SR), 2)`.
"""

from __future__ import annotations

from math import inf, isfinite, pi

from krach._signal import Signal, SignalLike
from krach._trace import current
from krach.dsp.core import sr
from krach.dsp.maths import max_, min_, tan

HIGHEST = 0.49
"""Of the sample rate: the highest frequency that a filter is given."""

_SAFE = HIGHEST * 8000  # Hz, below `HIGHEST` at every common sample rate


def within(value: SignalLike, lo: float, hi: float = inf) -> SignalLike:
    """The value, held within `lo..hi`."""
    trace = current()
    if not isinstance(value, Signal):
        number = trace.number(value)
        return min(max(number, lo), hi) if isfinite(number) else number
    lowest, highest = trace.builder.interval(trace.node(value))
    if lowest < lo:
        value = max_(value, lo)
    return min_(value, hi) if highest > hi else value


def hertz(freq: SignalLike) -> SignalLike:
    """A frequency of a filter, held within 0 and 0.49 of the sample rate."""
    freq = within(freq, 0)
    return min_(freq, HIGHEST * sr()) if _highest(freq) > _SAFE else freq


def quality(q: SignalLike) -> SignalLike:
    """A resonance, held within 0.01 and 1000."""
    return within(q, 0.01, 1000)


def warped(freq: SignalLike) -> Signal:
    """tan(π · freq / sample rate): the frequency as the bilinear transform sees it.

    Of a frequency that `hertz` left alone, because it is low, sample rates below 8 kHz are the exception.
    """
    low = _highest(freq) <= _SAFE
    return tan(pi * (min_(freq, HIGHEST * sr()) if low else freq) / sr())


def _highest(value: SignalLike) -> float:
    trace = current()
    node = trace.node(value)
    return trace.builder.interval(node)[1]
