"""Every library function of krs: on constants, turned by controls, modulated at audio rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import krach.dsp as krs
from programs.cases import Dsp, add, played, turning


def dial(name: str, init: float, lo: float, hi: float) -> Any:
    """A control as people declare it, smoothed."""
    return krs.control(name, init, lo, hi)


# Oscillators

OSCILLATORS: dict[str, Callable[[Any], Any]] = {
    "sine_osc": lambda f: krs.sine_osc(f),
    "saw": lambda f: krs.saw(f),
    "square": lambda f: krs.square(f),
    "phasor": lambda f: krs.phasor(f),
    "triangle": lambda f: krs.triangle(f),
    "pulse": lambda f: krs.pulse(f, 0.3),
    "lfo": lambda f: krs.lfo(f, -0.25, 0.75),
    "polyblep_saw": lambda f: krs.polyblep_saw(f),
    "polyblep_square": lambda f: krs.polyblep_square(f),
    "polyblep_triangle": lambda f: krs.polyblep_triangle(f),
}
for _name, _osc in OSCILLATORS.items():
    add(f"{_name}_constant", lambda o=_osc: o(440.7))
    add(
        f"{_name}_control",
        lambda o=_osc: o(dial("freq", 110.3, 20, 5000)),
        events=turning("freq", 991.3, 57.1),
    )
    add(f"{_name}_modulated", lambda x, o=_osc: o(300.1 + 250 * x))
add("phasor_backwards", lambda: krs.phasor(-333.3))
add("sine_osc_through_zero", lambda x: krs.sine_osc(1000 * x))
add("sine_osc_fm", lambda: krs.sine_osc(200.3 + 150 * krs.sine_osc(101.7)))
add("square_narrow", lambda: krs.square(440.7, 0.1))
add("square_pwm", lambda: krs.square(221.3, 0.5 + 0.4 * krs.sine_osc(7.3)))
add(
    "pulse_width_control",
    lambda: krs.pulse(221.3, dial("width", 0.5, 0.1, 0.9)),
    events=turning("width", 0.25, 0.75),
)
add("lfo_defaults", lambda: krs.lfo(5.3))
add("detuned_saws", lambda: sum(krs.saw(110.3 * r) for r in (0.99, 1, 1.013)) / 3)

# Filters

FILTERS: dict[str, Callable[[Any, Any], Any]] = {
    "lowpass": lambda x, f: krs.lowpass(x, f),
    "highpass": lambda x, f: krs.highpass(x, f),
    "bandpass": lambda x, f: krs.bandpass(x, f, 2),
    "resonant": lambda x, f: krs.resonant(x, f, 4),
    "onepole": lambda x, f: krs.onepole(x, f),
}
for _name, _filter in FILTERS.items():
    add(f"{_name}_constant", lambda x, g=_filter: g(x, 1000))
    add(
        f"{_name}_control",
        lambda x, g=_filter: g(x, dial("cutoff", 800, 40, 9000)),
        events=turning("cutoff", 5000, 90),
    )
    add(f"{_name}_modulated", lambda x, g=_filter: g(x, 900 + 800 * krs.sine_osc(31.3)))
for _order in (1, 2, 3, 4, 5, 6, 7, 8):
    add(f"lowpass_order_{_order}", lambda x, n=_order: krs.lowpass(x, 1500, order=n))
    add(f"highpass_order_{_order}", lambda x, n=_order: krs.highpass(x, 500, order=n))
add(
    "lowpass_order_4_control",
    lambda x: krs.lowpass(x, dial("cutoff", 800, 40, 9000), 4),
    events=turning("cutoff", 3000),
)
add("bandpass_q_control", lambda x: krs.bandpass(x, 700, dial("q", 1, 0.5, 20)), events=turning("q", 10, 3))
add("resonant_q_modulated", lambda x: krs.resonant(x, 700, 5 + 4 * krs.sine_osc(9.3)))
add("filter_added_to_its_input", lambda x: x + krs.lowpass(x, 1000))
add("filter_taken_from_its_input", lambda x: x - krs.lowpass(x, 1000))
add("filter_of_a_sum_of_filters", lambda x: krs.highpass(krs.lowpass(x, 2000) + krs.bandpass(x, 400, 3), 100))
add("filters_in_stereo", lambda left, right: (krs.lowpass(left, 1000), krs.highpass(right, 1000)))
add("dcblock", lambda x: krs.dcblock(x + 0.5))
add("dcblock_coefficient", lambda x: krs.dcblock(x + 0.5, 0.97))
add("smooth", lambda x: krs.smooth(x))
add("smooth_slow", lambda x: krs.smooth(x, 40))
add("smooth_off", lambda x: krs.smooth(x, 0))
add("smooth_control", lambda: krs.smooth(krs.control("gate", 0, 0, 1), 5), events=played())

# Noise

add("white_noise", lambda: krs.white_noise())
add("white_noise_twice", lambda: (krs.white_noise(), krs.white_noise()))
add("white_noise_difference", lambda: krs.white_noise() - krs.white_noise())
add("white_noise_third", lambda: krs.white_noise() * 0 + krs.white_noise() * 0 + krs.white_noise())
add("white_noise_filtered", lambda: krs.bandpass(krs.white_noise(), 1000, 5))
add("white_noise_shared", lambda: (lambda noise: noise - krs.mem(noise))(krs.white_noise()))
add("pink_noise", lambda: krs.pink_noise())
add("pink_noise_and_white", lambda: (krs.white_noise(), krs.pink_noise()))

# Envelopes


def gate() -> Any:
    """A gate to be played by events."""
    return krs.control("gate", 0, 0, 1)


def two_notes() -> list[tuple[int, str, float]]:
    """The second note begins before the first has died away."""
    return [*played(50, 900), *played(1200, 2200)]


ENVELOPES: dict[str, Dsp] = {
    "adsr": lambda: krs.adsr(0.01, 0.02, 0.5, 0.03, gate()),
    "adsr_instant": lambda: krs.adsr(0, 0, 0.5, 0, gate()),
    "adsr_no_sustain": lambda: krs.adsr(0.001, 0.01, 0, 0.05, gate()),
    "adsr_slow_attack": lambda: krs.adsr(0.1, 0.02, 0.5, 0.03, gate()),
    "adsr_from_present_level": lambda: krs.adsr(0.01, 0.02, 0.5, 0.08, gate(), restart=False),
    "adsr_controls": lambda: krs.adsr(
        dial("a", 0.01, 0.001, 1),
        dial("d", 0.01, 0.001, 1),
        dial("s", 0.5, 0, 1),
        dial("r", 0.02, 0.001, 1),
        gate(),
    ),
    "ar": lambda: krs.ar(0.01, 0.03, gate()),
    "ar_short": lambda: krs.ar(0.001, 0.002, gate()),
    "trigger": lambda: krs.trigger(gate()),
    "latch": lambda: krs.latch(krs.sine_osc(333.3), gate()),
    "gated_oscillator": lambda: krs.sine_osc(440.7) * krs.adsr(0.01, 0.02, 0.5, 0.03, gate()),
}
for _name, _function in ENVELOPES.items():
    add(_name, _function, events=two_notes())
add("adsr_audio_gate", lambda x: krs.adsr(0.001, 0.002, 0.5, 0.003, x > 0.2))
add("ar_audio_gate", lambda x: krs.ar(0.001, 0.003, x > 0.2))
add("adsr_audio_sustain", lambda x: krs.adsr(0.001, 0.002, 0.5 + 0.3 * x, 0.003, krs.square(20.3)))
add("trigger_audio", lambda x: krs.trigger(x))
add("latch_audio", lambda x, y: krs.latch(x, y))
add("decay", lambda: krs.decay(0.999))
add("decay_fast", lambda: krs.decay(0.9) * 3)

# Effects

EFFECTS: dict[str, Dsp] = {
    "reverb": lambda x: krs.reverb(x),
    "reverb_large": lambda x: krs.reverb(x, 0.9, 0.2),
    "reverb_room": lambda x: krs.reverb(x, room=0.3),
    "reverb_room_size": lambda x: krs.reverb(x, room_size=0.3, damping=0.8),
    "reverb_and_dry": lambda x: 0.3 * krs.reverb(x, 0.8, 0.5) + 0.7 * x,
    "echo": lambda x: krs.echo(x, 12.5),
    "echo_feedback": lambda x: krs.echo(x, 7.3, 0.8),
    "chorus": lambda x: krs.chorus(x),
    "chorus_fast": lambda x: krs.chorus(x, 5.3, 0.004),
    "flanger": lambda x: krs.flanger(x),
    "flanger_deep": lambda x: krs.flanger(x, 3.1, 0.003, 0.5),
    "pan": lambda x: krs.pan(x, 0.3),
    "pan_centre": lambda x: krs.pan(x, 0.5),
    "pan_modulated": lambda x: krs.pan(x, krs.lfo(3.3)),
    "pan_and_filter": lambda x: tuple(krs.lowpass(channel, 900) for channel in krs.pan(x, 0.3)),
    "stereo_width": lambda left, right: krs.stereo_width(left, right, 0.5),
    "stereo_width_wide": lambda left, right: krs.stereo_width(left, right, 1.7),
    "stereo_width_of_pan": lambda x: krs.stereo_width(*krs.pan(x, 0.2), 0.7),
    "compressor": lambda x: krs.compressor(x, -20, 4, 0.005, 0.05),
    "compressor_with_key": lambda x, key: krs.compressor(x, -25, 8, 0.001, 0.1, key=key),
    "clipper": lambda x: krs.clip(3 * x, -0.7, 0.7),
}
for _name, _function in EFFECTS.items():
    add(f"effect_{_name}", _function, frames=6000 if "reverb" in _name else 3000)
add(
    "effect_reverb_control",
    lambda x: krs.reverb(x, dial("room", 0.5, 0, 1), dial("damp", 0.5, 0, 1)),
    frames=6000,
    events=turning("room", 0.875, 0.25, every=2000),
)
add("effect_pan_control", lambda x: krs.pan(x, dial("pos", 0.5, 0, 1)), events=turning("pos", 1, 0))
add("effect_echo_control", lambda x: krs.echo(x, dial("ms", 10, 1, 50), 0.5), events=turning("ms", 30, 5))
add(
    "effect_compressor_control",
    lambda x: krs.compressor(x, dial("threshold", -20, -60, 0), dial("ratio", 4, 1, 20), 0.005, 0.05),
    events=turning("threshold", -40, -10),
)

# Tables

WAVE = [0.0, 0.5, 1.0, 0.25, -0.75, -1.0, -0.3]
add("wavetable", lambda: krs.wavetable(WAVE, krs.phasor(331.7) * len(WAVE)))
add("wavetable_by_input", lambda x: krs.wavetable(WAVE, 3 + 5 * x))
add("wavetable_of_ints", lambda: krs.wavetable([3, 1, 4, 1, 5], krs.phasor(331.7) * 5) / 5)
add("wavetable_single_entry", lambda x: krs.wavetable([0.5], x) * x)
add(
    "wavetable_large",
    lambda: krs.wavetable([(i * 37 % 512) / 512 for i in range(512)], krs.phasor(100.3) * 512),
)
add("rdtable", lambda: krs.rdtable(WAVE, krs.phasor(331.7) * len(WAVE)))
add(
    "rdtable_control",
    lambda x: x * krs.rdtable(WAVE, krs.control("i", 0, 0, 6, 1, smooth=False)),
    events=turning("i", 3, 5),
)
add("rwtable", lambda x: krs.rwtable(100, [0.0] * 100, krs.phasor(480.3) * 100, x, krs.phasor(311.7) * 100))
add(
    "rwtable_written_at_one_place",
    lambda x: krs.rwtable(4, [0.1, 0.2, 0.3, 0.4], 2, x, krs.phasor(999.7) * 4),
)
