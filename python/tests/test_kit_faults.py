"""Libraries and what people do to them by mistake, or on purpose."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import krach
import shell

ONE = "import krach.dsp as krs\n\n\ndef soft():\n    return krs.saw(110) * 0.25\n"
DOUBLE = """import krach.dsp as krs


def saw():
    return krs.saw(110) * 0.25


fine = krs.transpile(saw, precision="double", name="fine")
"""


def built(folder: Path, *arguments: str) -> str:
    done = shell.krach(folder, "build", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("command", "names"),
    [
        (["build", "jam.py", "-o", "jam.py"], ["jam.py"]),
        (["build", ".", "-o", "jam.py"], ["jam.py"]),
        (["build", "half.dsp", "jam.py", "-o", "link"], ["half.dsp", "jam.py"]),
        (["render", "jam.py:soft", "-o", "jam.py"], ["jam.py"]),
        (["render", "half.dsp", "-o", "./half.dsp"], ["half.dsp"]),
    ],
)
def test_nothing_is_written_over_what_is_read(tmp_path: Path, command: list[str], names: list[str]) -> None:
    texts = {"jam.py": ONE, "half.dsp": "process = 0.5;"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "link").symlink_to("half.dsp")
    done = shell.krach(tmp_path, *command)
    assert (done.returncode, "it is one of the files that are read" in done.stderr) == (1, True), done.stderr
    assert [(tmp_path / name).read_text() for name in names] == [texts[name] for name in names]


def test_a_library_may_be_built_onto_itself(tmp_path: Path) -> None:
    (tmp_path / "jam.py").write_text(ONE)
    built(tmp_path, "jam.py", "-o", "jam.krlib")
    built(tmp_path, "jam.krlib", "-o", "jam.krlib")
    assert list(krach.load_library(tmp_path / "jam.krlib")) == ["soft"]


def test_precision_outlives_the_index(tmp_path: Path) -> None:
    (tmp_path / "jam.py").write_text(DOUBLE)
    built(tmp_path, "jam.py", "-o", "jam.krlib", "--only", "fine")
    path = tmp_path / "jam.krlib"
    whole = krach.load_library(path)["fine"]
    assert whole.precision == "double"
    expected = whole.render(0.1)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.warns(krach.DamagedLibrary):
        saved = krach.load_library(path)["fine"]
    assert np.array_equal(saved.render(0.1), expected)
    built(tmp_path, "jam.krlib", "-o", "mended.krlib")
    mended = krach.load_library(tmp_path / "mended.krlib")["fine"]
    assert np.array_equal(mended.render(0.1), expected)
    for source in ("jam.py", "mended.krlib"):
        done = shell.krach(tmp_path, "render", f"{source}:fine", "-o", f"{source}.wav", "--seconds", "0.1")
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "jam.py.wav").read_bytes() == (tmp_path / "mended.krlib.wav").read_bytes()
    built(tmp_path, "jam.py", "-o", "plain.krlib", "--only", "fine", "--precision", "single")
    assert krach.load_library(tmp_path / "plain.krlib")["fine"].precision == "single"


def test_every_sound_of_a_file_is_built_and_none_of_its_imports(tmp_path: Path) -> None:
    (tmp_path / "helpers.py").write_text(
        "import krach.dsp as krs\n\n\n"
        "def tone(hertz):\n    return krs.saw(hertz)\n\n\n"
        "def make(hertz):\n    return krs.transpile(lambda: tone(hertz), name='made')\n\n\n"
        "bell = krs.transpile(lambda: tone(880), name='bell')\n"
    )
    (tmp_path / "jam.py").write_text(
        "import functools\nimport helpers\nimport krach.dsp as krs\nfrom helpers import bell, tone\n\n"
        "made = helpers.make(50.0)\n"
        "half = functools.partial(tone, 55.0)\n\n\n"
        "def far():\n    return helpers.tone(100.0)\n\n\n"
        "def near():\n    return krs.saw(9.0)\n"
    )
    listed = shell.krach(tmp_path, "build", "jam.py", "--list").stdout
    assert [line.split()[0] for line in listed.splitlines()] == ["made", "far", "near"]
    built(tmp_path, "jam.py", "-o", "jam.krlib", "--only", "half", "--only", "bell")
    assert set(krach.load_library(tmp_path / "jam.krlib")) == {"half", "bell"}


def names_built_of(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "jam.py").write_text("import krach.dsp as krs\n\n\n" + text)
    done = shell.krach(tmp_path, "build", "jam.py", "--list")
    assert done.returncode == 0, done.stderr
    return [line.split()[0] for line in done.stdout.splitlines()]


SAW = "def voice(detune=0.0):\n    return krs.saw(110 + detune)\n\n\n"


def test_sounds_in_lists_and_dictionaries_are_built(tmp_path: Path) -> None:
    text = (
        "variants = [krs.transpile(lambda d=d: krs.saw(110 + d)) for d in (0.0, 1.0)]\n"
        "kit = {'low': krs.transpile(lambda: krs.saw(50)), 'pair': (variants[0], variants[1])}\n"
        "deep = [[krs.transpile(lambda: krs.saw(9), name='nine')], 'no sound', 3]\n"
        "deep.append(deep)\n"
        "_own = [krs.transpile(lambda: krs.saw(1))]\n"
    )
    assert names_built_of(tmp_path, text) == ["variants_0", "variants_1", "low", "nine"]
    built(tmp_path, "jam.py", "-o", "jam.krlib")
    library = krach.load_library(tmp_path / "jam.krlib")
    assert library["variants_0"] != library["variants_1"]
    done = shell.krach(tmp_path, "render", "jam.py:variants_1", "-o", "one.wav", "--seconds", "0.1")
    assert done.returncode == 0, done.stderr


def test_a_sound_named_by_transpile_is_built_under_that_name(tmp_path: Path) -> None:
    text = SAW + "d = krs.transpile(voice, name='bass2', detune=3.0)\nplain = krs.transpile(voice)\n"
    assert sorted(names_built_of(tmp_path, text)) == ["bass2", "plain", "voice"]
    built(tmp_path, "jam.py", "-o", "jam.krlib")
    assert krach.load_library(tmp_path / "jam.krlib")["bass2"].name == "bass2"
    for name in ("bass2", "d"):
        done = shell.krach(tmp_path, "render", f"jam.py:{name}", "-o", f"{name}.wav", "--seconds", "0.1")
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "d.wav").read_bytes() == (tmp_path / "bass2.wav").read_bytes()


def test_two_sounds_named_alike_are_refused(tmp_path: Path) -> None:
    text = SAW + "a = krs.transpile(voice, name='bass')\ndef bass():\n    return krs.saw(1)\n"
    (tmp_path / "jam.py").write_text("import krach.dsp as krs\n\n\n" + text)
    done = shell.krach(tmp_path, "build", "jam.py", "-o", "jam.krlib")
    assert done.returncode == 1
    assert "`bass` is the name of two instruments" in done.stderr


def test_arithmetic_is_no_instrument_beside_one(tmp_path: Path) -> None:
    hertz = "def hertz(midi):\n    return 440 * 2 ** ((midi - 69) / 12)\n\n\n"
    assert names_built_of(tmp_path, hertz + SAW) == ["voice"]
    assert shell.krach(tmp_path, "dump", "jam.py").returncode == 0, "one function is meant"
    built(tmp_path, "jam.py", "-o", "jam.krlib", "--only", "hertz")
    assert names_built_of(tmp_path, "def half(x):\n    return x / 2\n") == ["half"], "alone it is meant"


def test_no_secret_no_trust_and_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "jam.py").write_text(ONE)
    (tmp_path / "state" / "krach").mkdir(parents=True)
    (tmp_path / "state" / "krach" / "secret").write_text("hi")
    done = shell.krach(tmp_path, "build", "jam.py", "-o", "jam.krlib", XDG_STATE_HOME=str(tmp_path / "state"))
    assert done.returncode == 0
    assert "warning: this code has no proof of its origin" in done.stderr
    assert str(tmp_path / "state" / "krach" / "secret") in done.stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "kit.krlib")
    with pytest.raises(krach.Error, match=r"it is a named pipe.* \[KR0501\]"):
        krach.load_library(tmp_path / "kit.krlib")
    (tmp_path / "jam.py").write_text(ONE)
    (tmp_path / "state" / "krach").mkdir(parents=True)
    os.mkfifo(tmp_path / "state" / "krach" / "secret")
    done = shell.krach(tmp_path, "build", "jam.py", "-o", "jam.krlib", XDG_STATE_HOME=str(tmp_path / "state"))
    assert (done.returncode, "the secret is not a file" in done.stderr) == (0, True)


def test_terminals_take_no_orders_from_strangers(tmp_path: Path) -> None:
    (tmp_path / "odd.dsp").write_text(
        'declare description "a\x1b[2Jb"; process = hslider("a\x1b[2Jb", 0, 0, 1, 0.1);'
    )
    built(tmp_path, "odd.dsp", "-o", "odd.krlib")
    assert "\x1b" not in repr(krach.load_library(tmp_path / "odd.krlib"))
    # `script` gives the command a terminal.
    line = f"{sys.executable} -m krach inspect odd.krlib odd"
    shown = subprocess.run(
        ["script", "-qec", line, "/dev/null"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "\x1b[2J" not in shown.stdout
    assert "\\u{1b}" in shown.stdout


def test_one_damaged_program_keeps_no_other_back(tmp_path: Path) -> None:
    (tmp_path / "jam.py").write_text(ONE + "\n\ndef loud():\n    return krs.saw(220)\n")
    built(tmp_path, "jam.py", "-o", "jam.krlib")
    data = (tmp_path / "jam.krlib").read_bytes()
    (tmp_path / "jam.krlib").write_bytes(data.replace(b'program "soft"', b'program "tofs"', 1))
    for flags in (["--program"], ["--program", "--json"]):
        done = shell.krach(tmp_path, "inspect", "jam.krlib", *flags)
        assert done.returncode == 1
        assert "220" in done.stdout
        assert "the program of `soft`" in done.stderr


def test_a_damaged_source_keeps_no_sound_back(tmp_path: Path) -> None:
    (tmp_path / "jam.py").write_text(ONE)
    built(tmp_path, "jam.py", "-o", "jam.krlib")
    data = (tmp_path / "jam.krlib").read_bytes()
    (tmp_path / "jam.krlib").write_bytes(data.replace(b"def soft", b"def tofs", 1))
    done = shell.krach(tmp_path, "render", "jam.krlib:soft", "-o", "soft.wav", "--seconds", "0.01")
    assert done.returncode == 0, done.stderr


def test_an_unpacked_program_keeps_its_precision(tmp_path: Path) -> None:
    (tmp_path / "jam.py").write_text(DOUBLE)
    built(tmp_path, "jam.py", "-o", "jam.krlib", "--only", "fine")
    with zipfile.ZipFile(tmp_path / "jam.krlib") as parts:
        parts.extract("programs/fine.program", tmp_path)
    built(tmp_path, "programs", "-o", "again.krlib")
    assert krach.load_library(tmp_path / "again.krlib")["fine"].precision == "double"


def test_odd_names_in_the_way_keep_no_error_back(tmp_path: Path) -> None:
    (tmp_path / "halve.dsp").write_text("process = 1;")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.dsp")).touch()
    with pytest.raises(krach.Error, match="KR0501"):
        krach.faust(tmp_path / "havle.dsp")
    (tmp_path / "odd.py").write_text(
        "import krach.dsp as krs\n\n\nclass Odd:\n    def __dir__(self):\n        return [5]\n\n\n"
        "def soft():\n    return krs.saw(1) * Odd().x\n"
    )
    assert "KR0115" in shell.krach(tmp_path, "check", "odd.py").stderr


def test_dump_and_bench_take_the_precision_of_a_sound(tmp_path: Path) -> None:
    (tmp_path / "jam.py").write_text(DOUBLE)
    dumps = [
        shell.krach(tmp_path, "dump", "jam.py:fine", "--stage", "kernel", *more).stdout
        for more in ([], ["--precision", "double"], ["--precision", "single"])
    ]
    assert dumps[0] == dumps[1] != dumps[2]
    shown = shell.krach(tmp_path, "bench", "jam.py:fine", "--json").stdout
    assert json.loads(shown)["precision"] == "double"


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
def test_what_does_not_fit_into_memory_is_refused() -> None:
    code = """if True:
        import resource
        import krach
        big = krach.faust("process = @(100000000);")
        big.compile_ms
        import numpy
        resource.setrlimit(resource.RLIMIT_AS, (700 << 20, 700 << 20))
        try:
            big.render(0.01)
        except krach.Error as refused:
            print(refused.code)"""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout) == (0, "KR0402\n"), done.stderr


def test_the_cache_is_cleared_while_others_fill_it(tmp_path: Path) -> None:
    (tmp_path / "jam.py").write_text(
        ONE + "".join(f"\n\ndef tone_{at}():\n    return krs.saw({at + 20})\n" for at in range(40))
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    busy = subprocess.Popen([*shell.COMMAND, "check", "jam.py"], cwd=tmp_path, env=environment)
    while busy.poll() is None:
        done = shell.krach(tmp_path, "cache", "--clear", XDG_CACHE_HOME=str(tmp_path / "cache"))
        assert done.returncode == 0, done.stderr
    assert busy.returncode == 0
