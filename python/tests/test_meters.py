"""Meters: what bargraphs show, how to hear it, and that it changes no output."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import krach
import krach.dsp as krs
import oracle
from engines import render
from krach._krach import run_cli

LEVEL = """declare name "tone"; import("stdfaust.lib");
follow = an.amp_follower(0.1) : ba.linear2db : hbargraph("h:out/level [unit:dB]", -60, 6);
process = os.osc(hslider("freq", 440, 20, 2000, 1)) * button("gate") <: attach(_, follow);"""


def test_a_sound_is_heard_at_its_meters() -> None:
    tone = krach.faust(LEVEL)
    (meter,) = tone.meters
    assert meter == krach.Meter("level", -60, 6, "/tone/out/level", (("unit", "dB"),))
    assert meter.unit == "dB"
    assert repr(tone).endswith("gate=0 (0..1); meters level (-60..6)>")
    metered = tone.metered
    assert (metered.name, metered.controls, metered.meters) == (tone.name, tone.controls, ())
    curve = metered.render(1.0, events=[(24_000, "gate", 1)])
    assert curve.shape == (1, 48_000)
    assert (curve[0, :24_000] < -100).all()
    assert curve[0, 47_999] == pytest.approx(0, abs=1)


def test_a_sound_without_meters_says_so() -> None:
    half = krs.transpile(lambda x: 0.5 * x, name="half")
    assert half.meters == ()
    with pytest.raises(krach.InvalidUse, match="KR0411") as caught:
        _ = half.metered
    assert "`half` has no meter" in str(caught.value)


def test_too_many_meters_are_shown_all_the_same() -> None:
    console = krach.faust('process = _ <: par(i, 5000, hbargraph("b%4i", 0, 1)) :> _;')
    assert (len(console.meters), console.render(0.01).shape) == (5000, (1, 480))
    with pytest.raises(krach.InvalidValue, match=r"5000 meters, at most 4096.*KR0401"):
        _ = console.metered


def test_meters_cost_nothing() -> None:
    plain = krach.faust(LEVEL.replace("attach(_, follow)", "_"), name="tone")
    shown = krach.faust(LEVEL)
    # But for the libraries that the meter is made with.
    texts = [str(sound.program.optimised()).partition("\ncredit ")[0] for sound in (plain, shown)]
    assert texts[0] == texts[1]


def test_printed_meters_are_read_again() -> None:
    tone = krach.faust(LEVEL)
    assert ' : hbargraph("v:out/level [unit:dB]", -60, 6)' in tone.faust
    again = krach.faust(tone.faust)
    assert again.meters == tone.meters
    heard = [
        sound.metered.render(0.1, gate=1, dtype="float64", precision="double") for sound in (tone, again)
    ]
    np.testing.assert_array_equal(*heard)


def test_meters_inside_faust_expr_are_those_of_the_program() -> None:
    def strip(x: krs.Signal) -> krs.Signal:
        wet = krs.faust_expr('{0} * 2 <: attach(_, hbargraph("level", 0, 1))', x)
        return krs.faust_expr('{0} + 1 : hbargraph("level", 0, 4)', krs.lowpass(wet, 800))

    both = krs.transpile(strip)
    assert [(meter.name, meter.hi) for meter in both.meters] == [("level", 1), ("level_2", 4)]
    sound = both.render(0.01, inputs=np.ones(480))
    curves = both.metered.render(0.01, inputs=np.ones(480))
    np.testing.assert_array_equal(curves, [np.full(480, 2), sound[0]])
    assert 'hbargraph("level_2", 0, 4)' in both.faust
    assert krach.faust(both.faust).metered.num_outputs == 2


def test_meters_of_voices_add_up_and_pass_the_effect() -> None:
    keys = krach.faust("""declare nvoices "4";
        process = button("gate") * nentry("gain", 1, 0, 1, 0.1) : hbargraph("voice", 0, 1) <: _, _;
        effect = + : *(0.25) <: attach(_, (*(2) : hbargraph("sum", 0, 1)));""")
    assert [meter.name for meter in keys.meters] == ["voice", "sum"]
    notes = [(10, 50, 60), (20, 50, 60)]
    curves = keys.metered.render(0.001, notes=notes)
    wanted = np.repeat([0.0, 1.0, 2.0], [10, 10, 28])
    np.testing.assert_array_equal(curves, [wanted, wanted])
    assert keys.render(0.001, notes=notes)[0].tolist() == (wanted / 2).tolist()


def test_libraries_list_meters(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source, kit = tmp_path / "tone.dsp", tmp_path / "kit.krlib"
    source.write_text(LEVEL)
    assert run_cli(["krach", "build", str(source), "-o", str(kit)]) == 0
    capfd.readouterr()
    assert run_cli(["krach", "inspect", str(kit), "--json"]) == 0
    (found,) = json.loads(capfd.readouterr().out)["instruments"]
    metadata = {"unit": ["dB"]}
    level = {"name": "level", "lo": -60, "hi": 6, "address": "/tone/out/level", "metadata": metadata}
    assert found["meters"] == [level]
    assert run_cli(["krach", "inspect", str(kit), "tone"]) == 0
    assert "\nlevel                            -60           6  dB\n" in capfd.readouterr().out
    loaded = krach.load_library(kit)["tone"]
    assert loaded.meters == krach.faust(source).meters
    sound = loaded.metered.render(0.1, gate=1)
    np.testing.assert_array_equal(sound, krach.faust(source).metered.render(0.1, gate=1))


COUNT = "(+(1) ~ _)"
OPEN = f"({COUNT} : -(1) : %(7) : <(3))"


@pytest.mark.parametrize(
    ("shown", "around"),
    [
        ("abs : max ~ *(0.99)", "{}"),
        ("_ <: _, _' : *", "_ <: attach(_, ({}))"),
        ("*(2) : int", "{}"),
        (f"+({COUNT} / 8)", "({}), " + OPEN + " : control"),
        ("+ ~ *(0.5)", "({}), " + OPEN + " : enable"),
        ("+ ~ *(0.5)", "(({}), " + OPEN + " : control), (1 - " + OPEN + ") : enable"),
    ],
)
def test_meters_show_what_the_official_compiler_computes(shown: str, around: str) -> None:
    """A bargraph hands its input on, so where that is the output the oracle hears what it shows."""
    if why := oracle.missing():
        pytest.skip(why)
    meter = f'{shown} : hbargraph("m", 0, 1)'
    program = f"process = {around.format(meter)};"
    heard = program if "attach" not in around else f"process = {shown};"
    inputs = oracle.stimulus(1, 480)
    official = oracle.Official()
    sound = krach.faust(program, precision="double")
    wanted = official.render(heard, frames=480, inputs=inputs)
    (printed,) = official.interface(sound.faust)
    official.close()
    assert (printed["type"], printed["address"], printed["max"]) == ("hbargraph", "/sound/m", 1)
    metered = sound.metered
    for engine in ("native", "reference"):
        got = render(metered, 480, engine, inputs=inputs)
        assert oracle.deviation(wanted, got) <= oracle.TOLERANCE
