"""The first minutes: the prompt through a terminal, the tour, `krach demo` and `krach new`."""

from __future__ import annotations

import builtins
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import krach
import krach.dsp as krs
from krach.repl import LiveMixer, demo, tour
from krach.repl.toolbar import Toolbar
from krach.repl.view import View
from shell import COMMAND
from shell import krach as command

pexpect = pytest.importorskip("pexpect", reason="there are no pseudo terminals")

BASS = 'bass = kr.node("bass", kr.synths.acid, gain=0.4); bass @ "A2 D3 ~ E2"'


class Terminal:
    """A `krach` in a terminal of 160 columns."""

    def __init__(self, folder: Path, **environment: str) -> None:
        own = {"TERM": "xterm", "IPYTHONDIR": str(folder / "ipython")}
        self.child: Any = pexpect.spawn(
            COMMAND[0],
            COMMAND[1:],
            cwd=str(folder),
            env={**os.environ, **own, **environment},
            dimensions=(40, 160),
            timeout=30,
            encoding="utf-8",
        )

    def sees(self, *texts: str) -> None:
        """Waits until all of these were shown, in this order."""
        for text in texts:
            # A terminal answers where its cursor is; the line at the bottom waits for that.
            while self.child.expect_exact([text, "\x1b[6n"]) == 1:
                self.child.send("\x1b[5;1R")

    def types(self, line: str, prompt: str = "In [") -> None:
        """Types a line at the next prompt."""
        self.sees(prompt)
        self.child.send(line + "\r")

    def ends(self) -> int:
        self.child.expect(pexpect.EOF)
        self.child.close()
        return int(self.child.exitstatus)


@pytest.fixture
def kr() -> Iterator[LiveMixer]:
    with LiveMixer("null", bpm=480) as mixer:
        yield mixer


def test_the_prompt_plays_shows_errors_and_leaves(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, KRACH_DEVICE="null")
    terminal.sees(f"krach {krach.__version__}, playing on null at 48000 Hz", f"try:  {BASS}")
    terminal.types(BASS)
    terminal.sees("120 BPM | CPU", "Node('bass', acid, gain=0.40)")
    terminal.types("kr.node('lead', 5)")
    terminal.sees("error[KR0114]: a DSP function is wanted, not `5`", "kr.node('lead', 5)", "^^^^", "help: ")
    terminal.types("krs.lowpas")
    terminal.sees("module 'krach.dsp' has no attribute 'lowpas'", "help: did you mean `lowpass`?")
    terminal.types("basss @ 'A1'")
    terminal.sees("name 'basss' is not defined", "help: did you mean `bass`?")
    terminal.types("kr.view()")
    terminal.sees("bass  acid  0.40", "|x--", "^")
    terminal.child.sendintr()
    terminal.types("kr.mute(bass, at=1000)")
    terminal.sees("pending 1")
    terminal.child.send("kr.tempo = 90")
    terminal.child.sendintr()  # empties the line, and the music plays on
    terminal.child.send("kr.tempo + A4 + 1000 * kr.slots['bass'].playing\r")
    terminal.sees("1189.0")
    terminal.types("exit()")
    assert terminal.ends() == 0


def test_without_a_sound_device_the_prompt_opens_and_says_so(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, KRACH_DEVICE="no such device")
    terminal.sees("without sound: ", "krach doctor")
    terminal.types(BASS)
    terminal.sees("no sound device: kr.render() hears the session")
    terminal.types("print(2000 + kr.render(bars=1).any())")
    terminal.sees("2001", "In [")
    terminal.child.sendeof()
    assert terminal.ends() == 0


def test_without_ipython_there_is_the_prompt_of_python(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['IPython'] = None\n")
    terminal = Terminal(tmp_path, KRACH_DEVICE="null", PYTHONPATH=str(tmp_path))
    terminal.sees("playing on null", "pip install ipython")
    terminal.types(BASS, ">>> ")
    terminal.sees("Node('bass', acid, gain=0.40)", ">>> ")
    terminal.child.sendeof()
    assert terminal.ends() == 0


def test_the_toolbar_shows_how_the_machine_copes(kr: LiveMixer) -> None:
    toolbar = Toolbar(kr)
    assert "no sound device" in toolbar()
    kr.node("bass", kr.synths.acid, gain=1) @ "A1"
    kr.wait(bars=0.5)
    line = toolbar()
    assert re.fullmatch(
        r" bar \d+\.\d \| 480 BPM \| CPU \d+% \| peak -\d+ dB \| limiter on \| xruns \d+", line
    )
    kr.limiter = False
    kr.mute("bass", at=1_000_000)
    assert "limiter off" in toolbar()
    assert toolbar().endswith("| pending 1")


def test_the_toolbar_shows_a_recording_until_it_stops(kr: LiveMixer, tmp_path: Path) -> None:
    toolbar = Toolbar(kr)
    kr.open("null")
    assert "recording" not in toolbar()
    take = kr.record(tmp_path / "take.wav")
    assert toolbar().endswith("| recording")
    take.stop()
    until = time.monotonic() + 30
    while "recording" in toolbar():
        assert time.monotonic() < until


def test_the_view_shows_meters_notes_automation_and_news(
    kr: LiveMixer, capsys: pytest.CaptureFixture[str]
) -> None:
    view = View(kr)
    kr.node("bass", kr.synths.acid, gain=1) @ "A1 . A1 C2"
    kr.node("verb", kr.fx.hall)
    kr.mute("verb")
    kr.mod("bass/cutoff", "sine", 300, 3000, bars=4)
    kr.wait(bars=0.5)
    shown = view(120)
    bass, verb, cursor, automation = shown.splitlines()[2:6]
    assert re.fullmatch(r"bass  acid  1\.00   #+ *\|x-+\.+x-+\.*x-+\.*", bass)
    assert re.fullmatch(r"verb  hall  muted .*\|", verb)
    assert bass.index("|") < cursor.index("^") <= bass.index("|") + 32
    assert automation.startswith("bass/cutoff: ")
    assert "plays on null at 48000 Hz" in shown
    assert all(len(line) <= 30 for line in view(30).splitlines())
    kr.view()
    assert "bass  acid" in capsys.readouterr().out


def test_the_tour_plays_each_of_its_lines(kr: LiveMixer, capsys: pytest.CaptureFixture[str]) -> None:
    kr.tour(hands_free=True)
    shown = capsys.readouterr().out
    assert shown.count(">>> ") == len(tour.STOPS)
    assert "(2, 96000)" in shown
    assert list(kr.nodes) == ["bass", "kick", "lead", "verb"]
    assert kr.tempo == 480
    assert globals()["lead"].sound.name == "lead", "the lines run in the module of the caller"


def test_the_tour_asks_before_each_line(
    kr: LiveMixer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = iter(["", "s", "q"])
    monkeypatch.setattr(builtins, "input", lambda _: next(answers))
    kr.tour()
    assert list(kr.nodes) == ["bass"]
    assert kr.slots == {}, "the second stop was skipped"
    assert "kr.tour(3) goes on from here." in capsys.readouterr().out
    monkeypatch.setattr(builtins, "input", lambda _: (_ for _ in ()).throw(EOFError))
    kr.tour(4)
    assert "kr.tour(4) goes on from here." in capsys.readouterr().out


@pytest.mark.parametrize("stop", [0, -3, 13, 1.5, "one", None])
def test_the_tour_begins_at_one_of_its_stops_or_nowhere(kr: LiveMixer, stop: Any) -> None:
    with pytest.raises(krach.Error, match="`stop` is a"):
        kr.tour(stop, hands_free=True)
    assert kr.nodes == {}


def test_the_demo_shows_each_line_as_it_plays(tmp_path: Path) -> None:
    done = command(tmp_path, "demo", "--seconds", "1", "--device", "null")
    assert (done.returncode, done.stderr) == (0, "")
    shown = [line.removeprefix(">>> ") for line in done.stdout.splitlines() if line.startswith(">>> ")]
    assert shown == list(demo.LINES)


def test_the_demo_needs_a_device(tmp_path: Path) -> None:
    done = command(tmp_path, "demo", "--device", "no such device")
    assert (done.returncode, done.stdout) == (3, "")
    assert "error[KR0503]" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_ctrl_c_ends_the_demo(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [*COMMAND, "demo", "--device", "null"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == f">>> {demo.LINES[0]}\n"
    child.send_signal(signal.SIGINT)
    assert (child.communicate(timeout=60)[1], child.returncode) == ("interrupted\n", 130)


def test_a_new_piece_is_heard_and_overwrites_nothing(tmp_path: Path) -> None:
    done = command(tmp_path, "new", "piece.py")
    assert (done.returncode, done.stdout) == (0, "")
    assert "krach render piece.py -o piece.wav --bars 8" in done.stderr
    assert command(tmp_path, "render", "piece.py", "-o", "piece.wav", "--bars", "2").returncode == 0
    sound, _ = krach.read_wav(tmp_path / "piece.wav")
    assert 0.1 < np.abs(sound).max() < 0.9
    assert -26 < krach.loudness(sound) < -14
    again = command(tmp_path, "new", "piece.py")
    assert again.returncode == 1
    assert "error[KR0502]" in again.stderr
    assert "nothing is overwritten" in again.stderr
    assert "end its name with `.py`" in command(tmp_path, "new", "piece.txt").stderr


COMPLETE = """
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from krach.repl import LiveMixer

shell = InteractiveShell.instance()
kr = shell.user_ns["kr"] = LiveMixer("off")
kr.node("bass", kr.synths.acid)
with provisionalcompleter():
    for text in ("kr.synths.aci", "kr.node('x', kr.fx.ping", 'kr.synths["kick_h', 'kr["bass/cu'):
        print(*[found.text for found in shell.Completer.completions(text, len(text))])
"""


def test_names_of_stock_sounds_and_nodes_complete(tmp_path: Path) -> None:
    own = {**os.environ, "IPYTHONDIR": str(tmp_path)}
    command = [sys.executable, "-c", COMPLETE]
    done = subprocess.run(command, env=own, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["acid", "ping_pong", "kick_hard", "bass/cutoff"], done.stderr


def test_cells_run_twice_change_nothing() -> None:
    kr = LiveMixer("off")

    def state() -> tuple[object, ...]:
        return repr(kr), kr.routes, kr.slots, kr.automations, kr.ctrl_values, kr.tempo

    def cells() -> None:
        names: dict[str, object] = {"kr": kr, "krs": krs}
        for line in demo.LINES:
            exec(line, names)

    cells()
    once, heard = state(), kr.render(bars=1)
    cells()
    assert state() == once
    assert np.array_equal(kr.render(bars=1), heard)
