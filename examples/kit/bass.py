"""Low voices. Each takes `freq` in Hz and opens with `gate`."""

import krach.dsp as krs
from krach import Signal


def acid() -> Signal:
    """A sawtooth through a resonant low-pass that its envelope opens: short notes squelch, slides sing."""
    freq = krs.control("freq", 55, 20, 2000)
    gate = krs.control("gate", 0, 0, 1)
    cutoff = krs.control("cutoff", 400, 80, 8000)
    resonance = krs.control("resonance", 5, 0.5, 12)
    env = krs.adsr(0.004, 0.22, 0.2, 0.08, gate, restart=False)
    brightness = krs.min_(cutoff * (1 + 4 * env), 12000)
    voice = krs.resonant(krs.polyblep_saw(freq), brightness, resonance)
    return krs.tanh(voice * 1.4) * env * 0.32


def sub() -> Signal:
    """Almost a sine, an octave of warmth above it, driven a little: for under everything."""
    freq = krs.control("freq", 55, 20, 400)
    gate = krs.control("gate", 0, 0, 1)
    drive = krs.control("drive", 1.5, 0.5, 6)
    env = krs.adsr(0.006, 0.3, 0.8, 0.12, gate, restart=False)
    tone = krs.sine_osc(freq) + 0.18 * krs.sine_osc(2 * freq)
    return krs.tanh(tone * env * drive) / krs.tanh(drive) * 0.6
