"""`krach run`: a file that plays, and what changes in it while it plays."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import krach
from krach.repl import LiveMixer
from krach.repl.run import Player, attempt, recover, stale, statements

FILE = """
def tone():
    return krs.saw(krs.control("freq", 110, 20, 2000)) * krs.control("gate", 0, 0, 1)

level = 0.5
bass = kr.node("bass", tone, gain=level)
lead = kr.node("lead", tone)
bass @ "A1 C2"
lead @ "A3*4"
verb = kr.node("verb", lambda inp: inp * 0.5)
lead >> (verb, 0.3)

if kr.device is not None:
    kr.wait()
"""


@pytest.fixture
def player(tmp_path: Path) -> Player:
    file = tmp_path / "jam.py"
    file.write_text(FILE)
    kr = LiveMixer("off")
    kr.strict = True
    player = Player(kr, str(file))
    assert player.run() == 9
    return player


def change(player: Player, old: str, new: str) -> int:
    file = Path(player.file)
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return player.run()


def test_only_what_changed_runs_again(player: Player) -> None:
    kr, steps = player.kr, len(player.kr.history)
    assert player.run() == 0
    assert len(kr.history) == steps
    assert change(player, '"A1 C2"', '"A1 . C2 ."') == 1
    assert str(kr.slots["bass"].pattern) == "A1, ~, C2, ~"
    assert len(kr.history) == steps + 1, "one change of the music"
    # A line that moves is no change.
    assert change(player, "level = 0.5", "# louder soon\n\nlevel = 0.5") == 0
    # A name takes what uses it along.
    assert change(player, "level = 0.5", "level = 0.25") == 3
    assert kr.get_node("bass").gain == 0.25
    assert change(player, "krs.saw", "krs.square") == 6
    kr.close()


def test_what_is_taken_out_of_the_file_ends(player: Player) -> None:
    kr = player.kr
    change(player, 'lead @ "A3*4"\n', "")
    assert list(kr.slots) == ["bass"]
    change(player, "lead >> (verb, 0.3)\n", "")
    assert kr.routing == []
    change(player, 'verb = kr.node("verb", lambda inp: inp * 0.5)\n', "")
    assert list(kr.nodes) == ["bass", "lead"]
    change(player, 'lead = kr.node("lead", tone)', 'pad = kr.node("pad", tone)')
    assert list(kr.nodes) == ["bass", "pad"]
    kr["pad/freq"] = 300
    assert player.run() == 0
    assert kr["pad/freq"] == 300, "what was set by hand stays"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("bass @ 'A1 C2' )", "KR0117"),
        ("kr.set('bass/freqq', 3)", "KR0404"),
        ("kr.gain('bass', 0.1)\n1 / 0", "ZeroDivisionError"),
        ("tone = None\nkr.remove('lead')\nraise SystemExit", "SystemExit"),
    ],
)
def test_an_error_in_the_file_changes_nothing(player: Player, wrong: str, said: str) -> None:
    kr = player.kr
    before, history = kr.capture(), kr.history
    with pytest.raises(krach.Error, match=said):
        change(player, "level = 0.5\n", f"level = 0.5\n{wrong}\n")
    assert (kr.capture(), kr.history) == (before, history)
    assert change(player, f"{wrong}\n", "") == 0
    assert (kr.capture(), kr.history) == (before, history)
    assert change(player, "level = 0.5", "level = 0.3") == 3


def test_a_name_that_two_statements_make_is_made_in_order() -> None:
    def ran(before: str, after: str) -> list[str]:
        return [one.text for one in stale(statements(before, "a.py"), statements(after, "a.py"))]

    assert ran("x = 1\ny = x", "x = 1\ny = x") == []
    assert ran("x = 1\ny = x", "x = 2\nx = 1\ny = x") == ["x = 2", "x = 1", "y = x"]
    assert ran("x = 1\nx = 1", "x = 1") == []
    assert ran("import numpy", "import numpy as np\nnp.zeros(2)") == ["import numpy as np", "np.zeros(2)"]
    assert ran("for i in a: f(i)", "a = 3\nfor i in a: f(i)") == ["a = 3", "for i in a:\n    f(i)"]


@contextlib.contextmanager
def running(*arguments: str, log: Path) -> Iterator[Callable[[str], None]]:
    """Runs the command until it has printed a text; Ctrl-C ends it."""
    with log.open("w") as out:
        command = [sys.executable, "-m", "krach", "run", *arguments, "--device", "null"]
        ran = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)

        def wait(text: str) -> None:
            end = time.monotonic() + 60
            while text not in log.read_text():
                assert ran.poll() is None, log.read_text()
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.02)

        try:
            yield wait
            ran.send_signal(signal.SIGINT)
            assert ran.wait(60) == 130, log.read_text()
        finally:
            ran.kill()
            ran.wait()


def save(file: Path, text: str) -> None:
    """As an editor does: the file is whole at every moment."""
    beside = file.with_suffix(".new")
    beside.write_text(text)
    os.replace(beside, file)


def test_a_watched_file_plays_on_through_an_error_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    file, log = tmp_path / "jam.py", tmp_path / "log"
    file.write_text(FILE)
    with running(str(file), "--watch", log=log) as wait:
        wait("jam.py: 9 statements")
        save(file, FILE + "kr.node('bass', 3 / 0)\n")
        wait("ZeroDivisionError")
        wait("the music plays on as it was")
        save(file, FILE + "print('now in bar', kr.now.bar, kr.slots)\n")
        wait("jam.py: 1 statements")
    said = log.read_text()
    assert "now in bar" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("wrong", ["kr.node('bass', 3 / 0)", "kr.set('bass/freqq', 3)", "bass @ 'A1' )"])
def test_an_error_of_a_watched_file_is_shown_with_its_line(
    player: Player, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = Path(player.file)
    file.write_text(f"{FILE}{wrong}\n")
    attempt(player, watch=True)
    said = capsys.readouterr().err
    line = len(FILE.splitlines()) + 1
    assert said.startswith(f"{file}:{line}:"), said
    assert f"\n  {wrong}\n" in said
    assert "^" in said
    assert "plays on as it was" in said


@pytest.mark.parametrize(
    "arguments", [["recover", "damaged.journal"], ["run", "jam.py", "--device", "no such device"]]
)
def test_an_error_of_a_command_is_not_at_the_line_of_its_script(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "damaged.journal").write_bytes(b"no journal")
    (tmp_path / "jam.py").write_text("kr.tempo = 90")
    command = [sys.executable, "-m", "krach", *arguments]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert ran.stderr.startswith("error[KR0"), ran.stderr


def test_a_file_that_an_editor_has_emptied_to_write_it_does_not_end_the_music(player: Player) -> None:
    file = Path(player.file)
    file.write_text("")
    assert not player.changed()
    file.write_text(f"{FILE}# written\n")
    assert player.changed()
    assert player.run() == 0


def test_a_recovered_session_that_was_edited_is_not_overwritten(tmp_path: Path) -> None:
    edited = tmp_path / "recovered.py"
    edited.write_text("# mine")
    with pytest.raises(krach.Error, match="nothing is overwritten"):
        recover(None, edited)
    assert edited.read_text() == "# mine"


def test_a_file_that_cannot_be_run_ends_the_command(tmp_path: Path) -> None:
    file = tmp_path / "jam.py"
    file.write_text("kr.tempo = 0")
    command = [sys.executable, "-m", "krach", "run", str(file), "--device"]
    wrong = subprocess.run([*command, "null"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert "KR0904" in wrong.stderr
    nowhere = subprocess.run([*command, "no such device"], capture_output=True, text=True, check=False)
    assert nowhere.returncode == 3
    assert "KR0503" in nowhere.stderr


def test_a_prompt_sees_the_session(tmp_path: Path) -> None:
    file = tmp_path / "jam.py"
    file.write_text(FILE)
    command = [sys.executable, "-m", "krach", "run", str(file), "-i", "--device", "null"]
    asked = "print(len(kr.nodes), bass.name, bass.gain())\n"
    ran = subprocess.run(command, input=asked, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "3 bass 0.5" in ran.stdout


def test_a_session_is_played_recovered_and_replayed(tmp_path: Path) -> None:
    file, log = tmp_path / "jam.py", tmp_path / "log"
    file.write_text(FILE + "kr.save('verse')\nkr.wait(bars=0.1)\nkr.mute('lead')\nprint('muted')\n")
    with running(str(file), log=log) as wait:
        wait("muted")
    again = [sys.executable, "-m", "krach"]
    recovered, heard = tmp_path / "back.py", tmp_path / "heard.wav"
    said = subprocess.run(
        [*again, "recover", "-o", str(recovered)], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    assert "krach run -i" in said.stderr
    kr = LiveMixer("off")
    kr.exec_file(recovered)
    assert (kr.scenes, kr.is_muted("lead"), list(kr.nodes)) == (["verse"], True, ["bass", "lead", "verb"])
    said = subprocess.run(
        [*again, "replay", "-o", str(heard), "--stems", "--json"], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    sound, rate = krach.read_wav(heard)
    assert (rate, sound.shape[0]) == (48000, 2)
    assert abs(sound).max() > 0.01
    assert sorted(one.name for one in tmp_path.glob("heard*.wav")) == [
        "heard.bass.wav", "heard.lead.wav", "heard.verb.wav", "heard.wav"
    ]  # fmt: skip
