"""Equalisers: raise or lower a part of the spectrum by decibels, and leave the rest as it is.

The transfer functions are those of R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter
coefficients", 1998; computed as in `krach.dsp.filters`, with the mixing gains of A. Simper (2013).
"""

from __future__ import annotations

from krach._function import library
from krach._signal import Signal, SignalLike
from krach.dsp.filters import integrators
from krach.dsp.maths import pow_, sqrt
from krach.dsp.ranges import hertz, quality, warped, within

_FLAT = 0.7071067811865476
_MOST = 60.0  # dB


def _held(freq: SignalLike, gain_db: SignalLike, q: SignalLike) -> tuple[SignalLike, SignalLike, SignalLike]:
    """The settings of an equaliser, within their ranges."""
    return hertz(freq), within(gain_db, -_MOST, _MOST), quality(q)


def peak_eq(sig: SignalLike, freq: SignalLike, gain_db: SignalLike, q: SignalLike = 1) -> Signal:
    """Raises (or lowers) the band around `freq` by `gain_db` decibels; its width is about freq / q Hz.

    `freq` is in Hz, held within 0 and 0.49 of the sample rate; `gain_db` within -60..60 dB; `q` within
    0.01..1000.

    >>> krs.transpile(lambda x: krs.peak_eq(x, 1000, 6)).render(2 / 48000, inputs=[[1]]).round(4)
    array([[1.044 , 0.0833]], dtype=float32)
    """
    return _peak_eq(sig, *_held(freq, gain_db, q))


@library
def _peak_eq(sig: SignalLike, freq: SignalLike, gain_db: SignalLike, q: SignalLike) -> Signal:
    root = pow_(10, gain_db / 40)
    damping = 1 / (q * root)
    _, band, _ = integrators(sig, warped(freq), damping)
    return sig + damping * (root * root - 1) * band


def low_shelf(sig: SignalLike, freq: SignalLike, gain_db: SignalLike, q: SignalLike = _FLAT) -> Signal:
    """Raises (or lowers) everything below `freq` by `gain_db` decibels; at `freq` it is half of them.

    Ranges as for `peak_eq`; `q` above 0.71 overshoots at the edge.

    >>> krs.transpile(lambda x: krs.low_shelf(x, 100, 6)).render(2 / 48000, inputs=[[1]]).round(4)
    array([[1.0032, 0.0064]], dtype=float32)
    """
    return _low_shelf(sig, *_held(freq, gain_db, q))


@library
def _low_shelf(sig: SignalLike, freq: SignalLike, gain_db: SignalLike, q: SignalLike) -> Signal:
    root = pow_(10, gain_db / 40)
    damping = 1 / q
    low, band, _ = integrators(sig, warped(freq) / sqrt(root), damping)
    return sig + damping * (root - 1) * band + (root * root - 1) * low


def high_shelf(sig: SignalLike, freq: SignalLike, gain_db: SignalLike, q: SignalLike = _FLAT) -> Signal:
    """Raises (or lowers) everything above `freq` by `gain_db` decibels; at `freq` it is half of them.

    Ranges as for `peak_eq`; `q` above 0.71 overshoots at the edge.

    >>> krs.transpile(lambda x: krs.high_shelf(x, 5000, 6)).render(2 / 48000, inputs=[[1]]).round(4)
    array([[ 1.71  , -0.4625]], dtype=float32)
    """
    return _high_shelf(sig, *_held(freq, gain_db, q))


@library
def _high_shelf(sig: SignalLike, freq: SignalLike, gain_db: SignalLike, q: SignalLike) -> Signal:
    root = pow_(10, gain_db / 40)
    damping = 1 / q
    low, band, _ = integrators(sig, warped(freq) * sqrt(root), damping)
    return root * root * sig + damping * (1 - root) * root * band + (1 - root * root) * low
