"""The stock sounds: as loud as each other, without DC, finite at the ends of every knob, silent at last."""

import inspect
import os
import pickle
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import krach
import krach.dsp as krs
from krach import DspDef
from krach.stock import Shelf, _shipped, fx, synths

RATE = 48000
TARGET = -20.0
"""LUFS of one note."""
TOLERANCE = 1.5


def note(
    sound: DspDef, seconds: float = 2.5, rate: int = RATE, values: dict[str, float] | None = None
) -> Any:
    """One note of a second, at the pitch that the sound has by itself."""
    return sound.render(seconds, rate, events=[(0, "gate", 1), (rate, "gate", 0)], controls=values)


def programme(sound: DspDef) -> Any:
    """Four seconds of pink noise of the loudness of a note on the first two inputs, silence on the others."""
    pink = krs.transpile(lambda: krs.pink_noise() * 0.17).render(4)[0]
    pink *= 10 ** ((TARGET - krach.loudness([pink, pink])) / 20)
    return np.stack([pink, pink, np.zeros_like(pink)][: sound.num_inputs])


def extremes(sound: DspDef) -> list[dict[str, float]]:
    turned = [c for c in sound.controls if c.name != "gate"]
    return [{c.name: value} for c, value in product(turned, (0, 1)) for value in ((c.lo, c.hi)[value],)]


def test_there_are_at_least_forty_instruments_and_twenty_effects() -> None:
    assert len(synths) >= 40
    assert len(fx) >= 20


@pytest.mark.parametrize("name", synths)
def test_an_instrument_is_as_loud_as_the_others_and_ends(name: str) -> None:
    sound = synths[name]
    assert (sound.num_inputs, sound.num_outputs) == (0, 1)
    heard = note(sound)
    assert abs(krach.loudness(heard) - TARGET) <= TOLERANCE
    assert abs(heard).max() <= 1
    assert abs(heard.mean()) < 0.003
    slow = sum(c.init for c in sound.controls if c.name in ("decay", "ring", "release"))
    after = sound.render(10 + slow, events=[(0, "gate", 1), (RATE, "gate", 0)])[0, -RATE // 10 :]
    assert abs(after).max() < 1e-4, "a tail that does not end"


@pytest.mark.parametrize("name", fx)
def test_an_effect_leaves_the_loudness(name: str) -> None:
    sound = fx[name]
    assert sound.num_inputs in (2, 3)
    assert sound.num_outputs == 2
    given = programme(sound)
    heard = sound.render(inputs=given)
    assert abs(krach.loudness(heard) - TARGET) <= TOLERANCE
    assert abs(heard.mean() - given[:2].mean()) < 0.003
    ended = sound.render(20, inputs=given[:, :RATE])[:, -RATE:]
    assert abs(ended).max() < 1e-4, "a tail that does not end"


@pytest.mark.parametrize("name", synths)
def test_an_instrument_is_finite_over_the_range_of_its_controls(name: str) -> None:
    for values, rate in product(extremes(synths[name]), (RATE, 22050)):
        heard = note(synths[name], 1.5, rate, values)
        assert np.isfinite(heard).all(), values
        assert abs(heard).max() < 8, values


@pytest.mark.parametrize("name", fx)
def test_an_effect_is_finite_over_the_range_of_its_controls(name: str) -> None:
    given = programme(fx[name])[:, :RATE]
    for values in extremes(fx[name]):
        heard = fx[name].render(1.5, inputs=given, controls=values)
        assert np.isfinite(heard).all(), values
        assert abs(heard).max() < 8, values


@pytest.mark.parametrize("name", [*synths, *fx])
def test_a_sound_is_short_and_says_what_it_is(name: str) -> None:
    sound = synths[name] if name in synths else fx[name]
    lines = inspect.getsource(sound.fn).splitlines()  # type: ignore[arg-type]
    assert len(lines) <= 25
    doc = inspect.getdoc(sound.fn) or ""
    assert ">>> " in doc
    assert doc[0].isupper()


def test_notes_play_an_instrument_in_tune() -> None:
    heard = synths.organ.render(1, notes=[(0, RATE, 69)], breath=0)[0]
    spectrum = abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert spectrum[: 2 * 440].argmax() in (440, 880)


@pytest.mark.parametrize("name", ["pluck", "steel", "harp", "koto", "clav", "pluck_bass"])
@pytest.mark.parametrize("key", [40, 57, 69])
def test_a_string_is_in_tune(name: str, key: int) -> None:
    """Within 8 cents: the interpolated delay and the filter in its loop are part of its length."""
    wanted = 440 * 2 ** ((key - 69) / 12)
    heard = synths[name].render(2, notes=[(0, 2 * RATE, key)])[0, RATE // 2 :]
    spectrum = abs(np.fft.rfft(heard * np.hanning(len(heard)), 16 * len(heard)))
    hertz = np.fft.rfftfreq(16 * len(heard), 1 / RATE)
    near = (hertz > wanted * 0.94) & (hertz < wanted * 1.06)
    found = hertz[near][spectrum[near].argmax()]
    assert abs(1200 * np.log2(found / wanted)) < 8


def test_a_duck_makes_room_for_its_key() -> None:
    steady = np.full((2, RATE), 0.5, np.float32)
    key = np.zeros(RATE, np.float32)
    key[RATE // 2 : RATE // 2 + 4800] = 1
    heard = fx.duck.render(inputs=[*steady, key], amount=1)
    assert heard[0, RATE // 2 - 1] == pytest.approx(0.5)
    assert heard[0, RATE // 2 + 2400] < 0.01


FRESH = """
import krach
from krach import _krach
from krach.stock import fx, synths

kr = krach.LiveMixer("off")
played = kr.node("bass", kr.synths.acid).sound
sounds = [played, *synths.values(), *fx.values()]
print({_krach.compile(s.program, rate, s.precision)[2] for s in sounds for rate in (44100, 48000)})
"""


def test_the_first_node_of_a_stock_sound_compiles_nothing(tmp_path: Path) -> None:
    # Neither a cache nor the secret of the user who built the library.
    alone = {**os.environ, "KRACH_CACHE": "off", "XDG_STATE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", FRESH], env=alone, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "{True}\n", f"run scripts/build.sh\n{done.stderr}"


def test_the_code_that_ships_is_that_of_the_sources() -> None:
    for shelf in (synths, fx):
        for name, sound in shelf.items():
            assert sound == shelf.traced(name), f"{name}: run scripts/build.sh"
            assert sound.source == shelf.traced(name).source


def test_a_stock_sound_without_its_code_is_traced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(_shipped, "place", lambda: tmp_path / "none.krlib")
    _shipped._library.cache_clear()
    try:
        assert Shelf("levels", ("levels",))["duck"] == fx.duck
        assert _shipped.shipped("fx", "duck") is None
    finally:
        _shipped._library.cache_clear()


def test_kr_has_the_stock_sounds_and_the_helpers() -> None:
    kr = krach.LiveMixer("off")
    assert kr.synths is synths
    assert kr.fx is fx
    assert kr.chord("Am7")[0] == kr.scale("A minor")[0]
    beat = kr.grid({"kick": "x...x...", "hat": "..x...x."})
    assert list(beat) == ["kick", "hat"]


def test_a_shelf_reads_like_a_table() -> None:
    text = repr(synths)
    assert text.startswith(f"<synths: {len(synths)} sounds>\n\ndrums:\n  kick ")
    assert "acid" in dir(synths)
    assert synths._ipython_key_completions_() == list(synths)
    assert synths.acid is synths["acid"]
    assert pickle.loads(pickle.dumps(synths)) is synths


def test_a_shelf_in_a_notebook_has_players() -> None:
    page = Shelf("levels", ("levels",))._repr_html_()
    assert page.count("<audio") == 5
    assert "Makes room for the kick" in page


def test_a_misspelt_sound_names_the_nearest() -> None:
    with pytest.raises(krach.UnknownInstrument) as caught:
        synths["kik"]
    assert "did you mean `kick`?" in caught.value.help[0]
    with pytest.raises(AttributeError, match="synths has no sound `kik`"):
        synths.kik  # noqa: B018
    with pytest.raises(KeyError):
        synths[3]  # type: ignore[index]


def test_loudness_refuses_no_sound() -> None:
    with pytest.raises(krach.InvalidValue):
        krach.loudness(np.zeros((48000, 2)))
    assert krach.loudness(np.zeros((1, 48000))) == -np.inf
