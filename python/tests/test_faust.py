"""Faust in Python: `krs.faust_expr`, `krach.faust`, and what is said about wrong ones."""

from __future__ import annotations

import json
import pickle
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import krach
import krach.dsp as krs
from krach import _faust, _host
from krach._krach import run_cli

INPUT = np.array([[1.0, -2.0, 3.0, 0.5, 0.0, 4.0]])

needs_libraries = pytest.mark.skipif(
    not _faust.installed(), reason="the standard libraries are not installed"
)


def render(function: Any, inputs: Any = INPUT, **values: float) -> Any:
    definition = krs.transpile(function, precision="double")
    return definition.render(6 / 48000, inputs=inputs, controls=values, dtype="float64")


# --- placeholders


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (lambda x: x + krs.faust_expr("{0} : *(3)", x), 4 * INPUT),
        (lambda x: x - krs.faust_expr("{0} : *(3)", x), -2 * INPUT),
        (lambda x: krs.faust_expr("{0} : *(3)", x) - x, 2 * INPUT),
        (lambda x: 2 * krs.faust_expr("{0} + 1", x), 2 * (INPUT + 1)),
        (lambda x: krs.faust_expr("{0} * 2", x + 1), 2 * (INPUT + 1)),
        (lambda x: krs.faust_expr("2 * {0} - {1}", x - 1, x + 1), 2 * (INPUT - 1) - (INPUT + 1)),
        (lambda x: krs.faust_expr("{1} - {0}", x, 1), 1 - INPUT),
        (lambda x: krs.faust_expr("-{0}", x), -INPUT),
        (lambda x: krs.faust_expr("{0}, {0} : *", x), INPUT**2),
        (lambda x: krs.faust_expr("{0} ^ 2", x + 1), (INPUT + 1) ** 2),
        (lambda x: krs.faust_expr("{0}' + {0}", x), INPUT + np.array([[0, 1, -2, 3, 0.5, 0]])),
        (lambda x: krs.faust_expr("waveform{1} : !, _ : +({0})", x), INPUT + 1),
        (
            lambda x: krs.faust_expr("waveform{0.0,1.0} : !, _ : +({0})", x),
            INPUT + np.array([0, 1, 0, 1, 0, 1]),
        ),
        (lambda x: krs.faust_expr("a * {0} with { a = 2; } // {7}", x), 2 * INPUT),
        (lambda x: krs.faust_expr("*(0.5)", x), INPUT / 2),
        (lambda x: krs.faust_expr("{0} * 2", x, x, x), INPUT * 2),
        (lambda x: krs.faust_expr('declare name "t"; k = 2;\nprocess = *(k);', x), INPUT * 2),
        (lambda x: krs.faust_expr("sum(i, {1}, {0} * i)", x, 4), INPUT * 6),
        (lambda x: krs.faust_expr("{0}", krs.faust_expr("{0} + 1", x)), INPUT + 1),
        (lambda x: krs.faust_expr("{0} / {1}", x, 1e10) * 1e10, INPUT),
        (lambda x: krs.faust_expr("{0} * {1}", x, np.float64(2.5)), INPUT * 2.5),
    ],
)
def test_an_expression_is_a_closed_value(expression: Any, expected: Any) -> None:
    np.testing.assert_allclose(render(expression), expected, rtol=1e-12)


def test_several_outputs_are_a_tuple() -> None:
    def stereo(left: Any, right: Any) -> Any:
        crossed = krs.faust_expr("{1}, {0} : *(0.5), _", left, right)
        assert isinstance(crossed, tuple)
        return crossed

    definition = krs.transpile(stereo)
    assert (definition.num_inputs, definition.num_outputs) == (2, 2)
    assert definition.render(1 / 48000, inputs=[[1], [2]]).tolist() == [[1], [1]]


def test_state_is_its_own_and_repeated_use_computes_once() -> None:
    def both(x: Any) -> Any:
        first = krs.faust_expr("+ ~ *({1})", x, 0.5)
        second = krs.faust_expr("+ ~ *({1})", first, 0.5)
        return first, second

    sound = render(both, [[1.0, 0, 0, 0, 0, 0]])
    np.testing.assert_allclose(sound[0], 0.5 ** np.arange(6))
    np.testing.assert_allclose(sound[1], (np.arange(6) + 1) * 0.5 ** np.arange(6))

    def loops(x: Any) -> Any:
        return krs.faust_expr("{0} + {0} * {0}", krs.feedback(lambda fb: x + fb * 0.5))

    assert str(krs.transpile(loops).program).count("add") == 2


def test_widgets_become_controls() -> None:
    def tone() -> Any:
        level = krs.control("level", 0.5, 0, 1, smooth=False)
        return krs.faust_expr('hslider("v:amp/gain[unit:dB]", 0.25, 0, 1, 0.01) * {0} + button("on")', level)

    definition = krs.transpile(tone)
    assert [control.name for control in definition.controls] == ["level", "gain", "on"]
    assert definition.render(1 / 48000, level=1, gain=0.5, on=1)[0, 0] == 1.5


def test_a_control_that_means_two_things_is_refused() -> None:
    with pytest.raises(krach.Error) as refused:
        krs.transpile(lambda: krs.faust_expr('hslider("g", 0, 0, 1, 0.1)') * krs.control("g", 0, 0, 2))
    assert refused.value.code == "KR0108"


def test_intervals_reach_into_the_expression() -> None:
    def echo(x: Any) -> Any:
        return krs.faust_expr("{0} @ {1}", x, krs.control("samples", 2, 0, 10, smooth=False))

    assert render(echo)[0].tolist() == [0, 0, 1, -2, 3, 0.5]
    with pytest.raises(krach.FaustError) as refused:
        krs.transpile(lambda x: krs.faust_expr("{0} @ {1}", x, krs.exp(krs.exp(x) ** 9)))
    assert refused.value.code == "KR0311"


def test_printed_faust_has_a_definition_of_its_own() -> None:
    def sound(x: Any) -> Any:
        leak = krs.faust_expr("{0} : + ~ *(0.5)", x)
        return leak * 0.5

    text = krs.transpile(sound).faust
    again = krach.faust(text).render(6 / 48000, inputs=INPUT)
    np.testing.assert_array_equal(again, krs.transpile(sound).render(6 / 48000, inputs=INPUT))
    assert "leak" in text


@needs_libraries
def test_the_standard_libraries_need_no_import() -> None:
    def both(x: Any) -> Any:
        return krs.faust_expr("{0} : fi.lowpass(2, {1})", x, 800), krs.lowpass(x, 800)

    ours = render(both)
    np.testing.assert_allclose(ours[0], ours[1], rtol=1e-9, atol=1e-12)
    order = render(lambda x: krs.faust_expr("fi.lowpass({1}, {2})", x, 4, 800))
    np.testing.assert_allclose(order[0], render(lambda x: krs.lowpass(x, 800, 4))[0], rtol=1e-9, atol=1e-12)


# --- errors


def refusal(template: str, count: int = 1) -> krach.Error:
    with pytest.raises(krach.Error) as refused:
        krs.transpile(lambda x: krs.faust_expr(template, *[x] * count))
    return refused.value


@pytest.mark.parametrize(
    ("template", "code", "line", "column", "said"),
    [
        ("{0} : *(2, )", "KR0301", 1, 12, "found `)`"),
        ("{0} :\n  *(2", "KR0301", 2, 6, "the end"),
        ("", "KR0301", 1, 1, "the end"),
        ("{0};", "KR0301", 1, 4, "found `;`"),
        ("{{0}}", "KR0301", 1, 1, "found `{`"),
        ("{x}", "KR0301", 1, 1, "found `{`"),
        ("é {0}", "KR0301", 1, 1, "found `é`"),
        ("{0} * gian", "KR0302", 1, 7, "`gian` is not defined"),
        ("{0} + {1}", "KR0304", 1, 7, "placeholder `{1}`"),
        ("{0} : _, _", "KR0304", 1, 1, "1 output"),
        ("_ + {0}", "KR0304", 1, 1, "1 input of its own"),
        ("{0} @ (-1)", "KR0311", 1, 1, "negative"),
        ('library("nowhere.lib").x', "KR0309", 1, 1, "`nowhere.lib` is not found; searched: "),
        ("par(i, {0}, i) :> _", "KR0307", 1, 8, ""),
    ],
)
def test_wrong_templates(template: str, code: str, line: int, column: int, said: str) -> None:
    report = refusal(template)
    assert (report.code, report.line, report.column) == (code, line, column), str(report)
    assert said in report.message
    assert isinstance(report, (krach.FaustError, SyntaxError, ValueError))
    assert isinstance(report, krach.FaustSyntaxError) == (code == "KR0301")
    assert [label.text for label in report.labels][-1] == "called here"
    assert report.labels[-1].place.file == __file__


def test_python_draws_the_caret_in_the_template() -> None:
    report = refusal("{0} : *(2, )")
    assert isinstance(report, krach.FaustSyntaxError)
    assert (report.lineno, report.offset, report.end_lineno, report.end_offset) == (1, 12, 1, 13)
    assert report.text == "{0} : *(2, )\n"
    assert report.filename is not None
    assert report.filename.startswith("<faust_expr in ")
    drawn = "".join(traceback.format_exception_only(report)).splitlines()
    assert drawn[1].strip() == "{0} : *(2, )"
    assert drawn[2].index("^") - (len(drawn[1]) - len(drawn[1].lstrip())) == 11
    assert pickle.loads(pickle.dumps(report)).code == "KR0301"


def test_all_errors_of_a_template_are_known() -> None:
    report = refusal("{0} * gian, nothing")
    assert [other.code for other in report.further] == ["KR0302"]
    assert "nothing" in "".join(report.__notes__)


def test_what_is_no_template_or_no_input() -> None:
    for wrong, code in [(3, "KR0104"), (None, "KR0104")]:
        with pytest.raises(krach.Error) as refused:
            krs.transpile(lambda x, wrong=wrong: krs.faust_expr(wrong, x))  # type: ignore[arg-type]
        assert refused.value.code == code
    for bad in ["2", float("nan"), None, [1]]:
        with pytest.raises(krach.Error):
            krs.transpile(lambda x, bad=bad: krs.faust_expr("{0} + {1}", x, bad))  # type: ignore[arg-type]
    with pytest.raises(krach.InvalidUse):
        krs.faust_expr("1")


# --- whole programs

PROGRAM = """declare name "pluck";
gain = hslider("gain", 0.5, 0, 1, 0.01);
process = _, gain : *;
"""


def test_a_program_is_a_definition() -> None:
    definition = krach.faust(PROGRAM)
    assert (definition.name, definition.num_inputs, definition.num_outputs) == ("pluck", 1, 1)
    assert definition.source == PROGRAM
    assert definition.fn is None
    assert [control.name for control in definition.controls] == ["gain"]
    assert definition.render(2 / 48000, inputs=[[1, 2]], gain=1).tolist() == [[1, 2]]
    assert krach.faust(definition.faust).render(2 / 48000, inputs=[[1, 2]]).tolist() == [[0.5, 1]]
    assert krach.faust("process = 1;").name == "sound"
    assert krach.faust("process = 1;", name="one", precision="double").precision == "double"
    assert "pluck" in repr(definition)


def test_a_program_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "mine.lib").write_text("half = *(0.5);")
    file = tmp_path / "halve.dsp"
    file.write_text('import("mine.lib");\nprocess = half;\n')
    definition = krach.faust(file, libraries=[tmp_path / "sub"])
    assert (definition.name, definition.source) == ("halve", file.read_text())
    assert krach.faust(str(file), libraries=[tmp_path / "sub"]).name == "halve"
    with pytest.raises(krach.FaustError) as refused:
        krach.faust(file)
    assert (refused.value.code, refused.value.file, refused.value.line) == ("KR0309", str(file), 1)
    with pytest.raises(krach.Error) as refused:
        krach.faust(tmp_path / "nothing.dsp")
    assert (refused.value.code, refused.value.help) == ("KR0501", ())
    with pytest.raises(krach.Error, match=r"there is no such file.*\n.*did you mean `.*halve\.dsp`"):
        krach.faust(tmp_path / "havle.dsp")


def test_wrong_programs_have_their_place_in_the_text() -> None:
    with pytest.raises(krach.FaustSyntaxError) as refused:
        krach.faust("x = 1;\nprocess = x +;\n")
    assert (refused.value.lineno, refused.value.offset) == (2, 14)
    assert refused.value.text == "process = x +;\n"
    with pytest.raises(krach.Error):
        krach.faust(3)  # type: ignore[arg-type]


def test_the_command_finds_faust_in_python(tmp_path: Path) -> None:
    file = tmp_path / "jam.py"
    file.write_text(
        "import krach\nimport krach.dsp as krs\n"
        "half = krach.faust('process = *(0.5);', name='half')\n"
        "def wrong(x):\n    return krs.faust_expr('{0} * gian, nothing', x)\n"
    )
    script = _host.load(str(file), file.read_text())
    assert [name for name, _, listed, _ in script.functions if listed] == ["half", "wrong"]


def test_the_command_draws_the_template_and_reports_every_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "jam.py"
    file.write_text(
        "import krach.dsp as krs\ndef wrong(x):\n    return krs.faust_expr('{0} * gian, nothing', x)\n"
    )
    assert run_cli(["krach", "check", str(file), "--json"]) == 1
    found = json.loads(capfd.readouterr().out)["diagnostics"]
    assert [(report["code"], report["line"], report["column"]) for report in found] == [
        ("KR0302", 1, 7),
        ("KR0302", 1, 13),
    ]
    assert found[0]["labels"][0]["file"] == str(file)
    assert (found[0]["labels"][0]["line"], found[0]["labels"][0]["column"]) == (3, 12)
    assert run_cli(["krach", "check", str(file)]) == 1
    drawn = capfd.readouterr().err
    assert "1 │ {0} * gian, nothing" in drawn
    assert "called here" in drawn


FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "faust").glob("*.dsp"))


@needs_libraries
@pytest.mark.parametrize("file", FIXTURES, ids=lambda path: path.stem)
def test_printed_programs_are_read_and_printed_again(file: Path) -> None:
    definition = krach.faust(file, precision="double")
    again = krach.faust(definition.faust, precision="double")
    inputs = np.sin(np.arange(512 * definition.num_inputs)).reshape(definition.num_inputs, 512)
    settings = {control.name: control.hi for control in definition.controls}

    def sound(of: krach.DspDef) -> Any:
        return of.render(512 / 48000, inputs=inputs, controls=settings, dtype="float64")

    np.testing.assert_allclose(sound(again), sound(definition), rtol=1e-9, atol=1e-12)


def test_a_long_chain_is_an_expression() -> None:
    assert krs.transpile(lambda x: krs.faust_expr("{0}" + " + 1" * 10_000, x)).num_outputs == 1


@pytest.mark.parametrize("rate", [8000, 44100, 192000])
@pytest.mark.parametrize(
    ("program", "frames"),
    [
        ("process = @(int(2048/ma.SR*ma.SR));", 2048),
        ("process = @(ba.sec2samp(ba.samp2sec(2000)));", 2000),
        ("len = 4096/ma.SR; process(x) = de.delay(len*ma.SR, 0.5*len*ma.SR, x);", 2048),
        ("period = ma.SR/220; process(x) = x @ int(period*220/ma.SR*1500);", 1500),
        ("process(x) = x @ int(50*ba.peakhold(1, abs(x)));", 50),
    ],
)
def test_the_sample_rate_cancels_in_delays_of_the_standard_libraries(
    program: str, frames: int, rate: int
) -> None:
    sound = krach.faust('import("stdfaust.lib"); ' + program)
    heard = sound.render(inputs=np.eye(1, 2100), sample_rate=rate)
    assert np.flatnonzero(heard[0]).tolist() == [frames]


def test_a_delay_by_noise_is_as_long_as_the_noise_says() -> None:
    text = """import("stdfaust.lib"); length = 500 - 400*no.noise;
        process(x) = de.delay(1000, length, x), int(length);"""
    sound = krach.faust(text, precision="double")
    x = np.arange(1.0, 4001)
    delayed, length = sound.render(inputs=x, dtype="float64")
    start = np.arange(4000) - length.astype(int)
    np.testing.assert_array_equal(delayed, np.where(start >= 0, x[start], 0))
    assert length.min() < 110
    assert length.max() > 890
