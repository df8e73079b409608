"""Effects that change the colour: distortion, filters, equaliser."""

import krach.dsp as krs
from krach import Signal
from krach.stock.parts import hertz, mixed, sides


def drive(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """A warm overdrive, without the harsh overtones of aliasing: tanh at twice the sample rate.

    >>> sound = fx.drive.render(1, inputs=synths.reese.render(1, gate=1).repeat(2, 0), amount=10)
    """
    amount = krs.control("amount", 4, 1, 30, scale="log")
    soft = krs.oversample(lambda side: krs.tanh(side * amount) / krs.sqrt(amount), 2)
    return sides(left, right, lambda side: soft(side) * 0.543)


def fold(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """A wave folder: the louder, the more often it turns back (after D. Buchla's "timbre", 1970s).

    >>> sound = fx.fold.render(1, inputs=synths.sub.render(1, gate=1).repeat(2, 0), amount=6)
    """
    amount = krs.control("amount", 3, 0.5, 12)
    folded = krs.oversample(lambda side: krs.sin(side * amount), 2)
    return sides(left, right, lambda side: folded(side) * 0.347)


def crush(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """Fewer bits, and a lower sample rate: the sound of early samplers.

    >>> sound = fx.crush.render(1, inputs=synths.snare.render(1, gate=1).repeat(2, 0), bits=5, rate=6000)
    """
    steps = krs.exp2(krs.control("bits", 8, 1, 16) - 1)
    clock = krs.impulse(hertz("rate", 12000, 200, 24000))
    return sides(left, right, lambda side: krs.round_(krs.latch(side, clock) * steps) / steps)


def lowpass(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """Takes the highs away, 24 dB per octave, with resonance.

    >>> sound = fx.lowpass.render(1, inputs=synths.saw.render(1, gate=1).repeat(2, 0), cutoff=600)
    """
    cutoff, resonance = hertz("cutoff", 6000, 20, 18000), krs.control("resonance", 0.1, 0, 1)
    return sides(left, right, lambda side: krs.ladder(side, cutoff, resonance) * 1.85)


def highpass(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """Takes the lows away, 24 dB per octave.

    >>> sound = fx.highpass.render(1, inputs=synths.pad.render(1, gate=1).repeat(2, 0), cutoff=500)
    """
    cutoff = hertz("cutoff", 120, 20, 10000)
    return sides(left, right, lambda side: krs.highpass(side, cutoff, order=4))


def bandpass(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """Lets one band through: a telephone, or a wah under the hand.

    >>> sound = fx.bandpass.render(1, inputs=synths.saw.render(1, gate=1).repeat(2, 0), cutoff=1200, q=4)
    """
    cutoff, q = hertz("cutoff", 1000, 50, 12000), krs.control("q", 1, 0.3, 20, scale="log")
    return sides(left, right, lambda side: krs.bandpass(side, cutoff, q) / q * 2.53)


def wah(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """A band that the loudness of the input opens.

    >>> sound = fx.wah.render(1, inputs=synths.clav.render(1, gate=1).repeat(2, 0), reach=5)
    """
    reach = krs.control("reach", 3, 0, 6)
    louder = krs.abs_(left) + krs.abs_(right)
    size = krs.feedback(lambda level: krs.max_(louder, level * krs.exp(-8 / krs.sr())))
    cutoff = 250 * krs.exp2(reach * krs.min_(size * 2, 1))
    return sides(left, right, lambda side: krs.bandpass(side, cutoff, 3) / 2 * 2.66)


def eq(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """Three knobs, in dB: `low` below 200 Hz, `mid` around `freq`, `high` above 4 kHz.

    >>> sound = fx.eq.render(1, inputs=synths.pad.render(1, gate=1).repeat(2, 0), low=-6, high=4)
    """
    low, mid, high = [krs.control(name, 0, -24, 24, unit="dB") for name in ("low", "mid", "high")]
    centre = krs.control("freq", 1000, 200, 8000, unit="Hz", scale="log", smooth=True)

    def equalised(side: Signal) -> Signal:
        return krs.high_shelf(krs.peak_eq(krs.low_shelf(side, 200, low), centre, mid, 0.8), 4000, high)

    return sides(left, right, equalised)


def exciter(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """Adds new highs, made from the old ones.

    >>> sound = fx.exciter.render(1, inputs=synths.pad.render(1, gate=1).repeat(2, 0), amount=0.6)
    """
    amount = krs.control("amount", 0.3, 0, 1)
    bright = sides(left, right, lambda side: krs.highpass(krs.tanh(8 * krs.highpass(side, 2500)), 3500) / 4)
    return left + amount * bright[0], right + amount * bright[1]


def lofi(left: Signal, right: Signal) -> tuple[Signal, Signal]:
    """A worn cassette: narrow, uneven, a little driven.

    >>> sound = fx.lofi.render(1, inputs=synths.epiano.render(1, gate=1).repeat(2, 0), wear=0.8)
    """
    wear = krs.control("wear", 0.4, 0, 1)
    flutter = krs.sr() * (0.006 + wear * (0.002 * krs.lfo(0.7, 0, 1, "smooth") + 0.0001 * krs.sine_osc(9)))

    def played(side: Signal) -> Signal:
        tape = krs.fdelay(krs.tanh(2 * side) / 2, flutter, max_delay=4000)
        return krs.lowpass(krs.highpass(tape, 90), 9000 - 6000 * wear) * 1.32

    return mixed((left, right), sides(left, right, played), 1)
