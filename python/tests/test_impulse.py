"""`krach impulse`: its format, and its samples against the official compiler.

The mono run is what the official compiler renders from the same impulse and the same pressed buttons; a run
of voices is the sum of what it renders with each voice's frequency, gate and gain.
"""

from __future__ import annotations

import functools
import itertools
import struct
import subprocess
import sys
import wave
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

import oracle

needs_oracle = pytest.mark.skipif(oracle.missing() is not None, reason=str(oracle.missing()))

FRAMES = 320
RATE = 44100

MONO = {
    "wire": "process = _;",
    "nothing to hear": "process = 0;",
    "two wires crossed": "process = route(2, 2, 1, 2, 2, 1);",
    "one zero": "process = _ <: _, mem :> *(0.5);",
    "leak": "process = + ~ *(0.9);",
    "comb": "process = + ~ (@(10) : *(-0.7));",
    "delay": "process = @(100);",
    "moving delay": "process = _ <: @(int(20 + 10 * sin(c / 7))) with { c = (+(1) ~ _) - 1; };",
    "counter": "process = +(1) ~ _;",
    "modulo": "process = (+(1) ~ _) % 7;",
    "noise": "process = (+(12345) ~ *(1103515245)) / 2147483647.0;",
    "button": 'process = button("b");',
    "button and input": 'process = *(button("b"));',
    "two buttons": 'process = button("a") - 2 * button("b");',
    "button in a group": 'process = hgroup("g", vgroup("h", button("b [tooltip:press]")));',
    "envelope": 'process = button("b") : + ~ *(0.99);',
    "edges": 'process = button("b") <: _, mem : - : abs;',
    "checkbox": 'process = _ + checkbox("c");',
    "slider": 'process = *(hslider("gain", 0.25, 0, 1, 0.01));',
    "entry": 'process = + ~ *(nentry("n", 0.5, 0, 1, 0.1));',
    "smoothed slider": 'process = hslider("s", 1, 0, 1, 0.1) : *(0.1) : + ~ *(0.9);',
    "bargraph": 'process = _ : hbargraph("level", 0, 1) : *(2);',
    "attached": 'process = attach(_, button("b") : vbargraph("level", 0, 1));',
    "gate controls": 'process = control(+(1) ~ _, button("b"));',
    "enabled": 'process = enable(+(1) ~ _, 1 - button("b"));',
    "select": 'process = select2(button("b"), _, 0.5);',
    "select of three": "process = select3((+(1) ~ _) % 3, 1, 2, 3);",
    "table": "process = rdtable(16, (+(1) ~ _) - 1 : *(0.1) : sin, ((+(1) ~ _) - 1) % 16);",
    "written table": "process = rwtable(8, 0.0, (+(1) ~ _) % 8, _, (+(3) ~ _) % 8);",
    "waveform": "process = waveform{1, 2, 3.5};",
    "pulse": "process = 1 - 1';",
    "prefix": "process = prefix(3, _);",
    "letrec": "process = x letrec { 'x = y + 1; 'y = x * 0.5; };",
    "biquad": "process = + ~ (_ <: *(1.6), (mem : *(-0.8)) :> _);",
    "stereo": "process = + ~ *(0.5), (+ ~ *(-0.5));",
    "matrix": "process = _, _, _ <: par(i, 2, (*(i + 1), *(0.5), _ :> _));",
    "sines": "process = sum(i, 4, sin(6.28318530717959 * (i + 1) * t / 64)) with { t = (+(1) ~ _) - 1; };",
    "integers": "process = int(_ * 10) << 3 & 31 | 4 xor 1;",
    "rounding": "process = (c / 3 <: floor, ceil, rint, round) with { c = (+(1) ~ _) - 20; };",
    "powers": "process = c ^ 2, c ^ 0.5, pow(c, 1.5), exp(0 - c / 50), log(c) with { c = +(1) ~ _; };",
    "saturation": "process = *(100) : min(1) : max(-1);",
    "sample rate": "process = fconstant(int fSamplingFreq, <math.h>) / 1000;",
    "rule": "fact(0) = 1; fact(n) = n * fact(n - 1); process = *(fact(5));",
    "library filter": 'import("stdfaust.lib"); process = fi.lowpass(3, 1000);',
    "library oscillator": 'import("stdfaust.lib"); process = os.osc(440) * en.ar(0.001, 0.002, button("b"));',
    "library reverb": 'import("stdfaust.lib"); process = re.mono_freeverb(0.5, 0.5, 0.5, 23);',
}

VOICES = {
    "no control": "process = +(1) ~ _;",
    "input": "process = + ~ *(0.5);",
    "gain": 'process = hslider("gain", 0.1, 0, 1, 0.01);',
    "gate": 'process = button("gate") : + ~ *(0.99);',
    "another button": 'process = button("gate") + 8 * button("go");',
    "frequency": 'process = hslider("freq", 440, 20, 20000, 1);',
    "frequency beyond its slider": 'process = hslider("freq [unit:Hz]", 1000, 500, 2000, 1);',
    "key": 'process = hslider("key", 60, 0, 127, 1) : *(0.01);',
    "velocity": 'process = nentry("vel", 64, 0, 127, 1), nentry("velocity", 64, 0, 127, 1);',
    "grouped": 'process = hgroup("synth", hslider("h:voice/freq", 440, 20, 20000, 1) * button("gate"));',
    "a longer name": 'process = hslider("my freq", 440, 20, 20000, 1);',
    "saw": 'process = hslider("freq", 440, 20, 20000, 1) / 44100 : (+ : \\(x).(x - floor(x))) ~ _;',
    "synth": 'process = (hslider("freq", 440, 20, 20000, 1) / 44100 : (+ : \\(x).(x - floor(x))) ~ _)'
    ' * hslider("gain", 0.5, 0, 1, 0.01) * (button("gate") : *(0.01) : + ~ *(0.99));',
}


def krach(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "krach", "impulse", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)


def response(tmp_path: Path, text: str, *options: str) -> np.ndarray:
    """Samples (outputs, frames) as printed."""
    (tmp_path / "jam.dsp").write_text(text)
    done = krach(tmp_path, "jam.dsp", "--digits", "17", *options)
    assert done.returncode == 0, done.stderr
    header, lines = done.stdout.splitlines()[:3], done.stdout.splitlines()[3:]
    assert int(header[2].split(":")[1]) == len(lines)
    rows = [line.split(":") for line in lines]
    assert [int(number) for number, _ in rows] == list(range(len(rows)))
    return np.array([[float(sample) for sample in samples.split()] for _, samples in rows]).T


@functools.cache
def official() -> oracle.Official:
    return oracle.Official()


def buttons(text: str) -> list[str]:
    parts = (part.split('"')[0] for part in text.split('button("')[1:])
    return [part.split("[")[0].strip() for part in parts]


def keyed(text: str, key: int) -> dict[str, float]:
    """The controls of a voice among those of a program."""
    played = {
        "freq": float(np.float32(440 * 2 ** ((key - 69) / 12))),
        "key": key,
        "gate": 1,
        "gain": float(np.float32(100 / 127)),
        "vel": 100,
        "velocity": 100,
    }
    return {name: value for name, value in played.items() if f'"{name}' in text or f'/{name}"' in text}


@pytest.fixture(scope="module", autouse=True)
def _end_of_the_oracle() -> Iterator[None]:
    yield
    official().close()


@needs_oracle
@pytest.mark.parametrize("name", MONO)
def test_the_mono_run_is_the_official_one(name: str, tmp_path: Path) -> None:
    text = MONO[name]
    got = response(tmp_path, text, "--mono", "-n", str(FRAMES))
    pressed = dict.fromkeys(buttons(text), 1.0)
    released = [(64, button, 0.0) for button in pressed]
    expected = official().render(text, FRAMES, rate=RATE, impulse=True, values=pressed, events=released)
    assert oracle.deviation(expected, got) <= oracle.TOLERANCE


@needs_oracle
@pytest.mark.parametrize("name", VOICES)
def test_voices_are_a_sum_of_keys(name: str, tmp_path: Path) -> None:
    text = VOICES[name]
    got = response(tmp_path, text, "-n", str(4 * FRAMES))
    silent = np.zeros((1, FRAMES)) if name == "input" else None

    def voice(key: int) -> np.ndarray:
        return official().render(text, FRAMES, rate=RATE, inputs=silent, values=keyed(text, key))

    expected = sum(voice(key) for key in (60, 62, 64, 66))
    assert isinstance(expected, np.ndarray)
    assert oracle.deviation(expected, got[:, 2 * FRAMES : 3 * FRAMES]) <= oracle.TOLERANCE
    assert oracle.deviation(voice(60), got[:, 3 * FRAMES :]) <= oracle.TOLERANCE


@pytest.mark.parametrize("text", [MONO["biquad"], MONO["envelope"], MONO["written table"]])
def test_how_blocks_are_split_is_not_heard(text: str, tmp_path: Path) -> None:
    got = response(tmp_path, text, "-n", str(4 * FRAMES))
    assert (got[:, :FRAMES] == got[:, FRAMES : 2 * FRAMES]).all()


def test_only_count_tells_how_blocks_are_split(tmp_path: Path) -> None:
    got = response(tmp_path, "process = fvariable(int count, <math.h>);", "-n", "600")[0]
    assert [len(list(block)) for _, block in itertools.groupby(got[:150])] == [128, 22]
    # What glibc's rand() gives first: 1804289383, 846930886, 1681692777.
    sizes = [1804289383 % 64, 846930886 % 64, 1681692777 % 22]
    expected = [[k] * k + [n - k] * (n - k) for k, n in zip(sizes, (64, 64, 22), strict=True)]
    assert list(got[150:300]) == list(itertools.chain(*expected))
    assert (got[300:450] == 4 * got[:150]).all()
    assert (got[450:] == got[:150]).all()


def test_the_text_is_the_official_format(tmp_path: Path) -> None:
    (tmp_path / "jam.dsp").write_text("process = + ~ *(-0.002), 12345.6;")
    done = krach(tmp_path, "jam.dsp")
    lines = done.stdout.splitlines(keepends=True)
    assert lines[:6] == [
        "number_of_inputs  :   1\n",
        "number_of_outputs :   2\n",
        "number_of_frames  :  60000\n",
        "     0 :  1.000000 12345.600000\n",
        "     1 :  -0.002000 12345.600000\n",
        "     2 :  0.000004 12345.600000\n",
    ]
    assert lines[6] == "     3 :  0.000000 12345.600000\n", "what is below a millionth is 0"
    assert len(lines) == 60003
    assert lines[-1] == " 59999 :  0.000000 12345.600000\n"


def test_sound_files_are_the_ones_of_the_test(tmp_path: Path) -> None:
    text = """n = (+(1) ~ _) - 1;
    process = 1, n : soundfile("s [url:{'a.wav';'b.wav'}]", 3), (2, n : soundfile("c.wav", 1));"""
    got = response(tmp_path, text, "--mono", "-n", "5000")
    sine = np.sin(1 + 2 * np.pi * np.minimum(np.arange(5000), 4095) / 4096)
    assert (got[0] == 4096).all()
    assert (got[1] == RATE).all()
    for channel in got[2:5]:
        assert np.abs(channel - sine).max() < 1e-12
    assert [set(row) for row in got[5:]] == [{1024.0}, {44100.0}, {0.0}]


def test_what_cannot_be_compared_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "jam.dsp").write_text("process = 1 / (100 - (+(1) ~ _));")
    done = krach(tmp_path, "jam.dsp", "-n", "800")
    assert (done.returncode, "KR0410" in done.stderr) == (1, True)
    assert done.stdout.splitlines()[-1].startswith("    98 :")
    mono = krach(tmp_path, "jam.dsp", "-n", "101", "--mono").stdout.splitlines()
    assert mono[-2] == "    99 :       inf"


@pytest.mark.parametrize(
    ("text", "code"), [("process = x;", "KR0302"), ("process = ", "KR0301"), ("process = !;", "KR0317")]
)
def test_wrong_programs_exit_1(text: str, code: str, tmp_path: Path) -> None:
    (tmp_path / "jam.dsp").write_text(text)
    done = krach(tmp_path, "jam.dsp")
    assert (done.returncode, done.stdout, code in done.stderr) == (1, "", True)


def test_libraries_are_found_by_folder(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "half.lib").write_text("half = *(0.5);")
    text = 'h = library("half.lib"); process = h.half;'
    assert response(tmp_path, text, "--mono", "-n", "2", "-I", "lib").tolist() == [[0.5, 0.0]]
    assert krach(tmp_path, "jam.dsp").returncode == 1


def sound(path: Path, channels: Mapping[str, list[int]]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(22050)
        frames = itertools.chain(*zip(*channels.values(), strict=True))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in frames))


def test_render_plays_the_sound_files_themselves(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav", {"left": [16384, -16384, 8192], "right": [0, 4096, 2048]})
    text = """n = (+(1) ~ _) - 1;
    process = hslider("part", 0, 0, 3, 1), n : soundfile("s [url:{'a.wav';'no.wav'}]", 3);"""
    (tmp_path / "jam.dsp").write_text(text)
    command = [sys.executable, "-m", "krach", "render", "jam.dsp", "-o", "out.wav", "--seconds", "0.001"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    data = (tmp_path / "out.wav").read_bytes()
    samples = np.frombuffer(data[data.index(b"data") + 8 :], np.float32).reshape(-1, 5)
    assert samples[:5].tolist() == [
        [3, 22050, 0.5, 0, 0.5],
        [3, 22050, -0.5, 0.125, -0.5],
        [3, 22050, 0.25, 0.0625, 0.25],
        [3, 22050, 0.25, 0.0625, 0.25],
        [3, 22050, 0.25, 0.0625, 0.25],
    ]
