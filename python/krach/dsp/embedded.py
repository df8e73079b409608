"""Faust inside a DSP function."""

from __future__ import annotations

from operator import index
from typing import Any

from krach import _faust
from krach._signal import Signal, SignalLike
from krach._trace import Trace, current, describe


def faust_expr(template: str, *inputs: SignalLike) -> Any:
    """A Faust expression, in which `{0}`, `{1}`, … stand for the inputs: a Signal, or a tuple of them where
    there are several outputs.

    It is read while the function is traced and becomes part of it as a closed value: an input is one operand
    wherever its placeholder stands, and computed once however often. Numbers among the inputs are known while
    compiling, so they may count (`par(i, {1}, …)`) or choose an order. Inputs that no placeholder names feed,
    in order, those that the expression has of its own, such as the one of `fi.lowpass(2, 800)`; if there are
    none they are ignored. Other braces, and `waveform{1}`, are Faust's. Widgets become controls. A whole
    program with a `process` will do as well. The standard libraries need no import; the package
    cyfaust (the extra `faust`) brings them.

    Errors: `krach.FaustSyntaxError` (KR0301) and other kinds of `krach.FaustError`, at their line and column
    in the template, among them KR0304 for a placeholder without input, or an input without signal.

    >>> smoother = krs.transpile(lambda x: krs.faust_expr("{0} * (1 - {1}) : + ~ *({1})", x, 0.5))
    >>> smoother.render(3 / 48000, inputs=[[1, 0, 0]])
    array([[0.5  , 0.25 , 0.125]], dtype=float32)
    """
    trace = current()
    trace.locate()
    if not isinstance(template, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        message = f"a Faust expression is a text, not {describe(template)}"
        raise trace.error("KR0104", message, help='write it in quotes: krs.faust_expr("{0} : *(2)", x)')
    values = [_value(trace, value) for value in inputs]
    text = _faust.named("faust_expr", template)
    outputs = trace.spliced(trace.builder.faust(text, values))
    _faust.forget(text)
    return outputs[0] if len(outputs) == 1 else outputs


def _value(trace: Trace, value: object) -> tuple[int] | int | float:
    """A node, or a number; whole ones stay whole, so that they can count."""
    if isinstance(value, Signal):
        return (trace.node(value),)
    try:
        return index(value)  # pyright: ignore[reportArgumentType]
    except TypeError:
        return trace.finite("an input", value)
