"""MIDI files from patterns, and patterns from them."""

from fractions import Fraction
from pathlib import Path

import pytest

import krach
import krach.pattern as krp


def notes(pattern: krp.Pattern, cycles: int) -> list[tuple[Fraction, Fraction, int]]:
    """Start, end and key of each note."""
    found: list[tuple[Fraction, Fraction, int]] = []
    for event in pattern.query(0, cycles):
        for _, label, value in event.changes:
            if label == "freq":
                found.append((event.start, event.release, krp.ftom(value)))
    return sorted(found)


@pytest.mark.parametrize("meter", [(4, 4), (3, 4), (7, 8), (5, 16)])
def test_a_pattern_comes_back_from_its_file(tmp_path: Path, meter: tuple[int, int]) -> None:
    melody = (krp.seq("C4", None, krp.note("E4", "G4"), "B4") + krp.note("C5", vel=0.5)).over(2)
    melody.to_midi(tmp_path / "tune.mid", cycles=4, bpm=93.5, meter=meter)
    file = krp.read_midi(tmp_path / "tune.mid")
    assert file.meter == meter
    assert file.bpm == pytest.approx(93.5, abs=0.001)
    assert (file.cycles, list(file.parts)) == (4, ["pattern"])
    written, read = notes(melody, 4), notes(file.parts["pattern"], 4)
    assert [key for _, _, key in read] == [key for _, _, key in written]
    tick = Fraction(meter[1], 4 * meter[0] * 960)
    for (start, end, _), (start_read, end_read, _) in zip(written, read, strict=True):
        assert abs(start - start_read) <= tick
        assert abs(end - end_read) <= tick


def test_each_part_is_a_track_of_its_name(tmp_path: Path) -> None:
    parts = {"bass": krp.seq("A1", "A2"), "hat": krp.hit() * 8, "port": krp.midi_note(40, 100, 9)}
    krp.write_midi(tmp_path / "song.mid", parts, cycles=2)
    read = krp.read_midi(tmp_path / "song.mid").parts
    assert list(read) == ["bass", "hat", "port"]
    assert len(notes(read["hat"], 2)) == 16
    assert {key for _, _, key in notes(read["hat"], 2)} == {60}
    assert [key for _, _, key in notes(read["port"], 2)] == [40, 40]


def test_control_values_are_left_out_and_silence_is_a_file(tmp_path: Path) -> None:
    krp.write_midi(tmp_path / "quiet.mid", krp.sine(200, 800) | krp.rest())
    assert krp.read_midi(tmp_path / "quiet.mid").parts == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cycles": 0}, "`cycles` is 1–100000, got 0"),
        ({"bpm": 0}, "`bpm` is 4–6000 in a MIDI file, got 0"),
        ({"bpm": float("nan")}, "got NaN"),
        ({"meter": (7, 7)}, "such as (7, 8), not (7, 7)"),
        ({"meter": (0, 4)}, "not (0, 4)"),
    ],
)
def test_wrong_options_are_named_and_write_nothing(
    tmp_path: Path, options: dict[str, float], message: str
) -> None:
    with pytest.raises(krach.Error, match="KR0802") as raised:
        krp.hit().to_midi(tmp_path / "x.mid", **options)  # pyright: ignore[reportArgumentType]
    assert message in str(raised.value)
    assert raised.value.file == __file__
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "song.mid").write_bytes(b"RIFF....WAVE")
    for path in [tmp_path / "song.mid", tmp_path / "missing.mid", tmp_path]:
        with pytest.raises(krach.Error, match="KR0501"):
            krp.read_midi(path)
    with pytest.raises(krach.Error, match="KR0502"):
        krp.hit().to_midi(tmp_path)
