"""numpy's functions on Signals: arithmetic works, all others name the function of `krs` to use instead."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import NoReturn, cast

from krach import _place
from krach._errors import error

_OPERATORS = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "truediv",
    "floor_divide": "floordiv",
    "remainder": "mod",
    "power": "pow",
    "float_power": "pow",
    "negative": "neg",
    "positive": "pos",
    "absolute": "abs",
    "fabs": "abs",
    "less": "lt",
    "less_equal": "le",
    "greater": "gt",
    "greater_equal": "ge",
    "equal": "eq",
    "not_equal": "ne",
}
"""Per function of numpy, the operator of Python."""

KRS = {
    "arccos": "acos",
    "arcsin": "asin",
    "arctan": "atan",
    "clip": "max_(lo, krs.min_(sig, hi))",
    "fmax": "max_",
    "fmin": "min_",
    "maximum": "max_",
    "minimum": "min_",
    "rint": "round_",
    "round": "round_",
    "where": "select2(condition, when_zero, when_one)",
    "ceil": "ceil",
    "cos": "cos",
    "exp": "exp",
    "exp2": "exp2",
    "floor": "floor",
    "fmod": "fmod",
    "log": "log",
    "log10": "log10",
    "log2": "log2",
    "sign": "sign",
    "sin": "sin",
    "sqrt": "sqrt",
    "tan": "tan",
    "tanh": "tanh",
}
"""Per function of numpy, the one of `krs` that does the same with Signals."""


def apply(ufunc: object, method: str, inputs: tuple[object, ...], settings: dict[str, object]) -> object:
    """A universal function of numpy: the answer of `Signal.__array_ufunc__`."""
    name = str(getattr(ufunc, "__name__", ufunc))
    if method != "__call__" or settings or name not in _OPERATORS:
        refuse(name)
    python = cast("Callable[..., object]", getattr(operator, _OPERATORS[name]))
    return python(*map(_plain, inputs))


def _plain(value: object) -> object:
    """A number of numpy as one of Python, so that Python's own operators take it to the Signal."""
    shape = getattr(value, "shape", None)
    if shape == ():
        return cast("object", getattr(value, "item")())  # noqa: B009 - of any type of numpy
    if shape is not None:
        message = f"an array of the shape {shape} is neither a Signal nor a number"
        remedy = "use one number of it, or put it into a table: krs.rdtable(values, index)"
        raise error("KR0104", message, _place.user_place(), help=[remedy])
    return value


def refuse(name: str) -> NoReturn:
    """The error for a function of numpy that cannot take a Signal."""
    remedy = f"use krs.{KRS[name]}" if name in KRS else "`help(krach.dsp)` lists the functions of Signals"
    message = f"numpy's `{name}` computes numbers, not Signals"
    raise error("KR0119", message, _place.user_place(), help=[remedy])
