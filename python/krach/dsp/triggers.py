"""Triggers, counts and ramps. A trigger is a signal that rises above 0."""

from __future__ import annotations

from krach._function import library, whole
from krach._signal import Signal, SignalLike
from krach.dsp.core import feedback, mem, select2, sr
from krach.dsp.envelopes import trigger
from krach.dsp.ints import to_int
from krach.dsp.maths import max_, min_
from krach.dsp.noise import white_noise
from krach.dsp.oscillators import phasor
from krach.dsp.ranges import within


@library
def impulse(freq: SignalLike = 0) -> Signal:
    """1 for one sample at the start and then `freq` times a second (Hz), else 0; only at the start with 0.

    >>> krs.transpile(lambda: krs.impulse(12000)).render(6 / 48000)
    array([[1., 0., 0., 0., 1., 0.]], dtype=float32)
    """
    start = 1 - mem(1)
    phase = mem(phasor(abs(freq)))
    return max_(start, phase < mem(phase))


@library
def count(trig: SignalLike, limit: int = 0x7FFFFFFF, reset: SignalLike = 0) -> Signal:
    """How often `trig` has risen above 0: 0, 1, 2 … `limit` - 1, then 0 again; 0 whenever `reset` is not 0.

    `limit` is a whole number of at least 1. The result is an int, exact up to 2³¹: `krs.wavetable(notes,
    krs.count(clock, 8))` is a step sequencer.

    Errors: KR0113 for another `limit`.

    >>> krs.transpile(lambda x: krs.count(x, 2)).render(6 / 48000, inputs=[[0, 1, 0, 1, 0, 1]])
    array([[0., 1., 1., 0., 0., 1.]], dtype=float32)
    """
    most = whole("limit", limit, 1, 0x7FFFFFFF)
    hit = trigger(trig)

    def step(before: Signal) -> Signal:
        now = before + to_int(hit)
        within_limit = select2(now >= most, now, to_int(0))
        return select2(reset != 0, within_limit, to_int(0))

    return feedback(step, integer=True)


@library
def line(start: SignalLike, end: SignalLike, seconds: SignalLike, trig: SignalLike = 0) -> Signal:
    """A straight line from `start` to `end` in `seconds`, at the start of the sound and at each `trig`.

    `seconds` is at least one sample.

    >>> krs.transpile(lambda: krs.line(0, 10, 4 / 48000)).render(6 / 48000)
    array([[ 0. ,  2.5,  5. ,  7.5, 10. , 10. ]], dtype=float32)
    """
    step = 1 / max_(seconds * sr(), 1)
    begin = max_(trigger(trig), 1 - mem(1))
    part = feedback(lambda before: select2(begin, min_(before + step, 1), 0))
    return start + (end - start) * part


def dust(density: SignalLike) -> Signal:
    """Random clicks, on average `density` a second: one sample of 0..1 each, 0 between.

    `density` is held within 0 and the sample rate. Geiger counters, crackle, grains; `krs.impulse` is
    regular.

    >>> krs.transpile(lambda: (krs.dust(100) > 0)).render(10.0).sum() > 800
    np.True_
    """
    return _dust(within(density, 0))


@library
def _dust(density: SignalLike) -> Signal:
    chance = min_(density / sr(), 1)
    draw = (white_noise() + 1) / 2
    return (draw < chance) * draw / max_(chance, 1e-9)
