"""Parts that the stock sounds share: keys, strikes, stacks of oscillators, strings, bells and vowels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log, pi

import krach.dsp as krs
from krach import Signal
from krach._signal import SignalLike

# The squares of the TR-808's cymbals and cowbell, in Hz: K. J. Werner, J. S. Abel and J. O. Smith, "The
# TR-808 Cymbal: a physically-informed, circuit-bendable, digital model", ICMC/SMC 2014.
METAL = (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)

# Centre frequencies in Hz, gains and bandwidths of the first three formants of a singer's vowels: P. R. Cook,
# "Real Sound Synthesis for Interactive Applications", 2002, and the formant tables of Csound (tenor).
VOWELS = {
    "a": ((650, 1.0, 80), (1080, 0.5, 90), (2650, 0.45, 120)),
    "e": ((400, 1.0, 70), (1700, 0.2, 80), (2600, 0.25, 100)),
    "i": ((290, 1.0, 40), (1870, 0.18, 90), (2800, 0.13, 100)),
    "o": ((400, 1.0, 40), (800, 0.3, 80), (2600, 0.25, 100)),
    "u": ((350, 1.0, 40), (600, 0.1, 60), (2700, 0.14, 100)),
}


def gate() -> Signal:
    """1 while a note is held."""
    return krs.control("gate", 0, 0, 1)


def pitch(default: float) -> Signal:
    """The pitch of the note, in Hz; `default` until one is played."""
    return krs.control("freq", default, 20, 5000, unit="Hz", scale="log")


def hertz(name: str, init: float, lo: float, hi: float) -> Signal:
    """A frequency that is turned by ear: its knob is logarithmic."""
    return krs.control(name, init, lo, hi, unit="Hz", scale="log")


def seconds(name: str, init: float, lo: float, hi: float) -> Signal:
    """A time, read when the note needs it: not smoothed."""
    return krs.control(name, init, lo, hi, unit="s", scale="log", smooth=False)


def strike(decay: SignalLike, attack: float = 0.0005) -> Signal:
    """1 when the gate opens, then 60 dB down after `decay` seconds."""
    return krs.perc(attack, decay, gate())


def drop(top: SignalLike, bottom: SignalLike, fall: SignalLike) -> Signal:
    """A sine that falls from `top` to `bottom` Hz: the skin of a drum that slackens after the stroke."""
    return krs.sine_osc(bottom + (top - bottom) * strike(fall, 0.0001))


def metal(tune: SignalLike) -> Signal:
    """Six square waves that share no overtone: struck brass."""
    squares = [krs.polyblep_square(freq * tune) for freq in METAL]
    return sum(squares[1:], squares[0]) / len(squares)


def unison(freq: Signal, spread: SignalLike, voices: int = 7) -> Signal:
    """Sawtooths around one pitch, the outer ones `spread` (0.01 is 1 %) away from it."""
    middle = (voices - 1) / 2
    saws = [krs.polyblep_saw(freq * (1 + spread * (at - middle) / middle)) for at in range(voices)]
    return sum(saws[1:], saws[0]) / voices**0.5


def fm(freq: SignalLike, ratio: SignalLike, index: SignalLike) -> Signal:
    """A sine whose phase another sine moves: J. M. Chowning, "The Synthesis of Complex Audio Spectra by Means
    of Frequency Modulation", JAES 21, 1973.
    """
    return krs.sin(2 * pi * krs.phasor(freq) + index * krs.sine_osc(freq * ratio))


def string(burst: Signal, freq: Signal, ring: SignalLike, bright: SignalLike) -> Signal:
    """A delay as long as one cycle, which loses its light on the way round: K. Karplus and A. Strong,
    "Digital Synthesis of Plucked-String and Drum Timbres", Computer Music Journal 7, 1983. 60 dB down after
    `ring` seconds, above `bright` Hz sooner.
    """
    keep = krs.exp(-log(1000) / (freq * ring))
    pole = krs.exp(-2 * pi * bright / krs.sr())
    length = krs.sr() / freq - 1 - pole / (1 - pole)

    def around(before: Signal) -> Signal:
        late = krs.fdelay(before, krs.max_(length, 0), max_delay=12000)
        return burst + keep * krs.onepole(late, bright)

    return krs.dcblock(krs.feedback(around))


def modes(freq: Signal, partials: Sequence[tuple[float, float, float]], ring: SignalLike) -> Signal:
    """Sines that fade each at its own rate, as a struck body: `(ratio, level, part of ring)` of each."""
    top = krs.sr() * 0.45
    tones = [
        krs.sine_osc(krs.min_(freq * ratio, top)) * strike(ring * part, 0.001) * level
        for ratio, level, part in partials
    ]
    return sum(tones[1:], tones[0])


def vowel(source: Signal, name: str) -> Signal:
    """A sound through the mouth that sings the vowel `name`: three formants."""
    formants = [
        krs.bandpass(source, freq, freq / width) * (gain * width / freq) for freq, gain, width in VOWELS[name]
    ]
    return sum(formants[1:], formants[0]) * 6


def sides(left: Signal, right: Signal, through: Callable[[Signal], Signal]) -> tuple[Signal, Signal]:
    """Both channels through the same effect."""
    return through(left), through(right)


def mixed(dry: tuple[Signal, Signal], wet: tuple[Signal, Signal], default: float) -> tuple[Signal, Signal]:
    """The effect beside its input: knob `mix`, 0 only the input, 1 only the effect, equally loud between."""
    turn = krs.control("mix", default, 0, 1) * (pi / 2)
    keep, add = krs.cos(turn), krs.sin(turn)
    return keep * dry[0] + add * wet[0], keep * dry[1] + add * wet[1]
