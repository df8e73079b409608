"""What the library functions promise to the ear: little aliasing, no steps, the right levels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import krach.dsp as krs
from engines import RATE, each_engine, impulse, render

SECOND = np.arange(RATE) / RATE


def aliasing_db(wave: np.ndarray, freq: int) -> float:
    """The power below 10 kHz that is in no harmonic, relative to theirs. `freq` in whole Hz, one second."""
    power = np.abs(np.fft.rfft(wave)[1:10_001]) ** 2
    harmonics = power[freq - 1 :: freq].sum()
    return float(10 * np.log10((power.sum() - harmonics) / harmonics))


@pytest.mark.parametrize(
    ("smooth", "plain"),
    [
        (krs.polyblep_saw, krs.saw),
        (krs.polyblep_square, krs.square),
        (krs.polyblep_triangle, krs.triangle),
    ],
)
@pytest.mark.parametrize("freq", [997, 2311, -2311])
def test_rounded_waves_alias_less_and_are_the_same_wave(smooth: Callable, plain: Callable, freq: int) -> None:
    # Whole cycles and a steady state: the second second.
    rounded, naive = (render(lambda f=f: f(freq), 2 * RATE)[0, RATE:] for f in (smooth, plain))
    assert aliasing_db(rounded, abs(freq)) < aliasing_db(naive, abs(freq)) - 20
    assert np.abs(rounded).max() <= 1.001
    assert abs(rounded.mean()) < 0.01
    agree = np.corrcoef(rounded, naive)[0, 1]
    assert agree > 0.97


def test_rounded_square_has_its_duty() -> None:
    wave = render(lambda: krs.polyblep_square(100, 0.25), RATE)[0]
    assert wave.mean() == pytest.approx(-0.5, abs=0.01)


@pytest.mark.parametrize("wave", [krs.polyblep_saw, krs.polyblep_square, krs.polyblep_triangle, krs.phasor])
def test_waves_stand_still_at_zero_hertz(wave: Callable) -> None:
    heard = render(lambda: wave(0), 100)[0]
    assert np.isfinite(heard).all()
    assert np.ptp(heard[1:]) == 0


@each_engine
@pytest.mark.parametrize("freq", [-1e-7, -440, 440, 47999, 1e9, -1e9])
def test_a_phase_stays_within_a_cycle(freq: float, engine: str, precision: str) -> None:
    heard = render(lambda: krs.phasor(freq), 2000, engine, precision)[0]
    assert heard.min() >= 0
    assert heard.max() < 1


def test_noises_are_independent_and_reproducible() -> None:
    def three():
        return krs.white_noise(), krs.white_noise(), krs.pink_noise()

    first, second, pink = render(three, RATE)
    assert np.array_equal(render(three, RATE), [first, second, pink])
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.02
    assert np.array_equal(first, render(lambda: krs.white_noise(), RATE)[0])
    for noise in (first, second):
        assert abs(noise.mean()) < 0.02
        assert noise.std() == pytest.approx(1 / np.sqrt(3), rel=0.02)
    spectrum = np.abs(np.fft.rfft(pink)) ** 2
    octaves = [10 * np.log10(spectrum[lo : 2 * lo].mean()) for lo in (100, 200, 400, 800, 1600, 3200)]
    np.testing.assert_allclose(np.diff(octaves), -3, atol=1.2)


GATE = np.where((SECOND * 9 + 0.3) % 1 < 0.4, 1.0, 0.0)


def test_an_envelope_that_rises_from_its_level_never_steps() -> None:
    def both(gate):
        return (
            krs.adsr(0.02, 0.05, 0.6, 0.3, gate, restart=False),
            krs.adsr(0.02, 0.05, 0.6, 0.3, gate),
        )

    present, again = render(both, RATE, inputs=[GATE])
    steepest = 1 / (0.02 * RATE) * 1.001
    assert np.abs(np.diff(present)).max() <= steepest
    assert np.abs(np.diff(again)).max() > 0.1, "restarting from 0 does step"
    assert present.max() == pytest.approx(1, abs=1e-3)
    # The first note is the same either way.
    until = int(np.flatnonzero(np.diff(GATE) > 0)[0])
    np.testing.assert_allclose(present[:until], again[:until], atol=1e-12)


def test_times_of_nothing_are_one_sample() -> None:
    (heard,) = render(lambda g: krs.adsr(0, 0, 0.5, 0, g), 4, inputs=[[0, 1, 1, 0]])
    assert heard.tolist() == [0, 1, 0.5, 0]


@pytest.mark.parametrize(("order", "slope"), [(1, 6), (2, 12), (3, 18), (4, 24), (8, 48)])
def test_filters_fall_by_their_order(order: int, slope: float) -> None:
    frames = RATE
    low, high = render(
        lambda x: (krs.lowpass(x, 1000, order), krs.highpass(x, 1000, order)), frames, inputs=impulse(frames)
    )
    for response, octave in ((low, (4000, 8000)), (high, (250, 125))):
        gain = 20 * np.log10(np.abs(np.fft.rfft(response)) + 1e-12)
        assert gain[1000] == pytest.approx(-3.01, abs=0.02)
        assert gain[octave[0]] - gain[octave[1]] == pytest.approx(slope, rel=0.2)


def test_resonances_have_their_gain() -> None:
    frames = RATE
    low, band = render(
        lambda x: (krs.resonant(x, 1000, 5), krs.bandpass(x, 1000, 5)), frames, inputs=impulse(frames)
    )
    for response in (low, band):
        assert np.abs(np.fft.rfft(response))[1000] == pytest.approx(5, rel=0.01)


def test_fractional_delays_lie_between_samples() -> None:
    ramp = np.arange(100.0)
    heard = render(lambda x, n: krs.fdelay(x, n, 20), 100, inputs=[ramp, np.linspace(-5, 25, 100)])[0]
    late = np.clip(np.linspace(-5, 25, 100), 0, 20)
    np.testing.assert_allclose(heard[30:], (ramp - late)[30:], atol=1e-9)


def test_an_echo_keeps_its_time() -> None:
    heard = render(lambda x: krs.echo(x, 10, 0.5), 2000, inputs=impulse(2000))[0]
    assert {index: heard[index] for index in np.flatnonzero(np.abs(heard) > 1e-12)} == {
        0: 1, 480: 0.5, 960: 0.25, 1440: 0.125, 1920: 0.0625,
    }  # fmt: skip


def test_a_control_drives_a_delay() -> None:
    def swept(x):
        return krs.delay(x, krs.control("time", 0.1, 0, 0.5) * krs.sr())

    heard = krs.transpile(swept).render(0.5, inputs=[1.0], time=0.1)[0]
    assert np.flatnonzero(heard).tolist() == [4800]


@pytest.mark.parametrize("ratio", [2, 4, 10])
def test_a_compressor_reduces_by_its_ratio(ratio: float) -> None:
    loud = np.full(RATE, 0.5)  # 14 dB above the threshold
    heard = render(lambda x: krs.compressor(x, -20, ratio, 0.005, 0.1), RATE, inputs=[loud])[0]
    above = 20 * np.log10(heard[-1]) + 20
    assert above == pytest.approx((20 * np.log10(0.5) + 20) / ratio, abs=0.01)
    soft = np.full(1000, 0.05)
    quiet = render(lambda x: krs.compressor(x, -20, ratio, 0.005, 0.1), 1000, inputs=[soft])[0]
    np.testing.assert_allclose(quiet, 0.05)


def test_a_compressor_listens_to_its_key() -> None:
    def ducked(x, key):
        return krs.compressor(x, -20, 100, 0.001, 0.01, key=key)

    key = np.where(SECOND < 0.5, 1.0, 0.0)
    heard = render(ducked, RATE, inputs=[np.full(RATE, 0.05), key])[0]
    assert heard[RATE // 2 - 1] == pytest.approx(0.05 * 10 ** (-19.8 / 20), rel=0.01)
    assert heard[-1] == pytest.approx(0.05, rel=1e-3)


def test_units_and_ranges() -> None:
    x = np.linspace(-3, 3, 61)
    heard = render(
        lambda x: (
            krs.clip(x, -1, 2),
            krs.lerp(10, 20, x),
            krs.wrap(x, -1, 1),
            krs.db_to_linear(x),
            krs.linear_to_db(abs(x) + 0.1),
            krs.midi_to_freq(69 + x),
            krs.freq_to_midi(440 + x),
            krs.lfo(x, 2, 3),
        ),
        61,
        inputs=[x],
    )
    np.testing.assert_allclose(heard[0], np.clip(x, -1, 2))
    np.testing.assert_allclose(heard[1], 10 + 10 * x)
    np.testing.assert_allclose(np.exp(1j * np.pi * heard[2]), np.exp(1j * np.pi * x), atol=1e-12)
    assert np.abs(heard[2]).max() <= 1
    np.testing.assert_allclose(heard[3], 10 ** (x / 20))
    np.testing.assert_allclose(heard[4], 20 * np.log10(np.abs(x) + 0.1))
    np.testing.assert_allclose(heard[5], 440 * 2 ** (x / 12))
    np.testing.assert_allclose(heard[6], 69 + 12 * np.log2((440 + x) / 440))
    np.testing.assert_allclose(heard[7], 2.5 + 0.5 * np.sin(2 * np.pi * np.cumsum(x / RATE)))
    assert render(lambda: krs.linear_to_db(0), 1)[0, 0] == -600


def test_stereo() -> None:
    position = np.linspace(0, 1, 11)
    left, right = render(lambda p: krs.pan(1, p), 11, inputs=[position])
    np.testing.assert_allclose(left**2 + right**2, 1)
    assert left[0] == right[-1] == 1
    assert left[5] == pytest.approx(right[5])
    wide = render(lambda x, y: krs.stereo_width(x, y, 2), 1, inputs=[[1], [0]])
    np.testing.assert_allclose(wide, [[1.5], [-0.5]])

    def through_everything(x):
        left, right = krs.pan(x, 0.25)
        return krs.stereo_width(krs.lowpass(left, 1000), krs.reverb(right), krs.control("width", 1, 0, 2))

    assert krs.transpile(through_everything).num_outputs == 2


def test_what_is_not_finite_flows_on() -> None:
    heard = render(lambda x: (krs.sqrt(x), krs.log(0 * x), 1 / (0 * x)), 1, inputs=[-1])
    assert np.isnan(heard[0, 0])
    assert heard[1, 0] == -np.inf
    assert np.isinf(heard[2, 0])


def test_a_call_is_a_closed_value() -> None:
    x = np.random.default_rng(0).uniform(-1, 1, 500)
    plain = render(lambda x: krs.lowpass(x, 800), 500, inputs=x)[0]
    heard = render(
        lambda x: (x + krs.lowpass(x, 800), x - krs.lowpass(x, 800), krs.lowpass(x, 800) + x), 500, inputs=x
    )
    np.testing.assert_allclose(heard, [x + plain, x - plain, plain + x], atol=1e-12)
    stereo = render(lambda x, y: (krs.lowpass(x, 800), krs.highpass(y, 800)), 500, inputs=[x, x])
    np.testing.assert_allclose(stereo[0], plain, atol=1e-12)
