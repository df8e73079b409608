"""Rooms and echoes. All of `krach.stock`'s effects are stereo, with a knob `mix` where that makes sense."""

import krach.dsp as krs
from krach import Signal
from krach.stock.parts import hertz, mixed, sides


def hall(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """A large hall (a feedback delay network: Jot and Chaigne 1991).

    >>> sound = fx.hall.render(2, inputs=synths.clap.render(0.3, gate=1).repeat(2, 0), ring=4)
    """
    ring = krs.control("ring", 2.5, 0.1, 20, unit="s", scale="log")
    bright = hertz("bright", 5000, 500, 16000)
    level = krs.sqrt(2.5 / ring)  # a longer room gathers more
    wet = krs.stereo_reverb(left * level, right * level, ring, bright, 1.3)
    return mixed((left, right), wet, 0.3)


def room(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """A small room, close by: short and bright.

    >>> sound = fx.room.render(1, inputs=synths.rim.render(0.2, gate=1).repeat(2, 0))
    """
    size = krs.control("size", 0.35, 0.1, 1)
    wet = krs.stereo_reverb(left, right, 0.2 + 1.5 * size, 9000, 0.15 + size / 2)
    return mixed((left, right), wet, 0.25)


def plate(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """A steel plate: dense at once, without early echoes (all-passes smear the sound on its way in: M. R.
    Schroeder, "Natural Sounding Artificial Reverberation", JAES 10, 1962).

    >>> sound = fx.plate.render(2, inputs=synths.snare.render(0.3, gate=1).repeat(2, 0))
    """
    ring = krs.control("ring", 1.8, 0.1, 10, unit="s", scale="log")

    def smeared(side: Signal) -> Signal:
        for samples in (142, 107, 379, 277):
            side = krs.allpass(side, samples, 0.7)
        return side * krs.sqrt(1.8 / ring)  # a longer plate gathers more

    wet = krs.stereo_reverb(*sides(left, right, smeared), ring, 11000, 0.45)
    return mixed((left, right), wet, 0.25)


def freeverb(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """Freeverb (Jezar at Dreampoint, 2000): the metallic room of many free programs.

    >>> sound = fx.freeverb.render(2, inputs=synths.clap.render(0.3, gate=1).repeat(2, 0), size=0.9)
    """
    size, damping = krs.control("size", 0.6, 0, 1), krs.control("damping", 0.4, 0, 1)
    wet = krs.reverb((left + right) * 0.14, size, damping)
    return mixed((left, right), (wet, krs.delay(wet, 23)), 0.3)


def echo(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """Repeats that darken, like a tape's.

    >>> sound = fx.echo.render(2, inputs=synths.rim.render(0.2, gate=1).repeat(2, 0), time=250)
    """
    time = krs.control("time", 375, 10, 2000, unit="ms")
    again = krs.control("again", 0.45, 0, 0.95)
    samples = krs.max_(time * krs.sr() / 1000 - 1, 0)

    def late(side: Signal) -> Signal:
        return krs.feedback(lambda back: krs.onepole(side + again * krs.fdelay(back, samples), 4500))

    wet = sides(left, right, lambda side: krs.fdelay(late(side), samples))
    mix = krs.control("mix", 0.35, 0, 1)
    return left + mix * wet[0], right + mix * wet[1]


def ping_pong(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """Repeats that jump from side to side.

    >>> sound = fx.ping_pong.render(2, inputs=synths.rim.render(0.2, gate=1).repeat(2, 0), time=200)
    """
    time = krs.control("time", 300, 10, 2000, unit="ms")
    again = krs.control("again", 0.5, 0, 0.95)
    samples = krs.max_(time * krs.sr() / 1000 - 1, 0)

    def across(before: tuple[Signal, ...]) -> list[Signal]:
        one, other = before
        there = krs.fdelay((left + right) / 2 + again * other, samples)
        return [there, krs.fdelay(one, samples)]

    one, other = krs.feedback(across, n=2)
    mix = krs.control("mix", 0.35, 0, 1)
    return left + mix * one, right + mix * other
