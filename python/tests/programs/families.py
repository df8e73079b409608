"""More library functions of krs, family by family: filters, combs, envelopes, tables, triggers, ints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import krach.dsp as krs
from programs.cases import Dsp, add, turning
from programs.library import WAVE, dial, gate, two_notes

FILTERS: dict[str, Callable[[Any, Any], Any]] = {
    "svf": lambda x, f: krs.svf(x, f, 3),
    "svf_allpass": lambda x, f: krs.svf(x, f).allpass,
    "notch": lambda x, f: krs.notch(x, f, 2),
    "ladder": lambda x, f: krs.ladder(x, f, 0.7, 2),
    "peak_eq": lambda x, f: krs.peak_eq(x, f, 9, 2),
    "low_shelf": lambda x, f: krs.low_shelf(x, f, -9),
    "high_shelf": lambda x, f: krs.high_shelf(x, f, 6),
}
for _name, _filter in FILTERS.items():
    add(f"{_name}_constant", lambda x, g=_filter: g(x, 1000))
    add(
        f"{_name}_control",
        lambda x, g=_filter: g(x, dial("cutoff", 800, 40, 9000)),
        events=turning("cutoff", 5000, 90),
    )
    add(f"{_name}_modulated", lambda x, g=_filter: g(x, 900 + 800 * krs.sine_osc(31.3)))
add("ladder_that_sings", lambda x: krs.ladder(0.01 * x, 700, 1.1))
add("lowpass_beyond_half_the_rate", lambda x: krs.lowpass(x, 20_000 + 15_000 * x))
add("resonant_beyond_half_the_rate", lambda x: krs.resonant(x, 500 * krs.exp2(3 * x + 4), 4))
add("highpass_at_nothing", lambda x: krs.highpass(x, krs.max_(x, 0)))
add(
    "peak_eq_gain_control",
    lambda x: krs.peak_eq(x, 700, dial("db", 0, -20, 20)),
    events=turning("db", 12, -18),
)

COMBS: dict[str, Dsp] = {
    "ff_comb": lambda x: krs.ff_comb(x, 20.5, 0.7),
    "fb_comb": lambda x: krs.fb_comb(x, 31.25, -0.8),
    "allpass": lambda x: krs.allpass(x, 17, 0.6),
    "allpass_turned": lambda x, y: krs.allpass(x, 20 + 10 * y, 0.6, 40),
    "stereo_reverb": lambda x, y: krs.stereo_reverb(x, y),
    "stereo_reverb_small": lambda x: krs.stereo_reverb(x, -x, 0.4, 3000, 0.3),
    "limiter": lambda x: krs.limiter(4 * x, -3, 0.02),
    "noise_gate": lambda x: krs.noise_gate(x * krs.lfo(9), -12, 0.002, 0.01),
    "oversample": lambda x: krs.oversample(lambda y: krs.tanh(3 * y), 2)(x),
    "oversample_by_four": lambda x: krs.oversample(lambda y: krs.clip(2 * y, -1, 1), 4)(x),
}
for _name, _function in COMBS.items():
    add(_name, _function, frames=5000 if "reverb" in _name else 3000)

ENVELOPES: dict[str, Dsp] = {
    "perc": lambda: krs.perc(0.003, 0.05, gate()),
    "asr": lambda: krs.asr(0.01, 0.05, gate()),
    "exp_adsr": lambda: krs.exp_adsr(0.005, 0.03, 0.4, 0.06, gate()),
}
for _name, _function in ENVELOPES.items():
    add(_name, _function, events=two_notes())
add("exp_adsr_audio_gate", lambda x: krs.exp_adsr(0.001, 0.004, 0.5, 0.006, x > 0.2))

for _shape in ("sine", "triangle", "saw", "ramp_down", "square", "random", "smooth"):
    add(f"lfo_{_shape}", lambda s=_shape: krs.lfo(93.7, -1, 2, s))

TABLES: dict[str, Dsp] = {
    "table_linear": lambda x: krs.table(WAVE, 3 + 5 * x),
    "table_cubic": lambda x: krs.table(WAVE, 3 + 5 * x, "cubic"),
    "table_looped": lambda x: krs.table(WAVE, 20 * x, loop=True),
    "table_looped_cubic": lambda x: krs.table(WAVE, 20 * x, "cubic", loop=True),
    "table_osc": lambda x: krs.table_osc(WAVE, 331.7 + 300 * x),
    "morph_osc": lambda x: krs.morph_osc([WAVE, WAVE[::-1], [0.5] * len(WAVE)], 331.7, 0.5 + x / 2),
    "wavetable_morph": lambda x: krs.wavetable([WAVE, WAVE[::-1]], krs.phasor(331.7 + 99 * x), 0.5 + x / 2),
    "sample": lambda: krs.sample([i / 500 for i in range(500)], krs.impulse(40), 1.37),
    "sample_looped": lambda x: krs.sample(WAVE, 0, 0.31 + x / 4, loop=True),
    "sample_part": lambda x: krs.sample(WAVE, krs.impulse(40), 0.7, 0.2 + x / 9, 0.8, loop=True),
    "sample_stereo": lambda: krs.sample_stereo([WAVE, WAVE[::-1]], krs.impulse(40), slice=(1, 2)),
    "sample_backwards": lambda: krs.sample(WAVE, 0, -0.3, loop=True, interpolation="cubic"),
}
for _name, _function in TABLES.items():
    add(_name, _function)

TRIGGERS: dict[str, Dsp] = {
    "impulse_train": lambda: krs.impulse(1234.5),
    "count": lambda: krs.count(krs.impulse(4321), 5),
    "count_reset": lambda x: krs.count(x, reset=x < -0.9),
    "line": lambda x: krs.line(-1, 1, 0.004, x > 0.9),
    "dust": lambda: krs.dust(3000),
}
for _name, _function in TRIGGERS.items():
    add(_name, _function)

INTS: dict[str, Dsp] = {
    "int_bits": lambda x: (krs.to_int(1000 * x) & 255) | (krs.to_int(3 * x) << 9),
    "int_xor_and_shift": lambda x: ((krs.to_int(1e6 * x) >> 3) ^ 0x5A5A) / 65536,
    "int_inverse": lambda x: ~krs.to_int(100 * x),
    "int_noise": lambda: (
        krs.feedback(lambda n: n * krs.to_int(1103515245) + krs.to_int(12345), integer=True) / 2**31
    ),
    "exp2_log2_sign": lambda x: (krs.exp2(x), krs.log2(abs(x) + 0.1), krs.sign(x), krs.rint(3 * x)),
    "feedback_of_three": lambda x: krs.feedback(
        lambda fbs: [x + 0.3 * fbs[2], fbs[0] - 0.2 * fbs[1], fbs[1]], n=3
    ),
}
for _name, _function in INTS.items():
    add(_name, _function)
add(
    "control_of_choices",
    lambda: krs.wavetable([0.1, 0.5, 0.9], krs.control("wave", 0, 0, 2, 1, choices=["sine", "saw", "noise"])),
    events=turning("wave", 1, 2),
)
add("control_toggle", lambda: krs.control("on", 0, 0, 1, toggle=True) * 0.5, events=turning("on", 1, 0))
add(
    "control_with_unit",
    lambda x: krs.lowpass(x, krs.control("cutoff", 800, 40, 9000, unit="Hz", scale="log")),
    events=turning("cutoff", 3000),
)
