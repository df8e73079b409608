"""Combs and all-passes: a delayed copy added to the signal, or the loop of a delay.

M. R. Schroeder, "Natural Sounding Artificial Reverberation", J. Audio Eng. Soc. 10(3), 1962; J. O. Smith,
"Physical Audio Signal Processing", 2010, "Comb Filters". Delays are in samples and interpolated, so they may
be turned.
"""

from __future__ import annotations

from krach._function import library
from krach._signal import Signal, SignalLike
from krach.dsp.core import feedback
from krach.dsp.effects import fdelay
from krach.dsp.maths import max_
from krach.dsp.ranges import within

_LOUDEST = 0.999


def ff_comb(
    sig: SignalLike, samples: SignalLike, gain: SignalLike = 1, max_delay: int | None = None
) -> Signal:
    """Feed-forward comb: x + gain · x of `samples` samples ago. Peaks and dips at equal distances.

    `samples` and `max_delay` are those of `krs.fdelay`; `gain` is any factor.

    Errors: KR0110 if no bound of `samples` is provable.

    >>> krs.transpile(lambda x: krs.ff_comb(x, 2, 0.5)).render(4 / 48000, inputs=[[1, 0, 0, 0]])
    array([[1. , 0. , 0.5, 0. ]], dtype=float32)
    """
    return sig + gain * fdelay(sig, samples, max_delay)


def fb_comb(
    sig: SignalLike, samples: SignalLike, gain: SignalLike = 0.7, max_delay: int | None = None
) -> Signal:
    """Feedback comb: y = x + gain · y of `samples` samples ago, as in a tube or a string.

    `samples` is at least 1, `gain` is held within -0.999..0.999. `krs.echo` takes milliseconds.

    Errors: KR0110 if no bound of `samples` is provable.

    >>> krs.transpile(lambda x: krs.fb_comb(x, 2, 0.5)).render(5 / 48000, inputs=[[1, 0, 0, 0, 0]])
    array([[1.  , 0.  , 0.5 , 0.  , 0.25]], dtype=float32)
    """
    return _fb_comb(sig, samples, within(gain, -_LOUDEST, _LOUDEST), max_delay)


@library
def _fb_comb(sig: SignalLike, samples: SignalLike, gain: SignalLike, max_delay: int | None) -> Signal:
    late = max_(samples - 1, 0)  # the loop itself is one sample
    return feedback(lambda before: sig + gain * fdelay(before, late, max_delay))


def allpass(
    sig: SignalLike, samples: SignalLike, gain: SignalLike = 0.7, max_delay: int | None = None
) -> Signal:
    """Schroeder's all-pass: smears a click over time, and keeps the level of every frequency.

    H(z) = (z⁻ⁿ - gain) / (1 - gain · z⁻ⁿ), n = `samples`, at least 1; `gain` is held within -0.999..0.999. A
    few in a row make a diffuse room; `krs.svf(x, freq).allpass` turns the phase at one frequency.

    Errors: KR0110 if no bound of `samples` is provable.

    >>> krs.transpile(lambda x: krs.allpass(x, 2, 0.5)).render(5 / 48000, inputs=[[1, 0, 0, 0, 0]])
    array([[-0.5  ,  0.   ,  0.75 ,  0.   ,  0.375]], dtype=float32)
    """
    return _allpass(sig, samples, within(gain, -_LOUDEST, _LOUDEST), max_delay)


@library
def _allpass(sig: SignalLike, samples: SignalLike, gain: SignalLike, max_delay: int | None) -> Signal:
    late = max_(samples - 1, 0)

    def turn(before: Signal) -> tuple[Signal, Signal]:
        old = fdelay(before, late, max_delay)
        now = sig + gain * old
        return old - gain * now, now

    return feedback(turn)
