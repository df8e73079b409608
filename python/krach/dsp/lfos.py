"""Slow waves, to turn things with."""

from __future__ import annotations

from collections.abc import Callable
from math import pi

from krach._arguments import choice
from krach._function import library
from krach._signal import Signal, SignalLike
from krach.dsp.core import feedback, mem, select2
from krach.dsp.envelopes import latch
from krach.dsp.maths import cos, max_
from krach.dsp.noise import white_noise
from krach.dsp.oscillators import phasor, saw, sine_osc, square, triangle


def lfo(freq: SignalLike, lo: SignalLike = 0, hi: SignalLike = 1, shape: str = "sine") -> Signal:
    """A slow wave between `lo` and `hi`, `freq` times a second (Hz).

    `shape` is "sine" (from the middle upwards), "triangle", "saw" (rises), "ramp_down", "square" (begins at
    `hi`), "random" (a new value each cycle) or "smooth" (the same, rounded by half a cosine between values).

    Errors: KR0113 for another shape.

    >>> krs.transpile(lambda: krs.lfo(12000, 100, 200)).render(3 / 48000).round(3)
    array([[200., 150., 100.]], dtype=float32)
    >>> krs.transpile(lambda: krs.lfo(12000, 0, 1, "saw")).render(3 / 48000)
    array([[0.25, 0.5 , 0.75]], dtype=float32)
    """
    return _lfo(freq, lo, hi, choice("`shape`", shape, _SHAPES))


@library
def _lfo(freq: SignalLike, lo: SignalLike, hi: SignalLike, shape: str) -> Signal:
    return lo + (hi - lo) * (_SHAPES[shape](freq) + 1) / 2


def _random(freq: SignalLike) -> Signal:
    return latch(white_noise(), _cycle(phasor(freq)))


def _smooth(freq: SignalLike) -> Signal:
    phase = phasor(freq)
    begins = _cycle(phase)
    goal = latch(white_noise(), begins)
    start = feedback(lambda held: select2(begins, held, mem(goal)))
    return start + (goal - start) * (1 - cos(pi * phase)) / 2


def _cycle(phase: Signal) -> Signal:
    """1 in the first sample of each cycle, also of the first."""
    return max_(1 - mem(1), abs(phase - mem(phase)) > 0.5)


_SHAPES: dict[str, Callable[[SignalLike], Signal]] = {
    "sine": sine_osc,
    "triangle": triangle,
    "saw": saw,
    "ramp_down": lambda freq: -saw(freq),
    "square": square,
    "random": _random,
    "smooth": _smooth,
}
