"""Envelopes and triggers. Times are in seconds, gates are 0 or 1."""

from __future__ import annotations

from krach._function import library
from krach._signal import Signal, SignalLike
from krach.dsp.core import feedback, mem, select2, sr
from krach.dsp.maths import max_, min_


@library
def adsr(
    attack: SignalLike,
    decay_time: SignalLike,
    sustain: SignalLike,
    release: SignalLike,
    gate: SignalLike,
    restart: bool = True,
) -> Signal:
    """Attack, decay, sustain, release, all linear: 0 to 1 in `attack` seconds, to `sustain` in `decay_time`,
    held while the gate is open, then to 0 in `release`.

    Times are in seconds, of at least one sample; `sustain` is 0..1; `gate` is open where it is not 0. All
    may be modulated.

    A gate that opens during the release starts again from 0 (as Faust's `en.adsr`, sample for sample) or,
    with `restart=False`, rises from the present level, without a step.

    >>> pluck = krs.transpile(lambda: krs.adsr(0.01, 0.02, 0.5, 0.03, krs.control("gate", 0, 0, 1)))
    >>> pluck.render(1.0, gate=1)[0, [0, 479, 480, 1439]].round(6)
    array([0.002083, 1.      , 0.999479, 0.5     ], dtype=float32)
    """
    attack_frames = max_(attack * sr(), 1)
    decay_frames = max_(decay_time * sr(), 1)
    release_frames = max_(release * sr(), 1)
    opened = gate > mem(gate)
    closed_for = feedback(lambda frames: (frames + 1) * (gate == 0))
    falling = max_(1 - closed_for / release_frames, 0)

    def level(open_for: Signal) -> Signal:
        rising = open_for / attack_frames
        decaying = 1 - (open_for - attack_frames) / decay_frames * (1 - sustain)
        return max_(min_(rising, max_(decaying, sustain)), 0) * falling

    if restart:
        open_for = feedback(lambda frames: select2(opened, frames, 0) + gate)
        return level(open_for)

    def rise(present: Signal) -> Signal:
        open_for = feedback(lambda frames: select2(opened, frames, present * attack_frames) + gate)
        return level(open_for)

    return feedback(rise)


@library
def ar(attack: SignalLike, release: SignalLike, gate: SignalLike) -> Signal:
    """Attack, release: when the gate opens, 0 to 1 in `attack` seconds and at once back to 0 in `release`.

    Both are linear and at least one sample long; how long the gate stays open does not matter (as Faust's
    `en.ar`, sample for sample).

    >>> krs.transpile(lambda: krs.ar(0.01, 0.03, 1)).render(1.0)[0, [0, 479, 480, 1919]].round(6)
    array([0.002083, 1.      , 0.999306, 0.      ], dtype=float32)
    """
    attack_frames = max_(attack * sr(), 1)
    release_frames = max_(release * sr(), 1)
    opened = gate > mem(gate)
    frames = feedback(lambda before: select2(opened, before + (before > 0), 1))
    rising = frames / attack_frames
    falling = 1 - (frames - attack_frames) / release_frames
    return max_(min_(rising, falling), 0)


@library
def decay(rate: SignalLike) -> Signal:
    """1, then `rate` times the sample before, for ever: an exponential decay from the start of the sound.

    >>> krs.transpile(lambda: krs.decay(0.5)).render(4 / 48000)
    array([[1.   , 0.5  , 0.25 , 0.125]], dtype=float32)
    """
    impulse = 1 - mem(1)
    return feedback(lambda before: impulse + rate * before)


@library
def trigger(sig: SignalLike) -> Signal:
    """1 for one sample whenever the signal rises above 0, else 0.

    >>> krs.transpile(lambda x: krs.trigger(x)).render(5 / 48000, inputs=[[0, 1, 1, 0, 1]])
    array([[0., 1., 0., 0., 1.]], dtype=float32)
    """
    return (sig > 0) * (mem(sig) <= 0)


@library
def latch(sig: SignalLike, trig: SignalLike) -> Signal:
    """Sample and hold: the value that `sig` had when `trig` last rose above 0; 0 before.

    >>> hold = krs.transpile(lambda x, t: krs.latch(x, t))
    >>> hold.render(4 / 48000, inputs=[[1, 2, 3, 4], [0, 1, 1, 0]])
    array([[0., 2., 2., 2.]], dtype=float32)
    """
    rises = trigger(trig)
    return feedback(lambda held: select2(rises, held, sig))
