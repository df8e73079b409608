"""Levels, ranges and units."""

from __future__ import annotations

import math

from krach._function import inside, library
from krach._signal import Signal, SignalLike
from krach._trace import current
from krach.dsp.core import select2
from krach.dsp.maths import cos, floor, log10, max_, min_, pow_, sin
from krach.dsp.ranges import within

_SEMITONES_PER_DECADE = 12 / math.log10(2)


@library
def clip(sig: SignalLike, lo: SignalLike, hi: SignalLike) -> Signal:
    """The signal, held within `lo..hi`.

    >>> krs.transpile(lambda x: krs.clip(x, -1, 1)).render(3 / 48000, inputs=[[-2, 0.5, 2]])
    array([[-1. ,  0.5,  1. ]], dtype=float32)
    """
    return max_(min_(sig, hi), lo)


@library
def lerp(a: SignalLike, b: SignalLike, t: SignalLike) -> Signal:
    """On the straight line from `a` (t = 0) to `b` (t = 1).

    >>> krs.transpile(lambda: krs.lerp(10, 20, 0.25)).render(1 / 48000)
    array([[12.5]], dtype=float32)
    """
    return inside(a + (b - a) * t)


@library
def wrap(sig: SignalLike, lo: SignalLike, hi: SignalLike) -> Signal:
    """The signal, moved into `lo..hi` by whole multiples of hi - lo; `lo` where both are equal.

    >>> krs.transpile(lambda x: krs.wrap(x, 0, 4)).render(3 / 48000, inputs=[[-1, 2, 5]])
    array([[3., 2., 1.]], dtype=float32)
    """
    span = hi - lo
    low, high = current().builder.interval(current().node(span))
    turns = (sig - lo) / (span if low > 0 or high < 0 else select2(span == 0, span, 1))
    return lo + span * (turns - floor(turns))


@library
def db_to_linear(db: SignalLike) -> Signal:
    """Decibels as a factor: 10^(db / 20).

    >>> krs.transpile(lambda: krs.db_to_linear(-20)).render(1 / 48000).round(6)
    array([[0.1]], dtype=float32)
    """
    return pow_(10, db / 20)


@library
def linear_to_db(level: SignalLike) -> Signal:
    """A factor in decibels: 20 · log10(level), never below -600.

    >>> krs.transpile(lambda: krs.linear_to_db(0.1)).render(1 / 48000)
    array([[-20.]], dtype=float32)
    """
    return 20 * log10(max_(level, 1e-30))


@library
def midi_to_freq(note: SignalLike) -> Signal:
    """A MIDI note number in Hz, equal temperament: 440 · 2^((note - 69) / 12).

    >>> krs.transpile(lambda: krs.midi_to_freq(81)).render(1 / 48000)
    array([[880.]], dtype=float32)
    """
    return 440 * pow_(2, (note - 69) / 12)


def freq_to_midi(freq: SignalLike) -> Signal:
    """Hz as a MIDI note number: 69 + 12 · log2(freq / 440). `freq` is taken to be at least 0.001 Hz.

    >>> krs.transpile(lambda: krs.freq_to_midi(880)).render(1 / 48000).round(4)
    array([[81.]], dtype=float32)
    """
    return _freq_to_midi(within(freq, 0.001))


@library
def _freq_to_midi(freq: SignalLike) -> Signal:
    return 69 + _SEMITONES_PER_DECADE * log10(freq / 440)


def passthrough(inp: SignalLike) -> Signal:
    """The signal itself; a number becomes a constant signal.

    >>> krs.transpile(lambda x: krs.passthrough(x)).render(2 / 48000, inputs=[[1, 2]])
    array([[1., 2.]], dtype=float32)
    """
    trace = current()
    trace.locate()
    return trace.signal(trace.node(inp))


def pan(sig: SignalLike, pos: SignalLike) -> tuple[Signal, Signal]:
    """Left and right of equal power: `pos` 0 is left, 0.5 the middle, 1 right; it is held within 0..1.

    >>> krs.transpile(lambda: krs.pan(1, 0.5)).render(1 / 48000).round(4)
    array([[0.7071],
           [0.7071]], dtype=float32)
    """
    return _pan(sig, within(pos, 0, 1))


@library
def _pan(sig: SignalLike, pos: SignalLike) -> tuple[Signal, Signal]:
    angle = pos * (math.pi / 2)
    return sig * cos(angle), sig * sin(angle)


@library
def stereo_width(left: SignalLike, right: SignalLike, width: SignalLike) -> tuple[Signal, Signal]:
    """Scales the difference between left and right: 0 is mono, 1 leaves it, 2 is twice as wide.

    >>> krs.transpile(lambda: krs.stereo_width(1, 0, 0)).render(1 / 48000)
    array([[0.5],
           [0.5]], dtype=float32)
    """
    mid = (left + right) / 2
    side = (left - right) / 2 * width
    return inside(mid + side), inside(mid - side)
