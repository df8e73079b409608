"""Samples from and to files and other packages: shapes, types, `read_wav`, `write_wav`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import krach
import krach.dsp as krs


def refused(ask) -> str:
    with pytest.raises(krach.Error) as raised:
        ask()
    return f"{raised.value}"


@pytest.mark.parametrize(("bits", "step"), [(16, 2**-15), (24, 2**-23), ("float", 0)])
def test_sound_written_and_read_again_is_the_same_to_its_bits(tmp_path: Path, bits, step: float) -> None:
    sound = np.random.default_rng(1).uniform(-1, 1, (3, 100)).astype(np.float32)
    krach.write_wav(tmp_path / "a.wav", sound, 22050, bits=bits)
    again, rate = krach.read_wav(tmp_path / "a.wav")
    assert (again.dtype, again.shape, rate) == (np.float32, (3, 100), 22050)
    assert np.abs(again - sound).max() <= 2 * step


def test_pythons_own_wave_module_reads_16_bit_files(tmp_path: Path) -> None:
    import wave

    krach.write_wav(tmp_path / "a.wav", [[0.5, -1], [2, 0]], 8000, bits=16)
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 8000, 2)
        assert np.frombuffer(file.readframes(2), np.int16).tolist() == [16384, 32767, -32767, 0]


@pytest.mark.parametrize("bits", [8, 32, "16", None, 24.5])
def test_other_bits_are_refused(tmp_path: Path, bits) -> None:
    assert "KR0113" in refused(lambda: krach.write_wav(tmp_path / "a.wav", [0.0], bits=bits))


@pytest.mark.parametrize("shape", [(257, 2), (48000, 2), (70000, 1)])
def test_frames_by_channels_is_not_written_but_asks_for_its_transpose(tmp_path: Path, shape) -> None:
    said = refused(lambda: krach.write_wav(tmp_path / "a.wav", np.zeros(shape)))
    assert "KR0407" in said
    assert "sound.T" in said
    assert not (tmp_path / "a.wav").exists()


def test_frames_by_channels_is_not_rendered_but_asks_for_its_transpose() -> None:
    stereo = krs.transpile(lambda x, y: (x, y))
    assert "sound.T" in refused(lambda: stereo.render(inputs=np.zeros((48000, 2))))
    mono = krs.transpile(lambda x: x)
    assert "sound.T" in refused(lambda: mono.render(inputs=np.zeros((480, 1))))


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("int8", "sound / 128"),
        ("int16", "sound / 32768"),
        ("int32", "sound / 2147483648"),
        ("uint8", "subtract 128, then divide by 128"),
        ("int64", "divide by the largest value"),
        ("uint64", "divide by the largest value"),
    ],
)
def test_whole_numbers_of_sound_files_ask_for_their_division(tmp_path: Path, kind: str, said: str) -> None:
    sound = np.full((1, 8), 100, kind)
    effect = krs.transpile(lambda x: x)
    for ask in (
        lambda: effect.render(inputs=sound),
        lambda: effect.render(inputs=[sound[0]]),
        lambda: krach.write_wav(tmp_path / "a.wav", sound),
        lambda: krach.play(sound),
    ):
        assert said in refused(ask)
        assert "KR0407" in refused(ask)
    assert effect.render(inputs=[[0, 1, -1]]).tolist() == [[0, 1, -1]]


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (np.ones(4, "complex64"), "sound.real"),
        (np.array(["1", "2"]), "sound.astype(float)"),
        (np.zeros(3, "datetime64[s]"), "sound.astype(float)"),
        (np.ma.array([0.5, 0.25], mask=[False, True]), "sound.filled(0)"),
        (np.array(0.5), "the shape (channels, frames), not ()"),
        (0.5, "the shape (channels, frames), not ()"),
        (np.zeros((1, 1, 5)), "the shape (channels, frames), not (1, 1, 5)"),
        ([10**400, 1], "not `["),
        ((part for part in (0.5, 1)), "not a generator"),
        (object(), "not an object"),
        ({"left": [1]}, "not a dict"),
        ("text", "sound.astype(float)"),
        ([[1], [[2]]], "one row of numbers for each channel"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_things_that_are_no_samples_are_refused_with_a_remedy(sound: object, said: str) -> None:
    assert said in refused(lambda: krs.transpile(lambda x: x).render(inputs=sound))


@pytest.mark.parametrize("kind", ["float16", "float64", "longdouble", ">f4", "bool", "object"])
def test_other_numbers_become_samples(kind: str) -> None:
    sound = np.array([1, 0]).astype(kind)
    assert krs.transpile(lambda x: x).render(inputs=sound).tolist() == [[1, 0]]
    assert krs.transpile(lambda x: x).render(inputs=np.asfortranarray(sound)[::-1]).tolist() == [[0, 1]]


def test_short_and_missing_channels_end_in_silence(tmp_path: Path) -> None:
    mix = krs.transpile(lambda x, y: (x, y))
    assert mix.render(inputs=[[1, 2], [3]]).tolist() == [[1, 2], [3, 0]]
    assert mix.render(inputs=[None, np.array([1.0, 2.0])]).tolist() == [[0, 0], [1, 2]]
    assert mix.render(frames=1, inputs=[None, None]).tolist() == [[0], [0]]
    krach.write_wav(tmp_path / "a.wav", [[1, 2], [3]])
    assert krach.read_wav(tmp_path / "a.wav")[0].tolist() == [[1, 2], [3, 0]]


def test_an_effect_lasts_as_long_as_its_input() -> None:
    half = krs.transpile(lambda x: x / 2)
    for frames in (0, 1, 44101, 100_003):
        assert half.render(sample_rate=44100, inputs=np.ones(frames)).shape == (1, frames)
        assert half.render(sample_rate=44100, frames=frames).shape == (1, frames)
    said = refused(lambda: half.render())
    assert "KR0408" in said
    assert "frames=" in said


def test_files_that_hold_no_sound_say_why(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("not a sound")
    assert "KR0501" in refused(lambda: krach.read_wav(tmp_path / "text.wav"))
    said = refused(lambda: krach.read_wav(tmp_path / "tex.wav"))
    assert "text.wav" in said
