"""Slips of people who know Python: the error names the remedy, at their line, without krach's frames."""

from __future__ import annotations

import math
import subprocess
import sys
import traceback
import warnings
from pathlib import Path

import numpy as np
import pytest

import krach
import krach.dsp as krs
from krach import _ufuncs


def refused(use) -> krach.Error:
    with pytest.raises(krach.Error) as raised:
        krs.transpile(use)
    assert raised.value.file == __file__
    return raised.value


@pytest.mark.parametrize("name", sorted(_ufuncs.KRS))
def test_functions_of_numpy_name_those_of_krs(name: str) -> None:
    function = getattr(np, name)
    other = {"clip": (0, 1), "where": (1, 2)}.get(name) or ((1,) * (getattr(function, "nin", 1) - 1))
    error = refused(lambda x: function(x, *other))
    assert error.code == "KR0119"
    assert f"krs.{_ufuncs.KRS[name]}" in str(error)
    assert hasattr(krs, _ufuncs.KRS[name].partition("(")[0])


def test_other_functions_of_numpy_are_refused_too() -> None:
    for use in (
        lambda x: np.sinh(x),
        lambda x: np.add(x, 1, out=np.ones(1)),
    ):
        assert refused(use).code in ("KR0119", "KR0104")
    assert "krs.rdtable" in str(refused(lambda x: np.ones(3) * x))


def test_numbers_and_arithmetic_of_numpy_work() -> None:
    half = np.float32(0.5)
    sound = krs.transpile(lambda x: (np.abs(x), half * x, np.array(0.5) - x, np.power(x, 2), half < x))
    assert sound.render(inputs=[-1, 1]).tolist() == [[1, 1], [-0.5, 0.5], [1.5, -0.5], [1, 1], [0, 1]]
    assert krs.transpile(lambda: krs.control("a", 0, 0, 9, smooth=False)).render(frames=1, a=np.array(4)) == 4


def test_functions_of_math_name_those_of_krs() -> None:
    assert "krs.sin" in str(refused(lambda x: math.sin(x)))


def test_one_signal_is_not_a_list_of_them() -> None:
    assert "krs.feedback" in str(refused(lambda x: x[0]))


def test_a_signal_of_an_earlier_call_says_so() -> None:
    kept = []

    def sound(x):
        kept.append(x)
        return x + kept[0]

    krs.transpile(sound)
    assert "a Signal of an earlier call of `sound` is used in `sound`" in str(refused(sound))


@pytest.mark.parametrize("name", ["a\nb", "a\0b", "\ud800", "\x1b[31m", 3, b"a"])
def test_names_are_printable_texts(name) -> None:
    for make in (
        lambda: krs.transpile(lambda x: x, name=name),
        lambda: krach.faust("process = _;", name=name),
    ):
        with pytest.raises(krach.Error, match="KR0113"):
            make()


def test_a_parameter_may_be_called_fn() -> None:
    assert krs.transpile(lambda x, fn=1: x * fn, fn=3).render(inputs=[1]).tolist() == [[3]]


def test_an_unused_input_is_warned_of_at_the_line() -> None:
    with pytest.warns(krach.UnusedInput, match="does not use its audio input `y`") as warned:
        krs.transpile(lambda x, y: x, name="deaf")
    assert warned[0].filename == __file__
    assert "KR0120" in str(warned[0].message)


def test_samples_that_are_not_finite_are_warned_of_at_the_line() -> None:
    unsafe = krs.transpile(lambda x: 1 / x)
    with pytest.warns(krach.NotFinite, match="3 samples are not finite") as warned:
        unsafe.render(inputs=[0, 0, 1, 0])
    assert warned[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        unsafe.render(inputs=[1, 2])


def frames_of(use) -> list[str]:
    with pytest.raises(Exception, match=r"KR|mine") as raised:
        use()
    return [frame.filename for frame in traceback.extract_tb(raised.value.__traceback__)]


def test_tracebacks_show_the_users_lines_only() -> None:
    def fails(x):
        raise ValueError("mine")

    def nested(x):
        return krs.lowpass(krs.onepole(x, "text"), 1)

    for use in (
        lambda: krs.transpile(fails),
        lambda: krs.transpile(nested),
        lambda: krs.transpile(lambda x: krs.saw("text")),
        lambda: krs.transpile(lambda *x: x),
        lambda: krs.transpile(lambda x: x).render(-1),
        lambda: krs.transpile(lambda x: x).render(1, cutof=1),
        lambda: krach.write_wav("/no/where.wav", [0.0]),
        lambda: krach.load_library("/no/where.krlib"),
        lambda: krach.faust("process = 1"),
    ):
        assert set(frames_of(use)) == {__file__}


def test_errors_are_called_what_users_import() -> None:
    for name in krach.__all__:
        value = getattr(krach, name)
        if isinstance(value, type) and issubclass(value, BaseException):
            assert value.__module__ == "krach", name
            assert getattr(krach, value.__name__) is value


def test_an_uncaught_error_ends_at_the_users_line(tmp_path: Path) -> None:
    (tmp_path / "jam.py").write_text("import krach.dsp as krs\nkrs.transpile(lambda x: krs.saw('high'))\n")
    done = subprocess.run([sys.executable, "jam.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert [line for line in lines if "site-packages" in line or "krach/_" in line] == []
    assert any(line.startswith("krach.InvalidType: ") for line in lines)


def test_bytes_that_are_no_text_are_one_error_for_python_and_the_command(tmp_path: Path) -> None:
    file = tmp_path / "nul.dsp"
    file.write_bytes(b"process = _;\0")
    with pytest.raises(krach.Error, match=r"byte 12 is zero.*KR0501"):
        krach.faust(file)
