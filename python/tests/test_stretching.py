"""`krs.sample(beats=…)`: another length at the same pitch."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import krach
import krach.dsp as krs

RATE = 48000
TONE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)

pytest.importorskip("python_stretch")


def heard(seconds: float, **how: float) -> np.ndarray:
    return krs.transpile(lambda: krs.sample(TONE, **how)).render(seconds)[0]


@pytest.mark.parametrize(("beats", "tempo", "seconds"), [(4, 120, 2.0), (1, 120, 0.5), (4, 96, 2.5)])
def test_a_recording_has_the_length_of_its_beats_at_its_own_pitch(
    beats: float, tempo: float, seconds: float
) -> None:
    sound = heard(seconds + 0.5, beats=beats, tempo=tempo)
    end = round(seconds * RATE)
    assert abs(sound[end:]).max() == 0
    middle = sound[end // 4 : end // 4 * 3]
    assert 0.4 < abs(middle).max() < 0.7
    spectrum = abs(np.fft.rfft(middle * np.hanning(len(middle)), 1 << 18))
    assert spectrum.argmax() * RATE / (1 << 18) == pytest.approx(440, abs=1)


def test_a_stroke_falls_on_its_place() -> None:
    click = np.zeros((2, RATE))
    click[:, 12000:12050] = 1
    sound = krs.transpile(lambda: krs.sample_stereo(click, beats=4)).render(2)
    assert sound.shape == (2, 2 * RATE)
    assert abs(int(abs(sound[0]).argmax()) - 24000) < 480, "within 10 ms of the middle of the second beat"
    assert abs(sound[0] - sound[1]).max() < 0.05 * abs(sound).max(), "both sides together"


def test_its_own_length_is_left_as_it_is() -> None:
    assert np.allclose(heard(1, beats=2), TONE, atol=1e-6)


def test_equal_sounds_are_stretched_to_equal_samples(tmp_path: Path) -> None:
    krach.write_wav(tmp_path / "tone.wav", TONE)
    first, again = (krs.transpile(lambda: krs.sample(tmp_path / "tone.wav", beats=3)).key for _ in range(2))
    assert first == again


@pytest.mark.parametrize("how", [{"beats": 0}, {"beats": -1}, {"beats": 1000}, {"beats": 4, "tempo": 0}])
def test_lengths_that_cannot_be_meant_are_refused(how: dict[str, float]) -> None:
    with pytest.raises(krach.Error, match="KR0113"):
        heard(0.1, **how)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_stretch", None)
    with pytest.raises(ImportError, match="pip install python-stretch"):
        heard(0.1, beats=3.3)
