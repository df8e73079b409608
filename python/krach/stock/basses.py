"""Basses: low voices with a pitch."""

import krach.dsp as krs
from krach import Signal
from krach.stock.parts import fm, gate, hertz, pitch, seconds, strike, string, unison


def acid() -> Signal:
    """A sawtooth through a resonant low-pass that its envelope opens, as the TB-303: short notes squelch.

    >>> sound = synths.acid.render(1, notes=[(0, 12000, 33), (24000, 6000, 45)], cutoff=900)
    """
    cutoff = hertz("cutoff", 500, 80, 8000)
    resonance = krs.control("resonance", 0.85, 0, 1.05)
    depth = krs.control("env", 4, 0, 12)
    decay = seconds("decay", 0.5, 0.05, 3)
    env = krs.exp_adsr(0.003, decay, 0, 0.1, gate())
    bright = krs.min_(cutoff * (1 + depth * env), 14000)
    loud = krs.adsr(0.003, 0.4, 0.6, 0.03, gate(), restart=False)
    return (
        krs.dcblock(krs.tanh(2 * krs.ladder(krs.polyblep_saw(pitch(55)), bright, resonance, 1.5)))
        * loud
        * 0.945
    )


def sub() -> Signal:
    """Almost a sine, with an octave of warmth above it: for under everything.

    >>> sound = synths.sub.render(1, notes=[(0, 24000, 31)], warmth=0.6)
    """
    freq, warmth = pitch(55), krs.control("warmth", 0.3, 0, 1)
    env = krs.adsr(0.006, 0.3, 0.8, 0.1, gate(), restart=False)
    return krs.tanh(1.2 * (krs.sine_osc(freq) + warmth * krs.sine_osc(2 * freq))) * env * 0.334


def reese() -> Signal:
    """Detuned sawtooths that beat against each other, dark: the bass of jungle (K. Saunderson, 1988).

    >>> sound = synths.reese.render(2, notes=[(0, 80000, 33)], detune=0.02)
    """
    detune = krs.control("detune", 0.012, 0, 0.05)
    cutoff = hertz("cutoff", 700, 80, 8000)
    env = krs.adsr(0.01, 0.2, 0.9, 0.15, gate(), restart=False)
    return krs.tanh(krs.lowpass(unison(pitch(55), detune, 3), cutoff, order=4)) * env * 0.405


def fm_bass() -> Signal:
    """A hard, woody bass: a sine whose phase is moved by a sine of the same pitch (Chowning 1973).

    >>> sound = synths.fm_bass.render(1, notes=[(0, 24000, 36)], index=5)
    """
    index = krs.control("index", 3, 0, 10)
    decay = seconds("decay", 0.6, 0.05, 3)
    env = krs.exp_adsr(0.002, 3, 0.4, 0.15, gate())
    return fm(pitch(65), 1, index * strike(decay)) * env * 0.368


def pluck_bass() -> Signal:
    """A plucked bass string, thick and short (Karplus and Strong 1983).

    >>> sound = synths.pluck_bass.render(1, notes=[(0, 24000, 28)], tone=3000)
    """
    tone = hertz("tone", 1800, 300, 8000)
    thumb = krs.lowpass(krs.white_noise(), tone) * krs.ar(0.001, 0.006, gate())
    held = krs.asr(0.001, 0.12, gate())
    return krs.tanh(16 * string(thumb, pitch(55), 3, tone * 1.5)) * held * 0.705


def moog() -> Signal:
    """Two sawtooths and a sine an octave below through a ladder filter: the bass of soul and funk.

    >>> sound = synths.moog.render(1, notes=[(0, 24000, 29)], cutoff=1200)
    """
    freq, cutoff = pitch(55), hertz("cutoff", 600, 60, 8000)
    env = krs.exp_adsr(0.004, 0.8, 0.3, 0.15, gate())
    oscillators = krs.polyblep_saw(freq) + krs.polyblep_saw(freq * 1.004) + krs.sine_osc(freq / 2)
    low = krs.ladder(oscillators * 0.4, cutoff * (0.5 + 2 * env), 0.35, 1.5)
    return krs.highpass(krs.tanh(4 * low), 12, order=1) * env * 0.82


def wobble() -> Signal:
    """A filter that opens and closes `rate` times a second: turn `rate` in time with the beat.

    >>> sound = synths.wobble.render(2, notes=[(0, 80000, 33)], rate=4)
    """
    rate = krs.control("rate", 3, 0.1, 20, unit="Hz", scale="log")
    depth = krs.control("depth", 0.8, 0, 1)
    sway = krs.lfo(rate, 1 - depth, 1)
    env = krs.adsr(0.01, 0.1, 1, 0.1, gate(), restart=False)
    dirt = krs.tanh(2 * unison(pitch(55), 0.006, 3))
    return krs.resonant(dirt, 90 + 2600 * sway**2, 3) * env * 0.181
