"""Oscillators. Frequencies are in Hz, may change at audio rate and be negative: the wave runs backwards."""

from __future__ import annotations

from math import pi

from krach._function import library
from krach._signal import Signal, SignalLike
from krach._trace import current
from krach.dsp.core import feedback, select2, sr
from krach.dsp.ints import to_int
from krach.dsp.maths import floor, fmod, max_, min_, rint, sin
from krach.dsp.ranges import within

_WHY_NOT_OS_PHASOR = "os.phasor is out of tune when slow, in single precision: this counts in ints."
_TURN = 1 << 31  # the upper word of a phase: one cycle
_PART = 1 << 30  # the lower word: one step of the upper word
_LAST = 1 - 2**-24  # the greatest number of single precision below 1


@library
def phasor(freq: SignalLike) -> Signal:
    """A ramp from 0 to 1, `freq` times a second (Hz); its first sample is freq / sample rate.

    y = y' + freq / sample rate, modulo 1; a negative `freq` runs backwards and stays in 0..1 too. The phase
    is counted in ints, 61 bits a cycle, so that it keeps its tune in single precision, at 0.001 Hz and for
    days.

    >>> krs.transpile(lambda: krs.phasor(12000)).render(5 / 48000)
    array([[0.25, 0.5 , 0.75, 0.  , 0.25]], dtype=float32)
    """
    current().builder.note("comment", _WHY_NOT_OS_PHASOR)
    cycles = freq / sr()
    steps = _TURN * (cycles - rint(cycles))
    whole_steps = floor(steps)
    rest = to_int(_PART * (steps - whole_steps))

    def turn(words: tuple[Signal, ...]) -> list[Signal]:
        upper, lower = words
        sum_of_rests = lower + rest
        carry = sum_of_rests >> 30
        return [(upper + to_int(whole_steps) + carry) & (_TURN - 1), sum_of_rests & (_PART - 1)]

    upper, _ = feedback(turn, n=2, integer=True)
    return min_(upper * 2**-31, _LAST)


@library
def sine_osc(freq: SignalLike) -> Signal:
    """A sine wave, -1..1: sin(2π · phasor).

    >>> krs.transpile(lambda: krs.sine_osc(12000)).render(2 / 48000).round(6)
    array([[ 1., -0.]], dtype=float32)
    """
    return sin(2 * pi * phasor(freq))


@library
def saw(freq: SignalLike) -> Signal:
    """A rising ramp, -1..1: 2 · phasor - 1. Not band-limited: `polyblep_saw` is, and sounds cleaner.

    >>> krs.transpile(lambda: krs.saw(12000)).render(4 / 48000)
    array([[-0.5,  0. ,  0.5, -1. ]], dtype=float32)
    """
    return 2 * phasor(freq) - 1


@library
def square(freq: SignalLike, duty: SignalLike = 0.5) -> Signal:
    """1 for the first `duty` (0..1) of each cycle, -1 for the rest. Not band-limited: `polyblep_square` is.

    >>> krs.transpile(lambda: krs.square(12000)).render(4 / 48000)
    array([[ 1., -1., -1.,  1.]], dtype=float32)
    """
    return select2(phasor(freq) < duty, -1, 1)


@library
def pulse(freq: SignalLike, width: SignalLike) -> Signal:
    """A square wave that is 1 for `width` (0..1) of its cycle: another name of `square`.

    >>> krs.transpile(lambda: krs.pulse(12000, 0.3)).render(4 / 48000)
    array([[ 1., -1., -1.,  1.]], dtype=float32)
    """
    return square(freq, width)


@library
def triangle(freq: SignalLike) -> Signal:
    """A triangle, -1..1, that rises first. Not band-limited: `polyblep_triangle` is.

    >>> krs.transpile(lambda: krs.triangle(12000)).render(4 / 48000)
    array([[ 0.,  1.,  0., -1.]], dtype=float32)
    """
    phase = phasor(freq)
    return select2(phase < 0.5, 3 - 4 * phase, 4 * phase - 1)


@library
def polyblep_saw(freq: SignalLike) -> Signal:
    """A rising ramp, -1..1, with little aliasing: `saw` with its step rounded by a polynomial (polyBLEP).

    V. Välimäki and A. Huovilainen, "Antialiasing Oscillators in Subtractive Synthesis", IEEE Signal
    Processing Magazine 24(2), 2007.

    >>> krs.transpile(lambda: krs.polyblep_saw(440)).render(1.0).shape
    (1, 48000)
    """
    phase = phasor(freq)
    step = _increment(freq)
    return 2 * phase - 1 - _blep(phase, step)


@library
def polyblep_square(freq: SignalLike, duty: SignalLike = 0.5) -> Signal:
    """A square wave, -1..1, with little aliasing: `square` with both steps rounded (see `polyblep_saw`).

    `duty` is held within 0..1.

    >>> krs.transpile(lambda: krs.polyblep_square(440, 0.25)).render(1.0).shape
    (1, 48000)
    """
    phase = phasor(freq)
    step = _increment(freq)
    duty = within(duty, 0, 1)
    since_fall = fmod(phase - duty + 1, 1)
    return select2(phase < duty, -1, 1) + _blep(phase, step) - _blep(since_fall, step)


@library
def polyblep_triangle(freq: SignalLike) -> Signal:
    """A triangle, -1..1, with little aliasing: `triangle` with its corners rounded by a polynomial
    (polyBLAMP).

    F. Esqueda, V. Välimäki and S. Bilbao, "Rounding Corners with BLAMP", Proc. DAFx-16, 2016.

    >>> krs.transpile(lambda: krs.polyblep_triangle(440)).render(1.0).shape
    (1, 48000)
    """
    phase = phasor(freq)
    step = _increment(freq)
    naive = select2(phase < 0.5, 3 - 4 * phase, 4 * phase - 1)
    since_top = fmod(phase + 0.5, 1)
    return naive + 8 * step * (_blamp(phase, step) - _blamp(since_top, step))


def _increment(freq: SignalLike) -> Signal:
    """Cycles per sample, of a wave that runs forwards or backwards; never 0, so that it can divide."""
    return max_(abs(freq / sr()), 1e-9)


def _blep(phase: Signal, step: Signal) -> Signal:
    """Added to a step of height 2 at phase 0, it rounds it: a parabola over the samples before and after."""
    before = max_(1 - (1 - phase) / step, 0)
    after = max_(1 - phase / step, 0)
    return before * before - after * after


def _blamp(phase: Signal, step: Signal) -> Signal:
    """Added to a corner at phase 0, it rounds it, per unit of slope: a cubic over the samples around it."""
    near = max_(1 - min_(phase, 1 - phase) / step, 0)
    return near * near * near / 6
