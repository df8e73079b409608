"""DSP functions drawn at random, the same for the same seed: combinations that no person would think of.

Everything stays within about -2..2, and nothing jumps where two correct compilers may round differently.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import krach.dsp as krs
from programs.cases import Case, turning


def random_case(seed: int, size: int = 16) -> Case:
    """A function of `size` steps, each on what the steps before made, with one to three outputs."""
    dice = random.Random(seed)
    num_inputs = dice.randrange(3)
    plan = [(dice.choice(STEPS), dice.randrange(1 << 30)) for _ in range(size)]
    outputs = dice.choice([1, 1, 2, 3])

    def sound(*inputs: Any) -> Any:
        values = [*inputs, krs.sine_osc(100.7 + seed % 89)]
        for step, draw in plan:
            values.append(step(random.Random(draw), values))
        values.append(values[-1] * krs.control("knob", 0.5, 0, 1))
        return tuple(values[-outputs:]) if outputs > 1 else values[-1]

    functions: list[Callable[..., Any]] = [
        lambda: sound(),
        lambda x: sound(x),
        lambda x, y: sound(x, y),
    ]
    function = functions[num_inputs]
    function.__name__ = f"random_{seed}"
    return Case(f"random_{seed}", function, frames=1500, events=turning("knob", 0.75, 0.125))


def _pick(dice: random.Random, values: list[Any]) -> Any:
    """More often something recent."""
    return values[-1 - min(int(dice.expovariate(0.5)), len(values) - 1)]


def _number(dice: random.Random) -> float:
    return dice.choice([0.5, -0.5, 0.25, 0.1, 1, -1, 0.3, 0.7])


def _sum(dice: random.Random, values: list[Any]) -> Any:
    return (_pick(dice, values) + _pick(dice, values)) * 0.5


def _difference(dice: random.Random, values: list[Any]) -> Any:
    return _number(dice) - _pick(dice, values) * 0.5


def _product(dice: random.Random, values: list[Any]) -> Any:
    return krs.tanh(_pick(dice, values)) * _pick(dice, values)


def _quotient(dice: random.Random, values: list[Any]) -> Any:
    return _pick(dice, values) / (1.5 + krs.tanh(_pick(dice, values)))


def _scaled(dice: random.Random, values: list[Any]) -> Any:
    return _pick(dice, values) * _number(dice) + _number(dice)


def _function(dice: random.Random, values: list[Any]) -> Any:
    function = dice.choice([krs.sin, krs.cos, krs.atan, krs.tanh, krs.abs_])
    return function(_pick(dice, values))


def _root(dice: random.Random, values: list[Any]) -> Any:
    return krs.sqrt(krs.abs_(_pick(dice, values)) + 0.1)


def _power(dice: random.Random, values: list[Any]) -> Any:
    return (krs.abs_(krs.tanh(_pick(dice, values))) + 0.1) ** krs.tanh(_pick(dice, values)) * 0.5


def _bounds(dice: random.Random, values: list[Any]) -> Any:
    return krs.min_(krs.max_(_pick(dice, values), -0.9), _pick(dice, values) + 0.3)


def _choice(dice: random.Random, values: list[Any]) -> Any:
    return krs.select2(_pick(dice, values) > 0.123457, _pick(dice, values), _pick(dice, values))


def _memory(dice: random.Random, values: list[Any]) -> Any:
    return krs.mem(_pick(dice, values))


def _delay(dice: random.Random, values: list[Any]) -> Any:
    return krs.delay(_pick(dice, values), dice.randrange(200))


def _swept_delay(dice: random.Random, values: list[Any]) -> Any:
    # A smooth and slow sweep: whole numbers of frames are hit at no exact sample.
    depth = dice.randrange(5, 60)
    return krs.fdelay(_pick(dice, values), depth + 0.5 + depth * krs.sine_osc(3.717), max_delay=200)


def _loop(dice: random.Random, values: list[Any]) -> Any:
    x, gain = _pick(dice, values), dice.uniform(-0.8, 0.8)
    return krs.feedback(lambda fb: krs.tanh(x + gain * fb))


def _comb(dice: random.Random, values: list[Any]) -> Any:
    x, gain, length = _pick(dice, values), dice.uniform(-0.6, 0.6), dice.randrange(1, 90)
    return krs.feedback(lambda fb: 0.5 * x + gain * krs.delay(fb, length)) * 0.7


def _nested_loop(dice: random.Random, values: list[Any]) -> Any:
    x, y = _pick(dice, values), _pick(dice, values)
    return krs.feedback(
        lambda slow: (
            0.3 * slow + krs.feedback(lambda fast: krs.tanh(0.4 * fast + 0.5 * x - 0.2 * slow)) * 0.3 * y
        )
    )


def _filter(dice: random.Random, values: list[Any]) -> Any:
    x, cutoff = _pick(dice, values), dice.uniform(100, 5000)
    return dice.choice(
        [
            lambda: krs.lowpass(x, cutoff, dice.randrange(1, 5)),
            lambda: krs.highpass(x, cutoff),
            lambda: krs.bandpass(x, cutoff, 2),
            lambda: krs.onepole(x, cutoff),
            lambda: krs.dcblock(x),
        ]
    )()


def _swept_filter(dice: random.Random, values: list[Any]) -> Any:
    return krs.lowpass(_pick(dice, values), 1500 + 1000 * krs.tanh(_pick(dice, values)))


def _oscillator(dice: random.Random, values: list[Any]) -> Any:
    return krs.sine_osc(300 + 200 * krs.tanh(_pick(dice, values)))


def _control(dice: random.Random, values: list[Any]) -> Any:
    return _pick(dice, values) * krs.control("knob", 0.5, 0, 1)


def _table(dice: random.Random, values: list[Any]) -> Any:
    data = [dice.uniform(-1, 1) for _ in range(dice.randrange(2, 20))]
    return krs.wavetable(data, krs.phasor(dice.uniform(50, 500)) * len(data)) * _pick(dice, values)


def _noise(dice: random.Random, values: list[Any]) -> Any:
    return krs.white_noise() * 0.3 + _pick(dice, values) * 0.5


def _whole_numbers(dice: random.Random, values: list[Any]) -> Any:
    """Comparisons are ints: their sums, products and remainders too."""
    a, b, c = (_pick(dice, values) > dice.uniform(-0.5, 0.5) for _ in range(3))
    return dice.choice(
        [
            lambda: (a + b + c) / 3,
            lambda: (a * 5 + b * 3) % (c + 2) - b,
            lambda: (a - b) // 2 + c * 0.5,
            lambda: krs.select2(a, b, c) * 0.5,
            lambda: krs.max_(a, b) - krs.min_(b, c) + abs(a - c) / 2,
            lambda: (a == b) * 0.5 - (b != c) * 0.25,
        ]
    )()


def _steps(dice: random.Random, values: list[Any]) -> Any:
    x = dice.uniform(2, 6) * krs.tanh(_pick(dice, values)) + 0.123457
    return dice.choice([krs.floor, krs.ceil, krs.round_])(x) / 6


def _wrapped(dice: random.Random, values: list[Any]) -> Any:
    return krs.wrap(3 * krs.tanh(_pick(dice, values)) + 0.0123457, -0.7, dice.uniform(0.2, 0.9))


def _counted(dice: random.Random, values: list[Any]) -> Any:
    """A loop of whole numbers beside one of reals."""
    step, most = dice.randrange(1, 5), dice.randrange(20, 400)
    count = krs.feedback(lambda fb: (fb + step) % most)
    return count / most * _pick(dice, values)


def _delay_by_comparison(dice: random.Random, values: list[Any]) -> Any:
    far = dice.randrange(2, 60)
    return krs.delay(_pick(dice, values), (_pick(dice, values) > 0.123457) * far + far)


def _delay_by_knob(dice: random.Random, values: list[Any]) -> Any:
    far = krs.control("knob", 0.5, 0, 1) * dice.randrange(10, 90) + 0.4987
    return krs.fdelay(_pick(dice, values), far)


def _envelope(dice: random.Random, values: list[Any]) -> Any:
    gate = _pick(dice, values) > 0.123457
    attack, release = dice.uniform(0.0005, 0.01), dice.uniform(0.001, 0.02)
    restart = dice.random() < 0.5
    return krs.adsr(attack, 0.003, 0.6, release, gate, restart=restart) * _pick(dice, values)


def _held(dice: random.Random, values: list[Any]) -> Any:
    return krs.latch(_pick(dice, values), krs.sine_osc(dice.uniform(50, 900)))


def _side_by_side(dice: random.Random, values: list[Any]) -> Any:
    left, right = krs.pan(_pick(dice, values), dice.uniform(0.1, 0.9))
    wide, other = krs.stereo_width(left, right + 0.3 * _pick(dice, values), dice.uniform(0, 2))
    return wide - 0.5 * other


def _rwtable(dice: random.Random, values: list[Any]) -> Any:
    size = dice.randrange(2, 50)
    write, read = (krs.phasor(dice.uniform(30, 700)) * size for _ in range(2))
    return krs.rwtable(size, [0.25] * size, write, _pick(dice, values), read)


def _crossed_loops(dice: random.Random, values: list[Any]) -> Any:
    """The inner loop hears the outer one late, and its own input as well."""
    x, late = _pick(dice, values), dice.randrange(0, 40)

    def outer(a: Any) -> Any:
        inner = krs.feedback(lambda b: krs.tanh(x - 0.5 * b + 0.3 * krs.delay(a, late)))
        return inner * 0.7, krs.mem(inner) * 0.4 + a * 0.2

    return krs.feedback(outer)


def _modulation(dice: random.Random, values: list[Any]) -> Any:
    x = _pick(dice, values)
    return dice.choice(
        [
            lambda: krs.chorus(x, dice.uniform(0.5, 4)),
            lambda: krs.flanger(x, dice.uniform(0.5, 4), 0.003, 0.5) * 0.5,
            lambda: krs.echo(x, dice.uniform(1, 9)) * 0.6,
            lambda: krs.resonant(x, 800 + 300 * krs.tanh(_pick(dice, values)), dice.uniform(0.5, 3)) * 0.5,
        ]
    )()


STEPS: list[Callable[[random.Random, list[Any]], Any]] = [
    _sum,
    _difference,
    _product,
    _quotient,
    _scaled,
    _function,
    _root,
    _power,
    _bounds,
    _choice,
    _memory,
    _delay,
    _swept_delay,
    _loop,
    _comb,
    _nested_loop,
    _filter,
    _swept_filter,
    _oscillator,
    _control,
    _table,
    _noise,
    _whole_numbers,
    _steps,
    _wrapped,
    _counted,
    _delay_by_comparison,
    _delay_by_knob,
    _envelope,
    _held,
    _side_by_side,
    _rwtable,
    _crossed_loops,
    _modulation,
]
