"""Controls: which are smoothed, from where, and how they are turned."""

from __future__ import annotations

import numpy as np
import pytest

import krach
import krach.dsp as krs
from engines import each_engine, render

RAW = [
    "gate", "my_gate", "gate_2", "TRIG", "trig", "Trigger", "drum/gate", "kit/kick_trig",
    "freq", "pitch", "note", "key", "vel", "velocity", "gain", "osc/freq",
]  # fmt: skip
SMOOTHED = ["gateway", "triggered", "cutoff", "freq2", "my_gain", "gate/level", "Freq", "aggregate"]


def jump(name: str, **options: object) -> np.ndarray:
    return render(lambda: krs.control(name, 0.5, 0, 1, **options), 100, events=[(10, name, 1.0)])[0]


@pytest.mark.parametrize("name", RAW)
def test_not_smoothed(name: str) -> None:
    assert jump(name).tolist() == [0.5] * 10 + [1.0] * 90


@pytest.mark.parametrize("name", SMOOTHED)
def test_smoothed_from_its_start(name: str) -> None:
    heard = jump(name)
    np.testing.assert_allclose(heard[:10], 0.5)
    expected = 1 - 0.5 * (1 - 44.1 / 48000) ** np.arange(1, 91)
    np.testing.assert_allclose(heard[10:], expected, rtol=1e-9)


def test_smoothing_is_chosen() -> None:
    assert jump("cutoff", smooth=False).tolist() == [0.5] * 10 + [1.0] * 90
    assert jump("cutoff", smooth=0).tolist() == [0.5] * 10 + [1.0] * 90
    np.testing.assert_allclose(jump("freq", smooth=True), jump("cutoff"))
    pole = np.exp(-1 / (0.06 * 48000))
    expected = 1 - 0.5 * pole ** np.arange(1, 91)
    np.testing.assert_allclose(jump("freq", smooth=0.06)[10:], expected, rtol=1e-9)


@each_engine
def test_a_control_at_rest_stays_at_its_start(engine: str, precision: str) -> None:
    heard = render(lambda: krs.control("cutoff", 800, 100, 8000), 1000, engine, precision)
    np.testing.assert_allclose(heard, 800, rtol=1e-6)


def test_values_are_clamped() -> None:
    sound = krs.transpile(lambda: krs.control("level", 0, -1, 1, smooth=False))
    with pytest.warns(krach.OutOfRange, match="set to 1 instead of 7"):
        assert sound.render(1 / 48000, level=7)[0, 0] == 1
    with pytest.warns(krach.OutOfRange, match="set to -1 instead of -7"):
        assert sound.render(1 / 48000, events=[(0, "level", -7)])[0, 0] == -1


def test_values_are_not_quantised() -> None:
    sound = krs.transpile(lambda: krs.control("level", 0, -1, 1, step=0.5, smooth=False))
    assert sound.render(1 / 48000, level=0.3, dtype="float64", precision="double")[0, 0] == 0.3


def test_one_name_is_one_control() -> None:
    def twice():
        return krs.control("level", 0, 0, 1) + krs.control("level", 0, 0, 1)

    assert [c.name for c in krs.transpile(twice).controls] == ["level"]


def test_another_meaning_of_a_name_is_refused_and_shows_the_first() -> None:
    def conflict():
        first = krs.control("level", 0, 0, 1)
        return first + krs.control("level", 0, 0, 2)

    with pytest.raises(krach.Error) as refused:
        krs.transpile(conflict)
    assert refused.value.code == "KR0108"
    (label,) = refused.value.labels
    assert label.place.line == (refused.value.line or 0) - 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("x", 2, 0, 1), "KR0107"),
        (("x", 0, 1, -1), "KR0107"),
        (("x", 0, 0, 1, 0), "KR0107"),
        (("x", 0, 0, 1, -1), "KR0107"),
        (("x", float("nan"), 0, 1), "KR0103"),
        (("x", 0, 0, float("inf")), "KR0103"),
        (("", 0, 0, 1), "KR0109"),
        (("a\nb", 0, 0, 1), "KR0109"),
        ((3, 0, 0, 1), "KR0109"),
        (("x", "0", 0, 1), "KR0104"),
        (("x", None, 0, 1), "KR0104"),
    ],
)
def test_controls_that_cannot_be_meant(arguments: tuple[object, ...], code: str) -> None:
    with pytest.raises(krach.Error) as refused:
        krs.transpile(lambda: krs.control(*arguments))
    assert refused.value.code == code


@pytest.mark.parametrize("smooth", [-1, float("nan"), float("inf"), "fast"])
def test_smoothing_that_cannot_be_meant(smooth: object) -> None:
    with pytest.raises(krach.Error):
        krs.transpile(lambda: krs.control("x", 0, 0, 1, smooth=smooth))


def test_odd_names_work() -> None:
    for name in ['say "hi"', "cut[unit:Hz]", "a/b", "ä ö", "process", "1st"]:
        sound = krs.transpile(lambda name=name: krs.control(name, 0, 0, 1, smooth=False))
        assert sound.render(1 / 48000, controls={name: 0.5})[0, 0] == 0.5
        assert sound.faust


@each_engine
def test_a_smoothed_control_starts_settled_at_the_value_it_is_born_with(engine: str, precision: str) -> None:
    def cutoff():
        return krs.control("cutoff", 100, 0, 10_000), krs.control("slow", 1, 0, 1, smooth=0.1)

    heard = render(cutoff, 2400, engine, precision, cutoff=5000.0, slow=0.25)
    np.testing.assert_allclose(heard[0], 5000, rtol=1e-6)
    np.testing.assert_allclose(heard[1], 0.25, rtol=1e-6)


def test_no_note_begins_with_a_sweep_of_its_controls() -> None:
    def voice():
        gate = krs.control("gate", 0, 0, 1)
        return krs.control("cutoff", 100, 0, 10_000) * gate

    sound = krs.transpile(voice)
    notes = [(4800, 1000, 62), (9600, 1000, 62)]
    heard = sound.render(0.5, notes=notes, cutoff=5000)[0]
    np.testing.assert_allclose(heard[4800:5800], 5000, rtol=1e-6)
    turned = sound.render(0.5, notes=notes, events=[(2000, "cutoff", 5000)])[0]
    np.testing.assert_allclose(turned[9600:10600], 5000, rtol=1e-6)


def test_a_smoothed_control_has_the_bounds_of_its_range() -> None:
    sound = krs.transpile(lambda x: krs.delay(x, krs.control("time", 100, 0, 9600)))
    assert "max 9600" in str(sound.program)


def test_a_smoothed_control_keeps_the_lower_bound_of_its_range() -> None:
    sound = krs.transpile(lambda x: krs.delay(x, krs.sr() / krs.control("pitch", 100, 50, 1000, smooth=True)))
    assert sound.num_inputs == 1


def test_printed_faust_keeps_unit_scale_choices_and_toggle() -> None:
    def tone() -> krs.Signal:
        freq = krs.control("freq", 440, 20, 2000, unit="Hz", scale="log")
        wave = krs.control("wave", 0, 0, 1, choices=["sine", "saw"])
        # A checkbox of Faust starts at 0; a toggle that starts at 1 is printed as a number box.
        return freq * wave * krs.control("on", 0, 0, 1, toggle=True)

    sound = krs.transpile(tone)
    again = krach.faust(sound.faust)
    shown = [{(c.name, c.kind, *c.metadata) for c in read.controls} for read in (sound, again)]
    assert shown[0] == shown[1]
    assert ("unit", "Hz") in next(c for c in again.controls if c.name == "freq").metadata
