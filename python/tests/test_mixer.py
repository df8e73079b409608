"""The mixer: nodes, routes, levels, patterns, batches, scenes, and the session rendered off-line."""

from __future__ import annotations

import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest

import krach
import krach.dsp as krs
import krach.pattern as krp
from krach.repl import LiveMixer


def gate() -> krs.Signal:
    """A gate, and nothing else: its samples show where notes begin and end."""
    return krs.control("gate", 0, 0, 1)


def tone() -> krs.Signal:
    return krs.saw(krs.control("freq", 110, 20, 2000)) * krs.control("gate", 0, 0, 1)


def through(inp: krs.Signal) -> krs.Signal:
    return inp * 1


@pytest.fixture
def kr() -> LiveMixer:
    mixer = LiveMixer("off", master=0.05)
    mixer.limiter = False
    return mixer


def rises(sound: np.ndarray) -> list[int]:
    """The frames on which a sound rises."""
    before = np.concatenate([[0], sound[0][:-1]])
    return np.nonzero(sound[0] > before + 0.001)[0].tolist()


def test_python_keeps_no_copy_of_the_truth() -> None:
    assert krach.Mixer.__slots__ == ("_session",)
    assert not hasattr(krach.LiveMixer(), "__dict__")
    assert not hasattr(krach.LiveMixer("off").node("a", gate), "__dict__")


def test_importing_kr_opens_no_device_and_makes_one_mixer() -> None:
    code = "import sys; from krach import kr; import krach; assert krach.kr is kr; print(kr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "LiveMixer(0 nodes)\n"


@pytest.mark.parametrize(
    ("meter", "bar"), [(3, 72_000), (4, 96_000), (5, 120_000), (7, 168_000), (3.5, 84_000)]
)
def test_onsets_fall_on_their_frames_in_every_meter(kr: LiveMixer, meter: float, bar: int) -> None:
    kr.meter = meter
    kr.node("a", gate, gain=1) @ "x x . x"
    sound = kr.render(bars=2)
    assert sound.shape == (2, 2 * bar)
    assert sound.dtype == np.float32
    assert rises(sound) == sorted(start * bar + at * bar // 4 for start in (0, 1) for at in (0, 1, 3))


def test_four_notes_over_three_bars_and_swing_are_exact(kr: LiveMixer) -> None:
    kr.node("a", gate, gain=1) @ (krp.hit() * 4).over(3)
    assert rises(kr.render(bars=3)) == [0, 72_000, 144_000, 216_000]
    kr.play("a", krp.hit() * 8, swing=2 / 3)
    wanted = [beat * 24_000 + late for beat in range(4) for late in (0, 16_000)]
    assert rises(kr.render(bars=1)) == wanted


def test_a_render_is_the_same_again_and_chance_follows_the_seed(kr: LiveMixer) -> None:
    kr.node("a", gate, gain=1) @ (krp.hit() * 16).thin(0.5)
    first = kr.render(bars=2)
    assert np.array_equal(first, kr.render(bars=2))
    assert not np.array_equal(first, kr.render(bars=2, seed=1))
    kr.seed = 1
    assert np.array_equal(kr.render(bars=2), kr.render(bars=2, seed=1))


def test_stems_of_what_is_at_the_master_add_up_to_it(kr: LiveMixer) -> None:
    bass, pad, verb = kr.node("bass", tone), kr.node("pad", gate), kr.node("verb", through, gain=0.25)
    bass >> (verb, 0.4)
    pad.out(verb)
    bass @ "A1 C2"
    pad @ "x x x"
    stems = kr.render(seconds=0.5, stems=True)
    assert sorted(stems) == ["bass", "master", "pad", "verb"]
    assert np.array_equal(stems["master"], kr.render(seconds=0.5))
    whole = 0.05 * (stems["bass"] + stems["verb"])
    assert np.abs(whole - stems["master"]).max() < 1e-6
    assert stems["pad"].any(), "it goes into the effect only"


def test_a_render_is_written_with_its_stems(kr: LiveMixer, tmp_path: object) -> None:
    kr.node("drums/kick", gate) @ "x x"
    stems = kr.render(seconds=0.1, path="out.wav", stems=True)
    for file, name in [("out.wav", "master"), ("out.drums.kick.wav", "drums/kick")]:
        sound, rate = krach.read_wav(file)
        assert rate == 48000
        assert np.array_equal(sound, stems[name])


@pytest.mark.parametrize(
    "length",
    [{"bars": -1}, {"seconds": -1}, {"bars": 1, "seconds": 1}, {"seconds": float("nan")}, {"bars": 1e9}],
)
def test_a_length_that_cannot_be_rendered_is_refused(kr: LiveMixer, length: dict[str, float]) -> None:
    with pytest.raises(krach.Error, match=r"KR0408|KR0802|KR0803"):
        kr.render(**length)


def test_a_batch_that_raises_changes_nothing(kr: LiveMixer) -> None:
    kr.node("bass", tone, freq=220) @ "A1"
    before = (repr(kr), kr.ctrl_values, kr.slots, kr.tempo, kr.history)

    def fails() -> None:
        with kr.batch():
            kr.node("bass", lambda: tone() * 0.5)
            kr.node("lead", tone)
            kr.play("lead", krp.hit())
            kr.tempo = 90
            kr.hush("bass")
            raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        fails()
    assert (repr(kr), kr.ctrl_values, kr.slots, kr.tempo, kr.history) == before


@pytest.mark.parametrize("moment", ["baar", "", float("nan"), 1e300, 10**30])
def test_a_batch_for_a_moment_that_is_none_is_closed_and_changes_nothing(kr: LiveMixer, moment: Any) -> None:
    before = kr.capture()
    with pytest.raises(krach.Error), kr.at(moment):
        kr.tempo = 77
    assert kr.capture() == before
    kr.tempo = 90
    assert kr.history[-1] == "set tempo to 90", "no batch is open"


def test_undoing_everything_gives_the_first_state(kr: LiveMixer) -> None:
    first = (repr(kr), kr.tempo)
    kr.node("bass", tone) @ "A1"
    kr["bass/freq"] = 220
    kr.mute("bass")
    kr.tempo = 90
    last = (repr(kr), kr.tempo, kr.ctrl_values)
    while kr.undo():
        pass
    assert repr(kr) == first[0]
    while kr.redo():
        pass
    assert (repr(kr), kr.tempo, kr.ctrl_values) == last


def test_a_recalled_scene_is_the_session_as_it_was(kr: LiveMixer) -> None:
    kr.node("bass", tone) @ "A1 C2"
    sound = kr.render(bars=1)
    kr.save("verse")
    kr.node("lead", tone) @ "A4"
    kr.tempo = 180
    kr.mute("bass")
    kr.recall("verse")
    assert np.array_equal(kr.render(bars=1), sound)
    with pytest.raises(ValueError, match="scene 'vers' not found") as raised:
        kr.recall("vers")
    assert raised.value.help == ("did you mean `verse`?",)


def test_a_node_declared_again_keeps_its_music_and_its_settings(kr: LiveMixer) -> None:
    bass, verb = kr.node("bass", tone), kr.node("verb", through)
    bass >> (verb, 0.4)
    bass @ "A1"
    bass["freq"] = 330
    bass.pan(0.5)
    bass.mute()
    kr.node("bass", bass)
    kr.node("bass", lambda: tone() * 0.5)
    assert (bass["freq"], bass.pan(), kr.is_muted("bass")) == (330, 0.5, True)
    assert kr.routing == [("bass", "verb", "send", 0.4)]
    assert kr.slots["bass"].pattern == krp.p("A1")
    with pytest.warns(krach.UnknownName, match="no control `freq` any more"):
        kr.node("bass", gate)


def test_a_faulty_sound_leaves_the_old_one(kr: LiveMixer) -> None:
    bass = kr.node("bass", tone)
    for wrong in (lambda: None, "nothing", 3, lambda *inputs: inputs):
        with pytest.raises(krach.Error):
            kr.node("bass", wrong)
    assert bass.sound == krs.transpile(tone)
    assert kr.history[-1] == "declare bass"


@pytest.mark.parametrize(
    "statement",
    [
        lambda kr: kr.set("bass/frek", 100),
        lambda kr: kr.play("base", krp.hit()),
        lambda kr: kr["base"] @ "x" if "base" in kr else kr.hush("base"),
        lambda kr: kr.connect("bass", "vreb"),
        lambda kr: kr.mute("base"),
        lambda kr: kr.fade("bass/frek", 100),
        lambda kr: kr.set("bass/verb_send", 1),
        lambda kr: kr.play("bass", krp.note("A1", cutof=3)),
    ],
)
def test_a_name_that_does_not_exist_skips_the_statement(kr: LiveMixer, statement: object) -> None:
    kr.node("bass", tone) @ "A1"
    kr.node("verb", through)
    steps = kr.history
    with pytest.warns(krach.UnknownName, match="statement is skipped"):
        statement(kr)
    assert kr.history == steps
    kr.strict = True
    with pytest.raises(krach.Error, match=r"KR0404|KR0901|KR0906"):
        statement(kr)
    assert kr.history == steps


@pytest.mark.parametrize(
    ("statement", "builtin", "text"),
    [
        (lambda kr: kr.set("bass/freq", float("nan")), ValueError, "finite"),
        (lambda kr: kr.set("bass/freq", None), TypeError, "is a number"),
        (lambda kr: kr.set("bass/freq", "-6dB"), TypeError, "is a number"),
        (lambda kr: kr.gain("bass", -1), ValueError, "0 or more"),
        (lambda kr: kr.gain("bass", "loud"), TypeError, "-6dB"),
        (lambda kr: kr.node("a b\n", tone), ValueError, "is not a name"),
        (lambda kr: kr.node("x", tone, count=0), ValueError, "at least 1"),
        (lambda kr: kr.node("x", tone, frek=3), ValueError, "did you mean `freq`"),
        (lambda kr: kr.bus("x", tone), ValueError, "no audio inputs"),
        (lambda kr: kr.voice("x", through), ValueError, "it is an effect"),
        (lambda kr: kr.connect("verb", "bass"), ValueError, "no audio input"),
        (lambda kr: kr.connect("verb", "verb"), ValueError, "verb > verb"),
        (lambda kr: kr.connect("bass", "verb", port="side"), ValueError, "no input `side`"),
        (lambda kr: kr.connect("bass", "verb", port=2.5), TypeError, "a port"),
        (lambda kr: kr.play("bass", 60), TypeError, "a pattern is wanted"),
        (lambda kr: kr.play("bass", "C4 ]"), SyntaxError, "KR0801"),
        (lambda kr: kr.fade("bass/freq", 100, bars=0), ValueError, "bars must be"),
        (lambda kr: kr.mod("bass/freq", "sinus", 100, 200), ValueError, "no shape"),
        (lambda kr: kr.mod("bass/freq", "sine", 3000, 4000), ValueError, "outside the range"),
        (
            lambda kr: setattr(kr, "tempo", 0),
            ValueError,
            "tempo must be a finite BPM above 0, got 0; still 120",
        ),
        (lambda kr: setattr(kr, "meter", -1), ValueError, "meter must be"),
        (lambda kr: kr["bass"] >> 3, TypeError, "routes into a node"),
        (lambda kr: kr["bass"] @ 3, TypeError, "plays a pattern"),
        (lambda kr: kr["bass"] @ krp.hit() * 4, TypeError, "binds as tightly"),
        (lambda kr: kr["base"], KeyError, "did you mean `bass`"),
    ],
)
def test_a_value_that_cannot_be_meant_raises_and_changes_nothing(
    kr: LiveMixer, statement: object, builtin: type[Exception], text: str
) -> None:
    kr.node("bass", tone)
    kr.node("verb", through)
    steps = kr.history
    with pytest.raises(krach.Error) as raised:
        statement(kr)
    assert isinstance(raised.value, builtin)
    assert text in str(raised.value)
    assert __file__ in raised.value.file
    assert kr.history[: len(steps)] == steps
    assert len(kr.history) <= len(steps) + (text == "binds as tightly")


@pytest.mark.parametrize(
    "statement",
    [
        lambda kr: kr.gain("a", "99999dB"),
        lambda kr: kr.set("master", "99999dB"),
        lambda kr: kr.out("a", (float("inf"),)),
        lambda kr: kr.connect("a", "b", port=10**30),
        lambda kr: kr.connect("a", "b", port="\ud800"),
        lambda kr: kr.preview(1e9),
        lambda kr: kr.preview(30_000),
    ],
)
def test_a_value_beyond_every_machine_is_an_error_of_krach(kr: LiveMixer, statement: Any) -> None:
    kr.node("a", lambda: krs.saw(110))
    kr.node("b", lambda inp: inp)
    before = kr.capture()
    with pytest.raises(krach.Error):
        statement(kr)
    assert kr.capture() == before


def test_values_outside_their_range_and_loud_gains_warn(kr: LiveMixer) -> None:
    kr.node("bass", tone)
    with pytest.warns(krach.OutOfRange, match=r"`bass/freq` is set to 9000, outside its range 20..2000"):
        kr.set("bass/freq", 9000)
    with pytest.warns(krach.OutOfRange, match="outside its range"):
        kr.node("low", tone, freq=1)
    with pytest.warns(krach.OutOfRange, match="bass/gain"):
        kr.gain("bass", 3)


def test_a_transition_inside_a_transition_is_refused_and_the_outer_one_goes_on(kr: LiveMixer) -> None:
    kr.node("bass", tone)
    with kr.transition(bars=2):
        with pytest.raises(RuntimeError, match="KR0907"), kr.transition():
            pass
        kr.set("bass/freq", 220)
        kr.tempo = 90
    assert set(kr.automations) == {"bass/freq", "tempo"}
    assert kr.history[-1].startswith("set bass/freq to 220; fade bass/freq to 220 over 2 cycles; set tempo")


def test_a_slip_of_the_keys_is_no_new_property(kr: LiveMixer) -> None:
    with pytest.raises(
        AttributeError, match=r"kr has no property 'temp'(.|\n)*did you mean `tempo`"
    ) as raised:
        kr.temp = 90
    assert raised.value.name == "temp"
    with pytest.raises(AttributeError):
        kr.note = 5


def test_groups_are_meant_by_their_name(kr: LiveMixer) -> None:
    kick, hat = kr.node("drums/kick", gate), kr.node("drums/hat", gate)
    kr.gain("drums", 0.2)
    kr.mute("drums")
    kr.play("drums", "x x")
    assert (kick.gain(), hat.gain()) == (0.2, 0.2)
    assert kr.is_muted("drums/kick")
    assert set(kr.slots) == {"drums/kick", "drums/hat"}
    kr.hush("drums")
    assert not kr.slots
    with pytest.raises(KeyError, match="is a group"):
        kr["drums"]
    kr.remove("drums")
    assert not kr.nodes


def test_no_statement_warns_that_means_what_it_says(kr: LiveMixer) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bass = kr.node("bass", tone)
        bass @ krp.note("A1", vel=0.5, freq=220)
        bass @ krp.ctrl("gain", 0.5)
        bass @ (krp.hit("gate") | krp.note(60))
        kr.play("bass/freq", "220 440")


def test_the_first_frame_has_the_levels_that_were_set() -> None:
    kr = LiveMixer("off", master=0.25)
    kr.limiter = False
    kr.node("level", lambda: krs.control("level", 0, 0, 1, smooth=False), gain=0.5, level=0.5)
    assert kr.render(seconds=0.01)[:, 0].tolist() == [0.0625, 0.0625]
    kr.fade("master", 1, bars=1)
    assert abs(kr.render(seconds=0.01)[0, 0] - 0.0625) < 1e-4
