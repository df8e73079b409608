"""Instrument libraries of Faust files, and of Faust inside Python: built, credited, played."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import krach
import krach.dsp as krs
import shell

FILES = {
    "mix/beep.dsp": """\
declare name "Beep";
declare description "A sine, filtered.";
import("stdfaust.lib");
process = os.osc(hslider("freq[unit:Hz]", 440, 20, 2000, 1)) : fi.lowpass(2, 800) * button("gate");
""",
    "mix/half.dsp": 'process = library("own.lib").half;\n',
    "mix/bad.dsp": 'import("stdfaust.lib");\nprocess = os.osc(440) : fi.lowpas(2, 800);\n',
    "mix/jam.py": '''\
import krach
import krach.dsp as krs


def soft(x):
    """Quieter, twice."""
    return krs.faust_expr("{0} : library(\\"own.lib\\").half", x) * 0.5


def own(x):
    return krs.lowpass(x, 800)


through = krach.faust("process = _;")
''',
    "inc/own.lib": 'declare license "MIT";\ndeclare half license "ISC";\nhalf = *(level);\nlevel = 0.5;\n',
}
HALF = [("own.lib", "half", "ISC", "function"), ("own.lib", "level", "MIT", "file")]


@pytest.fixture
def mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("FAUST_LIB_PATH", str(tmp_path / "inc"))
    return tmp_path


def built(mix: Path, *arguments: str, code: int = 0, **environment: str) -> str:
    done = shell.krach(mix, "build", *arguments, "-o", "kit.krlib", **environment)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    return done.stderr


def licences(mix: Path, *arguments: str) -> list[tuple[str, str, str | None, str | None]]:
    done = shell.krach(mix, *arguments, "--licences", "--json")
    listing = json.loads(done.stdout)
    assert listing["schema"] == 1
    keys = ("library", "function", "licence", "declared")
    return [tuple(row[key] for key in keys) for row in listing["functions"]]  # type: ignore[misc]


def test_a_folder_of_both_languages_is_one_library(mix: Path) -> None:
    text = built(mix, "mix", code=1)
    assert text.startswith("mix/bad.dsp:2:25: error[KR0302]: `lowpas` is not defined")
    assert "did you mean `lowpass`?" in text
    assert "5 instruments" in text
    assert "1 failed" in text
    built(mix, "mix", "--keep-going")
    library = krach.load_library(mix / "kit.krlib")
    assert list(library) == ["beep", "half", "soft", "own", "through"]
    assert library["beep"].source == FILES["mix/beep.dsp"]
    assert library["beep"].fn is None
    assert library["soft"].fn is not None
    assert library["through"].source == "process = _;"
    found = json.loads(shell.krach(mix, "inspect", "kit.krlib", "beep", "--json").stdout)
    (beep,) = found["instruments"]
    assert beep["doc"] == "A sine, filtered."
    assert [control["name"] for control in beep["controls"]] == ["freq", "gate"]


def test_the_folder_of_libraries_may_be_named(mix: Path) -> None:
    text = built(mix, "mix/half.dsp", code=1, FAUST_LIB_PATH="")
    assert "mix/half.dsp:1:" in text
    assert "error[KR0309]: `own.lib` is not found" in text
    assert not (mix / "kit.krlib").exists()
    built(mix, "mix/half.dsp", "-I", "inc", FAUST_LIB_PATH="")
    assert krach.load_library(mix / "kit.krlib")["half"].render(0.001, inputs=[1.0])[0, 0] == 0.5


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("rate", [48000, 22050])
def test_faust_from_a_library_sounds_as_if_compiled_here(mix: Path, precision: Any, rate: int) -> None:
    built(mix, "mix/beep.dsp", "mix/half.dsp", "--precision", precision)
    library = krach.load_library(mix / "kit.krlib")
    for name in ("beep", "half"):
        here = krach.faust(mix / "mix" / f"{name}.dsp", precision=precision)
        inputs = np.linspace(-1, 1, 200) if here.num_inputs else None
        events = [(30, "gate", 1)] if name == "beep" else []
        wishes: dict[str, Any] = {"inputs": inputs, "events": events, "dtype": "float64"}
        sound = library[name].render(0.01, rate, **wishes)
        assert np.abs(sound).max() > 0.1
        assert np.array_equal(sound, here.render(0.01, rate, **wishes))
        assert library[name].precision == precision


def test_what_is_built_is_listed_with_its_place(mix: Path) -> None:
    listed = shell.krach(mix, "build", "mix", "--list")
    lines = sorted(line.split() for line in listed.stdout.splitlines())
    assert lines == [
        ["bad", "mix/bad.dsp:2"],
        ["beep", "mix/beep.dsp:4"],
        ["half", "mix/half.dsp:1"],
        ["own", "mix/jam.py:10"],
        ["soft", "mix/jam.py:5"],
        ["through", "mix/jam.py:14"],
    ]
    built(mix, "mix", "--only", "beep", "--only", "soft")
    assert sorted(krach.load_library(mix / "kit.krlib")) == ["beep", "soft"]


@pytest.mark.parametrize("order", [("mix/beep.dsp", "beep.py"), ("beep.py", "mix/beep.dsp")])
def test_one_name_in_two_languages_is_refused_at_both_places(mix: Path, order: tuple[str, str]) -> None:
    (mix / "beep.py").write_text("import krach.dsp as krs\n\ndef beep():\n    return krs.saw(55)\n")
    lines = {"mix/beep.dsp": 4, "beep.py": 3}
    first, second = order
    text = built(mix, *order, code=1)
    assert text.startswith(f"{second}:{lines[second]}:1: error[KR0705]: `beep` is the name of two")
    assert f"the first is {first}:{lines[first]}\n" in text
    assert "def beep():" in text, "both places are drawn"
    assert "process = os.osc" in text, "both places are drawn"


def test_whose_work_it_is_made_with_travels_along(mix: Path) -> None:
    built(mix, "mix", "--keep-going")
    library = krach.load_library(mix / "kit.krlib")
    assert [(c.library, c.function, c.licence, c.declared) for c in library["half"].credits] == HALF
    assert library["soft"].credits == library["half"].credits
    assert library["own"].credits == library["through"].credits == ()
    assert {credit.function for credit in library["beep"].credits} >= {"osc", "lowpass"}
    for name in ("half", "soft"):
        assert licences(mix, "inspect", "kit.krlib", name) == HALF
        assert licences(mix, "faust", f"kit.krlib:{name}") == HALF
    assert licences(mix, "faust", "mix/jam.py:soft") == HALF
    # Nothing of the libraries is in its sound; its printed text names a standard function.
    assert licences(mix, "faust", "mix/jam.py:own") == []
    done = shell.krach(mix, "faust", "mix/jam.py:own", "--licences", "--json")
    named = json.loads(done.stdout)["named_in_the_printed_text"]
    assert ("filters.lib", "lowpass") in [(row["library"], row["function"]) for row in named]
    assert "named in the printed text:" in shell.krach(mix, "faust", "mix/jam.py:own", "--licences").stdout
    everybody = licences(mix, "inspect", "kit.krlib")
    assert set(HALF) < set(everybody)
    assert len(set(everybody)) == len(everybody)
    shown = shell.krach(mix, "inspect", "kit.krlib", "soft").stdout
    assert "own.lib  half      ISC\n" in shown
    assert "own.lib  level     MIT (of the file)\n" in shown


def test_a_definition_credits_whom_it_borrows_from(mix: Path) -> None:
    half = krach.faust(mix / "mix" / "half.dsp")
    assert half.credits[0] == krach.Credit("own.lib", "half", "ISC", "function")

    def twice(x: krach.Signal) -> krach.Signal:
        return krs.faust_expr('{0} : library("own.lib").half', krs.faust_expr("{0} * 2", x))

    assert krs.transpile(twice).credits == half.credits
    assert krs.transpile(lambda x: krs.faust_expr("{0} * 2", x)).credits == ()
    assert 'credit "own.lib" "half" function "ISC"' in str(half.program)
