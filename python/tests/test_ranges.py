"""The sound stays finite and does not grow, for every number inside or outside the range of an argument."""

from __future__ import annotations

import inspect
import itertools
import runpy
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import krach
import krach.dsp as krs
from engines import render
from ranges import PRIMITIVES, SWEPT, Range

RATES = (8000, 16000, 22050, 44100, 48000, 96000, 192000)
FRAMES = 4096


def test_every_function_has_its_ranges() -> None:
    assert set(krs.__all__) - {"Signal", "transpile"} == PRIMITIVES | set(SWEPT)


def corners(ranges: dict[str, Range]) -> Iterator[dict[str, float]]:
    """Ten times each range about its middle, its ends, and 0: all for one argument, the others at rest."""
    rest = {name: (lo + hi) / 2 for name, (lo, hi) in ranges.items()}
    yield rest
    for name, (lo, hi) in ranges.items():
        middle, reach = (lo + hi) / 2, (hi - lo) / 2
        for value in (middle - 10 * reach, lo, 0.0, hi, middle + 10 * reach):
            yield {**rest, name: value}
    if len(ranges) > 1:
        for ends in itertools.product((-10, 10), repeat=2):
            pair = dict(zip(ranges, ends, strict=False))
            yield {**rest, **{name: end * ranges[name][1] for name, end in pair.items()}}


@pytest.mark.parametrize("name", SWEPT)
def test_every_function_stays_finite_and_bounded(name: str) -> None:
    function, ranges = SWEPT[name]

    def turned(x):
        dials = [krs.control(f"p{at}", 0, -1e6, 1e6, smooth=False) for at in range(len(ranges))]
        return function(x, *dials)

    sound = krs.transpile(turned)
    noise = np.random.default_rng(1).uniform(-10, 10, FRAMES)
    loudest: dict[tuple[float, ...], tuple[int, float]] = {}
    for values in corners(ranges):
        dials = {f"p{at}": values[key] for at, key in enumerate(ranges)}
        for rate in RATES:
            heard = render(sound, FRAMES, "native", "single", inputs=noise, rate=rate, **dials)
            assert np.isfinite(heard).all(), f"{values} at {rate} Hz"
            peak = float(np.abs(heard).max())
            limit = LOUD.get(name, 1e3)
            assert peak <= limit, f"{values} at {rate} Hz: {peak:g}"
            loudest[tuple(values.values())] = (rate, peak)
    assert loudest


LOUD = {
    "db_to_linear": 10.0**36,
    "midi_to_freq": 10.0**36,
    "freq_to_midi": 1e4,
    "lerp": 1e5,
    "bandpass": 1e5,  # a gain of q, which is up to 1000
    "resonant": 1e5,
    "svf": 1e5,
    "peak_eq": 1e5,  # 60 dB
    "low_shelf": 1e6,
    "high_shelf": 1e6,
    "ladder": 1e3,
    "fb_comb": 1e4,
    "limiter": 1e3,
    "stereo_reverb": 1e4,
    "reverb": 1e4,
}  # fmt: skip
"""Functions that may be loud, and how loud: their gain, at its greatest, times an input of 10."""


@pytest.mark.parametrize("filter_of", [krs.lowpass, krs.highpass, lambda x, f: krs.resonant(x, f, 12)])
def test_a_filter_swept_beyond_half_the_rate_stays_bounded(filter_of) -> None:
    def swept(x):
        return filter_of(x, 1000 * 2 ** (6 * krs.sine_osc(30)))

    noise = np.random.default_rng(1).uniform(-1, 1, 20_000)
    heard = render(swept, 20_000, "native", "single", inputs=noise)
    assert np.isfinite(heard).all()
    assert np.abs(heard).max() < 100


@pytest.mark.parametrize("freq", [0, 0.001, 0.1, 1, 5])
def test_filters_near_zero_hertz_are_as_precise_in_single(freq: float) -> None:
    noise = np.random.default_rng(1).uniform(0, 1, 20_000)

    def both(x):
        return krs.lowpass(x, freq), krs.highpass(x, freq)

    single, double = (
        render(both, 20_000, "native", precision, inputs=noise) for precision in ("single", "double")
    )
    np.testing.assert_allclose(single, double, atol=2e-4)


KIT = sorted((Path(__file__).parents[2] / "examples" / "kit").glob("*.py"))


def instruments() -> dict[str, krach.DspDef]:
    """Every DSP function of the examples."""
    found = {}
    for path in [*KIT, Path(__file__).parents[2] / "examples" / "first_sound.py"]:
        names = runpy.run_path(str(path))
        for name, function in names.items():
            own = inspect.isfunction(function) and function.__code__.co_filename == str(path)
            if own and "Signal" in str(function.__annotations__.get("return")):
                found[f"{path.stem}.{name}"] = krs.transpile(function)
    return found


@pytest.mark.parametrize("rate", [8000, 11025, *RATES[1:]])
def test_instruments_of_the_examples_are_safe_at_every_rate(rate: int) -> None:
    sounds = instruments()
    assert len(sounds) >= 15
    for name, sound in sounds.items():
        noise = np.random.default_rng(1).uniform(-1, 1, (sound.num_inputs, rate // 4))
        for at in ("lo", "hi"):
            values = {control.name: getattr(control, at) for control in sound.controls}
            values = {**values, **({"gate": 1.0} if "gate" in values else {})}
            heard = sound.render(0.25, rate, noise if sound.num_inputs else None, controls=values)
            assert np.isfinite(heard).all(), f"{name}, controls at {at}"
            assert np.abs(heard).max() < 20, f"{name}, controls at {at}"
