"""Every argument of every statement of a mixer, with values of every kind: a result, or an error of krach."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import krach
import krach.dsp as krs
import krach.pattern as krp
from krach.repl import LiveMixer
from test_hostile import ODD


def tone() -> krs.Signal:
    return krs.saw(krs.control("freq", 110, 20, 2000)) * krs.control("gate", 0, 0, 1)


TONE = krs.transpile(tone)
THROUGH = krs.transpile(lambda inp: inp * krs.control("amount", 0.5, 0, 1))
GIVEN: dict[str, Any] = {
    "name": "bass",
    "source": "bass",
    "target": "verb",
    "path": "bass/freq",
    "value": 0.5,
    "node": "bass",
    "pattern": "x",
    "shape_or_pattern": "sine",
    "param": "freq",
    "ir": {},
    "prefix": "p",
    "cc": 3,
    "fn": tone,
    "port": None,
    "bars": 1,
    "rhythm": krp.hit(),
    "melody": krp.note("C4"),
    "start": 0.0,
    "end": 1.0,
    "lo": 0.0,
    "hi": 1.0,
    "when": "now",
    "dest": "master",
    "to": 1.0,
    "text": "x",
    "level": 0.5,
    "notes": [60, 64],
    "divisions": 19,
}
"""A good value for each parameter that must be given."""
SKIPPED = {
    # They end the sound, open what the machine may have, wait, or run code.
    *("open", "connect_remote", "wait", "midi_in", "midi_out", "midi_clock", "osc_in", "osc_out", "recover"),
    *("plot", "log", "tour"),
}
METHODS = [
    name
    for name, method in inspect.getmembers(LiveMixer, inspect.isfunction)
    if not name.startswith("_") and name not in SKIPPED
]
PARAMETERS = [
    (name, parameter.name)
    for name in METHODS
    for parameter in list(inspect.signature(getattr(LiveMixer, name)).parameters.values())
    if parameter.name != "self" and parameter.kind is not parameter.VAR_KEYWORD
]
SETTINGS = ["tempo", "meter", "master", "limiter", "seed", "tuning", "strict"]
SELDOM = [*ODD, 1e300, -0.0, "bass/", "/", "bass//freq", "x" * 5000, "master", "tempo", "-6dB", "nan", [[]]]


@pytest.fixture
def kr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LiveMixer:
    monkeypatch.chdir(tmp_path)
    mixer = LiveMixer("off")
    mixer.node("bass", TONE)
    mixer.node("verb", THROUGH)
    return mixer


def holds(kr: LiveMixer, use: Callable[[], object]) -> None:
    """The statement answers, or raises an error of krach and has changed nothing."""
    before = (repr(kr), kr.history)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made = use()
            if isinstance(made, krp.Pattern):
                made.query(0, 1)
        except krach.Error:
            assert (repr(kr), kr.history) == before
        except TypeError as refused:  # Python's own: an argument that the method does not have
            if "argument" not in str(refused):
                raise
    while kr.history[len(before[1]) :]:
        kr.undo()


@pytest.mark.parametrize(("method", "parameter"), PARAMETERS)
def test_every_statement_answers_to_every_value(kr: LiveMixer, method: str, parameter: str) -> None:
    parameters = inspect.signature(getattr(kr, method)).parameters
    others = {
        other.name: GIVEN[other.name]
        for other in parameters.values()
        if other.name != parameter
        and other.default is other.empty
        and other.kind in (other.POSITIONAL_OR_KEYWORD, other.KEYWORD_ONLY)
    }
    several = parameters[parameter].kind is inspect.Parameter.VAR_POSITIONAL
    for value in SELDOM:
        if several:
            holds(kr, lambda value=value: getattr(kr, method)(*others.values(), value))
        else:
            holds(kr, lambda value=value: getattr(kr, method)(**others, **{parameter: value}))


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_answers_to_every_value(kr: LiveMixer, setting: str) -> None:
    for value in SELDOM:
        holds(kr, lambda value=value: setattr(kr, setting, value))


HANDLES: dict[str, Callable[[Any, Any], object]] = {
    "gain": lambda bass, value: bass.gain(value),
    "pan": lambda bass, value: bass.pan(value),
    "out": lambda bass, value: bass.out(value),
    "set": lambda bass, value: bass.set(value, value),
    "item": lambda bass, value: bass[value],
    "set item": lambda bass, value: bass.__setitem__("freq", value),
    "fade": lambda bass, value: bass.fade("freq", value),
    "fade bars": lambda bass, value: bass.fade("freq", 200, bars=value),
    ">>": lambda bass, value: bass >> value,
    ">> pair": lambda bass, value: bass >> ("verb", value),
    "@": lambda bass, value: bass @ value,
    "@ pair": lambda bass, value: bass @ ("freq", value),
    "@ odd pair": lambda bass, value: bass @ (value, "x"),
}


@pytest.mark.parametrize("use", HANDLES.values(), ids=HANDLES)
def test_every_operator_of_a_node_answers_to_every_value(
    kr: LiveMixer, use: Callable[[Any, Any], object]
) -> None:
    for value in SELDOM:
        holds(kr, lambda value=value: use(kr["bass"], value))
        holds(kr, lambda value=value: kr.__setitem__("bass/freq", value))


def test_a_handle_of_another_session_is_meant_by_its_name(kr: LiveMixer) -> None:
    other = LiveMixer("off")
    lead, bass = other.node("lead", TONE), other.node("bass", TONE)
    for use in (
        lambda: kr["bass"] >> lead,
        lambda: kr.connect(lead, "verb"),
        lambda: kr.gain(bass, 0.25),
        lambda: kr.node("bass", bass),
        lambda: kr.solo(lead),
        lambda: kr.why(lead),
        lambda: lead >> kr["verb"],
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", krach.UnknownName)
            holds(kr, use)
    assert other.nodes.keys() == {"lead", "bass"}
    other.remove("lead")
    holds(other, lambda: lead @ "x")
    holds(other, lambda: repr(lead) + lead._repr_html_())
