"""Noise."""

from __future__ import annotations

from krach._function import library
from krach._signal import Signal
from krach._trace import current
from krach.dsp.core import feedback, mem


def white_noise() -> Signal:
    """White noise, -1..1. The first of a program is Faust's `no.noise`; each further one is independent of
    it.

    >>> krs.transpile(lambda: krs.white_noise()).render(3 / 48000).round(4)
    array([[ 0.    , -0.3448, -0.6952]], dtype=float32)
    """
    trace = current()
    trace.locate()
    return trace.signal(trace.builder.noise())


@library
def pink_noise() -> Signal:
    """Pink noise: white noise through three poles that fall by 3 dB per octave.

    Coefficients: J. O. Smith, "Spectral Audio Signal Processing", 2011, "Example: Synthesis of 1/F Noise".

    >>> krs.transpile(lambda: krs.pink_noise()).render(1.0).shape
    (1, 48000)
    """
    white = white_noise()

    def shape(before: Signal) -> tuple[Signal, Signal]:
        earlier = mem(before)
        earliest = mem(earlier)
        now = white - (-2.494956002 * before + 2.017265875 * earlier - 0.5221894 * earliest)
        pink = 0.049922035 * now - 0.095993537 * before + 0.050612699 * earlier - 0.004408786 * earliest
        return pink, now

    return feedback(shape)
