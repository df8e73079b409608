"""Every argument of every public function, given values of every kind: a result, or an error of krach."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import fractions
import inspect
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import krach
import krach.dsp as krs

pytestmark = [
    pytest.mark.filterwarnings("ignore::krach.NotFinite"),
    pytest.mark.filterwarnings("ignore::krach.OutOfRange"),
    pytest.mark.filterwarnings("ignore::krach.UnusedInput"),
    pytest.mark.filterwarnings("ignore:Data type alias:DeprecationWarning"),
]


class Nothing:
    """An object that has only what every object has."""


ODD = [
    *(None, True, -1, 0, 3, 10**400, -(10**400), 0.5, 1e308, float("nan"), float("inf"), 1j),
    *("", "x", "\0", "\ud800", b"x", b"\xff", memoryview(b"ab"), range(3), slice(1), ...),
    *([], [1], [[1], [[2]]], (), {}, {1: 2}, set(), iter([1]), Nothing(), Nothing, krach, print),
    *(fractions.Fraction(1, 3), decimal.Decimal("1.5"), datetime.date(2020, 1, 1), lambda x: x),
    *(np.float32(1), np.int64(3), np.array(1.0), np.array([1.0]), np.zeros((2, 2))),
    *(np.datetime64("2020"), np.str_("a"), np.array(["a"], object), np.zeros(0), np.array([np.nan, 1])),
]


def answered(use: Callable[[], object]) -> None:
    """Runs it, and takes any result and any error that krach describes."""
    try:
        use()
    except krach.Error:
        return
    except TypeError as refused:  # Python's own: a keyword that is not there, a function that takes no Signal
        if "argument" not in str(refused):
            raise


MADE = {"function": krs.tanh, "body_fn": lambda y: y, "name": "c", "init": 0, "lo": 0, "hi": 1}
MADE |= {"data": [0.0, 1.0], "tables": [[0.0, 1.0], [1.0, 0.0]], "template": "{0}", "size": 4, "factor": 2}
PARAMETERS = [
    (name, parameter)
    for name in krs.__all__
    if inspect.isfunction(getattr(krs, name)) and name != "transpile"
    for parameter in inspect.signature(getattr(krs, name)).parameters.values()
    if parameter.kind is not parameter.VAR_POSITIONAL
]


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS, ids=lambda value: getattr(value, "name", value))
def test_every_parameter_of_krs_answers_to_every_value(name: str, parameter: inspect.Parameter) -> None:
    function = getattr(krs, name)
    others = inspect.signature(function).parameters.values()

    def sound(value: object) -> Callable[[krach.Signal], object]:
        def call(x: krach.Signal) -> object:
            given = {
                other.name: value
                if other is parameter or other.name == parameter.name
                else MADE.get(other.name, x)
                for other in others
                if other.name == parameter.name or other.default is other.empty
                if other.kind is not other.VAR_POSITIONAL
            }
            made = function(**given)
            return made(x) if callable(made) else made

        return call

    for value in ODD:
        answered(lambda value=value: krs.transpile(sound(value)))


EFFECT = krs.transpile(lambda x: x * krs.control("level", 1, 0, 2) + krs.white_noise(), name="effect")
VOICE = krs.transpile(
    lambda: krs.saw(krs.control("freq", 100, 20, 2000)) * krs.control("gate", 0, 0, 1), name="voice"
)
CALLS: dict[str, Callable[[object], object]] = {
    **{
        f"render({name}=)": lambda value, name=name: EFFECT.render(**{"frames": 4, name: value})
        for name in [
            "inputs",
            "events",
            "controls",
            "notes",
            "seed",
            "instance",
            "precision",
            "dtype",
            "level",
        ]
    },
    "render(sample_rate=)": lambda value: EFFECT.render(frames=4, sample_rate=value),
    "render(progress=)": lambda value: EFFECT.render(frames=4, progress=value),
    "render(seconds=)": lambda value: EFFECT.render(value, sample_rate=8000),
    "event": lambda value: EFFECT.render(frames=4, events=[value]),
    "event frame": lambda value: EFFECT.render(frames=4, events=[(value, "level", 1)]),
    "event name": lambda value: EFFECT.render(frames=4, events=[(0, value, 1)]),
    "event value": lambda value: EFFECT.render(frames=4, events=[(0, "level", value)]),
    "note": lambda value: VOICE.render(frames=4, notes=[value]),
    "note frame": lambda value: VOICE.render(frames=4, notes=[(value, 1, 60)]),
    "note length": lambda value: VOICE.render(frames=4, notes=[(0, value, 60)]),
    "note key": lambda value: VOICE.render(frames=4, notes=[(0, 1, value)]),
    "note velocity": lambda value: VOICE.render(frames=4, notes=[(0, 1, 60, value)]),
    "call": lambda value: krs.transpile(lambda x: EFFECT(value)),
    "compare": lambda value: (value == EFFECT, EFFECT.program == value, EFFECT.controls[0] == value),
    "transpile(fn)": lambda value: krs.transpile(value),
    **{
        f"transpile({name}=)": lambda value, name=name: krs.transpile(lambda x: x, **{name: value})
        for name in ["precision", "name", "voices", "effect", "other"]
    },
    "transpile(effect=) of voices": lambda value: krs.transpile(VOICE, voices=2, effect=value),
    "result": lambda value: krs.transpile(lambda x: value),
    "results": lambda value: krs.transpile(lambda x: (x, value)),
    "index": lambda value: krs.transpile(lambda x: x[value]),
    "write_wav(path)": lambda value: krach.write_wav(value, [0.0]),
    "write_wav(sound)": lambda value: krach.write_wav("a.wav", value),
    "write_wav(rate)": lambda value: krach.write_wav("a.wav", [0.0], value),
    "write_wav(bits=)": lambda value: krach.write_wav("a.wav", [0.0], bits=value),
    "read_wav": lambda value: krach.read_wav(value),
    "loudness": lambda value: krach.loudness(value),
    "program": lambda value: krach.program(value),
    "program(precision=)": lambda value: krach.program(str(VOICE.program), precision=value),
    "faust": lambda value: krach.faust(value),
    "faust(libraries=)": lambda value: krach.faust("process = _;", libraries=value),
    "faust(name=)": lambda value: krach.faust("process = _;", name=value),
    "load_library(path)": lambda value: krach.load_library(value),
    "load_library(trust=)": lambda value: krach.load_library("no.krlib", trust=value),
    "build_library(sounds)": lambda value: krach.build_library(value, "a.krlib"),
    "build_library(sound)": lambda value: krach.build_library({"a": value}, "a.krlib"),
    "build_library(path)": lambda value: krach.build_library({"a": VOICE}, value),
    "build_library(rates=)": lambda value: krach.build_library({"a": VOICE}, "a.krlib", rates=value),
    "build_library(rate)": lambda value: krach.build_library({"a": VOICE}, "a.krlib", rates=[value]),
    "build_library(target=)": lambda value: krach.build_library({"a": VOICE}, "a.krlib", target=value),
}


@pytest.mark.parametrize("call", CALLS)
def test_every_argument_of_krach_answers_to_every_value(call: str) -> None:
    for value in ODD:
        answered(lambda value=value: CALLS[call](value))


@pytest.mark.parametrize(
    "operator", ["+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "<<", ">>", "<", "=="]
)
def test_every_operator_answers_to_every_value(operator: str) -> None:
    forward, back = (eval(f"lambda x, v: {text}") for text in (f"x {operator} v", f"v {operator} x"))
    for value in ODD:
        answered(lambda value=value: krs.transpile(lambda x: forward(x, value)))
        if not isinstance(value, np.ndarray):
            answered(lambda value=value: krs.transpile(lambda x: back(value, x)))


def test_functions_of_other_kinds_are_traced_or_refused() -> None:
    class Louder:
        def __call__(self, x):
            return x * 2

        def method(self, x):
            return x * 3

    async def later(x):
        return x

    def often(x):
        yield x

    def deep(x, n=1000):
        return deep(x, n - 1) + 1 if n else x

    def loop(x):
        return loop(x)

    assert krs.transpile(Louder()).render(inputs=[1]).tolist() == [[2]]
    assert krs.transpile(Louder().method).render(inputs=[1]).tolist() == [[3]]
    assert krs.transpile(deep, n=200).render(inputs=[1]).tolist() == [[201]]
    with pytest.raises(RecursionError):
        krs.transpile(loop)
    for odd in (often, Louder, int):
        with pytest.raises((krach.Error, TypeError)):
            krs.transpile(odd)
    with pytest.raises(krach.Error, match="returned a coroutine"):
        krs.transpile(later)
    assert krs.transpile(lambda x: x).render(inputs=[1]).tolist() == [[1]], "the failed traces are closed"


def test_decorators_that_wrap_in_a_circle_are_refused() -> None:
    def around(x):
        return x

    around.__wrapped__ = around  # type: ignore[attr-defined]
    with pytest.raises(krach.Error, match="KR0114"):
        krs.transpile(around)


def test_threads_trace_and_render_at_once() -> None:
    heard: dict[int, np.ndarray] = {}

    def work(number: int) -> None:
        for _ in range(20):
            sound = krs.transpile(lambda x: krs.onepole(x, 100 + number) * number)
            heard[number] = sound.render(inputs=np.ones(64))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(1, 9):
        again = krs.transpile(lambda x, n=number: krs.onepole(x, 100 + n) * n).render(inputs=np.ones(64))
        np.testing.assert_array_equal(heard[number], again)


def test_a_trace_belongs_to_its_thread_and_a_task_may_render() -> None:
    caught: list[BaseException] = []

    def sound(x):
        def elsewhere() -> None:
            try:
                krs.mem(x)
            except krach.Error as refused:
                caught.append(refused)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        return x

    krs.transpile(sound)
    assert "KR0101" in str(caught[0])

    async def both() -> list[np.ndarray]:
        return await asyncio.gather(*(asyncio.to_thread(EFFECT.render, 0.01) for _ in range(4)))

    first, *others = asyncio.run(both())
    assert all(np.array_equal(first, other) for other in others)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_ctrl_c_ends_a_long_render_and_leaves_the_sound_usable() -> None:
    slow = krs.transpile(lambda: sum(krs.lowpass(krs.saw(50 + n), 900, order=8) for n in range(60)))
    slow.render(frames=1)
    timer = threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        slow.render(3600)
    timer.join()
    assert slow.render(frames=4).shape == (1, 4)


def test_an_exception_of_the_progress_ends_the_render() -> None:
    def fails(part: float) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        EFFECT.render(2, progress=fails)
    assert EFFECT.render(frames=4).shape == (1, 4)


def test_more_memory_than_there_is_is_refused() -> None:
    for frames in (2**40, 2**53):
        with pytest.raises(krach.Error, match=r"KR04(02|08)"):
            EFFECT.render(frames=frames)


def test_names_of_every_script_are_names(tmp_path: Path) -> None:
    for name in ("größe", "音", "a b", "x" * 5000, "-1", "a/b", "' \" \\"):
        sound = krs.transpile(lambda x: x * krs.control("level", 1, 0, 2), name=name)
        assert sound.name == name
        assert krach.program(str(sound.program)) == sound
        assert krach.faust(sound.faust) is not None
        krach.write_wav(tmp_path / f"{len(name)}.wav", sound.render(frames=4, inputs=None))
