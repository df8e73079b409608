"""Statements of a mixer that cannot be meant: what they say, and that they leave no trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import krach
import krach.dsp as krs
from krach.repl import LiveMixer


def tone() -> krs.Signal:
    return krs.saw(krs.control("freq", 110, 20, 2000)) * krs.control("gate", 0, 0, 1)


@pytest.fixture
def kr() -> LiveMixer:
    mixer = LiveMixer("off")
    mixer.node("bass", tone)
    return mixer


def test_a_batch_that_fails_leaves_no_scene_and_no_knob(kr: LiveMixer) -> None:
    kr.save("verse")
    kr.midi_map(1, "bass/freq", 20, 2000)
    maps, verse = kr.midi_maps, kr.scene("verse")

    def change() -> None:
        kr.tempo = 90
        kr.save("verse")
        kr.save("break")
        kr.midi_map(2, "bass/gain")
        kr.midi_learn("bass/pan")
        with kr.batch():
            kr.save("inner")
        assert kr.scenes == ["verse", "break", "inner"]
        raise KeyError

    with pytest.raises(KeyError), kr.batch():
        change()
    assert kr.scenes == ["verse"]
    assert kr.scene("verse") == verse
    assert kr.midi_maps == maps


def test_a_batch_keeps_its_scenes_and_knobs_at_its_end(kr: LiveMixer) -> None:
    def change() -> None:
        kr.save("inner")
        raise KeyError

    with kr.batch():
        kr.tempo = 90
        kr.save("slow")
        kr.midi_map(2, "bass/gain")
        with pytest.raises(KeyError), kr.batch():
            change()
    assert kr.scenes == ["slow"]
    assert kr.scene("slow").tempo == 90
    assert [knob.path for knob in kr.midi_maps] == ["bass/gain"]


def test_a_session_file_that_fails_leaves_no_scene(kr: LiveMixer, tmp_path: Path) -> None:
    (tmp_path / "jam.py").write_text("kr.save('a')\nkr.midi_map(3, 'bass/freq')\nkr.node('b', 3)\n")
    with pytest.raises(krach.Error, match=r"KR0117|KR0114"):
        kr.exec_file(tmp_path / "jam.py")
    assert kr.scenes == []
    assert not kr.midi_maps


@pytest.mark.parametrize("moment", [float("nan"), float("inf"), "soon", "", [1], np.array([1, 2])])
def test_a_moment_that_is_none_is_refused_before_the_block_runs(kr: LiveMixer, moment: object) -> None:
    steps = kr.history
    with pytest.raises(krach.Error, match="`at`"), kr.at(moment):  # type: ignore[arg-type]
        pytest.fail("the block has run")
    with pytest.raises(krach.Error, match="`at`"):
        kr.mute("bass", at=moment)  # type: ignore[arg-type]
    with pytest.raises(krach.Error, match="`at`"):
        kr.play("bass", "x", from_zero=True, at=moment)  # type: ignore[arg-type]
    assert kr.history == steps
    kr.tempo = 90
    assert len(kr.history) == len(steps) + 1, "no batch has stayed open"


def test_a_moment_that_is_no_number_is_a_bad_value(kr: LiveMixer) -> None:
    with pytest.raises(krach.InvalidValue, match="KR0904"):
        kr.hush("bass", at=float("nan"))


FLAGS: list[Callable[[LiveMixer, object], object]] = [
    lambda kr, flag: kr.solo("bass", flag),  # type: ignore[arg-type]
    lambda kr, flag: kr.render(seconds=0.01, stems=flag),  # type: ignore[call-overload]
    lambda kr, flag: kr.play("bass", "x", flag),  # type: ignore[arg-type]
    lambda kr, flag: kr.connect("bass", "bass", pre=flag),  # type: ignore[arg-type]
    lambda kr, flag: kr.record("take.wav", stems=flag),  # type: ignore[arg-type]
    lambda kr, flag: setattr(kr, "limiter", flag),
    lambda kr, flag: setattr(kr, "strict", flag),
]


@pytest.mark.parametrize("statement", FLAGS)
def test_an_array_is_neither_true_nor_false(
    kr: LiveMixer, statement: Callable[[LiveMixer, object], object]
) -> None:
    before = kr.history
    with pytest.raises(krach.InvalidType, match="is True or False, not"):
        statement(kr, np.array([1, 2]))
    assert kr.history == before


def test_stems_beyond_the_memory_are_refused_before_they_are_rendered(kr: LiveMixer) -> None:
    for name in ("a", "b", "c"):
        kr.node(name, tone)
    with pytest.raises(krach.InvalidValue, match="MB of memory") as raised:
        kr.render(seconds=4000, stems=True)
    assert "leave the stems out" in str(raised.value)
    with pytest.raises(krach.InvalidValue, match="MB of memory"):
        kr.render(seconds=80000, stems=True)
    with pytest.raises(krach.InvalidValue, match="MB of memory"):
        kr.render(seconds=80000)


LONG = "x" * 5000
STATEMENTS: list[Callable[[LiveMixer], object]] = [
    lambda kr: kr.exec_file(LONG),
    lambda kr: kr.export(LONG),
    lambda kr: kr.load(LONG),
    lambda kr: kr.render(seconds=0.01, path=LONG + ".wav"),
    lambda kr: kr.render(seconds=1e300),
    lambda kr: kr.render(bars=1e300),
    lambda kr: kr.preview(1e300),
    lambda kr: kr.node(LONG, tone),
    lambda kr: kr.recall(LONG),
    lambda kr: kr.why(LONG),
    lambda kr: kr.mod("bass/freq", LONG, 20, 100),
    lambda kr: setattr(kr, "tempo", -1e300),
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_message_about_a_huge_value_is_short(
    kr: LiveMixer, statement: Callable[[LiveMixer], object]
) -> None:
    with pytest.raises(krach.Error) as raised:
        statement(kr)
    assert len(str(raised.value)) < 700


def test_a_value_outside_its_range_warns_once_for_its_control_in_a_render() -> None:
    sound = krs.transpile(tone)
    events = [(frame, "gate", 3 + frame) for frame in range(9)]
    with pytest.warns(krach.OutOfRange) as warned:
        sound.render(frames=10, events=events, freq=5)
    texts = [str(warning.message) for warning in warned]
    assert len(texts) == 2
    assert "control `freq` is set to 20 instead of 5 [KR0405]" in texts[0]
    assert "the range of `gate` is 0..1" in texts[1]
    assert warned[0].filename == __file__


def test_notes_whose_pitch_nothing_hears_warn_in_a_render() -> None:
    deaf = krs.transpile(lambda: krs.white_noise() * krs.control("gate", 0, 0, 1))
    with pytest.warns(krach.OutOfRange, match="every note of .* has the same pitch"):
        deaf.render(frames=10, notes=[(0, 5, 60), (5, 5, 64)])
