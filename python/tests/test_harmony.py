"""Scales, chords, arpeggios and drum grids."""

import pytest

import krach
import krach.pattern as krp
from krach.pattern.harmony import Direction


def keys(pattern: krp.Pattern) -> list[int]:
    changes = [change for event in pattern.query() for change in event.changes]
    return [krp.ftom(value) for _, label, value in changes if label == "freq"]


def test_degrees_of_a_scale_go_up_and_down() -> None:
    scale = krp.scale("C major")
    assert scale[0] == 60
    assert scale[-1] == 59
    assert scale[-7:8] == (48, 50, 52, 53, 55, 57, 59, 60, 62, 64, 65, 67, 69, 71, 72)
    assert list(scale) == [60, 62, 64, 65, 67, 69, 71]
    assert len(krp.scale("A minor pentatonic")) == 5
    assert krp.scale("C") == krp.scale("C")
    assert {krp.scale("C"): 1}[krp.scale("C")] == 1


def test_a_melody_of_degrees_holds_chords_rests_and_patterns() -> None:
    melody = krp.scale("A minor", octave=3).seq(0, None, (0, 2, 4), krp.note("E5"), vel=0.5, cutoff=900)
    assert keys(melody) == [57, 57, 60, 64, 76]
    assert str(melody.query()[0].start) == "0"
    labels = [label for _, label, _ in melody.query()[0].changes]
    assert labels[:3] == ["freq", "vel", "cutoff"]


def test_chords_of_a_scale_are_every_second_degree() -> None:
    scale = krp.scale("C major")
    assert [scale.chord(degree) for degree in (0, 1, 6)] == [(60, 64, 67), (62, 65, 69), (71, 74, 77)]
    assert scale.chord(4, size=4) == krp.chord("G7")


def test_chords_by_name() -> None:
    assert krp.chord("Am7", octave=3) == (57, 60, 64, 67)
    assert krp.chord("C/G") == (55, 60, 64)
    assert keys(krp.chords("Am", None, "F")) == [69, 72, 76, 65, 69, 72]
    assert keys(krp.note(*krp.chord("Am7"))) == [69, 72, 76, 79]


def test_every_kind_that_is_listed_can_be_asked_for() -> None:
    for kind, steps in krp.SCALES.items():
        assert krp.scale(f"D {kind}").steps == steps
    for kind, steps in krp.CHORDS.items():
        assert krp.chord(f"D{kind}", octave=3) == tuple(50 + step for step in steps)


@pytest.mark.parametrize(
    ("direction", "notes"),
    [("up", (0, 4, 7)), ("down", (7, 4, 0)), ("up-down", (0, 4, 7, 4)), ("down-up", (7, 4, 0, 4))],
)
def test_an_arpeggio_turns_without_playing_a_note_twice(direction: Direction, notes: tuple[int, ...]) -> None:
    assert krp.arpeggio((60, 64, 67), direction) == tuple(60 + note for note in notes)
    assert krp.arpeggio((60,), direction) == (60,)
    assert krp.arpeggio((), direction) == ()


def test_a_grid_is_read_step_by_step() -> None:
    kit = krp.grid({"kick": "X... x... | x.5. ....", "hat": "oxo"})
    assert list(kit) == ["kick", "hat"]
    onsets = [
        (event.start * 16, {label: value for _, label, value in event.changes[:1]})
        for event in kit["kick"].query()
    ]
    assert [int(at) for at, _ in onsets] == [0, 4, 8, 10]
    assert [change.get("vel", 1.0) for _, change in onsets] == [1.0, 0.8, 0.8, 5 / 9]
    assert len(kit["hat"].query()) == 3


@pytest.mark.parametrize(
    ("wrong", "message", "help"),
    [
        (lambda: krp.scale("C minr"), "there is no scale `C minr`", "did you mean `C minor`?"),
        (lambda: krp.scale(""), "there is no scale ``", "write a tonic"),
        (lambda: krp.chord("H7"), "there is no chord `H7`", "write a root"),
        (lambda: krp.scale("C")[100], "degree 100 lies outside", ""),
        (lambda: krp.scale("C", 9), "outside octaves 0–8", ""),
        (lambda: krp.chord("C", octave=10**30), "more than 64 bits", ""),
        (lambda: krp.chord("C", inversion=-1), "counts the notes that move up", ""),
        (lambda: krp.scale("C").chord(0, 9), "has 1–7 notes, got 9", ""),
        (lambda: krp.arpeggio((60,), "sideways"), "got 'sideways'", ""),  # pyright: ignore[reportArgumentType]
        (lambda: krp.arpeggio((60,), octaves=0), "is 1–8, got 0", ""),
        (lambda: krp.grid("x.y."), "the grid has 'y' at place 3", "write `x`"),
        (lambda: krp.grid({"kick": " "}), "the line 'kick' has no steps", "write `x`"),
    ],
)
def test_wrong_harmony_says_what_to_write(wrong: object, message: str, help: str) -> None:
    assert callable(wrong)
    with pytest.raises(krach.Error, match="KR080") as raised:
        wrong()
    assert message in str(raised.value)
    assert help in str(raised.value)
    assert raised.value.file == __file__


def test_a_tonic_that_does_not_exist_is_not_suggested() -> None:
    with pytest.raises(krach.Error, match="there is no scale `H major`") as raised:
        krp.scale("H major")
    assert "did you mean" not in str(raised.value)
