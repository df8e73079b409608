"""The command `krach` of the Python package, run as people run it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from shell import COMMAND, interrupt, krach

WRONG = sorted((Path(__file__).parents[2] / "fixtures" / "wrong").glob("*.py"))

JAM = '''\
import krach.dsp as krs


def acid(amount=0.5):
    cutoff = krs.control("cutoff", 800, 80, 8000)
    return krs.lowpass(krs.saw(55), cutoff) * amount


def stereo(left, right):
    """Swaps its inputs, a sample later."""
    return krs.mem(right), krs.mem(left)
'''


@pytest.fixture
def jam(tmp_path: Path) -> Path:
    (tmp_path / "jam.py").write_text(JAM)
    return tmp_path


def findings(cwd: Path, *arguments: str) -> dict[str, Any]:
    done = krach(cwd, "check", *arguments, "--json")
    found = json.loads(done.stdout)
    assert list(found) == ["schema", "ok", "diagnostics"]
    assert done.returncode == (0 if found["ok"] else 1)
    return found


def codes(cwd: Path, *arguments: str) -> list[str]:
    return [diagnostic["code"] for diagnostic in findings(cwd, *arguments)["diagnostics"]]


@pytest.mark.parametrize("stage", ["program", "faust", "plan", "kernel", "clif", "asm"])
def test_every_stage_is_printed(jam: Path, stage: str) -> None:
    done = krach(jam, "dump", "jam.py:acid", "--stage", stage)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout) > 40
    if stage == "faust":
        assert "process" in done.stdout
        assert krach(jam, "dump-faust", "jam.py:acid").stdout == done.stdout


def test_the_text_form_stands_for_the_file(jam: Path) -> None:
    text = krach(jam, "dump", "jam.py:acid").stdout
    (jam / "acid.program").write_text(text)
    assert krach(jam, "dump", "acid.program").stdout == text
    assert krach(jam, "dump-faust", "acid.program").stdout == krach(jam, "dump-faust", "jam.py:acid").stdout


def test_render_writes_a_file_and_says_so(jam: Path) -> None:
    done = krach(jam, "render", "jam.py:acid", "-o", "acid.wav", "--seconds", "0.5", "--set", "cutoff=2000")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith("wrote acid.wav: 1 channel, 24000 frames at 48000 Hz, peak ")
    header = (jam / "acid.wav").read_bytes()[:4]
    assert header == b"RIFF"


def test_a_control_that_is_not_there_has_a_neighbour(jam: Path) -> None:
    done = krach(jam, "render", "jam.py:acid", "-o", "acid.wav", "--set", "cutof=2000")
    assert done.returncode == 2
    assert "error[KR0404]" in done.stderr
    assert "did you mean `cutoff`?" in done.stderr
    assert not (jam / "acid.wav").exists()


def test_bench_prints_its_schema(jam: Path) -> None:
    done = krach(
        jam, "bench", "jam.py:acid", "--voices", "2", "--block", "64", "--precision", "double", "--json"
    )
    found = json.loads(done.stdout)
    times = ["front_ms", "codegen_ms", "total_ms", "ns_per_frame"]
    assert list(found) == ["schema", *times, "voices", "block", "precision", "cold"]
    assert (found["schema"], found["voices"], found["block"], found["precision"]) == (1, 2, 64, "double")
    assert list(found["cold"]) == times
    assert all(figures[time] > 0 for figures in (found, found["cold"]) for time in times)


def test_check_finds_the_functions_of_a_file(jam: Path) -> None:
    assert codes(jam, "jam.py") == []
    done = krach(jam, "check", "jam.py")
    assert done.stderr == "jam.py: 2 DSP functions, no errors\n"


def test_check_understands_a_session(tmp_path: Path) -> None:
    piece = tmp_path / "piece.py"
    piece.write_text(
        "from krach import kr\n"
        "bass = kr.node('bass', kr.synths.acid)\n"
        "bass @ 'A1 C2'\n"
        "verb = kr.node('verb', lambda x: x)\n"
        "bass >> verb\n"
    )
    done = krach(tmp_path, "check", "piece.py")
    assert (done.returncode, done.stderr) == (0, "piece.py: 2 nodes, no errors\n")
    with piece.open("a") as more:
        more.write("def half(x):\n    return x / 2\n")
    assert "2 nodes and 1 DSP function, no errors" in krach(tmp_path, "check", "piece.py").stderr
    assert "piece.py: 1 DSP function, no errors" in krach(tmp_path, "check", "piece.py:half").stderr


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("bass @ ('cutof', kr.sine(1, 2))", "KR0404"),
        ("kr.fade('bas/cutoff', 100)", "KR0901"),
        ("bass >> bass", "KR0903"),
    ],
)
def test_check_finds_the_line_of_a_wrong_statement(tmp_path: Path, line: str, code: str) -> None:
    (tmp_path / "piece.py").write_text(f"bass = kr.node('bass', kr.synths.acid)\n\n{line}\n")
    [found] = findings(tmp_path, "piece.py")["diagnostics"]
    assert (found["code"], found["line"], found["column"]) == (code, 3, 1)
    assert found["end_column"] > 1


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_check_points_at_what_is_wrong(path: Path, tmp_path: Path) -> None:
    *_, expectation = path.read_text().rstrip().splitlines()
    code, place, message = expectation.removeprefix("# expect: ").split(maxsplit=2)
    (diagnostic,) = findings(tmp_path, str(path))["diagnostics"]
    assert list(diagnostic) == [
        "code", "severity", "message", "file", "line", "column", "end_line", "end_column", "labels", "help",
    ]  # fmt: skip
    assert (diagnostic["code"], f"{diagnostic['line']}:{diagnostic['column']}") == (code, place)
    # Some messages name the file, as it was given to the command.
    said = diagnostic["message"].replace(str(path), f"fixtures/wrong/{path.name}")
    assert (diagnostic["severity"], said) == ("error", message)
    assert (diagnostic["end_line"], diagnostic["end_column"]) >= (diagnostic["line"], diagnostic["column"])


def test_check_reports_the_errors_of_all_functions(tmp_path: Path) -> None:
    (tmp_path / "two.py").write_text(
        "import krach.dsp as krs\n"
        "def first(x):\n    return -x if x > 0 else x\n"
        "def second():\n    krs.saw(55)\n"
        "def third(x, y):\n    return x\n"
    )
    assert codes(tmp_path, "two.py") == ["KR0102", "KR0105", "KR0120"]
    assert codes(tmp_path, "two.py:third") == ["KR0120"]
    assert krach(tmp_path, "check", "two.py:third").returncode == 0


def test_helpers_and_scripts_are_not_traced(tmp_path: Path) -> None:
    (tmp_path / "song.py").write_text(
        "import krach.dsp as krs\n"
        "def hertz(name):\n    return {'A': 440}[name]\n"
        "def voice(freq, count):\n    return sum(krs.saw(freq * n) for n in range(1, count))\n"
        "def lead():\n    return voice(hertz('A'), 3)\n"
        "def events():\n    return [(0, 'gate', hertz('A'))]\n"
        "def song():\n    return krs.transpile(lead).render(1.0, events=events())\n"
        "def tempo(beats):\n    return 120 * beats\n"
        "def main():\n    song()\n"
        "print(tempo(2))\n"
    )
    done = krach(tmp_path, "check", "song.py")
    assert (done.returncode, done.stderr) == (0, "240\nsong.py: 1 DSP function, no errors\n")
    assert "lead" in krach(tmp_path, "dump", "song.py").stdout


def test_the_function_is_chosen_by_name(jam: Path) -> None:
    done = krach(jam, "dump", "jam.py")
    assert done.returncode == 1
    assert "error[KR0118]" in done.stderr
    assert "`acid`, `stereo`" in done.stderr
    done = krach(jam, "dump", "jam.py:stero")
    assert "did you mean `stereo`?" in done.stderr


def test_what_the_file_prints_is_not_data(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text(
        "print('hello')\ndef half(x):\n    print('tracing')\n    return x / 2\n"
    )
    done = krach(tmp_path, "check", "loud.py", "--json")
    assert json.loads(done.stdout)["ok"]
    assert done.stderr == "hello\ntracing\n"


def test_reports_have_no_colours_off_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("def bad(x):\n    return x and 1\n")
    done = krach(tmp_path, "check", "bad.py")
    assert done.stderr.startswith("bad.py:2:12: error[KR0102]: ")
    assert "return x and 1" in done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_ctrl_c_ends_a_render_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text(
        "import sys, krach.dsp as krs\n"
        "def long():\n"
        "    print('traced', file=sys.stderr, flush=True)\n"
        "    return sum(krs.lowpass(krs.saw(50 + n), 900, order=8) for n in range(100))\n"
    )
    done = interrupt(tmp_path, "render", "long.py", "-o", "long.wav", "--seconds", "600")
    assert done == (130, "interrupted\n")
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["long.py"]


def test_a_file_with_one_function_means_it(tmp_path: Path) -> None:
    (tmp_path / "text.py").write_text("def text():\n    return 'sound'\n")
    assert codes(tmp_path, "text.py") == ["KR0105"]


def test_only_data_on_standard_output_also_where_the_file_prints(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text(
        "import os\n"
        "print('printed')\n"
        "os.write(1, b'written\\n')\n"
        "os.system('echo shouted')\n"
        "def tone(x):\n"
        "    os.write(1, b'traced\\n')\n"
        "    return x\n"
    )
    done = krach(tmp_path, "dump", "loud.py")
    assert done.stdout.startswith('program "tone"')
    assert sorted(done.stderr.split()) == ["printed", "shouted", "traced", "written"]


def test_what_a_file_calls_from_krach_is_no_wrong_flag(tmp_path: Path) -> None:
    (tmp_path / "late.py").write_text(
        "import krach.dsp as krs\ntone = krs.transpile(lambda: krs.saw(55))\ntone.render(-1)\n"
    )
    done = krach(tmp_path, "check", "late.py")
    assert done.returncode == 1
    assert done.stderr.startswith("late.py:3:1: error[KR0408]: ")
    flag = krach(tmp_path, "render", "late.py", "-o", "a.wav", "--rate", "7")
    assert flag.returncode == 1, "the file comes first"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("class E(Exception):\n    def __str__(self): raise ValueError\nraise E\n", "E"),
        ("raise ValueError('\\n')\n", "ValueError"),
        ("raise ValueError('\\ud800')\n", "ValueError: \\ud800"),
    ],
)
def test_exceptions_that_say_odd_things(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "odd.py").write_text(text)
    [found] = findings(tmp_path, "odd.py")["diagnostics"]
    assert (found["code"], found["message"]) == ("KR0117", f"the file cannot be run: {said}")


@pytest.mark.parametrize(
    ("said", "help"),
    [
        ("krs.swa(55)", "did you mean `saw`?"),
        ("lenght(3)", "did you mean `length`?"),
        ("krs.zzzz()", None),
    ],
)
def test_a_misspelt_name_is_told_what_it_may_mean(tmp_path: Path, said: str, help: str | None) -> None:
    text = f"import krach.dsp as krs\nlength = abs\ndef tone():\n    return {said}\n"
    (tmp_path / "typo.py").write_text(text)
    [found] = findings(tmp_path, "typo.py")["diagnostics"]
    assert (found["code"], found["line"]) == ("KR0115", 4)
    assert found["help"] == help


def test_objects_that_answer_with_exceptions_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "moody.py").write_text(
        "class Moody:\n"
        "    def __getattr__(self, name): raise RuntimeError(name)\n"
        "    def __call__(self): pass\n"
        "moody = Moody()\n"
        "def use(x):\n"
        "    moody\n"
        "    return x\n"
    )
    assert codes(tmp_path, "moody.py") == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_named_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "silent.py")
    done = krach(tmp_path, "check", "silent.py")
    assert done.returncode == 1
    assert "it is a named pipe" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_ctrl_c_ends_the_wait_for_a_silent_pipe(tmp_path: Path) -> None:
    silent, _other_end = os.pipe()
    child = subprocess.Popen([*COMMAND, "check", "-"], cwd=tmp_path, stdin=silent, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    threads = Path(f"/proc/{child.pid}/task")
    while "krach-worker\n" not in [thread.read_text() for thread in threads.glob("*/comm")]:
        assert time.monotonic() < deadline, "it never begins to read"
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    assert (child.communicate(timeout=60)[1], child.returncode) == (b"interrupted\n", 130)


def test_a_source_in_a_declared_encoding_is_read(jam: Path) -> None:
    text = "# -*- coding: latin-1 -*-\nimport krach.dsp as krs\n\n\ndef café():\n    return krs.saw(55)\n"
    (jam / "old.py").write_bytes(text.encode("latin-1"))
    done = krach(jam, "check", "old.py:café")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    (jam / "old.py").write_bytes(text.replace("latin-1", "no-such").encode("latin-1"))
    done = krach(jam, "check", "old.py")
    assert done.returncode == 1
    assert "KR0501" in done.stderr
    assert "# coding: latin-1" in done.stderr


def test_a_python_instrument_is_measured_while_it_sounds(jam: Path) -> None:
    text = (
        'def lead():\n    return krs.saw(krs.control("freq", 99, 20, 2000)) * krs.control("gate", 0, 0, 1)\n'
    )
    (jam / "lead.py").write_text("import krach.dsp as krs\n\n\n" + text)
    done = krach(jam, "bench", "lead.py", "--note", "C3", "--set", "freq=110", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["voices"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files")
def test_a_new_piece_on_a_full_disk_leaves_no_file(tmp_path: Path) -> None:
    import resource

    def full() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    command = [*COMMAND, "new", "piece.py"]
    made = subprocess.run(command, cwd=tmp_path, preexec_fn=full, capture_output=True, text=True, timeout=300)
    assert made.returncode == 1
    assert "KR0502" in made.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="opens a terminal")
def test_a_render_draws_its_progress_on_a_terminal(tmp_path: Path) -> None:
    import pty

    (tmp_path / "jam.py").write_text("kr.node('a', lambda: krs.saw(110)) @ 'x x'\n")
    command = [*COMMAND, "render", "jam.py", "-o", "out.wav", "--seconds", "30"]
    ours, theirs = pty.openpty()
    with open(ours, "rb", buffering=0) as screen:
        child = subprocess.Popen(command, cwd=tmp_path, stderr=theirs, env={**os.environ, "TERM": "xterm"})
        os.close(theirs)
        drawn = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            while part := screen.read(4096):
                drawn += part
    assert child.wait(300) == 0
    assert b" %" in drawn
    assert b"LUFS" in drawn
