"""Sounds inside other sounds: Python definitions, Faust and instruments of libraries, called as functions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import krach
import krach.dsp as krs
from engines import each_engine, render


def leak(x, amount=0.5):
    return krs.feedback(lambda before: x + amount * before)


@each_engine
def test_a_definition_inside_another_sounds_as_it_does_alone(engine: str, precision: str) -> None:
    inner = krs.transpile(leak)
    noise = np.random.default_rng(1).uniform(-1, 1, 50)
    alone = render(inner, 50, engine, precision, inputs=noise)
    inside = render(lambda x: inner(x) * 1, 50, engine, precision, inputs=noise)
    assert np.array_equal(alone, inside)


def test_two_calls_have_memories_of_their_own() -> None:
    inner = krs.transpile(leak)
    heard = render(lambda x, y: (inner(x), inner(y)), 3, inputs=[[1, 0, 0], [0, 2, 0]])
    assert heard.tolist() == [[1, 0.5, 0.25], [0, 2, 1]]


def test_several_outputs_are_a_tuple_and_faust_is_called_likewise() -> None:
    swap = krach.faust("process(x, y) = y, x;")
    left, right = render(lambda x, y: swap(x, y), 1, inputs=[[1], [2]])
    assert (left[0], right[0]) == (2, 1)


def test_an_instrument_of_a_library_is_called_likewise(tmp_path: Path) -> None:
    krach.build_library({"leak": leak, "tone": lambda: krs.saw(110)}, tmp_path / "jam.krlib")
    library = krach.load_library(tmp_path / "jam.krlib")
    inner, tone = library["leak"], library["tone"]
    heard = krs.transpile(lambda: inner(tone()))
    assert np.array_equal(heard.render(0.01), inner.render(inputs=tone.render(0.01)))
    assert "leak(" in heard.faust


def test_controls_keep_their_names_and_equal_ones_are_one() -> None:
    def level(x):
        return x * krs.control("level", 0.5, 0, 1, smooth=False)

    inner = krs.transpile(level)
    outer = krs.transpile(lambda x: inner(inner(x)))
    assert outer.control_defaults == {"level": 0.5}
    assert outer.render(1 / 48000, inputs=[[1]], level=0.1)[0, 0] == pytest.approx(0.01)
    with pytest.raises(krach.Error, match="KR0108"):
        krs.transpile(lambda x: inner(x) + krs.control("level", 0, 0, 2))


def test_the_printed_faust_names_what_was_called() -> None:
    inner = krs.transpile(leak, name="leak")
    assert "leak(x)" in krs.transpile(lambda x: inner(x) - inner(2 * x)).faust


def test_a_voice_goes_through_its_effect() -> None:
    text = 'declare options "[nvoices:4]"; process = 1; effect = *(3);'
    assert render(lambda: krach.faust(text)(), 1).tolist() == [[3]]


def test_the_wrong_number_of_inputs_is_told() -> None:
    inner = krs.transpile(leak)
    with pytest.raises(krach.Error, match="KR0114") as refused:
        krs.transpile(lambda x: inner(x, x))
    assert "1 audio input, given 2" in str(refused.value)
    with pytest.raises(krach.Error, match="KR0101"):
        inner(1)
