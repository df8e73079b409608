"""Faust text of megabytes, files that name each other in circles, files that are none: an error, soon."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import traceback
from pathlib import Path

import pytest

import krach
import krach.dsp as krs

SIZE = 10_000_000

LONG = {
    "identifier": ("process = " + "a" * SIZE + ";", "KR0302"),
    "sum": ("process = " + "+".join("1" * (SIZE // 2)) + ";", "KR0308"),
    "digits": ("process = " + "9" * SIZE + " : !;", "KR0317"),
    "open string": ('process = "' + "x" * SIZE, "KR0301"),
    "open comment": ("process = _ /*" + "x" * SIZE, "KR0301"),
    "parentheses": ("process = " + "(" * SIZE, "KR0301"),
    "no tokens": ("process = " + "$" * SIZE, "KR0301"),
    "import": ('import("' + "x" * SIZE + '"); process = _;', "KR0309"),
    "definitions": ("a = _;" * (SIZE // 6), "KR0303"),
    "undefined": (f"process = {', '.join(f'u{at}' for at in range(20_000))};", "KR0302"),
}


@pytest.mark.parametrize("kind", LONG)
def test_a_line_of_ten_megabytes(kind: str) -> None:
    text, code = LONG[kind]
    with pytest.raises(krach.FaustError) as refused:
        krach.faust(text)
    assert refused.value.code == code
    shown = "".join(traceback.format_exception_only(refused.value))
    assert len(shown) < 40_000, "what is shown can be read"


def test_a_long_comment_is_just_long() -> None:
    assert krach.faust("//" + "x" * SIZE + "\nprocess = _;").num_outputs == 1


@pytest.mark.parametrize("text", ["a" * SIZE, "(" * SIZE, "(" * 100_000 + "{0}" + ")" * 100_000, "\0", ""])
def test_templates_of_every_bad_kind(text: str) -> None:
    with pytest.raises(krach.FaustError):
        krs.transpile(lambda x: krs.faust_expr(text, x))


def test_half_a_surrogate_pair_is_no_character() -> None:
    with pytest.raises(krach.FaustSyntaxError) as refused:
        krach.faust("process = _;\ud800")
    assert refused.value.column == 13


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="there is no endless file")
def test_a_file_without_end() -> None:
    with pytest.raises(krach.Error, match="larger than 64 MB"):
        krach.faust(Path("/dev/zero"))


CIRCLES = {
    "import of itself": ({"a.dsp": 'import("a.dsp"); process = _;'}, None),
    "two imports": (
        {"a.dsp": 'import("b.dsp"); process = b;', "b.dsp": 'import("a.dsp"); b = process;'},
        "KR0308",
    ),
    "component": ({"a.dsp": 'process = component("a.dsp");'}, "KR0308"),
    "library of itself": ({"a.dsp": 'process = library("a.dsp").x; x = _;'}, None),
    "three libraries": (
        {
            "a.dsp": 'process = library("b.dsp").x; y = process;',
            "b.dsp": 'x = library("c.dsp").x;',
            "c.dsp": 'x = library("a.dsp").y;',
        },
        "KR0308",
    ),
    "a folder": ({"a.dsp": 'import("folder.lib"); process = _;', "folder.lib/x": ""}, "KR0309"),
    "no text": ({"a.dsp": 'import("nul.lib"); process = _;', "nul.lib": "x = \0;"}, "KR0309"),
    "only zero bytes": ({"a.dsp": "\0" * 1000}, "KR0501"),
    "nothing": ({"a.dsp": ""}, "KR0317"),
}


@pytest.mark.parametrize("kind", CIRCLES)
def test_files_in_circles_and_files_that_are_none(tmp_path: Path, kind: str) -> None:
    files, code = CIRCLES[kind]
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "krach", "check", "a.dsp"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == (0 if code is None else 1)
    assert code is None or code in done.stderr
    assert "not usable; cannot read" in done.stderr or kind != "no text"


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_ends_a_long_compilation() -> None:
    timer = threading.Timer(0.2, lambda: signal.raise_signal(signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt) as interrupted:
        krach.faust("process = seq(i, 1000000, sin);")
    timer.join()
    assert interrupted.value.__context__ is None, "it was too large, but that was not found out"
