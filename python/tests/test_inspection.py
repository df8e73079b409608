"""What people look at: block diagrams, syntax, licences."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

import krach.dsp as krs
from krach import _krach

SVG = "{http://www.w3.org/2000/svg}"


def bass() -> krs.Signal:
    envelope = krs.adsr(0.01, 0.1, 0.5, 0.2, krs.control("gate", 0, 0, 1))
    return krs.lowpass(krs.saw(krs.control("freq", 55, 20, 2000)), 800) * envelope


def krach(*arguments: str) -> int:
    return _krach.run_cli(["krach", *arguments])


def test_a_definition_shows_its_diagram_in_a_notebook() -> None:
    diagram = krs.transpile(bass).diagram()
    picture = ElementTree.fromstring(diagram.svg)
    labels = {text.text for text in picture.iter(f"{SVG}text")}
    assert {"bass", "freq", "gate", "adsr", "saw", "lowpass"} <= labels
    assert "function `adsr`" in str(diagram)
    assert repr(diagram).startswith("<Diagram of bass, ")
    shown = getattr(krs.transpile(bass).diagram(), "_repr_svg_")  # noqa: B009 - what notebooks call
    assert shown() == diagram.svg


def test_the_command_draws_any_program(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "leak.dsp"
    file.write_text('process = + ~ *(hslider("leak", 0.5, 0, 1, 0.01));\n')
    assert krach("dump", str(file), "--stage", "diagram", "--format", "svg") == 0
    picture = ElementTree.fromstring(capfd.readouterr().out)
    assert sum(path.get("class") == "back" for path in picture.iter(f"{SVG}path")) == 1
    assert krach("dump", str(file), "--stage", "diagram") == 0
    assert "control `leak`" in capfd.readouterr().out
    assert krach("dump", str(file), "--stage", "faust", "--format", "svg") == 2


def test_syntax_is_written_out_evenly(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "odd.dsp"
    file.write_text("f(0)=1;f(n)=n*f(n-1);process=((f(3)));")
    assert krach("dump", str(file), "--stage", "ast") == 0
    text = capfd.readouterr().out
    assert text == "f(0) = 1;\nf(n) = n * f(n - 1);\n\nprocess = f(3);\n"
    file.write_text("process = (1;")
    assert krach("dump", str(file), "--stage", "ast") == 1


def test_licences_are_those_of_what_is_used(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    library = 'declare license "MIT";declare b licence "STK-4.3";a = b;b = _ * g;c = 1;g = 2;'
    (tmp_path / "own.lib").write_text(library)
    file = tmp_path / "use.dsp"
    file.write_text('o = library("own.lib");process = o.a;')
    assert krach("faust", "--licences", str(file), "--json") == 0
    listing = json.loads(capfd.readouterr().out)
    rows = [(row["function"], row["licence"], row["declared"]) for row in listing["functions"]]
    assert rows == [("a", "MIT", "file"), ("b", "STK-4.3", "function"), ("g", "MIT", "file")]
    assert krach("faust", "--licences", str(file)) == 0
    assert "own.lib  a         MIT (of the file)" in capfd.readouterr().out
    assert krach("faust", str(file)) == 2
