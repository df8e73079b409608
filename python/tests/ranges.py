"""Of every function of krs: how to call it, and the range of each argument that its docstring promises.

`SWEPT` is what `test_ranges` turns to ten times these ranges. `x` is a noise of -10..10. `PRIMITIVES` compute
what IEEE 754 says, for every argument (1 / 0 is inf), or only put together what they are given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import krach.dsp as krs

Range = tuple[float, float]

HZ = (0.0, 20_000.0)
Q = (0.01, 100.0)
SECONDS = (0.0, 10.0)
UNIT = (0.0, 1.0)
WAVE = [0.0, 1.0, 0.5, -1.0]

SWEPT: dict[str, tuple[Callable[..., Any], dict[str, Range]]] = {
    "adsr": (
        lambda x, a, d, s, r: krs.adsr(a, d, s, r, x),
        {"a": SECONDS, "d": SECONDS, "s": UNIT, "r": SECONDS},
    ),
    "allpass": (lambda x, n, g: krs.allpass(x, n, g, 100), {"n": (1, 100), "g": (-1, 1)}),
    "ar": (lambda x, a, r: krs.ar(a, r, x), {"a": SECONDS, "r": SECONDS}),
    "asr": (lambda x, a, r: krs.asr(a, r, x), {"a": SECONDS, "r": SECONDS}),
    "bandpass": (krs.bandpass, {"freq": HZ, "q": Q}),
    "chorus": (krs.chorus, {"rate": (0, 20), "depth": (0, 0.015)}),
    "clip": (lambda x, lo: krs.clip(x, lo, 1), {"lo": (-1, 1)}),
    "compressor": (
        krs.compressor,
        {"threshold_db": (-60, 0), "ratio": (1, 20), "attack": SECONDS, "release": SECONDS},
    ),
    "count": (lambda x: krs.count(x, 7), {}),
    "db_to_linear": (lambda x, db: krs.db_to_linear(db), {"db": (-70, 70)}),
    "dcblock": (krs.dcblock, {"coeff": UNIT}),
    "decay": (lambda x, rate: krs.decay(rate), {"rate": (-1, 1)}),
    "delay": (lambda x, n: krs.delay(x, n, 100), {"n": (0, 100)}),
    "dust": (lambda x, density: krs.dust(density), {"density": (0, 10_000)}),
    "echo": (lambda x, ms, again: krs.echo(x, krs.clip(ms, 0, 50), again), {"ms": (0, 50), "again": (-1, 1)}),
    "exp_adsr": (
        lambda x, a, d, s, r: krs.exp_adsr(a, d, s, r, x),
        {"a": SECONDS, "d": SECONDS, "s": UNIT, "r": SECONDS},
    ),
    "fb_comb": (lambda x, n, g: krs.fb_comb(x, n, g, 100), {"n": (1, 100), "g": (-1, 1)}),
    "fdelay": (lambda x, n: krs.fdelay(x, n, 100), {"n": (0, 100)}),
    "ff_comb": (lambda x, n, g: krs.ff_comb(x, n, g, 100), {"n": (0, 100), "g": (-1, 1)}),
    "flanger": (krs.flanger, {"rate": (0, 20), "depth": (0, 0.05), "feedback_amt": (-1, 1)}),
    "freq_to_midi": (lambda x, f: krs.freq_to_midi(f), {"f": HZ}),
    "high_shelf": (krs.high_shelf, {"freq": HZ, "gain_db": (-60, 60), "q": Q}),
    "highpass": (krs.highpass, {"freq": HZ}),
    "impulse": (lambda x, f: krs.impulse(f), {"f": HZ}),
    "ladder": (krs.ladder, {"freq": HZ, "resonance": (0, 1.2), "drive": (0.1, 10)}),
    "latch": (lambda x, t: krs.latch(x, t), {"t": UNIT}),
    "lerp": (lambda x, t: krs.lerp(x, 1, t), {"t": UNIT}),
    "lfo": (lambda x, f: krs.lfo(f, -1, 1, "smooth"), {"f": HZ}),
    "limiter": (krs.limiter, {"ceiling_db": (-60, 0), "release": SECONDS}),
    "line": (lambda x, s: krs.line(0, 1, s, x), {"s": SECONDS}),
    "linear_to_db": (lambda x: krs.linear_to_db(x), {}),
    "low_shelf": (krs.low_shelf, {"freq": HZ, "gain_db": (-60, 60), "q": Q}),
    "lowpass": (krs.lowpass, {"freq": HZ}),
    "midi_to_freq": (lambda x, n: krs.midi_to_freq(n), {"n": (0, 127)}),
    "morph_osc": (lambda x, f, p: krs.morph_osc([WAVE, WAVE[::-1]], f, p), {"f": HZ, "p": UNIT}),
    "noise_gate": (krs.noise_gate, {"threshold_db": (-80, 0), "attack": SECONDS, "release": SECONDS}),
    "notch": (krs.notch, {"freq": HZ, "q": Q}),
    "onepole": (krs.onepole, {"cutoff": HZ}),
    "oversample": (lambda x: krs.oversample(krs.tanh, 2)(x), {}),
    "pan": (krs.pan, {"pos": UNIT}),
    "peak_eq": (krs.peak_eq, {"freq": HZ, "gain_db": (-60, 60), "q": Q}),
    "perc": (lambda x, a, d: krs.perc(a, d, x), {"a": SECONDS, "d": SECONDS}),
    "phasor": (lambda x, f: krs.phasor(f), {"f": HZ}),
    "pink_noise": (lambda x: krs.pink_noise(), {}),
    "polyblep_saw": (lambda x, f: krs.polyblep_saw(f), {"f": HZ}),
    "polyblep_square": (lambda x, f, d: krs.polyblep_square(f, d), {"f": HZ, "d": UNIT}),
    "polyblep_triangle": (lambda x, f: krs.polyblep_triangle(f), {"f": HZ}),
    "pulse": (lambda x, f, w: krs.pulse(f, w), {"f": HZ, "w": UNIT}),
    "rdtable": (lambda x: krs.rdtable(WAVE, x), {}),
    "resonant": (krs.resonant, {"freq": HZ, "q": Q}),
    "reverb": (lambda x, room, damping: krs.reverb(x, room, damping), {"room": UNIT, "damping": UNIT}),
    "rwtable": (lambda x: krs.rwtable(10, 0, x, x, x), {}),
    "sample": (
        lambda x, rate, start, end: krs.sample(WAVE, x, rate, start, end, loop=True),
        {"rate": (-64, 64), "start": (0, 1), "end": (0, 1)},
    ),
    "sample_stereo": (
        lambda x, rate, start, end: krs.sample_stereo(WAVE, x, rate, start, end),
        {"rate": (-64, 64), "start": (0, 1), "end": (0, 1)},
    ),
    "saw": (lambda x, f: krs.saw(f), {"f": HZ}),
    "sine_osc": (lambda x, f: krs.sine_osc(f), {"f": HZ}),
    "smooth": (krs.smooth, {"time_ms": (0, 1000)}),
    "square": (lambda x, f, d: krs.square(f, d), {"f": HZ, "d": UNIT}),
    "stereo_reverb": (
        lambda x, s, d, z: krs.stereo_reverb(x, x, s, d, z),
        {"s": (0.01, 100), "d": HZ, "z": (0.1, 4)},
    ),
    "stereo_width": (lambda x, w: krs.stereo_width(x, -x, w), {"w": (0, 2)}),
    "svf": (krs.svf, {"freq": HZ, "q": Q}),
    "table": (lambda x: krs.table(WAVE, x, "cubic", loop=True), {}),
    "table_osc": (lambda x, f: krs.table_osc(WAVE, f), {"f": HZ}),
    "triangle": (lambda x, f: krs.triangle(f), {"f": HZ}),
    "trigger": (lambda x: krs.trigger(x), {}),
    "wavetable": (
        lambda x, f, p: krs.wavetable([WAVE, WAVE[::-1]], krs.phasor(f), p),
        {"f": HZ, "p": UNIT},
    ),
    "white_noise": (lambda x: krs.white_noise(), {}),
    "wrap": (lambda x, hi: krs.wrap(x, 0, hi), {"hi": (-1, 1)}),
}

PRIMITIVES = {
    *("abs_", "acos", "asin", "atan", "atan2", "ceil", "cos", "exp", "exp2", "floor", "fmod", "log", "log10"),
    *("log2", "max_", "min_", "pow_", "remainder", "rint", "round_", "sign", "sin", "sqrt", "tan", "tanh"),
    *("control", "faust_expr", "feedback", "mem", "passthrough", "sample_rate", "select2", "sr", "to_int"),
    "unit_delay",
}  # fmt: skip
