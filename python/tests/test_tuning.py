"""Tunings: equal divisions and files of Scala."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import krach
import krach.dsp as krs
import krach.pattern as krp

# The format as M. Op de Coul describes it: comments, text after a note, cents and ratios, a lone number.
JUST = """! just.scl
!
Ptolemy's intense diatonic
 7
!
 9/8
 5/4  the third
 4/3
 701.955
! a comment between notes
 5/3 cents
 1088.269
 2
"""


@pytest.fixture
def just(tmp_path: Path) -> krp.Tuning:
    (tmp_path / "just.scl").write_text(JUST)
    return krp.scala(tmp_path / "just.scl", root=240.0)


def test_a_scala_file_gives_its_ratios_and_cents(just: krp.Tuning) -> None:
    assert just.name == "Ptolemy's intense diatonic"
    assert np.allclose(just[0:8], [240, 270, 300, 320, 360, 400, 450, 480], rtol=1e-6)
    assert just[-7] == pytest.approx(120)


@given(st.integers(1, 100), st.floats(1.1, 4), st.integers(-50, 50))
def test_equal_steps_are_equal_and_a_period_is_its_ratio(divisions: int, period: float, degree: int) -> None:
    tuning = krp.edo(divisions, period=period, root=440.0)
    degree = max(min(degree, 4 * divisions), -4 * divisions)
    assert tuning[degree + divisions] / tuning[degree] == pytest.approx(period)
    assert tuning[degree + 1] / tuning[degree] == pytest.approx(period ** (1 / divisions))


def test_twelve_steps_are_the_notes_of_midi() -> None:
    twelve = krp.edo(12, root="C4")
    assert np.allclose(twelve[-60:68], [krp.mtof(note) for note in range(128)])
    assert krp.edo(12, root=60) == krp.edo(12)


def test_degrees_sound_at_their_pitch(just: krp.Tuning) -> None:
    kr = krach.LiveMixer("off", master=1)
    kr.limiter = False
    tone = kr.node("tone", lambda: krs.sine_osc(krs.control("freq", 100, 20, 2000)), gain=0.5)
    tone @ just.seq(4).legato(1)
    heard = kr.render(bars=1)[0, 48000:]
    spectrum = abs(np.fft.rfft(heard * np.hanning(len(heard)), 8 * len(heard)))
    assert spectrum.argmax() / len(spectrum) * 24000 == pytest.approx(360, abs=0.2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it wants a title"),
        ("title\nmany\n2/1\n", "has 0 notes, where its count of notes says `many`"),
        ("title\n2\n2/1\n", "has 1 notes"),
        ("title\n1\nhigh\n", "`high` is neither cents, such as 701.955, nor a ratio"),
        ("title\n1\n2/0\n", "neither cents"),
        ("title\n1\n-3/2\n", "neither cents"),
        ("title\n1\nnan.\n", "neither cents"),
        ("title\n1\n1/1\n", "the last note is the period"),
        ("!" * (1 << 17), "more than 65536 bytes"),
    ],
)
def test_a_text_that_is_no_tuning_is_refused_with_its_reason(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "odd.scl").write_text(text)
    with pytest.raises(krach.Error) as caught:
        krp.scala(tmp_path / "odd.scl")
    assert caught.value.code == "KR0802"
    assert said in caught.value.message


@given(st.binary(max_size=200))
def test_any_bytes_are_a_tuning_or_an_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.mktemp("scl") / "any.scl"
    file.write_bytes(b"title\n1\n" + data)
    with contextlib.suppress(krach.InvalidValue):
        assert len(krp.scala(file)) == 1


def test_degrees_and_arguments_beyond_hearing_are_refused() -> None:
    with pytest.raises(krach.Error, match="no pitch that can be heard"):
        krp.edo(12)[10**9]
    with pytest.raises(krach.Error, match="divided into"):
        krp.edo(0)
    with pytest.raises(krach.Error, match="a ratio above 1"):
        krp.edo(12, period=1)
    with pytest.raises(krach.Error, match="above 0 Hz"):
        krp.edo(12, root=-1.0)
    with pytest.raises(krach.Error, match="KR0501"):
        krp.scala("no such.scl")


def test_the_keys_of_a_pattern_are_degrees_of_a_tuning() -> None:
    nineteen = krp.edo(19)
    line = krp.p("C4 [E4 G4] E4:0.5 <60 72> x B3?") | krp.note(440.0, 69)
    tuned = nineteen.tune(line)
    pitches = [
        (event.start, value)
        for event in tuned.query(0, 2)
        for _, name, value in event.changes
        if name == "freq"
    ]
    keys = [
        (event.start, value)
        for event in line.query(0, 2)
        for _, name, value in event.changes
        if name == "freq"
    ]
    assert len(pitches) >= len(keys) > 8
    degrees = {round(hertz, 6) for degree in (0, 4, 7, 12, -1, 9) for hertz in [nineteen[degree]]} | {440.0}
    assert {round(hertz, 6) for _, hertz in pitches} <= degrees
    assert nineteen.tune(tuned) == tuned, "pitches in Hz stay"
    octave = krp.edo(12).tune("C4 E4 B5")
    for one, other in zip(octave.query(), krp.p("C4 E4 B5").query(), strict=True):
        assert [value for _, _, value in one.changes] == pytest.approx(
            [value for _, _, value in other.changes]
        )


def test_the_tuning_of_a_session_is_that_of_the_patterns_it_plays(tmp_path: Path) -> None:
    (tmp_path / "just.scl").write_text(JUST)
    kr = krach.LiveMixer("off")
    keys = kr.node("keys", kr.synths.epiano)
    kr.tuning = tmp_path / "just.scl"
    assert kr.tuning == krp.scala(tmp_path / "just.scl")
    keys @ "C4 D4"
    kr.play("keys/gain", krp.p("0 1"))
    (_, second) = kr.slots["keys"].pattern.query()
    assert [value for _, name, value in second.changes if name == "freq"] == pytest.approx(
        [krp.mtof(60) * 5 / 4]  # two keys above C4, so degree 2
    )
    assert kr.slots["keys/gain"].pattern == krp.p("0 1"), "the values of a control are no keys"
    kr.tuning = 442
    assert kr.tuning == 442
    keys @ "C4 D4"
    assert kr.slots["keys"].pattern == krp.p("C4 D4")
    with pytest.raises(krach.Error, match="KR0501"):
        kr.tuning = "no.scl"
    assert kr.tuning == 442


def test_a_failed_batch_puts_the_tuning_back_and_an_export_keeps_it(tmp_path: Path) -> None:
    kr = krach.LiveMixer("off")
    kr.tuning = krp.edo(17)

    def fail() -> None:
        with kr.batch():
            kr.tuning = krp.edo(19)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert kr.tuning == krp.edo(17)
    with kr.batch():
        kr.tuning = krp.edo(19)
    assert kr.tuning == krp.edo(19)
    kr.export(tmp_path / "jam.py")
    other = krach.LiveMixer("off")
    other.exec_file(tmp_path / "jam.py")
    assert other.tuning == krp.edo(19)
