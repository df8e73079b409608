"""Envelopes and triggers. Times are in seconds, gates are 0 or 1."""

from __future__ import annotations

import math

from krach._arguments import choice
from krach._function import library
from krach._signal import Signal, SignalLike
from krach.dsp.core import feedback, mem, select2, sr
from krach.dsp.maths import exp, max_, min_
from krach.dsp.ranges import within


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

    Times are in seconds, of at least one sample; `sustain` is held within 0..1; `gate` is open where it is
    not 0. All may be modulated. `exp_adsr` bends its segments as analog envelopes do.

    A gate that opens during the release starts again from 0 (as Faust's `en.adsr`, sample for sample) or,
    with `restart=False`, rises from the present level, without a step.

    >>> pluck = krs.transpile(lambda: krs.adsr(0.01, 0.02, 0.5, 0.03, krs.control("gate", 0, 0, 1)))
    >>> pluck.render(1.0, gate=1)[0, [0, 479, 480, 1439]].round(6)
    array([0.002083, 1.      , 0.999479, 0.5     ], dtype=float32)
    """
    return _adsr(attack, decay_time, within(sustain, 0, 1), release, gate, restart)


@library
def _adsr(
    attack: SignalLike,
    decay_time: SignalLike,
    sustain: SignalLike,
    release: SignalLike,
    gate: SignalLike,
    restart: bool,
) -> Signal:
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

    if choice("`restart`", restart, (False, True)):
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


def decay(rate: SignalLike) -> Signal:
    """1, then `rate` times the sample before, for ever: an exponential decay from the start of the sound.

    `rate` is held within -1..1 and has no unit. `krs.perc` can be triggered, and takes seconds.

    >>> krs.transpile(lambda: krs.decay(0.5)).render(4 / 48000)
    array([[1.   , 0.5  , 0.25 , 0.125]], dtype=float32)
    """
    return _decay(within(rate, -1, 1))


@library
def _decay(rate: SignalLike) -> Signal:
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

    `krs.latch(krs.white_noise(), krs.impulse(8))` takes a new random value eight times a second.

    >>> hold = krs.transpile(lambda x, t: krs.latch(x, t))
    >>> hold.render(4 / 48000, inputs=[[1, 2, 3, 4], [0, 1, 1, 0]])
    array([[0., 2., 2., 2.]], dtype=float32)
    """
    rises = trigger(trig)
    return feedback(lambda held: select2(rises, held, sig))


@library
def perc(attack: SignalLike, decay_time: SignalLike, trig: SignalLike) -> Signal:
    """Percussive envelope: each time `trig` rises, up to 1 in `attack` seconds, then an exponential fall.

    `decay_time` is the seconds in which it falls by 60 dB. Both are at least one sample. It rises from the
    present level, without a step; how long `trig` stays up does not matter. `ar` falls on a straight line.

    >>> strike = krs.transpile(lambda: krs.perc(0.001, 0.5, krs.impulse()))
    >>> strike.render(1.0)[0, [0, 47, 48, 24047]].round(4)
    array([0.0326, 1.    , 0.9997, 0.001 ], dtype=float32)
    """
    hit = trigger(trig)
    fall = _sixty_db(decay_time)

    def step(states: tuple[Signal, ...]) -> list[Signal]:
        level, rising = states
        attacking = max_(hit, rising)
        now = select2(attacking, level * fall, _risen(level, attack))
        return [now, attacking * (now < 1)]

    level, _ = feedback(step, n=2)
    return level


@library
def asr(attack: SignalLike, release: SignalLike, gate: SignalLike) -> Signal:
    """Attack, sustain, release: up to 1 in `attack` seconds while the gate is open, else an exponential fall.

    `release` is the seconds in which it falls by 60 dB. Both are at least one sample. The gate is open where
    it is not 0; levels never step.

    >>> krs.transpile(lambda: krs.asr(0.001, 0.5, 1)).render(0.01)[0, [0, 47, 100]].round(4)
    array([0.0326, 1.    , 1.    ], dtype=float32)
    """
    fall = _sixty_db(release)
    return feedback(lambda level: select2(gate != 0, level * fall, _risen(level, attack)))


def exp_adsr(
    attack: SignalLike, decay_time: SignalLike, sustain: SignalLike, release: SignalLike, gate: SignalLike
) -> Signal:
    """Attack, decay, sustain, release with bent segments, as analog envelopes have them.

    Up to 1 in `attack` seconds, then exponentially towards `sustain` (0..1), after the gate closes towards 0:
    `decay_time` and `release` are the seconds for 60 dB. All are at least one sample. A gate that opens again
    rises from the present level. `adsr` is linear.

    >>> pad = krs.transpile(lambda: krs.exp_adsr(0.001, 0.01, 0.5, 0.03, krs.control("gate", 0, 0, 1)))
    >>> pad.render(0.1, gate=1)[0, [0, 47, 4799]].round(4)
    array([0.0326, 1.    , 0.5   ], dtype=float32)
    """
    return _exp_adsr(attack, decay_time, within(sustain, 0, 1), release, gate)


@library
def _exp_adsr(
    attack: SignalLike, decay_time: SignalLike, sustain: SignalLike, release: SignalLike, gate: SignalLike
) -> Signal:
    is_open = gate != 0
    opened = trigger(is_open)
    decay_keep, release_keep = _sixty_db(decay_time), _sixty_db(release)

    def step(states: tuple[Signal, ...]) -> list[Signal]:
        level, rising = states
        attacking = max_(opened, rising) * is_open
        held = sustain + (level - sustain) * decay_keep
        now = select2(is_open, level * release_keep, select2(attacking, held, _risen(level, attack)))
        return [now, attacking * (now < 1)]

    level, _ = feedback(step, n=2)
    return level


def _risen(level: Signal, attack: SignalLike) -> Signal:
    """One sample further on the way up, which bends towards a level beyond 1, as a capacitor charges."""
    beyond = math.e / (math.e - 1)
    return min_(beyond - (beyond - level) * exp(-1 / max_(attack * sr(), 1)), 1)


def _sixty_db(seconds: SignalLike) -> Signal:
    """The factor of one sample that makes a thousandth in this time."""
    return exp(-math.log(1000) / max_(seconds * sr(), 1))
