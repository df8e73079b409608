"""Struck things: a gate of any length strikes them."""

import krach.dsp as krs
from krach import Signal


def kick() -> Signal:
    """A sine that falls from 230 to 48 Hz."""
    gate = krs.control("gate", 0, 0, 1)
    length = krs.control("length", 0.28, 0.08, 0.8, smooth=False)
    env = krs.adsr(0.001, length, 0, 0.05, gate)
    body = krs.sine_osc(48 + 182 * env**3) * env
    return krs.tanh(1.6 * body) * 0.75


def snare() -> Signal:
    """Two skins an uneven third apart, and the wires below them."""
    gate = krs.control("gate", 0, 0, 1)
    wires = krs.control("wires", 0.6, 0, 1)
    skin = krs.adsr(0.001, 0.11, 0, 0.05, gate)
    tail = krs.adsr(0.001, 0.19, 0, 0.08, gate)
    body = krs.sine_osc(183 + 60 * skin**4) + 0.6 * krs.sine_osc(278)
    rattle = krs.highpass(krs.white_noise(), 2200)
    return (0.3 * body * skin + 0.5 * wires * rattle * tail**2) * 0.8


def hat() -> Signal:
    """High noise, short or long by `length` in seconds."""
    gate = krs.control("gate", 0, 0, 1)
    length = krs.control("length", 0.05, 0.01, 0.6, smooth=False)
    env = krs.adsr(0.001, length, 0, 0.03, gate)
    return krs.highpass(krs.white_noise(), 7500, order=4) * env**2 * 0.3
