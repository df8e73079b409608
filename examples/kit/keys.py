"""Voices with a pitch and some light in them: `freq` in Hz, `gate`."""

import krach.dsp as krs
from krach import Signal


def bell() -> Signal:
    """Frequency modulation at the ratio 1.41 : 1 (Chowning 1973): bright when struck, pure as it fades."""
    freq = krs.control("freq", 440, 60, 3000)
    gate = krs.control("gate", 0, 0, 1)
    light = krs.control("light", 3, 0, 8)
    env = krs.adsr(0.001, 1.8, 0, 0.9, gate)
    strike = krs.sine_osc(freq * 1.41) * freq * light * env**2
    return krs.sine_osc(freq + strike) * env * 0.4


def organ() -> Signal:
    """Six drawbars, with a slow breath of vibrato."""
    freq = krs.control("freq", 220, 40, 2000)
    gate = krs.control("gate", 0, 0, 1)
    breath = krs.control("breath", 0.3, 0, 1)
    pitch = freq * (1 + 0.006 * breath * krs.sine_osc(5.6))
    bars = {1: 0.8, 2: 1.0, 3: 0.5, 4: 0.4, 6: 0.2, 8: 0.15}
    pipes = sum(krs.sine_osc(pitch * n) * krs.control(f"bar_{n}", level, 0, 1) for n, level in bars.items())
    return pipes * krs.ar(0.012, 0.12, gate) * 0.2


def pad() -> tuple[Signal, Signal]:
    """Four detuned sawtooths, two on each side, behind a filter that opens slowly. Stereo."""
    freq = krs.control("freq", 220, 40, 1200)
    gate = krs.control("gate", 0, 0, 1)
    cutoff = krs.control("cutoff", 1400, 200, 8000)
    spread = krs.control("spread", 0.006, 0, 0.03)
    env = krs.adsr(0.7, 0.8, 0.8, 1.6, gate, restart=False)
    bright = cutoff * (0.4 + 0.6 * env)

    def side(low: float, high: float) -> Signal:
        saws = krs.polyblep_saw(freq * (1 + low * spread)) + krs.polyblep_saw(freq * (1 + high * spread))
        return krs.chorus(krs.lowpass(saws, bright), 0.35, 0.003) * env * 0.22

    return side(-1, 0.4), side(-0.5, 1)


def pluck() -> Signal:
    """A burst of noise in a loop that loses its light: a string, tuned by the length of the loop (Karplus and
    Strong 1983), so that every note has its own fade.
    """
    freq = krs.control("freq", 220, 50, 1000)
    gate = krs.control("gate", 0, 0, 1)
    damping = krs.control("damping", 0.5, 0, 1)
    burst = krs.white_noise() * krs.adsr(0.001, 0.006, 0, 0.002, gate)
    length = krs.sr() / freq - 1.5

    def string(before: Signal) -> Signal:
        late = krs.fdelay(before, length, max_delay=4000)
        return burst + 0.996 * krs.onepole(late, 9000 - 6500 * damping)

    return krs.dcblock(krs.feedback(string)) * 0.7
