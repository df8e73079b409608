"""Filters: analog prototypes, made digital by the bilinear transform. Frequencies are in Hz and may be
modulated.

The transform replaces s by (1 - z⁻¹) / (1 + z⁻¹), scaled so that the cutoff keeps its place:
c = 1 / tan(π · freq / sample rate). J. O. Smith, "Introduction to Digital Filters", 2007, appendix I.3.
"""

from __future__ import annotations

from math import cos, pi

from krach._function import inside, library, whole
from krach._signal import Signal, SignalLike
from krach.dsp.core import feedback, mem, sr
from krach.dsp.maths import exp, tan

_HIGHEST_ORDER = 32


@library
def lowpass(sig: SignalLike, freq: SignalLike, order: int = 2) -> Signal:
    """Butterworth low-pass: -3 dB at `freq`, falling above it by 6 dB per octave and order.

    `freq` is in Hz, above 0 and below half the sample rate, and may be modulated; `order` a whole number,
    1..32. Poles at equal angles: S. Butterworth, "On the Theory of Filter Amplifiers", 1930; bilinear
    transform.

    Errors: KR0113 for another `order`, KR0119 for one that is a Signal.

    >>> krs.transpile(lambda x: krs.lowpass(x, 1000)).render(2 / 48000, inputs=[[1]]).round(4)
    array([[0.0039, 0.0149]], dtype=float32)
    """
    return _butterworth(sig, freq, order, highpass=False)


@library
def highpass(sig: SignalLike, freq: SignalLike, order: int = 2) -> Signal:
    """Butterworth high-pass: -3 dB at `freq`, falling below it by 6 dB per octave and order.

    Parameters, source and errors as for `lowpass`.

    >>> krs.transpile(lambda x: krs.highpass(x, 1000)).render(2 / 48000, inputs=[[1]]).round(4)
    array([[ 0.9116, -0.1683]], dtype=float32)
    """
    return _butterworth(sig, freq, order, highpass=True)


@library
def bandpass(sig: SignalLike, freq: SignalLike, q: SignalLike) -> Signal:
    """Resonant band-pass, H(s) = s / (s² + s/q + 1): a gain of `q` at `freq`, bandwidth freq / q.

    `freq` is in Hz, above 0 and below half the sample rate; `q` above 0, 0.7 is wide, 10 rings. Bilinear
    transform: J. O. Smith, "Introduction to Digital Filters", 2007, appendix I.3.

    >>> krs.transpile(lambda x: krs.bandpass(x, 1000, 2)).render(2 / 48000, inputs=[[1]]).round(4)
    array([[0.0632, 0.1214]], dtype=float32)
    """
    c = 1 / tan(pi * freq / sr())
    damping = 1 / q
    d = 1 + damping * c + c * c
    return _biquad(sig, (c / d, 0, -(c / d)), _poles(c, damping, d))


@library
def resonant(sig: SignalLike, freq: SignalLike, q: SignalLike) -> Signal:
    """Resonant low-pass, H(s) = 1 / (s² + s/q + 1): a gain of `q` at `freq`, 12 dB per octave above.

    `freq` is in Hz, above 0 and below half the sample rate; `q` above 0. Bilinear transform, as `bandpass`.

    >>> krs.transpile(lambda x: krs.resonant(x, 1000, 2)).render(2 / 48000, inputs=[[1]]).round(4)
    array([[0.0041, 0.0162]], dtype=float32)
    """
    c = 1 / tan(pi * freq / sr())
    damping = 1 / q
    d = 1 + damping * c + c * c
    return _biquad(sig, (1 / d, 2 / d, 1 / d), _poles(c, damping, d))


@library
def onepole(sig: SignalLike, cutoff: SignalLike) -> Signal:
    """One-pole low-pass: y = (1 - a) x + a y', a = exp(-2π · cutoff / sample rate); 6 dB per octave.

    `cutoff` is in Hz, 0 or more. J. O. Smith, "Introduction to Digital Filters", 2007, "One-Pole".

    >>> krs.transpile(lambda x: krs.onepole(x, 1000)).render(2 / 48000, inputs=[[1]]).round(4)
    array([[0.1227, 0.1076]], dtype=float32)
    """
    a = exp(-2 * pi * cutoff / sr())
    return feedback(lambda before: (1 - a) * sig + a * before)


@library
def dcblock(sig: SignalLike, coeff: SignalLike = 0.995) -> Signal:
    """Takes away what stands still: y = x - x' + coeff · y'.

    `coeff` is 0..1 without 1: the nearer to 1, the lower the frequencies that pass. J. O. Smith,
    "Introduction to Digital Filters", 2007, "DC Blocker".

    >>> krs.transpile(lambda: krs.dcblock(1)).render(3 / 48000).round(6)
    array([[1.      , 0.995   , 0.990025]], dtype=float32)
    """
    return feedback(lambda before: sig - mem(sig) + coeff * before)


def _butterworth(sig: SignalLike, freq: SignalLike, order: int, *, highpass: bool) -> Signal:
    """Sections of the poles at equal angles on the unit circle, the most damped first."""
    poles = whole("order", order, 1, _HIGHEST_ORDER)
    c = 1 / tan(pi * freq / sr())
    y: SignalLike = _first_order(sig, c, highpass=highpass) if poles % 2 else sig
    for section in range(poles // 2):
        angle = pi * (section + 1) / poles if poles % 2 else pi * (section + 0.5) / poles
        damping = 2 * cos(angle)
        d = 1 + damping * c + c * c
        gain = c * c / d if highpass else 1 / d
        y = _biquad(y, (gain, -2 * gain if highpass else 2 * gain, gain), _poles(c, damping, d))
    return inside(y)


def _first_order(sig: SignalLike, c: Signal, *, highpass: bool) -> Signal:
    gain = (c if highpass else 1) / (1 + c)
    edge = -gain if highpass else gain
    pole = (1 - c) / (1 + c)
    return feedback(lambda before: gain * sig + edge * mem(sig) - pole * before)


def _poles(c: Signal, damping: SignalLike, d: Signal) -> tuple[Signal, Signal]:
    """The denominator of 1 / (s² + damping · s + 1)."""
    return 2 * (1 - c * c) / d, (1 - damping * c + c * c) / d


def _biquad(
    sig: SignalLike, b: tuple[SignalLike, SignalLike, SignalLike], a: tuple[Signal, Signal]
) -> Signal:
    """Two poles and two zeros, in direct form II."""

    def section(before: Signal) -> tuple[Signal, Signal]:
        earlier = mem(before)
        now = sig - (a[0] * before + a[1] * earlier)
        return b[0] * now + b[1] * before + b[2] * earlier, now

    return feedback(section)
