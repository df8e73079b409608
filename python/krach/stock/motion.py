"""Effects that move: a slow wave turns a delay, a filter or a level."""

from math import pi

import krach.dsp as krs
from krach import Signal
from krach.stock.parts import mixed, sides


def _rate(default: float) -> Signal:
    return krs.control("rate", default, 0.01, 20, unit="Hz", scale="log")


def chorus(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """A second player, never quite in tune: wider on both sides.

    >>> sound = fx.chorus.render(1, inputs=synths.saw.render(1, gate=1).repeat(2, 0), depth=0.8)
    """
    rate, depth = _rate(0.5), krs.control("depth", 0.5, 0, 1)

    def swaying(side: Signal, phase: float) -> Signal:
        wave = krs.sin(2 * pi * (krs.phasor(rate) + phase))
        return krs.fdelay(side, krs.sr() * (0.012 + 0.004 * depth * wave), max_delay=8000)

    return mixed((left, right), (swaying(left, 0), swaying(right, 0.25)), 0.4)


def flanger(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """A jet that passes: a short, moving delay with feedback.

    >>> sound = fx.flanger.render(1, inputs=synths.noise.render(1, gate=1).repeat(2, 0), rate=1)
    """
    rate, again = _rate(0.2), krs.control("again", 0.6, 0, 0.95)
    wet = sides(left, right, lambda side: krs.flanger(side, rate, 0.004, again) * 0.989)
    return mixed((left, right), wet, 0.8)


def phaser(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """Six all-passes that wander: notches sweep through the sound (W. M. Hartmann, "Flanging and Phasers",
    JAES 26, 1978).

    >>> sound = fx.phaser.render(1, inputs=synths.pad.render(1, gate=1).repeat(2, 0), rate=2)
    """
    sweep = 300 * krs.exp2(3.3 * krs.lfo(_rate(0.3), 0, 1))

    def turned(side: Signal) -> Signal:
        for spread in (1, 1.5, 2.2):
            side = krs.svf(side, sweep * spread, 0.6).allpass
        return side

    return mixed((left, right), sides(left, right, turned), 0.5)


def tremolo(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """The loudness sways.

    >>> sound = fx.tremolo.render(1, inputs=synths.epiano.render(1, gate=1).repeat(2, 0), rate=6)
    """
    level = 1 - krs.control("depth", 0.6, 0, 1) * krs.lfo(_rate(5))
    return sides(left, right, lambda side: side * level * 1.37)


def vibrato(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """The pitch sways: a delay that is turned, and nothing of the input beside it.

    >>> sound = fx.vibrato.render(1, inputs=synths.organ.render(1, gate=1).repeat(2, 0), depth=0.8)
    """
    depth = krs.control("depth", 0.3, 0, 1)
    samples = krs.sr() * (0.005 + 0.004 * depth * krs.sine_osc(_rate(5.5)))
    return sides(left, right, lambda side: krs.fdelay(side, samples, max_delay=4000))


def autopan(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """The sound walks from side to side.

    >>> sound = fx.autopan.render(1, inputs=synths.organ.render(1, gate=1).repeat(2, 0), rate=2)
    """
    place = krs.control("depth", 0.8, 0, 1) * krs.sine_osc(_rate(0.8))
    return left * krs.sqrt(1 - place), right * krs.sqrt(1 + place)


def ring(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """Times a sine: bells, and voices of robots.

    >>> sound = fx.ring.render(1, inputs=synths.organ.render(1, gate=1).repeat(2, 0), freq=170)
    """
    tone = krs.sine_osc(krs.control("freq", 220, 1, 5000, unit="Hz", scale="log", smooth=True))
    wet = sides(left, right, lambda side: side * tone * 1.414)
    return mixed((left, right), wet, 0.8)


def shifter(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """Another pitch, `semitones` up or down: two moving read heads on a short loop of tape, faded into each
    other (the rotating heads of the Springer machine, 1950s).

    >>> sound = fx.shifter.render(1, inputs=synths.saw.render(1, gate=1).repeat(2, 0), semitones=7)
    """
    semitones = krs.control("semitones", 12, -24, 24)
    window = krs.sr() * 0.05
    turn = krs.phasor((1 - krs.exp2(semitones / 12)) / 0.05)

    def head(side: Signal, at: Signal) -> Signal:
        return krs.fdelay(side, at * window, max_delay=10000) * krs.sin(pi * at)

    def shifted(side: Signal) -> Signal:
        return head(side, turn - krs.floor(turn)) + head(side, turn + 0.5 - krs.floor(turn + 0.5))

    return mixed((left, right), sides(left, right, shifted), 1)
