"""Leads: voices for a melody."""

from math import pi

import krach.dsp as krs
from krach import Signal
from krach.stock.parts import fm, gate, hertz, pitch, seconds, unison


def saw() -> Signal:
    """A bright sawtooth with a soft filter and late vibrato.

    >>> sound = synths.saw.render(1, notes=[(0, 24000, 64)], cutoff=5000)
    """
    cutoff = hertz("cutoff", 3500, 200, 16000)
    vibrato = krs.control("vibrato", 0.3, 0, 1)
    env = krs.adsr(0.01, 0.3, 0.7, 0.15, gate(), restart=False)
    late = krs.adsr(0.8, 0.1, 1, 0.1, gate())
    tone = krs.polyblep_saw(pitch(440) * (1 + 0.012 * vibrato * late * krs.sine_osc(5.5)))
    return krs.lowpass(tone, cutoff) * env * 0.279


def pulse() -> Signal:
    """A square wave whose width sways: hollow, then nasal.

    >>> sound = synths.pulse.render(1, notes=[(0, 24000, 64)], sway=0.4)
    """
    sway = krs.control("sway", 0.3, 0, 0.45)
    cutoff = hertz("cutoff", 5000, 200, 16000)
    width = 0.5 + sway * krs.sine_osc(0.7)
    env = krs.adsr(0.008, 0.3, 0.7, 0.12, gate(), restart=False)
    return krs.dcblock(krs.lowpass(krs.polyblep_square(pitch(440), width), cutoff)) * env * 0.176


def supersaw() -> Signal:
    """Seven detuned sawtooths, wide awake (A. Szabo, "How to Emulate the Super Saw", KTH 2010).

    >>> sound = synths.supersaw.render(1, notes=[(0, 24000, 57), (0, 24000, 64)], detune=0.015)
    """
    detune = krs.control("detune", 0.01, 0, 0.05)
    cutoff = hertz("cutoff", 7000, 200, 16000)
    env = krs.adsr(0.01, 0.3, 0.8, 0.25, gate(), restart=False)
    freq = pitch(440)
    return krs.lowpass(krs.highpass(unison(freq, detune), freq * 0.8), cutoff) * env * 0.245


def sync() -> Signal:
    """A wave that starts afresh in each cycle, and fades before it would click: `ratio` screams (the
    resonance of the Casio CZ-101, 1984).

    >>> sound = synths.sync.render(1, notes=[(0, 24000, 57)], ratio=3.5)
    """
    ratio = krs.control("ratio", 2.4, 1, 8)
    env = krs.adsr(0.005, 0.4, 0.6, 0.15, gate(), restart=False)
    phase = krs.phasor(pitch(220))
    wave = krs.sin(2 * pi * phase * ratio * (0.4 + 0.6 * env)) * (1 - phase)
    return krs.dcblock(wave + 0.5 * krs.tanh(3 * wave)) * env * 0.257


def fm_lead() -> Signal:
    """A clear, metallic voice: phase modulation at the ratio 2 (Chowning 1973).

    >>> sound = synths.fm_lead.render(1, notes=[(0, 24000, 69)], index=4)
    """
    index = krs.control("index", 1.8, 0, 8)
    env = krs.exp_adsr(0.01, 1.5, 0.5, 0.25, gate())
    return fm(pitch(440), 2, index * (0.3 + 0.7 * env)) * env * 0.227


def whistle() -> Signal:
    """Pursed lips: a sine with breath around it, gliding from note to note.

    >>> sound = synths.whistle.render(1, notes=[(0, 24000, 81)], breath=0.5)
    """
    freq = krs.control("freq", 880, 20, 5000, smooth=0.04)
    breath = krs.control("breath", 0.2, 0, 1)
    env = krs.adsr(0.05, 0.1, 0.9, 0.1, gate(), restart=False)
    tone = krs.sine_osc(freq * (1 + 0.006 * krs.sine_osc(5)))
    return (tone + 0.5 * breath * krs.bandpass(krs.white_noise(), freq, 8)) * env * 0.18


def chip() -> Signal:
    """The square wave of an old game console, its notes in sixteen steps of loudness.

    >>> sound = synths.chip.render(1, notes=[(0, 24000, 69)], duty=0.125)
    """
    duty = krs.control("duty", 0.25, 0.125, 0.5)
    decay = seconds("decay", 1.2, 0.1, 5)
    env = krs.exp_adsr(0.001, decay, 0.3, 0.05, gate())
    return krs.dcblock(krs.polyblep_square(pitch(440), duty)) * krs.floor(15 * env + 0.5) / 15 * 0.312


def brass() -> Signal:
    """A section of horns: the louder the note, the brighter (J.-C. Risset, 1966).

    >>> sound = synths.brass.render(1, notes=[(0, 24000, 53), (0, 24000, 60)])
    """
    bright = krs.control("bright", 0.6, 0, 1)
    freq = pitch(220)
    env = krs.adsr(0.06, 0.15, 0.75, 0.12, gate(), restart=False)
    bend = 1 - 0.02 * (1 - krs.adsr(0.05, 0.1, 1, 0.1, gate(), restart=False))
    return krs.lowpass(unison(freq * bend, 0.004, 3), freq * (1 + 11 * bright * env)) * env * 0.348
