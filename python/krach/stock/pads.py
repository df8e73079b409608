"""Pads, voices, drones and noises: sounds that stay."""

import krach.dsp as krs
from krach import Signal
from krach.stock.parts import VOWELS, fm, gate, hertz, pitch, seconds, unison, vowel


def _slow(attack: float, release: float) -> Signal:
    """Up in `attack` seconds while the gate is open, down in `release`: both are knobs."""
    rise, fall = seconds("attack", attack, 0.005, 8), seconds("release", release, 0.05, 12)
    return krs.adsr(rise, 0.1, 1, fall, gate(), restart=False)


def pad() -> Signal:
    """Warm sawtooths behind a filter that opens slowly.

    >>> sound = synths.pad.render(3, notes=[(0, 96000, 57), (0, 96000, 64)], cutoff=3000)
    """
    cutoff = hertz("cutoff", 1400, 100, 12000)
    env = _slow(0.6, 1.5)
    return krs.lowpass(unison(pitch(220), 0.006, 5), cutoff * (0.4 + 0.6 * env)) * env * 0.294


def strings() -> Signal:
    """An ensemble of strings: sawtooths, each with a vibrato of its own, through three slow delays.

    >>> sound = synths.strings.render(3, notes=[(0, 96000, 60), (0, 96000, 67)])
    """
    freq, bright = pitch(262), hertz("bright", 4500, 500, 12000)
    rates = (5.1, 5.6, 6.2)
    desks = [
        krs.polyblep_saw(freq * (1 + 0.004 * krs.sine_osc(rate) + 0.002 * (rate - 5.6))) for rate in rates
    ]
    bowed = krs.highpass(sum(desks[1:], desks[0]), 150)
    return krs.chorus(krs.lowpass(bowed, bright), 0.6, 0.003) * _slow(0.25, 0.5) * 0.213


def glow() -> Signal:
    """Soft sines that lean on each other: phase modulation at low index, for long chords.

    >>> sound = synths.glow.render(3, notes=[(0, 96000, 52), (0, 96000, 59)], shine=0.8)
    """
    shine, freq = krs.control("shine", 0.4, 0, 1), pitch(220)
    drift = 0.7 + 0.3 * krs.lfo(0.23, 0, 1, "smooth")
    tone = fm(freq, 1, 1.5 * shine * drift) + 0.5 * fm(freq * 2.003, 1, shine * drift)
    return tone * _slow(1.2, 2.5) * 0.254


def sweep() -> Signal:
    """A resonant filter that travels through a held chord, once in `period` seconds.

    >>> sound = synths.sweep.render(3, notes=[(0, 96000, 45), (0, 96000, 52)], period=2)
    """
    period = krs.control("period", 8, 0.5, 60, unit="s", scale="log")
    place = krs.lfo(1 / period, 0, 1)
    return krs.resonant(unison(pitch(110), 0.008, 5), 200 * krs.exp2(5 * place), 3) * _slow(0.8, 2) * 0.306


def choir() -> Signal:
    """Singers on one vowel: breathy pulses through the formants of a throat.

    >>> sound = synths.choir.render(3, notes=[(0, 96000, 57)], vowel=3)
    """
    names = list(VOWELS)
    which = krs.control("vowel", 0, 0, len(names) - 1, choices=names)
    freq = pitch(220) * (1 + 0.006 * krs.sine_osc(5.2) + 0.004 * krs.lfo(3, -1, 1, "smooth"))
    throat = unison(freq, 0.005, 3) + 0.1 * krs.white_noise()
    sung = [vowel(throat, name) * (which == at) for at, name in enumerate(names)]
    return sum(sung[1:], sung[0]) * _slow(0.2, 0.5) * 0.124


def talk() -> Signal:
    """A robot that says "ow": the mouth closes from a to u in each note.

    >>> sound = synths.talk.render(1, notes=[(0, 30000, 45)], speed=1)
    """
    speed = seconds("speed", 0.5, 0.05, 3)
    mouth = krs.perc(0.01, 4 * speed, gate())
    source = krs.polyblep_square(pitch(110), 0.3)
    said = krs.lerp(vowel(source, "u"), vowel(source, "a"), mouth)
    return said * krs.adsr(0.02, 0.1, 0.9, 0.15, gate(), restart=False) * 0.253


def drone() -> Signal:
    """A fifth and two octaves that breathe for as long as the gate is open.

    >>> sound = synths.drone.render(4, gate=1, freq=49)
    """
    freq, grit = pitch(65), krs.control("grit", 0.4, 0, 1)
    parts = [
        krs.polyblep_saw(freq * ratio) * krs.lfo(rate, 0.3, 1, "smooth")
        for ratio, rate in [(1, 0.11), (1.501, 0.17), (2.003, 0.23), (0.5, 0.07)]
    ]
    dark = krs.lowpass(sum(parts[1:], parts[0]), 200 + 2500 * grit * krs.lfo(0.05, 0.3, 1))
    return krs.dcblock(krs.tanh(dark)) * _slow(2, 4) * 0.67


def metal_drone() -> Signal:
    """A sheet of metal that is bowed: noise through narrow, crooked resonances.

    >>> sound = synths.metal_drone.render(4, gate=1)
    """
    freq = pitch(130)
    bow = krs.white_noise() * krs.lfo(0.3, 0.4, 1, "smooth")
    ratios = (1, 1.59, 2.14, 2.65, 3.65, 4.15)
    plates = [krs.bandpass(bow, krs.min_(freq * ratio, 15000), 120) / 10 for ratio in ratios]
    return sum(plates[1:], plates[0]) * _slow(1.5, 3) * 1.32


def wind() -> Signal:
    """Wind around a house: noise through a filter that wanders.

    >>> sound = synths.wind.render(4, gate=1, howl=0.9)
    """
    howl = krs.control("howl", 0.5, 0, 1)
    gust = krs.lfo(0.35, 0, 1, "smooth")
    air = krs.bandpass(krs.pink_noise(), 250 + 700 * gust, 1 + 8 * howl)
    return air * (0.5 + 0.5 * gust) * _slow(1, 2) * 4.38


def rain() -> Signal:
    """Rain: drops at random, over a soft hiss.

    >>> sound = synths.rain.render(4, gate=1, density=200)
    """
    density = krs.control("density", 90, 1, 1000, scale="log")
    drops = krs.bandpass(krs.dust(density), 3800, 3) + 0.7 * krs.bandpass(krs.dust(density / 2), 2100, 4)
    hiss = krs.highpass(krs.pink_noise(), 2500) * 0.06
    return krs.tanh(8 * (drops + hiss)) * _slow(0.5, 1) * 0.65


def vinyl() -> Signal:
    """An old record: crackle, hum and hiss.

    >>> sound = synths.vinyl.render(4, gate=1)
    """
    dirt = krs.control("dirt", 0.5, 0, 1)
    crackle = krs.highpass(krs.dust(4 + 40 * dirt), 1200) * 0.8
    hum = 0.03 * krs.sine_osc(50) + 0.015 * krs.sine_osc(100)
    hiss = 0.05 * krs.highpass(krs.pink_noise(), 800)
    return krs.tanh(8 * (crackle + hum + hiss)) * _slow(0.1, 0.3) * 0.818


def noise() -> Signal:
    """Noise through a resonant band: for risers, snares of your own, and breath.

    >>> sound = synths.noise.render(2, gate=1, cutoff=3000, width=0.2)
    """
    cutoff = hertz("cutoff", 1500, 50, 15000)
    width = krs.control("width", 1, 0.05, 4)
    return krs.bandpass(krs.white_noise(), cutoff, 1 / width) * _slow(0.01, 0.2) * 0.49
