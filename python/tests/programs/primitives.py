"""Operators, functions of numbers, controls, memory, choice and feedback: each in several shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import krach.dsp as krs
from programs.cases import Dsp, add, played, turning

# Operators

OPERATORS: dict[str, Dsp] = {
    "plus": lambda a, b: a + b,
    "minus": lambda a, b: a - b,
    "times": lambda a, b: a * b,
    "divided": lambda a, b: a / (b + 2),
    "floor_divided": lambda a, b: (9 * a) // (b + 2),
    "modulo": lambda a, b: (5 * a) % (b + 1.5),
    "power": lambda a, b: (a + 1.5) ** b,
    "negative": lambda a: -a,
    "absolute": lambda a: abs(a),
    "positive": lambda a: +a * 0.5,
    "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
    "equal": lambda a: krs.floor(3 * a) == 1,
    "not_equal": lambda a: krs.floor(3 * a) != 1,
    "number_plus": lambda a: 0.25 + a,
    "number_minus": lambda a: 3 - a,
    "number_times": lambda a: 7 * a,
    "number_divided": lambda a: 1 / (a + 1.25),
    "number_floor_divided": lambda a: 7 // (a + 1.25),
    "number_modulo": lambda a: 7 % (a + 1.25),
    "number_power": lambda a: 2**a,
    "number_less": lambda a: a > 0.1,
    "squared": lambda a: a**2,
    "cubed": lambda a: a**3,
    "comparisons_add": lambda a, b: (a > b) + (a > 0) * 2 - (b > 0.5) / 4,
    "comparison_times": lambda a, b: (a > b) * a,
    "comparison_divided": lambda a: (a > 0) / ((a > 0.25) + 1),
    "precedence": lambda a, b: a - (b - (a * (b + (a / 3)))) * 2,
    "left_and_right": lambda a, b: (a - b) - (b - a) + (a / (3 + b)) / (4 / (b + 3)),
    "shared": lambda a: (lambda x: x * x + x)(a * 0.7 + 0.1),
    "integral_constants": lambda a: a * 3 + 1 / 2 - 7 % 4 + 2**10 / 1024,
    "large_and_small": lambda a: a * 1e9 * 1e-9 + 1e-12,
}
for _name, _function in OPERATORS.items():
    add(f"operator_{_name}", _function)

# Functions of numbers, each on a signal and on a control

UNARY: dict[str, Callable[[Any], Any]] = {
    "sin": lambda x: krs.sin(9 * x),
    "cos": lambda x: krs.cos(9 * x),
    "tan": lambda x: krs.tan(1.3 * x),
    "asin": lambda x: krs.asin(x * 0.99),
    "acos": lambda x: krs.acos(x * 0.99),
    "atan": lambda x: krs.atan(4 * x),
    "exp": lambda x: krs.exp(2 * x),
    "log": lambda x: krs.log(x + 1.5),
    "log10": lambda x: krs.log10(x + 1.5),
    "sqrt": lambda x: krs.sqrt(x + 1.25),
    "abs": lambda x: krs.abs_(x),
    "floor": lambda x: krs.floor(5 * x),
    "ceil": lambda x: krs.ceil(5 * x),
    "round": lambda x: krs.round_(5 * x),
    "tanh": lambda x: krs.tanh(3 * x),
    "db_to_linear": lambda x: krs.db_to_linear(20 * x),
    "linear_to_db": lambda x: krs.linear_to_db(x + 1.1),
    "midi_to_freq": lambda x: krs.midi_to_freq(60 + 12 * x) / 440,
    "freq_to_midi": lambda x: krs.freq_to_midi(440 + 100 * x) / 69,
    "clip": lambda x: krs.clip(x, -0.25, 0.5),
    "wrap": lambda x: krs.wrap(5 * x, -0.5, 0.75),
}
for _name, _function in UNARY.items():
    add(f"math_{_name}", lambda x, f=_function: f(x))
    add(
        f"math_{_name}_of_control",
        lambda f=_function: f(krs.control("amount", 0.125, -1, 1)),
        events=turning("amount", 0.75, -0.75, 0.5, -0.25),
    )

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "min": lambda x, y: krs.min_(x, y),
    "max": lambda x, y: krs.max_(x, y),
    "pow": lambda x, y: krs.pow_(x + 1.5, 2 * y),
    "fmod": lambda x, y: krs.fmod(5 * x, y + 1.5),
    "remainder": lambda x, y: krs.remainder(5 * x, y + 1.5),
    "atan2": lambda x, y: krs.atan2(x, y + 0.01),
    "lerp": lambda x, y: krs.lerp(x, -x, y),
}
for _name, _function2 in BINARY.items():
    add(f"math_{_name}", lambda x, y, f=_function2: f(x, y))
    add(f"math_{_name}_constant", lambda x, f=_function2: f(x, 0.3))
    add(f"math_{_name}_constant_first", lambda x, f=_function2: f(0.3, x))
    add(
        f"math_{_name}_control",
        lambda x, f=_function2: f(x, krs.control("amount", 0.25, 0, 1)),
        events=turning("amount", 0.75, 0.125),
    )

# Controls, memory, choice

CONTROLS: dict[str, Dsp] = {
    "smoothed": lambda: krs.control("level", 0.25, 0, 1),
    "raw": lambda: krs.control("level", 0.25, 0, 1, smooth=False),
    "slow": lambda: krs.control("level", 0.25, 0, 1, smooth=0.06),
    "far_from_zero": lambda: krs.control("level", 0.25, -1000, 1000) - 3,
    "twice": lambda: krs.control("level", 0.25, 0, 1) * krs.control("level", 0.25, 0, 1),
    "raw_and_smoothed": lambda: (
        krs.control("level", 0.25, 0, 1) - krs.control("level", 0.25, 0, 1, smooth=False)
    ),
}
for _name, _function in CONTROLS.items():
    add(f"control_{_name}", _function, events=turning("level", 0.75, 0.5, 1, 0))
add("control_gate", lambda: krs.control("gate", 0, 0, 1), events=played())
add("control_trig", lambda: krs.control("my_trig", 0, 0, 1), events=played(name="my_trig"))
add("control_freq", lambda: krs.control("freq", 55, 20, 2000) / 55, events=turning("freq", 110, 220.5))
add("control_in_group", lambda: krs.control("osc/level", 0, -1, 1), events=turning("osc/level", 0.5, -0.5))
add(
    "control_spaced",
    lambda: krs.control("filter depth", 0, -1, 1),
    events=turning("filter depth", 0.5, -0.5),
)
add("control_value_at_birth", lambda x: x * krs.control("level", 0, 0, 2), values={"level": 1.5})
add(
    "control_many",
    lambda: sum(krs.control(f"c{i}", i / 8, 0, 1) * (i + 1) for i in range(8)),
    events=turning("c3", 1, 0) + turning("c7", 0.5, 0.25, every=300),
)
add("sample_rate", lambda x: x * krs.sample_rate() / 48000)
add("sr", lambda x: krs.sr() * x / 44100)
add("mem", lambda x: krs.mem(x) + 0.5 * krs.mem(krs.mem(x)))
add("unit_delay", lambda x: x - krs.unit_delay(x))
add("passthrough", lambda x: krs.passthrough(x))

DELAYS: dict[str, Dsp] = {
    "zero": lambda x: krs.delay(x, 0),
    "one": lambda x: krs.delay(x, 1),
    "three": lambda x: krs.delay(x, 3),
    "truncated": lambda x: krs.delay(x, 2.7),
    "long": lambda x: krs.delay(x, 1777),
    "several_taps": lambda x: krs.delay(x, 10) + krs.delay(x, 100) - krs.delay(x, 1000),
    "of_a_tap": lambda x: krs.delay(krs.delay(x, 10) * 0.5, 5),
    "swept": lambda x: krs.delay(x, 100 + 90 * krs.sine_osc(3)),
    "by_input": lambda x, y: krs.delay(x, 50 * (y + 1), max_delay=200),
    "beyond_bounds": lambda x, y: krs.delay(x, 300 * y, max_delay=100),
    "by_comparison": lambda x: krs.delay(x, (x > 0) * 7),
    "seconds": lambda x: krs.delay(x, 0.01 * krs.sr()),
}
for _name, _function in DELAYS.items():
    add(f"delay_{_name}", _function)
add(
    "delay_by_control",
    lambda x: krs.delay(x, krs.control("time", 10, 0, 400)),
    events=turning("time", 300, 20, 111),
)
add(
    "delay_by_control_in_seconds",
    lambda x: krs.delay(x, krs.control("time", 0.001, 0, 0.01) * krs.sr(), max_delay=960),
    events=turning("time", 0.0078125, 0.001953125),
)
add("fdelay_constant", lambda x: krs.fdelay(x, 10.25))
add("fdelay_whole", lambda x: krs.fdelay(x, 7))
add("fdelay_swept", lambda x: krs.fdelay(x, 100 + 90 * krs.sine_osc(3)))
add("fdelay_by_input", lambda x, y: krs.fdelay(x, 50 * (y + 1), max_delay=200))
add(
    "fdelay_by_control",
    lambda x: krs.fdelay(x, krs.control("time", 10, 1, 400)),
    events=turning("time", 300, 20.5),
)

SELECTS: dict[str, Dsp] = {
    "comparison": lambda x: krs.select2(x > 0.1, -1, x),
    "fraction": lambda x: krs.select2(2 * x, x, 10),
    "number": lambda x: krs.select2(1, x, -x) + krs.select2(0, x / 4, 2 * x),
    "negative": lambda x: krs.select2(-2 * (x > 0), 0.5, x),
    "nested": lambda x, y: krs.select2(x > 0, krs.select2(y > 0, 1, 2), krs.select2(y > 0, 3, x)),
    "of_comparisons": lambda x, y: krs.select2(x > 0, y > 0, x > 0.5),
}
for _name, _function in SELECTS.items():
    add(f"select2_{_name}", _function)

# Feedback

FEEDBACKS: dict[str, Dsp] = {
    "leak": lambda x: krs.feedback(lambda fb: x + 0.5 * fb),
    "twice": lambda x: krs.feedback(lambda fb: x + 0.5 * fb - 0.1 * fb * fb * fb),
    "unused": lambda x: krs.feedback(lambda fb: x * 2),
    "pair": lambda x: krs.feedback(lambda fb: (10 * x + fb, fb / 2 + x)),
    "pair_of_input": lambda x: krs.feedback(lambda fb: (x, fb)),
    "delayed": lambda x: krs.feedback(lambda fb: krs.delay(fb, 4) * 0.5 + x),
    "constant": lambda x: krs.feedback(lambda fb: 0.75) * x,
    "counter": lambda: krs.feedback(lambda fb: fb + 1) / 4800,
    "nested": lambda x: krs.feedback(
        lambda slow: 0.3 * slow + krs.feedback(lambda fast: 0.5 * fast + x - 0.2 * slow)
    ),
    "nested_three_deep": lambda x: krs.feedback(
        lambda a: (
            0.2 * a
            + krs.feedback(
                lambda b: 0.3 * b + 0.1 * a + krs.feedback(lambda c: 0.4 * c + 0.1 * b + 0.1 * a + x)
            )
        )
    ),
    "captured_two_levels_up": lambda x, y: krs.feedback(
        lambda a: 0.5 * a + krs.feedback(lambda b: 0.25 * b + x * y)
    ),
    "beside_each_other": lambda x: krs.feedback(lambda a: 0.5 * a + x) - krs.feedback(lambda b: -0.5 * b + x),
    "chained": lambda x: krs.feedback(lambda b: 0.5 * b + krs.feedback(lambda a: 0.25 * a + x)),
    "in_a_filter": lambda x: krs.feedback(lambda fb: krs.lowpass(x + 0.4 * fb, 2000)),
    "of_a_filter_and_a_delay": lambda x: krs.feedback(
        lambda fb: x + 0.7 * krs.onepole(krs.delay(fb, 240), 3000)
    ),
    "tanh": lambda x: krs.feedback(lambda fb: krs.tanh(2 * x + 1.5 * krs.delay(fb, 33))),
    "comparison": lambda x: krs.feedback(lambda fb: krs.select2(x > 0.5, fb, x)),
    "memory_of_itself": lambda x: krs.feedback(lambda fb: x + 0.3 * fb - 0.2 * krs.mem(fb)),
}
for _name, _function in FEEDBACKS.items():
    add(f"feedback_{_name}", _function)
add(
    "feedback_with_control",
    lambda x: krs.feedback(lambda fb: x + krs.control("amount", 0.25, 0, 0.9) * krs.delay(fb, 100)),
    events=turning("amount", 0.75, 0.5),
)
