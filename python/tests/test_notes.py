"""Notes on a program that is one voice: polyphony as Faust programs declare it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import krach
import krach.dsp as krs
from engines import render
from krach._krach import run_cli

ORGAN = """declare name "organ"; declare options "[midi:on][nvoices:4]";
freq = hslider("freq", 440, 20, 2000, 0.01);
phase = + (freq / fconstant(int fSamplingFreq, <math.h>)) ~ (_ <: _ - floor);
envelope = button("gate") : (+ ~ *(0.99)) : *(0.01);
gain = hslider("gain", 0.5, 0, 1, 0.01);
process = sin(phase * 6.28318) * envelope * gain * hslider("v:mix/level", 1, 0, 1, 0.01);
"""
EFFECT = 'effect = *(hslider("v:mix/out", 2, 0, 9, 1)) <: _, _ * hslider("right", 0.5, 0, 1, 0.1);'


def hertz(key: float) -> float:
    return 440 * 2 ** ((key - 69) / 12)


def alone(organ: krach.DspDef, frames: int, note: tuple[int, int, float, float], **values: float) -> Any:
    start, length, key, velocity = note
    events = [(length, "gate", 0)]
    settings = {"freq": hertz(key), "gain": velocity, "gate": 1, **values}
    sound = organ.render((frames - start) / 48000, events=events, controls=settings, dtype="float64")
    return np.pad(sound, ((0, 0), (start, 0)))


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_a_chord_is_the_sum_of_its_notes(engine: str) -> None:
    organ = krach.faust(ORGAN, precision="double")
    notes = [(0, 2000, 60, 1.0), (100, 1000, 64, 0.5), (100, 1500, 67.5, 0.25)]
    wanted = sum(alone(organ, 4000, note, level=0.5) for note in notes)
    together = organ.render(4000 / 48000, notes=notes, level=0.5, dtype="float64")
    assert np.abs(together).max() > 0.1
    np.testing.assert_allclose(together, wanted, atol=1e-12)
    heard = render(organ, 4000, engine, notes=notes, level=0.5)
    np.testing.assert_array_equal(heard, together)


def test_voices_and_effect_are_declared() -> None:
    organ = krach.faust(ORGAN + EFFECT)
    assert (organ.voices, organ.num_outputs) == (4, 2)
    assert [c.name for c in organ.controls] == ["freq", "gate", "gain", "level", "out", "right"]
    assert organ.effect is not None
    assert [c.name for c in organ.effect.controls] == ["out", "right"]
    plain = krach.faust(ORGAN)
    assert (plain.voices, plain.effect, plain.num_outputs) == (4, None, 1)
    # Without voices, `effect` is a name like any other.
    mono = krach.faust("effect = *(2); process = _ : effect;")
    assert (mono.voices, mono.effect) == (None, None)
    assert mono.render(1 / 48000, inputs=[1]) == [[2]]
    with pytest.raises(krach.FaustError, match="`nothing` is not defined"):
        krach.faust(ORGAN + "effect = nothing;")


def test_the_sum_goes_through_the_effect() -> None:
    dry, wet = krach.faust(ORGAN), krach.faust(ORGAN + EFFECT)
    notes = [(0, 2000, 60), (0, 2000, 64)]
    expected = 3 * dry.render(0.1, notes=notes)[0]
    left, right = wet.render(0.1, notes=notes, out=3, right=0.1, events=[(2400, "right", 0.2)])
    np.testing.assert_allclose(left, expected, atol=1e-6)
    np.testing.assert_allclose(right[:2400], 0.1 * expected[:2400], atol=1e-6)
    np.testing.assert_allclose(right[2400:], 0.2 * expected[2400:], atol=1e-6)
    # Printed and read again it is the same instrument.
    again = krach.faust(wet.faust)
    assert (again.voices, again.controls) == (wet.voices, wet.controls)
    np.testing.assert_array_equal(again.render(0.1, notes=notes), wet.render(0.1, notes=notes))


def test_more_notes_than_voices() -> None:
    organ = krach.faust(ORGAN)
    many = [(100 * at, 48000, 40 + at) for at in range(12)]
    crowded = organ.render(0.5, notes=many)
    # Once the others have faded, the last four sound.
    wanted = organ.render(0.5, notes=many[-4:])
    np.testing.assert_allclose(crowded[:, 12000:], wanted[:, 12000:], atol=1e-5)
    assert np.abs(np.diff(crowded)).max() < 0.12, "nothing clicks"


def test_a_function_of_python_is_played_too() -> None:
    def beep():
        gate = krs.control("gate", 0, 0, 1)
        return krs.sine_osc(krs.control("freq", 440, 20, 2000)) * gate

    sound = krs.transpile(beep)
    assert sound.voices is None
    loud, soft = (sound.render(0.05, notes=[(0, 2000, 69, velocity)]) for velocity in (1, 0.25))
    np.testing.assert_array_equal(soft, loud / 4)
    assert np.abs(loud[:, 2001:]).max() == 0


def test_a_note_above_the_slider_keeps_its_pitch() -> None:
    """Hosts of Faust set the frequency as it is; the range of the slider is for people."""
    faust = krach.faust('process = hslider("freq", 200, 50, 1000, 0.01) * (button("gate") > 0);')

    def voice() -> krs.Signal:
        return krs.control("freq", 200, 50, 1000) * (krs.control("gate", 0, 0, 1) > 0)

    for sound in (faust, krs.transpile(voice)):
        heard = sound.render(frames=100, notes=[(0, 100, 96)], dtype="float64", precision="double")[0]
        np.testing.assert_allclose(heard, hertz(96), rtol=1e-12)
        assert [(c.lo, c.hi) for c in sound.controls if c.name == "freq"] == [(50, 1000)]
        with pytest.warns(krach.OutOfRange, match="set to 1000 instead of 2000"):
            assert sound.render(frames=1, freq=2000, gate=1)[0, 0] == 1000  # people stay within the range


@pytest.mark.parametrize(
    "note",
    [
        (0, 1),
        (0, 1, "c"),
        {"key": 60},
        "60",
        (-1, 1, 60),
        (0, 0.5, 60),
        (0, 1, 60, 2),
        (0, 1, float("nan")),
        60,
        (0, 1, 1e9),
    ],
)
def test_what_is_no_note(note: Any) -> None:
    with pytest.raises(krach.Error, match="KR0406"):
        krach.faust(ORGAN).render(0.1, notes=[note])


def test_notes_need_a_gate() -> None:
    with pytest.raises(krach.Error, match="it has no control `gate`"):
        krs.transpile(lambda: krs.saw(100)).render(0.1, notes=[(0, 1, 60)])


def test_the_command_plays_notes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, wav = tmp_path / "organ.dsp", tmp_path / "organ.wav"
    path.write_text(ORGAN + EFFECT)
    arguments = ["krach", "render", str(path), "-o", str(wav), "--seconds", "0.2"]
    assert run_cli([*arguments, "--note", "60", "--note", "64@0.05+0.1*0.5"]) == 0
    assert "2 channels" in capfd.readouterr().err
    assert run_cli([*arguments, "--note", "h4"]) == 2
    assert "KEY[@START][+LENGTH][*VELOCITY]" in capfd.readouterr().err
    late = ["krach", "render", str(path), "-o", str(wav), "--rate", "8000", "--note", "60@4+0.5"]
    capfd.readouterr()
    assert run_cli(late) == 0
    assert "44000 frames" in capfd.readouterr().err, "a second more than the last note"
    assert run_cli(late[:-2]) == 0
    shown = capfd.readouterr().err
    assert (
        "32000 frames at 8000 Hz, silence\nhelp: its gate `gate` is closed: --set gate=1 or --note 60"
        in shown
    )


def test_a_library_keeps_voices_and_effect(tmp_path: Path) -> None:
    path, kit = tmp_path / "organ.dsp", tmp_path / "kit.krlib"
    path.write_text(ORGAN + EFFECT)
    assert run_cli(["krach", "build", str(path), "-o", str(kit)]) == 0
    kept, made = krach.load_library(kit)["organ"], krach.faust(path)
    assert (kept.voices, kept.num_outputs, kept.controls) == (made.voices, made.num_outputs, made.controls)
    notes = [(0, 2000, 60), (100, 2000, 64, 0.5)]
    np.testing.assert_array_equal(kept.render(0.1, notes=notes), made.render(0.1, notes=notes))


def test_the_bytes_of_an_effect_count(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, kit = tmp_path / "organ.dsp", tmp_path / "kit.krlib"
    path.write_text(ORGAN + EFFECT)
    assert run_cli(["krach", "build", str(path), "-o", str(kit)]) == 0
    record = json.loads(zipfile.ZipFile(kit).read("index.json"))["instruments"][0]
    capfd.readouterr()
    assert run_cli(["krach", "inspect", str(kit), "--json"]) == 0
    (shown,) = json.loads(capfd.readouterr().out)["instruments"][0]["targets"]
    for of in ("code_bytes", "state_bytes"):
        assert shown[of] == record["targets"][0][of] + record["effect"][0][of] > record["targets"][0][of]
    assert run_cli(["krach", "inspect", str(kit), "organ"]) == 0
    assert capfd.readouterr().out.count("runs here") == 2


def test_no_compiler_is_in_the_way_of_an_effect(tmp_path: Path) -> None:
    path, kit = tmp_path / "organ.dsp", tmp_path / "kit.krlib"
    path.write_text(ORGAN + EFFECT)
    assert run_cli(["krach", "build", str(path), "-o", str(kit)]) == 0
    code = f"""if True:
        import krach
        from krach import _krach
        organ = krach.load_library({str(kit)!r})["organ"]
        organ.render(0.1, notes=[(0, 2000, 60)])
        print(_krach.cache_info()[:2])"""
    command = [sys.executable, "-c", code]
    without_cache = {**os.environ, "KRACH_CACHE": "off"}
    shown = subprocess.run(command, capture_output=True, text=True, check=True, env=without_cache)
    assert shown.stdout == "(0, 0)\n", "the cache was not even asked"


def test_notes_may_be_an_array_and_must_be_a_list() -> None:
    organ = krach.faust(ORGAN)
    notes = np.array([[0, 2000, 60, 1], [100, 2000, 64, 0.5]])
    np.testing.assert_array_equal(organ.render(0.1, notes=notes), organ.render(0.1, notes=notes.tolist()))
    for wrong in (5, "60", (0, 100, 60)):
        with pytest.raises(
            krach.Error, match=r"notes are a list of \(frame, frames, key, velocity\).*KR0406"
        ):
            organ.render(0.1, notes=wrong)  # type: ignore[arg-type]


def test_voice_and_effect_may_use_one_name() -> None:
    text = """declare nvoices "2"; process = hslider("gain", 0.1, 0, 1, 0.1) * button("gate");
        effect = *(hslider("gain", 3, 2, 5, 0.1)) + hslider("v:out/gate", 0, 0, 1, 1);"""
    both = krach.faust(text)
    assert [c.name for c in both.controls] == ["gain", "gate", "gain_2", "out_gate"]
    assert both.render(1 / 48000, controls={"gain": 0.5, "gate": 1, "gain_2": 4}) == [[2]]
    again = krach.faust(both.faust)
    assert (again.voices, [c.name for c in again.controls]) == (2, [c.name for c in both.controls])


def test_all_errors_of_voice_and_effect_come_together() -> None:
    with pytest.raises(krach.FaustError) as wrong:
        krach.faust('declare nvoices "2"; effect = foo;\nprocess = bar;')
    messages = [error.message for error in (wrong.value, *wrong.value.further)]
    assert messages == ["`foo` is not defined", "`bar` is not defined"]


def test_an_effect_may_be_imported(tmp_path: Path) -> None:
    (tmp_path / "fx.lib").write_text("effect = *(3);")
    text = 'declare nvoices "2"; import("fx.lib"); process = button("gate");'
    assert krach.faust(text, libraries=[tmp_path]).render(1 / 48000, gate=1) == [[3]]
