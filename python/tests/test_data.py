"""Sounds as data: seeds, keys, equality, copies, pickles, other processes, libraries."""

from __future__ import annotations

import copy
import itertools
import multiprocessing
import pickle
from pathlib import Path

import numpy as np
import pytest

import krach
import krach.dsp as krs


def hat(decay: float = 20.0):
    return krs.white_noise() * krs.exp(-decay * krs.control("age", 0, 0, 1, smooth=False))


def voice():
    freq = krs.control("freq", 440, 20, 20000)
    return krs.sine_osc(freq) * krs.control("gate", 0, 0, 1) * krs.control("gain", 1, 0, 1)


def louder(x):
    return x * krs.control("drive", 2, 0, 4, smooth=False)


def rendered(definition: krach.DspDef) -> list[float]:
    return definition.render(frames=8).ravel().tolist()


def test_equal_arguments_give_equal_bits_and_other_seeds_other_noise() -> None:
    sound = krs.transpile(hat)
    copies = [(seed, copy) for seed in (0, 1, 2, 0xFFFF_FFFF) for copy in (0, 1, 7)]
    heard = [sound.render(frames=500, seed=seed, instance=instance)[0] for seed, instance in copies]
    again = [sound.render(frames=500, seed=seed, instance=instance)[0] for seed, instance in copies]
    np.testing.assert_array_equal(heard, again)
    np.testing.assert_array_equal(heard[0], sound.render(frames=500)[0])
    for one, other in itertools.combinations(heard, 2):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.2


def test_a_seed_changes_noise_and_nothing_else() -> None:
    sound = krs.transpile(voice)
    plain = sound.render(frames=500, gate=1)
    np.testing.assert_array_equal(plain, sound.render(frames=500, gate=1, seed=5, instance=3))


def test_voices_of_one_seed_have_noise_of_their_own() -> None:
    noisy = krs.transpile(lambda: krs.white_noise() * krs.control("gate", 0, 0, 1))
    two = noisy.render(frames=400, notes=[(0, 400, 60), (0, 400, 60)])
    other = noisy.render(frames=400, notes=[(0, 400, 60), (0, 400, 60)], seed=1)
    assert not np.array_equal(two, other)


def test_equality_is_of_sound_and_precision_not_of_names() -> None:
    one, same = krs.transpile(hat), krs.transpile(hat, name="other")
    assert one == same
    assert hash(one) == hash(same)
    assert one.key == same.key == one.program.key
    assert len(one.key) == 64
    assert one.program == same.program
    different = [krs.transpile(hat, decay=21.0), krs.transpile(hat, precision="double"), krs.transpile(voice)]
    for other in different:
        assert one != other
    assert len({one, same, *different}) == 4
    assert one != "hat"
    assert one.program != 3


SOUNDS = [
    krs.transpile(hat),
    krs.transpile(voice, precision="double", name="organ"),
    krs.transpile(voice, voices=4, effect=louder),
    krs.transpile(lambda x: krs.rdtable([0.5, 0.25], x)),
    krach.faust('declare author "me"; process = _ : hbargraph("m [unit:dB]", 0, 1);'),
]


@pytest.mark.parametrize("sound", SOUNDS, ids=lambda sound: sound.name)
def test_pickles_keep_the_sound_and_its_text(sound: krach.DspDef) -> None:
    again = pickle.loads(pickle.dumps(sound))
    assert again == sound
    assert again.key == sound.key
    kept = ("name", "precision", "controls", "meters", "metadata", "voices", "source", "num_inputs", "faust")
    for field in kept:
        assert getattr(again, field) == getattr(sound, field), field
    assert (again.fn is None) == (sound.fn is None)
    assert rendered(again) == rendered(sound)
    assert pickle.loads(pickle.dumps(sound.program)) == sound.program
    assert copy.copy(sound) is copy.deepcopy(sound) is sound
    assert copy.deepcopy(sound.program) is sound.program


def test_a_pickle_holds_the_sound_files_that_it_plays(tmp_path: Path) -> None:
    krach.write_wav(tmp_path / "a.wav", [[0.5, -0.5, 0.25], [1, 0, 0]])
    text = f"process = 0, _ : soundfile(\"s [url:{{'{tmp_path / 'a.wav'}'}}]\", 2) : !, !, _, _;"
    player = krach.faust(text)
    inside = krs.transpile(lambda at: player(at)[0] * 2)
    voices = krs.transpile(lambda: krs.control("gate", 0, 0, 1), voices=2, effect=inside)
    kit = krach.build_library({"player": player}, tmp_path / "a.krlib")
    kept = [pickle.dumps(sound) for sound in (player, inside, voices, kit["player"])]
    (tmp_path / "a.wav").unlink()
    (tmp_path / "a.krlib").unlink()
    again = [pickle.loads(one) for one in kept]
    assert again == [player, inside, voices, kit["player"]]
    at = [[0, 1, 2]]
    assert again[0].render(inputs=at).tolist() == again[3].render(inputs=at).tolist()
    assert again[0].render(inputs=at).tolist() == [[0.5, -0.5, 0.25], [1, 0, 0]]
    assert again[1].render(inputs=at).tolist() == [[1, -1, 0.5]]
    assert again[2].render(frames=2, notes=[(0, 1, 60)]).shape == (1, 2)
    with pytest.raises(krach.Error, match=r"damaged sound.*KR0501"):
        krach._krach.parse_program(str(player.program), [b"no sound"])


def test_the_function_of_a_pickle_says_where_it_stayed() -> None:
    again = pickle.loads(pickle.dumps(SOUNDS[0]))
    with pytest.raises(krach.Error, match=r"comes from a pickle.*KR0114"):
        again.fn()


@pytest.mark.parametrize("part", [*SOUNDS[1].controls, *SOUNDS[4].meters], ids=lambda part: part.name)
def test_controls_and_meters_are_values(part: krach.Control | krach.Meter) -> None:
    again = pickle.loads(pickle.dumps(part))
    assert again == part
    assert hash(again) == hash(part)
    with pytest.raises(AttributeError):
        part.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools_of_processes_take_sounds(method: str) -> None:
    sounds = SOUNDS[:2]
    expected = [rendered(sound) for sound in sounds]
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.map(rendered, sounds) == expected


@pytest.mark.parametrize("sound", SOUNDS, ids=lambda sound: sound.name)
def test_the_text_form_is_read_back(sound: krach.DspDef) -> None:
    again = krach.program(str(sound.program), precision=sound.precision)
    assert again == sound
    assert str(again.program) == str(sound.program)


def test_text_that_is_no_program_is_drawn_at_its_place() -> None:
    with pytest.raises(krach.InvalidSyntax) as refused:
        krach.program('program "a"\n  %0 = nonsense\n')
    assert (refused.value.code, refused.value.line) == ("KR0201", 2)
    with pytest.raises(krach.Error, match="KR0114"):
        krach.program(b"program")  # type: ignore[arg-type]


def test_a_library_is_built_from_python(tmp_path: Path) -> None:
    sounds = {"hat": SOUNDS[0], "organ": SOUNDS[1], "louder": louder, "meter": SOUNDS[4]}
    kit = krach.build_library(sounds, tmp_path / "kit.krlib", rates=[44100, 48000])
    assert list(kit) == list(sounds)
    assert kit["hat"] == SOUNDS[0]
    assert kit["organ"].precision == "double"
    assert "def hat" in kit["hat"].source
    assert kit["meter"].fn is None
    assert rendered(kit["hat"]) == rendered(SOUNDS[0])
    first = (tmp_path / "kit.krlib").read_bytes()
    krach.build_library(sounds, tmp_path / "kit.krlib", rates=[44100, 48000])
    assert (tmp_path / "kit.krlib").read_bytes() == first
    again = pickle.loads(pickle.dumps(kit))
    assert rendered(again["organ"]) == rendered(pickle.loads(pickle.dumps(kit["organ"])))


def test_a_library_that_cannot_be_built_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "kit.krlib"
    krach.build_library({"hat": hat}, path)
    before = path.read_bytes()
    for code, sounds, rates in [
        ("KR0706", {"a/b": hat}, [48000]),
        ("KR0403", {"hat": hat}, [0]),
        ("KR0105", {"hat": lambda: "text"}, [48000]),
    ]:
        with pytest.raises(krach.Error) as refused:
            krach.build_library(sounds, path, rates=rates)
        assert refused.value.code == code
        assert refused.value.file == __file__
    assert path.read_bytes() == before


def test_voices_play_chords_through_one_effect() -> None:
    mono, organ = krs.transpile(voice), krs.transpile(voice, voices=4, effect=louder)
    assert (organ.voices, mono.voices) == (4, None)
    assert organ.effect is not None
    assert [control.name for control in organ.controls] == ["freq", "gate", "gain", "drive"]
    notes = [(0, 2000, 60), (100, 1000, 64)]
    np.testing.assert_allclose(
        organ.render(0.1, notes=notes, drive=3), 3 * mono.render(0.1, notes=notes), atol=1e-6
    )
    effect = krs.transpile(louder)
    assert krs.transpile(voice, voices=4, effect=effect) == organ
    again = krach.faust(organ.faust)
    assert (again.voices, again.effect is not None) == (4, True)
    np.testing.assert_allclose(again.render(0.1, notes=notes), organ.render(0.1, notes=notes), atol=1e-5)


def test_voices_that_cannot_be_are_refused() -> None:
    for asked in ({"voices": 0}, {"voices": 257}, {"voices": 1.5}, {"voices": "many"}, {"effect": louder}):
        with pytest.raises(krach.Error, match="KR0113"):
            krs.transpile(voice, **asked)
    with pytest.raises(krach.Error, match=r"control \"gain\".*KR0113"):
        krs.transpile(voice, voices=2, effect=lambda x: x * krs.control("gain", 1, 0, 1))
