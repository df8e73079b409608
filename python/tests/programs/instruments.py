"""Whole instruments and effects, wide graphs, long chains: what people write."""

from __future__ import annotations

import runpy
from pathlib import Path

import krach.dsp as krs
from programs.cases import add, case, played, turning


def knob(name, init, lo, hi):
    """A smoothed control."""
    return krs.control(name, init, lo, hi)


GATE = [*played(10, 1200), *played(1500, 2500)]
TUNE = turning("freq", 110.5, 220.25, every=1400)
NOTE = [*GATE, *TUNE]


@case(events=GATE)
def kick():
    gate = krs.control("gate", 0, 0, 1)
    env = krs.adsr(0.001, 0.25, 0, 0.05, gate)
    return krs.sine_osc(55 + env * 200) * env * 0.9


@case(events=GATE)
def snare():
    gate = krs.control("gate", 0, 0, 1)
    body = krs.sine_osc(180.3) * krs.adsr(0.001, 0.08, 0, 0.05, gate)
    rattle = krs.highpass(krs.white_noise(), 2000) * krs.adsr(0.001, 0.15, 0, 0.05, gate)
    return 0.5 * body + 0.4 * rattle


@case(events=GATE)
def hat():
    gate = krs.control("gate", 0, 0, 1)
    return krs.highpass(krs.white_noise(), 8000, order=4) * krs.adsr(0.001, 0.04, 0, 0.02, gate)


@case(events=NOTE)
def acid_bass():
    freq = krs.control("freq", 55, 20, 2000)
    gate = krs.control("gate", 0, 0, 1)
    cutoff = knob("cutoff", 800, 80, 8000)
    env = krs.adsr(0.005, 0.2, 0.3, 0.1, gate)
    return krs.lowpass(krs.saw(freq), cutoff) * env * 0.55


@case(events=NOTE)
def resonant_bass():
    freq = krs.control("freq", 55, 20, 2000)
    gate = krs.control("gate", 0, 0, 1)
    env = krs.adsr(0.005, 0.1, 0.2, 0.1, gate, restart=False)
    return krs.resonant(krs.saw(freq), 200 + 3000 * env, 8) * env


@case(events=NOTE)
def fm_bell():
    freq = krs.control("freq", 220, 20, 2000)
    env = krs.adsr(0.001, 0.3, 0.2, 0.3, krs.control("gate", 0, 0, 1))
    return krs.sine_osc(freq + krs.sine_osc(freq * 1.41) * freq * 3 * env) * env


@case(events=GATE)
def plucked_string():
    gate = krs.control("gate", 0, 0, 1)
    burst = krs.white_noise() * krs.adsr(0.001, 0.003, 0, 0.001, gate)
    return krs.feedback(lambda string: burst + 0.99 * krs.onepole(krs.delay(string, 217), 6000))


@case(events=NOTE)
def organ():
    freq = krs.control("freq", 110, 20, 2000)
    drawbars = [krs.sine_osc(freq * n) * knob(f"bar_{n}", 1 / n, 0, 1) for n in (1, 2, 3, 4, 6, 8)]
    return sum(drawbars) * krs.ar(0.01, 0.1, krs.control("gate", 0, 0, 1)) / 3


@case(events=TUNE)
def supersaw_stereo():
    freq = krs.control("freq", 110, 20, 2000)
    left = sum(krs.saw(freq * (1 + 0.003 * i)) for i in range(4))
    right = sum(krs.saw(freq * (1 - 0.003 * i)) for i in range(4))
    cutoff = knob("cutoff", 2000, 80, 8000)
    return krs.lowpass(left, cutoff) / 4, krs.lowpass(right, cutoff) / 4


@case(frames=6000, events=turning("room", 0.875, every=3000))
def verb(inp):
    room = knob("room", 0.7, 0, 1)
    return krs.reverb(inp, room) * 0.8


@case()
def stereo_gain(left, right):
    return left * 0.5, right * 0.25


@case()
def crossed_feedback(left, right):
    """A ping-pong: each side hears the other, late."""
    wet = krs.feedback(lambda fb: left + 0.6 * krs.delay(right + 0.6 * krs.delay(fb, 210), 333))
    return wet, krs.delay(wet, 100)


@case()
def nested_stereo(left, right):
    """Two loops, one inside the other, both heard."""

    def outer(a):
        inner = krs.feedback(lambda b: 0.4 * b + 0.3 * a + right)
        return left + 0.5 * krs.onepole(inner, 2000), inner * 0.4

    wide = krs.feedback(outer)
    return wide, wide - left


@case()
def state_variable_filter(x):
    """Chamberlin's filter: two integrators in one loop, the loop through both."""
    f = 2 * krs.sin(3.141592653589793 * 900 / krs.sr())

    def low_loop(low):
        band = krs.feedback(lambda b: b + f * (x - low - 0.5 * b))
        return low + f * band

    return krs.feedback(low_loop)


@case()
def four_pole_ladder(x):
    g = 0.2 + 0.1 * krs.sine_osc(3.3)

    def ladder(fb):
        stage = krs.tanh(x - 2.5 * fb)
        for _ in range(4):
            stage = krs.feedback(lambda s, stage=stage: s + g * (stage - s))
        return stage

    return krs.feedback(ladder)


@case()
def allpass_chain(x):
    """Schroeder's allpass, six times."""
    for length in (113, 337, 241, 53, 401, 167):
        loop = krs.feedback(lambda v, x=x, length=length: x + 0.6 * krs.delay(v, length - 1))
        x = krs.delay(loop, length) - 0.6 * loop
    return x


@case()
def wide_sum():
    """Sixty-four oscillators."""
    return sum(krs.sine_osc(100.3 + 13.7 * i) / 64 for i in range(64))


@case()
def wide_taps(x):
    """One line, fifty taps."""
    return sum(krs.delay(x, 17 * i) * (0.95**i) / 8 for i in range(50))


@case()
def sixteen_outputs(x):
    return tuple(krs.delay(x, i) * (i + 1) / 16 for i in range(16))


@case()
def long_chain(x):
    for i in range(400):
        x = 0.6 * krs.mem(x) + 0.4 * krs.sin(x + i / 4000)
    return x


@case()
def doubled_sixteen_times(x):
    x = x / 65536
    for _ in range(16):
        x = x + x
    return x


@case()
def filter_bank(x):
    return sum(krs.bandpass(x, 100 * 1.5**i, 4) * (-1) ** i for i in range(10))


@case()
def shared_by_all(x):
    low = krs.lowpass(x, 500)
    high = x - low
    loud = krs.abs_(low) > 0.2
    return low, high, krs.select2(loud, low, high), low * high


@case()
def constants_only():
    return krs.sine_osc(1000 / 3) * 0.5 + 0.25, 0.125


@case(events=turning("depth", 0.75, 0.25))
def tremolo(x):
    depth = knob("depth", 0.5, 0, 1)
    return x * (1 - depth * krs.lfo(30.7))


@case()
def bit_crusher(x):
    return krs.round_(x * 7.3) / 7.3


@case()
def sample_and_hold(x):
    return krs.latch(x, krs.square(730.3))


@case()
def envelope_follower(x):
    return krs.feedback(lambda e: krs.max_(krs.abs_(x), 0.999 * e))


@case()
def vibrato(x):
    return krs.fdelay(x, 100 + 80 * krs.sine_osc(5.3))


@case(settled=False)
def faust_inside(x):
    """The one-pole is Faust's, its placeholders are used twice and in every precedence."""
    cutoff = krs.lfo(3.1, 0.2, 0.8)
    left, right = krs.faust_expr("{0} * (1 - {1}) : + ~ *({1}), {0}'", x, cutoff)
    return left - right * 0.5, krs.faust_expr("2 * {0}", x + 0.25) * cutoff


def _examples() -> None:
    """The instruments of the examples, played as there."""
    examples = Path(__file__).resolve().parents[3] / "examples"
    names = runpy.run_path(str(examples / "first_sound.py"), run_name="examples")
    for name in ("kick", "hat", "acid_bass"):
        add(f"first_sound_{name}", names[name], settled=False, events=NOTE if name == "acid_bass" else GATE)
    add("first_sound_verb", names["verb"], settled=False, frames=6000)
    add("first_sound_master", names["master"], settled=False)


_examples()
