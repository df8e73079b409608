"""Sessions as files and values: pieces rendered by the command, modules, exports, and files that fail."""

from __future__ import annotations

import errno
import json
import os
import random
import warnings
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import krach
import krach.dsp as krs
from krach._krach import run_cli
from krach.repl import LiveMixer

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PIECES = ["five_minute_beat", "acid_jam", "looper", "drum_kit", "routing", "seven_eight"]


def tone() -> krs.Signal:
    return krs.saw(krs.control("freq", 110, 20, 2000)) * krs.control("gate", 0, 0, 1)


def through(inp: krs.Signal) -> krs.Signal:
    return inp * krs.control("amount", 0.5, 0, 1)


@pytest.fixture
def kr() -> LiveMixer:
    """A session with everything that a file must keep."""
    mixer = LiveMixer("off", bpm=96)
    scale = 0.5
    bass = mixer.node("bass", lambda: tone() * scale, gain=0.3, freq=220, pan=-0.5)
    verb = mixer.node("fx/verb", through, gain=0.4)
    chords = mixer.node("chords", tone, count=3, out=None)
    bass >> (verb, 0.4)
    mixer.connect(chords, verb, port="inp", pre=True)
    bass @ mixer.seq("A1", None, "C2").swing(0.6)
    chords @ mixer.note("A3", "C4", "E4")
    bass @ ("gain", mixer.ramp(0.1, 0.4))
    mixer.mod("fx/verb/amount", "tri", 0.2, 0.8, bars=2)
    mixer.node("mute", tone) @ "x x"
    mixer.mute("mute")
    mixer.mod("mute/gain", "sine", 0.1, 0.2)
    mixer.save("verse")
    mixer.meter = 3
    mixer.hush("chords")
    return mixer


def render(piece: str, folder: Path, *options: str) -> np.ndarray:
    out = folder / "out.wav"
    assert run_cli(["krach", "render", piece, "-o", str(out), *options]) == 0
    return krach.read_wav(out)[0]


@pytest.mark.parametrize("piece", PIECES)
def test_pieces_sound_without_clipping_and_the_same_again(piece: str, tmp_path: Path) -> None:
    sound = render(str(EXAMPLES / f"{piece}.py"), tmp_path, "--bars", "1")
    assert np.isfinite(sound).all()
    assert 0.05 < np.abs(sound).max() < 0.9
    assert np.array_equal(sound, render(str(EXAMPLES / f"{piece}.py"), tmp_path, "--bars", "1"))


@pytest.mark.parametrize("piece", PIECES)
def test_every_note_of_a_piece_begins_on_its_exact_frame(piece: str) -> None:
    """Each instrument becomes its gates, so that every onset is a step of its stem."""
    kr, bars, rate = LiveMixer("off"), 4, 8000
    kr.exec_file(EXAMPLES / f"{piece}.py")
    kr.hush("tempo") if "tempo" in kr.automations else None
    kr.seed, kr.limiter = 0, False
    expected: dict[str, set[int]] = {}
    frames_of_a_bar = Fraction(rate * 60) * Fraction(kr.meter) / Fraction(kr.tempo)
    for name, slot in kr.slots.items():
        if name not in kr.nodes or slot.pattern is None:
            continue
        events = [event for event in slot.pattern.query(0, bars) if event.part[0] == event.start]
        notes = [event for event in events if event.release > event.start]
        gates = {label for event in notes for at, label, _ in event.changes if at == event.release}
        labels = {label for event in notes for _, label, _ in event.changes} - gates

        def gate(gates: set[str] = gates, labels: set[str] = labels) -> krs.Signal:
            opened = [krs.control(label, 0, 0, 1, smooth=False) for label in sorted(gates)]
            unheard = [krs.control(label, 0, 0, 1e5, smooth=False) for label in sorted(labels)]
            return sum(opened, krs.select2(0.0, 0.0, sum(unheard, 0.0)))

        count = kr.node_data[name].count
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", krach.UnknownName)  # values of the instrument
            kr.node(name, gate, gain=1, count=count, pan=0)
        expected[name] = {int(event.start * frames_of_a_bar + Fraction(1, 2)) for event in notes}
    assert expected
    stems = kr.render(bars=bars, sample_rate=rate, stems=True)
    for name, onsets in expected.items():
        gate_heard = stems[name][0]
        rises = np.nonzero(np.diff(gate_heard, prepend=0) > 0.05)[0].tolist()
        assert set(rises) == {frame for frame in onsets if frame < gate_heard.size}, name


def test_a_beat_begins_on_its_frames(tmp_path: Path) -> None:
    (tmp_path / "beat.py").write_text(
        "kr.master, kr.limiter = 1, False\n"
        "kr.node('gate', lambda: krs.control('gate', 0, 0, 1), gain=0.5) @ (kr.hit() * 4)\n"
    )
    sound = render(str(tmp_path / "beat.py"), tmp_path, "--bars", "1", "--stems")
    before = np.concatenate([[0], sound[0][:-1]])
    assert np.nonzero(sound[0] > before + 0.1)[0].tolist() == [0, 24_000, 48_000, 72_000]
    assert np.array_equal(krach.read_wav(tmp_path / "out.gate.wav")[0], sound)


def test_the_command_draws_chance_from_its_seed(tmp_path: Path) -> None:
    (tmp_path / "jam.py").write_text(
        "kr.node('gate', lambda: krs.control('gate', 0, 0, 1)) @ kr.p('x? x? x? x? x? x? x? x?')\n"
    )
    kr = LiveMixer("off")
    kr.exec_file(tmp_path / "jam.py")
    heard = [render(str(tmp_path / "jam.py"), tmp_path, "--bars", "1", "--seed", str(n)) for n in (1, 2)]
    assert not np.array_equal(*heard)
    for seed, sound in enumerate(heard, 1):
        assert np.array_equal(sound, kr.render(bars=1, seed=seed))


def test_a_fade_and_a_pattern_from_zero_are_captured(tmp_path: Path) -> None:
    kr, other = LiveMixer("off"), LiveMixer("off")
    kr.node("level", lambda: krs.control("level", 0.5, 0, 1, smooth=False), gain=1)
    kr.fade("level/level", 0.1, bars=0.5)
    kr.fade("tempo", 90, bars=Fraction(1, 3))
    other.load(json.loads(json.dumps(kr.capture().to_dict())))
    assert other.automations == kr.automations
    assert other.capture() == kr.capture()
    sound = other.render(bars=1)
    assert np.array_equal(sound, kr.render(bars=1))
    assert sound[0, 0] > 1.2 * sound[0, -1] > 0
    with LiveMixer("null", bpm=960) as live:
        live.node("gate", tone) @ "x x"
        live.wait(bars=1)
        live.play("gate", fresh := krach.krp.p("<x [x x x]>"), from_zero=True)
        begun = live.capture().patterns[0].pattern
        live.export(tmp_path / "jam.py")
    assert begun != fresh, "its own cycle 0 is a later bar"
    again = LiveMixer("off")
    again.exec_file(tmp_path / "jam.py")
    assert np.array_equal(again.render(bars=8), live.render(bars=8))


def test_the_command_says_how_loud_a_session_is(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    piece = str(EXAMPLES / "five_minute_beat.py")
    render(piece, tmp_path, "--seconds", "0.5", "--json")
    said = capfd.readouterr()
    facts = json.loads(said.out)
    assert (facts["frames"], facts["rate"]) == (24_000, 48_000)
    assert "dBFS" in said.err
    assert "LUFS" in said.err
    for wrong in (["--note", "60"], ["--bars", "-1"], ["--set", "x=1"]):
        assert run_cli(["krach", "render", piece, "-o", str(tmp_path / "no.wav"), *wrong]) in (1, 2)
    bass = str(EXAMPLES / "first_sound.py") + ":acid_bass"
    assert run_cli(["krach", "render", bass, "-o", str(tmp_path / "no.wav"), "--bars", "1"]) != 0
    assert not (tmp_path / "no.wav").exists()


def test_a_session_file_with_a_slip_is_an_error_at_its_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "jam.py"
    file.write_text("kr.node('bass', lambda: krs.saw(55))\nkr.set('bass/cutof', 3)\n")
    assert run_cli(["krach", "render", str(file), "-o", str(tmp_path / "no.wav")]) == 1
    said = capfd.readouterr().err
    assert "KR0404" in said
    assert "jam.py:2" in said


def test_a_captured_session_loads_as_it_was(kr: LiveMixer) -> None:
    ir = kr.capture()
    text = json.dumps(ir.to_dict())
    again = krach.ModuleIr.from_dict(json.loads(text))
    assert again == ir
    other = LiveMixer("off")
    other.load(again)
    assert other.capture() == ir
    assert np.array_equal(other.render(bars=2), kr.render(bars=2))
    assert len(other.history) == 1, "one step, which one undo takes back"


def test_an_exported_session_is_the_same_with_its_scenes(kr: LiveMixer, tmp_path: Path) -> None:
    kr.solo("bass")
    kr.seed = 7
    kr.midi_map(74, "bass/freq", 200, 40.5, channel=3)
    kr.export(tmp_path / "jam.py")
    other = LiveMixer("off")
    other.exec_file(tmp_path / "jam.py")
    assert np.array_equal(other.render(bars=1), kr.render(bars=1))
    assert (other.scenes, other.seed, other.soloed, other.meter) == (["verse"], 7, ["bass"], 3)
    kr.recall("verse")
    other.recall("verse")
    assert other.capture() == kr.capture()
    assert other.midi_maps == kr.midi_maps


def test_an_export_that_fails_keeps_the_old_file(
    kr: LiveMixer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "jam.py"
    kr.export(file)
    before = file.read_text()
    kr.tempo = 77

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(krach.Error, match="No space left"):
        kr.export(file)
    assert file.read_text() == before
    assert list(tmp_path.iterdir()) == [file]


def test_an_exported_function_is_its_text_if_that_makes_the_same_sound(tmp_path: Path) -> None:
    kr, scale = LiveMixer("off", bpm=96), 0.5
    kr.meter = Fraction(10_000_019, 3_000_000)

    def own() -> krs.Signal:
        """Needs nothing else."""
        return krs.saw(krs.control("freq", 110, 20, 2000)) * 0.25

    kr.node("own", own)
    kr.node("closure", lambda: krs.saw(110) * scale)
    kr.node("helped", lambda: tone() * 0.5)
    kr.node("again", kr["own"])
    kr.save("both")
    kr.export(tmp_path / "jam.py")
    text = (tmp_path / "jam.py").read_text()
    assert text.count("def own() -> krs.Signal:") == 1
    assert "Needs nothing else." in text
    assert "lambda" not in text.split("SESSION")[0].replace("\\n", "\n").split("SCENES")[0]
    other = LiveMixer("off")
    other.exec_file(tmp_path / "jam.py")
    assert other.capture() == kr.capture()
    assert other.capture().meter == Fraction(10_000_019, 3_000_000)
    assert np.array_equal(other.render(seconds=0.2), kr.render(seconds=0.2))
    ir = krach.ModuleIr.from_dict(json.loads(json.dumps(kr.capture().to_dict())))
    assert ir == kr.capture()
    assert "Needs nothing else." in ir.nodes[-1].source.source  # type: ignore[union-attr]


def test_a_file_that_raises_changes_nothing_and_names_its_line(kr: LiveMixer, tmp_path: Path) -> None:
    file = tmp_path / "jam.py"
    before = (kr.capture(), kr.history)
    for text, line in [("kr.tempo = 30\nkr.node('x', 1 / 0)\n", 2), ("kr.stop()\n\n)\n", 3)]:
        file.write_text(text)
        with pytest.raises(krach.Error, match="KR0117") as raised:
            kr.exec_file(file)
        assert (raised.value.file, raised.value.line) == (str(file), line)
        assert (kr.capture(), kr.history) == before
    with pytest.raises(krach.Error, match="scene file not found"):
        kr.exec_file(tmp_path / "none.py")


@krach.module
def voice(m: krach.ModuleProxy, freq: float = 440) -> None:
    """A tone through an effect."""
    osc = m.node("osc", tone, gain=0.4, freq=freq)
    osc >> (m.node("amp", through), 0.5)
    osc @ "A2"
    m.mod("amp/amount", "sine", 0, 1)
    m.inputs("osc", "amp")
    m.outputs("amp")


def test_a_module_is_instantiated_under_a_prefix(kr: LiveMixer) -> None:
    tempo = kr.tempo
    ir = voice(freq=220)
    left = kr.instantiate(ir, "left")
    assert sorted(left.nodes) == ["amp", "osc"]
    assert (left.inputs, left.outputs) == (("left/osc", "left/amp"), ("left/amp",))
    assert left["osc/freq"] == 220
    left["osc/freq"] = 330
    assert kr["left/osc/freq"] == 330
    left @ "C3"
    assert kr.slots["left/osc"].pattern == krach.krp.p("C3")
    assert (left >> kr["fx/verb"]).name == "fx/verb"
    assert kr.tempo == tempo
    assert voice.__doc__ == "A tone through an effect."


def test_modules_stand_inside_modules(kr: LiveMixer) -> None:
    @krach.module
    def pair(m: krach.ModuleProxy) -> None:
        a, b = m.sub("a", voice(220)), m.sub("b", voice(330))
        m.node("mix", through)
        m.connect(a.output("amp"), "mix")
        m.connect(b.output("amp"), "mix")
        m.outputs("mix")
        with pytest.raises(ValueError, match="outputs"):
            a.output("osc")

    handle = kr.instantiate(pair(), "pair")
    assert sorted(handle.nodes) == ["a/amp", "a/osc", "b/amp", "b/osc", "mix"]
    assert ("pair/a/amp", "pair/mix", "send", 1.0) in kr.routing
    with pytest.raises(ValueError, match="no declared inputs"):
        _ = handle.input


def test_a_built_module_is_frozen() -> None:
    m = krach.ModuleProxy()
    m.node("osc", tone)
    m.outputs("osc")
    with pytest.raises(RuntimeError, match="outputs"):
        m.outputs("osc")
    m.connect("osc", "nothing")
    with pytest.raises(krach.UnknownNode, match="nothing"):
        m.build()
    m = krach.ModuleProxy()
    m.build()
    with pytest.raises(RuntimeError, match="frozen"):
        m.node("osc", tone)


def damaged(value: Any, draw: random.Random) -> Any:
    """The same with one part of another type, or without it."""
    if isinstance(value, dict) and value:
        key = draw.choice(sorted(value))
        rest = {**value}
        rest[key] = damaged(value[key], draw)
        if draw.random() < 0.1:
            del rest[key]
        return rest
    if isinstance(value, list) and value:
        at = draw.randrange(len(value))
        return [*value[:at], damaged(value[at], draw), *value[at + 1 :]]
    return draw.choice([None, -1, 1e400, "x" * 1000, [], {}, [[[]]], True, "nodes"])


def test_damaged_modules_are_errors_and_change_nothing(kr: LiveMixer) -> None:
    whole, draw, before = kr.capture().to_dict(), random.Random(1), kr.capture()
    refused = 0
    for _ in range(150):
        parts = damaged(whole, draw)
        try:
            kr.load(parts)
        except krach.Error:
            refused += 1
            assert kr.capture() == before
        else:
            kr.undo()
    assert refused > 75
    for wrong in (None, 3, [], {"nodes": 3}, {"schema": 99}, {"nodes": [{}]}):
        with pytest.raises(krach.Error):
            kr.load(wrong)


@pytest.mark.parametrize(
    "row",
    [
        {"nodes": [{"name": "mic", "source": "input:\u00b2"}]},
        {"nodes": [{"name": "mic", "source": "input:" + "9" * 5000}]},
        {"nodes": [{"name": "\ud800", "source": "input:0"}]},
        {"nodes": [{"name": "mic", "source": "input:0", "gain": 10**400}]},
        {"nodes": [{"name": "mic", "source": "input:0", "out": "\ud800"}]},
        {"controls": [{"path": "\ud800", "value": 1}]},
        {"tempo": 10**400},
    ],
)
def test_a_text_or_a_number_that_cannot_be_kept_is_no_module(kr: LiveMixer, row: dict[str, Any]) -> None:
    before = kr.capture()
    with pytest.raises(krach.Error, match="KR0910"):
        kr.load(row)
    assert kr.capture() == before


def test_broken_files_are_errors(kr: LiveMixer, tmp_path: Path) -> None:
    deep: dict[str, Any] = {}
    for _ in range(100):
        deep = {"sub_modules": [{"prefix": "a", "module": deep}]}
    for text in ("", "{", "[" * 100_000, json.dumps(deep), "\0"):
        (tmp_path / "broken.json").write_text(text)
        with pytest.raises(krach.Error, match=r"KR0910|KR0113"):
            kr.load(tmp_path / "broken.json")
    with pytest.raises(krach.Error, match="KR0501"):
        kr.load(tmp_path / "none.json")
