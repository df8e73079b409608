"""What people reach in a Faust program: addresses, ranges, metadata, as the official compiler has them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import krach
import oracle
from krach._krach import run_cli

SHOWN = 'hbargraph("shown [unit:dB]", 0, 2)'
BESIDE = 'hslider("beside", 0.5, 0, 1, 0.25)'


def slider(label: str) -> str:
    return f'hslider("{label}", 0.5, 0, 1, 0.25)'


@pytest.fixture(scope="module")
def official() -> Iterator[oracle.Official]:
    if why := oracle.missing():
        pytest.skip(why)
    official = oracle.Official()
    yield official
    official.close()


LABELS = [
    *(
        "x",
        "a b",
        "x [unit:Hz]",
        "[2] x [scale:log][style:knob]",
        "x [style:menu{'a':0;'b':1}]",
        "",
        "a#b*c,d?e",
    ),
    *("v:g/x", "H:g/t:h/x", "z:g/x", "v:a:b/x", "v: a / x", "v:a [1]/x", "v:g/", "v:/x", "a:b"),
    *(
        "Saw/Noise",
        "dry/wet",
        "v:g/dry/wet",
        "b/v:g/x",
        "vv:g/x",
        ":g/x",
        "foo:a/x",
        "v:a/b/c:d/x",
        "x/",
        "/",
    ),
    *("../x", "./x", "/x", "v:a/../x", "v:a/v:b/../x", "a/../x", "v:g//x"),
]


@pytest.mark.parametrize(
    "program",
    [
        *(f"process = {slider(label)}, {BESIDE};" for label in LABELS),
        *(f'process = vgroup("k", hgroup("l [3]", {slider(label)})), {BESIDE};' for label in LABELS),
        f'process = vgroup("k/l", {slider("x")}), {BESIDE};',
        f'process = vgroup("h:k/v:l", vgroup("../m", {slider("x")})), {BESIDE};',
        f'process = vgroup("k", {slider("x")}, {slider("v:l/x")});',
        f'process = hgroup("a", {slider("x")}), {slider("h:a/x")}, {BESIDE};',
        f'process = hgroup("a", {slider("../x")}), {slider("x")}, {slider("/x")}, {BESIDE};',
        *(
            f'process = {kind}("{first}", {slider("x")}), {other}("{second}", {slider("y")});'
            for kind, other in [("vgroup", "vgroup"), ("vgroup", "hgroup"), ("tgroup", "tgroup")]
            for first, second in [("", ""), ("g", "g"), ("g [1]", "g [2]"), ("", "g")]
        ),
        f'process = vgroup("r", vgroup("", {slider("x")}), hgroup("", {slider("y")}));',
        f'process = vgroup("", vgroup("", {slider("x")}));',
        f'process = tgroup("", {slider("x")}), {BESIDE};',
        *(f'process = {slider(f"{way}g/x")}, vgroup("g", {slider("y")});' for way in ("z:", "v:", "h:")),
        f'process = {slider("v:/x")}, vgroup("", {slider("y")});',
        'process = button("b [midi:key 60]"), checkbox("c"), vslider("v", 1, -2, 3.5, 0.5);',
        'process = button("b [midi:key 60]"), nentry("n", 7, 1, 9, 2);',
        f'process = hgroup("a", {slider("x")}), hgroup("a", {SHOWN});',
        f"process = {slider('x')} <: attach(_, {SHOWN});",
    ],
)
def test_controls_are_those_of_the_official_compiler(program: str, official: oracle.Official) -> None:
    wanted = {}
    for item in official.interface(program):
        if "bargraph" in item["type"]:
            continue
        ranges = [float(item.get(key, otherwise)) for key, otherwise in RANGE]
        wanted[item["address"]] = (*ranges, metadata(item))
    found = {
        c.address: (c.init, c.lo, c.hi, c.step, sorted(c.metadata)) for c in krach.faust(program).controls
    }
    assert found == {address.replace("/program", "/sound", 1): row for address, row in wanted.items()}


@pytest.mark.parametrize(
    "program",
    [
        *(f'process = _ <: hbargraph("{label}", -60, 0.5), {SHOWN};' for label in LABELS),
        'process = par(i, 3, _ <: attach(_, vbargraph("[%i][unit:dB]", 0, 1 + i)));',
        'process = _ <: vbargraph("", 0, 1), hbargraph("[unit:dB]", 0, 2), vbargraph("[x:3]", 0, 3);',
        'process = _ <: hgroup("m", vbargraph("", 0, 1)), vgroup("", vbargraph("", 0, 2)), '
        'vbargraph("", 0, 3);',
        f'process = _ <: vgroup("k", hbargraph("../x", 0, 1)), {SHOWN}, {BESIDE};',
        f'process = _, vgroup("g", _ <: _, (vbargraph("v:h/peak [1][unit:dB]", 0, 1)) : attach), {BESIDE};',
        f"process = _ <: {SHOWN}, {SHOWN};",
        f"process = _ <: {SHOWN}, (*(2) : {SHOWN});",
        f'process = _ <: _, ({SHOWN} : !), ({SHOWN} : *(0)), (*(0) : hbargraph("zero", 0, 1));',
        f'process = ({SHOWN}, button("b") : control), ((_ <: hbargraph("c", 0, 1)), 1 : enable);',
    ],
)
def test_meters_are_those_of_the_official_compiler(program: str, official: oracle.Official) -> None:
    wanted = [
        (
            item["address"].replace("/program", "/sound", 1),
            float(item["min"]),
            float(item["max"]),
            metadata(item),
        )
        for item in official.interface(program)
        if "bargraph" in item["type"]
    ]
    found = [(m.address, m.lo, m.hi, sorted(m.metadata)) for m in krach.faust(program).meters]
    assert sorted(found) == sorted(wanted)


def metadata(item: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted(pair for entry in item.get("meta", ()) for pair in entry.items())


RANGE = [("init", 0), ("min", 0), ("max", 1), ("step", 1)]


def test_metadata_is_said_of_controls_and_of_the_program(tmp_path: Path) -> None:
    text = """declare name "tone"; declare author "me"; declare license "MIT";
        process = hslider("v:osc/freq [unit:Hz][midi:ctrl 1][midi:ctrl 2]", 440, 20, 2000, 1);"""
    tone = krach.faust(text)
    (freq,) = tone.controls
    assert (freq.name, freq.unit, freq.address) == ("freq", "Hz", "/osc/freq")
    assert freq.metadata == (("unit", "Hz"), ("midi", "ctrl 1"), ("midi", "ctrl 2"))
    assert tone.metadata == (("author", "me"), ("license", "MIT"))
    # Printed, and read again.
    again = krach.faust(tone.faust)
    assert (again.name, again.controls, again.metadata) == (tone.name, tone.controls, tone.metadata)
    # By address as well as by name.
    assert tone.render(1 / 48000, controls={freq.address: 100})[0, 0] == 100
    path = tmp_path / "tone.dsp"
    path.write_text(text)
    assert (
        run_cli(["krach", "render", str(path), "-o", str(tmp_path / "t.wav"), "--set", "/osc/freq=100"]) == 0
    )


def test_a_file_of_bytes(tmp_path: Path) -> None:
    path = tmp_path / "latin.dsp"
    path.write_bytes(b'// \xe9t\xe9\nimport("caf\xe9.lib"); process = hslider("\xe9", g, 0, 1, 1);\n')
    (tmp_path / "café.lib").write_bytes(b"g = 1; // \xe0\n")
    assert krach.faust(path).controls[0].name == "é"
    assert run_cli(["krach", "check", str(path)]) == 0


def test_what_is_a_path_and_what_a_program(tmp_path: Path) -> None:
    assert krach.faust("process = 1; // see one.dsp").num_outputs == 1
    with pytest.raises(krach.Error, match="KR0501"):
        krach.faust("one.dsp")
