"""Loops: what is heard, what goes round, and what a body may return."""

from __future__ import annotations

import numpy as np
import pytest

import krach
import krach.dsp as krs
from engines import each_engine, impulse, render


@each_engine
def test_an_impulse_fades_by_half_each_time(engine: str, precision: str) -> None:
    (heard,) = render(
        lambda x: krs.feedback(lambda fb: fb * 0.5 + x), 4, engine, precision, inputs=impulse(4)
    )
    assert heard.tolist() == [1, 0.5, 0.25, 0.125]


@each_engine
def test_the_first_of_a_pair_is_heard_and_the_second_goes_round(engine: str, precision: str) -> None:
    def loop(x):
        return krs.feedback(lambda fb: (10 * x, fb / 2 + x))

    assert render(loop, 3, engine, precision, inputs=impulse(3)).tolist() == [[10, 0, 0]]

    def heard_loop(x):
        return krs.feedback(lambda fb: (10 * fb, fb / 2 + x))

    assert render(heard_loop, 4, engine, precision, inputs=impulse(4)).tolist() == [[0, 10, 5, 2.5]]


def test_a_delay_of_four_in_a_loop_repeats_every_five() -> None:
    def loop(x):
        return krs.feedback(lambda fb: x + 0.5 * krs.delay(fb, 4))

    (heard,) = render(loop, 11, inputs=impulse(11))
    assert heard.tolist() == [1, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0.25]


def test_fb_may_be_used_any_number_of_times() -> None:
    def fibonacci(x):
        return krs.feedback(lambda fb: x + fb + krs.mem(fb))

    definition = krs.transpile(fibonacci)
    assert definition.num_inputs == 1
    assert render(definition, 7, inputs=impulse(7)).tolist() == [[1, 1, 2, 3, 5, 8, 13]]
    assert render(lambda: krs.feedback(lambda fb: fb + fb + 1), 4).tolist() == [[1, 3, 7, 15]]


def test_fb_need_not_be_used() -> None:
    assert render(lambda x: krs.feedback(lambda fb: x * 2), 2, inputs=[1, 2]).tolist() == [[2, 4]]
    assert render(lambda x: krs.feedback(lambda fb: x), 2, inputs=[1, 2]).tolist() == [[1, 2]]
    assert render(lambda: krs.feedback(lambda fb: fb), 2).tolist() == [[0, 0]]


def test_numbers_and_comparisons_go_round() -> None:
    assert render(lambda: krs.feedback(lambda fb: 3), 2).tolist() == [[3, 3]]
    assert render(lambda: krs.feedback(lambda fb: (fb, 3)), 3).tolist() == [[0, 3, 3]]
    assert render(lambda: krs.feedback(lambda fb: fb < 0.5), 4).tolist() == [[1, 0, 1, 0]]


def test_loops_nest_and_capture_at_any_depth() -> None:
    def nested(x, y):
        gain = y * 0.5

        def outer(a):
            def middle(b):
                return krs.feedback(lambda c: x + gain * c + 0.25 * b + 0.125 * a)

            return krs.feedback(middle)

        return krs.feedback(outer)

    x, y = np.random.default_rng(1).uniform(-1, 1, (2, 50))
    expected, state = [], [0.0, 0.0, 0.0]
    for now, level in zip(x, y, strict=True):
        value = now + level * 0.5 * state[2] + 0.25 * state[1] + 0.125 * state[0]
        state = [value] * 3
        expected.append(value)
    (heard,) = render(nested, 50, inputs=[x, y])
    np.testing.assert_allclose(heard, expected, rtol=1e-12)


def test_what_a_body_makes_may_be_used_outside() -> None:
    def loop(x):
        kept = []

        def body(fb):
            kept.append(fb * 2)
            return fb + x

        return krs.feedback(body), kept[0]

    assert render(loop, 3, inputs=[1, 1, 1]).tolist() == [[1, 2, 3], [0, 2, 4]]


def test_controls_may_be_declared_inside() -> None:
    definition = krs.transpile(lambda x: krs.feedback(lambda fb: x + fb * krs.control("keep", 0.5, 0, 1)))
    assert definition.control_defaults == {"keep": 0.5}


def test_an_exception_in_a_body_leaves_the_function_whole() -> None:
    def forgiving(x):
        try:
            krs.feedback(lambda fb: {}[fb])
        except KeyError:
            return x * 2
        return x

    assert render(forgiving, 1, inputs=[3]).tolist() == [[6]]


@pytest.mark.parametrize("returned", [None, (), (1,), (1, 2, 3), [1, 2, 3], ((1, 2), 3), "text", {"a": 1}])
def test_other_shapes_are_refused(returned: object) -> None:
    with pytest.raises(krach.Error) as refused:
        krs.transpile(lambda x: krs.feedback(lambda fb: returned))
    assert refused.value.code in ("KR0112", "KR0104")
    assert isinstance(refused.value, TypeError)


def test_a_body_must_be_a_function() -> None:
    with pytest.raises(krach.Error, match="KR0112"):
        krs.transpile(lambda x: krs.feedback(x))
