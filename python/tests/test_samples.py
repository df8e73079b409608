"""Recordings from files and arrays: `krs.sample`, `krs.sample_stereo`, `krach.samples`."""

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import krach
from krach import krs
from krach.stock import kit as kit_of_stock
from krach.stock import synths
from krach.stock.kit import free_kit

RATE = 48000
RAMP = np.arange(1, 9) / 8


def heard(function: Callable[[], object], frames: int) -> np.ndarray:
    return krs.transpile(function).render(frames / RATE)


def test_the_part_between_start_and_end_plays() -> None:
    assert heard(lambda: krs.sample(RAMP, start=0.25, end=0.75), 6)[0].tolist() == [*RAMP[2:6], 0, 0]
    assert heard(lambda: krs.sample(RAMP, start=0.75, end=1, loop=True), 5)[0].tolist() == [
        *RAMP[[6, 7, 6, 7, 6]]
    ]
    assert heard(lambda: krs.sample(RAMP, slice=(1, 4), loop=True), 3)[0].tolist() == [*RAMP[[2, 3, 2]]]
    assert heard(lambda: krs.sample(RAMP, slice=(9, 4)), 3)[0].tolist() == [*RAMP[6:], 0], "held within 0..3"


def test_a_negative_rate_plays_backwards_from_the_end() -> None:
    assert heard(lambda: krs.sample(RAMP, rate=-1, start=0.5), 5)[0].tolist() == [*RAMP[:3:-1], 0]


def test_between_the_last_and_the_first_sample_of_a_loop_lies_a_line() -> None:
    sound = heard(lambda: krs.sample([0, 1, 5, 5], rate=0.5, end=0.5, loop=True), 5)
    assert sound[0].tolist() == [0, 0.5, 1, 0.5, 0]


def test_channels_are_mixed_or_kept() -> None:
    stereo = np.array([[1, 0.5], [0, -0.5]])
    assert heard(lambda: krs.sample(stereo), 2).tolist() == [[0.5, 0]]
    assert heard(lambda: krs.sample_stereo(stereo), 2).tolist() == stereo.tolist()
    assert heard(lambda: krs.sample_stereo([1, 0.5]), 2).tolist() == [[1, 0.5], [1, 0.5]]


def test_a_file_is_the_array_that_was_written(tmp_path: Path) -> None:
    krach.write_wav(tmp_path / "hit.wav", [RAMP, -RAMP])
    assert heard(lambda: krs.sample_stereo(tmp_path / "hit.wav"), 8).tolist() == [[*RAMP], [*-RAMP]]
    krach.write_wav(tmp_path / "hit.wav", [RAMP[:2]])
    changed = heard(lambda: krs.sample(str(tmp_path / "hit.wav")), 3)
    assert changed[0].tolist() == [*RAMP[:2], 0], "a file that has changed is read again"


def test_a_file_of_another_rate_keeps_its_pitch(tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 441 * np.arange(44100) / 44100)
    krach.write_wav(tmp_path / "tone.wav", [tone], 44100)
    sound = heard(lambda: krs.sample(tmp_path / "tone.wav"), RATE)[0]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(RATE)))
    assert int(np.argmax(spectrum)) == 441


def test_a_folder_is_chosen_from_by_number(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        krach.write_wav(tmp_path / f"{number}.wav", [[number / 4]])
    (tmp_path / "notes.txt").write_text("no sound")
    chosen = [float(heard(lambda n=n: krs.sample(tmp_path, n=n), 1)[0, 0]) for n in range(4)]
    assert chosen == [0.25, 0.5, 0.75, 0.25]


def test_long_recordings_are_not_printed_and_travel_with_the_program() -> None:
    noise = np.random.default_rng(1).uniform(-1, 1, 100_000)
    sound = krs.transpile(lambda: krs.sample(noise), name="noise")
    assert len(str(sound.program)) < 10_000
    again = pickle.loads(pickle.dumps(sound))
    np.testing.assert_array_equal(again.render(0.01), noise[None, :480].astype(np.float32))


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    krach.write_wav(tmp_path / "snare.wav", [RAMP])
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.wav").write_text("no sound")
    for path, said in [
        (tmp_path / "snaer.wav", "did you mean `snare.wav`?"),
        (tmp_path / "empty", "has no sound file"),
        (tmp_path / "text.wav", "is not a WAV, FLAC, MP3 or Ogg Vorbis file"),
    ]:
        with pytest.raises(krach.Error, match="KR0501") as raised:
            heard(lambda path=path: krs.sample(path), 1)
        assert said in str(raised.value)
        assert raised.value.file == __file__
    for wrong in ([], [[1, 2], []], ["a"], [float("nan")], np.zeros((2, 2, 2)), None):
        with pytest.raises(krach.Error):
            heard(lambda wrong=wrong: krs.sample(wrong), 1)  # pyright: ignore[reportArgumentType]
    with pytest.raises(krach.Error, match="KR0113"):
        heard(lambda: krs.sample(RAMP, slice=(0, 0)), 1)


def test_a_folder_of_samples_is_a_kit(tmp_path: Path) -> None:
    krach.write_wav(tmp_path / "kick.wav", [RAMP])
    (tmp_path / "hats").mkdir()
    krach.write_wav(tmp_path / "hats" / "open.wav", [-RAMP])
    kit = krach.samples(tmp_path)
    assert list(kit) == ["hats", "kick"]
    sound = kit["kick"].render(10 / RATE, gate=1)
    assert sound.tolist() == [[*RAMP, 0, 0]] * 2
    assert kit["kick"] is kit["kick"]
    assert "hats, kick" in repr(kit)
    with pytest.raises(KeyError, match=r"did you mean `kick`\?"):
        kit["kik"]
    with pytest.raises(krach.Error, match="KR0501"):
        krach.samples(tmp_path / "missing")


def test_the_free_kit_is_made_once_from_the_stock_sounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KRACH_DATA", str(tmp_path / "data"))
    kit = krach.samples()
    folder = free_kit()
    assert folder.is_relative_to(tmp_path / "data")
    assert list(kit) == sorted([*synths.families["drums"], *kit_of_stock.NOTES])
    made = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    for name in kit:
        sound, rate = krach.read_wav(folder / f"{name}.wav")
        assert (rate, sound.shape[0]) == (48000, 1)
        assert 0.1 < abs(sound).max() <= 1
        assert abs(sound[0, -1]) < 1e-4, f"{name} ends with a click"
    (folder / "kick.wav").unlink()
    krach.samples()
    again = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert again.keys() == made.keys()
    assert {name for name in made if again[name] != made[name]} == {"kick.wav"}
    heard = kit["kick"].render(0.4, gate=1)[0]
    assert np.allclose(heard, krach.read_wav(folder / "kick.wav")[0][0][:19200], atol=1e-4)


def test_a_folder_that_cannot_be_made_is_an_error_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KRACH_DATA", str(tmp_path / "file"))
    with pytest.raises(krach.Error, match="KR0502") as caught:
        krach.samples()
    assert "KRACH_DATA" in caught.value.help[0]


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"KRACH_DATA": "/own"}, "/own"),
        ({"XDG_DATA_HOME": "/data"}, "/data/krach"),
        ({"HOME": "/me"}, "/me/.local/share/krach"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other folders")
def test_data_lies_where_the_system_keeps_it(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], folder: str
) -> None:
    for name in ("KRACH_DATA", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert kit_of_stock.data_folder() == Path(folder)


@pytest.mark.parametrize("folder", [3, 0.5, "a\0b"])
def test_a_folder_of_samples_that_is_no_path_is_an_error_of_krach(folder: Any) -> None:
    with pytest.raises(krach.Error, match=r"is a text or a pathlib.Path, not .* \[KR0501\]"):
        krach.samples(folder)
