"""Oscillators in tune: in single precision, from 0.001 Hz to half the sample rate, for hours."""

from __future__ import annotations

import numpy as np
import pytest

import krach.dsp as krs
from engines import RATE, render

CENT = 2 ** (1 / 1200) - 1


def cycles(freq: float, frames: int, rate: int = RATE) -> float:
    """How far a phasor of a constant frequency gets: wraps are counted, then the phase is added."""
    phase = render(lambda: krs.phasor(freq), frames, "native", "single", rate=rate)[0]
    steps = np.diff(phase, prepend=0)
    return float(np.sum(steps < -0.5) - np.sum(steps > 0.5) + phase[-1])


@pytest.mark.parametrize("freq", [0.001, 0.01, 0.1, 1.0, 27.5, 440.0, 7040.0, 19999.9, -0.001, -0.1])
def test_a_slow_phasor_keeps_its_tune(freq: float) -> None:
    seconds = 60
    assert cycles(freq, seconds * RATE) == pytest.approx(freq * seconds, rel=CENT / 10)


def test_after_an_hour_the_phase_is_where_it_should_be() -> None:
    assert cycles(27.5, 3600 * 1000, rate=1000) == pytest.approx(27.5 * 3600, rel=1e-7)


@pytest.mark.parametrize("freq", [0.02, 0.001])
def test_a_slow_lfo_moves(freq: float) -> None:
    heard = render(lambda: krs.lfo(freq), 30 * RATE, "native", "single")[0]
    expected = 0.5 + 0.5 * np.sin(2 * np.pi * freq * np.arange(1, 30 * RATE + 1) / RATE)
    np.testing.assert_allclose(heard, expected, atol=1e-5)


def test_a_count_passes_what_single_precision_can_count() -> None:
    def counted():
        return krs.feedback(
            lambda n: krs.select2(n == 0, n + krs.to_int(1), krs.to_int(16777210)), integer=True
        )

    heard = render(lambda: counted() - krs.to_int(16777210), 20, "native", "single")[0]
    assert heard.tolist() == list(range(20))


def test_a_long_recording_is_read_at_its_speed() -> None:
    data = np.arange(480_000.0)
    heard = render(lambda: krs.sample(data, rate=1.0001), 9 * RATE, "native", "single")[0]
    assert heard[-1] == pytest.approx(1.0001 * (9 * RATE - 1), abs=0.05)
