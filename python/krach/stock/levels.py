"""Effects that hold, open and move the level, and the width."""

import krach.dsp as krs
from krach import Signal
from krach.stock.parts import sides


def compressor(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """Turns down loud sound, both sides alike, and makes up for it (D. Giannoulis, M. Massberg and J. D.
    Reiss, "Digital Dynamic Range Compressor Design", JAES 60, 2012).

    >>> sound = fx.compressor.render(1, inputs=synths.snare.render(1, gate=1).repeat(2, 0), threshold=-30)
    """
    threshold = krs.control("threshold", -24, -60, 0, unit="dB")
    ratio = krs.control("ratio", 4, 1, 20)
    makeup = krs.db_to_linear(krs.control("makeup", 7.06, 0, 24, unit="dB"))
    key = krs.max_(krs.abs_(left), krs.abs_(right))
    return sides(left, right, lambda side: krs.compressor(side, threshold, ratio, 0.005, 0.12, key) * makeup)


def limiter(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """Never above `ceiling`, in dB: for the end of a chain.

    >>> sound = fx.limiter.render(1, inputs=4 * synths.kick.render(1, gate=1).repeat(2, 0))
    """
    ceiling = krs.control("ceiling", -1, -24, 0, unit="dB")
    return sides(left, right, lambda side: krs.limiter(side, ceiling))


def gate(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """Silences sound below `threshold`, in dB: hum between notes, tails of rooms.

    >>> sound = fx.gate.render(1, inputs=synths.vinyl.render(1, gate=1).repeat(2, 0), threshold=-30)
    """
    threshold = krs.control("threshold", -50, -80, 0, unit="dB")
    release = krs.control("release", 0.1, 0.01, 1, unit="s")
    return sides(left, right, lambda side: krs.noise_gate(side, threshold, 0.001, release))


def duck(left: Signal, right: Signal, key: Signal) -> tuple[Signal, Signal]:
    """Makes room for the kick: a sound at the port `key` pushes the others down.

    >>> pad, kick = synths.pad.render(1, gate=1), synths.kick.render(1, gate=1)
    >>> sound = fx.duck.render(1, inputs=[pad[0], pad[0], kick[0]], amount=1)
    """
    amount = krs.control("amount", 0.8, 0, 1)
    release = krs.control("release", 0.25, 0.02, 2, unit="s")
    fall = krs.exp(-4 / (release * krs.sr()))
    size = krs.feedback(lambda level: krs.max_(krs.min_(krs.abs_(key) * 3, 1), level * fall))
    level = 1 - amount * krs.onepole(size, 60)
    return left * level, right * level


def widener(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """Wider, or narrower: `width` 0 is mono, 1 leaves it; `haas` delays one side by that many milliseconds.

    >>> sound = fx.widener.render(1, inputs=synths.pad.render(1, gate=1).repeat(2, 0), haas=12)
    """
    width = krs.control("width", 1.4, 0, 2)
    haas = krs.control("haas", 0, 0, 30, unit="ms")
    return krs.stereo_width(left, krs.fdelay(right, haas * krs.sr() / 1000, max_delay=6000), width)
