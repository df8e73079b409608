"""What the filters, envelopes, tables and triggers of krs promise: formulas, levels, times, stop-bands."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import krach
import krach.dsp as krs
from engines import RATE, impulse, render

SECOND = np.arange(RATE) / RATE


def response(function: Callable[..., object]) -> np.ndarray:
    """The complex response at 0, 1, 2 … Hz."""
    return np.fft.rfft(render(function, RATE, inputs=impulse(RATE))[0])


def cookbook(kind: str, freq: float, gain_db: float, q: float) -> np.ndarray:
    """The biquads of R. Bristow-Johnson's cookbook, by their coefficients."""
    root, w = 10 ** (gain_db / 40), 2 * np.pi * freq / RATE
    alpha, c = np.sin(w) / (2 * q), np.cos(w)
    edge = 2 * np.sqrt(root) * alpha
    if kind == "peak_eq":
        b = [1 + alpha * root, -2 * c, 1 - alpha * root]
        a = [1 + alpha / root, -2 * c, 1 - alpha / root]
    else:
        s = 1 if kind == "low_shelf" else -1
        up, down = root + 1, root - 1
        b = [
            root * (up - s * down * c + edge),
            s * 2 * root * (down - s * up * c),
            root * (up - s * down * c - edge),
        ]
        a = [up + s * down * c + edge, -s * 2 * (down + s * up * c), up + s * down * c - edge]
    z = np.exp(-2j * np.pi * np.arange(RATE // 2 + 1) / RATE)
    return np.polyval(b[::-1], z) / np.polyval(a[::-1], z)


@pytest.mark.parametrize("kind", ["peak_eq", "low_shelf", "high_shelf"])
@pytest.mark.parametrize("gain_db", [-12.0, 6.0])
def test_equalisers_are_those_of_the_cookbook(kind: str, gain_db: float) -> None:
    heard = response(lambda x: getattr(krs, kind)(x, 1000, gain_db, 0.9))
    np.testing.assert_allclose(heard, cookbook(kind, 1000, gain_db, 0.9), atol=1e-6)


def test_outputs_of_the_state_variable_filter() -> None:
    low, band, high, notch, peak, allpass = (
        np.fft.rfft(row) for row in render(lambda x: krs.svf(x, 1000, 2), RATE, inputs=impulse(RATE))
    )
    for output in (low, band, high):
        assert np.abs(output[1000]) == pytest.approx(2, rel=1e-3)
    np.testing.assert_allclose(np.abs(allpass), 1, atol=1e-6)
    assert np.abs(notch[1000]) < 1e-6
    np.testing.assert_allclose(low + high, notch, atol=1e-12)
    np.testing.assert_allclose(low - high, peak, atol=1e-12)
    assert np.abs(high[10]) < 1e-3
    assert np.abs(low[20_000]) < 1e-2


def test_a_ladder_falls_by_24_db_per_octave_and_sings() -> None:
    quiet = response(lambda x: krs.ladder(x / 1000, 500)) * 1000
    fall = 20 * np.log10(np.abs(quiet[[4000, 8000]]))
    assert fall[0] - fall[1] == pytest.approx(24, abs=2.5)
    assert np.abs(quiet[0]) == pytest.approx(1, rel=1e-3)
    rings = render(lambda x: krs.ladder(x, 1000, 1.1), RATE, inputs=impulse(RATE))[0][RATE // 2 :]
    assert np.ptp(rings) > 0.1, "beyond 1 it sings for ever"
    pitch = np.argmax(np.abs(np.fft.rfft(rings))) * 2
    assert pitch == pytest.approx(1000, rel=0.05)
    dies = render(lambda x: krs.ladder(x, 1000, 0.8), RATE, inputs=impulse(RATE))[0][RATE // 2 :]
    assert np.ptp(dies) < 1e-6


def test_combs_and_all_passes() -> None:
    np.testing.assert_allclose(np.abs(response(lambda x: krs.allpass(x, 37, 0.6))), 1, atol=1e-6)
    forward = np.abs(response(lambda x: krs.ff_comb(x, 48)))
    assert forward[1000] == pytest.approx(2)
    assert forward[500] == pytest.approx(0, abs=1e-9)
    assert np.abs(response(lambda x: krs.fb_comb(x, 48, 0.5)))[1000] == pytest.approx(2)


def test_a_stereo_reverb_rings_for_its_seconds() -> None:
    sound = krs.transpile(lambda x: krs.stereo_reverb(x, x, 1.0, 20_000))
    left, right = render(sound, 2 * RATE, inputs=impulse(2 * RATE))
    energy = np.cumsum(left[::-1] ** 2)[::-1]
    fall = 10 * np.log10(energy[[RATE // 4, 3 * RATE // 4]])
    assert fall[0] - fall[1] == pytest.approx(30, abs=6), "60 dB a second"
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.3


def aliases_db(function: Callable[[krs.Signal], object], freq: int) -> float:
    """The loudest component below 18 kHz that is no overtone, relative to the loudest that is."""
    wave = 0.9 * np.sin(2 * np.pi * freq * np.arange(2 * RATE) / RATE)
    spectrum = np.abs(np.fft.rfft(render(function, 2 * RATE, inputs=wave)[0][RATE:]))[:18_000]
    overtones = np.zeros(len(spectrum), bool)
    overtones[::freq] = True
    overtones[0] = True
    return float(20 * np.log10(spectrum[~overtones].max() / spectrum[overtones].max()))


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_oversampling_passes_and_stops_what_it_says(factor: int) -> None:
    plain = response(lambda x: krs.oversample(lambda y: y, factor)(x))
    gain = 20 * np.log10(np.abs(plain[:18_001]))
    assert np.abs(gain).max() < 0.01, "below 0.38 of the rate all is passed"
    # The delay is 31 samples: without them, what is passed has no phase.
    passed = plain[:18_001] * np.exp(2j * np.pi * np.arange(18_001) / RATE * 31)
    assert np.abs(np.angle(passed)).max() < 1e-3

    # A square makes 2f = 34 kHz: unless the filter stops it, it comes back at 14 kHz.
    aliased = aliases_db(lambda x: x + krs.oversample(lambda y: y * y, factor)(x), 17_000)
    assert aliased < -80
    assert aliases_db(lambda x: x + x * x, 17_000) > -10


def test_oversampling_more_aliases_less() -> None:
    def driven(factor: int) -> float:
        return aliases_db(lambda x: krs.oversample(lambda y: krs.tanh(4 * y), factor)(x), 4999)

    plain = aliases_db(lambda x: krs.tanh(4 * x), 4999)
    twice, four, eight = driven(2), driven(4), driven(8)
    assert plain - 10 > twice > four
    assert max(four, eight) < -100


@pytest.mark.parametrize(
    "function", [krs.mem, lambda y: krs.lowpass(y, 1000), lambda y: y * krs.white_noise(), krs.saw]
)
def test_what_remembers_cannot_be_oversampled(function: Callable[..., object]) -> None:
    with pytest.raises(krach.Error, match="KR0112"):
        krs.transpile(lambda x: krs.oversample(function, 2)(x))


@pytest.mark.parametrize("factor", [0, 1, 3, 16, 2.5])
def test_other_factors_are_refused(factor: float) -> None:
    with pytest.raises(krach.Error, match="KR0113"):
        krs.transpile(lambda x: krs.oversample(krs.tanh, factor)(x))


GATE = np.where((SECOND > 0.1) & (SECOND < 0.5), 1.0, 0.0)


def test_exponential_envelopes_keep_their_times_and_never_step() -> None:
    def three(gate):
        return (
            krs.perc(0.01, 0.2, gate),
            krs.asr(0.01, 0.2, gate),
            krs.exp_adsr(0.01, 0.1, 0.5, 0.2, gate),
        )

    strike, held, full = render(three, RATE, inputs=GATE)
    for level in (strike, held, full):
        assert np.abs(np.diff(level)).max() < 0.005
        assert level[4800:].argmax() == pytest.approx(480, abs=2)
        assert level.max() == pytest.approx(1)
        assert level[:4800].max() == 0
    assert strike[4801 + 480 + 9600] == pytest.approx(1e-3, rel=0.01)
    assert held[23_990] == 1
    assert held[24_000 + 9600] == pytest.approx(1e-3, rel=0.01)
    assert full[23_990] == pytest.approx(0.5, abs=1e-4)
    assert full[24_000 + 9600] == pytest.approx(5e-4, rel=0.01)


def test_a_limiter_never_passes_its_ceiling_and_leaves_the_rest() -> None:
    noise = np.random.default_rng(1).uniform(-3, 3, RATE)
    heard = render(lambda x: krs.limiter(x, -6, 0.05), RATE, inputs=noise)[0]
    assert np.abs(heard).max() <= 10 ** (-6 / 20) + 1e-12
    quiet = render(lambda x: krs.limiter(x, -6, 0.05), RATE, inputs=noise / 10)[0]
    np.testing.assert_allclose(quiet, noise / 10, atol=1e-12)


def test_a_noise_gate_opens_and_closes() -> None:
    level = np.where(SECOND < 0.5, 0.5, 0.001) * np.sin(2 * np.pi * 440 * SECOND)
    heard = render(lambda x: krs.noise_gate(x, -30, 0.001, 0.02), RATE, inputs=level)[0]
    np.testing.assert_allclose(heard[2400:24_000], level[2400:24_000], rtol=1e-2, atol=1e-6)
    assert np.abs(heard[36_000:]).max() < 1e-6


@pytest.mark.parametrize("shape", ["sine", "triangle", "saw", "ramp_down", "square", "random", "smooth"])
def test_lfos_stay_within_their_bounds(shape: str) -> None:
    heard = render(lambda: krs.lfo(20, 2, 5, shape), RATE)[0]
    assert heard.min() >= 2
    assert heard.max() <= 5
    assert np.ptp(heard) > 2
    values = len(np.unique(heard.round(9)))
    assert {"square": values == 2, "random": 15 < values <= 21}.get(shape, values > 500)
    if shape in ("sine", "triangle", "smooth"):
        assert np.abs(np.diff(heard)).max() < 0.01


def test_an_unknown_shape_is_refused_with_the_known_ones() -> None:
    with pytest.raises(krach.Error, match="triangle"):
        krs.transpile(lambda: krs.lfo(1, shape="sinus"))


def test_tables_between_their_entries() -> None:
    wave = np.sin(2 * np.pi * np.arange(16) / 16)
    place = np.linspace(-20, 40, 601)
    exact = np.sin(2 * np.pi * place / 16)

    def apart(kind: str) -> float:
        return float(
            np.abs(render(lambda x: krs.table(wave, x, kind, True), 601, inputs=place)[0] - exact).max()
        )

    assert apart("cubic") < apart("linear") / 4 < apart("none") / 16
    heard = render(lambda x: krs.table([1, 2, 4], x), 3, inputs=[-5, 0.5, 5])[0]
    assert heard.tolist() == [1, 1.5, 4]


def test_a_morph_goes_from_table_to_table() -> None:
    tables = [[0.0] * 4, [1.0] * 4, [5.0] * 4]
    heard = render(lambda p: krs.morph_osc(tables, 440, p), 5, inputs=[-1, 0, 0.25, 0.75, 2])[0]
    assert heard.tolist() == [0, 0, 0.5, 3, 5]
    with pytest.raises(krach.Error, match="KR0116"):
        krs.transpile(lambda: krs.morph_osc([[1, 2], [1]], 440, 0))


def test_a_sample_is_played_again_at_each_trigger_and_then_is_silent() -> None:
    (heard,) = render(lambda t: krs.sample([1, 2, 3], t), 9, inputs=[0, 0, 0, 0, 0, 1, 1, 0, 0])
    assert heard.tolist() == [1, 2, 3, 0, 0, 1, 2, 3, 0]
    looped = render(lambda: krs.sample([1, 2, 3], rate=-1, loop=True), 5)[0]
    assert looped.tolist() == [3, 2, 1, 3, 2]
    half = krs.transpile(lambda: krs.sample([1.0, 2.0, 3.0], sample_rate=24_000))
    assert half.render(5 / 48000)[0].tolist() == [1, 1.5, 2, 2.5, 3]


def test_counts_lines_impulses_and_dust() -> None:
    trig = [0, 1, 0, 1, 0, 1, 0, 1]
    counted = render(lambda t, r: krs.count(t, 3, r), 8, inputs=[trig, [0] * 7 + [1]])[0]
    assert counted.tolist() == [0, 1, 1, 2, 2, 0, 0, 0]
    again = render(lambda t: krs.line(0, 1, 2 / RATE, t), 6, inputs=[0, 0, 0, 1, 0, 0])[0]
    assert again.tolist() == [0, 0.5, 1, 0, 0.5, 1]
    assert render(lambda: krs.impulse(100.0), RATE).sum() == pytest.approx(100, abs=1)
    assert render(lambda: krs.impulse(), RATE).sum() == 1
    grains = render(lambda: krs.dust(1000), 10 * RATE)[0]
    assert (grains > 0).sum() == pytest.approx(10_000, rel=0.05)
    assert 0.9 < grains.max() <= 1


def test_ints_have_bits_and_wrap_around() -> None:
    x = np.array([0.0, 1.9, 5.0, -1.0, 1e10])
    heard = render(
        lambda x: (
            krs.to_int(x),
            krs.to_int(x) & 3,
            krs.to_int(x) | 8,
            krs.to_int(x) ^ 1,
            ~krs.to_int(x),
            krs.to_int(x) << 1,
            krs.to_int(x) >> 1,
            krs.to_int(x) + krs.to_int(1),
        ),
        5,
        inputs=x,
    )
    ints = np.array([0, 1, 5, -1, 2**31 - 1], np.int32)
    with np.errstate(over="ignore"):
        expected = [ints, ints & 3, ints | 8, ints ^ 1, ~ints, ints << 1, ints >> 1, ints + np.int32(1)]
    np.testing.assert_array_equal(heard, expected)


def test_feedback_of_several_signals() -> None:
    def rotated(x):
        return krs.feedback(lambda fbs: ([fbs[0] + fbs[1]], [x + fbs[2], fbs[0], fbs[1]]), n=3)

    (heard,) = render(rotated, 7, inputs=impulse(7))
    assert heard.tolist() == [0, 1, 1, 0, 1, 1, 0]


@pytest.mark.parametrize("returned", [1, [1], [1, 2, 3], ([1, 2], [1]), None, "ab"])
def test_feedback_of_several_signals_refuses_other_shapes(returned: object) -> None:
    with pytest.raises(krach.Error, match=r"KR0112.*|.*2 signals"):
        krs.transpile(lambda x: krs.feedback(lambda fbs: returned, n=2))


def test_what_people_see_of_a_control_is_kept_and_printed() -> None:
    def seen():
        cutoff = krs.control("cutoff", 800, 20, 20_000, unit="Hz", scale="log")
        wave = krs.control("wave", 0, 0, 2, 1, choices=["sine", "saw", "noise"])
        return cutoff * wave * krs.control("on", 0, 0, 1, toggle=True)

    sound = krs.transpile(seen)
    cutoff, wave, _ = sound.controls
    assert cutoff.unit == "Hz"
    assert cutoff.metadata == (("unit", "Hz"), ("scale", "log"))
    assert wave.metadata == (("style", "menu{'sine':0;'saw':1;'noise':2}"),)
    assert "[unit:Hz]" in sound.faust
    assert 'checkbox("on")' in sound.faust
    again = krach.faust(sound.faust)
    assert {c.name: c.metadata for c in again.controls} == {c.name: c.metadata for c in sound.controls}
    jumps = render(sound, 10, events=[(5, "on", 1.0)], wave=1)[0]
    assert jumps.tolist() == [0] * 5 + [800] * 5, "switches and menus are not smoothed"


@pytest.mark.parametrize(
    "options",
    [
        {"scale": "loud"},
        {"choices": ["a", "b"], "hi": 2},
        {"choices": "ab"},
        {"toggle": True, "hi": 2},
        {"unit": "[Hz]"},
    ],
)
def test_faces_of_controls_that_cannot_be_meant(options: dict) -> None:
    hi = options.pop("hi", 1)
    with pytest.raises(krach.Error, match="KR0113"):
        krs.transpile(lambda: krs.control("x", 0, 0, hi, **options))
