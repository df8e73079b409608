"""Sessions written for the original: its import paths, its parameters, and each row of its reference runs.

The rows of `krs` are those of the API reference. Each has its parameters by name and one example.
"""

from __future__ import annotations

import importlib
import inspect

import numpy as np
import pytest

import krach
import krach.dsp as krs

UNARY = ["sin", "cos", "tan", "asin", "acos", "atan", "exp"]
UNARY += ["log", "log10", "sqrt", "abs_", "floor", "ceil", "round_"]
ROWS = {
    "control": ("name, init, lo, hi, step=0.001", lambda x: x * krs.control("gain", 0.5, 0, 1, step=0.01)),
    "sr": ("", lambda x: x * krs.sr()),
    "sample_rate": ("", lambda x: x / krs.sample_rate()),
    "delay": ("sig, n", lambda x: krs.delay(sig=x, n=3)),
    "mem": ("sig", lambda x: krs.mem(sig=x)),
    "unit_delay": ("sig", lambda x: krs.unit_delay(sig=x)),
    "feedback": ("body_fn", lambda x: krs.feedback(body_fn=lambda fb: x + 0.5 * fb)),
    "select2": ("sel, when_zero, when_one", lambda x: krs.select2(sel=x > 0, when_zero=1, when_one=2)),
    "faust_expr": ("template, *inputs", lambda x: krs.faust_expr("{0} : *({1})", x, 0.5)),
    "sine_osc": ("freq", lambda x: x + krs.sine_osc(freq=440)),
    "saw": ("freq", lambda x: x + krs.saw(freq=440)),
    "square": ("freq, duty=0.5", lambda x: x + krs.square(freq=440, duty=0.25)),
    "phasor": ("freq", lambda x: x + krs.phasor(freq=440)),
    "lowpass": ("sig, freq, order=2", lambda x: krs.lowpass(sig=x, freq=1000, order=4)),
    "highpass": ("sig, freq, order=2", lambda x: krs.highpass(sig=x, freq=1000, order=1)),
    "bandpass": ("sig, freq, q", lambda x: krs.bandpass(sig=x, freq=1000, q=2)),
    "white_noise": ("", lambda x: x + krs.white_noise()),
    "adsr": (
        "attack, decay_time, sustain, release, gate",
        lambda x: krs.adsr(attack=0.01, decay_time=0.1, sustain=0.5, release=0.2, gate=x),
    ),
    "reverb": ("sig, room=0.5, damping=0.5", lambda x: x + krs.reverb(sig=x, room=0.8, damping=0.2)),
    **{name: ("sig", lambda x, name=name: getattr(krs, name)(sig=x)) for name in UNARY},
    "min_": ("a, b", lambda x: krs.min_(a=x, b=0.5)),
    "max_": ("a, b", lambda x: krs.max_(a=x, b=0.5)),
    "pow_": ("base, exponent", lambda x: krs.pow_(base=x, exponent=2)),
    "fmod": ("a, b", lambda x: krs.fmod(a=x, b=2)),
    "remainder": ("a, b", lambda x: krs.remainder(a=x, b=2)),
    "atan2": ("y, x", lambda x: krs.atan2(y=x, x=1)),
}


@pytest.mark.parametrize("name", ROWS)
def test_functions_have_the_parameters_of_the_reference(name: str) -> None:
    wanted = inspect.signature(eval(f"lambda {ROWS[name][0]}: 0")).parameters.values()
    ours = list(inspect.signature(getattr(krs, name)).parameters.values())
    for mine, theirs in zip(ours, wanted, strict=False):
        assert (mine.name, mine.kind, mine.default) == (theirs.name, theirs.kind, theirs.default)
    assert len(ours) >= len(wanted)
    for further in ours[len(wanted) :]:
        assert further.default is not inspect.Parameter.empty, f"{further} is ours: sessions leave it out"


@pytest.mark.parametrize("name", ROWS)
def test_every_row_of_the_reference_runs(name: str) -> None:
    heard = krs.transpile(ROWS[name][1], name="row").render(inputs=np.linspace(0.25, 1, 4800))
    assert heard.shape == (1, 4800)
    assert np.isfinite(heard).all()
    assert heard.any()


OPERATORS = {
    "+": (lambda x: x + 2, [2, 5]),
    "-": (lambda x: 2 - x, [2, -1]),
    "*": (lambda x: x * 2, [0, 6]),
    "/": (lambda x: x / 2, [0, 1.5]),
    "//": (lambda x: x // 2, [0, 1]),
    "%": (lambda x: x % 2, [0, 1]),
    "**": (lambda x: x**2, [0, 9]),
    "negation": (lambda x: -x, [0, -3]),
    ">": (lambda x: x > 2, [0, 1]),
    "<": (lambda x: x < 2, [1, 0]),
    ">=": (lambda x: x >= 3, [0, 1]),
    "<=": (lambda x: x <= 0, [1, 0]),
    "==": (lambda x: x == 3, [0, 1]),
    "!=": (lambda x: x != 3, [1, 0]),
}


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_of_the_reference_runs(operator: str) -> None:
    function, wanted = OPERATORS[operator]
    assert krs.transpile(function).render(inputs=[0, 3]).tolist() == [wanted]


PATHS = {
    "krach": ["__version__", "krs"],
    "krach.dsp": ["Signal", "control", "transpile", *ROWS],
    "krach.signal": ["Signal", "control", *ROWS],
    "krach.signal.transpile": ["transpile", "control"],
    "krach.node_types": ["dsp", "DspDef"],
}


@pytest.mark.parametrize("path", PATHS)
def test_the_paths_of_the_original_lead_to_the_same_things(path: str) -> None:
    module = importlib.import_module(path)
    for name in PATHS[path]:
        known = krach if name == "DspDef" else krs if hasattr(krs, name) else module
        assert getattr(module, name) is getattr(known, name)
    assert krach.krs is krs
