"""Filters: analog prototypes, made digital by the bilinear transform.

Frequencies are in Hz, may be modulated, and are held within 0 and 0.49 of the sample rate; `q` has no unit
and is held within 0.01..1000. All are computed as state-variable filters, which stay stable and precise while
they are turned, and down to 0 Hz: V. Zavalishin, "The Art of VA Filter Design", rev. 2.1.2, 2018, chapters 3
and 4; A. Simper, "Solving the continuous SVF equations using trapezoidal integration and equivalent
currents", 2013.
"""

from __future__ import annotations

from math import cos, pi
from typing import NamedTuple

from krach._function import inside, library, whole
from krach._signal import Signal, SignalLike
from krach.dsp.core import feedback, mem, sr
from krach.dsp.maths import exp
from krach.dsp.ranges import hertz, quality, warped, within

_HIGHEST_ORDER = 32


def lowpass(sig: SignalLike, freq: SignalLike, order: int = 2) -> Signal:
    """Butterworth low-pass: -3 dB at `freq`, falling above it by 6 dB per octave and order.

    `freq` is in Hz, held within 0 and 0.49 of the sample rate, and may be modulated; `order` is a whole
    number, 1..32. `resonant` has a peak at `freq`, `onepole` is the cheapest. Poles at equal angles: S.
    Butterworth, "On the Theory of Filter Amplifiers", 1930.

    Errors: KR0113 for another `order`, KR0119 for one that is a Signal.

    >>> krs.transpile(lambda x: krs.lowpass(x, 1000)).render(2 / 48000, inputs=[[1]]).round(4)
    array([[0.0039, 0.0149]], dtype=float32)
    """
    return _lowpass(sig, hertz(freq), order)


@library
def _lowpass(sig: SignalLike, freq: SignalLike, order: int) -> Signal:
    return _butterworth(sig, freq, order, highpass=False)


def highpass(sig: SignalLike, freq: SignalLike, order: int = 2) -> Signal:
    """Butterworth high-pass: -3 dB at `freq`, falling below it by 6 dB per octave and order.

    Parameters, source and errors as for `lowpass`. `dcblock` only removes a constant offset (DC).

    >>> krs.transpile(lambda x: krs.highpass(x, 1000)).render(2 / 48000, inputs=[[1]]).round(4)
    array([[ 0.9116, -0.1683]], dtype=float32)
    """
    return _highpass(sig, hertz(freq), order)


@library
def _highpass(sig: SignalLike, freq: SignalLike, order: int) -> Signal:
    return _butterworth(sig, freq, order, highpass=True)


def bandpass(sig: SignalLike, freq: SignalLike, q: SignalLike) -> Signal:
    """Resonant band-pass, H(s) = s / (s² + s/q + 1): a gain of `q` at `freq`, bandwidth freq / q in Hz.

    `freq` is in Hz, held within 0 and 0.49 of the sample rate; `q` within 0.01..1000: 0.7 is wide, 10 rings.

    >>> krs.transpile(lambda x: krs.bandpass(x, 1000, 2)).render(2 / 48000, inputs=[[1]]).round(4)
    array([[0.0632, 0.1214]], dtype=float32)
    """
    return _bandpass(sig, hertz(freq), quality(q))


@library
def _bandpass(sig: SignalLike, freq: SignalLike, q: SignalLike) -> Signal:
    _, band, _ = integrators(sig, warped(freq), 1 / q)
    return band


def resonant(sig: SignalLike, freq: SignalLike, q: SignalLike) -> Signal:
    """Resonant low-pass, H(s) = 1 / (s² + s/q + 1): a gain of `q` at `freq`, 12 dB per octave above.

    `freq` is in Hz, held within 0 and 0.49 of the sample rate; `q` within 0.01..1000. `ladder` is steeper and
    sings by itself.

    >>> krs.transpile(lambda x: krs.resonant(x, 1000, 2)).render(2 / 48000, inputs=[[1]]).round(4)
    array([[0.0041, 0.0162]], dtype=float32)
    """
    return _resonant(sig, hertz(freq), quality(q))


@library
def _resonant(sig: SignalLike, freq: SignalLike, q: SignalLike) -> Signal:
    low, _, _ = integrators(sig, warped(freq), 1 / q)
    return low


def notch(sig: SignalLike, freq: SignalLike, q: SignalLike = 1) -> Signal:
    """Takes away `freq`, and a band of freq / q Hz around it: H(s) = (s² + 1) / (s² + s/q + 1).

    `freq` is in Hz, held within 0 and 0.49 of the sample rate; `q` within 0.01..1000.

    >>> krs.transpile(lambda x: krs.notch(x, 1000)).render(2 / 48000, inputs=[[1]]).round(4)
    array([[ 0.9387, -0.114 ]], dtype=float32)
    """
    return _notch(sig, hertz(freq), quality(q))


@library
def _notch(sig: SignalLike, freq: SignalLike, q: SignalLike) -> Signal:
    damping = 1 / q
    _, band, _ = integrators(sig, warped(freq), damping)
    return sig - damping * band


class StateVariable(NamedTuple):
    """The outputs of `krs.svf`: six filters of one frequency."""

    lowpass: Signal
    bandpass: Signal
    highpass: Signal
    notch: Signal
    peak: Signal
    allpass: Signal


def svf(sig: SignalLike, freq: SignalLike, q: SignalLike = 0.7071067811865476) -> StateVariable:
    """State-variable filter: six filters of one frequency, `.lowpass` … `.allpass` (`StateVariable`).

    `freq` is in Hz, held within 0 and 0.49 of the sample rate; `q` within 0.01..1000 is the gain of the three
    first at `freq`. The all-pass keeps all levels, and turns the phase by 180° at `freq`. Outputs that are
    not used cost nothing. Sources: see this module.

    >>> krs.transpile(lambda x: krs.svf(x, 1000).lowpass).render(2 / 48000, inputs=[[1]]).round(4)
    array([[0.0039, 0.0149]], dtype=float32)
    """
    return StateVariable(*_svf(sig, hertz(freq), quality(q)))


@library
def _svf(
    sig: SignalLike, freq: SignalLike, q: SignalLike
) -> tuple[Signal, Signal, Signal, Signal, Signal, Signal]:
    damping = 1 / q
    low, band, high = integrators(sig, warped(freq), damping)
    return low, band, high, low + high, low - high, sig - 2 * damping * band


def onepole(sig: SignalLike, cutoff: SignalLike) -> Signal:
    """One-pole low-pass: y = (1 - a) x + a y', a = exp(-2π · cutoff / sample rate); 6 dB per octave.

    `cutoff` is in Hz, 0 or more. `krs.smooth` takes a time instead. J. O. Smith, "Introduction to Digital
    Filters", 2007, "One-Pole".

    >>> krs.transpile(lambda x: krs.onepole(x, 1000)).render(2 / 48000, inputs=[[1]]).round(4)
    array([[0.1227, 0.1076]], dtype=float32)
    """
    return _onepole(sig, within(cutoff, 0))


@library
def _onepole(sig: SignalLike, cutoff: SignalLike) -> Signal:
    a = exp(-2 * pi * cutoff / sr())
    return feedback(lambda before: (1 - a) * sig + a * before)


def dcblock(sig: SignalLike, coeff: SignalLike = 0.995) -> Signal:
    """Takes away a constant offset (DC): y = x - x' + coeff · y'.

    `coeff` is held within 0..0.99999: the nearer to 1, the lower the frequencies that pass (0.995: 38 Hz at
    48 kHz). J. O. Smith, "Introduction to Digital Filters", 2007, "DC Blocker".

    >>> krs.transpile(lambda: krs.dcblock(1)).render(3 / 48000).round(6)
    array([[1.      , 0.995   , 0.990025]], dtype=float32)
    """
    return _dcblock(sig, within(coeff, 0, 0.99999))


@library
def _dcblock(sig: SignalLike, coeff: SignalLike) -> Signal:
    return feedback(lambda before: sig - mem(sig) + coeff * before)


def integrators(sig: SignalLike, g: Signal, damping: SignalLike) -> tuple[Signal, Signal, Signal]:
    """Low, band and high of 1 / (s² + damping · s + 1): two trapezoidal integrators, their loop solved."""
    a = 1 / (1 + g * (g + damping))

    def step(states: tuple[Signal, ...]) -> tuple[list[Signal], list[Signal]]:
        first, second = states
        band = a * (first + g * (sig - second))
        low = second + g * band
        return [low, band], [2 * band - first, 2 * low - second]

    low, band = feedback(step, n=2)
    return low, band, sig - damping * band - low


def _butterworth(sig: SignalLike, freq: SignalLike, order: int, *, highpass: bool) -> Signal:
    """Sections of the poles at equal angles on the unit circle, the most damped first."""
    poles = whole("order", order, 1, _HIGHEST_ORDER)
    g = warped(freq)
    y: SignalLike = _first_order(sig, g, highpass=highpass) if poles % 2 else sig
    for section in range(poles // 2):
        angle = pi * (section + 1) / poles if poles % 2 else pi * (section + 0.5) / poles
        low, _, high = integrators(y, g, 2 * cos(angle))
        y = high if highpass else low
    return inside(y)


def _first_order(sig: SignalLike, g: Signal, *, highpass: bool) -> Signal:
    """One trapezoidal integrator in a loop."""
    share = g / (1 + g)

    def step(state: Signal) -> tuple[Signal, Signal]:
        moved = share * (sig - state)
        low = state + moved
        return sig - low if highpass else low, low + moved

    return feedback(step)
