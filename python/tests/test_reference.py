"""What the functions compute, sample by sample: numbers observed with the official Faust compiler."""

from __future__ import annotations

import numpy as np
import pytest

import krach.dsp as krs
from engines import each_engine, impulse, render

REMAINDERS = [-3, -2.25, -1.5, -0.75, 0, 0.75, 1.5, 2.25]
CLICK = "click"  # stands for an impulse as the input

ROWS = {
    "lowpass": (
        lambda x: krs.lowpass(x, 1000),
        CLICK,
        {
            0: 0.00391613,
            1: 0.0149414,
            2: 0.0277855,
            3: 0.0380237,
            4: 0.0459362,
            10: 0.0586256,
            50: -0.00180689,
        },
    ),
    "lowpass of order 4": (
        lambda x: krs.lowpass(x, 1000, order=4),
        CLICK,
        {
            0: 1.55517e-5,
            1: 1.19096e-4,
            2: 4.50723e-4,
            3: 0.00115971,
            4: 0.0023462,
            10: 0.019212,
            50: -0.00851737,
        },
    ),
    "highpass": (
        lambda x: krs.highpass(x, 1000),
        CLICK,
        {0: 0.911587, 1: -0.168333, 2: -0.151528, 3: -0.13519, 4: -0.119495, 10: -0.0442761},
    ),
    "bandpass": (
        lambda x: krs.bandpass(x, 1000, 2),
        CLICK,
        {
            0: 0.0632008,
            1: 0.12136,
            2: 0.110632,
            3: 0.0987486,
            4: 0.0859801,
            10: 0.00508767,
            50: 0.0251381,
        },
    ),
    "white_noise": (
        lambda: krs.white_noise(),
        None,
        dict(enumerate([5.74859e-6, -0.344846, -0.695186, -0.325039, 0.106768, -0.483426])),
    ),
    "phasor": (lambda: krs.phasor(440), None, {0: 0.00916672, 1: 0.0183334, 100: 0.925838}),
    "saw": (lambda: krs.saw(440), None, {0: -0.981667, 109: -0.983322}),
    "sine_osc": (lambda: krs.sine_osc(440), None, {0: 0.0575643, 100: -0.44929}),
    "square": (
        lambda: krs.square(440, 0.25),
        None,
        {**dict.fromkeys(range(27), 1), **dict.fromkeys(range(27, 109), -1), 109: 1},
    ),
    "reverb": (
        lambda x: krs.reverb(x, 0.5, 0.5),
        CLICK,
        {**dict.fromkeys(range(1214), 0), 1214: 0.0625, 1293: 0.0625, 1389: 0.0625, 1458: -0.09375},
    ),
    "adsr, gate on": (
        lambda: krs.adsr(0.01, 0.02, 0.5, 0.03, krs.control("gate", 0, 0, 1)),
        {"gate": 1},
        {0: 0.00208, 1: 0.00417, 240: 0.50208, 479: 1, 480: 0.99948, 960: 0.74948, 1439: 0.5, 4000: 0.5},
    ),
    "adsr, gate off": (
        lambda gate: krs.adsr(0.01, 0.02, 0.5, 0.03, gate),
        np.ones(2000),
        {2000: 0.49965, 2720: 0.24965, 3439: 0},
    ),
    "delay by 3": (lambda x: krs.delay(x, 3), np.arange(9.0), dict(enumerate([0, 0, 0, 0, 1, 2]))),
    "delay by 2.7": (lambda x: krs.delay(x, 2.7), np.arange(9.0), dict(enumerate([0, 0, 0, 1, 2, 3]))),
    "%": (lambda x: x % 2, REMAINDERS, dict(enumerate([-1, -0.25, -1.5, -0.75, 0, 0.75, 1.5, 0.25]))),
    "fmod": (
        lambda x: krs.fmod(x, 2),
        REMAINDERS,
        dict(enumerate([-1, -0.25, -1.5, -0.75, 0, 0.75, 1.5, 0.25])),
    ),
    "remainder": (
        lambda x: krs.remainder(x, 2),
        REMAINDERS,
        dict(enumerate([1, -0.25, 0.5, -0.75, 0, 0.75, -0.5, 0.25])),
    ),
    "round_": (
        lambda x: krs.round_(x),
        [-1, -0.5, 0, 0.5, 1, 1.5],
        dict(enumerate([-1, -1, 0, 1, 1, 2])),
    ),
    "select2": (
        lambda x: krs.select2(x, 10, 20),
        [0, 0.5, 1, 1.5, -1, -2],
        dict(enumerate([10, 10, 20, 20, 20, 20])),
    ),
}


@each_engine
@pytest.mark.parametrize("row", ROWS)
def test_reference_numbers(row: str, engine: str, precision: str) -> None:
    function, stimulus, expected = ROWS[row]
    frames = 5000
    values = stimulus if isinstance(stimulus, dict) else {}
    inputs = impulse(frames) if isinstance(stimulus, str) else None if values else stimulus
    (heard,) = render(function, frames, engine, precision, inputs, **values)
    for index, value in expected.items():
        # The official numbers for envelopes have five digits.
        digits = 1e-4 * abs(value) if not row.startswith("adsr") else 5e-6
        assert heard[index] == pytest.approx(value, abs=max(digits, 1e-6)), index


@each_engine
def test_reference_numbers_of_a_smoothed_control(engine: str, precision: str) -> None:
    expected = {0: 9.1875e-4, 47: 0.0431611, 480: 0.357329, 1089: 0.632819, 2400: 0.889966, 4799: 0.987873}
    turned = [(1, "level", 1.0)]  # one frame after birth: at birth it would settle at once
    (heard,) = render(lambda: krs.control("level", 0, 0, 1), 5001, engine, precision, events=turned)
    assert heard[0] == 0
    for index, value in expected.items():
        assert heard[1 + index] == pytest.approx(value, abs=1e-4 * value), index
