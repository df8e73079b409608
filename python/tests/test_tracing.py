"""Signals: their operators, what they refuse, and what they remember of the function that made them."""

from __future__ import annotations

import copy
import math
import pickle
import threading
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import krach
import krach.dsp as krs
from engines import each_engine, render

A = [-3.5, -1.0, 0.0, 0.25, 2.0, 7.0]
B = [2.0, -0.5, 3.0, 0.25, -2.0, 7.0]

OPERATORS: dict[str, tuple[Callable, Callable[[float, float], float]]] = {
    "+": (lambda a, b: a + b, lambda a, b: a + b),
    "-": (lambda a, b: a - b, lambda a, b: a - b),
    "*": (lambda a, b: a * b, lambda a, b: a * b),
    "/": (lambda a, b: a / b, lambda a, b: a / b),
    "//": (lambda a, b: a // b, lambda a, b: math.floor(a / b)),
    "%": (lambda a, b: a % b, math.fmod),
    "**": (lambda a, b: abs(a) ** b, lambda a, b: math.inf if a == 0 and b < 0 else abs(a) ** b),
    "<": (lambda a, b: a < b, lambda a, b: a < b),
    "<=": (lambda a, b: a <= b, lambda a, b: a <= b),
    ">": (lambda a, b: a > b, lambda a, b: a > b),
    ">=": (lambda a, b: a >= b, lambda a, b: a >= b),
    "==": (lambda a, b: a == b, lambda a, b: a == b),
    "!=": (lambda a, b: a != b, lambda a, b: a != b),
}


@each_engine
@pytest.mark.parametrize("operator", OPERATORS)
def test_operators(operator: str, engine: str, precision: str) -> None:
    traced, computed = OPERATORS[operator]
    expected = [computed(a, b) for a, b in zip(A, B, strict=True)]
    (heard,) = render(traced, len(A), engine, precision, inputs=[A, B])
    np.testing.assert_allclose(heard, expected, rtol=1e-6)
    for a, b, value in zip(A, B, expected, strict=True):
        (left,) = render(lambda x, a=a: traced(a, x), 1, engine, precision, inputs=[b])
        (right,) = render(lambda x, b=b: traced(x, b), 1, engine, precision, inputs=[a])
        np.testing.assert_allclose([left[0], right[0]], value, rtol=1e-6)


def test_unary_operators() -> None:
    assert render(lambda x: (-x, +x, abs(x)), 2, inputs=[1, -2]).tolist() == [[-1, 2], [1, -2], [1, 2]]


@pytest.mark.parametrize(
    "number",
    [2, 2.0, True, np.float32(2), np.int64(2), np.array(0.5), Fraction(5, 2), Decimal("1.5"), 10**30],
)
def test_everything_that_float_takes_is_a_constant(number: float) -> None:
    both = render(lambda x: (x + number, number + x), 1, inputs=[1])
    np.testing.assert_allclose(both, 1 + float(number))


@pytest.mark.parametrize(
    "value", ["1.5", b"1", None, [1], (1,), np.ones(3), np.ones(1), {}, object(), 1j, print]
)
def test_anything_else_is_not(value: object) -> None:
    for use in (lambda x: x + value, lambda x: value * x, lambda x: krs.sin(value), lambda x: krs.saw(value)):
        with pytest.raises(krach.Error) as refused:
            krs.transpile(use)
        assert refused.value.code == "KR0104"
        assert isinstance(refused.value, TypeError)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400])
def test_constants_are_finite(value: float) -> None:
    with pytest.raises(krach.Error) as refused:
        krs.transpile(lambda x: x * value)
    assert refused.value.code == "KR0103"
    assert isinstance(refused.value, ValueError)


CONVERSIONS = [
    float, int, complex, round, len, list, iter, math.floor, math.ceil, math.trunc,
    lambda x: x[0], lambda x: [1, 2][x], lambda x: 1 in x, lambda x: range(x), lambda x: f"{x:.2f}",
    pickle.dumps,
]  # fmt: skip


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_a_signal_is_not_one_number(convert: Callable) -> None:
    with pytest.raises(krach.Error) as refused:
        krs.transpile(lambda x: convert(x) or x)
    assert refused.value.code == "KR0119"
    assert refused.value.file == __file__


@pytest.mark.parametrize(
    "ask", [lambda x: x and 1, lambda x: not x, lambda x: min(x, 1), lambda x: 0 < x < 1, lambda x: x in [1]]
)
def test_a_signal_has_no_truth_value(ask: Callable) -> None:
    with pytest.raises(krach.Error) as refused:
        krs.transpile(ask)
    assert refused.value.code == "KR0102"
    assert "select2" in str(refused.value)


def test_signals_are_hashable_and_copied_as_they_are() -> None:
    def keep(x):
        names = {x: "x"}
        assert names[copy.deepcopy(copy.copy(x))] == "x"
        return sum([x, x])

    assert render(keep, 1, inputs=[2]).tolist() == [[4]]


def test_nothing_is_built_outside() -> None:
    for use in (lambda: krs.saw(440), lambda: krs.control("a", 0, 0, 1), lambda: krs.mem(1), krs.Signal):
        with pytest.raises(krach.Error) as refused:
            use()
        assert refused.value.code == "KR0101"
        assert isinstance(refused.value, RuntimeError)
        assert refused.value.file == __file__


def test_leaked_signals() -> None:
    kept = []
    krs.transpile(lambda x: kept.append(x) or x)
    with pytest.raises(krach.Error, match="KR0106"):
        krs.transpile(lambda y: y + kept[0])
    with pytest.raises(krach.Error, match="KR0106"):
        _ = kept[0] + 1

    def outer(x):
        krs.transpile(lambda y: y * x)
        return x

    with pytest.raises(krach.Error, match="KR0106"):
        krs.transpile(outer)


def test_functions_nest() -> None:
    def outer(x):
        inner = krs.transpile(lambda y: y * 3)
        assert inner.num_inputs == 1
        return x * len(inner.program.inputs) + 1

    assert render(outer, 1, inputs=[2]).tolist() == [[3]]


def test_threads_do_not_meet() -> None:
    ready = threading.Barrier(4)
    heard: dict[int, float] = {}

    def work(index: int) -> None:
        def sound(x):
            ready.wait()
            for _ in range(200):
                x = x + index
            ready.wait()
            return x

        heard[index] = float(render(sound, 1, inputs=[0])[0, 0])

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {index: 200 * index for index in range(4)}


def test_variable_names_are_remembered() -> None:
    def voice(pitch):
        brightness = pitch * 4
        return krs.lowpass(krs.saw(pitch), brightness)

    def synth():
        freq = krs.control("freq", 55, 20, 2000)
        lead = voice(freq)
        return lead * 0.5

    text = str(krs.transpile(synth).program)
    for name in ("freq", "brightness", "lead"):
        assert f'name "{name}"' in text
    assert 'name "pitch"' not in text


def test_places_are_expressions_in_characters() -> None:
    def wrong(x):
        ünïcödé = x; return ünïcödé + float("nan")  # noqa: E702 # fmt: skip

    with pytest.raises(krach.Error) as refused:
        krs.transpile(wrong)
    place = refused.value.place
    assert place is not None
    line = Path(__file__).read_text(encoding="utf-8").splitlines()[place.line - 1]
    assert line[place.column - 1 : place.end_column - 1] == 'ünïcödé + float("nan")'


def test_errors_are_the_users_own_with_a_note() -> None:
    def broken(x):
        raise KeyError("mine")

    with pytest.raises(KeyError) as raised:
        krs.transpile(broken)
    assert any("KR0115" in note for note in raised.value.__notes__)


def test_errors_can_be_pickled_and_printed() -> None:
    with pytest.raises(krach.Error) as refused:
        krs.transpile(lambda x: x + math.nan)
    again = pickle.loads(pickle.dumps(refused.value))
    assert type(again) is type(refused.value)
    assert str(again) == str(refused.value)
    assert (again.code, again.place) == (refused.value.code, refused.value.place)


def test_the_namespace_is_exactly_the_public_names() -> None:
    assert dir(krs) == sorted(krs.__all__)
    for name in krs.__all__:
        assert name == "Signal" or ">>> " in getattr(krs, name).__doc__, f"{name} has no example"


PARAMETERS = [
    (lambda x, y: x + y, 2),
    (lambda x, amount=0.5: x * amount, 1),
    (lambda amount=0.5: krs.saw(amount), 0),
    (lambda x, *, amount=0.5: x * amount, 1),
]


@pytest.mark.parametrize(("function", "inputs"), PARAMETERS)
def test_parameters_without_default_are_inputs(function: Callable, inputs: int) -> None:
    assert krs.transpile(function).num_inputs == inputs


@pytest.mark.parametrize(
    "function", [lambda *x: x[0], lambda x, **y: x, lambda x, *, y: x + y, 3, "text", None]
)
def test_parameters_that_cannot_be_inputs(function: Callable) -> None:
    with pytest.raises(krach.Error) as refused:
        krs.transpile(function)
    assert refused.value.code == "KR0114"


def test_constants_are_set_by_name() -> None:
    def level(x, amount=0.5, shape="none"):
        assert shape in ("none", "soft")
        return x * amount

    sound = krs.transpile(level, amount=0.3, shape="soft")
    assert render(sound, 1, inputs=[10]).tolist() == [[3]]
    with pytest.raises(krach.Error, match="did you mean `amount`"):
        krs.transpile(level, amuont=0.3)
    with pytest.raises(krach.Error, match="is an audio input"):
        krs.transpile(level, x=0.3)


@pytest.mark.parametrize("returned", [None, (), [], "text", (None,), ((1, 2),), {1: 2}, np.ones(3), object()])
def test_what_a_function_must_not_return(returned: object) -> None:
    def acid():
        return returned

    with pytest.raises(krach.Error) as refused:
        krs.transpile(acid)
    assert refused.value.code == "KR0105"
    assert "acid (" in refused.value.message
    assert "return a Signal or a tuple of Signals" in refused.value.message


def test_numbers_tuples_and_lists_are_outputs() -> None:
    assert render(lambda: 0.5, 2).tolist() == [[0.5, 0.5]]
    assert render(lambda x: (x, 1, Fraction(1, 2)), 1, inputs=[3]).tolist() == [[3], [1], [0.5]]
    assert render(lambda x: [x, x], 1, inputs=[3]).tolist() == [[3], [3]]


def test_a_misspelt_function_of_krs_is_named_with_the_nearest_one() -> None:
    with pytest.raises(AttributeError) as caught:
        krs.transpile(lambda x: krs.lowpas(x, 800))  # type: ignore[attr-defined]  # pyright: ignore
    assert caught.value.__notes__[-1] == "help: did you mean `lowpass`?"
