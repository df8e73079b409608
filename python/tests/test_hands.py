"""Keyboards, knobs, other machines and recordings of a mixer, and the questions one asks of it."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import krach
import krach.dsp as krs
import krach.pattern as krp
from krach._mixer.outlets import midi_pattern
from krach.repl import LiveMixer


def tone() -> krs.Signal:
    freq, cutoff = krs.control("freq", 110, 20, 2000), krs.control("cutoff", 800, 80, 8000)
    return krs.lowpass(krs.saw(freq), cutoff) * krs.control("gate", 0, 0, 1)


@pytest.fixture
def kr() -> LiveMixer:
    mixer = LiveMixer("off")
    mixer.node("bass", tone)
    return mixer


@pytest.fixture
def live() -> Iterator[LiveMixer]:
    with LiveMixer("null", block=128, bpm=240) as mixer:
        mixer.node("bass", tone)
        mixer.node("drums/kick", tone)
        yield mixer


def until(test: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not test():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_maps_are_kept_in_order_and_replaced(kr: LiveMixer) -> None:
    kr.midi_map(74, "bass/cutoff", 200, 4000, channel=3)
    kr.midi_map(7, "bass")
    kr.midi_map(74, "bass/cutoff", 4000, 200, channel=3)
    kr.midi_learn("master")
    assert [tuple(row) for row in kr.midi_maps] == [
        (7, "bass", 0.0, 1.0, 0),
        (74, "bass/cutoff", 4000.0, 200.0, 3),
    ]
    assert (kr.midi_unmap("bass/cutoff"), kr.midi_unmap("bass/cutoff")) == (1, 0)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda kr: kr.midi_map(128, "bass/cutoff"), "KR0904"),
        (lambda kr: kr.midi_map(1.5, "bass/cutoff"), "KR0904"),
        (lambda kr: kr.midi_map("74", "bass/cutoff"), "KR0909"),
        (lambda kr: kr.midi_map(1, "bass/cutoff", channel=17), "KR0904"),
        (lambda kr: kr.midi_map(1, "bass/cutoff", lo=float("nan")), "KR0904"),
        (lambda kr: kr.midi_map(1, 3), "KR0909"),
        (lambda kr: kr.midi_out("x", channel=0), "KR0904"),
        (lambda kr: kr.osc_in(70_000), "KR0904"),
        (lambda kr: kr.why(), "KR0909"),
        (lambda kr: kr.why("base"), "KR0901"),
        (lambda kr: kr.why(at=-1), "KR0904"),
        (lambda kr: kr.why(at=float("inf")), "KR0904"),
        (lambda kr: kr.record("take.wav"), "KR0502"),
        (lambda kr: kr.record("take.wav", bits="8"), "KR0904"),
    ],
)
def test_what_cannot_be_meant_raises_and_changes_nothing(
    kr: LiveMixer, call: Callable[[LiveMixer], object], code: str
) -> None:
    before = kr.capture()
    with pytest.raises(krach.Error, match=code):
        call(kr)
    assert (kr.capture(), kr.midi_maps) == (before, [])


@pytest.mark.parametrize("say", ["kr.midi_map(1, 'bass/cutof')", "kr.midi_learn('bas')", "kr.revive('bas')"])
def test_a_path_that_does_not_exist_is_a_warning(kr: LiveMixer, say: str) -> None:
    with pytest.warns(krach.UnknownName, match="did you mean"):
        eval(say)
    assert kr.midi_maps == []


def test_notes_of_a_node_become_midi_notes_of_a_channel() -> None:
    notes = krp.seq("A1", 440.0, None, krp.note("C4", "E4", vel=0.5)) | krp.hit()
    sent = {row[1:4] for row in midi_pattern(notes, 2).rows() if row[0] == "midi"}
    assert sent == {(33, 127, 2), (69, 127, 2), (60, 64, 2), (64, 64, 2), (60, 127, 2)}
    cc = krp.cc(74, 100)
    assert midi_pattern(cc, 2) == cc


def test_patterns_play_on_an_osc_address(live: LiveMixer) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        heard.settimeout(30)
        lights = live.osc_out(f"127.0.0.1:{heard.getsockname()[1]}", "lights")
        lights @ (krp.osc("/flash", 1.5) * 8)
        packet = heard.recv(1000)
        assert packet.startswith(b"#bundle\0")
        assert b"/flash\0\0,f\0\0" + struct.pack(">f", 1.5) in packet
        lights.close()
    assert "lights" not in live.nodes


def test_osc_from_another_program_turns_a_path(live: LiveMixer) -> None:
    port = live.osc_in(0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        message = b"/krach/bass/cutoff\0\0,f\0\0" + struct.pack(">f", 1234.0)
        sender.sendto(message, ("127.0.0.1", port))
    until(lambda: live["bass/cutoff"] == 1234)
    assert all("cutoff" not in line for line in live.history), "hands leave no steps"


def test_a_machine_without_that_port_says_so(live: LiveMixer) -> None:
    with pytest.raises(krach.Error, match="KR0503"):
        live.midi_in("no such port")
    with pytest.raises(krach.Error, match="KR0503"):
        live.midi_out("no such port")
    with pytest.raises(krach.Error, match="KR0503"):
        live.midi_clock("no such port")
    with pytest.raises(krach.Error, match="KR0503"):
        live.osc_out("nowhere")


def test_a_take_is_what_was_heard_and_its_stems_are_beside_it(live: LiveMixer, tmp_path: Path) -> None:
    with live.batch():
        live.play("bass", "A1*8")
        live.play("drums/kick", "x*8")
    with live.record(tmp_path / "take.wav", stems=True, bits="float") as rec:
        assert rec.failure is None
        live.wait(bars=0.2)
    files = rec.stop()
    assert [str(file.relative_to(tmp_path)) for file in files] == [
        "take.wav", "take-stems/bass.wav", "take-stems/drums-kick.wav"
    ]  # fmt: skip
    (master, rate), bass, kick = krach.read_wav(files[0]), *(krach.read_wav(f)[0] for f in files[1:])
    assert rate == 48000
    assert np.abs(master).max() > 0.01
    assert np.abs(master - 0.7 * (bass + kick)).max() < 1e-5
    with pytest.raises(krach.Error, match="KR0502"):
        live.record(tmp_path / "take.wav")


def test_why_names_the_reason_and_the_notes(kr: LiveMixer) -> None:
    assert kr.why("bass") == 'no pattern, gain 0.50, silent because nothing plays it: kr.play("bass", …)'
    kr.node("bass", tone, count=2) @ "A1 [C4 E4]"
    assert kr.why("bass") == "playing, gain 0.50, heard"
    kr.master = 0
    assert kr.why(kr["bass"]).endswith("silent because the master is 0: kr.master = 0.7")
    early, late = kr.why(at=0.4), kr.why(at=1.2)
    assert [line.split(" since")[0] for line in early] == ["bass: A1"]
    assert {line.split(" since")[0] for line in late} == {"bass: C4", "bass: E4"}
    assert "columns 5–6 of its text" in late[0] + late[1]
    assert "test_hands.py" in early[0]
    assert kr.why(at=0.7) == [], "a note sounds for half of its step"
    kr.play("bass", krp.seq("G2").over(4).legato(0.9))
    assert kr.why(at=6)[0].startswith("bass: G2 since bar 1, ")


def test_a_diff_says_what_became_of_the_state(live: LiveMixer) -> None:
    live["bass"] @ "A1*4"
    assert [line.split()[0] for line in live.diff()] == ["play"]

    def tone() -> krs.Signal:
        freq, cutoff = krs.control("freq", 110, 20, 2000), krs.control("cutoff", 800, 80, 8000)
        return krs.lowpass(krs.saw(freq), cutoff) * krs.control("gate", 0, 0, 1) * krs.sine_osc(3)

    live.node("bass", tone)
    until(lambda: len(live.diff()) == 2)
    edit, swap = live.diff()
    assert edit == "declare bass"
    assert swap.startswith("bass: fades in over 960 frames, linear; kept ")
    assert "; begun " in swap
    with live.batch():
        live.node("bass", tone)
        assert live.diff() == ["declare bass"]


def test_a_chord_on_a_mono_node_warns(kr: LiveMixer) -> None:
    with pytest.warns(krach.OutOfRange, match="chord of 3 on mono node 'bass': declare count=3"):
        kr.play("bass", krp.cat(krp.seq("A1", "C2"), krp.note("A1", "C2", "E2")))
    kr.node("bass", tone, count=3)
    kr.play("bass", krp.note("A1", "C2", "E2"))
    kr.node("kick", tone) @ (krp.hit() | krp.hit("gate") * 2)


@pytest.mark.parametrize("tempo", [1e9, float("inf"), 0])
def test_a_tempo_that_no_beat_can_have_is_refused(kr: LiveMixer, tempo: float) -> None:
    for change in (lambda: kr.fade("tempo", tempo), lambda: setattr(kr, "tempo", tempo)):
        if tempo > 0:
            with pytest.raises(krach.Error, match=r"KR0904|KR0405"):
                change()
    kr["bass"] @ "x*4"
    kr.play("tempo", krp.ctrl("ctrl", 1e9))
    assert kr.tempo == 120
    assert kr.render(seconds=0.1).any(), "a pattern of tempos stops at the highest"


def test_a_muted_node_is_revived_in_the_journal(live: LiveMixer) -> None:
    live.revive("bass")
    path = live._session.journal()
    assert path is not None
    live.close()
    assert '"Revive":"bass"' in path.read_text()
